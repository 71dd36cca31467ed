"""A report as a Word document, with real notes, bookmarks and tracked changes.

pandoc writes it from one AST; `docx_changes` makes tracked changes of its
marks, moves among them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from millesime.assembly.dates import long_date
from millesime.assembly.image_files import image_type
from millesime.assembly.printed_identifiers import cited_address, edition_identifiers, licence_line
from millesime.assembly.report import Chapter, Part, Report
from millesime.assembly.shown_attributes import PAGE_BREAK
from millesime.at_work import at_work
from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    Node,
    attr,
    attr_of,
    code,
    div,
    header,
    link,
    para,
    rewrite,
    string,
    with_attr,
    words,
)
from millesime.markup.item_numbers import lists_apart
from millesime.markup.pandoc import write_file
from millesime.markup.raw_html import STRUCK, UNDERLINED
from millesime.markup.sizes import asked_size
from millesime.markup.source_names import as_written
from millesime.render.artifact import Artifact, date_epoch, write_beside
from millesime.render.docx.reference_document import reference_document, text_area
from millesime.render.docx.tracked_changes import NEW_ONLY, OLD_ONLY, Marks, name_changes, new_marks, track_changes
from millesime.render.fragments import find_image, set_labels
from millesime.render.images import natural_size, published_image, word_image
from millesime.render.sanitise import PHRASING

_BOX_STYLES = {
    "recommendation": "Recommendation",
    "controversy": "Controversy",
    "box-label": "Box Title",
    "code-caption": "Table Caption",
    "code-diff": "Source Code",
}
_LINED = {STRUCK: "Strikeout", UNDERLINED: "Underline"}
_CONTENTS_DEPTH = 3
_MAX_LEVEL = 9  # of headings in Word


def render_docx(report: Report, path: Path, *, jobs: int = 1) -> Artifact:
    """Write the report to a file; the same report gives the same bytes."""
    labels = set_labels(report)
    with write_beside(path) as beside, tempfile.TemporaryDirectory(prefix="millesime-") as name:
        folder = Path(name)
        marks = new_marks(chapter.blocks for chapter in report.chapters)
        blocks, files, drawings = _book(report, labels, marks)
        for file_name, content in files.items():
            (folder / file_name).write_bytes(content)
        (folder / "reference.docx").write_bytes(reference_document(report.theme, language=report.imprint.language))
        write_file(
            _with_languages(blocks),
            beside.resolve(),
            to="docx",
            meta=_metadata(report, labels),
            folder=folder,
            arguments=["--reference-doc=reference.docx", "--toc", f"--toc-depth={_CONTENTS_DEPTH}"],
            date_epoch=date_epoch(report.imprint.date),
            name=f"edition {report.imprint.name}, docx",
            drawings=drawings,
            limits=report.limits,
        )
        signature = report.imprint.publisher or report.imprint.title
        tracked = track_changes(beside.read_bytes(), marks, author=signature, date=str(report.imprint.date))
        beside.write_bytes(tracked)
    return Artifact(format="docx", path=path, entry=path)


def _with_languages(blocks: list[Block]) -> list[Block]:
    """Return blocks whose code has the classes that its author gave it: pandoc colours `json` for Word."""

    def change(node: Node) -> Node:
        ident, classes, pairs = node["c"][0]
        return with_attr(node, [ident, [as_written(name) for name in classes], pairs])

    return rewrite(blocks, change, kinds={"Code", "CodeBlock"})


# ---- title page -------------------------------------------------------------


def _metadata(report: Report, labels: Mapping[str, str]) -> dict[str, Any]:
    imprint = report.imprint
    date = long_date(imprint.date, imprint.language)
    meta = {
        "title": _inlines(imprint.title),
        "lang": {"t": "MetaString", "c": imprint.language},
        "date": _inlines(f"{labels['edition_of']} {date}"),
        "author": {"t": "MetaList", "c": [_inlines(author.name) for author in imprint.authors]},
        "toc-title": _inlines(labels["contents"]),
        "abstract-title": _inlines(labels["cite_as"]),
        "abstract": {"t": "MetaBlocks", "c": _imprint_lines(report, labels, date)},
    }
    if imprint.subtitle:
        meta["subtitle"] = _inlines(imprint.subtitle)
    if imprint.description:
        meta["description"] = _inlines(imprint.description)
    if imprint.keywords:
        meta["keywords"] = {"t": "MetaList", "c": [_inlines(keyword) for keyword in imprint.keywords]}
    return meta


def _inlines(text: str) -> dict[str, Any]:
    return {"t": "MetaInlines", "c": words(text)}


def _imprint_lines(report: Report, labels: Mapping[str, str], date: str) -> list[Block]:
    imprint = report.imprint
    cited = [", ".join(author.name for author in imprint.authors)] if imprint.authors else []
    title = {"t": "Emph", "c": words(imprint.title)}
    rest = [imprint.subtitle] if imprint.subtitle else []
    rest += [f"{labels['edition_of'].lower()} {date}"] + ([imprint.publisher] if imprint.publisher else [])
    lead = [*words(cited[0] + ","), SPACE] if cited else []
    lines = [para(*lead, title, string(","), SPACE, *words(f"{', '.join(rest)}. {cited_address(imprint)}"))]
    if licence := licence_line(imprint, labels):
        label = [*words(licence.label), SPACE] if licence.label else []
        lines.append(para(*label, *_linked(licence.name, licence.address)))
    for identifier in edition_identifiers(imprint, "docx"):
        lines.append(para(string(identifier.kind), SPACE, *_linked(identifier.text, identifier.address)))
    state = f"{labels['revision']} {imprint.revision}" if imprint.revision else labels["in_preparation_notice"]
    lines.append(para(state))
    return lines


def _linked(text: str, address: str) -> list[Inline]:
    return [link(words(text), address)] if address else words(text)


# ---- one document -----------------------------------------------------------


def _book(
    report: Report, labels: Mapping[str, str], marks: Marks
) -> tuple[list[Block], dict[str, bytes], dict[str, str]]:
    """Return the whole report, its pictures, and the names of its drawings for messages.

    Parts and chapters outside them are headings of level 1.
    """
    blocks: list[Block] = []
    drawings: dict[str, str] = {}
    files: dict[str, bytes] = {}
    current: int | None = None
    room = _room_for_pictures(report.theme)
    for chapter in report.chapters:
        opens_part = chapter.part is not None and chapter.part != current
        if opens_part:
            blocks.append(_part_heading(report.parts[chapter.part]))
        current = chapter.part
        depth = 0 if chapter.part is None else 1
        if depth and not opens_part:
            blocks.append(_PAGE_BREAK)
        blocks += name_changes([_chapter_heading(chapter, depth)], marks, scope=chapter.id)
        with at_work(chapter.path or chapter.id, "write it for Word"):
            body = rewrite(_plain_raw(list(chapter.blocks)), lists_apart, kinds={"OrderedList"})
            body = [_deeper(block, depth) for block in body]
            body = _place_images(_show_boxes(body, labels), chapter, report, files, room, drawings)
            blocks += name_changes(body, marks, scope=chapter.id)
    return blocks, files, drawings


# The heading of a chapter in a part is of level 2, which does not begin a page by its style.
_PAGE_BREAK: Block = {"t": "RawBlock", "c": ["openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>']}


def _part_heading(part: Part) -> Block:
    return header(1, *words(part.label), SPACE, string("–"), SPACE, *part.title, ident=part.anchor)


def _chapter_heading(chapter: Chapter, depth: int) -> Block:
    label = [*words(chapter.label), SPACE, string("–"), SPACE] if chapter.label else []
    return header(1 + depth, *label, *chapter.title, ident=chapter.id)


def _deeper(block: Block, depth: int) -> Block:
    def change(node: Node) -> Node:
        if node["t"] != "Header":
            return node
        level, *rest = node["c"]
        return {"t": "Header", "c": [min(level + depth, _MAX_LEVEL), *rest]}

    return rewrite([block], change)[0] if depth else block


def _plain_raw(blocks: list[Block]) -> list[Block]:
    """Take raw tags, which mean nothing to Word, off their text; raw Word markup is not a chapter's to write."""

    def change(node: Node) -> Node | list[Node]:
        if node["t"] not in ("RawInline", "RawBlock"):
            return node
        if not node["c"][0].startswith("html"):
            return []
        reader = _RawText()
        reader.feed(node["c"][1])
        reader.close()
        if node["t"] == "RawBlock":
            return [para(*line) for line in reader.lines if line]
        return [part for index, line in enumerate(reader.lines) for part in ([{"t": "LineBreak"}] * bool(index) + line)]

    return rewrite(blocks, change, kinds={"RawInline", "RawBlock"})


