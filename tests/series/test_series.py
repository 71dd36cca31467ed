"""What a series holds once its manifests are right."""

import datetime
import os
from pathlib import Path

import pytest

from millesime.problems import ManifestError
from millesime.series.manifest import RedlineAnnex, RegisterAnnex
from millesime.series.series import Series, load_series

REPORT = "title: La ville partagée\nlanguage: fr\n"
EDITION = "date: 2019-07-03\nchapters: [chapters/a.md]\n"


def series(root: Path, *, report: str | bytes = REPORT, **editions: str | bytes) -> Series:
    """Load a series whose editions are given by `e2019="…"`."""
    folder = root / "editions"
    folder.mkdir()
    for name, text in {"report": report, **{name[1:]: text for name, text in editions.items()}}.items():
        (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return load_series(root)


def test_editions_are_sorted_by_date(tmp_path: Path):
    loaded = series(tmp_path, e2018=EDITION.replace("2019", "2020"), e2020=EDITION.replace("2019", "2018"))
    assert [edition.name for edition in loaded.editions] == ["2020", "2018"]


def test_an_edition_takes_from_the_report_what_it_leaves_out(tmp_path: Path):
    report = REPORT + "subtitle: Rapport\nformats: [html]\ncsl: chapters/a.csl\nreader: gfm+smart\n"
    edition = series(tmp_path, report=report, e2019=EDITION).edition("2019")
    assert (edition.title, edition.subtitle, edition.language) == ("La ville partagée", "Rapport", "fr")
    assert (edition.formats, edition.csl, edition.reader) == (("html",), "chapters/a.csl", "gfm+smart")


def test_an_edition_overrides_the_report(tmp_path: Path):
    text = EDITION + "title: The shared city\nsubtitle: S\nlanguage: en-gb\nformats: [docx]\ncsl: b.csl\n"
    edition = series(tmp_path, e2019=text).edition("2019")
    assert (edition.title, edition.subtitle, edition.language) == ("The shared city", "S", "en-GB")
    assert (edition.formats, edition.csl) == (("docx",), "b.csl")


@pytest.mark.parametrize("revision", ["1234567", "12e4567", "0123", "1_234", "true", "2019-07-03", "0x1f"])
def test_a_revision_that_yaml_reads_as_something_else_stays_text(tmp_path: Path, revision: str):
    assert series(tmp_path, e2019=EDITION + f"revision: {revision}\n").edition("2019").revision == revision


def test_norwegian_is_a_language_and_not_false(tmp_path: Path):
    assert series(tmp_path, report=REPORT.replace("fr", "no"), e2019=EDITION).report.language == "no"


def test_an_annex_may_name_an_edition_without_quotes(tmp_path: Path):
    text = EDITION + "annexes: [{redline: 2018, detail: full}, {register: hearings}]\n"
    loaded = series(tmp_path, e2018=EDITION.replace("2019", "2018"), e2019=text)
    redline, register = loaded.edition("2019").annexes
    assert isinstance(redline, RedlineAnnex)
    assert (redline.redline, redline.detail) == ("2018", "full")
    assert isinstance(register, RegisterAnnex)
    assert register.register_name == "hearings"


def test_chapter_entries_come_in_the_order_of_print(tmp_path: Path):
    text = """
date: 2019-07-03
front_matter: [chapters/00.md]
chapters:
  - chapters/01.md
  - part: Le modèle
    chapters:
      - {path: chapters/02.md, id: modele, title: Le modèle, numbered: false}
  - part: Les suites
    chapters: [chapters/03.md]
back_matter:
  - {path: chapters/99.md, numbered: true}
"""
    edition = series(tmp_path, e2019=text).edition("2019")
    assert edition.parts == ("Le modèle", "Les suites")
    seen = [(entry.path, entry.role, entry.part, entry.numbered, entry.where) for entry in edition.chapter_entries]
    assert seen == [
        ("chapters/00.md", "front", None, False, "editions/2019.yaml: front_matter[0].path"),
        ("chapters/01.md", "body", None, True, "editions/2019.yaml: chapters[0].path"),
        ("chapters/02.md", "body", 0, False, "editions/2019.yaml: chapters[1].chapters[0].path"),
        ("chapters/03.md", "body", 1, True, "editions/2019.yaml: chapters[2].chapters[0].path"),
        ("chapters/99.md", "back", None, True, "editions/2019.yaml: back_matter[0].path"),
    ]


def test_nothing_is_numbered_where_the_report_says_so(tmp_path: Path):
    edition = series(tmp_path, report=REPORT + "numbering: false\n", e2019=EDITION).edition("2019")
    assert not edition.chapter_entries[0].numbered


def test_an_unknown_edition_is_refused_with_the_nearest_name(tmp_path: Path):
    loaded = series(tmp_path, e2018=EDITION, e2019=EDITION)
    with pytest.raises(ManifestError, match=r"^editions: no edition named '2091'; did you mean '2019'\?$"):
        loaded.edition("2091")


def test_a_byte_order_mark_and_windows_line_ends_are_welcome(tmp_path: Path):
    edition = series(tmp_path, e2019=b"\xef\xbb\xbf" + EDITION.replace("\n", "\r\n").encode()).edition("2019")
    assert edition.date == datetime.date(2019, 7, 3)


def test_no_break_spaces_in_a_title_stay(tmp_path: Path):
    loaded = series(tmp_path, report="title: >\n  La ville\u202f:\n  un modèle\nlanguage: fr\n", e2019=EDITION)
    assert loaded.report.title == "La ville\u202f: un modèle"


def test_a_missing_folder_is_a_mistake_of_its_own(tmp_path: Path):
    with pytest.raises(ManifestError, match=r"^editions: no such folder; write editions/report\.yaml"):
        load_series(tmp_path)


def test_a_manifest_is_not_read_through_a_link_out_of_the_report(tmp_path: Path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: swordfish\n", encoding="utf-8")
    root = tmp_path / "report"
    root.mkdir()
    with pytest.raises(ManifestError, match="the report") as raised:
        series(root, e2019=EDITION)
        (root / "editions" / "2020.yaml").symlink_to(secret)
        load_series(root)
    assert str(raised.value) == "editions/2020.yaml: a link out of the report; put the manifest itself here"


def test_a_pipe_among_the_manifests_does_not_stop_the_program(tmp_path: Path):
    series(tmp_path, e2019=EDITION)
    os.mkfifo(tmp_path / "editions" / "2020.yaml")
    with pytest.raises(ManifestError, match="this is no file"):
        load_series(tmp_path)


def test_editions_that_differ_in_case_alone_are_refused(tmp_path: Path):
    with pytest.raises(ManifestError, match=r"differs from editions/A\.yaml in case alone"):
        series(tmp_path, eA=EDITION, ea=EDITION)


def test_a_very_large_manifest_is_refused(tmp_path: Path):
    with pytest.raises(ManifestError, match="a manifest holds at most"):
        series(tmp_path, e2019=EDITION + "#" * 1_000_000)


def test_an_edition_without_revision_or_seal_is_in_preparation(tmp_path: Path):
    sealed = EDITION + "seal: {commit: %s, trees: {chapters: %s}}\n" % ("1" * 40, "2" * 40)  # noqa: UP031
    loaded = series(tmp_path, e1=EDITION, e2=EDITION + "revision: v2\n", e3=sealed)
    assert [loaded.edition(name).is_in_preparation for name in "123"] == [True, False, False]


def test_content_paths_name_their_place_in_the_manifest(tmp_path: Path):
    text = EDITION + "annexes: [{chapter: chapters/z.md}]\nbibliography: [refs.bib]\n"
    edition = series(tmp_path, report=REPORT + "csl: a.csl\n", e2019=text).edition("2019")
    assert edition.content_paths == {
        "chapters/a.md": "editions/2019.yaml: chapters[0].path",
        "chapters/z.md": "editions/2019.yaml: annexes[0].chapter",
        "refs.bib": "editions/2019.yaml: bibliography[0]",
        "a.csl": "editions/report.yaml: csl",
    }
