"""Parts of a Word, OpenDocument or EPUB file besides its text: pictures, and parts that pandoc does not read.

pandoc names a picture after its place in the file, and reads no headers,
footers and comments, nor all text boxes. So a picture gets the name of its
bytes here, and what is not read is told by kind: whoever compares two files
hears of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from millesime.markup.ast import Block, Document, Node, nodes_of, rewrite, text_of
from millesime.press.compare.unreadable_archives import UNREADABLE
from millesime.press.compare.word_text import hidden_text, inserted_documents, unread_words

_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svgz?|webp|bmp|tiff?|emf|wmf|jp2|avif|ico|wdp|pict?)$", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_FB2_BINARY = re.compile(rb"<binary\b([^>]*)>([A-Za-z0-9+/=\s]*)</binary>")
_FB2_ID = re.compile(rb"""\bid\s*=\s*["']([^"']+)["']""")
# Parts of a file of Office that pandoc does not read, by what they are.
_PARTS = {
    "headers and footers": re.compile(r"word/(?:header|footer)\d*\.xml"),
    "comments": re.compile(r"(?:word|ppt)/comments\d*\.xml|ppt/comments/.*\.xml"),
    "charts": re.compile(r"(?:word|ppt)/charts/chart\d*\.xml"),
    "diagrams": re.compile(r"(?:word|ppt)/diagrams/data\d*\.xml"),
    "embedded files": re.compile(r"(?:word|ppt)/embeddings/.*|Object \d+/content\.xml"),
}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file's text with its pictures named after their bytes, these bytes, and what of the file is not read."""

    document: Document
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # by name
    left_out: Mapping[str, str] = field(default_factory=dict)  # kind → digest of what it says