class _RawText(HTMLParser):
    """The text of raw HTML, line by line as its tags break it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[Inline]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self._append(f"[{dict(attrs).get('alt') or dict(attrs).get('src') or ''}]")
        elif tag == "br" or tag not in PHRASING and self.lines[-1]:
            self.lines.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag not in PHRASING and self.lines[-1]:
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        self._append(data)

    def _append(self, text: str) -> None:
        line = self.lines[-1]
        if line and text[:1].isspace():
            line.append(SPACE)
        line += words(" ".join(text.split()))
        if line and text[-1:].isspace() and line[-1] != SPACE:
            line.append(SPACE)


def _show_boxes(blocks: list[Block], labels: Mapping[str, str]) -> list[Block]:
    """Give boxes their Word styles, positions the name of their sector, and page breaks a break of Word's."""

    def change(node: Node) -> Node | list[Node]:
        if node["t"] == "Span" and "unresolved" in node["c"][0][1]:
            return _styled(node, "Unresolved")
        if node["t"] != "Div":
            return node
        (_, classes, pairs), inner = node["c"]
        if kind := next((kind for name, kind in _LINED.items() if name in classes), None):
            inner = _lined_code(inner, kind)
        if PAGE_BREAK in classes and not inner:
            return [node, _PAGE_BREAK]
        sector = labels.get(f"sector_{dict(pairs).get('sector') or dict(pairs).get('data-sector')}")
        if "position" in classes and sector:
            label = div([para(sector)], classes=_mark_of_all(inner), pairs=[("custom-style", "Box Title")])
            inner = [label, *inner]
        style = next((_BOX_STYLES[name] for name in classes if name in _BOX_STYLES), None)
        node = {"t": "Div", "c": [node["c"][0], inner]}
        return _styled(node, style) if style else node

    return rewrite(blocks, change)


