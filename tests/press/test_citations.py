"""Citations in redlines: what is struck is set from the old edition's bibliography, and stays out of the new one's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from millesime.assembly.report import Report
from millesime.history.repository import find_repository
from millesime.markup.ast import text_of, walk
from millesime.press.compare.comparison import compare_manuscripts, redline_report, tracked_report
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.series.series import load_series
from tests.support import make_repository

OLD_WORKS = """
@book{ostrom, author={Ostrom, Elinor}, title={Governing the Commons}, year=1990}
@book{hardin, author={Hardin, Garrett}, title={The Tragedy}, year=1968}
@book{sen, author={Sen, Amartya}, title={Choice}, year=1970}
"""
NEW_WORKS = """
@book{ostrom, author={Ostrom, Elinor}, title={Governing the Commons, revised}, year=2015}
@book{sen, author={Sen, Amartya}, title={Choice}, year=1970}
@book{coase, author={Coase, Ronald}, title={The Problem}, year=1960}
"""
OLD = (
    "# Le commun\n\nLa ville gère ses puits sans règle, comme on le croyait jadis [@hardin, p. 3; @sen].\n\n"
    "Une règle locale suffit à qui la fait lui-même, dit un livre [@ostrom].\n\n"
    "Un dernier paragraphe cite un livre qui reste [@ostrom] et un inconnu [@perdu].\n"
)
NEW = (
    "# Le commun\n\nLa ville gère ses puits sans règle, comme on le croyait jadis.\n\n"
    "Une règle locale suffit à qui la fait lui-même, dit un livre [@coase].\n\n"
    "Un dernier paragraphe cite un livre qui reste [@ostrom].\n"
)
MANIFEST = "date: {date}\nrevision: '{revision}'\nchapters: [commun.md]\nbibliography: [works.bib]\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_repository(tmp_path_factory.mktemp("cited"))
    report = {"editions/report.yaml": "title: Commun\nlanguage: fr\n"}
    first = made.commit({"commun.md": OLD, "works.bib": OLD_WORKS, **report})
    second = made.commit({"commun.md": NEW, "works.bib": NEW_WORKS})
    made.commit({
        "editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision=first),
        "editions/2019.yaml": MANIFEST.format(date="2019-07-03", revision=second) + 'annexes: [{redline: "2018"}]\n',
    })  # fmt: skip
    return Workspace(load_series(made.root), find_repository(made.root))


def struck(report: Report) -> str:
    marks = [
        node
        for chapter in report.chapters
        for node in walk(list(chapter.blocks))
        if node["t"] in ("Span", "Div") and "deletion" in node["c"][0][1]
    ]
    return " | ".join(text_of(node["c"][1], notes=True) for node in marks)


def cited_works(report: Report) -> str:
    return next(text_of(list(one.blocks)) for one in report.chapters if one.id == "bibliography")


def test_a_struck_citation_reads_as_the_old_edition_printed_it(workspace: Workspace):
    told = struck(assemble_edition(workspace, "2019"))
    assert "Hardin" in told and "1968" in told and "@hardin" not in told
    assert "1990" in told and "2015" not in told  # both know the key: struck is the old book
    assert "[@perdu]" in told  # the old edition did not know it either


def test_struck_citations_bring_no_work_into_the_bibliography(workspace: Workspace):
    works = cited_works(assemble_edition(workspace, "2019"))
    assert "Coase" in works and "2015" in works
    # The new bibliography still knows Sen, and cites him no longer.
    assert not any(name in works for name in ("Hardin", "1990", "Sen"))


def test_struck_citations_lead_nowhere_that_is_not_in_the_report(workspace: Workspace):
    report = assemble_edition(workspace, "2019")
    links = {node["c"][2][0] for one in report.chapters for node in walk(list(one.blocks)) if node["t"] == "Link"}
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(report.anchors)


@pytest.mark.parametrize("tracked", [False, True])
def test_a_comparison_sets_the_citations_of_both_sides(workspace: Workspace, tracked: bool):
    old, new = workspace.manuscript("2018"), workspace.manuscript("2019")
    redline = compare_manuscripts(workspace, old, new)
    if tracked:
        report = tracked_report(redline, old, new, series=workspace.series)
    else:
        report = redline_report(redline, old, new, series=workspace.series, full=False)
    told = " ".join(text_of(list(chapter.blocks), notes=True) for chapter in report.chapters)
    assert "1968" in struck(report) and "1990" in struck(report)
    assert "1960" in told and "2015" in told and "@coase" not in told
    assert "bibliography" not in [chapter.id for chapter in report.chapters]


def test_a_comparison_without_a_bibliography_shows_citations_as_written(workspace: Workspace):
    old, new = workspace.manuscript("2018"), workspace.manuscript("2019")
    redline = compare_manuscripts(workspace, old, new)
    manifest = old.edition.manifest.model_copy(update={"bibliography": ("missing.bib",)})
    bare = replace(old, edition=replace(old.edition, manifest=manifest))
    assert "[@hardin" in struck(redline_report(redline, bare, new, series=workspace.series, full=False))
