"""Who looks for nodes of some kinds finds all of them, whatever is passed over on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millesime.markup.ast import SPACE, code, div, header, link, nodes_of, para, simple_table, span, string, walk

_LEAVES = st.one_of(
    st.builds(string, st.text("ab", min_size=1)), st.just(SPACE), st.builds(code, st.text("ab")),
    st.just({"t": "LineBreak"}), st.just({"t": "Math", "c": [{"t": "InlineMath"}, "x"]}),
)  # fmt: skip


def _cite(prefix: list, written: list) -> dict:
    citation = {"citationId": "x", "citationPrefix": prefix, "citationMode": {"t": "NormalCitation"}}
    return {"t": "Cite", "c": [[citation], written]}


_INLINES = st.recursive(
    st.lists(_LEAVES, max_size=4),
    lambda inner: st.lists(
        st.one_of(
            _LEAVES,
            st.builds(span, inner),
            st.builds(link, inner, st.just("#x")),
            st.builds(_cite, inner, inner),
            inner.map(lambda inlines: {"t": "Note", "c": [para(*inlines)]}),
        ),
        max_size=4,
    ),
    max_leaves=12,
)
_BLOCKS = st.lists(
    st.one_of(
        _INLINES.map(lambda inlines: para(*inlines)),
        _INLINES.map(lambda inlines: header(2, *inlines)),
        _INLINES.map(lambda inlines: div([para(*inlines), {"t": "CodeBlock", "c": [["", [], []], "x"]}])),
        _INLINES.map(lambda inlines: simple_table([inlines], [[inlines]])),
    ),
    max_size=4,
)
_KINDS = st.sets(st.sampled_from("Str Space Code Math CodeBlock Para Span Link Cite Note Header Div Table".split()))


@given(_BLOCKS, _KINDS)
def test_nodes_of_some_kinds_are_those_that_a_walk_over_all_finds(blocks, kinds):
    expected = [node for node in walk(blocks) if node["t"] in kinds]
    assert [*map(id, nodes_of(blocks, kinds))] == [*map(id, expected)]
