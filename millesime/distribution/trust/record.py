"""The record of a published site: addresses that must stay, and files whose bytes must stay.

It lies in the site itself, `publication.json` and `addresses.txt`, so that
whoever has the site has the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from millesime.problems import OutputError

RECORD, ADDRESSES = "publication.json", "addresses.txt"
_FORMAT = "millesime-publication-1"
_NAMED = 5  # addresses in a message

Addresses = Mapping[str, frozenset[str]]  # path of a file of the site → ids in it that may be cited


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRecord:
    """What was published of one edition."""

    content: str  # digest of the sources that it was made from
    revision: str  # the commit it was first published from, for people
    sealed: bool
    files: Mapping[str, str]  # path from the site's root → SHA-256


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a site has published."""

    editions: Mapping[str, EditionRecord] = field(default_factory=dict)  # by name
    addresses: Addresses = field(default_factory=dict)


def read_record(folder: Path) -> Record:
    """Return the record of a site; of a folder that is empty or not there, an empty one.

    Raises OutputError for a folder that holds something else, or a record
    that cannot be read.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return Record()
    path = folder / RECORD
    try:
        return Record(
            editions=_editions(json.loads(path.read_text("utf-8"))),
            addresses=_addresses((folder / ADDRESSES).read_text("utf-8")),
        )
    except FileNotFoundError as error:
        raise OutputError(
            f"{folder}: holds files, but no {Path(error.filename).name}: this is no site that `publish` made; "
            "choose an empty folder with --out, or put the file back from the published site"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(
            f"{path}: cannot be read as the record of a site: {error}; put it back from the published site"
        ) from error


def record_files(record: Record) -> dict[str, bytes]:
    """Return the two files that hold a record."""
    editions = {
        name: {
            "content": edition.content,
            "revision": edition.revision,
            "sealed": edition.sealed,
            "files": dict(sorted(edition.files.items())),
        }
        for name, edition in sorted(record.editions.items())
    }
    described = json.dumps({"format": _FORMAT, "editions": editions}, ensure_ascii=False, indent=2) + "\n"
    lines = [
        line
        for path, idents in sorted(record.addresses.items())
        for line in (quote(path), *(f"{quote(path)}#{quote(ident, safe='')}" for ident in sorted(idents)))
    ]
    return {RECORD: described.encode("utf-8"), ADDRESSES: "".join(f"{line}\n" for line in lines).encode("ascii")}


def merge_addresses(old: Addresses, new: Addresses) -> dict[str, frozenset[str]]:
    """Return all addresses of both."""
    return {path: old.get(path, frozenset()) | new.get(path, frozenset()) for path in {**old, **new}}


def check_addresses(record: Record, pages: Addresses, *, folder: Path) -> None:
    """Raise OutputError if a page that is to be written lacks an id that was published in it.

    `pages` holds all ids of the pages to be written, by path. Files that are
    not written again stay as they are, so their addresses do too.
    """
    lost = [
        f"{path}#{ident}"
        for path, idents in sorted(record.addresses.items())
        if path in pages
        for ident in sorted(idents - pages[path])
    ]
    if not lost:
        return
    named = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else "")
    raise OutputError(
        f"{folder}: {len(lost)} published {'address' if len(lost) == 1 else 'addresses'} would lead nowhere: {named}; "
        "nothing was changed. A published edition stays as it is: make what changed a new edition. If nobody can have "
        f"seen them yet, take their lines out of {ADDRESSES}"
    )


def _editions(found: Mapping[str, Any]) -> dict[str, EditionRecord]:
    if found["format"] != _FORMAT:
        raise ValueError(f"format {found['format']!r} instead of {_FORMAT!r}")
    return {
        name: EditionRecord(
            content=str(one["content"]), revision=str(one["revision"]), sealed=bool(one["sealed"]),
            files={str(path): str(digest) for path, digest in one["files"].items()},
        )
        for name, one in found["editions"].items()
    }  # fmt: skip


def _addresses(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        path, _, ident = line.partition("#")
        known = found.setdefault(unquote(path), set())
        if ident:
            known.add(unquote(ident))
    return {path: frozenset(idents) for path, idents in found.items()}


def paths_of(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return files as addresses without ids."""
    return dict.fromkeys(names, frozenset())
