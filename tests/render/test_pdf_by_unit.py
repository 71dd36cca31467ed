"""The book laid out unit by unit is the book laid out in one piece; and what does not change is not laid out again."""

from __future__ import annotations

import dataclasses
import datetime
import pickle
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import page as page_validation
import pikepdf
import pytest

from millesime.assembly.report import Part, Report
from millesime.assembly.theme import read_theme_file
from millesime.markup.ast import header, para, words
from millesime.render.pdf import by_unit, print_report
from millesime.render.pdf.by_unit import print_by_unit
from millesime.render.pdf.engine import environment, internals
from millesime.render.pdf.engine.theme_scope import read_scope
from millesime.render.pdf.layout import UnbindableError
from millesime.render.pdf.margin_boxes import MarginBoxesSource, lay_out_margin_boxes
from millesime.render.pdf.plain import print_plain
from millesime.render.pdf.values.layout_steps import run_here
from millesime.render.pdf.values.pdf_file import PdfFile
from tests.render.builders import SVG, anchored, chapter, markdown, report, sample_report
from tests.render.pdf_facts import facts_of, pictures_of, text_of_pages

WORDS = "Des mots et encore des mots, gouvernance, anticonstitutionnellement partagée et autres. "


def long_text(paragraphs: int) -> str:
    return "\n\n".join(f"Paragraphe {number}. " + WORDS * 6 for number in range(paragraphs))


def everything() -> Report:
    """Return a report with parts, chapters on the right, a landscape table, notes, figures, references and marks."""
    head, cells = "|".join(f"colonne{n}" for n in range(12)), "|".join(f"valeur{n}" for n in range(12))
    wide = f"|{head}|\n|{'---|' * 12}\n|{cells}|\n"
    rows = "\n".join(f"| ligne {number} | {number} |" for number in range(60))
    first = chapter(
        "gouvernance",
        *markdown(
            f"## Une méthode {{#methode}}\n\n{long_text(9)}\n\nVoir [les données](#donnees) et [ceci](#methode)."
        ),
        *markdown(f"Un appel.[^1]\n\n{wide}\n\n{long_text(2)}\n\n[^1]: Une note, avec [un lien](#socle).\n"),
        title="La gouvernance partagée",
        number="1",
        part=0,
    )
    second = chapter(
        "donnees",
        header(2, "Un socle", ident="socle"),
        *markdown(
            f"![Le plan](plan.svg)\n\n{long_text(5)}\n\n| Lieu | Nombre |\n|---|---|\n{rows}\n\n```\nfn main()\n```"
        ),
        anchored("p-socle", para("Voir plus haut.")),
        title="Les données",
        number="2",
        path="donnees.md",
        part=0,
    )
    others = [
        chapter(
            f"suite-{number}",
            *(
                block
                for section in range(7)
                for block in markdown(
                    f"## Section {section} {{#s-{number}-{section}}}\n\n{long_text(1)} [Un](#methode)\n"
                )
            ),
            title=f"Une suite fort longue, au nombre de {number}, qui occupe deux lignes du sommaire",
            number=str(number),
            part=1,
        )
        for number in range(3, 9)
    ]
    annex = dataclasses.replace(sample_report().chapters[-1])
    return report(
        first,
        second,
        *others,
        annex,
        parts=(
            Part(anchor="partie-modele", label="Partie I", number="I", title=tuple(words("Le modèle"))),
            Part(anchor="partie-suite", label="Partie II", number="II", title=tuple(words("La suite"))),
        ),
        images={"plan.svg": SVG},
    )


def themed(style: str, base: Report | None = None) -> Report:
    """Return a report whose theme adds rules to the sheet."""
    base = base or sample_report()
    sheet = read_theme_file("pdf/page.css", {}) + style.encode()
    return dataclasses.replace(base, theme={"pdf/page.css": sheet})


def assert_same(bound: bytes, plain: bytes) -> None:
    found = facts_of(bound)
    for fact, value in facts_of(plain).items():
        assert found[fact] == value, fact


