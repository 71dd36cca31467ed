"""The laws on three real books, each year on the next; runs where MILLESIME_CORPORA names the folder of bundles."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from millesime.markup.ast import text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import ChapterText

BOOKS = {
    "cnil-guide-rgpd": ("edition-2020", "edition-2021", "edition-2022"),
    "noaa-soe-tech-doc": ("edition-2023", "edition-2024", "edition-2025"),
    "rust-book": ("edition-2023", "edition-2024", "edition-2025"),
}


LARGE = pytest.param("rust-book", marks=pytest.mark.thorough)


@pytest.mark.parametrize("book", ["cnil-guide-rgpd", "noaa-soe-tech-doc", LARGE])
def test_every_chapter_of_a_book_comes_back(book: str, corpora: Path, tmp_path: Path) -> None:
    clone = tmp_path / book
    _git("clone", "--quiet", "--no-checkout", str(corpora / f"{book}.bundle"), str(clone))
    editions = [_read(clone, tag) for tag in BOOKS[book]]
    for old, new in pairwise(editions):
        redline = compare(old, new)
        assert not redline.is_empty
        assert _keys(accept_all(redline)) == _texts(new)
        assert _keys(reject_all(redline)) == _texts(old)
    assert compare(editions[0], editions[0]).is_empty


def _read(clone: Path, tag: str) -> list[ChapterText]:
    order = _git("-C", str(clone), "show", f"{tag}:order.txt").decode()
    sources = [
        Source(path=path, content=_git("-C", str(clone), "show", f"{tag}:{path}"))
        for path in order.splitlines()
        if path.strip()
    ]
    return [
        ChapterText(path=source.path, id=Path(source.path).stem, title=_title(document.blocks), blocks=document.blocks)
        for source, document in zip(sources, read_documents(sources), strict=True)
    ]


def _title(blocks) -> str:
    return next((text_of(block["c"][2]) for block in blocks if block["t"] == "Header"), "")


def _texts(edition):
    return _keys({chapter.path: normalise(chapter.blocks) for chapter in edition})


def _keys(by_path):
    return {path: equality_key(blocks) for path, blocks in by_path.items()}


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout
