"""What the peers print, as segments: see `words.py`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from lxml.html import HtmlElement, document_fromstring

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
            segments.append((_mark_sign(base, mark["type"]), text[mark["start"] : end].decode()))
            place = end
        segments += [(base, text[place:].decode()), (base, "\n")]
    return _marked([segment for segment in segments if segment[1]])


def _mark_sign(line_sign: str, kind: int) -> str:
    if kind == _DELETED and line_sign == ">":
        return "x"  # the old text stands whole in the line that moved away
    return "-" if kind == _DELETED else "+"


_DELETED = 1
_LINE_SIGNS = {0: " ", 1: "+", 2: "-", 3: " ", 4: "<", 5: ">"}


def read_html(output: str) -> Marked:
    """Read HTML with `ins` and `del` elements as a parser mends it: some tools close tags in the wrong order."""
    segments: Segments = []
    marks = _walk(document_fromstring(f"<html><body>{output}</body></html>"), " ", segments)
    return Marked(segments=merged(segments), marks=marks)


def _walk(element: HtmlElement, sign: str, segments: Segments) -> int:
    """Add an element's text, without its tail; return how many outermost marks are in it."""
    if not isinstance(element.tag, str):  # a comment
        return 0
    inner = {"ins": "+", "del": "-"}.get(element.tag, sign) if sign == " " else sign
    gap = "" if element.tag in _INLINE else " "
    segments.append((inner, gap + (element.text or "")))
    marks = int(inner != sign)
    for child in element:
        marks += _walk(child, inner, segments)
        segments.append((inner, child.tail or ""))
    segments.append((inner, gap))
    return marks


def read_docdiff(output: str) -> Marked:
    return read_html(output[output.index("<body>") + 6 : output.rindex("</body>")])


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
    return Marked(segments=merged(segments), marks=sum(sign in "+-x" for sign, _ in segments))


_INLINE = frozenset("a abbr b cite code del em font i ins kbd q s samp small span strong sub sup tt u var".split())
