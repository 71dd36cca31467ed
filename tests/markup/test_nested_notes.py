"""Notes in notes: placed where they are called, within limits."""

from __future__ import annotations

import pytest

from millesime.limits import DEFAULTS, LimitError
from millesime.markup import nested_notes
from millesime.markup.ast import nodes_of, para, string
from millesime.markup.nested_notes import NestedTooDeep, place_notes
from millesime.markup.pandoc import Source, read_documents


def note(text: str) -> dict:
    return {"t": "Note", "c": [para(string(text))]}


def chained(count: int) -> dict[str, dict]:
    """Return notes each of which calls the next one twice: 2^count of them, if all were placed."""
    return {str(at): note(f"[^{at + 1}]") for at in range(count)} | {str(count): note("fin")}


def test_notes_that_call_one_another_without_end_are_placed_once():
    notes = {"a": note("[^b]"), "b": note("[^a]")}
    (placed,) = place_notes([para(note("[^a]"))], notes, levels=50)
    assert len(nodes_of([placed], {"Note"})) >= 1
    assert "[^a]" in str(placed), "the call that would lead round stays as it is written"


def test_notes_of_a_text_are_placed_up_to_a_number(monkeypatch):
    monkeypatch.setattr(nested_notes, "_MOST", 5)
    called = {"x": note("fin")}
    placed = place_notes([para(note("[^x]")) for _ in range(9)], called, levels=50)
    assert str(placed).count("'fin'") == 5 and str(placed).count("'[^x]'") == 4


def test_notes_over_too_many_levels_are_refused():
    with pytest.raises(NestedTooDeep):
        place_notes([para(note("[^0]"))], chained(30), levels=10)
    text = "Un[^0].\n\n" + "\n\n".join(f"[^{at}]: Note[^{at + 1}]." for at in range(99)) + "\n\n[^99]: Fin.\n"
    with pytest.raises(LimitError, match=r"a\.md: its notes call one another over more than 50 levels"):
        read_documents([Source(path="a.md", content=text.encode())], limits=DEFAULTS)
