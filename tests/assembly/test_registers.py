"""Registers: read with care, printed as a table with an anchor for each entry."""

from __future__ import annotations

import pytest

from millesime.assembly.registers import read_register, register_annex
from millesime.assembly.theme import load_labels
from millesime.markup.ast import text_of
from millesime.problems import MarkupError
from tests.assembly.builders import chapter, report

HEARINGS = b"- id: A-001\n  date: 2018-02-06\n  sector: political\n  institution: Mairie\n- {id: A-002, note: [a, b]}\n"


def test_a_register_is_printed_with_all_its_keys():
    entries = read_register(HEARINGS, "hearings.yaml")
    annex = register_annex(entries, name="hearings", title="", labels=load_labels("fr"))
    built = report(chapter("# T\n\n[voir](#a-001)"), annex)
    text = text_of(list(built.chapters[1].blocks))
    for word in ("Secteur", "Acteurs politiques", "Mairie", "2018-02-06", "a, b", "A-002"):
        assert word in text
    assert built.anchors["a-001"] == "register-hearings" and built.chapters[1].label == "Annexe\u00a0A"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1", "no list of entries"),
        (b"- x: 1", "[0]: an entry without an id"),
        (b"- id: a\n- id: a", "[1].id: 'a' is the id of entry [0] as well"),
        (b"- id: [", "line 1"),
        (b"- &a {id: x}\n- *a", "alias"),
        (b"- !!python/object:os.system {id: x}", "line 1"),
    ],
)
def test_what_is_no_register_is_refused_by_name(content: bytes, said: str):
    with pytest.raises(MarkupError) as refused:
        read_register(content, "chapters/registers/hearings.yaml")
    assert str(refused.value).startswith("chapters/registers/hearings.yaml:") and said in str(refused.value)