class Counting:
    """Keeps results under their keys, as a cache does, through pickles, as processes do; and counts what it runs."""

    def __init__(self, kept: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self.kept: dict[str, bytes] = {**kept}
        self.ran: Counter[str] = Counter()

    def __call__(self, steps):
        for function, source in steps:
            if source.key not in self.kept:
                self.ran[function.__name__] += 1
                self.kept[source.key] = pickle.dumps(function(pickle.loads(pickle.dumps(source))))
        return [pickle.loads(self.kept[source.key]) for _, source in steps]


@pytest.fixture(scope="module")
def printed() -> tuple[bytes, dict[str, bytes]]:
    """The report unit by unit, and the results of its steps by their keys."""
    run = Counting()
    return print_by_unit(everything(), run=run).content, run.kept


@pytest.fixture(scope="module")
def both(printed: tuple[bytes, dict[str, bytes]]) -> tuple[bytes, bytes]:
    """The same report in one piece, and unit by unit."""
    return print_plain(everything()).content, printed[0]


@pytest.fixture
def run(printed: tuple[bytes, dict[str, bytes]]) -> Counting:
    """What runs steps, and has the results of those of the report."""
    return Counting(printed[1])


# ---- the same book ------------------------------------------------------------


def margin_boxes_source(of: Report, run: Counting) -> MarginBoxesSource:
    """Return what the margin boxes of a report's book are laid out from."""
    found: list[MarginBoxesSource] = []

    def watched(steps):
        found.extend(source for function, source in steps if function is lay_out_margin_boxes)
        return run(steps)

    print_by_unit(of, run=watched)
    return found[-1]


@pytest.mark.parametrize(
    "style",
    [
        "",
        "@page { @top-center { content: 'à demi'; color: #0008 } } @page :left { @top-center { color: #f004 } }",
        "@page { @top-center { content: counter(page); opacity: 0.5; background: linear-gradient(red, blue) } }",
    ],
)
def test_margin_boxes_of_a_page_do_not_depend_on_the_pages_that_they_are_laid_out_with(style, run: Counting):
    source = margin_boxes_source(themed(style, everything()), run)
    together = lay_out_margin_boxes(source)

    def of(*numbers: int) -> list:
        return lay_out_margin_boxes(
            dataclasses.replace(source, pages=tuple(source.pages[number] for number in numbers))
        )

    assert len(source.pages) > 25
    for number in range(0, len(source.pages), 3):
        assert of(number) == [together[number]]
    some = (17, 4, 5, 26, 0, 25, 6)
    assert of(*some) == [together[number] for number in some]


def test_both_paths_give_the_same_book(both):
    assert_same(both[1], both[0])


def test_both_paths_paint_the_same_pages(both, tmp_path: Path):
    numbers = range(1, len(text_of_pages(both[0])) + 1, 3)
    assert pictures_of(both[1], tmp_path, numbers) == pictures_of(both[0], tmp_path, numbers)


def test_the_bound_book_is_sound_and_obeys_pdf_ua(both, tmp_path: Path):
    path = tmp_path / "book.pdf"
    path.write_bytes(both[1])
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = page_validation.validate_pdf(str(path), profile="ua1")
    assert verdict.is_compliant, sorted({failure.rule_id for failure in verdict.failures})


def test_the_bound_book_is_about_as_small(both):
    assert len(both[1]) < len(both[0]) * 1.2


def test_the_same_report_gives_the_same_bytes_through_pickles_and_keys():
    run = Counting()
    first = print_by_unit(sample_report(), run=run).content
    assert print_by_unit(sample_report(), run=run).content == first
    assert print_by_unit(sample_report(), run=run_here).content == first


# ---- what is laid out again ------------------------------------------------------


def test_nothing_is_laid_out_again_for_the_same_report(run: Counting):
    print_by_unit(everything(), run=run)
    assert not run.ran


def test_an_edit_lays_out_its_own_chapter(run: Counting):
    before = everything()
    edited = dataclasses.replace(
        before.chapters[3], blocks=(before.chapters[3].blocks[0], para("Un mot."), *before.chapters[3].blocks[1:])
    )
    after = dataclasses.replace(before, chapters=(*before.chapters[:3], edited, *before.chapters[4:]))
    again = print_by_unit(after, run=run).content
    assert run.ran["lay_out"] == 1
    assert run.ran["lay_out_margin_boxes"] <= 1
    assert facts_of(again)["structure"] == facts_of(print_plain(after).content)["structure"]


def test_chapters_that_stay_are_not_laid_out_again_for_a_later_edition(run: Counting):
    before = everything()
    after = dataclasses.replace(before, imprint=dataclasses.replace(before.imprint, date=datetime.date(2031, 5, 4)))
    assert after.imprint.date != before.imprint.date
    again = print_by_unit(after, run=run).content
    assert run.ran["lay_out"] == 1, "the cover and the imprint"
    assert_same(again, print_plain(after).content)
    assert again == print_by_unit(after, run=run_here).content


def test_a_page_more_moves_the_folios_without_laying_the_chapters_out_again(run: Counting, both, tmp_path: Path):
    before = everything()
    longer = dataclasses.replace(before.chapters[2], blocks=(*before.chapters[2].blocks, *markdown(long_text(5))))
    after = dataclasses.replace(before, chapters=(*before.chapters[:2], longer, *before.chapters[3:]))
    again, plain = print_by_unit(after, run=run).content, print_plain(after).content
    places = [facts_of(content)["destinations"]["suite-8"][0] for content in (both[0], again)]
    assert places[1] == places[0] + 1
    assert run.ran["lay_out"] <= 3  # the chapter, the contents, its part
    assert_same(again, plain)
    numbers = range(1, len(text_of_pages(plain)) + 1, 4)
    assert pictures_of(again, tmp_path, numbers) == pictures_of(plain, tmp_path, numbers)


# ---- sides ------------------------------------------------------------------------


def both_paths_agree(changed: Report) -> None:
    assert_same(print_by_unit(changed, run=run_here).content, print_plain(changed).content)


@pytest.mark.thorough
def test_sides_of_different_width_are_laid_out_for_their_side():
    both_paths_agree(themed("@page :left { margin: 30mm 34mm 34mm 64mm }", everything()))


@pytest.mark.thorough
def test_pages_with_a_background_of_their_side_are_laid_out_for_it():
    both_paths_agree(themed("@page :left { background: #eef } @page :right { background: #fee }", everything()))


@pytest.mark.thorough
def test_a_section_that_begins_on_a_right_hand_page_brings_its_blank_page():
    both_paths_agree(themed(".chapter h2 { break-before: recto }", everything()))


def test_a_chapter_may_send_the_next_one_to_a_right_hand_page():
    both_paths_agree(themed(".chapter { break-after: recto }", everything()))


def test_blank_pages_and_first_pages_have_the_margins_that_the_theme_gives_them():
    both_paths_agree(
        themed(
            "@page :blank { @bottom-center { content: 'vide ' counter(page) ' ' string(chapter) } }"
            "@page :first { @top-center { content: 'première' } }"
            "@page { @top-center { content: string(chapter, last) ' ' string(report) } }"
            ".chapter h2 { string-set: chapter content() }",
            everything(),
        )
    )


@pytest.mark.thorough
def test_references_to_folios_in_the_text_are_laid_out_until_they_rest():
    both_paths_agree(
        themed("a[href^='#']::after { content: ' (p. ' target-counter(attr(href), page) ')' }", everything())
    )


# ---- where it does not go ------------------------------------------------------------


def test_versions_that_were_not_tried_are_laid_out_in_one_piece(monkeypatch):
    found = environment.versions()
    monkeypatch.setattr(by_unit, "versions", lambda: {**found, "weasyprint": "99.0"})
    done = print_report(sample_report())
    assert any("weasyprint 99.0" in note and "in one piece" in note for note in done.notes)
    assert done.content == print_plain(sample_report()).content


def test_known_versions_are_those_installed():
    assert internals.is_known(environment.versions())


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("@page { @bottom-left { content: counter(pages) } }", "counter(pages)"),
        ("@page :nth(2) { margin: 0 }", "@page :nth()"),
        ("h2 { counter-increment: heading }", "the counter 'heading'"),
        ("@page { counter-increment: page 2 }", "counter-increment in @page"),
        (".part { counter-reset: page 7 }", "counter-reset of the counter of pages"),
        ("a::after { content: target-text(attr(href)) }", "target-counter()"),
        (".chapter:nth-of-type(2) { color: red }", "counts or compares sections"),
        (".part + .chapter { color: red }", "counts or compares sections"),
        ("h2 { position: running(head) }", "running elements"),
    ],
)
def test_a_theme_that_looks_beyond_a_unit_is_laid_out_in_one_piece(style, words):
    done = print_report(themed(style))
    assert any(words in note and "in one piece" in note for note in done.notes)


