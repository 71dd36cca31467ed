"""A redline as JSON. `criticmarkup.py` writes it as Markdown, `terminal.py` as a table for a terminal.

The types below are the schema; `docs/redline.schema.json` is made from them.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from millesime.redline.exact_document import blocks_ast
from millesime.redline.model import ChapterPlace, Redline
from millesime.redline.reading.word_counts import count_chapter, total_figures

JSON_SCHEMA = 1

BlockKind = Literal[
    "kept", "edited", "replaced", "inserted", "deleted", "moved-to", "moved-from", "split", "joined"
]  # fmt: skip
ChapterKind = Literal[
    "kept", "typography", "inserted", "deleted", "split", "merged", "renamed", "moved", "edited"
]  # fmt: skip
Aspect = Literal[
    "words", "formatting", "link", "image", "citation", "code", "raw", "level", "numbering", "caption", "attributes",
    "split", "joined", "typography", "spacing", "comment",
]  # fmt: skip


class FiguresJson(TypedDict):
    """Counts. A word is what stands between white space; what moved counts as moved alone."""

    words_old: int
    words_new: int
    words_inserted: int
    words_deleted: int
    words_moved: int
    words_moved_away: int
    similarity: float
    blocks: dict[str, int]


class PlaceJson(TypedDict):
    """Where a chapter stands in one edition; `index` is 0-based."""

    path: str
    id: str
    title: str
    index: int


class BlockJson(TypedDict):
    """What became of one block; indices are 0-based, in the chapter of that edition.

    `ast` holds pandoc blocks: `Div` and `Span` of class insertion, deletion,
    moved-to and moved-from are in one edition only.
    """

    kind: BlockKind
    edited: bool
    aspects: list[Aspect]
    old_index: int | None
    new_index: int | None
    move: str | None
    ast: list[dict[str, Any]]


class ChapterJson(TypedDict):
    """One chapter, or one part of a chapter that was split or merged; unchanged blocks only if asked for."""

    change: list[ChapterKind]
    old: PlaceJson | None
    new: PlaceJson | None
    figures: FiguresJson
    blocks: list[BlockJson]


class MoveJson(TypedDict):
    """Consecutive top-level blocks that moved together; items of lists are marked in `ast` alone."""

    id: str
    old_path: str
    new_path: str
    old_indices: list[int]
    new_indices: list[int]
    edited: bool


class RedlineJson(TypedDict):
    """What changed from one edition to another. Keys are only ever added within one `schema`."""

    schema: Literal[1]
    figures: FiguresJson
    chapters: list[ChapterJson]
    moves: list[MoveJson]


class OrderJson(TypedDict):
    """Who says which chapters one side of a comparison has: see docs/comparing.md, "Revisions"."""

    by: Literal["edition", "manifest", "file", "names", "copy"]
    file: str  # "editions/2020.yaml", "src/SUMMARY.md"; "" by names
    edition: str  # whose manifest it is; "" for none
    missing: list[str]  # files that the order lists and that are not there
    beside: list[str]  # Markdown files that it does not list, which are not compared
    added: list[str]  # files that it does not list, and that are compared: the other side has not got them
    note: str


class SideJson(TypedDict):
    """One side of a comparison on the command line; the order is null for a file, and for a folder beside another."""

    name: str
    commit: str  # "" for the working tree, a folder or a file
    order: OrderJson | None


class SidesJson(TypedDict):
    """Both sides."""

    old: SideJson
    new: SideJson


class ComparisonJson(RedlineJson):
    """What `compare --to json` prints: the redline, and what was compared."""

    sides: NotRequired[SidesJson]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `redline_json` returns, and `compare --to json` prints."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(ComparisonJson).json_schema(),
    }


def redline_json(redline: Redline, *, full: bool = False) -> RedlineJson:
    """Return the redline as a JSON value; unchanged blocks are left out unless `full`."""
    figures = [count_chapter(chapter) for chapter in redline.chapters]
    return {
        "schema": JSON_SCHEMA,
        "figures": total_figures(figures).as_json(),
        "chapters": [
            {
                "change": list(chapter.kinds),
                "old": _place_json(chapter.old),
                "new": _place_json(chapter.new),
                "figures": numbers.as_json(),
                "blocks": [
                    {
                        "kind": change.kind,
                        "edited": change.edited,
                        "aspects": sorted(change.aspects),
                        "old_index": change.old_index,
                        "new_index": change.new_index,
                        "move": change.move or None,
                        "ast": blocks_ast([change]),
                    }
                    for change in chapter.blocks
                    if full or change.kind != "kept"
                ],
            }
            for chapter, numbers in zip(redline.chapters, figures, strict=True)
        ],
        "moves": [
            {
                "id": move.id,
                "old_path": move.old_path,
                "new_path": move.new_path,
                "old_indices": list(move.old_indices),
                "new_indices": list(move.new_indices),
                "edited": move.edited,
            }
            for move in redline.moves.values()
        ],
    }


def _place_json(place: ChapterPlace | None) -> PlaceJson | None:
    if place is None:
        return None
    return {"path": place.path, "id": place.id, "title": place.title, "index": place.index}
