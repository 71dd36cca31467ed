"""Links, addresses and tables of HTML pages, where neither vnu nor axe-core looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import html


def check_pages(folder: Path) -> Iterator[str]:
    """Yield what is wrong on the pages of a folder: links and assets that are not there, tables without headers.

    A link above the folder is left alone: an edition stands among others.
    """
    trees = {path: html.parse(str(path)).getroot() for path in sorted(folder.rglob("*.html"))}
    ids = {path: set(tree.xpath("//@id | //a/@name")) for path, tree in trees.items()}
    for path, tree in trees.items():
        name = path.relative_to(folder)
        yield from (f"{name}: {words}" for words in _broken(path, tree, folder, ids))
        seen: set[str] = set()
        for ident in tree.xpath("//@id"):
            if ident in seen:
                yield f"{name}: the id {ident!r} is there twice"
            seen.add(ident)
        for table in tree.xpath("//table[not(@role='presentation') and not(.//th)]"):
            yield f"{name}: a table without headers: {' '.join(table.text_content().split())[:60]!r}"
        if not (tree.findtext(".//title") or "").strip() or (tree.findtext(".//title") or "").strip() == path.name:
            yield f"{name}: no title"
        if not tree.xpath("//meta[@name='viewport']"):
            yield f"{name}: no viewport"
        handlers = tree.xpath("//@*[starts-with(name(), 'on')]")
        if handlers:
            yield f"{name}: {len(handlers)} event handlers"


def _broken(path: Path, tree, folder: Path, ids: dict[Path, set[str]]) -> Iterator[str]:
    for address in dict.fromkeys(tree.xpath("//@href | //@src | //@poster | //*[local-name()='object']/@data")):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or parts.path.startswith("/"):
            if parts.scheme in ("javascript", "data", "file"):
                yield f"a link to {address[:60]!r}"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if folder.resolve() not in (target, *target.parents):
            continue
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            yield f"{address[:80]!r} is not there"
        elif parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]:
            yield f"{address[:80]!r} has no such anchor"
