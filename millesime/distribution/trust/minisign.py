"""Signatures that `minisign` makes and checks: Ed25519 over a file, with a comment that is signed as well.

The format is that of https://jedisct1.github.io/minisign/, "Signature
format" and "Secret key format". What is signed here is signed as minisign
does since 0.10, over the file's BLAKE2b ("ED"); the older way, over the file
itself ("Ed"), is still checked. Signing is deterministic: the same key, file
and comment give the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from millesime.problems import SealError

_PREHASHED, _LEGACY = b"ED", b"Ed"
_SCRYPT, _NO_KDF, _BLAKE2B = b"Sc", b"\0\0", b"B2"
_ID_BYTES, _SIGNATURE_BYTES, _PUBLIC_BYTES, _SECRET_BYTES = 8, 64, 42, 158
_UNTRUSTED, _TRUSTED = "untrusted comment: ", "trusted comment: "
_MAXIMUM_COMMENT = 8192  # of minisign, in bytes
_MAXIMUM_MEMORY = 1 << 32  # that a key file may ask for; minisign itself asks for 2^30 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What signatures are checked with. `str` gives the line that is published, "RWQ…"."""

    id: bytes
    key: bytes

    @property
    def shown_id(self) -> str:
        """The id as minisign writes it, "CE35C54A630F3A6A"."""
        return _shown(self.id)

    def __str__(self) -> str:
        return base64.b64encode(_LEGACY + self.id + self.key).decode("ascii")

    def file(self) -> bytes:
        """Return the content of a public key's file, as minisign writes it."""
        return f"{_UNTRUSTED}minisign public key {self.shown_id}\n{self}\n".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """What signs. No message and no `repr` shows it."""

    id: bytes
    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        return PublicKey(
            id=self.id, key=Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature as its file holds it; nothing of it is trusted before `check_signature`."""

    algorithm: bytes
    key_id: bytes
    signature: bytes
    comment: str  # the trusted one
    comment_signature: bytes  # of signature and comment

    @property
    def shown_key_id(self) -> str:
        return _shown(self.key_id)


def sign(content: bytes, key: SecretKey, *, comment: str) -> bytes:
    """Return the signature of some bytes, the content of a `.minisig` file.

    `comment` is one line that is signed too and shown when it is checked. It
    should say what is signed and hold no time of the clock: then who signs
    again gets the same bytes.
    """
    assert comment.isprintable() or comment.replace("\t", "").isprintable(), "a comment is one line"
    assert len(comment.encode("utf-8")) < _MAXIMUM_COMMENT
    signer = Ed25519PrivateKey.from_private_bytes(key.seed)
    signature = signer.sign(_prehash(content))
    whole = signer.sign(signature + comment.encode("utf-8"))
    lines = [
        f"{_UNTRUSTED}signature from millesime, key {key.public.shown_id}",
        base64.b64encode(_PREHASHED + key.id + signature).decode("ascii"),
        f"{_TRUSTED}{comment}",
        base64.b64encode(whole).decode("ascii"),
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def check_signature(content: bytes, signature: bytes, key: PublicKey, *, where: str) -> str:
    """Return the trusted comment of a signature that is right.

    `where` names the signature's file, "SHA256SUMS.minisig". Raises SealError
    with a message of its own for another key, for content that is not what
    was signed, and for a comment that was altered.
    """
    found = read_signature(signature, where=where)
    signed = where.removesuffix(".minisig")
    if not hmac.compare_digest(found.key_id, key.id):
        raise SealError(
            f"{where}: made with the key {found.shown_key_id}, and the public key given is {key.shown_id}; "
            "get the publisher's key from where you trust it, or do not trust this signature"
        )
    verifier = Ed25519PublicKey.from_public_bytes(key.key)
    try:
        verifier.verify(found.signature, _prehash(content) if found.algorithm == _PREHASHED else content)
    except InvalidSignature as error:
        raise SealError(
            f"{where}: {signed} is not what was signed with the key {key.shown_id}, or the signature was altered; "
            "get both again, and do not trust them if it stays so"
        ) from error
    try:
        verifier.verify(found.comment_signature, found.signature + found.comment.encode("utf-8", "surrogateescape"))
    except InvalidSignature as error:
        raise SealError(
            f"{where}: its trusted comment was altered after it was signed ({signed} itself is what was signed); "
            "get the signature again"
        ) from error
    return found.comment


def read_signature(content: bytes, *, where: str) -> Signature:
    """Return what a `.minisig` file holds. Raises SealError for one that is no signature."""
    lines = _lines(content)
    try:
        first, encoded, comment, last = lines[:4]
        raw, whole = _decode(encoded), _decode(last)
    except ValueError as error:
        raise _no_signature(where) from error
    if not first.startswith(_UNTRUSTED) or not comment.startswith(_TRUSTED) or any(lines[4:]):
        raise _no_signature(where)
    if len(raw) != 2 + _ID_BYTES + _SIGNATURE_BYTES or len(whole) != _SIGNATURE_BYTES:
        raise _no_signature(where)
    if raw[:2] not in (_PREHASHED, _LEGACY):
        raise SealError(f"{where}: signed by a method that minisign does not have; get the signature again")
    return Signature(
        algorithm=raw[:2], key_id=raw[2:10], signature=raw[10:], comment=comment.removeprefix(_TRUSTED),
        comment_signature=whole,
    )  # fmt: skip


def read_public_key(content: str, *, where: str) -> PublicKey:
    """Return a public key from its file's content, or from the line "RWQ…" alone. Raises SealError for another text."""
    raw = _key_bytes(content)
    if len(raw) == _SECRET_BYTES:
        raise SealError(f"{where}: this is a secret key; name the public one, and let nobody see this")
    if len(raw) != _PUBLIC_BYTES or raw[:2] != _LEGACY:
        raise SealError(f"{where}: no public key of minisign; write its line, RWQ…, or the name of its file")
    return PublicKey(id=raw[2:10], key=raw[10:])


def read_secret_key(content: str, *, where: str, password: Callable[[], str]) -> SecretKey:
    """Return a secret key from its file's content, or from its last line alone.

    `password` is asked for if the key is encrypted; `where` names the key in
    messages, which show nothing of it. Raises SealError for another text and
    for a wrong password.
    """
    raw = _key_bytes(content)
    if len(raw) == _PUBLIC_BYTES:
        raise SealError(f"{where}: this is a public key; signing needs the secret one")
    if len(raw) != _SECRET_BYTES or raw[:2] != _LEGACY or raw[4:6] != _BLAKE2B:
        raise SealError(f"{where}: no secret key of minisign; make one with: minisign -G -s FILE")
    derivation, salt, held = raw[2:4], raw[6:38], raw[54:]
    if derivation == _SCRYPT:
        effort, memory = (int.from_bytes(raw[start : start + 8], "little") for start in (38, 46))
        stream = _derive(password(), salt, effort, memory, size=len(held), where=where)
        held = bytes(one ^ other for one, other in zip(held, stream, strict=True))
    elif derivation != _NO_KDF:
        raise SealError(f"{where}: encrypted by a method that minisign does not have; make a key with: minisign -G")
    ident, seed, public, check = held[:8], held[8:40], held[40:72], held[72:]
    # minisign leaves the checksum of a key without a password empty.
    right = hashlib.blake2b(_LEGACY + ident + seed + public, digest_size=32).digest()
    if not hmac.compare_digest(check, right) and (derivation == _SCRYPT or any(check)):
        what = "the password is wrong, or the key is damaged" if derivation == _SCRYPT else "the key is damaged"
        raise SealError(f"{where}: {what}; try again, or take the key from a copy")
    key = SecretKey(id=ident, seed=seed)
    if key.public.key != public:
        raise SealError(f"{where}: the key is damaged; take it from a copy")
    return key


def _shown(ident: bytes) -> str:
    return f"{int.from_bytes(ident, 'little'):X}"


def _prehash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=64).digest()


