"""Registers: lists of things with stable ids (hearings, contributions, meetings), printed as an annex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millesime.assembly.sources import ChapterSource, slug
from millesime.markup.ast import Document, Inline, para, simple_table, span, string, words
from millesime.problems import MarkupError
from millesime.series.mistakes import Mistake, shown
from millesime.series.yaml_text import REGISTER, Tree, read_tree

FOLDER = "chapters/registers"


def register_path(name: str) -> str:
    """Return where the register of that name stands in a snapshot."""
    return f"{FOLDER}/{name}.yaml"


def read_register(content: bytes, path: str) -> list[dict[str, str]]:
    """Return the entries of a register: mappings of texts, each with an `id` of its own.

    Every text is as it was written: "01000", "10:30", "on". Raises
    MarkupError, naming each entry that is wrong, for what is no such list.
    """
    entries, mistakes = register_entries(content, path)
    if mistakes:
        raise MarkupError("\n".join(str(mistake) for mistake in mistakes))
    return [{key: _shown(value) for key, value in entry.items()} for entry in entries]


def register_entries(content: bytes, path: str) -> tuple[list[dict[str, Tree]], list[Mistake]]:
    """Return the entries of a register that have an id of their own, as they were written, and what is wrong."""
    tree, mistakes = read_tree(content, path, REGISTER)
    if not isinstance(tree, list):
        if not mistakes:
            seen = "no list of entries"
            mistakes.append(Mistake(file=path, text=seen, hint="write `- id: A-001` and its keys for each"))
        return [], mistakes
    entries: list[dict[str, Tree]] = []
    ids: dict[str, int] = {}
    for index, entry in enumerate(tree):
        ident = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(ident, str) or not ident.strip():
            text = "an entry without an id" if not ident else "an id that is no text"
            mistakes.append(Mistake(file=path, place=(index,), text=text, hint=f"write `id: A-{index + 1:03}`"))
        elif ident in ids:
            text = f"{shown(ident)} is the id of entry [{ids[ident]}] as well"
            mistakes.append(Mistake(file=path, place=(index, "id"), text=text, hint="give each entry its own"))
        else:
            ids[ident] = index
            entries.append(entry)
    return entries, mistakes


def register_annex(
    entries: Sequence[Mapping[str, str]], *, name: str, title: str, labels: Mapping[str, str]
) -> ChapterSource:
    """Return a register as an annex: one table, a row for each entry, which is an anchor."""
    keys = list(dict.fromkeys(key for entry in entries for key in entry if key != "id"))
    head = [words(labels.get("register_id", "N°")), *(words(labels.get(f"register_{key}", key)) for key in keys)]
    rows: list[list[list[Inline]]] = []
    for entry in entries:
        anchor = span([string(entry["id"])], ident=slug(entry["id"]) or entry["id"])
        shown = {key: labels.get(f"{key}_{value}", value) for key, value in entry.items()}
        rows.append([[anchor], *(words(shown.get(key, "")) for key in keys)])
    blocks = [simple_table(head, rows, classes=["register"])] if rows else [para(labels["register_empty"])]
    heading = title or labels.get(f"register_title_{name}", name)
    return ChapterSource(
        path=f"register-{name}",
        document=Document(blocks=blocks),
        role="annex",
        id=f"register-{slug(name)}",
        title=tuple(words(heading)),
        generated=True,
    )


def _shown(value: Tree) -> str:
    match value:
        case None:
            return ""
        case list():
            return ", ".join(_shown(item) for item in value)
        case dict():
            return "; ".join(f"{key}: {_shown(item)}" for key, item in value.items())
    return value
