"""Problems in a chapter's Markdown: text that is lost, and signs of Markdown that are printed as text.

pandoc does not complain: a `**` that is never closed, a note that nobody
wrote, a merge that was left half done are text to it. Each is found in the
AST, where code and escaped signs are apart, and told with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from millesime.assembly.sources import ChapterSource, split_title
from millesime.markup.ast import Block, nodes_of, text_of, walk
from millesime.markup.item_numbers import MAX_IN_WORD, numbers_of
from millesime.problems import Problem, did_you_mean

_CONFLICT = re.compile(r"(<{7}|>{7}|\|{7})(?: |$)")
_FENCE = re.compile(r"[\s>]*(`{3,}|~{3,})")
_INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])??\1(?!`)")
_NOTE_CALL = re.compile(r"\[\^([^\]\s]+)\]")
_NOTE_TEXT = re.compile(r" {0,3}\[\^([^\]\s]+)\]:")
_STARS = re.compile(r"(?:^|(?<=[(«\"'\[“]))\*\*(?=[^\W_])|(?<=[^\W\d_])\*\*(?=$|[.,;:!?)»”])")
_ATTRIBUTES = re.compile(r"(?<!\{)\{[#.][^\W\d][^}]*$")
_QUARTO_KEY = re.compile(r"(?:fig|tbl|sec|eq|lst|thm|lem|cor|prp|exm|def)-.+")
_TITLED_CONTAINER = re.compile(r"^\s*:{3,}\s*\w+\s+[^{\s]")


def code_lines(text: str) -> list[tuple[str, bool]]:
    """Return each line without its inline code, and whether it belongs to a fenced code block."""
    out: list[tuple[str, bool]] = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1][0] == fence[0] and len(found[1]) >= len(fence)
            out.append((line, True))
            fence = "" if closes and not line[found.end() :].strip() else fence
        elif found and "`" not in line[found.end() :]:
            fence = found[1]
            out.append((line, True))
        else:
            out.append((_INLINE_CODE.sub(lambda code: "\0" * len(code[0]), line), False))
    return out


def check_conflicts(path: str, text: str) -> Iterator[Problem]:
    """Yield the marks that a merge left in a file: of a conflict that nobody settled."""
    for number, (line, in_code) in enumerate(code_lines(text), start=1):
        if found := _CONFLICT.match(line):
            yield Problem(
                "V001", f"{path}:{number}", f"a conflict of a merge is not settled: {found[1]}",
                "keep one side, and delete the lines of <<<<<<<, ======= and >>>>>>>",
                "warning" if in_code else "error",
            )  # fmt: skip


def check_text(source: ChapterSource, text: str) -> Iterator[Problem]:
    """Yield signs of Markdown that a chapter prints as text, notes without a text or a call, and an empty chapter."""
    lines = code_lines(text)
    yield from _check_notes(source.path, source.document.blocks, lines)
    yield from _check_signs(source.path, source.document.blocks, lines)
    yield from _check_numbers(source.path, source.document.blocks, lines)
    if not _has_content(split_title(source)[1]):
        yield Problem("E001", source.path, "the chapter has no text", "write it, or take it out of the manifest")


def _has_content(blocks: Sequence[Block]) -> bool:
    return bool(text_of(list(blocks), notes=True)) or any(
        node["t"] in ("Image", "RawBlock", "RawInline", "HorizontalRule") and "<!--" not in str(node.get("c"))
        for node in walk(list(blocks))
    )


def _check_notes(path: str, blocks: Sequence[Block], lines: Sequence[tuple[str, bool]]) -> Iterator[Problem]:
    written: dict[str, list[int]] = {}
    called: set[str] = set()
    for number, (line, in_code) in enumerate(lines, start=1):
        if in_code:
            continue
        opened = _NOTE_TEXT.match(line)
        if opened:
            written.setdefault(opened[1], []).append(number)
        called.update(found[1] for found in _NOTE_CALL.finditer(line, opened.end() if opened else 0))
    lost = {found[1] for node in nodes_of(list(blocks), {"Str"}) for found in _NOTE_CALL.finditer(node["c"])}
    for name in sorted(lost):
        if number := line_of(f"[^{name}]", lines):
            hint = did_you_mean(name, written.keys() - called) or f"write it: `[^{name}]: …` at the margin"
            yield Problem("F001", f"{path}:{number}", f"the note [^{name}] has no text", hint, "error")


def _check_signs(path: str, blocks: Sequence[Block], lines: Sequence[tuple[str, bool]]) -> Iterator[Problem]:
    seen: set[tuple[str, int]] = set()
    titled = any(_TITLED_CONTAINER.match(line) for line, in_code in lines if not in_code)  # reported as S005
    for node in nodes_of(list(blocks), {"Str"}):
        text = node["c"]
        if titled and text.startswith(":::"):
            continue
        for name, hint in _signs(text):
            number = line_of(text, lines) or line_of(text.replace("’", "'"), lines)
            if number and (name, number) not in seen:
                seen.add((name, number))
                yield Problem("X001", f"{path}:{number}", f"{name} is printed as text: {text[:40]}", hint)


def _check_numbers(path: str, blocks: Sequence[Block], lines: Sequence[tuple[str, bool]]) -> Iterator[Problem]:
    """Yield the numbers of items that not every format can print, the first of each list."""
    for ordered in nodes_of(list(blocks), {"OrderedList"}):
        numerals = ordered["c"][0][1]["t"]
        least = 0 if numerals in ("Decimal", "DefaultStyle") else 1  # there are no letters for 0
        for item, value in zip(ordered["c"][1], numbers_of(ordered), strict=True):
            if least <= value <= MAX_IN_WORD:
                continue
            word = next((node["c"] for node in nodes_of(item, {"Str"})), "")
            number = line_of(word, lines) if word else None
            yield Problem(
                "S011", f"{path}:{number}" if number else path,
                f"an item has the number {value}, which Word cannot print",
                f"write a `start` and `value` from {least} to {MAX_IN_WORD}, or the number as text",
            )  # fmt: skip
            break


def _signs(text: str) -> Iterator[tuple[str, str]]:
    """Yield (what it is, what to do) for the signs of Markdown in a word of the text."""
    if "**" in text and _STARS.search(text):
        yield "a `**` without its other", "write `**` next to the words at both ends, in one paragraph"
    if "{" in text and _ATTRIBUTES.search(text):
        yield "a `{` that is not closed", "close it: `{#id}`, at the end of a heading, image or fence"
    if text.startswith(("```", "~~~")):
        yield "a code fence without its other", "close it with a line of as many signs"
    if text.startswith(":::") and not text.strip(":"):
        yield "a `:::` without its other", "open the box with `::: {.name}`, with an empty line before it"
    if text.startswith("<!--"):
        yield "a comment that is not closed", "close it: `-->`"


def line_of(fragment: str, lines: Sequence[tuple[str, bool]]) -> int | None:
    """Return the number of the first line that holds a fragment outside code and not behind a backslash."""
    for number, (line, in_code) in enumerate(lines, start=1):
        at = -1 if in_code else line.find(fragment)
        if at >= 0 and not line[:at].endswith("\\"):
            return number
    return None


def check_keys(path: str, blocks: Sequence[Block], text: str, *, keys: Sequence[str]) -> Iterator[Problem]:
    """Yield each bare `@key` that is printed as it stands, once; `keys` are those of the bibliography."""
    lines = code_lines(text)
    seen: set[str] = set()
    for node in nodes_of(list(blocks), {"Cite"}):
        for citation in node["c"][0]:
            key = citation["citationId"]
            if citation["citationMode"]["t"] != "AuthorInText" or key in keys or key in seen:
                continue
            seen.add(key)
            number = line_of(f"@{key}", lines)
            where = f"{path}:{number}" if number else path
            if _QUARTO_KEY.fullmatch(key):
                seen_text = f"a reference of Quarto is printed as text: @{key}"
                yield Problem("S008", where, seen_text, f"write a link: `[](#{key})`")
                continue
            why = "no bibliography has that key" if keys else "the edition has no bibliography"
            hint = did_you_mean(key, keys) or f"add it to a file of `bibliography:`, or write `\\@{key}` for a name"
            yield Problem("R005", where, f"{f'@{key}'!r} is printed as text: {why}", hint)
