"""Golden cases: folders of tests/cases/redline, each `old.md`, `new.md` and what a person would sign.

A file may hold several chapters: a line `<!-- chapter: PATH -->` begins each.
`pytest --update-golden` rewrites `expected.txt`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from millesime.markup.ast import text_of
from millesime.markup.normalise import equality_key, normalise
from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.critic import write_markdown
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import ChapterText
from millesime.redline.summary import write_summary

CASES = Path(__file__).parent.parent / "cases" / "redline"
FILES = {"old.md", "new.md", "expected.txt"}
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


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str, update_golden: bool) -> None:
    folder = CASES / case
    orphans = {path.name for path in folder.iterdir()} - FILES
    assert not orphans, f"{folder}: not part of a case: {sorted(orphans)}"
    old, new = read_edition(folder / "old.md"), read_edition(folder / "new.md")
    redline = compare(old, new)
    for taken, edition in ((accept_all(redline), new), (reject_all(redline), old)):
        assert {path: equality_key(blocks) for path, blocks in taken.items()} == {
            chapter.path: equality_key(normalise(chapter.blocks)) for chapter in edition
        }
    found = f"{write_summary(redline)}\n{write_markdown(redline)}".rstrip() + "\n"
    expected = folder / "expected.txt"
    if update_golden:
        expected.write_text(found, encoding="utf-8")
    assert expected.exists(), f"{expected}: missing; look at the case and run pytest --update-golden"
    assert found == expected.read_text(encoding="utf-8")
