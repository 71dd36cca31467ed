"""A report as a Word document, with real notes, bookmarks and tracked changes.

pandoc writes it from one AST. It makes tracked changes of `insertion` and
`deletion` spans only, so changed blocks hand their mark down to the words in
them; a moved passage is an insertion in one place and a deletion in the other.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml import etree

from millesime.assembly.dates import long_date
from millesime.assembly.images import image_type
from millesime.assembly.report import Chapter, Part, Report
from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    Node,
    attr,
    attr_of,
    div,
    header,
    para,
    rewrite,
    span,
    string,
    words,
)
from millesime.markup.pandoc import write_file
from millesime.render.artifact import Artifact, write_beside
from millesime.render.docx_styles import reference_document, zipped
from millesime.render.fragments import find_image, set_labels
from millesime.render.images import published_image
from millesime.render.pdf import date_epoch

_TRACKED = {"insertion": "insertion", "moved-to": "insertion", "deletion": "deletion", "moved-from": "deletion"}
_BOX_STYLES = {"recommendation": "Recommendation", "controversy": "Controversy", "box-label": "Box Title"}
_CONTENTS_DEPTH = 3
_MAX_LEVEL = 9  # of headings in Word


def render_docx(report: Report, path: Path, *, jobs: int = 1) -> Artifact:
    """Write the report to a file; the same report gives the same bytes."""
    labels = set_labels(report)
    with write_beside(path) as beside, tempfile.TemporaryDirectory(prefix="millesime-") as name:
        folder = Path(name)
        blocks, files = _book(report, labels)
        for file_name, content in files.items():
            (folder / file_name).write_bytes(content)
        (folder / "reference.docx").write_bytes(reference_document(report.theme, language=report.imprint.language))
        write_file(
            blocks,
            beside.resolve(),
            to="docx",
            meta=_metadata(report, labels),
            folder=folder,
            arguments=["--reference-doc=reference.docx", "--toc", f"--toc-depth={_CONTENTS_DEPTH}"],
            date_epoch=date_epoch(report.imprint.date),
        )
        beside.write_bytes(_track_paragraphs(beside.read_bytes()))
    return Artifact(format="docx", path=path, entry=path)


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
    lines = [para(*lead, title, string(","), SPACE, *words(f"{', '.join(rest)}. {imprint.identifier}"))]
    if imprint.licence:
        lines.append(para(f"{labels['licence']} {imprint.licence}"))
    state = f"{labels['revision']} {imprint.revision}" if imprint.revision else labels["in_preparation_notice"]
    lines.append(para(state))
    return lines


# ---- one document -----------------------------------------------------------


def _book(report: Report, labels: Mapping[str, str]) -> tuple[list[Block], dict[str, bytes]]:
    """Return the whole report and its pictures; parts and chapters outside them are headings of level 1."""
    signature = report.imprint.publisher or report.imprint.title
    tracked = (("author", signature), ("date", f"{report.imprint.date}T12:00:00Z"))
    blocks: list[Block] = []
    files: dict[str, bytes] = {}
    current: int | None = None
    for chapter in report.chapters:
        opens_part = chapter.part is not None and chapter.part != current
        if opens_part:
            blocks.append(_part_heading(report.parts[chapter.part]))
        current = chapter.part
        depth = 0 if chapter.part is None else 1
        if depth and not opens_part:
            blocks.append(_PAGE_BREAK)
        blocks.append(_chapter_heading(chapter, depth))
        body = _plain_raw(list(chapter.blocks))
        body = [_deeper(block, depth) for block in body]
        body = _place_images(_show_boxes(body, labels), chapter, report, files)
        blocks += [new for block in body for new in _tracked_block(block, None, tracked)]
    return blocks, files


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
    """Drop raw nodes: HTML tags mean nothing to Word, and raw Word markup is not a chapter's to write."""

    def change(node: Node) -> Node | list[Node]:
        if node["t"] == "RawInline":
            return [{"t": "LineBreak"}] if node["c"][1].lower().startswith("<br") else []
        return [] if node["t"] == "RawBlock" else node

    return rewrite(blocks, change)


