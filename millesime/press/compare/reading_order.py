"""The order of chapters in a revision, from the revision's own files (`SUMMARY.md`, `_quarto.yml`, …).

Books under git say which files they are made of, and in which order, in one
file. Of the kinds below, the first that leads to a chapter decides:

| file | of | its chapters are |
| --- | --- | --- |
| `SUMMARY.md` | mdBook, GitBook | links in lists, and links that stand alone |
| `_quarto.yml` | Quarto | `book: chapters, appendices`, else `website: sidebar` |
| `_bookdown.yml` | bookdown | `rmd_files`, else the R Markdown files beside it, `index.Rmd` first |
| `mkdocs.yml` | MkDocs | `nav`, else the Markdown files of `docs_dir` |
| `order.txt` | | a path on each line, `#` begins a remark |

Of several files of one kind those nearest to the top decide, all of them: a
repository with `en/SUMMARY.md` and `fr/SUMMARY.md` holds two books. Without
any such file a revision is all its Markdown, as a person would sort it.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import yaml

from millesime.history.plain_folder import OUTPUT_FOLDERS
from millesime.history.snapshot import Snapshot
from millesime.markup.ast import nodes_of
from millesime.markup.pandoc import Source, read_documents
from millesime.press.compare.loose_documents import CHAPTERS, natural_order
from millesime.problems import ReportError

MARKDOWN = (".md", ".markdown", ".mdown", ".rmd", ".qmd")
_MAXIMUM_BYTES = 1 << 20  # of a file that tells an order: the largest known has 100 KB
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOrder:
    """The chapters of a revision, in order."""

    paths: tuple[str, ...]
    file: str = ""  # that tells the order, "src/SUMMARY.md"; several with commas between; "": none does
    missing: tuple[str, ...] = ()  # chapters that it lists and the revision lacks
    beside: tuple[str, ...] = ()  # Markdown files that it does not list


def reading_order(snapshot: Snapshot) -> ReadingOrder:
    """Return the chapters of a snapshot in the order that its own files tell, else all its Markdown."""
    visible = [path for path in snapshot.paths if not _is_hidden(path)]
    for names, read in _KINDS:
        files = [path for path in visible if posixpath.basename(path) in names]
        depth = min((path.count("/") for path in files), default=0)
        files = [path for path in files if path.count("/") == depth]
        told = {file: _told(snapshot, file, read, visible) for file in sorted(files, key=natural_order)}
        listed = list(dict.fromkeys(path for paths in told.values() for path in paths))
        found = [path for path in listed if snapshot.has(path)]
        if found:
            return ReadingOrder(
                paths=tuple(found), file=", ".join(file for file, paths in told.items() if paths),
                missing=tuple(path for path in listed if path not in found),
                beside=tuple(sorted(set(_markdown(snapshot, visible)) - {*found, *files}, key=natural_order)),
            )  # fmt: skip
    chapters = _markdown(snapshot, visible) or [path for path in visible if _is_chapter(path) and snapshot.has(path)]
    return ReadingOrder(paths=tuple(sorted(chapters, key=natural_order)))


def _is_hidden(path: str) -> bool:
    folders = path.split("/")[:-1]
    return path.rpartition("/")[2].startswith(".") or any(
        name.startswith(".") or name in OUTPUT_FOLDERS for name in folders
    )


def _is_chapter(path: str) -> bool:
    return posixpath.splitext(path)[1].lower().removeprefix(".") in CHAPTERS


def _markdown(snapshot: Snapshot, paths: Iterable[str]) -> list[str]:
    """Return the Markdown files among some paths; a link to one of them is not another chapter."""
    named = [path for path in paths if path.lower().endswith(MARKDOWN)]
    return [path for path in named if snapshot.has(path) and snapshot.resolve(path) == path]


def _told(snapshot: Snapshot, file: str, read: Callable[[str, _Place], Iterable[str]], visible: list[str]) -> list[str]:
    """Return the chapters that one file lists, by paths from the top; [] for a file that cannot be understood."""
    try:
        content = snapshot.read(file)
        text = content.decode("utf-8-sig") if len(content) <= _MAXIMUM_BYTES else ""
        place = _Place(posixpath.dirname(file), visible)
        listed = [place.path(name) for name in read(text, place)]
    except (ReportError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        return []
    return list(dict.fromkeys(path for path in listed if path and _is_chapter(path)))


class _Place:
    """The folder of a file that tells an order, and the files below it."""

    def __init__(self, folder: str, visible: Sequence[str]) -> None:
        self.folder = folder
        start = f"{folder}/" if folder else ""
        self.below = [path.removeprefix(start) for path in visible if path.startswith(start)]

    def path(self, name: str) -> str:
        """Return a path from the top; "" for one that leads out of the repository."""
        path = posixpath.normpath(posixpath.join(self.folder, name.lstrip("/")))
        return "" if path.split("/")[0] == ".." or path == "." else path

    def expand(self, name: str, folder: str = "") -> list[str]:
        """Return the files that a path, a folder or a pattern names; a plain path whether it is there or not."""
        name = posixpath.normpath(posixpath.join(folder, name)) + ("/" if name.endswith("/") else "")
        if name == "./":
            return self._sorted(self.below)
        if any(sign in name for sign in "*?["):
            return self._sorted(path for path in self.below if fnmatch.fnmatchcase(path, name.replace("**/", "*")))
        if name.endswith("/"):
            return self._sorted(path for path in self.below if path.startswith(name))
        return [name]

    def _sorted(self, paths: Iterable[str]) -> list[str]:
        return sorted((path for path in paths if _is_chapter(path)), key=_index_first)


def _index_first(path: str) -> tuple:
    folder, _, name = path.rpartition("/")
    is_index = posixpath.splitext(name)[0].lower() in {"index", "readme"}
    return natural_order(folder), not is_index, natural_order(name)


# ---- the kinds -------------------------------------------------------------


def _read_summary(text: str, place: _Place) -> Iterator[str]:
    (document,) = read_documents([Source(path="SUMMARY.md", content=text.encode())], reader="commonmark")
    for block in document.blocks:
        links = [node["c"][2][0] for node in nodes_of([block], {"Link"})]
        is_list = block["t"] in {"BulletList", "OrderedList"}
        if is_list or (block["t"] == "Para" and {node["t"] for node in block["c"]} <= {"Link", "Space", "SoftBreak"}):
            for target in links:
                target = unquote(re.sub(r"[?#].*", "", target))
                if target and not _SCHEME.match(target):
                    yield from _folder_page(target, place)


def _folder_page(target: str, place: _Place) -> list[str]:
    """Return the page that a link leads to: a link to a folder leads to its README."""
    pages = [f"{target.rstrip('/')}/{name}" for name in ("README.md", "index.md")] if not _is_chapter(target) else []
    return [page for page in pages if posixpath.normpath(page) in place.below][:1] or [target]


def _read_quarto(text: str, place: _Place) -> Iterator[str]:
    tree = _load(text)
    book, website = _mapping(tree.get("book")), _mapping(tree.get("website"))
    for key in ("chapters", "appendices"):
        yield from _named(book.get(key), place, keys=_QUARTO_KEYS)
    if not book:
        yield from _named(website.get("sidebar"), place, keys=_QUARTO_KEYS)


def _read_bookdown(text: str, place: _Place) -> Iterator[str]:
    tree = _load(text)
    listed = tree.get("rmd_files")
    for group in listed.values() if isinstance(listed, dict) else [listed]:
        yield from _named(group, place)
    if listed is None:
        subfolders = tree.get("rmd_subdir")
        folders = {"", *(_strings(subfolders) if subfolders not in ("true", "yes") else ())}
        for path in sorted(place.below, key=_index_first):
            folder, name = posixpath.split(path)
            inside = folder in folders or subfolders in ("true", "yes")
            if inside and name.lower().endswith(".rmd") and not name.startswith("_"):
                yield path


def _read_mkdocs(text: str, place: _Place) -> Iterator[str]:
    tree = _load(text)
    folder = tree.get("docs_dir") if isinstance(tree.get("docs_dir"), str) else "docs"
    nav = tree.get("nav", tree.get("pages"))
    yield from _named(nav, place, folder=folder) if nav else place.expand(f"{folder}/")


def _read_list(text: str, place: _Place) -> Iterator[str]:
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


_KINDS: tuple[tuple[tuple[str, ...], Callable[[str, _Place], Iterable[str]]], ...] = (
    (("SUMMARY.md",), _read_summary),
    (("_quarto.yml", "_quarto.yaml"), _read_quarto),
    (("_bookdown.yml", "_bookdown.yaml"), _read_bookdown),
    (("mkdocs.yml", "mkdocs.yaml"), _read_mkdocs),
    (("order.txt",), _read_list),
)

# Keys under which Quarto has chapters, in the order of print. For MkDocs a key is the title of what it holds.
_QUARTO_KEYS = ("part", "section", "file", "href", "chapters", "contents")


def _named(value: Any, place: _Place, *, folder: str = "", keys: Sequence[str] = ()) -> Iterator[str]:
    """Yield the files that a table of contents in YAML names, nested as it may be; of mappings these keys, else all."""
    if isinstance(value, str):
        if not _SCHEME.match(value) and (_is_chapter(value) or value.endswith("/") or "*" in value):
            yield from place.expand(value, folder)
    elif isinstance(value, list):
        for entry in value:
            yield from _named(entry, place, folder=folder, keys=keys)
    elif isinstance(value, dict):
        for key in keys or value:
            yield from _named(value.get(key), place, folder=folder, keys=keys)


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _load(text: str) -> dict[str, Any]:
    """Return a YAML mapping, every scalar the text that was written; tags are passed over, and no tag makes an object.

    A collection that an alias names again is empty there: a file of a few
    lines could otherwise grow without end.
    """
    seen: set[int] = set()

    def value(node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if id(node) in seen:
            return None
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [value(inner) for inner in node.value]
        return {key.value: value(inner) for key, inner in node.value if isinstance(key, yaml.ScalarNode)}

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return _mapping(value(root)) if root is not None else {}
