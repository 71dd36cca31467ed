"""SHA256SUMS: the checksums of files as `sha256sum` of GNU coreutils writes and checks them.

A reader needs nothing of ours to check a download: `sha256sum -c SHA256SUMS`.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import stat
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from millesime.problems import SealError

CHECKSUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.minisig"

# coreutils 9: a line whose name had to be escaped begins with a backslash. CR is among them since a check may drop one
# at a line's end; coreutils before 9 know only the first two.
_ESCAPED = {b"\\": rb"\\", b"\n": rb"\n", b"\r": rb"\r"}
_UNESCAPED = {escaped: plain for plain, escaped in _ESCAPED.items()}
_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_CHUNK_BYTES = 1 << 20
_TAIL_BYTES = 4096  # in which the end of a PDF stands, ISO 32000-1, annex H.3


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerdict:
    """What became of one file since its checksum was written."""

    name: str
    verdict: str  # "good", "changed", "truncated", "missing", "extra", "unreadable"
    text: str = ""  # what was seen and what to do, for all but "good"


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_checksums(checksums: Mapping[str, str]) -> bytes:
    """Return the text of SHA256SUMS: a line for each name → SHA-256, sorted by the names' bytes.

    Names are paths from the folder of SHA256SUMS, "2019/rapport-2019.pdf";
    any bytes that a file system allows may stand in them.
    """
    lines = []
    for name, digest in sorted((os.fsencode(name), digest) for name, digest in checksums.items()):
        assert re.fullmatch("[0-9a-f]{64}", digest) and name and b"\0" not in name
        escaped = re.sub(rb"[\\\n\r]", lambda found: _ESCAPED[found[0]], name)
        mark = b"\\" if escaped != name else b""
        lines.append(b"%s%s  %s\n" % (mark, digest.encode("ascii"), escaped))
    return b"".join(lines)


def read_checksums(content: bytes, *, where: str = CHECKSUMS) -> dict[str, str]:
    """Return name → SHA-256 of the lines of a SHA256SUMS.

    Raises SealError for a line that is none, a name that stands twice, one
    that leads out of the folder, and for a file without lines.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        line = line.removesuffix(b"\r")
        if not line:
            continue
        parts = _LINE.fullmatch(line)
        name = _unescape(parts[3]) if parts and parts[1] else parts[3] if parts else None
        if name is None:
            raise SealError(f"{where}: line {number} is not a checksum and a name; get the file again")
        path = posixpath.normpath(os.fsdecode(name))  # "./a.pdf", as `sha256sum ./*` writes it
        if path.startswith("/") or path.split("/")[0] == ".." or "\0" in path:
            raise SealError(f"{where}: line {number} names {path!r}, outside the folder; do not trust this file")
        if path in found:
            raise SealError(f"{where}: line {number} names {path!r} for the second time; do not trust this file")
        found[path] = parts[2].decode("ascii").lower()
    if not found:
        raise SealError(f"{where}: holds no checksum; get the file again")
    return found


def check_folder(folder: Path, checksums: Mapping[str, str], *, beside: Collection[str] = ()) -> Iterator[FileVerdict]:
    """Yield what became of each file that has a checksum, by name, then of those that have none.

    `beside` names files that need none, such as SHA256SUMS itself. Links are
    not followed: what they lead to is not part of the folder.
    """
    for name, digest in sorted(checksums.items()):
        yield _check_file(folder, name, digest)
    for name in sorted(_names(folder)):
        if name not in checksums and name not in beside:
            yield FileVerdict(name=name, verdict="extra", text="has no checksum: it may be anybody's")


def _check_file(folder: Path, name: str, digest: str) -> FileVerdict:
    path = folder / name
    try:
        # A link anywhere on the way would let a download name files of this machine.
        for part in (path, *list(path.parents)[: name.count("/")]):
            if stat.S_ISLNK(os.lstat(part).st_mode):
                return FileVerdict(name=name, verdict="unreadable", text="is a link, not the file; get it again")
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return FileVerdict(name=name, verdict="unreadable", text="is no file; get it again")
        made = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                made.update(chunk)
            size = stream.tell()
    except (FileNotFoundError, NotADirectoryError):
        return FileVerdict(name=name, verdict="missing", text="is not there; get it again")
    except OSError as error:
        return FileVerdict(name=name, verdict="unreadable", text=f"cannot be read: {error.strerror}")
    if made.hexdigest() == digest:
        return FileVerdict(name=name, verdict="good")
    if is_cut_short(path):
        text = f"ends after {size:,} bytes, in the middle: it was not fetched whole; get it again"
        return FileVerdict(name=name, verdict="truncated", text=text)
    return FileVerdict(name=name, verdict="changed", text="is not the file that was published; get it again")


def is_cut_short(path: Path) -> bool:
    """Whether a file that should be a PDF, an EPUB, a Word file or an archive lacks its end; nothing is no file either.

    SHA256SUMS knows no sizes: these formats end with something of their own.
    """
    if path.stat().st_size == 0:
        return True
    match path.suffix.lower():
        case ".pdf":
            with path.open("rb") as stream:
                stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
                return b"%%EOF" not in stream.read()
        case ".zip" | ".epub" | ".docx":
            return not zipfile.is_zipfile(path)
    return False


def _names(folder: Path) -> Iterator[str]:
    """Yield the path of each file and link below a folder, from it."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            yield os.path.relpath(os.path.join(place, name), folder)


def _unescape(name: bytes) -> bytes | None:
    """Return a name without its escapes, None if it holds an unknown one."""
    parts = re.findall(rb"\\.|\\$|[^\\]+", name, re.DOTALL)
    plain = [_UNESCAPED.get(part) if part.startswith(b"\\") else part for part in parts]
    return None if None in plain else b"".join(part for part in plain if part is not None)
