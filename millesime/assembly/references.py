"""References: links to ids and to other chapters become links to anchors.

`[](#gouvernance)` prints what it leads to ("chapitre 4"), `[voir là](#x)`
keeps its words. An id is looked up in its own chapter first, then in the
whole report. Links to other chapters' files (`11-x.md#there`) work too, as on
a forge. What cannot be resolved stays visible as `Span.unresolved`.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millesime.assembly.outline import Target
from millesime.assembly.sources import slug
from millesime.markup.ast import Block, Inline, Node, nodes_of, rewrite, span, string, words

NBSP = "\u00a0"
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "doi", "urn", "ftp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Where everything in a report is."""

    targets: Mapping[str, Target]  # by anchor
    local: Mapping[str, Mapping[str, str]]  # chapter id → id in the source → anchor
    paths: Mapping[str, str]  # source path without its ending → chapter id
    shared: Mapping[str, Sequence[str]] = field(default_factory=dict)  # id in a source → anchors, in report order
    titles: Mapping[str, str] = field(default_factory=dict)  # slug of a title that only one heading has → anchor

    def find(self, ident: str, *, chapter: str) -> str | None:
        """Return the anchor an id means in a chapter, or None.

        The first one where several chapters have it. Forges and wikis make
        other ids of a heading than pandoc does: the words of the title decide.
        """
        own = self.local.get(chapter, {}).get(ident)
        if own:
            return own
        if ident in self.targets:
            return ident
        found = self.shared.get(ident)
        return found[0] if found else self.titles.get(slug(ident.replace("_", "-")))


def resolve_references(
    blocks: list[Block],
    *,
    chapter: str,
    path: str,
    directory: Directory,
    labels: Mapping[str, str],
    lenient: bool = False,
) -> list[Block]:
    """Return blocks whose links lead to anchors of the report or out of it.

    `lenient`, for generated annexes: what cannot be resolved is plain text,
    since it may have been right in an older edition.
    """

    def change(node: Node) -> Node | list[Node]:
        attributes, inlines, (target, title) = node["c"]
        scheme = _SCHEME.match(target)
        if scheme or target.startswith("//"):
            if scheme and scheme.group(1).lower() in SAFE_SCHEMES:
                return node
            return _unresolved(inlines, target, lenient)
        anchor = _resolve(target, chapter=chapter, path=path, directory=directory)
        if anchor is None:
            return _unresolved(inlines, target, lenient)
        if not inlines:
            inlines = _named(directory.targets[anchor], labels)
        return {"t": "Link", "c": [attributes, inlines, [f"#{anchor}", title]]}

    return rewrite(blocks, change, kinds={"Link"})


# Attributes of a quoted link without words, until `quote_references` takes them off.
_FROM, _OF = "quoted-from", "quoted-of"


def quoted_reference(node: Node, *, path: str, edition: str) -> Node:
    """Return a link without words that is quoted, for `quote_references`.

    `path` is the source it stands in, of `edition`; "" for the one that quotes.
    """
    (_, classes, pairs), inlines, target = node["c"]
    return {"t": "Link", "c": [["", classes, [*pairs, [_FROM, path], [_OF, edition]]], inlines, target]}


def quote_references(value: Any, names: Mapping[str, Callable[[str, str], list[Inline] | None]]) -> Any:
    """Return quoted blocks or inlines in which links without words say what their own edition prints.

    `names`: an edition → what gives the words for a target in a source, by the
    source's path. An edition that is not among them is the one that quotes: it
    resolves its own. What is quoted says its words and leads nowhere, since
    another edition may have something else there.
    """

    def change(node: Node) -> Node | list[Node]:
        attributes, inlines, (target, title) = node["c"]
        pairs = dict(attributes[2])
        if _FROM not in pairs:
            return node
        if pairs[_OF] in names:
            found = names[pairs[_OF]](pairs[_FROM], target)
            return found if found is not None else [string(f"[{target}]")]
        kept = [pair for pair in attributes[2] if pair[0] not in (_FROM, _OF)]
        return {"t": "Link", "c": [[*attributes[:2], kept], inlines, [target, title]]}

    return rewrite(value, change, kinds={"Link"})


def has_bare_reference(value: Any) -> bool:
    """Whether a link without words stands in quoted blocks."""
    return any(any(key == _FROM for key, _ in node["c"][0][2]) for node in nodes_of(value, {"Link"}))


def name_reference(target: str, *, path: str, directory: Directory, labels: Mapping[str, str]) -> list[Inline] | None:
    """Return what a link without words prints in the source at `path`; None if it leads nowhere in the report."""
    if _SCHEME.match(target) or target.startswith("//"):
        return [string(target)]
    chapter = directory.paths.get(posixpath.splitext(path)[0], "")
    anchor = _resolve(target, chapter=chapter, path=path, directory=directory)
    return None if anchor is None else _named(directory.targets[anchor], labels)


def _resolve(target: str, *, chapter: str, path: str, directory: Directory) -> str | None:
    target = urllib.parse.unquote(target)
    place, _, ident = target.partition("#")
    if not place:
        return directory.find(ident, chapter=chapter) if ident else chapter
    # "/chapters/x.md" is meant from the root of the repository, as it is for images.
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), place.partition("?")[0])).lstrip("/")
    other = directory.paths.get(posixpath.splitext(place)[0])
    if other is None:
        return None
    if not ident:
        return other
    return directory.local.get(other, {}).get(ident) or other


def _unresolved(inlines: list[Inline], target: str, lenient: bool) -> list[Inline]:
    if lenient:
        return inlines
    shown = inlines or [string(f"[{target}]")]
    local = target.startswith("#")
    return [span(shown, classes=["unresolved" if local or not inlines else "outside"], pairs=[("target", target)])]


def _named(target: Target, labels: Mapping[str, str]) -> list[Inline]:
    """The words that name a target in a sentence: "chapitre 4", "section 4.2", or its title in quotes."""
    if target.number:
        return [string(f"{labels[target.kind].lower()}{NBSP}{target.number}")]
    if target.title:
        return [{"t": "Quoted", "c": [{"t": "DoubleQuote"}, list(target.title)]}]
    return words(labels.get(target.kind, "").lower() or target.anchor)