def test_a_chapter_that_runs_on_is_laid_out_in_one_piece():
    done = print_report(themed(".chapter, .chapter.recto { break-before: auto }"))
    assert any("does not begin on a page of its own" in note for note in done.notes)


def test_the_default_theme_can_be_cut():
    scope = read_scope(read_theme_file("pdf/page.css", {}).decode())
    assert scope.obstacles == ()
    assert not scope.sided
    assert scope.folio_attributes == ("data-target",)


def test_a_counter_that_every_chapter_resets_is_no_obstacle():
    assert read_scope(".chapter { counter-reset: footnote heading } h2 { counter-increment: heading }").obstacles == ()


def test_links_that_lead_nowhere_are_dropped_and_told_in_both_paths():
    lost = report(chapter("un", *markdown("Voir [ceci](#nulle-part) et [cela](#un).")))
    plain, bound = print_plain(lost), print_by_unit(lost, run=run_here)
    assert facts_of(bound.content)["links"] == facts_of(plain.content)["links"]
    assert bound.notes == plain.notes


def test_a_unit_says_why_it_cannot_be_bound():
    with pytest.raises(UnbindableError, match="theme"):
        print_by_unit(themed("@page :nth(2) { margin: 0 }"), run=run_here)


def test_a_file_of_very_many_objects_can_be_read(tmp_path: Path):
    file = PdfFile()
    first = file.reserve(70_000)
    file.add_objects((number, b"<</Number %d>>" % number) for number in range(first + 4, first + 70_000))
    file.add_objects([
        (first, b"<</Type /Catalog/Pages %d 0 R/Last %d 0 R>>" % (first + 1, first + 69_999)),
        (first + 1, b"<</Type /Pages/Count 0/Kids []>>"),
        (first + 2, b"<<>>"),
    ])  # fmt: skip
    path = tmp_path / "many.pdf"
    path.write_bytes(file.finish(root=first, information=first + 2, identifier=b"0" * 32))
    with pikepdf.open(path) as pdf:
        assert int(pdf.Root.Last.Number) == first + 69_999
