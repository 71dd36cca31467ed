"""The book: cut to a number of pages as an edition in preparation, whole as three editions, and edited."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.corpora.books import clone_book

DRAFT = "draft"  # the name of the edition in preparation
WORDS_PER_PAGE = 380  # of the Rust book as we print it
_SHORTEST = 20  # words of a paragraph that is edited
_MARKER = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The first chapters of a book, in the working tree of a repository, listed by one manifest."""

    root: Path
    chapters: tuple[str, ...]  # paths, in order


def cut_book(bundle: Path, folder: Path, *, pages: int | None) -> Cut:
    """Return the newest edition's first chapters that have about so many pages; all of them for None."""
    folder.mkdir(parents=True)
    root = clone_book(bundle.parent, bundle.stem, folder)
    newest = max(_git(root, "tag", "--list", "edition-*").split())
    _git(root, "checkout", "--quiet", newest)
    for manifest in (root / "editions").glob("[0-9]*.yaml"):
        manifest.unlink()
    chapters = list(dict.fromkeys(line for line in (root / "order.txt").read_text("utf-8").splitlines() if line))
    if pages is not None:
        chapters = list(_first(root, chapters, words=pages * WORDS_PER_PAGE))
    lines = [f"date: {_git(root, 'log', '-1', '--format=%as', newest).strip()}", "chapters:"]
    lines += [f'  - "{path}"' for path in chapters]
    (root / f"editions/{DRAFT}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Cut(root=root, chapters=tuple(chapters))


def _first(root: Path, chapters: list[str], *, words: int) -> Iterator[str]:
    for path in chapters:
        if words <= 0:
            return
        yield path
        words -= len((root / path).read_text("utf-8").split())


def check_out_editions(root: Path, folder: Path) -> dict[str, tuple[Path, list[str]]]:
    """Return each edition of a repository of `clone_book`: a folder with its files, and its chapters' paths."""
    found = {}
    for tag in _git(root, "tag", "--list", "edition-*").split():
        place = folder / tag
        subprocess.run(["git", "clone", "--quiet", "--branch", tag, root, place], check=True, capture_output=True)
        chapters = dict.fromkeys(line for line in (place / "order.txt").read_text("utf-8").splitlines() if line)
        found[tag.removeprefix("edition-")] = (place, list(chapters))
    return found


def prepare_edits(cut: Cut) -> None:
    """Write a word of our own into one paragraph of the middle chapter, for `edit_word` to change."""
    middle = len(cut.chapters) // 2
    for path in cut.chapters[middle:]:
        file = cut.root / path
        text = file.read_text("utf-8")
        if paragraphs := list(plain_paragraphs(text)):
            first, blank, rest = (paragraph := paragraphs[len(paragraphs) // 2]).partition(" ")
            file.write_text(text.replace(paragraph, f"{first} {_MARKER}0{blank}{rest}", 1), "utf-8", newline="")
            return
    raise ValueError(f"{cut.root}: no paragraph of {_SHORTEST} words behind its middle")


def edit_word(cut: Cut, *, turn: int) -> None:
    """Change that word into one as long, each turn another, so that no page is begun or spared."""
    for path in cut.chapters:
        file = cut.root / path
        text = file.read_text("utf-8")
        if f"{_MARKER}{turn}" in text:
            file.write_text(text.replace(f"{_MARKER}{turn}", f"{_MARKER}{turn + 1}"), "utf-8", newline="")
            return
    raise ValueError(f"{cut.root}: the paragraph to be edited is not there")


def add_page(cut: Cut, *, turn: int) -> None:
    """Write a page more to the end of the first chapter: paragraphs of the book, other ones each turn."""
    file = cut.root / cut.chapters[0]
    found = [
        one
        for path in cut.chapters[1:]
        for one in plain_paragraphs((cut.root / path).read_text("utf-8"))
        if _MARKER not in one
    ]
    page: list[str] = []
    for paragraph in found[turn * 20 :] + found:
        page.append(paragraph)
        if sum(len(one.split()) for one in page) >= 1.2 * WORDS_PER_PAGE:
            break
    file.write_text("\n\n".join([file.read_text("utf-8").rstrip("\n"), *page]) + "\n", "utf-8", newline="")


def plain_paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a Markdown text that begin with a letter and have enough words, code left out."""
    in_code = False
    for block in text.split("\n\n"):
        fences = sum(line.lstrip().startswith(("```", "~~~")) for line in block.splitlines())
        if not in_code and not fences and block[:1].isalpha() and len(block.split()) >= _SHORTEST:
            yield block
        in_code ^= fences % 2 == 1


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout
