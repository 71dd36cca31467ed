"""Problems in registers: duplicate ids, missing files, unknown targets, personal data."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping

from millesime.assembly.registers import FOLDER, register_entries
from millesime.problems import Problem, did_you_mean
from millesime.series.mistakes import shown_place
from millesime.series.yaml_text import Tree

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PERSONAL_KEYS = {"email", "emails", "mail", "courriel", "mel", "phone", "telephone", "tel", "mobile", "portable"}
# Keys that name an entry of another register: register → key → register. A key of an answer is "answer.of".
_NAMED = {
    "contributions": {"meeting": "meetings", "hearing": "hearings", "answer.of": "contributions"},
    "glossary": {"see": "glossary"},
}
_TARGETS = {"contributions": ("about",), "recommendations": ("id",)}
_FILES = {"meetings": ("minutes",)}


def check_registers(
    files: Mapping[str, bytes],
    *,
    is_target: Callable[[str], bool],
    targets: Callable[[], Collection[str]],
    editions: Collection[str],
    has_file: Callable[[str], bool],
) -> Iterator[Problem]:
    """Yield what is wrong in registers, by path; each problem names the line of its entry.

    `is_target` says whether an edition has a chapter, section or block of an
    id, `targets` lists those ids for hints.
    """
    read = {path: register_entries(content, path) for path, content in files.items()}
    ids = {_name(path): [str(entry["id"]) for entry in entries] for path, (entries, _) in read.items()}
    for path, (entries, mistakes) in read.items():
        for mistake in mistakes:
            place = f"{shown_place(mistake.place)}: " if mistake.place else ""
            where = _line(files[path], mistake.place, path)
            yield Problem("Y001", where, f"{place}{mistake.text}", mistake.hint, "error")
        personal: dict[str, list[Mapping[str, Tree]]] = {}
        for entry in entries:
            for key in _personal(entry):
                personal.setdefault(key, []).append(entry)
            where = _entry_line(files[path], str(entry["id"]), path)
            for key, register in _NAMED.get(_name(path), {}).items():
                for value in _values(entry, key):
                    if value not in ids.get(register, ()):
                        hint = did_you_mean(value, ids.get(register, ())) or f"add it to {FOLDER}/{register}.yaml"
                        yield Problem("Y003", where, f"{key}: no entry of {register} is {value!r}", hint)
            for key in _TARGETS.get(_name(path), ()):
                for value in _values(entry, key):
                    edition, slash, _ = value.partition("/")
                    if slash and edition not in editions:
                        hint = did_you_mean(edition, editions) or f"the editions are {', '.join(editions)}"
                        yield Problem("Y003", where, f"{key}: {value!r} names no edition of the report", hint)
                    elif not slash and not is_target(value):
                        hint = did_you_mean(value, targets()) or "write the id of a chapter, section or recommendation"
                        yield Problem("Y003", where, f"{key}: no edition has the id {value!r}", hint)
            for key in _FILES.get(_name(path), ()):
                for value in _values(entry, key):
                    if not re.match(r"https?://", value) and not (
                        has_file(value) or has_file(posixpath.normpath(posixpath.join(FOLDER, value)))
                    ):
                        hint = "put the file under version control, and write its path from the repository's root"
                        yield Problem("Y002", where, f"{key}: no file {value!r} in the edition", hint, "error")
        for key, ones in personal.items():
            first = str(ones[0]["id"])
            more = f", and of {len(ones) - 1} more" if len(ones) > 1 else ""
            yield Problem(
                "P001", _entry_line(files[path], first, path),
                f"{key!r} of {first!r}{more} is printed: an address or a number of a person",
                "delete it: the register is public, and git keeps it for ever", "error",
            )  # fmt: skip


def _name(path: str) -> str:
    return posixpath.basename(path).rpartition(".")[0]


def _personal(entry: Mapping[str, Tree]) -> list[str]:
    """Return the keys of an entry that hold an e-mail address or a telephone number."""
    found = []
    for key, value in entry.items():
        plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
        if value and re.sub("[^a-z]", "", plain) in _PERSONAL_KEYS or _EMAIL.search(" ".join(_texts(value))):
            found.append(key)
    return found


def _texts(value: Tree) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif value is not None:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _values(entry: Mapping[str, Tree], key: str) -> list[str]:
    """Return the texts under a key, "answer.of" in a mapping; one or a list of them."""
    value: Tree = dict(entry)
    for step in key.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _line(content: bytes, place: tuple[str | int, ...], path: str) -> str:
    """Return the file with the line where the entry of a place begins, if entries begin on lines of their own."""
    if not place or not isinstance(place[0], int):
        return path
    starts = [
        number for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1)
        if re.match(r"-(?:\s|$)", line)
    ]  # fmt: skip
    return f"{path}:{starts[place[0]]}" if place[0] < len(starts) else path


def _entry_line(content: bytes, ident: str, path: str) -> str:
    lines = content.decode("utf-8", "replace").splitlines()
    wanted = re.compile(rf"[\s\-{{,]*id:\s*[\"']?{re.escape(ident)}[\"']?\s*(?:[,}}#].*)?$")
    return next((f"{path}:{number}" for number, line in enumerate(lines, start=1) if wanted.match(line)), path)
