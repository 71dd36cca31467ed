"""Golden cases: folders of tests/cases/redline, each `old.md`, `new.md` and what a person would sign.

A file may hold several chapters: a line `<!-- chapter: PATH -->` begins each.
`case.yaml` says what a reader should see. `pytest --update-golden` rewrites
`expected.txt`, save where `wanted.yaml` says that the redline is to be mended.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from millesime.markup.ast import text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import ChapterText, Redline
from millesime.redline.outputs.criticmarkup import write_markdown
from millesime.redline.outputs.terminal import write_summary
from tests.redline.gallery import CASES, case_names, read_case, read_wanted

WANTED = read_wanted()
_CHAPTER = re.compile(rb"<!-- chapter: (.+?) -->\r?\n")


def read_edition(path: Path) -> list[ChapterText]:
    parts = _CHAPTER.split(path.read_bytes())
    named = list(zip(parts[1::2], parts[2::2], strict=True)) or [(b"chapters/one.md", parts[0])]
    sources = [Source(path=name.decode(), content=content) for name, content in named]
    return [
        ChapterText(path=source.path, id=Path(source.path).stem, title=_title(document.blocks), blocks=document.blocks)
        for source, document in zip(sources, read_documents(sources), strict=True)
    ]


def _title(blocks) -> str:
    return next((text_of(block["c"][2]) for block in blocks if block["t"] == "Header"), "")


@pytest.mark.parametrize("name", case_names())
def test_case(name: str, update_golden: bool) -> None:
    folder = CASES / name
    redline = compare(read_edition(folder / "old.md"), read_edition(folder / "new.md"))
    found = f"{write_summary(redline)}\n{write_markdown(redline)}".rstrip() + "\n"
    if update_golden and name not in WANTED:
        (folder / "expected.txt").write_text(found, encoding="utf-8")
    expected = read_case(name).expected
    if name in WANTED:
        assert found != expected, f"{CASES / 'wanted.yaml'}: {name} is as wanted now: take its line out"
        pytest.xfail(WANTED[name])
    assert found == expected


@pytest.mark.parametrize("name", case_names())
def test_laws_hold_in_both_directions(name: str) -> None:
    old, new = read_edition(CASES / name / "old.md"), read_edition(CASES / name / "new.md")
    _assert_lossless(compare(old, new), old, new)
    _assert_lossless(compare(new, old), new, old)
    assert compare(old, old).is_empty
    assert compare(new, new).is_empty


def _assert_lossless(redline: Redline, old: list[ChapterText], new: list[ChapterText]) -> None:
    for taken, edition in ((accept_all(redline), new), (reject_all(redline), old)):
        assert {path: equality_key(blocks) for path, blocks in taken.items()} == {
            chapter.path: equality_key(normalise(chapter.blocks)) for chapter in edition
        }
