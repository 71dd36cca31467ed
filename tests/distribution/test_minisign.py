"""Signatures of ours and of the real `minisign`, each checked by the other; and what is said when one is wrong."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from millesime.distribution.trust.minisign import (
    PublicKey,
    SecretKey,
    check_signature,
    read_public_key,
    read_secret_key,
    read_signature,
    sign,
)
from millesime.problems import SealError

CONTENT = b"0" * 64 + b"  rapport-2019.pdf\n"
COMMENT = "edition:2019\tdate:2019-07-03\tfile:SHA256SUMS"


def minisign(*arguments: object, typed: str = "", memory_kb: int = 0) -> subprocess.CompletedProcess[bytes]:
    limit = f"ulimit -v {memory_kb}; " if memory_kb else ""
    return subprocess.run(
        ["bash", "-c", limit + 'exec minisign "$@"', "minisign", *map(str, arguments)],
        input=typed.encode(), capture_output=True, timeout=60,
    )  # fmt: skip


def no_password() -> str:
    raise AssertionError("no password is needed")


@dataclass
class Keys:
    folder: Path

    @property
    def secret(self) -> SecretKey:
        text = (self.folder / "plain.key").read_text("utf-8")
        return read_secret_key(text, where="plain.key", password=no_password)

    @property
    def public(self) -> PublicKey:
        return read_public_key((self.folder / "plain.pub").read_text("utf-8"), where="plain.pub")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys that minisign made: one without a password, one with."""
    folder = tmp_path_factory.mktemp("keys")
    for name, typed in (("plain", ""), ("locked", "mot de passe é\n" * 2)):
        option = [] if typed else ["-W"]
        # With little memory minisign encrypts with a smaller scrypt, which costs the tests less.
        done = minisign("-G", *option, "-p", folder / f"{name}.pub", "-s", folder / f"{name}.key", typed=typed,
                        memory_kb=120_000)  # fmt: skip
        assert done.returncode == 0, done.stderr
    return Keys(folder)


def test_minisign_accepts_our_signature_and_shows_its_comment(keys: Keys, tmp_path: Path):
    (tmp_path / "SHA256SUMS").write_bytes(CONTENT)
    (tmp_path / "SHA256SUMS.minisig").write_bytes(sign(CONTENT, keys.secret, comment=COMMENT))
    done = minisign("-V", "-H", "-p", keys.folder / "plain.pub", "-m", tmp_path / "SHA256SUMS")
    assert done.returncode == 0 and COMMENT.encode() in done.stdout
    (tmp_path / "SHA256SUMS").write_bytes(CONTENT + b"x")
    assert minisign("-V", "-p", keys.folder / "plain.pub", "-m", tmp_path / "SHA256SUMS").returncode == 1


@pytest.mark.parametrize("option", [[], ["-l"]], ids=["prehashed", "legacy"])
def test_a_signature_of_minisign_is_accepted(keys: Keys, tmp_path: Path, option: list[str]):
    (tmp_path / "a").write_bytes(CONTENT)
    done = minisign("-S", *option, "-s", keys.folder / "plain.key", "-t", "é: dit", "-m", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    signature = (tmp_path / "a.minisig").read_bytes()
    assert read_signature(signature, where="a").algorithm == (b"Ed" if option else b"ED")
    assert check_signature(CONTENT, signature, keys.public, where="a.minisig") == "é: dit"
    with pytest.raises(SealError, match="a is not what was signed"):
        check_signature(CONTENT + b"x", signature, keys.public, where="a.minisig")


def test_a_key_of_minisign_with_a_password_signs(keys: Keys, tmp_path: Path):
    text = (keys.folder / "locked.key").read_text("utf-8")
    key = read_secret_key(text, where="locked.key", password=lambda: "mot de passe é")
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "a.minisig").write_bytes(sign(CONTENT, key, comment=COMMENT))
    line = (keys.folder / "locked.pub").read_text("utf-8").splitlines()[1]
    assert minisign("-V", "-P", line, "-m", tmp_path / "a").returncode == 0
    assert str(key.public) == line and read_public_key(line, where="line") == key.public
    with pytest.raises(SealError, match=r"^locked\.key: the password is wrong") as raised:
        read_secret_key(text, where="locked.key", password=lambda: "mot de passe")
    assert "mot de passe;" not in str(raised.value)


def test_public_keys_are_written_as_minisign_does(keys: Keys):
    assert keys.public.file() == (keys.folder / "plain.pub").read_bytes()
    assert keys.secret.public == keys.public


