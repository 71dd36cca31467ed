"""A redline as JSON; `critic.py` writes it as Markdown, `summary.py` as a table for a terminal."""

from __future__ import annotations

from typing import Any

from millesime.redline.ast import blocks_ast
from millesime.redline.figures import count_chapter, total_figures
from millesime.redline.model import ChapterPlace, Redline

JSON_SCHEMA = 1


# ---- JSON ------------------------------------------------------------------


def redline_json(redline: Redline, *, full: bool = False) -> dict[str, Any]:
    """Return the redline as a JSON value; `docs/redline.md` lists the keys.

    Blocks carry their marked pandoc AST in `ast`; unchanged blocks are left
    out unless `full`. Keys are only ever added within one `schema`.
    """
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


def _place_json(place: ChapterPlace | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"path": place.path, "id": place.id, "title": place.title, "index": place.index}
