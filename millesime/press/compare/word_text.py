"""Read of a Word file what Word shows: mend it before pandoc reads it, and name the words that were not read.

pandoc leaves out what stands in some elements around runs and paragraphs
(fields, custom XML, directions of writing), and reads what Word hides. So the
first are opened, and the second removed, in a copy of the file. What pandoc
still does not read is found by counting: the words that Word shows against
those of the document that was read.

ECMA-376-1, 17.3 (runs), 17.5 (custom markup), 17.13.5 (revisions), 17.16 (fields); ECMA-376-3, 7 (alternates).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from millesime.press.compare.unreadable_archives import UNREADABLE

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_STYLES = "word/styles.xml"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MAIN = "/officeDocument"  # the end of a relation's type
# What stands around runs, paragraphs, rows and cells, and is not to be seen.
_AROUND = [f"{W}{name}" for name in ("fldSimple", "customXml", "smartTag", "dir", "bdo")]
_OF_AROUND = frozenset(f"{W}{name}" for name in ("customXmlPr", "smartTagPr", "fldData"))
_REVISIONS = [f"{W}{name}" for name in ("ins", "del", "moveFrom", "moveTo")]
_GONE = frozenset({f"{W}del", f"{W}moveFrom"})
_OFF = frozenset({"0", "false", "off"})
_KEPT_IN_HIDDEN = frozenset({f"{W}rPr", f"{W}fldChar", f"{W}instrText"})
_UNDERSTOOD = re.compile(r"http://schemas\.(?:microsoft\.com/office|openxmlformats\.org)/")
_WORD = re.compile(r"\w+")
_LONG = 30  # letters of a line that stands nowhere by chance


def readable_word(content: bytes) -> bytes:
    """Return a Word file in which pandoc reads what Word shows; the same bytes where nothing stands in its way.

    A file that cannot be read stays as it is: pandoc says why.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = text_parts(archive)
            mended = {}
            styles = hidden_styles(_part(archive, _STYLES))
            for name in parts:
                root = _part(archive, name)
                if root is not None and _mend(root, styles):
                    mended[name] = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
            if not mended:
                return content
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as copy:
                for entry in archive.infolist():
                    copy.writestr(entry.filename, mended.get(entry.filename) or archive.read(entry))
            return out.getvalue()
    except UNREADABLE:
        return content