def open_enclosed(document: Document, content: bytes, format_: str, *, mended: bytes | None = None) -> Enclosed:
    """Return what a file encloses beside the text that pandoc read of it, or of a mended copy (`word_text.py`)."""
    if format_ == "fb2":
        return _named(document, _fictionbook_pictures(content))
    if not content.startswith(b"PK"):
        return Enclosed(document)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        try:
            parts = {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
        except UNREADABLE:
            return Enclosed(document)  # pandoc read it, and has said what it could not
    found = _named(document, {name: one for name, one in parts.items() if _PICTURE.search(name)})
    said_of = _left_out(parts, document, format_)
    if format_ == "docx":
        said_of |= _unread(document, content, content if mended is None else mended)
    texts = {kind: "\n".join(said) for kind, said in said_of.items() if said}
    digests = {kind: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for kind, text in texts.items()}
    return Enclosed(found.document, found.pictures, digests)


# ---- pictures ----------------------------------------------------------------


def _named(document: Document, pictures: Mapping[str, bytes]) -> Enclosed:
    """Name each picture after its bytes: office programs number them anew, and may put another under the old name."""
    used: dict[str, bytes] = {}

    def change(node: Node) -> Node:
        attributes, alternative, (target, title) = node["c"]
        content = pictures.get(target)
        if content is None:
            held = [one for name, one in pictures.items() if name.endswith(f"/{target}")]
            if len(held) != 1:
                return node
            (content,) = held
        name = f"media/{hashlib.sha256(content).hexdigest()[:16]}{posixpath.splitext(target)[1]}"
        used[name] = content
        return {"t": "Image", "c": [attributes, alternative, [name, title]]}

    blocks: list[Block] = rewrite(document.blocks, change, kinds={"Image"})
    return Enclosed(Document(blocks=blocks, meta=document.meta), used)


def _fictionbook_pictures(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for attributes, text in _FB2_BINARY.findall(content):
        if ident := _FB2_ID.search(attributes):
            try:
                found[ident[1].decode("utf-8", "replace")] = base64.b64decode(text)
            except binascii.Error:
                continue
    return found


# ---- what is not read ----------------------------------------------------------


def _left_out(parts: Mapping[str, bytes], document: Document, format_: str) -> dict[str, list[str]]:
    """Return what pandoc does not read of a file, by kind."""
    found: dict[str, list[str]] = {}
    for name, content in sorted(parts.items()):
        kind = next((kind for kind, pattern in _PARTS.items() if pattern.fullmatch(name)), "")
        if kind:
            root = _xml(content) if name.endswith(".xml") else None
            said = hashlib.sha256(content).hexdigest() if root is None else " ".join("".join(root.itertext()).split())
            found.setdefault(kind, []).extend([said] if _tells(said) else [])
    read = _letters(text_of(document.blocks, notes=True) + _meta_text(document.meta))
    if format_ == "docx":
        for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
            _add_unread(found, _word_lines(_xml(parts.get(name, b""))), read)
    if format_ == "odt":
        styles, body = _xml(parts.get("styles.xml", b"")), _xml(parts.get("content.xml", b""))
        if styles is not None:
            lines = ["".join(one.itertext()).strip() for one in styles.iter(f"{_STYLE}header", f"{_STYLE}footer")]
            found["headers and footers"] = [line for line in lines if _tells(line)]
        _add_unread(found, _open_lines(body), read)
        if body is not None:
            found["comments"] = ["".join(one.itertext()) for one in body.iter(f"{_OFFICE}annotation")]
    return found


def _unread(document: Document, content: bytes, mended: bytes) -> dict[str, list[str]]:
    """Return the words of a Word file that are not in what was read of it, and what is hidden in it."""
    notes = " ".join(text_of(note["c"], notes=True) for note in nodes_of(document.blocks, {"Note"}))
    read = f"{text_of(document.blocks)} {notes} {_meta_text(document.meta)}"
    words, hidden = unread_words(mended, read), hidden_text(content)
    kinds = {"hidden text": [hidden] if hidden else [], "inserted documents": inserted_documents(content)}
    if words:
        shown = ", ".join(f'"{word}"' for word in dict.fromkeys(words[:_SHOWN_WORDS]))
        more = f" and {len(words) - _SHOWN_WORDS} more" if len(words) > _SHOWN_WORDS else ""
        kinds[f"the words {shown}{more}"] = words
    return kinds


_SHOWN_WORDS = 8  # unread words that a message quotes


def _add_unread(found: dict[str, list[str]], lines: Iterator[tuple[str, str]], read: str) -> None:
    for kind, line in lines:
        if _letters(line) not in read:
            found.setdefault(kind, []).append(line)


def _word_lines(root: etree._Element | None) -> Iterator[tuple[str, str]]:
    """Yield the text of each paragraph of a Word file as it is with all changes accepted, and what it stands in."""
    if root is None:
        return
    fallback = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
    for line in root.iter(f"{_W}p"):
        above = [one.tag for one in line.iterancestors()]
        if fallback in above:
            continue  # the same once more, for older programs
        texts = [
            text.text or ""
            for text in line.iter(f"{_W}t")
            if next(text.iterancestors(f"{_W}p")) is line
            and not any(one.tag in (f"{_W}del", f"{_W}moveFrom") for one in text.iterancestors())
        ]
        if f"{_W}txbxContent" in above:
            yield "text boxes", "".join(texts)
        elif line.find(f".//{_W}txbxContent") is not None:
            yield "text beside text boxes", "".join(texts)


def _open_lines(root: etree._Element | None) -> Iterator[tuple[str, str]]:
    """Yield the text of each paragraph of an OpenDocument file, and what it stands in."""
    if root is None:
        return
    apart = {f"{_OFFICE}annotation", f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content"}
    for line in root.iter(f"{_TEXT}p", f"{_TEXT}h"):
        above = {one.tag for one in line.iterancestors()}
        if f"{_DRAW}text-box" in above and not above & apart:
            yield "text boxes", "".join(line.itertext())


def _tells(text: str) -> bool:
    """Whether a text has a word: a header with the page's number alone says nothing."""
    return any(map(str.isalpha, text))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _meta_text(value: object) -> str:
    if isinstance(value, dict):
        return value["c"] if value.get("t") == "Str" else " ".join(map(_meta_text, value.values()))
    return " ".join(map(_meta_text, value)) if isinstance(value, list) else ""


def _xml(content: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
