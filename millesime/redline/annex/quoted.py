"""Blocks of a chapter prepared for an annex: headings as paragraphs, no ids, image paths from the root.

Images and citations of the old edition have its name before:
"@2018/chapters/figures/a.svg", "@2018/ostrom". References without words say
where they were written, for what they print depends on it
(`assembly/references.py:quote_references`).
"""

from __future__ import annotations

from millesime.assembly.image_files import image_key
from millesime.assembly.references import quoted_reference
from millesime.markup.ast import Block, Node, attr_of, div, para, span, with_attr
from millesime.redline.marks import mark_of
from millesime.redline.model import OLD_ONLY, ChapterChange


def quote_chapter(
    blocks: list[Block], chapter: ChapterChange, *, old_name: str, with_headings: bool = False
) -> list[Block]:
    """Return marked blocks of a chapter, quoted; its headings stay headings `with_headings`."""
    path = (chapter.new or chapter.old).path
    old_path = (chapter.old or chapter.new).path
    return quote_blocks(blocks, path=path, edition=old_name, old_path=old_path, with_headings=with_headings)


def quote_blocks(
    blocks: list[Block], *, path: str, edition: str = "", old_path: str = "", with_headings: bool = False
) -> list[Block]:
    """Return blocks of the source at `path`, quoted; what is marked as old is of `edition`, at `old_path`."""
    return [
        _quote(
            block, path=path, edition=edition, old_path=old_path or path,
            gone=bool(edition) and mark_of(block) in OLD_ONLY, with_headings=with_headings,
        )
        for block in blocks
    ]  # fmt: skip


def _quote(value, *, path: str, edition: str, old_path: str, gone: bool, with_headings: bool):
    def inside(item, gone: bool):
        if not isinstance(item, (dict, list)):
            return item
        return _quote(item, path=path, edition=edition, old_path=old_path, gone=gone, with_headings=with_headings)

    gone = gone or mark_of(value) in OLD_ONLY
    if isinstance(value, list):
        return [inside(item, gone) for item in value]
    if "citationId" in value and gone and edition:
        value = {**value, "citationId": f"@{edition}/{value['citationId']}"}
    if "t" not in value:
        return {key: inside(item, gone) for key, item in value.items()}
    if "c" in value and isinstance(value["c"], (list, dict)):
        value = {"t": value["t"], "c": inside(value["c"], gone)}
    attributes = attr_of(value)
    if value["t"] == "Header" and not with_headings:
        level, (_, classes, _), inlines = value["c"]
        kept = [name for name in classes if name != "unnumbered"]
        return div([para(span(inlines, classes=["quoted-heading", f"level-{level}"]))], classes=kept)
    if value["t"] == "Image":
        found = image_key(value["c"][2][0], old_path if gone else path)
        target = found if found is not None else value["c"][2][0]
        if gone and edition and found is not None and not found.startswith("@"):
            target = f"@{edition}/{found}"
        return {"t": "Image", "c": [["", *value["c"][0][1:]], value["c"][1], [target, value["c"][2][1]]]}
    if value["t"] == "Link" and not value["c"][1]:
        return quoted_reference(value, path=old_path if gone else path, edition=edition if gone else "")
    if attributes and attributes[0]:
        value = with_attr(value, ["", *attributes[1:]])
    if attributes and any(key == "move" for key, _ in attributes[2]):
        value = _with_own_move(value, edition)
    return value


def _with_own_move(node: Node, edition: str) -> Node:
    """Name a move by its annex too: two annexes of one report both count from move-1."""
    ident, classes, pairs = attr_of(node)
    renamed = [[key, f"{edition}-{move}" if key == "move" and edition else move] for key, move in pairs]
    return with_attr(node, [ident, classes, renamed])
