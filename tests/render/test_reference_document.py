"""The theme's styles for Word: read as numbers, and refused with a place where a report's own are wrong."""

from __future__ import annotations

import pytest
import yaml

from millesime.assembly.theme import read_theme_file
from millesime.problems import ManifestError
from millesime.render.docx.reference_document import _settings, reference_document

NAME = "docx/styles.yaml"
DEFAULT = read_theme_file(NAME).decode()


def test_the_default_styles_are_what_yaml_reads():
    wanted = yaml.safe_load(DEFAULT)
    for style in (wanted["styles"] | {"text": wanted["text"]}).values():
        style |= {key: str(style[key]) for key in ("color", "shade", "left_rule") if key in style}
    assert _settings({}) == wanted


def test_a_style_of_a_report_s_own_is_taken():
    own = DEFAULT.replace("styles:", "styles:\n  MyStyle: {name: My Style, size: 12, bold: true}", 1)
    assert b"reference" not in reference_document({NAME: own.encode()}, language="fr")[:4]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fonts:", "fonts: [", r"templates/docx/styles\.yaml: line \d+, column \d+: "),
        ("size: 30,", "size: grand,", r"templates/docx/styles\.yaml: styles\.Title\.size: 'grand' is no number; "),
        (
            "bold: true",
            "bold: oui",
            r"templates/docx/styles\.yaml: styles\.Title\.bold: 'oui' is no flag",
        ),
        ("width_mm: 210", "width: 210", r"templates/docx/styles\.yaml: page\.width_mm: missing; "),
        ("color: 1d4e5f", "color: blue", r"templates/docx/styles\.yaml: styles\.Title\.color: 'blue' is no colour; "),
        (
            "{font: text, size: 30",
            "{font: tex, size: 30",
            r"styles\.Title\.font: 'tex' is none of `fonts`",
        ),
        (DEFAULT, "- a", r"templates/docx/styles\.yaml: a list where settings belong"),
        (DEFAULT, "", r"templates/docx/styles\.yaml: nothing where settings belong"),
        ("Title: {", "Title: x\n  Other: {", r"styles\.Title: 'x' where settings belong"),
    ],
)
def test_broken_styles_are_the_editors_mistake_with_a_place(old: str, new: str, said: str):
    with pytest.raises(ManifestError, match=said) as refused:
        reference_document({NAME: DEFAULT.replace(old, new, 1).encode()}, language="fr")
    assert refused.value.exit_status == 3
