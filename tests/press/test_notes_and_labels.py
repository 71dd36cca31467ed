"""Words that notes, locators and labels hold, from the files of a report to its text."""

from __future__ import annotations

from pathlib import Path

from millesime.assembly.inner_notes import settle_notes
from millesime.markup.ast import SPACE, nodes_of, para, text_of
from tests.assembly.builders import chapter, report
from tests.security.artifacts import assemble, write_report

WORK = "@book{ostrom, author={Ostrom, Elinor}, title={Governing}, date={1990}}"


def text(*sources, **settings) -> str:
    return text_of(list(report(*sources, **settings).chapters[0].blocks), notes=True)


def test_a_key_of_the_bibliography_at_the_head_of_a_note_is_a_citation_in_the_whole_chapter(tmp_path: Path):
    files = {
        "chapters/a.md": "# Un\n\n## Selon @ostrom\n\nAppel[^a] et @ostrom.\n\n[^a]: @ostrom. Texte.\n",
        "chapters/r.bib": WORK,
    }
    manifest = "chapters: [chapters/a.md]\nbibliography: [chapters/r.bib]"
    found = assemble(write_report(tmp_path, files, manifest=manifest)).chapters[0]
    said = text_of(list(found.blocks), notes=True)
    assert said.count("Ostrom (1990)") == 3 and "Ostrom (1990). Texte." in said.replace("\u00a0", " ")
    assert not nodes_of(list(found.blocks), {"OrderedList"})
    assert "Ostrom" in text_of(list(found.sections[0].title))


def test_a_label_that_no_bibliography_has_stays_an_example(tmp_path: Path):
    files = {
        "chapters/a.md": "# Un\n\n(@ostrom) Un cas.\n\nVoir (@ostrom).\n",
        "chapters/r.bib": WORK.replace("os", "as"),
    }
    manifest = "chapters: [chapters/a.md]\nbibliography: [chapters/r.bib]"
    found = assemble(write_report(tmp_path, files, manifest=manifest)).chapters[0]
    assert nodes_of(list(found.blocks), {"OrderedList"}) and "Voir (1)." in text_of(list(found.blocks))


def test_a_note_in_a_note_stands_there_in_brackets():
    assert "Outer [lost] goes on." in text(chapter("# T\n\nx[^a]\n\n[^a]: Outer^[lost] goes on.\n"))
    inner = {"t": "Note", "c": [para("Inner:"), {"t": "BulletList", "c": [[para("point")]]}]}
    (settled,) = settle_notes([para("x", {"t": "Note", "c": [para("Outer", inner, SPACE, "goes on.")]})])
    assert text_of(settled, notes=True) == "xOuter [a] goes on. [a] Inner: point"


def test_a_note_that_a_note_calls_stands_there_in_brackets():
    source = "# T\n\nx[^a]\n\n[^a]: Outer[^b] goes on[^c]. [^rien]\n\n[^b]: Inner[^c]\n\n    - point\n\n[^c]: Deep.\n"
    said = text(chapter(source)).replace("\u00a0", " ")
    assert said == "xOuter [a] goes on[^c]. [^rien] [a] Inner [Deep.] point"


def test_notes_that_call_one_another_end():
    chain = "".join(f"[^n{number}]: Q{number}Q[^n{number + 1}][^n{number + 1}]\n\n" for number in range(40))
    said = text(chapter("# T\n\nx[^n0][^a]\n\n[^a]: A[^b]\n\n[^b]: B[^a]\n\n" + chain))
    assert all(said.count(f"Q{number}Q") == 1 for number in range(40)) and "B" in said


def test_a_note_in_a_description_is_called_behind_the_picture_and_once_in_a_figure():
    source = (
        "# T\n\na ![plan^[note une]](p.png) b\n\n![légende^[note deux]](p.png)\n\n![*l*^[note trois]](p.png){alt=x}\n"
    )
    said = text(chapter(source), images=["chapters/p.png"])
    assert [said.count(f"note {word}") for word in ("une", "deux", "trois")] == [1, 1, 1]


def test_a_locator_keeps_its_note_and_its_citation():
    source = "# T\n\n[@ostrom, 12^[dans la note] suite]\n\n[@ostrom, voir [@ostrom] et suite]\n"
    said = text(chapter(source), bibliography=WORK)
    assert "dans la note" in said and said.count("suite") == 2 and said.count("Ostrom 1990") == 3


def test_a_citation_in_the_title_of_a_chapter_is_set_and_its_note_kept():
    source = "# Selon @ostrom *vraiment^[note du titre]*\n\nTexte.\n"
    found = report(chapter(source), bibliography=WORK).chapters[0]
    assert text_of(list(found.title)) == "Selon Ostrom (1990) vraiment"
    assert "note du titre" in text_of(list(found.blocks), notes=True)
