"""Notes below a block of an older edition's page that say what later editions made of the block.

    <p class="trace told">
    <span class="trace-what">Reformulé dans l'édition 2019.</span>
    <a href="../2020/x.html#x-p3">Lire dans l'édition 2020</a>
    <a href="../passages/x.html#v-2018-x-p2">Toutes les versions</a>
    </p>

Only what changed is shown at all times (`told`); the others show for the
reader who came by the block's own address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from millesime.render.conform import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What became of one block after its edition."""

    events: tuple[tuple[str, str], ...] = ()  # (state, name of the edition) for each later edition that changed it
    withdrawn: str = ""  # the first edition that has it no more
    edition: str = ""  # the latest one that has it, if that is a later one
    href: str = ""  # its place there
    passage: str = ""  # its place among the passages that are shown in all their versions

    @property
    def told(self) -> bool:
        return bool(self.events or self.withdrawn)


def add_traces(root: Element, traces: Mapping[str, Trace], labels: Mapping[str, str]) -> None:
    """Put what became of each block below it, in a chapter's tree; `traces` are by the block's id."""
    for element in list(root.iterdescendants()):
        trace = traces.get(element.get("id") or "") if isinstance(element.tag, str) else None
        if trace is not None:
            note = _note(trace, labels)
            note.tail, element.tail = element.tail, None
            element.addnext(note)


def sentences(trace: Trace, labels: Mapping[str, str]) -> Sequence[str]:
    """Return what became of a block, "Reformulé dans l'édition 2019."."""
    found = [labels[f"trace_{state}"].replace("{edition}", edition) for state, edition in trace.events]
    if trace.withdrawn:
        found.append(labels["trace_withdrawn"].replace("{edition}", trace.withdrawn))
    if not found and trace.edition:
        found.append(labels["trace_same"].replace("{edition}", trace.edition))
    return found


def _note(trace: Trace, labels: Mapping[str, str]) -> Element:
    note = etree.Element(
        "p", {"class": "trace told" if trace.told else "trace", "role": "note", "data-pagefind-ignore": ""}
    )
    what = etree.SubElement(note, "span", {"class": "trace-what"})
    what.text = " ".join(sentences(trace, labels))
    if trace.href:
        _link(note, trace.href, labels["trace_read"].replace("{edition}", trace.edition))
    if trace.passage:
        _link(note, trace.passage, labels["trace_follow"])
    return note


def _link(note: Element, href: str, text: str) -> None:
    note[-1].tail = " "
    etree.SubElement(note, "a", {"href": href}).text = text
