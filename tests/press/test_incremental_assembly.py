"""A report assembled out of what an earlier build kept is the report that assembling all gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from millesime.assembly.assemble import Materials, assemble
from millesime.assembly.checks import check_report
from millesime.assembly.report import Report
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Block, Document, bullet_list, div, header, link, para, span, string
from millesime.press.cache.store import Store, open_store
from millesime.press.edition import incremental_assembly
from millesime.press.edition.incremental_assembly import Assembled, assemble_kept
from tests.assembly.builders import chapter, materials
from tests.redline.documents import edited_pairs, figure, image, quote

IMAGE = "chapters/plan.png"
# Names that come near the anchors that blocks get by their count, "a-p2", in chapters `a` and `a-b`.
NAMES = st.sampled_from(["p1", "p2", "a-p1", "a-p2", "b-p1", "a-b-p1", "a-b-p2", "p1-2", "a-p2-2", "x"])
LINKS = NAMES.map(lambda name: f"#{name}") | st.sampled_from(["a.md", "a-b.md#p1", "a.md#a-p2", "#a%2Dp2", "#A_P2"])


@st.composite
def blocks(draw, depth: int = 1) -> Block:
    kinds = ["words", "link", "heading", "name", "box", *(["quote", "list", "figure"] if depth else [])]
    match draw(st.sampled_from(kinds)):
        case "link":
            return para("Voir ", link([], draw(LINKS)), ".")
        case "heading":
            title = draw(NAMES).replace("-", draw(st.sampled_from(["-", " "])))
            return header(draw(st.integers(2, 3)), title, ident=draw(st.just("") | NAMES))
        case "name":
            return para(span([string("ici")], ident=draw(NAMES)))
        case "box":
            inner = draw(st.lists(blocks(depth=0), max_size=2))
            classes = draw(st.sampled_from([[], ["note"], ["recommendation"]]))
            return div(inner, ident=draw(st.just("") | NAMES), classes=classes)
        case "quote":
            return quote(*draw(st.lists(blocks(depth=0), min_size=1, max_size=2)))
        case "list":
            return bullet_list([[draw(blocks(depth=0))]])
        case "figure":
            plan = para(image("plan.png", [string("Plan")]))
            return figure([para("Un plan")], [plan], ident=draw(st.just("") | NAMES))
    return para("Des mots.")


def named(texts: Sequence[list[Block]]) -> list[ChapterSource]:
    paths = ["chapters/a.md", "chapters/a-b.md", "chapters/c.md"]
    return [
        ChapterSource(path=path, document=Document(blocks=[header(1, path[9:-3]), *text]), role="body")
        for path, text in zip(paths, texts, strict=False)
    ]


@st.composite
def near_pairs(draw) -> tuple[list[ChapterSource], list[ChapterSource]]:
    """Two editions, of which one has a block more in one chapter."""
    texts = draw(st.lists(st.lists(blocks(), max_size=4), min_size=2, max_size=3))
    longer = [list(text) for text in texts]
    text = draw(st.sampled_from(longer))
    text.insert(draw(st.integers(0, len(text))), draw(blocks()))
    pair = [named(texts), named(longer)]
    return tuple(pair if draw(st.booleans()) else pair[::-1])


@contextmanager
def stores() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        yield open_store(Path(folder))


@contextmanager
def unwritten() -> Iterator[None]:
    """Leave out what pandoc writes of each chapter, which nothing here depends on."""
    with mock.patch.object(
        incremental_assembly, "keep_fragments", lambda report, jobs: dict.fromkeys(ids(report), b"")
    ):
        yield


def ids(report: Report) -> list[str]:
    return [one.id for one in report.chapters]


def plain(report: Report) -> Report:
    return replace(
        report, fragments={}, chapters=tuple(replace(one, blocks=tuple(one.blocks)) for one in report.chapters)
    )


def assert_whole(made: Materials, found: Assembled) -> None:
    whole = assemble(made)
    assert plain(found.report) == plain(whole)
    assert list(found.problems) == list(check_report(whole))


def made_of(sources: Sequence[ChapterSource]) -> Materials:
    return materials(*sources, images=[IMAGE])


def assert_kept_is_whole(old: Sequence[ChapterSource], new: Sequence[ChapterSource]) -> None:
    with stores() as store, unwritten():
        for sources in (old, new, old):
            assert_whole(made_of(sources), assemble_kept(made_of(sources), store))


@given(near_pairs())
def test_what_is_kept_is_what_is_assembled_where_names_come_near(pair):
    assert_kept_is_whole(*pair)


@given(edited_pairs())
def test_what_is_kept_is_what_is_assembled(pair):
    old, new = (
        [
            ChapterSource(path=f"chapters/{number}.md", document=Document(blocks=list(one.blocks)), role="body")
            for number, one in enumerate(edition)
        ]
        for edition in pair
    )
    assert_kept_is_whole(old, new)


def test_a_paragraph_more_leaves_the_other_chapters_as_they_were():
    texts = ["# Un\n\nDes mots.\n\n## Là\n", "# Deux\n\nVoir [](#là) et [](a.md).\n"]
    with stores() as store:
        assemble_kept(made_of(written(*texts)), store)
        texts[0] = texts[0].replace("## Là", "Un paragraphe de plus.\n\n- Une liste\n\n## Là")
        made = made_of(written(*texts))
        with mock.patch.object(incremental_assembly, "open_chapter", wraps=incremental_assembly.open_chapter) as opened:
            assert_whole(made, assemble_kept(made, store))
    assert [call.args[0].path for call in opened.call_args_list] == ["chapters/a.md"]


def test_a_paragraph_more_is_seen_where_one_behind_it_is_named():
    texts = ["# Un\n\nDes mots.\n\nEt d'autres.\n", "# Deux\n\nVoir [ceci](#a-p3).\n"]
    with stores() as store, unwritten():
        before = assemble_kept(made_of(written(*texts)), store)
        texts[0] += "\nDe plus.\n"
        after = assemble_kept(made_of(written(*texts)), store)
    assert [problem.code for problem in before.problems] == ["R002"]
    assert not after.problems


def written(*texts: str) -> list[ChapterSource]:
    return [chapter(text, path=path) for text, path in zip(texts, ("chapters/a.md", "chapters/b.md"), strict=True)]


def test_chapters_that_say_the_same_are_kept_apart():
    sources = written("# À venir\n\nDes mots.\n", "# À venir\n\nDes mots.\n")
    assert_kept_is_whole(sources, sources)
