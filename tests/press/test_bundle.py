"""A bundle holds all that an edition needs: it is made again where nobody has seen its repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, read_checksums, sha256, write_checksums
from millesime.distribution.trust.minisign import SecretKey, check_signature
from millesime.press.archive.bundle import Bundle, BundleVerdict, bundle_edition, verify_bundle
from millesime.press.cache.store import Store, open_store
from millesime.press.run.build import Progress
from millesime.problems import SealError
from tests.press.here import here
from tests.press.sealed import make_report, rebase, seal, workspace
from tests.support import TestRepository

ROOT = Path(__file__).resolve().parents[2]
KEY = SecretKey(id=b"12345678", seed=bytes(range(32)))


@pytest.fixture(scope="module")
def store() -> Store:
    """The cache of the tests: fonts and the like are made once for all of them."""
    return open_store(Path(os.environ["MILLESIME_CACHE"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, store: Store) -> TestRepository:
    made = make_report(tmp_path_factory.mktemp("made"), first="[pdf]")
    seal(made.root, "2018", "2019", store=store)
    made.commit(message="Sceller")
    return made


def bundle(root: Path, name: str, store: Store, **options) -> Bundle:
    return bundle_edition(workspace(root, store), name, workers=here(store), progress=Progress(), **options)


def verify(place: Path) -> BundleVerdict:
    return verify_bundle(place, workers=here(), progress=Progress(), public_key=None, require_signature=False)


@pytest.fixture(scope="module")
def bundled(made: TestRepository, store: Store) -> Bundle:
    return bundle(made.root, "2019", store, key=KEY)


def unpack(bundled: Bundle, folder: Path) -> Path:
    (folder / bundled.name).write_bytes(bundled.content)
    with zipfile.ZipFile(folder / bundled.name) as archive:
        archive.extractall(folder)
    return folder / bundled.name.removesuffix(".zip")


def test_a_bundle_holds_everything_and_says_so(bundled: Bundle, made: TestRepository, tmp_path: Path):
    folder = unpack(bundled, tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", CHECKSUMS], cwd=folder, check=True)
    comment = check_signature(
        (folder / CHECKSUMS).read_bytes(), (folder / SIGNATURE).read_bytes(), KEY.public, where=SIGNATURE
    )
    assert comment.startswith("edition:2019\tdate:2019-07-03")
    listed = set(read_checksums((folder / CHECKSUMS).read_bytes()))
    assert listed | {CHECKSUMS, SIGNATURE} == set(bundled.files)
    assert {
        "README.txt", "LISEZMOI.txt", "bundle.json", "artifacts/la-ville-partagee-2019.epub",
        "metadata/edition.json", "metadata/onix.xml", "metadata/citation.bib", "sources/report.bundle",
        "sources/editions/report.yaml",
        "sources/editions/2018.yaml", "sources/editions/2019.yaml", "toolchain/toolchain.json",
        "toolchain/requirements.lock", "toolchain/millesime/__main__.py", "toolchain/millesime/theme/pdf/page.css",
    } <= listed  # fmt: skip
    artifact = made.root / "dist/2019/la-ville-partagee-2019.epub"
    assert (folder / "artifacts" / artifact.name).read_bytes() == artifact.read_bytes()
    assert json.loads((folder / "toolchain/toolchain.json").read_text("utf-8"))["sealed"]["tools"]["pandoc"]
    assert json.loads((folder / "metadata/edition.json").read_text("utf-8"))["date"] == "2019-07-03"


def test_its_readmes_tell_an_archivist_what_to_do(bundled: Bundle, made: TestRepository, tmp_path: Path):
    folder = unpack(bundled, tmp_path)
    for name, words in {
        "README.txt": ("3 July 2019", "sha256sum --check", "-m millesime verify --bundle ..", "minisign -V"),
        "LISEZMOI.txt": ("3 juillet 2019", "sha256sum --check", "-m millesime verify --bundle ..", "minisign -V"),
    }.items():
        text = (folder / name).read_text("utf-8")
        assert all(word in text for word in (*words, made.git("rev-parse", "edition-2019"), "La ville partagée"))
        assert max(map(len, text.splitlines())) <= 80 and "{" not in text


def test_a_bundle_is_made_again_on_a_machine_that_never_saw_its_repository(
    made: TestRepository, store: Store, tmp_path: Path
):
    """An empty home, an empty folder, a fresh clone of the toolchain, and the command that the README names."""
    folder = unpack(bundle(made.root, "2018", store, key=KEY), tmp_path)
    (tmp_path / "home").mkdir()
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), tmp_path / "toolchain"], check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "build.py", "verify", "--bundle", folder, "--public-key", str(KEY.public), "--json"],
        cwd=tmp_path / "toolchain", env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["bundles"]
    assert found["edition"]["verdict"] == "verified" and found["files"]["signature"]["verdict"] == "good"
    assert [artifact["name"] for artifact in found["edition"]["artifacts"]] == ["la-ville-partagee-2018.pdf"]
    assert not (tmp_path / "home/.cache/millesime").exists(), "nothing was taken from a cache, nor put there"


def test_the_toolchain_in_a_bundle_runs(bundled: Bundle, tmp_path: Path):
    folder = unpack(bundled, tmp_path)
    subprocess.run(["git", "clone", "--quiet", folder / "sources/report.bundle", tmp_path / "report"], check=True,
                   capture_output=True)  # fmt: skip
    shutil.copytree(folder / "sources/editions", tmp_path / "report/editions", dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "millesime", "build", "2019", "--root", "../../report", "--no-cache"],
        cwd=folder / "toolchain", capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    name = "la-ville-partagee-2019.epub"
    assert (tmp_path / "report/dist/2019" / name).read_bytes() == (folder / "artifacts" / name).read_bytes()


def test_another_clone_gives_the_same_bundle(made: TestRepository, bundled: Bundle, store: Store, tmp_path: Path):
    clone = made.clone(tmp_path / "clone")
    clone.git("gc", "--quiet", "--aggressive")
    again = bundle(clone.root, "2019", store, key=KEY)
    assert sha256(again.content) == sha256(bundled.content)


def test_sources_without_history_build_the_same(made: TestRepository, store: Store, tmp_path: Path):
    folder = unpack(bundle(made.root, "2019", store, with_history=False), tmp_path)
    listed = subprocess.run(
        ["git", "bundle", "list-heads", folder / "sources/report.bundle"], capture_output=True, text=True, check=True
    ).stdout
    for name in ("edition-2018", "edition-2019"):
        assert f"refs/heads/{name}" in listed and made.git("rev-parse", name) not in listed
    assert verify(folder).is_good
    assert "which this archive does not hold" in (folder / "README.txt").read_text("utf-8")


def test_a_note_that_no_commit_has_travels_along(made: TestRepository, store: Store, tmp_path: Path):
    clone = made.clone(tmp_path / "clone")
    text = (clone.root / "editions/2019.yaml").read_text("utf-8").replace("2019-07-03", "2020-07-03")
    clone.write({
        "editions/2020.yaml": text[: text.index("# What freezes")], "changelog/2020.md": "Ce qui change en 2020.\n",
    })  # fmt: skip
    seal(clone.root, "2020", store=store)
    folder = unpack(bundle(clone.root, "2020", store), tmp_path)
    assert (folder / "sources/changelog/2020.md").is_file() and verify(folder).is_good
    assert "cp -R sources/editions sources/changelog ../report/" in (folder / "README.txt").read_text("utf-8")


def test_a_shallow_clone_bundles_what_it_has_and_says_so(made: TestRepository, store: Store, tmp_path: Path):
    rewritten = made.clone(tmp_path / "rewritten")
    rebase(rewritten)
    clone = rewritten.clone(tmp_path / "shallow", "--depth", "4")
    bundled = bundle(clone.root, "2019", store)
    assert bundled.notes == ("this clone is shallow: the bundle holds the sources without their history",)
    folder = unpack(bundled, tmp_path)
    assert verify(folder).is_good
    assert "which this archive does not hold" in (folder / "README.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("flip", "changed"),
        ("swap", "not the file that was sealed, although it fits SHA256SUMS"),
        ("drop", "missing"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_found_out(bundled: Bundle, tmp_path: Path, change: str, said: str):
    folder = unpack(bundled, tmp_path)
    artifact = folder / "artifacts/la-ville-partagee-2019.epub"
    content = artifact.read_bytes()
    if change == "drop":
        artifact.unlink()
    else:
        artifact.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    if change == "swap":  # with a checksum to match: only the seal knows
        listed = read_checksums((folder / CHECKSUMS).read_bytes())
        listed[f"artifacts/{artifact.name}"] = sha256(artifact.read_bytes())
        (folder / CHECKSUMS).write_bytes(write_checksums(listed))
        with pytest.raises(SealError, match=said):
            verify(folder)
        return
    verdict = verify(folder)
    assert not verdict.is_good and verdict.edition is None, "nothing is built from damaged files"
    assert [file.verdict for file in verdict.files.files if file.verdict != "good"] == [said]


def test_files_that_came_to_a_bundle_are_not_read(bundled: Bundle, tmp_path: Path):
    folder = unpack(bundled, tmp_path)
    (folder / "sources/editions/2020.yaml").write_text("nonsense: true\n", "utf-8")
    (folder / "sources/editions/2017.yaml").symlink_to("/etc/passwd")
    assert verify(folder).is_good


def test_what_is_no_bundle_is_called_so(tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SealError, match="no archive that can be unpacked"):
        verify(tmp_path / "a.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SealError, match=r"no bundle\.json in it: this is no bundle"):
        verify(tmp_path / "empty")


def test_what_is_not_sealed_is_not_bundled(tmp_path: Path, store: Store):
    made = make_report(tmp_path)
    with pytest.raises(SealError, match="not sealed, and may still change; seal it first: millesime seal 2018"):
        bundle(made.root, "2018", store)
