"""The gallery of redlines: the golden cases as a page that shows what each kind of change looks like.

`make gallery` writes docs/gallery.md from tests/cases/redline: a folder holds
`old.md`, `new.md`, `expected.txt` and `case.yaml`, which says what a reader
should see. `wanted.yaml` beside the folders lists the cases whose redline is
not yet what they expect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "redline"
PAGE = ROOT / "docs" / "gallery.md"
FILES = {"old.md", "new.md", "expected.txt", "case.yaml"}
KEYS = {"group", "shows"}
GROUPS = {
    "chapters": "Chapters",
    "blocks": "Blocks",
    "words": "Words",
    "typography": "Typography",
    "tables": "Tables",
    "lists": "Lists",
    "notes-links-images-citations": "Notes, links, images, citations",
    "code-maths-raw": "Code, formulas, raw code, attributes",
    "nothing": "What is no change",
}
_HEAD = """\
# Gallery of redlines

{count} small changes, and the redline of each as Markdown with its summary: what `millesime compare --to md` and
the terminal print. Each is a golden case, a test that fails where a redline is no longer what is shown here. The rules
behind them are in [redline.md](redline.md).{wanted}

This page is made from `tests/cases/redline` by `make gallery`; a test fails where it is not.

## How to read it

The marks are [CriticMarkup](https://criticmarkup.com).

| mark | says |
| --- | --- |
| `{{++text++}}` | inserted |
| `{{--text--}}` | deleted |
| `{{--text--}}{{>>moved from here: move-1<<}}` | stood here |
| `{{++text++}}{{>>moved here: move-1<<}}` | stands here now: the other end of the same move |
| `{{>>was: …<<}}`, `{{>>added: …<<}}`, `{{>>removed: …<<}}` | what was edited in a text that moved |
| `text{{>>formatting<<}}` | the words stay, what they are set in changed |
| `(link {{--old--}} {{++new++}})` | what changed beside the words: the old value and the new one |
| `{{--¶--}}`, `{{++¶++}}` | two paragraphs were joined, or one was split |
| a `diff` block | code, by lines |
| `{{>>renamed, edited: old.md → new.md<<}}` | what became of the chapter that follows |
| `[…]` | unchanged text that is left out |

Above the marks stands the summary: a line for each changed chapter with the words that were inserted (`+`), deleted
(`−`) and moved (`~`), then the total. A case without a chapter line has one chapter, `chapters/one.md`. On this page
`·` at the end of a line stands for a space, and `⍽` for a no-break space.

## How to add a case

1. Make a folder in `tests/cases/redline`, named after what happens: `table-row-moved`.
2. Write `old.md` and `new.md`, a few lines each. Where there are several chapters, a line `<!-- chapter: PATH -->`
   begins each.
3. Write `case.yaml`, with two keys: `shows`, a sentence that says what a reader should see, and `group`, one of
   {groups}.
4. Run `pytest tests/redline/test_golden.py --update-golden`, and read `expected.txt`. Would you sign it?
5. If not, write into it what should come out, and a line into `tests/cases/redline/wanted.yaml`: the case's name, and
   what is wrong. It waits there until the redline is mended; the test then asks for the line to be taken out.
6. Run `make gallery`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One folder of tests/cases/redline, as the page shows it."""

    name: str
    group: str  # a key of GROUPS
    shows: str  # one sentence: what a reader should see
    old: str
    new: str
    expected: str
    wanting: str  # what is wrong with today's redline, or ""


def case_names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())


def read_wanted() -> dict[str, str]:
    """Return the cases whose redline is not yet what they expect, each with what is wrong."""
    path = CASES / "wanted.yaml"
    wanted = yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}
    unknown = sorted(set(wanted) - set(case_names()))
    assert not unknown, f"{path}: no case named {unknown[0]!r}"
    return wanted


def read_case(name: str, *, wanting: str = "") -> Case:
    """Return the case of one folder; an AssertionError says what is wrong with the folder."""
    folder = CASES / name
    names = {path.name for path in folder.iterdir()}
    assert names <= FILES, f"{folder}: not part of a case: {sorted(names - FILES)}"
    missing = FILES - names - {"expected.txt"}
    assert not missing, f"{folder}: {sorted(missing)[0]} is missing; see docs/gallery.md, how to add a case"
    said = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    assert isinstance(said, dict) and set(said) == KEYS, f"{folder}/case.yaml: has to have the keys {sorted(KEYS)}"
    group, shows = said["group"], said["shows"]
    assert group in GROUPS, f"{folder}/case.yaml: group: {group!r} is none of {', '.join(GROUPS)}"
    assert isinstance(shows, str) and shows.endswith("."), f"{folder}/case.yaml: shows: {shows!r} is not a sentence"
    expected = folder / "expected.txt"
    assert expected.exists(), f"{expected}: missing; look at the case and run pytest --update-golden"
    old, new, found = ((folder / file).read_bytes().decode("utf-8") for file in ("old.md", "new.md", "expected.txt"))
    return Case(name=name, group=group, shows=shows, old=old, new=new, expected=found, wanting=wanting)


def gallery(cases: Sequence[Case]) -> str:
    """Return the page."""
    waiting = sum(bool(case.wanting) for case in cases)
    wanted = f"\n\n{waiting} of them show what is wanted and does not come out yet; they say so." if waiting else ""
    groups = ", ".join(f"`{group}`" for group in GROUPS)
    parts = [_HEAD.format(count=len(cases), groups=groups, wanted=wanted)]
    contents = ["| group | cases |", "| --- | --- |"]
    for group, title in GROUPS.items():
        names = ", ".join(f"[{case.name}](#{case.name})" for case in cases if case.group == group)
        contents.append(f"| [{title}](#{_anchor(title)}) | {names} |")
    parts.append("## The cases\n\n" + "\n".join(contents) + "\n")
    for group, title in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_section(case) for case in cases if case.group == group]
    return "\n".join(parts)


def _section(case: Case) -> str:
    lines = [f"### {case.name}\n\n{case.shows}\n"]
    if case.wanting:
        lines.append(f"**Not so yet:** {case.wanting}. Below is what is wanted.\n")
    if case.old == case.new:
        lines.append(f"Both:\n\n{_fenced(case.old, 'markdown')}\n")
    else:
        lines.append(f"Old:\n\n{_fenced(case.old, 'markdown')}\n")
        lines.append(f"New:\n\n{_fenced(case.new, 'markdown')}\n")
    lines.append(f"Redline:\n\n{_fenced(case.expected, 'text')}\n")
    return "\n".join(lines)


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{_visible(text)}{fence}"


def _visible(text: str) -> str:
    """Return a source with line ends as here, and signs for the spaces that cannot be seen."""
    lines = text.replace("\r\n", "\n").splitlines()
    shown = [line.rstrip(" ") + "·" * (len(line) - len(line.rstrip(" "))) for line in lines]
    return "".join(f"{line}\n" for line in shown).translate({0xA0: "⍽", 0x202F: "⍽"}) or "(empty)\n"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def read_cases() -> list[Case]:
    wanted = read_wanted()
    return [read_case(name, wanting=wanted.get(name, "")) for name in case_names()]


if __name__ == "__main__":
    PAGE.write_text(gallery(read_cases()), encoding="utf-8")
