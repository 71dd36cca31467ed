"""Decode a source file as UTF-8, or say which byte is not UTF-8 and which encoding it may be in."""

from __future__ import annotations

import codecs

from millesime.history.snapshot import Snapshot
from millesime.problems import MarkupError

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip
# Bytes that Windows-1252 has for letters and signs where Latin-1 has control characters.
_WINDOWS = set(range(0x80, 0xA0))
_SAMPLE_BYTES = 4096


def read_text_source(snapshot: Snapshot, path: str, where: str = "") -> str:
    """Return a file's text, without its byte order mark; line ends stay as they are.

    Raises MarkupError for a file that is not UTF-8, with the first wrong
    byte's place and the likely encoding.
    """
    return decode_source(snapshot.read(path, where=where), where=where or path, path=path)


def decode_source(content: bytes, *, where: str, path: str) -> str:
    """Return the text that bytes hold in UTF-8. Raises MarkupError as `read_text_source` does."""
    if b"\0" in content[:_SAMPLE_BYTES] or content.startswith(tuple(_MARKS)):
        encoding = _wide_encoding(content)
        if encoding is None:
            raise MarkupError(f"{where}: {path!r} holds no text but bytes of another kind; name a Markdown file")
        raise MarkupError(f"{where}: {path!r} is in {encoding}; {_remedy(path, encoding)}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
        before = content[content.rfind(b"\n", 0, start) + 1 : start]
        line = content.count(b"\n", 0, start) + 1
        column = len(before.decode("utf-8", "replace")) + 1
        encoding = _likely_encoding(content)
        seen = f"line {line}, column {column} (byte {start}): byte 0x{content[start]:02X} is not UTF-8"
        likely = f", the file is probably in {encoding}" if encoding else ""
        raise MarkupError(f"{where}: {path!r}, {seen}{likely}; {_remedy(path, encoding)}") from error


def _wide_encoding(content: bytes) -> str | None:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    sample = content[:_SAMPLE_BYTES]
    for encoding, zeros in (("UTF-16LE", sample[1::2]), ("UTF-16BE", sample[::2])):
        if zeros and zeros.count(0) > 0.7 * len(zeros):
            return encoding
    return None


def _likely_encoding(content: bytes) -> str:
    high = [byte for byte in content if byte >= 0x80]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(high) > 20 and len(content[error.start :]) < 4:
            return ""  # UTF-8 that was cut in the middle of a letter
    # In MacRoman é, è, à, ç and ê are 0x8E, 0x8F, 0x88, 0x8D and 0x90, which are rare in Windows-1252.
    if sum(byte in b"\x8e\x8f\x88\x8d\x90" for byte in high) > len(high) / 2:
        return "MacRoman"
    return "Windows-1252" if any(byte in _WINDOWS for byte in high) else "Latin-1"


def _remedy(path: str, encoding: str) -> str:
    names = {"MacRoman": "MACINTOSH", "Latin-1": "ISO-8859-1", "Windows-1252": "WINDOWS-1252"}
    if not encoding:
        return "save it in UTF-8"
    return f"save it in UTF-8, for instance with: iconv -f {names.get(encoding, encoding)} -t UTF-8 {path!r}"
