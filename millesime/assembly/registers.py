"""Registers: lists of things with stable ids (hearings, contributions, meetings), printed as an annex."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from millesime.assembly.sources import ChapterSource, slug
from millesime.markup.ast import Document, Inline, para, simple_table, span, string, words
from millesime.problems import MarkupError

FOLDER = "chapters/registers"
_MAXIMUM_BYTES = 2 * 1024 * 1024
_MAXIMUM_DEPTH = 20


def register_path(name: str) -> str:
    """Return where the register of that name stands in a snapshot."""
    return f"{FOLDER}/{name}.yaml"


def read_register(content: bytes, path: str) -> list[dict[str, str]]:
    """Return the entries of a register: mappings of texts, each with an `id` of its own.

    Raises MarkupError, naming the entry, for what is no such list.
    """
    if len(content) > _MAXIMUM_BYTES:
        raise MarkupError(f"{path}: {len(content):,} bytes; a register holds at most {_MAXIMUM_BYTES:,}")
    try:
        _check_events(yaml.parse(content, Loader=yaml.SafeLoader), path)
        tree = yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise MarkupError(
            f"{path}:{place} {getattr(error, 'problem', None) or 'not YAML'}; mend the YAML there"
        ) from error
    except ValueError as error:  # a number of thousands of digits, the 30th of February
        raise MarkupError(
            f"{path}: {str(error)[:100]}; put quotes around the value that means something else"
        ) from error
    if not isinstance(tree, list):
        raise MarkupError(f"{path}: no list of entries; write `- id: A-001` and its keys for each")
    entries: list[dict[str, str]] = []
    ids: dict[str, int] = {}
    for index, entry in enumerate(tree):
        if not isinstance(entry, dict) or not entry.get("id"):
            raise MarkupError(f"{path}: [{index}]: an entry without an id; write `id: A-{index + 1:03}`")
        ident = str(entry["id"])
        if ident in ids:
            raise MarkupError(f"{path}: [{index}].id: {ident!r} is the id of entry [{ids[ident]}] as well")
        ids[ident] = index
        entries.append({str(key): _shown(value) for key, value in entry.items()})
    return entries


def _check_events(events: Iterable[yaml.Event], path: str) -> None:
    """Raise MarkupError where a few bytes would become a tree without end, before one is built."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise MarkupError(f"{path}: an alias (*name); write the value itself")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAXIMUM_DEPTH:
            line = event.start_mark.line + 1
            raise MarkupError(f"{path}: line {line}: more than {_MAXIMUM_DEPTH} levels, one in another; level it")


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


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "✓" if value else "—"
        case datetime.date():
            return value.isoformat()
        case list():
            return ", ".join(_shown(item) for item in value)
        case dict():
            return "; ".join(f"{key}: {_shown(item)}" for key, item in value.items())
    return str(value)
