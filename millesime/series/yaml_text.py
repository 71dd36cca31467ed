"""YAML as untrusted text: the tree it holds, every scalar as it was written.

The one reader of YAML: of manifests, of registers and of a theme's labels.

A scalar stays text, because YAML 1.1 would read the revision `12e4567` as a
number, the edition `2018` as another, the language `no` as false, the postcode
`01000` as 512 and the hour `10:30` as 630. Only
an empty scalar, `null` and `~` are None. No tag is obeyed, a key stands once,
and aliases cannot make a small file large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from millesime.series.mistakes import Mistake, Place, shown

Tree = None | str | list["Tree"] | dict[str, "Tree"]

_MAXIMUM_DEPTH = 20
_MAXIMUM_ALIASED = 20_000  # nodes that aliases stand for, all of them written out
_NULLS = {"", "~", "null", "Null", "NULL"}
# What XML cannot hold: the characters would break EPUB and HTML.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# Part of PyYAML's complaint → what to do about it.
_HINTS = {
    r"'\t' that cannot start any token": "indent with spaces; YAML allows no tabs there",
    "mapping values are not allowed here": "check the indentation, and put quotes around a text that holds ': '",
    "could not find expected ':'": "write 'key: value', and give all keys of one level the same indentation",
    "expected <block end>": "give all keys of one level the same indentation, and close quotes and brackets",
    "found unexpected end of stream": "close the quotes",
    "or ']'": "close the bracket with ], and separate entries by commas",
    "or '}'": "close the brace with }, and separate entries by commas",
    "expected alphabetic or numeric character": "put quotes around a text that begins with '*' or '&'",
    "cannot start any token": "put quotes around the value",
    "unknown escape character": "use single quotes: in double quotes a backslash begins an escape",
    "unexpected ':'": "put a space after the colon, or quotes around the text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a file is, and how large it may be."""

    name: str  # "manifest"
    bytes: int
    nodes: int  # scalars, lists and mappings


MANIFEST = Kind(name="manifest", bytes=512 * 1024, nodes=20_000)
REGISTER = Kind(name="register", bytes=4 * 1024 * 1024, nodes=200_000)
LABELS = Kind(name="label file", bytes=512 * 1024, nodes=20_000)


class _Refused(Exception):
    """Ends the reading: the tree cannot be had."""

    def __init__(self, text: str, hint: str, place: Place = ()) -> None:
        super().__init__(text)
        self.text, self.hint, self.place = text, hint, place


def read_tree(content: bytes, file: str, kind: Kind = MANIFEST) -> tuple[Tree, list[Mistake]]:
    """Return the tree of one YAML document, and the mistakes that reading it met.

    With mistakes the tree may be incomplete. It never has more nodes than its
    kind may have, nor more than 20 levels.
    """
    mistakes: list[Mistake] = []
    try:
        text = _decode(content, kind)
        tree = _Builder(file=file, kind=kind, mistakes=mistakes).build(yaml.parse(text, Loader=yaml.SafeLoader))
    except _Refused as refused:
        mistakes.append(Mistake(file=file, place=refused.place, text=refused.text, hint=refused.hint))
        return None, mistakes
    except yaml.MarkedYAMLError as error:
        mistakes.append(_syntax_mistake(error, file))
        return None, mistakes
    except yaml.reader.ReaderError as error:
        line, column = _line_and_column(text, error.position)
        seen = f"line {line}, column {column}: the character U+{error.character:04X}, which YAML forbids"
        mistakes.append(Mistake(file=file, text=seen, hint="delete it"))
        return None, mistakes
    return tree, mistakes


