"""The input of assembly: the chapters of an edition as pandoc read them, in the edition's order."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from millesime.markup.ast import Block, Document, Inline, string, text_of
from millesime.problems import ManifestError

ROLES = ("front", "body", "annex", "back")  # in the order of print
_ID_MAX = 80  # characters; one real book has a heading id of 390
_ORDER_PREFIX = re.compile(r"^\d+[-_. ]+(?=\D)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterSource:
    """One chapter before assembly."""

    path: str  # from the repository root; images and links are relative to its folder
    document: Document
    role: str  # "front", "body", "annex" or "back"
    part: int | None = None  # index into the edition's parts
    id: str = ""  # from the manifest; empty: see chapter_ids
    title: tuple[Inline, ...] = ()  # from the manifest; empty: the document's own
    numbered: bool = True
    generated: bool = False  # an annex made by the toolchain: its figures and sections bear no numbers
    digest: str = ""  # of its document, where that was read; equal digests mean equal documents


def chapter_ids(sources: Sequence[ChapterSource]) -> list[str]:
    """Return the id of each chapter: from the manifest, the front matter, or else the file's name.

    A file name loses its order prefix, so that "11-gouvernance.md" keeps its
    id when a chapter is inserted before it; where two files would then share
    one id, their folder is put before. Raises ManifestError when two chapters
    state the same id.
    """
    stated = [source.id or _front_matter_id(source) for source in sources]
    first: dict[str, str] = {}
    for source, ident in zip(sources, stated, strict=True):
        if ident and ident in first:
            raise ManifestError(
                f"{source.path}: id: {ident!r} is the id of {first[ident]} as well; give one of them an id of its own"
            )
        if ident:
            first[ident] = source.path
    found = list(stated)
    derived = [index for index, ident in enumerate(stated) if not ident]
    for name in (_short_name, _long_name, _full_name):
        candidates = {index: name(sources[index].path) for index in derived}
        taken = {ident for index, ident in enumerate(found) if index not in candidates}
        counts: dict[str, int] = {}
        for ident in candidates.values():
            counts[ident] = counts.get(ident, 0) + 1
        for index, ident in candidates.items():
            if counts[ident] == 1 and ident not in taken:
                found[index] = ident
        derived = [index for index in derived if not found[index]]
    for index in derived:  # two paths that differ in nothing an id may hold
        found[index] = unique_id(_full_name(sources[index].path), set(found))
    return found


def chapter_numbers(sources: Sequence[ChapterSource], *, numbered: bool = True) -> list[tuple[str, str]]:
    """Return what each chapter is counted as and its number, ("chapter", "4") or ("annex", "A").

    Chapters are numbered through all parts, annexes by letters; what is not
    numbered has "". `sources` are in the order of print.
    """
    counts = {"body": 0, "annex": 0}
    out = []
    for source in sources:
        kind = "annex" if source.role == "annex" else "chapter"
        number = ""
        if source.numbered and source.role in counts and (numbered or source.role == "annex"):
            counts[source.role] += 1
            number = letters(counts["annex"]) if source.role == "annex" else str(counts["body"])
        out.append((kind, number))
    return out


def letters(number: int) -> str:
    """Return 1, 2 … 26, 27 as A, B … Z, AA."""
    out = ""
    while number:
        number, rest = divmod(number - 1, 26)
        out = chr(ord("A") + rest) + out
    return out


def slug(text: str) -> str:
    """Return text as an id: ASCII letters, digits and hyphens, beginning with a letter; "" if nothing is left."""
    ascii_text = (
        unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae")).encode("ascii", "ignore").decode()
    )
    out = re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower()).strip("-_")
    if len(out) > _ID_MAX:
        out = out[:_ID_MAX].rsplit("-", 1)[0]
    return out if not out or out[0].isalpha() else f"s-{out}"


def unique_id(ident: str, taken: set[str]) -> str:
    """Return the id, with a number behind it if it is taken."""
    if ident not in taken:
        return ident
    number = 2
    while f"{ident}-{number}" in taken:
        number += 1
    return f"{ident}-{number}"


def document_title(document: Document) -> list[Inline]:
    """Return the title of the front matter as inlines; [] where there is none."""
    value = document.meta.get("title")
    match value:
        case {"t": "MetaInlines", "c": inlines}:
            return inlines
        case {"t": "MetaString", "c": text}:
            return [string(text)] if text else []
        case {"t": "MetaBlocks", "c": [{"t": "Para" | "Plain", "c": inlines}, *_]}:
            return inlines
    return []


def _front_matter_id(source: ChapterSource) -> str:
    value = source.document.meta.get("id")
    text = ""
    match value:
        case {"t": "MetaInlines", "c": [{"t": "Str", "c": text}]} | {"t": "MetaString", "c": text}:
            pass
    if value is not None and (not text or slug(text) != text):
        raise ManifestError(
            f"{source.path}: id: {text!r} cannot be a chapter's id; "
            f"write a word of letters, digits and hyphens, such as {slug(text) or 'gouvernance'!r}"
        )
    return text


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _short_name(path: str) -> str:
    return slug(_ORDER_PREFIX.sub("", _stem(path))) or "chapter"


def _long_name(path: str) -> str:
    return slug(_stem(path)) or "chapter"


def _full_name(path: str) -> str:
    return slug(posixpath.splitext(path)[0]) or "chapter"


def split_title(source: ChapterSource) -> tuple[list[Inline], list[Block], str]:
    """Return a chapter's title, its blocks without that heading, and the heading's id.

    The title is the manifest's, else the front matter's, else the first
    heading that opens the text or is of level 1, else the file's name. A
    heading that repeats the title is the title.
    """
    blocks = source.document.blocks
    given = list(source.title) or document_title(source.document)
    at = _title_heading(blocks)
    if at is not None and not source.generated:
        heading = blocks[at]["c"]
        if not given or text_of(heading[2]) == text_of(given) or source.title:
            return given or heading[2], [*blocks[:at], *blocks[at + 1 :]], heading[1][0]
    if given:
        return given, blocks, ""
    name = _ORDER_PREFIX.sub("", _stem(source.path)) or source.path
    return [string(name)], blocks, ""


def _title_heading(blocks: Sequence[Block]) -> int | None:
    """Index of the heading that is the chapter's title, or None."""
    headings = [
        (index, block["c"][0]) for index, block in enumerate(blocks) if block["t"] == "Header" and block["c"][2]
    ]
    if not headings:
        return None
    index, level = headings[0]
    if level == 1 or all(_silent(block) for block in blocks[:index]):
        return index
    return next((index for index, level in headings if level == 1), None)


def _silent(block: Block) -> bool:
    """A block that prints nothing: a raw fragment such as a comment, an empty paragraph."""
    return block["t"] in ("RawBlock", "Null") or (
        block["t"] in ("Para", "Plain") and all(node["t"] in ("RawInline", "Space", "SoftBreak") for node in block["c"])
    )
