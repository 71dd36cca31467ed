"""The books: each pair of yearly editions, read once, and written as every tool wants to read it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from bench.redline.outputs import input_words
from bench.redline.words import plain_text, shortest_edit
from millesime.markup.ast import text_of
from millesime.markup.pandoc import Source, read_documents, write_texts
from millesime.redline.compare import compare
from millesime.redline.model import ChapterText


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chapter of one edition, in every form that a tool reads."""

    source: bytes
    text: str  # one paragraph a line
    html: str
    parsed: ChapterText


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two editions of a book that follow each other; chapters in reading order."""

    book: str
    old_tag: str
    new_tag: str
    old: tuple[Chapter, ...]
    new: tuple[Chapter, ...]
    matched: tuple[tuple[Chapter, Chapter], ...]  # chapters that both editions have, whole
    old_aligned: tuple[Chapter, ...]  # the old ones, each where the new edition has its like

    @property
    def name(self) -> str:
        return f"{self.book} {self.old_tag.removeprefix('edition-')} → {self.new_tag.removeprefix('edition-')}"

    @property
    def pages(self) -> int:
        """Return the pages of the new edition, of 350 words."""
        return round(sum(len(chapter.text.split()) for chapter in self.new) / 350)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Two texts to compare, as files `old.*` and `new.*` of a folder, and their shortest edit script."""

    folder: Path
    name: str
    words: int  # of the new text
    shortest: Mapping[str, int]  # words of a shortest edit script, by what is compared: `txt`, `html`

    def path(self, side: str, form: str) -> Path:
        return self.folder / f"{side}.{form}"


def read_pairs(bundle: Path, folder: Path) -> list[Pair]:
    """Return the pairs of a book's editions; `folder` is for the clone."""
    clone = folder / bundle.stem
    _git("clone", "--quiet", "--no-checkout", str(bundle), str(clone))
    tags = sorted(_git("-C", str(clone), "tag", "--list", "edition-*").decode().split())
    editions = {tag: _read_edition(clone, tag) for tag in tags}
    return [_pair(bundle.stem, editions, old, new) for old, new in pairwise(tags)]


def _read_edition(clone: Path, tag: str) -> tuple[Chapter, ...]:
    order = _git("-C", str(clone), "show", f"{tag}:order.txt").decode()
    paths = [line for line in order.splitlines() if line.strip()]
    sources = [Source(path=path, content=_git("-C", str(clone), "show", f"{tag}:{path}")) for path in paths]
    read = [document.blocks for document in read_documents(sources)]
    return tuple(
        Chapter(
            source=source.content,
            text="\n".join(filter(None, (" ".join(line.split()) for line in plain_text(blocks).splitlines()))) + "\n",
            html=html,
            parsed=ChapterText(path=source.path, id=Path(source.path).stem, title=_title(blocks), blocks=blocks),
        )
        for source, blocks, html in zip(sources, read, write_texts(read, to="html"), strict=True)
    )


def _title(blocks) -> str:
    return next((text_of(block["c"][2]) for block in blocks if block["t"] == "Header"), "")


def _pair(book: str, editions, old_tag: str, new_tag: str) -> Pair:
    old, new = editions[old_tag], editions[new_tag]
    redline = compare([chapter.parsed for chapter in old], [chapter.parsed for chapter in new])
    both = [change for change in redline.chapters if change.old and change.new]
    first_places = dict.fromkeys(change.old.index for change in redline.chapters if change.old)
    return Pair(
        book=book,
        old_tag=old_tag,
        new_tag=new_tag,
        old=old,
        new=new,
        matched=tuple((old[c.old.index], new[c.new.index]) for c in both if not (c.split or c.merged)),
        old_aligned=tuple(old[index] for index in first_places),
    )


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout


def whole_book(pair: Pair, folder: Path) -> Job:
    """Return the job of comparing the whole editions.

    A chapter that moved is no work for the peers, nor for the shortest edit
    script: they are given the old chapters in the order of the new edition. We
    are given them in their own.
    """
    job = _write_job(folder / "whole", pair.name, pair.old_aligned, pair.new)
    job.path("old", "json").write_text(FORMS["json"](pair.old), encoding="utf-8")
    return job


def edited_chapters(pair: Pair, folder: Path) -> list[Job]:
    """Return a job for each chapter that both editions have with different words, in reading order."""
    edited = [(old, new) for old, new in pair.matched if old.text.split() != new.text.split()]
    return [
        _write_job(folder / f"chapter-{number}", new.parsed.path, [old], [new])
        for number, (old, new) in enumerate(edited, 1)
    ]


def typical_chapter(jobs: Sequence[Job]) -> Job:
    """Return the edited chapter with the median number of changed words (the lower of two)."""
    return sorted(jobs, key=lambda job: job.shortest["txt"])[(len(jobs) - 1) // 2]


def leading_part(jobs: Sequence[Job], *, share: float) -> list[Job]:
    """Return the first chapters that hold a share of all words."""
    enough = share * sum(job.words for job in jobs)
    taken: list[Job] = []
    for job in jobs:
        if sum(before.words for before in taken) >= enough:
            break
        taken.append(job)
    return taken


def with_one_edit(job: Job) -> None:
    """Write the new edition with one paragraph of its middle chapter edited, as form `edited.json`."""
    chapters = json.loads(job.path("new", "json").read_text("utf-8"))
    for chapter in chapters[len(chapters) // 2 :]:
        paragraph = next((block for block in chapter["blocks"] if block["t"] == "Para"), None)
        if paragraph is not None:
            paragraph["c"] = [{"t": "Str", "c": "Edited"}, {"t": "Space"}, *paragraph["c"]]
            break
    job.path("edited", "json").write_text(json.dumps(chapters), encoding="utf-8")


# What each file of a job holds: a function from chapters to text.
FORMS: dict[str, Callable[[Sequence[Chapter]], str]] = {
    "txt": lambda chapters: "".join(chapter.text for chapter in chapters),
    "html": lambda chapters: "\n".join(chapter.html for chapter in chapters),
    "md": lambda chapters: "\n\n".join(chapter.source.decode("utf-8-sig") for chapter in chapters),
    "json": lambda chapters: json.dumps([asdict(chapter.parsed) for chapter in chapters]),
    "sources": lambda chapters: json.dumps([chapter.source.decode("utf-8") for chapter in chapters]),
}


def _write_job(folder: Path, name: str, old: Sequence[Chapter], new: Sequence[Chapter]) -> Job:
    folder.mkdir(parents=True)
    for side, chapters in (("old", old), ("new", new)):
        for form, write in FORMS.items():
            (folder / f"{side}.{form}").write_text(write(chapters), encoding="utf-8", newline="")
    texts = {form: (FORMS[form](old), FORMS[form](new)) for form in ("txt", "html")}
    shortest = {
        form: shortest_edit(input_words(before, form, "old"), input_words(after, form, "new"))
        for form, (before, after) in texts.items()
    }
    return Job(folder=folder, name=name, words=len(texts["txt"][1].split()), shortest=shortest)
