"""The contents of a report, as lines with addresses: for pages and for e-readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from millesime.assembly.report import Chapter, Part, Report, Section
from millesime.render.templates import bare_title

Address = Callable[[str], str | None]  # anchor → link; None: it is nowhere in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the contents."""

    href: str
    label: str  # "Chapitre 4", "4.2" or ""
    title: Markup
    entries: tuple[Entry, ...] = ()

    @property
    def text(self) -> str:
        """The line without markup."""
        title = bare_title(self.title)
        return f"{self.label}. {title}" if self.label else title


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A part, or neighbouring chapters that stand in none."""

    part: Part | None
    label: str
    title: Markup
    chapters: tuple[tuple[Chapter, Entry], ...]


def list_contents(
    report: Report, titles: Mapping[str, Markup], *, address: Address, depth: int, annexes: str
) -> list[Group]:
    """Return the chapters by part, in order; front matter, annexes and back matter stand apart.

    `address` turns an anchor into a link; sections go down to headings of
    level `depth`; `annexes` is the title over the annexes.
    """
    groups: list[tuple[object, list[tuple[Chapter, Entry]]]] = []
    for chapter in report.chapters:
        key = chapter.part if chapter.part is not None else chapter.role
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        groups[-1][1].append((chapter, chapter_entry(chapter, titles, address=address, depth=depth)))
    return [_group(report, key, tuple(chapters), titles, annexes) for key, chapters in groups]


def chapter_entry(chapter: Chapter, titles: Mapping[str, Markup], *, address: Address, depth: int) -> Entry:
    """Return a chapter's line, with its sections below it."""
    return Entry(
        href=address(chapter.id),
        label=chapter.label,
        title=titles[chapter.id],
        entries=list_sections(chapter.sections, titles, address=address, depth=depth),
    )


def list_sections(
    sections: tuple[Section, ...], titles: Mapping[str, Markup], *, address: Address, depth: int
) -> tuple[Entry, ...]:
    """Return the lines of sections down to headings of level `depth`, but for those without words or place."""
    return tuple(
        Entry(
            href=address(section.anchor),
            label=section.number,
            title=titles[section.anchor],
            entries=list_sections(section.sections, titles, address=address, depth=depth),
        )
        for section in sections
        if section.level <= depth and address(section.anchor) and titles[section.anchor].striptags().strip()
    )


def opening_part(report: Report, index: int) -> Part | None:
    """Return the part that opens before a chapter, if one does."""
    part = report.chapters[index].part
    if part is None or index and report.chapters[index - 1].part == part:
        return None
    return report.parts[part]


def _group(
    report: Report, key: object, chapters: tuple[tuple[Chapter, Entry], ...], titles: Mapping[str, Markup], annexes: str
) -> Group:
    if isinstance(key, int):
        part = report.parts[key]
        return Group(part=part, label=part.label, title=titles[part.anchor], chapters=chapters)
    return Group(part=None, label="", title=Markup.escape(annexes if key == "annex" else ""), chapters=chapters)