def _lined_code(blocks: list[Block], kind: str) -> list[Block]:
    """Return code that its author struck or underlined as lines of text, which can be so in Word."""

    def lines(node: Node) -> Node:
        attributes, text = node["c"]
        shown = [part for line in text.split("\n") for part in ({"t": "LineBreak"}, code(line))]
        return _styled({"t": "Div", "c": [attributes, [para(*shown[1:])]]}, "Source Code")

    def lined(node: Node) -> Node:
        return para({"t": kind, "c": node["c"]})

    return rewrite(rewrite(blocks, lines, kinds={"CodeBlock"}), lined, kinds={"Para"})


def _mark_of_all(blocks: list[Block]) -> list[str]:
    """Return the mark of a box's name, ["insertion"]: a box that holds nothing for one edition is not there for it."""
    classes = [set((attr_of(block) or ("", [], []))[1]) for block in blocks]
    sides = (("insertion", NEW_ONLY), ("deletion", OLD_ONLY))
    return [kind for kind, marks in sides if blocks and all(found & marks for found in classes)]


def _styled(node: Node, style: str) -> Node:
    (ident, classes, pairs), content = node["c"]
    return {"t": node["t"], "c": [attr(ident, classes, [*map(tuple, pairs), ("custom-style", style)]), content]}


