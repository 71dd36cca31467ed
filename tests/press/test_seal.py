"""A sealed edition stays what it is: sealing, and each way in which it can be found changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from millesime.press.archive import verify as verifying
from millesime.press.archive.seal import edition_checksums, seal_content
from millesime.press.archive.verify import EditionVerdict, judge, require_sealed
from millesime.press.cache import tools
from millesime.press.cache.store import Store, open_store
from millesime.press.edition.sealed_inputs import ManifestChanged
from millesime.press.run.artifacts import Download
from millesime.problems import ManifestError, RevisionError, SealError
from millesime.series.series import load_series
from tests.press.sealed import edit, forget, make_report, rebase, seal, verify, workspace
from tests.support import TestRepository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"


@pytest.fixture(scope="module")
def store() -> Store:
    """The cache of the tests: fonts and the like are made once for all of them."""
    return open_store(Path(os.environ["MILLESIME_CACHE"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, store: Store) -> TestRepository:
    """The report with both editions sealed, the seals committed."""
    made = make_report(tmp_path_factory.mktemp("made"))
    seal(made.root, "2018", "2019", store=store)
    made.commit(message="Sceller")
    return made


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, store: Store) -> TestRepository:
    """The report with its first edition sealed as PDF and EPUB."""
    made = make_report(tmp_path_factory.mktemp("printed"), first="[pdf, epub]")
    seal(made.root, "2018", store=store)
    return made


@pytest.fixture
def clone(made: TestRepository, tmp_path: Path) -> TestRepository:
    return made.clone(tmp_path / "clone")


def one(root: Path, name: str, store: Store) -> EditionVerdict:
    (verdict,) = verify(root, name, store=store)
    return verdict


# ---- sealing ----------------------------------------------------------------


def test_a_seal_records_what_an_edition_is_made_of(made: TestRepository):
    found = load_series(made.root).edition("2019").seal
    assert found is not None and found.commit == made.git("rev-parse", "edition-2019")
    assert found.trees == {name: made.git("rev-parse", f"edition-2019:{name}") for name in ("changelog", "chapters")}
    assert set(found.beside) == {"editions/2018.yaml", "editions/2019.yaml"}


def test_a_seal_records_tools_fonts_and_what_came_out(printed: TestRepository):
    found = load_series(printed.root).edition("2018").seal
    assert found.report is not None and found.report.licence == "etalab-2.0"
    for tool in ("pandoc", "weasyprint", "python", "zlib", "Pango", "HarfBuzz", "fontconfig", "code", "theme"):
        assert found.tools[tool]
    assert all(name.endswith((".ttf", ".otf")) for name in found.fonts) and found.fonts
    assert found.artifacts == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (printed.root / "dist/2018").glob("la-ville-partagee-2018.*")
    }


def test_pages_are_sealed_as_one_archive(made: TestRepository):
    found = load_series(made.root).edition("2018").seal
    assert found is not None and set(found.artifacts) == {
        "la-ville-partagee-2018-html.zip", "la-ville-partagee-2018.epub",
    }  # fmt: skip


def test_an_edition_in_preparation_is_not_sealed(clone: TestRepository):
    edit(clone.root / "editions/2019.yaml", ("revision: 'edition-2019'\n", ""))
    text = (clone.root / "editions/2019.yaml").read_text("utf-8")
    (clone.root / "editions/2019.yaml").write_text(text[: text.index("# What freezes")], "utf-8")
    for sealing in (lambda: seal(clone.root, "2019"), lambda: [seal_content(workspace(clone.root), "2019")]):
        with pytest.raises(RevisionError, match=r"^editions/2019\.yaml: in preparation, built from the working tree"):
            sealing()


def test_what_an_edition_is_compared_with_is_sealed_first(tmp_path: Path, store: Store):
    root = make_report(tmp_path).root
    with pytest.raises(ManifestError, match=r"is not sealed and may still change; .*: millesime seal 2018 2019$"):
        seal(root, "2019", store=store)
    seal_content(workspace(root), "2018")
    with pytest.raises(ManifestError, match="is sealed by its content alone and may still change"):
        seal(root, "2019", store=store)


def test_a_seal_of_content_alone_is_completed(tmp_path: Path, store: Store):
    root = make_report(tmp_path).root
    assert seal_content(workspace(root), "2018").state == "content"
    assert one(root, "2018", store).verdict == "content-only"
    assert seal(root, "2018", store=store)[0].state == "sealed"
    assert one(root, "2018", store).verdict == "verified"
    assert seal_content(workspace(root), "2018").state == "same", "content alone would be less"


def test_files_outside_the_folders_that_the_manifest_names_are_content_too(tmp_path: Path):
    made = make_report(tmp_path)
    made.commit({
        "media/plan.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "chapters/10-modele.md": "# Modèle {#modele}\n\n![Plan](../media/plan.svg)\n",
    }, tag="edition-2020")  # fmt: skip
    text = (made.root / "editions/2018.yaml").read_text("utf-8").replace("2018", "2020")
    made.write({"editions/2020.yaml": text})
    assert set(seal_content(workspace(made.root), "2020").seal.trees) == {"changelog", "chapters", "media"}


def test_sealing_again_changes_nothing(clone: TestRepository, store: Store):
    before = (clone.root / "editions/2019.yaml").read_bytes()
    (done,) = seal(clone.root, "2019", store=store)
    assert (done.state, (clone.root / "editions/2019.yaml").read_bytes()) == ("same", before)


def test_a_manifest_that_no_artifact_prints_may_be_sealed_anew(clone: TestRepository, store: Store):
    # One chapter's path, written otherwise: the manifest says something else, and nothing of it is printed.
    edit(
        clone.root / "editions/2019.yaml",
        ("chapters/20-services.md]", "{path: chapters/20-services.md, id: services}]"),
    )
    assert one(clone.root, "2019", store).verdict == "manifest"
    assert seal(clone.root, "2019", store=store)[0].state == "renewed"
    assert one(clone.root, "2019", store).verdict == "verified"


def test_a_manifest_that_is_printed_is_not_sealed_anew(clone: TestRepository, store: Store):
    edit(clone.root / "editions/2019.yaml", ("date: 2019-07-03\n", "date: 2019-07-03\nsubtitle: Corrigée\n"))
    before = (clone.root / "editions/2019.yaml").read_bytes()
    with pytest.raises(
        SealError, match=r"with the changes to editions/2019\.yaml it comes out otherwise .*new edition"
    ):
        seal(clone.root, "2019", store=store)
    assert (clone.root / "editions/2019.yaml").read_bytes() == before


def test_a_sealed_edition_gets_no_other_format(clone: TestRepository, store: Store):
    edit(clone.root / "editions/2019.yaml", ("[epub]", "[epub, docx]"))
    with pytest.raises(SealError, match="formats: epub, docx, and it was sealed as epub; write these again"):
        seal(clone.root, "2019", store=store)


def test_a_manifest_edited_while_it_is_built_is_not_sealed(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    root = make_report(tmp_path).root

    def edit_meanwhile(*_: object) -> dict[str, str]:
        edit(root / "editions/2018.yaml", ("date: 2018-07-03", "date: 2018-07-04"))
        return {}

    monkeypatch.setattr("millesime.press.archive.seal.tool_versions", edit_meanwhile)
    with pytest.raises(ManifestError, match="manifests were edited while it was built; seal it again"):
        seal(root, "2018", store=store)
    assert load_series(root).edition("2018").seal is None


# ---- what happens to a sealed edition ---------------------------------------


def test_an_edition_is_made_again_without_a_cache_from_a_fresh_clone(clone: TestRepository):
    (verdict,) = verify(clone.root, "2019")
    assert (verdict.verdict, len(verdict.artifacts), verdict.text) == ("verified", 1, "")


def test_later_editions_and_a_later_report_change_nothing(clone: TestRepository, store: Store):
    edit(clone.root / "editions/report.yaml", ("licence: etalab-2.0", "licence: CC-BY-4.0\npublisher: Ministère"))
    text = (clone.root / "editions/2019.yaml").read_text("utf-8").replace("2019-07-03", "2020-07-03")
    clone.write({"editions/2020.yaml": text[: text.index("# What freezes")], "chapters/10-modele.md": "# Autre\n"})
    assert [one.verdict for one in verify(clone.root, "2018", "2019", store=store)] == ["verified"] * 2


def test_a_rebased_edition_is_verified_and_says_so(clone: TestRepository, store: Store):
    rebase(clone)
    verdicts = verify(clone.root, "2018", "2019", store=store)
    assert [one.verdict for one in verdicts] == ["verified"] * 2
    assert all("built from commit" in one.note for one in verdicts)


def test_a_squashed_edition_is_verified_from_its_trees(clone: TestRepository, store: Store):
    """All commits become one, whose content is the last edition's; the first one's trees alone are left."""
    trees = [clone.git("rev-parse", "edition-2018:chapters"), clone.git("rev-parse", "edition-2018^{tree}")]
    clone.git("checkout", "--quiet", "--orphan", "squashed")
    clone.commit(message="Tout en un")
    clone.git("tag", "--delete", "edition-2018", "edition-2019")
    clone.git("branch", "--quiet", "-D", "main")
    for tree in trees:  # held by a tag, as the note of such a build advises
        clone.git("tag", f"tree-{tree[:7]}", tree)
    clone.git("remote", "remove", "origin")
    forget(clone)
    verdicts = verify(clone.root, "2018", "2019", store=store)
    assert [one.verdict for one in verdicts] == ["verified"] * 2
    assert "built from the sealed trees" in verdicts[0].note and "built from commit" in verdicts[1].note


def test_content_that_is_gone_is_named_with_what_to_fetch(made: TestRepository, clone: TestRepository, store: Store):
    clone.git("checkout", "--quiet", "--orphan", "squashed")
    clone.commit(message="Tout en un")
    clone.git("tag", "--delete", "edition-2018", "edition-2019")
    clone.git("branch", "--quiet", "-D", "main")
    clone.git("remote", "remove", "origin")
    forget(clone)
    verdict = one(clone.root, "2018", store)
    commit = made.git("rev-parse", "edition-2018")
    assert verdict.verdict == "missing" and verdict.text.endswith(f"with: git fetch origin {commit}")
    assert one(clone.root, "2019", store).verdict == "missing", "it is compared with what is gone"


def test_a_shallow_clone_says_how_to_get_the_rest(made: TestRepository, tmp_path: Path, store: Store):
    clone = made.clone(tmp_path / "shallow", "--depth", "1", "--no-tags")
    verdict = one(clone.root, "2018", store)
    assert verdict.verdict == "missing"
    assert verdict.text.endswith("this clone is shallow; get the whole history with: git fetch --unshallow --tags")
    clone.git("-c", "protocol.file.allow=always", "fetch", "--quiet", "--unshallow", "--tags")
    assert one(clone.root, "2018", store).verdict == "verified"


def test_an_edition_whose_annexes_name_commits_needs_them_all(tmp_path: Path, store: Store):
    made = make_report(tmp_path, first="[epub]")
    seal(made.root, "2018", store=store)
    edit(made.root / "editions/2019.yaml", ('redline: "2018"', 'redline: "2018", provenance: true'))
    made.commit()
    clone = made.clone(tmp_path / "shallow", "--depth", "3")
    clone.git("-c", "protocol.file.allow=always", "fetch", "--quiet", "--depth", "1", "origin", "tag", "edition-2018")
    with pytest.raises(RevisionError, match=r"annexes: they name commits, and this clone is shallow; .* --unshallow"):
        seal(clone.root, "2019", store=store)
    seal(made.root, "2019", store=store)
    shutil.copy(made.root / "editions/2019.yaml", clone.root / "editions/2019.yaml")
    (download,) = flipped(read_downloads(made, "2019"), "epub")
    verdict = judge(workspace(clone.root), "2019", [download])
    assert verdict.verdict == "missing" and verdict.text.endswith("with: git fetch --unshallow --tags")


def test_a_moved_tag_is_told_from_everything_else(clone: TestRepository, store: Store):
    clone.git("tag", "--force", "edition-2018", "edition-2019")
    verdict = one(clone.root, "2018", store)
    assert verdict.verdict == "content" and "tag 'edition-2018'" in verdict.text
    assert "no longer matches its seal: 'chapters' is " in verdict.text and "name the sealed commit" in verdict.text


def test_an_edited_manifest_is_named_and_never_built(clone: TestRepository, store: Store, tmp_path: Path):
    edit(clone.root / "editions/2018.yaml", ("date: 2018-07-03\n", "date: 2018-07-03\nsubtitle: Corrigée\n"))
    verdict = one(clone.root, "2018", store)
    assert verdict.verdict == "manifest"
    assert verdict.text.startswith("editions/2018.yaml: says something else than when 2018 was sealed; take the change")
    assert "git log -p editions/2018.yaml" in verdict.text and "new edition" in verdict.text
    later = one(clone.root, "2019", store)
    assert later.verdict == "manifest"
    assert later.text.startswith("editions/2018.yaml: 2019 was sealed with it, and it says something else; take ")
    from millesime.press.run.build import plan_editions

    with pytest.raises(ManifestChanged):
        plan_editions(workspace(clone.root), ["2018"], formats=None)


def test_comments_and_layout_of_a_manifest_are_free(clone: TestRepository, store: Store):
    edit(clone.root / "editions/2019.yaml", ("date: 2019-07-03\n", "# Le jour\ndate:   2019-07-03\nsubtitle:\n"))
    assert one(clone.root, "2019", store).verdict == "verified"


def test_an_edition_put_before_a_sealed_one_is_named(clone: TestRepository, store: Store):
    manifest = "date: 2017-07-03\nrevision: edition-2018\nchapters: [chapters/10-modele.md]\n"
    clone.write({"editions/2017.yaml": manifest})
    verdict = one(clone.root, "2018", store)
    assert (verdict.verdict, verdict.text.split(";")[0]) == (
        "manifest", "editions/2017.yaml: 2018 was sealed without it, and would print of it"
    )  # fmt: skip


def test_a_note_written_after_the_revision_is_frozen_with_it(tmp_path: Path, store: Store):
    made = make_report(tmp_path)
    seal(made.root, "2018", store=store)
    text = (made.root / "editions/2019.yaml").read_text("utf-8")
    made.write({
        "editions/2020.yaml": text.replace("2019-07-03", "2020-07-03"), "changelog/2020.md": "Ce qui change.\n",
    })  # fmt: skip
    (done,) = seal(made.root, "2020", store=store)
    assert "changelog/2020.md" in done.seal.beside
    made.write({"changelog/2020.md": "Ce qui change vraiment.\n"})
    verdict = one(made.root, "2020", store)
    assert (verdict.verdict, verdict.text[:17]) == ("manifest", "changelog/2020.md")


# ---- other bytes ------------------------------------------------------------


@pytest.fixture
def downloads(printed: TestRepository) -> list[Download]:
    """The artifacts of the printed edition as they were sealed."""
    return read_downloads(printed, "2018")


def read_downloads(repository: TestRepository, name: str) -> list[Download]:
    return [
        Download(format=path.suffix[1:], name=path.name, content=path.read_bytes())
        for path in sorted((repository.root / "dist" / name).glob(f"la-ville-partagee-{name}.*"))
    ]


def flipped(downloads: list[Download], kind: str) -> list[Download]:
    """Return downloads with one bit of one of them flipped, in a place that no reader of the file minds."""
    out = []
    for download in downloads:
        content = bytearray(download.content)
        if download.format == kind == "pdf":
            place = content.index(b"%PDF") + 5
            content[place : place + 3] = b"1.6" if content[place : place + 3] != b"1.6" else b"1.5"
        elif download.format == kind:
            content[-1:] += b" "
        out.append(Download(format=download.format, name=download.name, content=bytes(content)))
    return out


def test_other_bytes_from_the_same_tools_are_the_serious_case(printed: TestRepository, downloads: list[Download]):
    verdict = judge(workspace(printed.root), "2018", flipped(downloads, "epub"))
    assert verdict.verdict == "bytes" and verdict.differences == ()
    assert verdict.text.startswith("editions/2018.yaml: seal.artifacts: la-ville-partagee-2018.epub: other bytes than")
    assert "although content, manifests, tools and fonts are those of the seal; do not publish it" in verdict.text
    assert [(artifact.name[-4:], artifact.is_same) for artifact in verdict.artifacts] == [
        (".pdf", True), ("epub", False),
    ]  # fmt: skip


def test_a_site_refuses_what_was_not_sealed(printed: TestRepository, downloads: list[Download]):
    require_sealed(workspace(printed.root), "2018", downloads)
    with pytest.raises(SealError, match="do not publish it"):
        require_sealed(workspace(printed.root), "2018", flipped(downloads, "epub"))
    with pytest.raises(SealError, match=r"la-ville-partagee-2018\.pdf"):
        require_sealed(workspace(printed.root), "2018", downloads[:1])


def test_other_tools_are_named_and_the_bytes_not_judged(
    printed: TestRepository, downloads: list[Download], monkeypatch: pytest.MonkeyPatch
):
    now = {**tools.tool_versions(), "pandoc": "3.10", "weasyprint": "71.0"}
    monkeypatch.setattr(verifying, "tool_versions", lambda: now)
    epub = judge(workspace(printed.root), "2018", flipped(downloads, "epub"))
    sealed = load_series(printed.root).edition("2018").seal.tools["pandoc"]
    assert epub.verdict == "tools"
    assert f"made with other tools than it was sealed with: pandoc {sealed} → 3.10; the bytes cannot" in epub.text
    assert "bundle" in epub.text and "seal.tools" in epub.text
    assert "weasyprint 70.0 → 71.0" in judge(workspace(printed.root), "2018", flipped(downloads, "pdf")).text
    same = judge(workspace(printed.root), "2018", downloads)
    assert same.verdict == "verified" and len(same.differences) == 2, "the same bytes, whatever made them"


def test_tools_that_make_pages_alone_explain_no_other_format(
    printed: TestRepository, downloads: list[Download], monkeypatch: pytest.MonkeyPatch
):
    now = {**tools.tool_versions(), "weasyprint": "71.0", "Pango": "1.56"}
    monkeypatch.setattr(verifying, "tool_versions", lambda: now)
    assert judge(workspace(printed.root), "2018", flipped(downloads, "pdf")).verdict == "tools"
    assert judge(workspace(printed.root), "2018", flipped(downloads, "epub")).verdict == "bytes"


def test_a_font_file_that_changed_is_named(
    printed: TestRepository, downloads: list[Download], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sealed = load_series(printed.root).edition("2018").seal.fonts
    found = tools.find_font

    def find_another(family: str, face: str = "") -> Path | None:
        """The same font with a byte more: as after an update of the system's."""
        path = found(family, face)
        if path is None:
            return None
        (tmp_path / path.name).write_bytes(path.read_bytes() + b"\0")
        return tmp_path / path.name

    monkeypatch.setattr(tools, "find_font", find_another)
    verdict = judge(workspace(printed.root), "2018", flipped(downloads, "pdf"))
    name, digest = next(iter(sealed.items()))
    assert verdict.verdict == "fonts"
    assert f"{name} is another file ({digest[:10]} → " in verdict.text and f"{name} {digest}" in verdict.text