def test_signing_again_gives_the_same_bytes(keys: Keys):
    assert sign(CONTENT, keys.secret, comment=COMMENT) == sign(CONTENT, keys.secret, comment=COMMENT)


OTHER = SecretKey(id=b"12345678", seed=bytes(range(32)))


def test_another_key_is_named(keys: Keys):
    signature = sign(CONTENT, OTHER, comment=COMMENT)
    with pytest.raises(SealError, match=r"made with the key 3837363534333231, and the public key given is [0-9A-F]+;"):
        check_signature(CONTENT, signature, keys.public, where="SHA256SUMS.minisig")


def test_another_key_that_claims_the_same_id_is_not_believed():
    forger = SecretKey(id=OTHER.id, seed=bytes(32))
    with pytest.raises(SealError, match="is not what was signed with the key"):
        check_signature(CONTENT, sign(CONTENT, forger, comment=COMMENT), OTHER.public, where="SHA256SUMS.minisig")


def test_an_altered_comment_is_told_from_an_altered_file():
    signature = sign(CONTENT, OTHER, comment=COMMENT)
    altered = signature.replace(b"edition:2019", b"edition:2020")
    assert minisign_says(altered) == "its trusted comment was altered"
    assert minisign_says(signature, CONTENT[:-1]) == "SHA256SUMS is not what was signed"
    assert minisign_says(signature.replace(b"signature from", b"Signature from")) == ""  # untrusted, as it says


def minisign_says(signature: bytes, content: bytes = CONTENT) -> str:
    try:
        check_signature(content, signature, OTHER.public, where="SHA256SUMS.minisig")
    except SealError as error:
        said = str(error).removeprefix("SHA256SUMS.minisig: ")
        return next(part for part in ("its trusted comment was altered", "SHA256SUMS is not what was signed", said)
                    if said.startswith(part))  # fmt: skip
    return ""


@pytest.mark.parametrize("signature", [
    b"", b"hello", b"untrusted comment: x\n!!!\ntrusted comment: y\n!!!\n",
    sign(CONTENT, OTHER, comment=COMMENT)[:150],
    sign(CONTENT, OTHER, comment=COMMENT) + b"more\n",
    sign(CONTENT, OTHER, comment=COMMENT).replace(b"trusted comment: edition", b"comment: edition"),
], ids=range(6))  # fmt: skip
def test_a_damaged_signature_is_called_so(signature: bytes):
    with pytest.raises(SealError, match="no signature of minisign, or a damaged one"):
        check_signature(CONTENT, signature, OTHER.public, where="SHA256SUMS.minisig")


def test_signatures_that_went_through_windows_are_read():
    signature = sign(CONTENT, OTHER, comment=COMMENT).replace(b"\n", b"\r\n")
    assert check_signature(CONTENT, signature, OTHER.public, where="SHA256SUMS.minisig") == COMMENT


def test_a_key_of_the_wrong_kind_is_named_and_not_shown(keys: Keys):
    secret = (keys.folder / "plain.key").read_text("utf-8")
    with pytest.raises(SealError, match="this is a secret key; name the public one") as raised:
        read_public_key(secret, where="--public-key")
    assert secret.splitlines()[1] not in str(raised.value)
    with pytest.raises(SealError, match="this is a public key; signing needs the secret one"):
        read_secret_key(str(keys.public), where="key", password=no_password)
    for text in ("", "RWQ", "a\nb\nc", secret.splitlines()[1][:-8], "é"):
        with pytest.raises(SealError, match="no secret key of minisign"):
            read_secret_key(text, where="key", password=no_password)
        with pytest.raises(SealError, match="no public key of minisign"):
            read_public_key(text, where="key")


def test_a_damaged_key_is_not_signed_with(keys: Keys):
    raw = bytearray(base64.b64decode((keys.folder / "plain.key").read_text("utf-8").splitlines()[1]))
    raw[54 + 8 + 3] ^= 1
    with pytest.raises(SealError, match="the key is damaged"):
        read_secret_key(base64.b64encode(raw).decode(), where="key", password=no_password)


def test_a_key_that_would_take_all_memory_is_refused(keys: Keys):
    raw = bytearray(base64.b64decode((keys.folder / "locked.key").read_text("utf-8").splitlines()[1]))
    raw[38:54] = (1 << 50).to_bytes(8, "little") * 2
    with pytest.raises(SealError, match="the key asks for 1048576 GiB of memory"):
        read_secret_key(base64.b64encode(raw).decode(), where="key", password=lambda: "x")


def test_a_secret_key_shows_itself_to_nobody(keys: Keys):
    assert keys.secret.seed.hex() not in repr(keys.secret) and repr(keys.secret.seed) not in repr(keys.secret)
