"""What our redline marks, in the two forms it has, and whether both editions come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.redline.words import count_runs, outermost_marks, plain_text, signed_segments
from millesime.markup.normalise import equality_key, normalise
from millesime.redline.compare import compare
from millesime.redline.exact_document import to_ast
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import ChapterText, Redline
from millesime.redline.reading.readers_view import for_readers
from millesime.redline.reading.word_counts import count_redline


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of our redline: as readers see it, or the exact AST."""

    marked: int  # words inserted and deleted; moves left out
    marks: int  # outermost insertions, deletions and moves
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    readers: Form
    exact: Form
    chapters_exact: tuple[int, int]  # that come back exactly, of both editions' chapters


def describe_ours(old: Sequence[ChapterText], new: Sequence[ChapterText]) -> Ours:
    redline = compare(old, new)
    exact = to_ast(redline)
    readers = for_readers(exact)
    figures = count_redline(redline)
    inserted_or_deleted = [inside for mark, inside in outermost_marks(exact) if mark in ("insertion", "deletion")]
    return Ours(
        readers=_form(readers, figures.words_inserted + figures.words_deleted),
        exact=_form(exact, sum(len(plain_text(inside).split()) for inside in inserted_or_deleted)),
        chapters_exact=_chapters_exact(redline, old, new),
    )


def _form(blocks: list, marked: int) -> Form:
    return Form(marked=marked, marks=len(outermost_marks(blocks)), runs=count_runs(signed_segments(blocks)))


def _chapters_exact(redline: Redline, old: Sequence[ChapterText], new: Sequence[ChapterText]) -> tuple[int, int]:
    come_back = 0
    for edition, found in ((old, reject_all(redline)), (new, accept_all(redline))):
        for chapter in edition:
            mine = found.get(chapter.path)
            come_back += mine is not None and equality_key(mine) == equality_key(normalise(chapter.blocks))
    return come_back, len(old) + len(new)