def _derive(password: str, salt: bytes, effort: int, memory: int, *, size: int, where: str) -> bytes:
    """Return bytes to decrypt a key with. `effort` and `memory` are limits as libsodium counts them."""
    cost, parallel = _scrypt_parameters(effort, memory)
    if 128 * 8 * cost > _MAXIMUM_MEMORY:
        raise SealError(f"{where}: the key asks for {memory / 1024**3:.0f} GiB of memory; make one with: minisign -G")
    try:
        return Scrypt(salt=salt, length=size, n=cost, r=8, p=parallel).derive(password.encode("utf-8"))
    except (MemoryError, ValueError) as error:
        raise SealError(
            f"{where}: decrypting the key needs {128 * 8 * cost / 1024**2:.0f} MiB of memory, which are not free; "
            "free some, or take the password off with: minisign -C -W"
        ) from error


def _scrypt_parameters(effort: int, memory: int) -> tuple[int, int]:
    """Return N and p of scrypt (r is 8), as libsodium's crypto_pwhash_scryptsalsa208sha256 picks them by its limits."""
    effort = max(effort, 32768)
    bound = effort // 32 if effort < memory // 32 else memory // 1024
    power = next(power for power in range(1, 64) if power == 63 or 1 << power > bound // 2)
    parallel = 1 if effort < memory // 32 else min(effort // 4 >> power, 0x3FFFFFFF) // 8
    return 1 << power, max(1, parallel)


def _key_bytes(content: str) -> bytes:
    """Return the bytes of a key's last line; b"" if it is no such thing."""
    lines = [line for line in _lines(content.encode("utf-8", "surrogateescape")) if line.strip()]
    if len(lines) == 2 and lines[0].startswith(_UNTRUSTED):
        lines = lines[1:]
    try:
        return _decode(lines[0].strip()) if len(lines) == 1 else b""
    except ValueError:
        return b""


def _lines(content: bytes) -> list[str]:
    return [line.removesuffix("\r") for line in content.decode("utf-8", "surrogateescape").split("\n")]


def _decode(line: str) -> bytes:
    """Return the bytes of a line of base64. Raises ValueError for another one."""
    try:
        return base64.b64decode(line.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("no base64") from error


def _no_signature(where: str) -> SealError:
    return SealError(f"{where}: no signature of minisign, or a damaged one; get it again")