def _show_boxes(blocks: list[Block], labels: Mapping[str, str]) -> list[Block]:
    """Give boxes their Word styles, and positions the name of their sector."""

    def change(node: Node) -> Node:
        if node["t"] == "Span" and "unresolved" in node["c"][0][1]:
            return _styled(node, "Unresolved")
        if node["t"] != "Div":
            return node
        (_, classes, pairs), inner = node["c"]
        sector = labels.get(f"sector_{dict(pairs).get('sector') or dict(pairs).get('data-sector')}")
        if "position" in classes and sector:
            inner = [div([para(sector)], pairs=[("custom-style", "Box Title")]), *inner]
        style = next((_BOX_STYLES[name] for name in classes if name in _BOX_STYLES), None)
        node = {"t": "Div", "c": [node["c"][0], inner]}
        return _styled(node, style) if style else node

    return rewrite(blocks, change)


def _styled(node: Node, style: str) -> Node:
    (ident, classes, pairs), content = node["c"]
    return {"t": node["t"], "c": [attr(ident, classes, [*map(tuple, pairs), ("custom-style", style)]), content]}


# ---- tracked changes --------------------------------------------------------


def _tracked_block(block: Block, kind: str | None, by: tuple) -> list[Block]:
    """Return the block with the change it is in, if any, handed down to its inlines."""
    found = attr_of(block)
    inside = next((_TRACKED[name] for name in (found or ["", []])[1] if name in _TRACKED), None)
    kind = inside or kind
    content = block.get("c")

    def all_of(blocks: list[Block]) -> list[Block]:
        return [new for inner in blocks for new in _tracked_block(inner, kind, by)]

    match block["t"]:
        case "Para" | "Plain":
            return [{"t": block["t"], "c": _tracked_inlines(content, kind, by)}]
        case "Header":
            return [{"t": "Header", "c": [*content[:2], _tracked_inlines(content[2], kind, by)]}]
        case "LineBlock":
            return [{"t": "LineBlock", "c": [_tracked_inlines(line, kind, by) for line in content]}]
        case "CodeBlock":
            return [block] if kind is None else [_tracked_code(block, kind, by)]
        case "Div":
            ident, classes, pairs = content[0]
            kept = [name for name in classes if name not in _TRACKED]
            return [{"t": "Div", "c": [[ident, kept, pairs], all_of(content[1])]}]
        case "BlockQuote":
            return [{"t": "BlockQuote", "c": all_of(content)}]
        case "BulletList":
            return [{"t": "BulletList", "c": [all_of(item) for item in content]}]
        case "OrderedList":
            return [{"t": "OrderedList", "c": [content[0], [all_of(item) for item in content[1]]]}]
        case "DefinitionList":
            items = [[_tracked_inlines(term, kind, by), [all_of(one) for one in meaning]] for term, meaning in content]
            return [{"t": "DefinitionList", "c": items}]
        case "Figure":
            caption = [content[1][0], all_of(content[1][1])]
            return [{"t": "Figure", "c": [content[0], caption, all_of(content[2])]}]
        case "Table":
            return [_tracked_table(block, kind, by)]
    return [block]


def _tracked_inlines(inlines: list[Inline], kind: str | None, by: tuple) -> list[Inline]:
    """Return inlines in which every change is a span with an author and a date."""

    def change(node: Node) -> Node | list[Node]:
        found = attr_of(node)
        name = next((one for one in (found or ["", []])[1] if one in _TRACKED), None)
        if name is None or node["t"] not in ("Span", "Code", "Link", "Image"):
            return node
        ident, classes, pairs = found
        kept = [one for one in classes if one not in _TRACKED]
        if node["t"] == "Span":
            inner = node["c"][1]
            if ident or kept:
                inner = [{"t": "Span", "c": [[ident, kept, pairs], inner]}]
        else:
            inner = [{"t": node["t"], "c": [[ident, kept, pairs], *node["c"][1:]]}]
        return inner if kind else span(inner, classes=[_TRACKED[name]], pairs=by)

    changed = rewrite(inlines, change)
    return [span(changed, classes=[kind], pairs=by)] if kind and changed else changed