def test_an_edition_made_with_another_font_file_is_told_apart(printed: TestRepository, tmp_path: Path):
    """The same system but for one font, in which a letter is wider: everything is made again, and the font named."""
    from fontTools.ttLib import TTFont

    (tmp_path / "fonts").mkdir()
    for path in {tools.find_font("DejaVu Sans"), tools.find_font("DejaVu Sans Mono")} - {None}:
        shutil.copy(path, tmp_path / "fonts")
    (name,) = load_series(printed.root).edition("2018").seal.fonts
    with TTFont(tmp_path / "fonts" / name) as font:
        glyph = font.getBestCmap()[ord("d")]
        width, bearing = font["hmtx"][glyph]
        font["hmtx"][glyph] = (width + 60, bearing)
        font.save(tmp_path / "fonts" / name)
    (tmp_path / "fonts.conf").write_text(
        f"<fontconfig><dir>{tmp_path / 'fonts'}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>", "utf-8"
    )
    done = subprocess.run(
        [sys.executable, PROGRAM, "verify", "2018", "--root", printed.root, "--json", "--jobs", "1"],
        env={**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}, capture_output=True, text=True,
    )  # fmt: skip
    (verdict,) = json.loads(done.stdout)["editions"]
    assert (done.returncode, verdict["verdict"]) == (1, "fonts")
    assert f"{name} is another file" in verdict["text"]
    assert {one["name"][-4:]: one["is_same"] for one in verdict["artifacts"]} == {"epub": True, ".pdf": False}