def _decode(content: bytes, kind: Kind) -> str:
    if len(content) > kind.bytes:
        raise _Refused(f"{len(content):,} bytes", f"a {kind.name} holds at most {kind.bytes:,}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Refused("the text is in UTF-16", "save it in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        seen = f"line {line}, byte {column}: byte 0x{content[error.start]:02X} is not UTF-8"
        raise _Refused(seen, "save the file in UTF-8") from error


def _syntax_mistake(error: yaml.MarkedYAMLError, file: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "not YAML"
    hint = next((hint for part, hint in _HINTS.items() if part in problem), "mend the YAML there")
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return Mistake(file=file, text=f"{place}{problem.replace('<block end>', 'the next key')}", hint=hint)


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


@dataclass(slots=True, kw_only=True)
class _Builder:
    """Turns the events of a YAML parser into a tree."""

    file: str
    kind: Kind
    mistakes: list[Mistake]
    anchors: dict[str, tuple[Tree, int]] = field(default_factory=dict)  # name → (tree, nodes)
    nodes: int = 0
    aliased: int = 0

    def build(self, events: Iterator[yaml.Event]) -> Tree:
        tree: Tree = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    line = event.start_mark.line + 1
                    raise _Refused(f"line {line}: a second document begins", "write one document, without '---' in it")
            elif isinstance(event, yaml.NodeEvent):
                tree = self._node(event, events, ())
        return tree

    def _node(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], place: Place) -> Tree:
        line = event.start_mark.line + 1
        if len(place) > _MAXIMUM_DEPTH:
            raise _Refused(
                f"line {line}: more than {_MAXIMUM_DEPTH} levels, one in another", f"no {self.kind.name} needs them"
            )
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._complain(
                place, f"the tag {shown(tag)} on line {line}", f"leave it out: {self.kind.name}s have no tags"
            )
        first = self.nodes
        self._count(1, line)
        tree: Tree
        if isinstance(event, yaml.ScalarEvent):
            tree = self._scalar(event, place)
        elif isinstance(event, yaml.SequenceStartEvent):
            tree = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                tree.append(self._node(item, events, (*place, len(tree))))
        else:
            tree = self._mapping(events, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = (tree, self.nodes - first)
        return tree

    def _mapping(self, events: Iterator[yaml.Event], place: Place) -> dict[str, Tree]:
        tree: dict[str, Tree] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            deeper = isinstance(event, yaml.CollectionStartEvent)
            key = self._node(event, events, (*place, "") if deeper else place)
            if not isinstance(key, str) or not key:
                self._complain(place, f"line {line}: a key that is no text", "write 'key: value'")
                key = ""
            value = self._node(next(events), events, (*place, key))
            if key in tree:
                seen = f"written twice, on lines {lines[key]} and {line}"
                self._complain((*place, key), seen, "keep one of them")
            elif key:
                tree[key], lines[key] = value, line
        return tree

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> str | None:
        if event.style is None and event.value in _NULLS:
            return None
        if unprintable := _UNPRINTABLE.search(event.value):
            line = event.start_mark.line + 1
            seen = f"a character that cannot be printed, U+{ord(unprintable[0]):04X}, on line {line}"
            self._complain(place, seen, "delete it")
            return _UNPRINTABLE.sub("", event.value)
        return event.value

    def _alias(self, event: yaml.AliasEvent, place: Place) -> Tree:
        line = event.start_mark.line + 1
        if event.anchor not in self.anchors:
            seen = f"line {line}: the alias {shown('*' + event.anchor)} stands for nothing written before it"
            raise _Refused(seen, "write the value itself, or put quotes around the text", place)
        tree, nodes = self.anchors[event.anchor]
        self._count(nodes, line)
        self.aliased += nodes
        if self.aliased > _MAXIMUM_ALIASED:
            seen = f"line {line}: aliases that stand for more than {_MAXIMUM_ALIASED:,} values"
            raise _Refused(seen, "write the values themselves", place)
        return tree

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > self.kind.nodes:
            seen = f"line {line}: more than {self.kind.nodes:,} values, aliases written out"
            raise _Refused(seen, f"shorten the {self.kind.name}")

    def _complain(self, place: Place, text: str, hint: str) -> None:
        self.mistakes.append(Mistake(file=self.file, place=place, text=text, hint=hint))
