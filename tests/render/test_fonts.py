"""The faces every format prints in."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from millesime.problems import EngineError
from millesime.render import fonts
from millesime.render.fonts import SANS, SERIF, STYLES, font_file, font_licence, print_font, web_font

FACES = [(family, weight, style) for family in (SERIF, SANS) for weight in (400, 600, 700) for style in STYLES]


@pytest.mark.parametrize("face", FACES, ids=str)
def test_every_face_of_the_theme_has_a_file(face):
    assert font_file(*face).suffix == ".ttf"


@pytest.mark.parametrize("make", [print_font, web_font])
@pytest.mark.parametrize("face", FACES, ids=str)
def test_french_spaces_and_signs_are_in_the_face(face, make):
    characters = TTFont(BytesIO(make(*face))).getBestCmap()
    assert [sign for sign in "\u202f\u00a0\u2009\u2011«»’“”–—…éèçœŒÉ≤≥×€" if ord(sign) not in characters] == []


def test_the_narrow_space_is_empty_and_narrower_than_a_word_space():
    font = TTFont(BytesIO(print_font(SERIF)))
    characters, widths = font.getBestCmap(), font["hmtx"]
    assert 0 < widths[characters[0x202F]][0] < widths[characters[0x20]][0]
    assert font["glyf"][characters[0x202F]].numberOfContours == 0


@pytest.mark.parametrize("make", [print_font, web_font])
def test_completed_files_do_not_bear_the_reserved_name(make):
    names = TTFont(BytesIO(make(SERIF, 600, "italic")))["name"].names
    assert not [record for record in names if record.nameID in (1, 4, 6, 16) and "Source" in record.toUnicode()]


@pytest.mark.parametrize("family", [SERIF, SANS])
def test_a_face_for_pages_names_itself_and_its_licence_and_nothing_that_was_cut(family):
    names = TTFont(BytesIO(web_font(family)))["name"]
    assert {record.nameID for record in names.names} == {0, 1, 2, 3, 4, 5, 6, 13, 14}
    assert "SIL Open Font License" in names.getDebugName(13)


def test_a_face_is_made_of_the_same_bytes_each_time():
    again = print_font.__wrapped__, web_font.__wrapped__
    assert [make(SANS, 400, "italic") for make in again] == [
        print_font(SANS, 400, "italic"),
        web_font(SANS, 400, "italic"),
    ]


def test_the_licence_is_at_hand():
    assert "SIL Open Font License" in font_licence(SERIF)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(fonts.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install font-source-serif-pro"):
        font_file(SERIF)