def _tracked_code(block: Block, kind: str, by: tuple) -> Block:
    """Code as a paragraph of code words, since a code block cannot be tracked."""
    inlines: list[Inline] = []
    for line in block["c"][1].split("\n"):
        inlines += [{"t": "LineBreak"}] if inlines else []
        inlines.append({"t": "Code", "c": [attr(), line]})
    ident = block["c"][0][0]
    return div([para(*_tracked_inlines(inlines, kind, by))], ident=ident, pairs=[("custom-style", "Source Code")])


def _tracked_table(table: Block, kind: str | None, by: tuple) -> Block:
    attributes, (short, caption), columns, head, bodies, foot = table["c"]

    def kind_of(attributes: list, outer: str | None) -> str | None:
        return next((_TRACKED[name] for name in attributes[1] if name in _TRACKED), None) or outer

    def rows(found: list) -> list:
        return [[own, [cell(one, kind_of(own, kind)) for one in cells]] for own, cells in found]

    def cell(one: list, outer: str | None) -> list:
        own, align, height, width, blocks = one
        inner = kind_of(own, outer)
        return [own, align, height, width, [new for block in blocks for new in _tracked_block(block, inner, by)]]

    caption = [new for block in caption for new in _tracked_block(block, kind, by)]
    return {
        "t": "Table",
        "c": [
            attributes,
            [short, caption],
            columns,
            [head[0], rows(head[1])],
            [[own, count, rows(upper), rows(lower)] for own, count, upper, lower in bodies],
            [foot[0], rows(foot[1])],
        ],
    }


def _track_paragraphs(content: bytes) -> bytes:
    """Return the document with the ends of wholly new or struck paragraphs tracked too.

    Else refusing an insertion would leave an empty line; pandoc tracks words
    only. The mark is `w:ins` or `w:del` in the run properties of the
    paragraph (ECMA-376 part 1, 17.13.5.15 and 17.13.5.19).
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name in ("word/document.xml", "word/footnotes.xml"):
        root = etree.fromstring(files[name])
        changed = [(line, mark) for line in root.iter(f"{_W}p") if (mark := _whole_change(line)) is not None]
        for number, (line, mark) in enumerate(changed, start=1_000_000):
            properties = line.find(f"{_W}pPr")
            if properties is None:
                properties = etree.Element(f"{_W}pPr")
                line.insert(0, properties)
            run = etree.SubElement(properties, f"{_W}rPr")
            etree.SubElement(run, mark.tag, {**mark.attrib, f"{_W}id": str(number)})
        if changed:
            files[name] = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return zipped(files)


def _whole_change(line: etree._Element) -> etree._Element | None:
    """The insertion or deletion that all of a paragraph is in."""
    parts = [part for part in line if part.tag not in _NO_TEXT]
    kinds = {part.tag for part in parts}
    return parts[0] if len(kinds) == 1 and kinds <= {f"{_W}ins", f"{_W}del"} else None


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NO_TEXT = frozenset({f"{_W}pPr", f"{_W}bookmarkStart", f"{_W}bookmarkEnd"})


# ---- pictures ---------------------------------------------------------------


def _place_images(blocks: list[Block], chapter: Chapter, report: Report, files: dict[str, bytes]) -> list[Block]:
    """Name each picture after its bytes, and collect them in `files`; text stands for those that are missing."""

    def change(node: Node) -> Node | list[Node]:
        if node["t"] != "Image":
            return node
        attributes, alternative, (source, title) = node["c"]
        key = find_image(source, chapter, report.images)
        if key is None or image_type(report.images[key]) is None:
            return [string("["), *(alternative or [string(source)]), string("]")]
        content = published_image(report.images[key])
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.{image_type(content)}"
        files[name] = content
        return {"t": "Image", "c": [attributes, alternative, [name, title]]}

    return rewrite(blocks, change)