def text_parts(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the parts with the text and the notes of a Word file."""
    main = "word/document.xml"
    relations = _part(archive, "_rels/.rels")
    for relation in relations if relations is not None else ():
        if relation.get("Type", "").endswith(_MAIN):
            main = posixpath.normpath(relation.get("Target", "").lstrip("/"))
    return [main, *_NOTES]


def _part(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    try:
        return parse(archive.read(name))
    except KeyError:
        return None


def parse(content: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return None


# ---- mending ---------------------------------------------------------------


def _mend(root: etree._Element, styles: frozenset[str]) -> bool:
    """Open in place what pandoc does not look into, and remove what Word hides. Return whether anything changed."""
    changed = False
    for around in list(root.iter(f"{_MC}AlternateContent")):
        if not _holds_drawing(around):  # text boxes and pictures: pandoc looks at both alternatives
            _replace(around, _chosen(around))
            changed = True
    for around in list(root.iter(*_AROUND)):
        _replace(around, [child for child in around if child.tag not in _OF_AROUND])
        changed = True
    for revision in root.iter(*_REVISIONS):
        for name in (f"{W}id", f"{W}author"):  # pandoc leaves out what has none
            if revision.get(name) is None:
                revision.set(name, "0")
                changed = True
    for run in list(hidden_runs(root, styles)):
        for child in [child for child in run if child.tag not in _KEPT_IN_HIDDEN]:
            run.remove(child)
            changed = True
    return changed


def _holds_drawing(element: etree._Element) -> bool:
    return next(element.iter(f"{W}drawing", f"{W}pict", f"{W}object", f"{W}txbxContent"), None) is not None


def _chosen(alternates: etree._Element) -> list[etree._Element]:
    """Return what Word shows of some alternatives: the first that it understands."""
    for choice in alternates.iterchildren(f"{_MC}Choice"):
        needed = choice.get("Requires", "").split()
        if all(_UNDERSTOOD.match(choice.nsmap.get(prefix) or "") for prefix in needed):
            return list(choice)
    return [child for fallback in alternates.iterchildren(f"{_MC}Fallback") for child in fallback]


def _replace(element: etree._Element, children: list[etree._Element]) -> None:
    parent = element.getparent()
    if parent is not None:
        place = parent.index(element)
        parent[place : place + 1] = children


# ---- what Word hides -------------------------------------------------------


def hidden_styles(styles: etree._Element | None) -> frozenset[str]:
    """Return the styles of a file, by id, whose text is hidden."""
    if styles is None:
        return frozenset()
    based = {}
    for style in styles.iter(f"{W}style"):
        base = style.find(f"{W}basedOn")
        based[style.get(f"{W}styleId")] = (_vanishes(style), base.get(f"{W}val") if base is not None else None)
    found = set()
    for ident in based:
        at, seen = ident, set()
        while at in based and at not in seen and based[at][0] is None:
            seen.add(at)
            at = based[at][1]
        if at in based and based[at][0]:
            found.add(ident)
    return frozenset(found)


def hidden_runs(root: etree._Element, styles: frozenset[str]) -> Iterator[etree._Element]:
    """Yield the runs that Word does not show: hidden text, and what stands in the instruction of a field."""
    fields: list[bool] = []  # of each open field: whether its instruction is over
    for run in root.iter(f"{W}r"):
        if any(not is_over for is_over in fields) or _is_hidden(run, styles):
            yield run
        for mark in run.iterchildren(f"{W}fldChar"):
            kind = mark.get(f"{W}fldCharType")
            if kind == "begin":
                fields.append(False)
            elif kind == "separate" and fields:
                fields[-1] = True
            elif kind == "end" and fields:
                fields.pop()


def _is_hidden(run: etree._Element, styles: frozenset[str]) -> bool:
    said = _vanishes(run)
    if said is not None:
        return said
    own = run.find(f"{W}rPr/{W}rStyle")
    if own is not None and own.get(f"{W}val") in styles:
        return True
    if not styles:
        return False
    paragraph = next(run.iterancestors(f"{W}p"), None)
    style = paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None
    return style is not None and style.get(f"{W}val") in styles


def _vanishes(element: etree._Element) -> bool | None:
    """Whether an element says that its text is hidden; None where it says nothing of it."""
    mark = element.find(f"{W}rPr/{W}vanish")
    return None if mark is None else mark.get(f"{W}val", "true") not in _OFF


# ---- counting --------------------------------------------------------------


def unread_words(mended: bytes, read: str) -> list[str]:
    """Return the words that Word shows of a mended file and that are not in the text that was read, in their order."""
    left, letters, found = Counter(_WORD.findall(read)), "".join(_WORD.findall(read)), []
    for line in (line for root in _texts(mended) for line in shown_lines(root)):
        words = _WORD.findall(line)
        missing = [word for word in words if left[word] < 1]
        left.subtract(words)
        # A long line may be there, and its words be parted in another way: by a formula, a sign of its own.
        if missing and (sum(map(len, words)) < _LONG or "".join(words) not in letters):
            found += missing
    return found


def hidden_text(content: bytes) -> str:
    """Return the hidden text of a file that is not mended yet, without the instructions of fields, which are code."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles = hidden_styles(_part(archive, _STYLES))
    runs = (run for root in _texts(content) for run in root.iter(f"{W}r") if _is_hidden(run, styles))
    return " ".join("".join(run.itertext(f"{W}t")) for run in runs).strip()


def inserted_documents(content: bytes) -> list[str]:
    """Return the names of files of other formats that Word shows in a text."""
    relations = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in text_parts(archive)[:1]:
            folder, _, name = part.rpartition("/")
            root = _part(archive, f"{folder}/_rels/{name}.rels")
            relations = {one.get("Id"): one.get("Target", "") for one in root} if root is not None else {}
    chunks = [chunk for root in _texts(content) for chunk in root.iter(f"{W}altChunk")]
    return [relations.get(chunk.get(_RELATION)) or "a file that is missing" for chunk in chunks]


def _texts(content: bytes) -> Iterator[etree._Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in text_parts(archive):
            root = _part(archive, name)
            if root is not None:
                yield root


def shown_lines(root: etree._Element) -> Iterator[str]:
    """Yield the text of each paragraph that Word shows, with all changes accepted; text boxes and formulas aside."""
    begun = ""  # a first letter that stands in a frame of its own
    for line in root.iter(f"{W}p"):
        if any(one.tag in (f"{_MC}Fallback", f"{W}txbxContent") for one in line.iterancestors()):
            continue  # `enclosed_parts.py` looks at text boxes
        if line.find(f".//{W}txbxContent") is not None:
            continue
        text = begun + "".join(_shown_text(line))
        frame = line.find(f"{W}pPr/{W}framePr")
        begun = text if frame is not None and frame.get(f"{W}dropCap") not in (None, "none") else ""
        if not begun:
            yield text
    yield begun


def _shown_text(line: etree._Element) -> Iterator[str]:
    for node in line.iter(f"{W}t", f"{W}tab", f"{W}br", f"{W}cr", f"{W}noBreakHyphen", f"{W}softHyphen"):
        if next(node.iterancestors(f"{W}p")) is not line or any(one.tag in _GONE for one in node.iterancestors()):
            continue
        yield (node.text or "") if node.tag == f"{W}t" else " "
