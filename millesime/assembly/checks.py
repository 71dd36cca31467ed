"""Problems in a chapter's source or in an assembled report, as `check` lists them. Checks change nothing.

Codes are stable and listed in docs/problems.md: R for references, I for
images, S for constructs of other systems, T for characters, H for headings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from millesime.assembly.report import Chapter, Report
from millesime.assembly.skeleton import is_counted
from millesime.assembly.source_checks import code_lines
from millesime.at_work import at_work
from millesime.markup.ast import Node, attr_of, text_of, walk
from millesime.markup.pipe_tables import long_rows
from millesime.problems import Problem, did_you_mean

# Lines of other systems' languages, which pandoc takes for text; they are printed as they stand. Those systems act on
# them in blocks of code as well: only a span of code, `{{#include}}`, shows them.
_CONSTRUCTS = (
    (re.compile(r"\{\{\s*#\w+"), "S001", "an mdBook directive", "write out what it includes"),
    (re.compile(r"^\s*(?:```+|~~~+)\s*\{\w+[ ,}].*"), "S002", "a knitr chunk", "print its result instead of its code"),
    (re.compile(r"\{%-?\s*\w+"), "S003", "a Jekyll or Jinja tag", "write out what it stands for"),
    (re.compile(r"\\@ref\("), "S004", "a bookdown reference", "write a link, `[](#id)`"),
    (
        re.compile(r"^:{3,}\s*\w+\s+[^{\s].*"),
        "S005",
        "a container with a title that pandoc does not know",
        "write `::: {.name}` and the title as a line of text",
    ),
)
# The same of systems that leave blocks of code alone.
_PROSE_CONSTRUCTS = (
    (
        re.compile(r"^\s*(?:>\s*)+\[!\w+\]"),
        "S007",
        "an alert of GitHub's",
        'write `::: {.note title="…"}` around it, and `:::` after it',
    ),
    (re.compile(r"\{\{<\s*/?\w+"), "S008", "a shortcode of Quarto's or Hugo's", "write out what it stands for"),
    (
        re.compile(r"^\s*(?:!!!|\?\?\?\+?)\s+[\w-]+"),
        "S009",
        "an admonition of MkDocs'",
        'write `::: {.note title="…"}` around it, and `:::` after it',
    ),
    (re.compile(r"^\s*===\+?!?\s+[\"“]"), "S009", "a tab of MkDocs'", "write a heading in its place"),
    (re.compile(r"^\s*-{1,2}8<-{1,2}"), "S009", "a snippet of MkDocs'", "write out what it includes"),
    (re.compile(r"^\s*\[TOC\]\s*$"), "S009", "a table of contents of MkDocs'", "delete it: contents are made"),
    (re.compile(r"\{:\s*[.#\w]"), "S009", "an attribute list of MkDocs or kramdown", "write `{.class}` or `{#id}`"),
    (re.compile(r":(?:material|fontawesome|octicons)-[\w-]+:"), "S009", "an icon of MkDocs'", "write a word"),
)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def check_source(path: str, text: str) -> Iterator[Problem]:
    """Yield what stands in a chapter's source and will not print as its author meant."""
    lines = zip(code_lines(text), text.split("\n"), strict=True)  # as pandoc, git and editors count lines
    for number, ((shown, in_code), line) in enumerate(lines, start=1):
        for pattern, code, what, hint in _CONSTRUCTS if in_code else _CONSTRUCTS + _PROSE_CONSTRUCTS:
            if found := pattern.search(shown):
                yield Problem(code, f"{path}:{number}", f"{what} is printed as text: {_short(found[0])}", hint)
        if _BIDI.search(line):
            yield Problem(
                "T001",
                f"{path}:{number}",
                "invisible marks change the direction of the text",
                "remove them, unless the passage is in a right-to-left script",
            )
        found = next((character for character in line.removesuffix("\r") if _is_control(character)), "")
        if found:
            code = f"U+{ord(found):04X}"
            yield Problem(
                "T002",
                f"{path}:{number}",
                f"{code} separates no lines and no paragraphs in print"
                if found in _SEPARATORS
                else f"control character {code} is printed as U+FFFD",
                "end the line instead" if found in _SEPARATORS else "remove it",
            )
    for row in long_rows(text):
        yield Problem(
            "B002", f"{path}:{row.line}",
            f"a row of {row.cells} cells in a table of {row.columns} {'columns' if row.columns > 1 else 'column'}",
            "give the line of dashes below the titles as many columns: `|---|---|`",
        )  # fmt: skip


