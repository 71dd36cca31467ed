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
        (b"- &a {id: x}\n- *a", "[1].id: 'x' is the id of entry [0] as well"),
        (b"- !!python/object:os.system {id: x}", "line 1"),
        (b"- {id: a, date: 1, date: 2}", "[0].date: written twice"),
        (b"- {id: [a]}", "[0]: an id that is no text"),
        (b"- {id: a}\n- b\n- {id: ~}", "[1]: an entry without an id"),
        (b"- {id: a}\n- b\n- {id: ~}", "[2]: an entry without an id"),
    ],
)
def test_what_is_no_register_is_refused_by_name(content: bytes, said: str):
    with pytest.raises(MarkupError) as refused:
        read_register(content, "chapters/registers/hearings.yaml")
    assert str(refused.value).startswith("chapters/registers/hearings.yaml:") and said in str(refused.value)


SCALARS = ["01000", "10:30", "on", "off", "yes", "No", "true", "False", "010", "8", "0x1F", "0o17", "1e3", "1.50",
           "2018-02-30", "2018-02-06", "2018-02-06 10:30:00", "1_000", "+33", ".inf", ".NaN", "=", "12e4567",
           "9" * 5000, "1:59:59"]  # fmt: skip


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_is_the_text_that_was_written(scalar: str):
    (entry,) = read_register(f"- id: A-1\n  note: {scalar}\n  list: [{scalar}]\n".encode(), "a.yaml")
    assert entry == {"id": "A-1", "note": scalar, "list": scalar}


def test_ids_and_keys_are_the_text_that_was_written():
    entries = read_register(b"- {id: 010, on: x}\n- {id: 8, 1: y}\n- {id: 0o10, no: z}\n", "a.yaml")
    assert entries == [{"id": "010", "on": "x"}, {"id": "8", "1": "y"}, {"id": "0o10", "no": "z"}]


def test_nothing_is_printed_for_an_empty_scalar_and_quoted_null_is_a_word():
    assert read_register(b"- {id: a, b: , c: ~, d: null, e: 'null'}", "a.yaml") == [
        {"id": "a", "b": "", "c": "", "d": "", "e": "null"}]  # fmt: skip


def test_an_alias_stands_for_what_it_names():
    assert read_register(b"- {id: a, b: &b Mairie}\n- {id: c, b: *b}", "a.yaml")[1] == {"id": "c", "b": "Mairie"}
