"""From a repository to artifacts in dist/, whole or not at all, and the same every time."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import page
import pikepdf
import pytest

from millesime.history.repository import find_repository
from millesime.press.archive.seal import seal_content
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.press.run.build import Progress, build_editions
from millesime.press.run.workers import Workers, local_workers
from millesime.problems import OutputError
from millesime.render.pdf.margin_boxes import MarginBoxesSource
from millesime.series.series import load_series
from tests.press.here import here
from tests.press.report import make_report
from tests.press.test_store import with_disks
from tests.render.pdf_facts import facts_of
from tests.support import TestRepository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"


def workspace(root: Path) -> Workspace:
    return Workspace(load_series(root), find_repository(root))


def build(
    root: Path,
    out: Path,
    *names: str,
    formats: tuple[str, ...] | None = None,
    store: Store = NO_STORE,
    workers: Workers | None = None,
):
    """Build in this process, or by the workers given."""
    opened = Workspace(load_series(root), find_repository(root), store=store)
    chosen = list(names) or [edition.name for edition in opened.series.editions]
    workers = workers or here(store)
    return build_editions(opened, chosen, formats=formats, out=out, workers=workers, progress=Progress())


def checksums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_report(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def built(made: TestRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two worker processes made of both editions, anew."""
    out = tmp_path_factory.mktemp("dist")
    with local_workers(2) as workers:
        build(made.root, out, workers=workers)
    return out


def test_every_edition_has_every_format(built: Path):
    for name in ("2018", "2019"):
        found = {path.name for path in (built / name).iterdir()}
        assert found == {"html", *(f"la-ville-partagee-{name}.{kind}" for kind in ("pdf", "epub", "docx"))}
        assert (built / name / "html" / "index.html").is_file()


