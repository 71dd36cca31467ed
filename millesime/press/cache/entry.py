"""A cache entry on disk: a header with length and checksum, then the content.

    magic and version, 8 bytes │ length, 8 bytes │ SHA-256, 32 bytes │ content

The checksum is taken over the entry's name as well, so an entry under
another's name is as wrong as one with a flipped bit. An entry is written
beside its place and renamed, and never changed after: readers see a whole one
or none. Nothing is flushed to the disk: what a power cut leaves half-written
is noticed when it is read, and made again.

Content is kept as it comes. What fills a cache are PDF, EPUB and pictures,
which zlib makes a tenth smaller for 20 ms a megabyte; the chapters of a whole
report, which it makes eight times smaller, are one megabyte to begin with.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import stat
import struct
import time
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".new-"
# The line ends show a copy made as text, as PNG's do; the fifth byte is the version.
_MAGIC = b"mlsm\x01\r\n\x00"
_HEADER = struct.Struct(">8sQ32s")
_TOUCH_AFTER_S = 3600


class Damaged(Exception):
    """This is not what was put there."""


def read_entry(folder: Path, key: str, *, touch: bool = True) -> bytes:
    """Return the content of the entry `key` of a step's folder; with `touch`, mark it as used.

    Raises FileNotFoundError where there is none, Damaged for anything but
    what `write_entry` put there, OSError if the disk cannot be read.
    """
    try:
        # Not through a link, which may lead anywhere; and not waiting for the other end of a pipe.
        handle = os.open(folder / key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            raise Damaged("not a file") from error
        raise
    seen = os.fstat(handle)
    if not stat.S_ISREG(seen.st_mode):
        os.close(handle)
        raise Damaged("not a file")
    with open(handle, "rb", buffering=0) as stream:
        if seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
            raise Damaged("somebody else may have written it")
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise Damaged("too short")
        magic, length, checksum = _HEADER.unpack(header)
        if magic != _MAGIC:
            raise Damaged("of another format")
        content = stream.read()
        if len(content) != length:
            raise Damaged("of another length")
        if _checksum(folder.name, key, content) != checksum:
            raise Damaged("its checksum is wrong")
        if touch and time.time() - seen.st_mtime > _TOUCH_AFTER_S:
            # Times of reading would do, but most disks are mounted so as not to keep them.
            with suppress(OSError):
                os.utime(handle)
    return content


def write_entry(folder: Path, key: str, content: bytes) -> None:
    """Put an entry into a step's folder, in the place of one that is there. Raises OSError; nothing is left then.

    It is held until it is in its place, so that others can tell it from what was left by a process that was killed.
    """
    beside = folder / f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "wb") as stream:
            with suppress(OSError):  # no locks here, or somebody is just looking
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stream.write(_HEADER.pack(_MAGIC, len(content), _checksum(folder.name, key, content)))
            stream.write(content)
            stream.flush()
            os.replace(beside, folder / key)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _checksum(step: str, key: str, content: bytes) -> bytes:
    made = hashlib.sha256(f"{step}/{key}/{len(content)}\n".encode())
    made.update(content)
    return made.digest()
