"""What a site does with seals and signatures: it hands out what was sealed, or nothing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, sha256, write_checksums
from millesime.distribution.trust.downloaded_folder import verify_folder
from millesime.distribution.trust.minisign import SecretKey
from millesime.press.cache.store import Store, open_store
from millesime.press.edition.sealed_inputs import ManifestChanged
from millesime.press.run.build import Progress
from millesime.press.site.publish import publish
from millesime.problems import OutputError, SealError
from tests.cli.here import run
from tests.press.here import here
from tests.press.sealed import edit, make_report, seal, workspace
from tests.support import TestRepository

KEY = SecretKey(id=b"12345678", seed=bytes(range(32)))


@pytest.fixture(scope="module")
def store() -> Store:
    return open_store(Path(os.environ["MILLESIME_CACHE"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, store: Store) -> TestRepository:
    made = make_report(tmp_path_factory.mktemp("made"), first="[epub]")
    seal(made.root, "2018", "2019", store=store)
    made.commit(message="Sceller")
    return made


@pytest.fixture(scope="module")
def site(made: TestRepository, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed site of both editions."""
    out = tmp_path_factory.mktemp("site") / "site"
    publish_to(made.root, out, store, key=KEY)
    return out


def publish_to(root: Path, out: Path, store: Store, *, key: SecretKey | None = None):
    return publish(
        workspace(root, store), [], out=out, workers=here(store), progress=Progress(), search=False, key=key
    )  # fmt: skip


def test_a_reader_can_check_what_was_published(site: Path):
    for name in ("2018", "2019"):
        found = verify_folder(site / name, public_key=KEY.public, require_signature=True)
        assert found.is_good(ignore_extra=True) and found.signature.comment.startswith(f"edition:{name}\t")


def test_a_whole_site_is_verified_edition_by_edition(site: Path, tmp_path: Path):
    def said(place: Path, *options: str) -> tuple[int, str]:
        done = run("verify", place, *options)
        return done.returncode, done.stdout + done.stderr

    status, text = said(site, "--public-key", str(KEY.public), "--require-signature")
    assert status == 0, text
    assert text.count("files as they were published") == 2 and "published pages are there" in text
    assert "edition:2019" in text
    assert said(site / "2019")[0] == 0, "its pages are not extra"
    copy = tmp_path / "site"
    for damage, complaint in {
        "changed": "2018: [^ ]*: changed: is not the file that was published",
        "gone": "2018: [^ ]*: missing",
        "listed": "have other checksums of it; do not trust this folder",
        "unlisted": "no longer lists it; do not trust this folder",
        "page": r"modele\.html: missing: readers were promised that it stays",
        "forged": "2017/SHA256SUMS: extra: an edition that publication.json does not know",
    }.items():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(site, copy)
        (epub,) = (copy / "2018").glob("*.epub")
        checksums = copy / "2018" / CHECKSUMS
        match damage:
            case "changed":
                epub.write_bytes(epub.read_bytes().replace(b"META-INF", b"META-inf"))
            case "gone":
                epub.unlink()
            case "listed":  # by somebody who could write the checksums anew, but for the record
                epub.write_bytes(b"PK\x05\x06" + bytes(18))
                checksums.write_bytes(write_checksums({epub.name: sha256(epub.read_bytes())}))
                (copy / "2018" / SIGNATURE).unlink()
            case "unlisted":
                checksums.write_bytes(write_checksums({"other": sha256(b"")}))
                (copy / "2018" / SIGNATURE).unlink()
            case "page":
                (copy / "2019/modele.html").unlink()
            case "forged":
                (copy / "2017").mkdir()
                shutil.copyfile(checksums, copy / "2017" / CHECKSUMS)
        status, text = said(copy)
        assert status == 1 and re.search(complaint, text), (damage, text)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("publication.json", '"2018/', '"2018/../../'),
        ("publication.json", '"2018/', '"/etc/'),
        ("addresses.txt", "2018/", "../2018/"),
        ("addresses.txt", "2018/", "2018/..%2F..%2F"),
    ],
)
def test_a_record_of_a_site_does_not_lead_out_of_it(site: Path, tmp_path: Path, name: str, old: str, new: str):
    copy = shutil.copytree(site, tmp_path / "site")
    (copy / name).write_text((copy / name).read_text().replace(old, new))
    done = run("verify", copy)
    assert done.returncode == 8 and "outside the folder; do not trust this site" in done.stderr


def test_a_signature_stays_when_no_key_is_at_hand(made: TestRepository, site: Path, store: Store, tmp_path: Path):
    shutil.copytree(site, tmp_path / "site")
    assert publish_to(made.root, tmp_path / "site", store).changed == ()
    assert (tmp_path / "site/2019" / SIGNATURE).is_file()


def test_files_that_changed_are_not_left_with_a_signature_of_others(
    made: TestRepository, site: Path, store: Store, tmp_path: Path
):
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site/2019" / CHECKSUMS).write_bytes(b"")
    with pytest.raises(OutputError, match="signs what was published, and the files of 2019 are others now; publish"):
        publish_to(made.root, tmp_path / "site", store)


def test_what_comes_out_otherwise_than_it_was_sealed_is_not_published(
    made: TestRepository, store: Store, tmp_path: Path
):
    clone = made.clone(tmp_path / "clone")
    path = clone.root / "editions/2019.yaml"
    line = next(line for line in path.read_text("utf-8").splitlines() if ".epub: " in line)
    edit(path, (line, f"    la-ville-partagee-2019.epub: {'0' * 64}"))
    with pytest.raises(SealError, match="although content, manifests, tools and fonts are those of the seal"):
        publish_to(clone.root, tmp_path / "site", store)
    assert not (tmp_path / "site/index.html").exists()


def test_an_edition_whose_manifest_was_edited_is_not_published(
    made: TestRepository, site: Path, store: Store, tmp_path: Path
):
    clone = made.clone(tmp_path / "clone")
    shutil.copytree(site, tmp_path / "site")
    edit(clone.root / "editions/2018.yaml", ("date: 2018-07-03\n", "date: 2018-07-03\nsubtitle: Corrigée\n"))
    with pytest.raises(ManifestChanged, match=r"editions/2018\.yaml: says something else than when 2018 was sealed"):
        publish_to(clone.root, tmp_path / "site", store)


def test_sealing_a_published_edition_does_not_make_it_another(store: Store, tmp_path: Path):
    made = make_report(tmp_path, first="[epub]")
    publish_to(made.root, tmp_path / "site", store)
    before = (tmp_path / "site/2018" / CHECKSUMS).read_bytes()
    seal(made.root, "2018", "2019", store=store)
    publish_to(made.root, tmp_path / "site", store)
    assert (tmp_path / "site/2018" / CHECKSUMS).read_bytes() == before