def test_other_fonts_on_the_system_are_a_reason_of_their_own(
    printed: TestRepository, downloads: list[Download], monkeypatch: pytest.MonkeyPatch
):
    now = {**tools.tool_versions(), tools.FONTS: "0123456789ab"}
    monkeypatch.setattr(verifying, "tool_versions", lambda: now)
    verdict = judge(workspace(printed.root), "2018", flipped(downloads, "pdf"))
    assert verdict.verdict == "fonts" and "other fonts are installed than when it was sealed" in verdict.text


def test_other_bytes_after_history_was_rewritten_say_what_to_fetch(clone: TestRepository, made: TestRepository):
    rebase(clone)
    verdict = judge(workspace(clone.root), "2019", flipped(read_downloads(made, "2019"), "epub"))
    commits = " ".join(made.git("rev-parse", f"edition-{name}") for name in ("2019", "2018"))
    assert verdict.verdict == "history" and f"git fetch origin {commits}" in verdict.text


def test_what_a_cache_was_made_to_keep_is_found_out_and_without_it_all_is_well(
    made: TestRepository, tmp_path: Path, store: Store
):
    """A cache entry is right by its checksum and holds another edition's bytes: only a seal can tell."""
    poisoned = Store(tmp_path / "millesime")
    shutil.copytree(store.folder, poisoned.folder)
    from millesime.press.run.artifact_inputs import edition_inputs
    from millesime.press.run.artifacts import pack_file

    name = "la-ville-partagee-2018.epub"
    opened = workspace(made.root, poisoned)
    recall = poisoned.recall("epub", "2018", edition_inputs(opened, "2018"))
    assert recall.content is not None
    content = (made.root / "dist/2018" / name).read_bytes() + b"\0"
    poisoned.keep(recall, pack_file(name, content, (), seconds=1))
    verdict = one(made.root, "2018", poisoned)
    assert (verdict.verdict, [artifact.name for artifact in verdict.artifacts if not artifact.is_same]) == (
        "bytes", [name]
    )  # fmt: skip