# ---- pictures ---------------------------------------------------------------


def _place_images(
    blocks: list[Block], chapter: Chapter, report: Report, files: dict[str, bytes], room: _Room,
    drawings: dict[str, str],
) -> list[Block]:  # fmt: skip
    """Name each picture after its bytes, and collect them in `files`; a missing picture is replaced by text.

    `drawings` learns what those that are SVG are called, and where they stand.
    """

    def change(node: Node) -> Node | list[Node]:
        if node["t"] != "Image":
            return node
        attributes, alternative, (source, title) = node["c"]
        key = find_image(source, chapter, report.images)
        if key is None or image_type(report.images[key]) is None:
            return [string("["), *(alternative or [string(source)]), string("]")]
        with at_work(key, "write this picture for Word"):
            content = word_image(published_image(report.images[key]))
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.{image_type(content)}"
        files[name] = content
        if name.endswith(".svg"):
            drawings.setdefault(name, f"{key}, in {chapter.path or chapter.id}")
        ident, classes, pairs = attributes
        sides = room.sides(content, dict(map(tuple, pairs)))
        pairs = [pair for pair in pairs if pair[0] not in ("width", "height", "style", _COLUMN)]
        return {"t": "Image", "c": [[ident, classes, [*pairs, *sides]], alternative, [name, title]]}

    return rewrite(_name_columns(blocks), change, kinds={"Image"})


_COLUMN = "data-column"  # how much of the page's width a picture's column has, 0 to 1


def _name_columns(blocks: list[Block]) -> list[Block]:
    """Tell each picture in a table how wide its column is: only the table knows."""

    def change(table: Node) -> Node:
        widths = [width["c"] for _, width in table["c"][2] if width["t"] == "ColWidth"]
        share = min(widths) if len(widths) == len(table["c"][2]) > 0 else 1 / max(1, len(table["c"][2]))

        def tell(image: Node) -> Node:
            (ident, classes, pairs), *rest = image["c"]
            pairs = [pair for pair in pairs if pair[0] != _COLUMN]
            return {"t": "Image", "c": [[ident, classes, [*pairs, [_COLUMN, f"{share:.4f}"]]], *rest]}

        return {"t": "Table", "c": rewrite(table["c"], tell, kinds={"Image"})}

    return rewrite(blocks, change, kinds={"Table"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """What a page has for a picture, and the size of its text, in points."""

    width: float
    height: float
    em: float

    def sides(self, content: bytes, asked: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the width and height of a picture, never larger than its column and page; [] if it fits by itself.

        pandoc takes a per cent for a limit, makes nothing of a drawing that says `width="100%"`, and does not know
        how high a page is.
        """
        size, natural = asked_size(asked), natural_size(content)
        if natural is None:
            return [(name, str(side)) for name, side in (("width", size.width), ("height", size.height)) if side]
        column = self.width * float(asked.get(_COLUMN, "1"))
        width = size.width and size.width.points(em=self.em, whole=column)
        height = size.height and size.height.points(em=self.em, whole=self.height)
        if width is None and height is None:
            width, height = natural
            if image_type(content) != "svg" and width <= column and height <= self.height:
                return []
        elif width is None:
            width = height * natural[0] / natural[1]
        elif height is None:
            height = width * natural[1] / natural[0]
        shrink = min(1.0, column / width, self.height / height)
        return [("width", f"{width * shrink:.2f}pt"), ("height", f"{height * shrink:.2f}pt")]


def _room_for_pictures(theme: Mapping[str, bytes]) -> _Room:
    page, size = text_area(theme)
    return _Room(width=page[0], height=page[1] - _CAPTION_POINTS, em=size)


_CAPTION_POINTS = 45  # of the page's height, which a caption below a picture needs
