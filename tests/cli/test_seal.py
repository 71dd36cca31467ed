"""`seal`, `verify` and `bundle` as their users meet them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, sha256, write_checksums
from millesime.distribution.trust.minisign import SecretKey, sign
from millesime.series.series import load_series
from tests.cli.here import Done, run
from tests.cli.test_program import PROGRAM
from tests.press.sealed import edit, make_report
from tests.support import TestRepository

KEY = SecretKey(id=b"12345678", seed=bytes(range(32)))
OTHER = SecretKey(id=b"87654321", seed=bytes(32))
PDF = b"%PDF-1.7\n" + b"x" * 5000 + b"\n%%EOF\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    made = make_report(tmp_path_factory.mktemp("made"), first="[epub]")
    done = run("seal", "2019", "2018", "--root", made.root)
    assert done.returncode == 0 and done.stdout.index("2018: sealed") < done.stdout.index("2019: sealed"), done.stderr
    assert "commit the manifests" in done.stderr
    made.commit(message="Sceller")
    return made


# ---- editions ---------------------------------------------------------------


def test_seal_says_what_it_recorded_and_build_leaves_it_in_dist(made: TestRepository):
    done = run("seal", "2018", "--root", made.root, "--json")
    found = json.loads(done.stdout)["2018"]
    built = made.root / "dist/2018/la-ville-partagee-2018.epub"
    assert found["state"] == "same" and found["artifacts"] == {built.name: sha256(built.read_bytes())}
    assert made.git("status", "--porcelain") == ""


def test_list_tells_seals_apart(made: TestRepository, tmp_path: Path):
    assert [row["artifacts_sealed"] for row in json.loads(run("list", "--json", "--root", made.root).stdout)] == [1, 1]
    other = make_report(tmp_path, first="[epub]")
    done = run("seal", "2018", "--content-only", "--root", other.root)
    assert done.returncode == 0 and "2018: sealed by its content alone" in done.stdout
    rows = json.loads(run("list", "--json", "--root", other.root).stdout)
    assert [(row["sealed"], row["artifacts_sealed"]) for row in rows] == [(True, 0), (False, 0)]
    done = run("verify", "--root", other.root)
    assert done.returncode == 0 and "content-only" in done.stdout and "to seal its artifacts as well" in done.stderr


def test_verify_makes_all_sealed_editions_again(made: TestRepository):
    done = run("verify", "--root", made.root)
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [["2018", "verified"], ["2019", "verified"]]
    assert "making everything again, without the cache" in done.stderr
    found = json.loads(run("verify", "2018", "--use-cache", "--json", "--root", made.root).stdout)
    assert found["good"] and found["editions"][0]["artifacts"][0]["is_same"]


def test_verify_fails_with_what_to_do(made: TestRepository, tmp_path: Path):
    clone = made.clone(tmp_path / "clone")
    edit(clone.root / "editions/2018.yaml", ("date: 2018-07-03", "date: 2018-07-04"))
    clone.git("tag", "--force", "edition-2019", "edition-2018")
    done = run("verify", "--use-cache", "--root", clone.root)
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [["2018", "manifest"], ["2019", "content"]]
    assert "editions/2018.yaml: says something else than when 2018 was sealed" in done.stderr
    build = run("build", "2018", "--root", clone.root)
    assert build.returncode == 3 and "says something else than when 2018 was sealed" in build.stderr
    seal = run("seal", "2018", "--root", clone.root)
    assert seal.returncode == 8 and "belongs into a new edition" in seal.stderr


def test_verify_of_what_is_not_sealed(tmp_path: Path):
    made = make_report(tmp_path)
    done = run("verify", "--root", made.root)
    assert done.returncode == 0 and "no edition is sealed" in done.stderr
    done = run("verify", "2018", "--root", made.root)
    assert done.returncode == 1 and "run `millesime seal 2018`" in done.stderr
    assert run("verify", "2099", "--root", made.root).returncode == 3
    assert run("verify", "--require-signature", "--root", made.root).returncode == 2
    assert run("verify", "--root", made.root, MILLESIME_PUBLIC_KEY="of no use here").returncode == 0


def test_sealing_twice_at_once_gives_what_one_gives(made: TestRepository, tmp_path: Path):
    other = make_report(tmp_path, first="[epub]")
    command = [sys.executable, PROGRAM, "seal", "2018", "--root", other.root]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode)[1] for process in running] == [0, 0]
    assert (other.root / "editions/2018.yaml").read_bytes() == (made.root / "editions/2018.yaml").read_bytes()
    assert len(list((other.root / "editions").iterdir())) == 3, "no temporary file is left"


# ---- folders ----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as somebody downloads it: two artifacts, checksums, a signature."""
    folder = tmp_path / "download"
    folder.mkdir()
    files = {"rapport-2019.pdf": PDF, "rapport-2019.epub": b"PK"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    checksums = write_checksums({name: sha256(content) for name, content in files.items()})
    (folder / CHECKSUMS).write_bytes(checksums)
    (folder / SIGNATURE).write_bytes(sign(checksums, KEY, comment="edition:2019\tdate:2019-07-03"))
    return folder


def test_a_downloaded_folder_is_checked_without_a_repository(folder: Path):
    done = run("verify", folder, "--public-key", KEY.public, cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "2 of 2 files as they were published" in done.stdout
    assert f"good: SHA256SUMS was signed with the key {KEY.public.shown_id}" in done.stdout
    assert "signed with it: edition:2019 date:2019-07-03" in done.stdout
    (folder / "key.pub").write_bytes(KEY.public.file())
    assert run("verify", folder, "--public-key", folder / "key.pub", "--ignore-extra").returncode == 0


def test_each_thing_that_is_wrong_with_a_folder_is_told(folder: Path):
    (folder / "rapport-2019.pdf").write_bytes(PDF[:3000])
    (folder / "rapport-2019.epub").unlink()
    (folder / "virus.exe").write_bytes(b"MZ")
    done = run("verify", folder)
    assert done.returncode == 1
    assert "rapport-2019.pdf: truncated: ends after 3,000 bytes" in done.stdout
    assert "rapport-2019.epub: missing" in done.stdout and "virus.exe: extra" in done.stdout
    (folder / "rapport-2019.pdf").write_bytes(PDF[:50] + b"y" + PDF[51:])
    assert "rapport-2019.pdf: changed: is not the file that was published" in run("verify", folder).stdout
    (folder / "rapport-2019.pdf").write_bytes(PDF)
    done = run("verify", folder, "--ignore-missing", "--ignore-extra")
    assert done.returncode == 0 and "1 of 2 files as they were published; 1 extra, 1 missing" in done.stdout


def test_signatures_that_are_not_there_or_not_checked_are_stated(folder: Path):
    done = run("verify", folder)
    assert done.returncode == 0
    assert f"not checked: it says that it was made with the key {KEY.public.shown_id}; give the" in done.stdout
    assert run("verify", folder, "--require-signature").returncode == 1
    (folder / SIGNATURE).unlink()
    done = run("verify", folder)
    assert done.returncode == 0 and "published without a signature, or somebody took it away" in done.stdout
    for option in (["--require-signature"], ["--public-key", KEY.public]):
        assert run("verify", folder, *option).returncode == 1, "whoever can change files can take a signature away"


def test_a_wrong_key_an_altered_list_and_an_altered_comment_have_their_own_words(folder: Path):
    done = run("verify", folder, "--public-key", OTHER.public)
    assert done.returncode == 1 and "and the public key given is " + OTHER.public.shown_id in done.stdout
    signature = (folder / SIGNATURE).read_bytes()
    (folder / SIGNATURE).write_bytes(signature.replace(b"edition:2019", b"edition:2020"))
    done = run("verify", folder, "--public-key", KEY.public)
    assert done.returncode == 1 and "its trusted comment was altered after it was signed" in done.stdout
    (folder / SIGNATURE).write_bytes(signature)
    (folder / "rapport-2019.epub").write_bytes(b"PK2")
    (folder / CHECKSUMS).write_bytes(
        write_checksums({"rapport-2019.pdf": sha256(PDF), "rapport-2019.epub": sha256(b"PK2")})
    )
    done = run("verify", folder, "--public-key", KEY.public)
    assert done.returncode == 1 and "SHA256SUMS is not what was signed" in done.stdout
    assert "2 of 2 files" in done.stdout, "checksums alone would have been content"


def test_a_folder_without_checksums_is_told_so(tmp_path: Path):
    done = run("verify", tmp_path)
    assert done.returncode == 8 and "no SHA256SUMS in it" in done.stderr


def test_names_of_others_do_not_steer_a_terminal(folder: Path):
    (folder / "\x1b[31mred\n.pdf").write_bytes(b"")
    done = run("verify", folder)
    assert "\x1b" not in done.stdout and "�[31mred�.pdf: extra" in done.stdout


def test_a_name_that_is_not_utf8_is_told_in_json(folder: Path):
    (folder / "\udcff.pdf").write_bytes(b"")
    found = json.loads(run("verify", folder, "--json").stdout)
    assert [file["name"] for file in found["folders"][0]["files"] if file["verdict"] == "extra"] == ["\\xff.pdf"]


def test_no_git_is_needed_for_a_folder(folder: Path, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, PROGRAM, "verify", "download"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0 and "2 of 2 files as they were published" in done.stdout, done.stderr


def test_an_edition_and_a_folder_of_one_name_are_told_apart(made: TestRepository, folder: Path):
    folder = folder.rename(made.root / "2018")
    try:
        assert "files as they were published" in run("verify", "./2018", cwd=made.root).stdout
        assert "verified" in run("verify", "2018", "--use-cache", cwd=made.root).stdout
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


# ---- bundles and keys -------------------------------------------------------


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key of minisign's own making, without a password."""
    path = tmp_path_factory.mktemp("keys") / "editor.key"
    subprocess.run(["minisign", "-G", "-W", "-s", path, "-p", f"{path}.pub"], check=True, capture_output=True)
    return path


def bundle(made: TestRepository, *options: object, **environment: str) -> Done:
    return run("bundle", "2018", "--root", made.root, *options, **environment)


def test_bundle_writes_a_signed_archive_that_minisign_accepts(made: TestRepository, secret: Path, tmp_path: Path):
    done = bundle(made, "--signing-key", secret, "-o", tmp_path / "2018.zip")
    assert done.returncode == 0 and done.stdout == f"{tmp_path / '2018.zip'}\n", done.stderr
    with zipfile.ZipFile(tmp_path / "2018.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "la-ville-partagee-2018-bundle"
    command = ["minisign", "-V", "-p", f"{secret}.pub", "-m", folder / CHECKSUMS]
    assert b"edition:2018" in subprocess.run(command, check=True, capture_output=True).stdout
    done = run("verify", "--bundle", tmp_path / "2018.zip", "--public-key", f"{secret}.pub", "--require-signature")
    assert done.returncode == 0 and "2018     verified" in done.stdout


def test_unsigned_is_allowed_and_stated(made: TestRepository):
    done = bundle(made)
    assert done.returncode == 0 and "not signed" in done.stderr
    assert done.stdout.strip().endswith("dist/la-ville-partagee-2018-bundle.zip")


def test_a_key_comes_from_the_environment_as_a_file_or_itself(made: TestRepository, secret: Path, tmp_path: Path):
    text = secret.read_text("utf-8")
    made_by = []
    for value in (str(secret), text, text.splitlines()[1]):
        done = bundle(made, "-o", tmp_path / "a.zip", MILLESIME_SIGNING_KEY=value)
        assert done.returncode == 0 and ", signed" in done.stderr
        assert text.splitlines()[1] not in done.stderr + done.stdout
        made_by.append((tmp_path / "a.zip").read_bytes())
    assert made_by[0] == made_by[1] == made_by[2]


def test_a_key_that_git_tracks_or_would_is_refused(made: TestRepository, secret: Path, tmp_path: Path):
    clone = made.clone(tmp_path / "clone")
    clone.write({"keys/editor.key": secret.read_bytes()})
    done = bundle(clone, "--signing-key", clone.root / "keys/editor.key")
    assert done.returncode == 8
    assert "keys/editor.key: this secret key lies in the repository, where the next `git add` takes it" in done.stderr
    clone.write({".gitignore": "dist/\nkeys/\n"})
    assert bundle(clone, "--signing-key", clone.root / "keys/editor.key").returncode == 0
    clone.git("add", "--force", "keys/editor.key")
    done = bundle(clone, "--signing-key", clone.root / "keys/editor.key")
    assert done.returncode == 8 and "git tracks this secret key" in done.stderr


def test_no_message_shows_a_key(made: TestRepository, secret: Path):
    line = secret.read_text("utf-8").splitlines()[1]
    for value, said in {
        "untrusted comment: " + line: "what it holds is no key, and no file to read",
        line[:-12]: "MILLESIME_SIGNING_KEY",
        "x" * 5000 + line: "what it holds is no key, and no file to read",
    }.items():
        done = bundle(made, MILLESIME_SIGNING_KEY=value)
        assert done.returncode == 8 and said in done.stderr, done.stderr
        assert line[20:60] not in done.stderr + done.stdout


def test_a_key_with_a_password_says_where_it_may_come_from(made: TestRepository, tmp_path: Path):
    command = ["bash", "-c", 'ulimit -v 120000; exec minisign -G -s "$1" -p "$1.pub"', "bash", tmp_path / "k"]
    subprocess.run(command, input=b"ouvre\nouvre\n", check=True, capture_output=True)
    done = bundle(made, "--signing-key", tmp_path / "k")
    assert done.returncode == 8 and "MILLESIME_SIGNING_PASSWORD: not set, and the signing key has" in done.stderr
    done = bundle(made, "--signing-key", tmp_path / "k", MILLESIME_SIGNING_PASSWORD="ferme-toi")
    assert done.returncode == 8 and "the password is wrong" in done.stderr and "ferme-toi" not in done.stderr
    assert bundle(made, "--signing-key", tmp_path / "k", MILLESIME_SIGNING_PASSWORD="ouvre").returncode == 0


def test_what_is_not_sealed_is_not_bundled(tmp_path: Path):
    made = make_report(tmp_path)
    done = bundle(made)
    assert done.returncode == 8 and "seal it first: millesime seal 2018" in done.stderr
    assert load_series(made.root).edition("2018").seal is None
