"""What the peers print, as segments: see `words.py`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser

from bench.redline.words import Segments, merged, side_words
from millesime.markup.pandoc import Source, read_documents, write_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What one tool marked in one text."""

    segments: Segments
    marks: int  # as the tool wrote them: elements, or brackets


def input_words(text: str, form: str, side: str) -> list[str]:
    """Return the words of what a tool is given, `txt` or `html`, as its output is read."""
    return text.split() if form == "txt" else side_words(read_html(text).segments, side)


def read_porcelain(output: str) -> Marked:
    """Read `git diff --word-diff=porcelain` with all context; git parts texts at white space only."""
    _, _, body = output.partition("\n@@")
    segments: Segments = []
    for line in body.split("\n")[1:]:
        if line[:1] in (" ", "+", "-"):
            segments.append((line[0], f"{line[1:]} "))
    return _marked(segments)


def read_brackets(output: str) -> Marked:
    """Read wdiff's output, brackets chosen so that no text contains them."""
    segments: Segments = []
    for piece in re.split(f"({_IN}.*?{_OUT}|{_DEL}.*?{_END})", output, flags=re.DOTALL):
        sign = {_IN: "+", _DEL: "-"}.get(piece[:1], " ")
        segments.append((sign, piece if sign == " " else f" {piece[1:-1]} "))
    return _marked(segments)


_IN, _OUT, _DEL, _END = "\x01", "\x02", "\x03", "\x04"
BRACKETS = {"--start-insert": _IN, "--end-insert": _OUT, "--start-delete": _DEL, "--end-delete": _END}


def read_wikidiff(output: str) -> Marked:
    """Read wikidiff2's JSON: lines with byte ranges; what it moved counts as moved."""
    segments: Segments = []
    for line in json.loads(output)["diff"]:
        base, text, place = _LINE_SIGNS[line["type"]], line["text"].encode(), 0
        for mark in line.get("highlightRanges", ()):
            end = mark["start"] + mark["length"]
            segments.append((base, text[place : mark["start"]].decode()))
            segments.append(("+-"[mark["type"]], text[mark["start"] : end].decode()))
            place = end
        segments += [(base, text[place:].decode()), (base, "\n")]
    return _marked([segment for segment in segments if segment[1]])


_LINE_SIGNS = {0: " ", 1: "+", 2: "-", 3: " ", 4: "<", 5: ">"}


def read_html(output: str) -> Marked:
    """Read HTML with `ins` and `del` elements."""
    parser = _InsDel()
    parser.feed(output)
    parser.close()
    return Marked(segments=merged(parser.segments), marks=parser.marks)


def read_docdiff(output: str) -> Marked:
    return read_html(output[output.index("<body>") :])


def read_critic(output: str) -> Marked:
    """Read CriticMarkup as pandiff's own HTML output would show it."""
    for pattern, shown in _CRITIC:
        output = re.sub(pattern, shown, output, flags=re.DOTALL)
    (document,) = read_documents([Source(path="pandiff", content=output.encode())])
    return read_html(write_texts([document.blocks], to="html")[0])


_CRITIC = (
    (r"\{~~((?:[^~]|~(?!>))+)~>((?:[^~]|~(?!~\}))+)~~\}", r"<del>\1</del><ins>\2</ins>"),
    (r"\{--(.*?)--\}", r"<del>\1</del>"),
    (r"\{\+\+(.*?)\+\+\}", r"<ins>\1</ins>"),
)


def _marked(segments: Segments) -> Marked:
    return Marked(segments=merged(segments), marks=sum(sign in "+-" for sign, _ in segments))


class _InsDel(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.segments: Segments = []
        self.marks = 0
        self._open = {"ins": 0, "del": 0}

    def handle_starttag(self, tag: str, attrs) -> None:
        if tag in self._open:
            self.marks += not any(self._open.values())
            self._open[tag] += 1
        elif tag not in _INLINE:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open[tag] = max(0, self._open[tag] - 1)
        elif tag not in _INLINE:
            self.handle_data(" ")

    def handle_data(self, text: str) -> None:
        self.segments.append(("-" if self._open["del"] else "+" if self._open["ins"] else " ", text))


_INLINE = frozenset("a abbr b cite code em font i kbd q s samp small span strong sub sup tt u var".split())