def test_fonts_are_found_by_the_faces_that_a_pdf_names(printed: TestRepository):
    found = tools.embedded_fonts((printed.root / "dist/2018/la-ville-partagee-2018.pdf").read_bytes())
    assert found == load_series(printed.root).edition("2018").seal.fonts
    path = tools.find_font("DejaVu Sans", "Bold")
    assert path is not None and path.name == "DejaVuSans-Bold.ttf"
    assert tools.find_font("Millesime Serif") is None, "the theme's own are no fonts of the system"


def test_the_checksums_of_an_edition_are_those_of_its_seal(printed: TestRepository, downloads: list[Download]):
    sealed = load_series(printed.root).edition("2018").seal.artifacts
    lines = dict(reversed(line.split("  ")) for line in edition_checksums(downloads).decode().splitlines())
    assert lines == sealed


def test_a_manifest_tells_its_seal_in_few_lines(printed: TestRepository):
    text = (printed.root / "editions/2018.yaml").read_text("utf-8")
    lines = text[text.index("seal:") :].splitlines()
    assert len(lines) < 30 and max(map(len, lines)) < 150  # wrapped after 110, between two libraries
    assert yaml.safe_load(text)["seal"]["tools"]["millesime"]


def test_an_edition_that_cannot_be_built_does_not_hide_the_others(clone: TestRepository, store: Store):
    for path in (clone.root / "editions").glob("20*.yaml"):
        edit(path, *[(tree, "0" * 40) for tree in re.findall(r"chapters: ([0-9a-f]{40})", path.read_text("utf-8"))])
    edit(clone.root / "editions/2018.yaml", ("revision: 'edition-2018'", "revision: edition-2017"))
    verdicts = verify(clone.root, "2018", "2019", store=store)
    assert [one.verdict for one in verdicts] == ["content", "content"]
