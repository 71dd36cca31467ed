"""Load the secret key that signs a publication, from a file or the environment, and refuse one in an unsafe place.

It is named by a file or given by the environment. No message, log or artifact
shows it.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path

from millesime.distribution.trust.checksums import CHECKSUMS
from millesime.distribution.trust.minisign import PublicKey, SecretKey, read_public_key, read_secret_key, sign
from millesime.history.repository import Repository
from millesime.problems import SealError

_MAXIMUM_BYTES = 10_000  # of a key's file


def read_signing_key(
    value: str, *, where: str, repository: Repository | None, password: Callable[[], str]
) -> SecretKey:
    """Return the secret key that `value` is, or that the file of that name holds.

    `where` names the option or variable that it came from, `repository` is
    the report's. Raises SealError for a file that its git tracks, or would:
    a secret key that was pushed once is public.
    """
    if _is_key(value):
        return read_secret_key(value, where=where, password=password)
    path = Path(value).expanduser()
    if repository is not None:
        _check_place(path, repository, where=where)
    return read_secret_key(_read(path, where=where), where=f"{where}: {path}", password=password)


def read_checking_key(value: str, *, where: str) -> PublicKey:
    """Return the public key that `value` is, the line "RWQ…", or that the file of that name holds."""
    if _is_key(value):
        return read_public_key(value, where=where)
    path = Path(value).expanduser()
    return read_public_key(_read(path, where=where), where=f"{where}: {path}")


def sign_checksums(checksums: bytes, key: SecretKey, *, edition: str, date: datetime.date) -> bytes:
    """Return the content of SHA256SUMS.minisig for an edition's SHA256SUMS.

    What is signed along says which edition it is and of which day; no time of
    the clock, so that signing again gives the same bytes. For the SHA256SUMS
    of a whole site, `edition` and `date` are those of the latest edition.
    """
    comment = f"edition:{edition}\tdate:{date.isoformat()}\tfile:{CHECKSUMS}\thashed"
    return sign(checksums, key, comment=comment)


def _is_key(value: str) -> bool:
    """Whether a text is a key itself and not the name of its file."""
    lines = [line for line in value.splitlines() if line.strip()]
    return len(lines) > 1 or (value.strip().startswith("RW") and len(value.strip()) > 50 and not Path(value).exists())


def _read(path: Path, *, where: str) -> str:
    try:
        if path.stat().st_size > _MAXIMUM_BYTES:
            raise SealError(f"{where}: {path}: too large for a key; name the file that minisign wrote")
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        # What stands in a variable may be a key that was pasted wrongly: it is not shown.
        shown = f"{path}: cannot be read" if where.startswith("--") else "what it holds is no key, and no file to read"
        why = getattr(error, "strerror", None) or "this cannot be a file's name"
        raise SealError(f"{where}: {shown} ({why}); name the file that `minisign -G` wrote") from None


def _check_place(path: Path, repository: Repository, *, where: str) -> None:
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(repository.root) or repository.is_bare:
        return
    inside = real.relative_to(repository.root).as_posix()
    if inside.split("/")[0] == ".git":
        return
    if repository.ask("ls-files", "--error-unmatch", "--", inside)[0] == 0:
        raise SealError(
            f"{where}: {inside}: git tracks this secret key, so that everybody who has the repository has it; "
            "make another with `minisign -G` outside the repository, and tell readers that this one is no longer yours"
        )
    if repository.run("ls-files", "--others", "--exclude-standard", "-z", "--", inside):
        raise SealError(
            f"{where}: {inside}: this secret key lies in the repository, where the next `git add` takes it; "
            "move it out, or add it to .gitignore"
        )