def test_the_second_edition_carries_its_annex_in_every_format(built: Path):
    html = (built / "2019/html/redline-2018.html").read_text(encoding="utf-8")
    assert "<ins" in html and "<del" in html and "met en commun" in html and "importants" in html
    book = zipfile.ZipFile(built / "2019/la-ville-partagee-2019.epub")
    texts = [book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml")]
    assert any("<ins" in text and "met en commun" in text for text in texts)
    document = zipfile.ZipFile(built / "2019/la-ville-partagee-2019.docx").read("word/document.xml").decode()
    assert "<w:ins " in document and "<w:del " in document
    printed = subprocess.run(
        ["pdftotext", built / "2019/la-ville-partagee-2019.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "met en commun" in printed and "Table de concordance" in printed


def test_nothing_of_the_second_edition_is_in_the_first(built: Path):
    for path in (built / "2018/html").glob("*.html"):
        assert "met en commun" not in path.read_text(encoding="utf-8")


def test_pdfs_are_sound_and_dated_by_their_edition(built: Path):
    for name in ("2018", "2019"):
        path = built / name / f"la-ville-partagee-{name}.pdf"
        subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
        with pikepdf.open(path) as pdf:
            assert str(pdf.docinfo["/CreationDate"]).startswith(f"D:{name}0703")


def test_pdfs_obey_pdf_ua(built: Path):
    for name in ("2018", "2019"):
        verdict = page.validate_pdf(str(built / name / f"la-ville-partagee-{name}.pdf"), profile="ua1")
        assert verdict.is_compliant, [failure.rule_id for failure in verdict.failures]


def test_building_again_elsewhere_gives_the_same_bytes(made: TestRepository, built: Path, tmp_path: Path):
    clone = made.clone(tmp_path / "another place")
    build(clone.root, tmp_path / "out")
    assert checksums(tmp_path / "out") == checksums(built)


def test_a_build_touches_nothing_in_the_repository(made: TestRepository, built: Path):
    before = checksums(made.root / "chapters")
    subprocess.run(
        [sys.executable, PROGRAM, "build", "2018", "--to", "html", "--root", made.root], check=True, capture_output=True
    )
    assert checksums(made.root / "chapters") == before
    assert made.git("status", "--porcelain") == ""


def test_an_edition_in_preparation_has_what_is_not_committed(tmp_path: Path):
    made = make_report(tmp_path)
    made.write({
        "editions/2020.yaml": "date: 2020-07-03\nchapters: [chapters/10-modele.md, chapters/30-neuf.md]\n",
        "chapters/30-neuf.md": "# Neuf\n\nPas encore confié à git.\n",
    })  # fmt: skip
    build(made.root, tmp_path / "out", "2020", formats=("html",))
    assert "Pas encore" in (tmp_path / "out/2020/html/neuf.html").read_text(encoding="utf-8")


def test_annexes_stand_in_the_order_of_the_manifest(tmp_path: Path):
    made = make_report(tmp_path)
    made.write({
        "editions/2020.yaml": (
            "date: 2020-07-03\nchapters: [chapters/10-modele.md, chapters/20-services.md]\n"
            "annexes: [{redline: '2019'}, {chapter: chapters/90-lettre.md}, {register: hearings}, {redline: '2018'}]\n"
        ),
        "chapters/90-lettre.md": "# Lettre de mission\n\nMadame, Monsieur.\n",
        "chapters/registers/hearings.yaml": "- {id: A-001, institution: Mairie}\n",
    })  # fmt: skip
    report = assemble_edition(workspace(made.root), "2020")
    found = [(chapter.number, chapter.id) for chapter in report.chapters if chapter.role == "annex"]
    assert found == [("A", "redline-2019"), ("B", "lettre"), ("C", "register-hearings"), ("D", "redline-2018")]


def test_a_sealed_edition_is_the_same_after_history_was_rewritten(made: TestRepository, built: Path, tmp_path: Path):
    rewritten = made.clone(tmp_path / "rewritten")
    for name in ("2018", "2019"):
        seal_content(workspace(rewritten.root), name)
    rewritten.commit(message="Sceller")
    rewritten.git("filter-branch", "-f", "--msg-filter", "cat; echo récrit", "HEAD")
    fresh = rewritten.clone(tmp_path / "fresh")  # brings the new history alone
    outcome = build(fresh.root, tmp_path / "out", formats=("html", "epub"))
    assert set(outcome.notes) == {"2018", "2019"}
    for path, checksum in checksums(tmp_path / "out").items():
        assert checksums(built)[path] == checksum


def test_a_format_asked_for_leaves_the_others(made: TestRepository, tmp_path: Path):
    build(made.root, tmp_path, "2018", formats=("docx",))
    build(made.root, tmp_path, "2018", formats=("html",))
    assert {path.name for path in (tmp_path / "2018").iterdir()} == {"html", "la-ville-partagee-2018.docx"}


def test_a_place_that_cannot_be_written_is_named(made: TestRepository, tmp_path: Path):
    (tmp_path / "dist").write_text("a file")
    with pytest.raises(OutputError, match="dist"):
        build(made.root, tmp_path / "dist", "2018", formats=("html",))


def test_whoever_waits_for_a_step_hears_that_the_build_was_interrupted():
    heard: list[set] = []
    with pytest.raises(KeyboardInterrupt), local_workers(1) as workers:
        futures = [workers.submit(time.sleep, 60) for _ in range(6)]
        waiting = threading.Thread(target=lambda: heard.append(concurrent.futures.wait(futures[-1:], timeout=30).done))
        waiting.start()
        time.sleep(0.2)
        raise KeyboardInterrupt
    waiting.join()
    assert heard == [{futures[-1]}]


def test_interrupting_a_build_ends_it_at_once(made: TestRepository, tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "build", "--no-cache", "--root", made.root, "--out", tmp_path / "dist"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()  # it has begun, however long its start takes here
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in complaint


# ---- the cache --------------------------------------------------------------


def edited(made: TestRepository, tmp_path: Path) -> TestRepository:
    """A clone of the report with an edition in preparation, one sentence of which differs from the last one's."""
    clone = made.clone(tmp_path / "clone")
    manifest = (clone.root / "editions/2019.yaml").read_text(encoding="utf-8").splitlines()
    lines = [line for line in manifest if not line.startswith(("revision:", "date:"))]
    clone.write({"editions/2021.yaml": "\n".join(["date: 2021-07-03", *lines]) + "\n"})
    return clone


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("", marks=pytest.mark.thorough),
        pytest.param("\n\nUne phrase de plus.\n", marks=pytest.mark.thorough),
        "\n\n## Un titre de plus\n\nEt un mot.\n",
    ],
)
def test_bytes_do_not_depend_on_what_is_kept(change: str, made: TestRepository, tmp_path: Path):
    clone = edited(made, tmp_path)
    store = Store(tmp_path / "cache")
    build(clone.root, tmp_path / "kept", "2021", store=store)
    path = clone.root / "chapters/10-modele.md"
    path.write_text(path.read_text(encoding="utf-8") + change, encoding="utf-8")
    build(clone.root, tmp_path / "kept", "2021", store=store)
    build(clone.root, tmp_path / "made", "2021")
    assert checksums(tmp_path / "kept") == checksums(tmp_path / "made")
    assert store.counts.hits > 3 and not store.troubles


def test_a_sentence_changes_one_unit_and_no_other_chapter(made: TestRepository, tmp_path: Path):
    clone = edited(made, tmp_path)
    build(clone.root, tmp_path / "out", "2021", formats=("pdf",), store=Store(tmp_path / "cache"))
    path = clone.root / "chapters/10-modele.md"
    path.write_text(path.read_text(encoding="utf-8").replace("tel quel", "tel qu'il est"), encoding="utf-8")
    store = Store(tmp_path / "cache")
    build(clone.root, tmp_path / "out", "2021", formats=("pdf",), store=store)
    made_again = {(entry.step, entry.label) for entry in store.explained if not entry.hit}
    assert {("layout", "modele of 2021"), ("chapter", "modele of 2021")} <= made_again
    assert not {("layout", "services of 2021"), ("chapter", "services of 2021")} & made_again


def test_a_page_more_is_laid_out_by_one_worker_and_a_new_book_by_all(made: TestRepository, tmp_path: Path):
    clone = edited(made, tmp_path)

    def workers_of_a_build() -> int:
        opened = Workspace(load_series(clone.root), find_repository(clone.root), store=Store(tmp_path / "cache"))
        with local_workers(2) as workers:
            build_editions(
                opened, ["2021"], formats=("pdf",), out=tmp_path / "out", workers=workers, progress=Progress()
            )
            return workers.started

    assert workers_of_a_build() == 2
    path = clone.root / "chapters/10-modele.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n\nUn paragraphe.\n" * 60, encoding="utf-8")
    assert workers_of_a_build() == 1
    assert workers_of_a_build() == 0


def test_a_page_more_lays_out_the_margin_boxes_of_no_page_that_has_the_same(made: TestRepository, tmp_path: Path):
    clone = edited(made, tmp_path)

    def furnished() -> list[int]:
        """Build, and return the folios of pages whose margins were laid out."""
        folios: list[int] = []
        store = Store(tmp_path / "cache")
        workers = here(store)
        submit = workers.submit

        def watched(step, *values):
            sources = [value for value in values if isinstance(value, MarginBoxesSource)]
            folios.extend(page.folio for source in sources for page in source.pages)
            return submit(step, *values)

        workers.submit = watched
        build(clone.root, tmp_path / "out", "2021", formats=("pdf",), store=store, workers=workers)
        return folios

    path = clone.root / "chapters/10-modele.md"
    text = path.read_text(encoding="utf-8").replace("tel quel", "tel qu'il est")
    path.write_text(text, encoding="utf-8")  # so that the annex has its passage from the first build on
    pages = furnished()
    assert pages == list(range(1, len(pages) + 1))
    path.write_text(text.replace("qu'il est", "qu'on a"), encoding="utf-8")
    assert furnished() == []
    path.write_text(text + "\n\nUn paragraphe.\n" * 60, encoding="utf-8")
    moved = furnished()
    (book,) = (tmp_path / "out/2021").glob("*.pdf")
    first = facts_of(book.read_bytes())["destinations"]["modele"][0]
    assert first < min(moved) <= max(moved) and len(moved) == len(set(moved)) < len(pages)


def test_workers_are_started_when_those_that_there_are_have_enough_to_do():
    with local_workers(2) as workers:
        for _ in range(3):
            workers.submit(abs, -1).result()
            assert workers.started == 1
        two = [workers.submit(time.sleep, 0.2) for _ in range(2)]
        assert workers.started == 2
        concurrent.futures.wait(two)
        workers.submit(abs, -1).result()
        assert workers.started == 2


def test_what_is_kept_is_put_in_its_place_again(made: TestRepository, tmp_path: Path):
    store = Store(tmp_path / "cache")
    build(made.root, tmp_path / "out", "2018", formats=("html", "epub"), store=store)
    before = checksums(tmp_path / "out")
    (tmp_path / "out/2018/html/index.html").write_text("spoiled")
    (tmp_path / "out/2018/html/more.html").write_text("more")
    (tmp_path / "out/2018/la-ville-partagee-2018.epub").unlink()
    outcome = build(made.root, tmp_path / "out", "2018", formats=("html", "epub"), store=store)
    assert checksums(tmp_path / "out") == before and all(printed.kept for printed in outcome.artifacts)


def test_damaged_entries_are_made_again(made: TestRepository, tmp_path: Path):
    build(made.root, tmp_path / "first", "2019", store=Store(tmp_path / "cache"))
    for number, entry in enumerate(sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())):
        if entry.name in ("CACHEDIR.TAG", ".gitignore"):
            continue
        content = bytearray(entry.read_bytes())
        if number % 2:
            content[len(content) // 2] ^= 0x10
        else:
            del content[len(content) // 2 :]
        entry.write_bytes(content)
    store = Store(tmp_path / "cache")
    build(made.root, tmp_path / "second", "2019", store=store)
    assert checksums(tmp_path / "first") == checksums(tmp_path / "second")
    assert store.counts.damaged > 10


@pytest.mark.thorough  # in an ordinary run: tests/faults/test_together.py
def test_two_builds_at_once_give_what_one_gives(made: TestRepository, built: Path, tmp_path: Path):
    command = [sys.executable, PROGRAM, "build", "--root", made.root, "--cache", tmp_path / "cache"]
    running = [
        subprocess.Popen([*command, "--out", tmp_path / name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ("one", "other")
    ]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    assert checksums(tmp_path / "one") == checksums(tmp_path / "other") == checksums(built)


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(made: TestRepository, tmp_path: Path):
    def run(*options: str) -> str:
        command = [
            sys.executable,
            PROGRAM,
            "build",
            "2018",
            "--to",
            "html",
            "--root",
            made.root,
            "--out",
            tmp_path / "out",
        ]
        return subprocess.run(
            [*command, "--cache", tmp_path / "cache", *options], capture_output=True, text=True, check=True
        ).stdout

    assert run("--dry-run") == "2018: make html: not made before\n" and not (tmp_path / "out").exists()
    run()
    assert run("--dry-run") == "2018: keep html: nothing changed\n"


def build_on_a_disk(made: TestRepository, disk: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """Build one edition with a disk of 100 kB mounted for this process alone."""
    disk.mkdir()
    script = 'mount -t tmpfs -o size=100k tmpfs "$1" && shift && "$@"; code=$?; find "$OUT" -type f; exit $code'
    command = [sys.executable, PROGRAM, "build", "2018", "--to", "html", "--root", made.root, *options]
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", disk, *command],
        capture_output=True, text=True, check=False, env={**os.environ, "OUT": str(disk)},
    )  # fmt: skip


@with_disks
def test_a_full_disk_ends_a_build_with_a_word_and_leaves_nothing_behind(made: TestRepository, tmp_path: Path):
    done = build_on_a_disk(made, tmp_path / "disk", "--out", tmp_path / "disk", "--cache", tmp_path / "cache")
    assert done.returncode == 7 and "No space left on device" in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""  # no file is left on it


@with_disks
def test_a_full_disk_under_the_cache_costs_the_cache_alone(made: TestRepository, built: Path, tmp_path: Path):
    done = build_on_a_disk(made, tmp_path / "disk", "--out", tmp_path / "out", "--cache", tmp_path / "disk/cache")
    assert done.returncode == 0 and done.stderr.count("No space left on device") == 1
    before = {path: checksum for path, checksum in checksums(built).items() if path.startswith("2018/html/")}
    assert checksums(tmp_path / "out") == before