_SEPARATORS = "\u2028\u2029"


def _is_control(character: str) -> bool:
    return character in _SEPARATORS or unicodedata.category(character) == "Cc" and character not in "\t\r"


def check_report(report: Report) -> Iterator[Problem]:
    """Yield every mark that assembly left for the editor, chapter by chapter."""
    known = known_anchors(report)
    for chapter in report.chapters:
        with at_work(chapter.path or chapter.id, "check it"):
            found = list(check_chapter(chapter, known))
        yield from found


def known_anchors(report: Report) -> list[str]:
    """Return the anchors that an author may have meant: not those of generated annexes, nor any that only count."""
    generated = {chapter.id for chapter in report.chapters if not chapter.path}
    return [
        anchor
        for anchor, chapter in report.anchors.items()
        if chapter not in generated and not is_counted(chapter, [anchor])
    ]


def check_chapter(chapter: Chapter, known: list[str]) -> Iterator[Problem]:
    """Yield the marks of one chapter; `known` are the anchors of the report."""
    if chapter.role == "annex" and not chapter.path:
        return  # a generated annex quotes the chapters; what is wrong in it is reported there
    place = chapter.id
    hints = _MOST_HINTS
    for node in walk([*chapter.title, *chapter.blocks]):
        attributes = attr_of(node)
        if attributes is None:
            continue
        hints -= "unresolved" in attributes[1]
        if attributes[0]:
            place = attributes[0]
        where = f"{chapter.path or chapter.id}#{place}"
        yield from _check_node(node, attributes[1], dict(attributes[2]), where, known if hints >= 0 else [])


_MOST_HINTS = 1000  # names of a chapter for which a like one is looked for: each costs time for every id there is


def _check_node(
    node: Node, classes: list[str], pairs: Mapping[str, str], where: str, known: list[str]
) -> Iterator[Problem]:
    target = pairs.get("target", "")
    if "unresolved" in classes and target.startswith("@"):
        yield Problem("R003", where, f"no bibliography has the key {target!r}", "add it to a file of `bibliography:`")
    elif "unresolved" in classes:
        yield Problem(
            "R002",
            where,
            f"nothing has the id {target.lstrip('#')!r}",
            did_you_mean(target.lstrip("#"), known) or "give the heading or block that id",
            "error",
        )
    elif "outside" in classes:
        yield Problem(
            "R004",
            where,
            f"the link {_short(target)!r} leads to a file that is not in the report",
            "link to a chapter or to a complete address",
        )
    elif "missing-image" in classes and pairs.get("kind"):
        yield Problem(
            "I004",
            where,
            f"{_short(target)!r} is {pairs['kind']}, which is not printed",
            "save it as PNG, JPEG, SVG, GIF or WebP",
            "error",
        )
    elif "missing-image" in classes:
        remote = re.match(r"^[a-z]+:|^//", target, re.IGNORECASE)
        yield Problem(
            "I001",
            where,
            f"image {_short(target)!r} "
            + ("is on another host: nothing is fetched" if remote else "is not in the edition's files"),
            "put the file under version control and name it relative to the chapter",
            "error",
        )
    elif "foreign" in classes:
        yield Problem(
            "S006",
            where,
            f"{pairs.get('format', 'raw')} has no meaning in print and is shown as text: {_short(node['c'][1])}",
            "write it in Markdown",
        )
    elif node["t"] == "Image" and not text_of(node["c"][1]):
        yield Problem(
            "I002",
            where,
            f"image {_short(node['c'][2][0])!r} has no alternative text",
            'describe it between the brackets, `![…](file)`, or with `alt="…"`',
        )


def _short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
