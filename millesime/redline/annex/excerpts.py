"""The changed passages of one chapter as an annex prints them, each with links to its place in both editions.

What moved is shown in full where it stands now; its old place says so in a
line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby

from millesime.assembly.outline import without_notes
from millesime.assembly.sources import slug
from millesime.markup.ast import (
    SPACE,
    Block,
    Inline,
    Node,
    attr_of,
    bullet_list,
    div,
    link,
    nodes_of,
    para,
    plain,
    rewrite,
    span,
    string,
    text_of,
    with_attr,
    words,
)
from millesime.redline.annex.foreign_tags import tell_tags
from millesime.redline.annex.quoted import quote_chapter
from millesime.redline.annex.reasons import Provenance, tell_reasons
from millesime.redline.annex.sections import count_told
from millesime.redline.annex.shortened import is_marked, shorten
from millesime.redline.annex.side import Place, Side
from millesime.redline.annex.wording import counted, fill, joined, numbered, opening, shown_kinds, word_balance
from millesime.redline.exact_document import blocks_ast
from millesime.redline.marks import classes_of, mark_of, moves_in
from millesime.redline.model import (
    DELETION,
    EDITED,
    INSERTION,
    KEPT,
    MOVED_FROM,
    MOVED_TO,
    BlockChange,
    ChapterChange,
    Move,
    Redline,
)
from millesime.redline.reading.passages import passages
from millesime.redline.reading.readers_view import DETAIL, for_readers
from millesime.redline.text.words import count_words

CONTEXT = 1  # unchanged blocks on either side of a passage
CHANGE_KIND = "change-kind"  # class of the line that says what happened to the chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What every line of a chapter's passages needs."""

    chapter: ChapterChange
    old: Side
    new: Side
    labels: Mapping[str, str]
    language: str
    full: bool
    linked: bool
    moves: Mapping[str, Move]
    reached: Set[str] | None
    provenance: Provenance | None
    named: set[str] = field(default_factory=set)  # moves that have their anchor
    where: list[Block] = field(default_factory=list)  # the line above the passage before


def annex_chapter(
    chapter: ChapterChange,
    *,
    old: Side,
    new: Side,
    labels: Mapping[str, str],
    full: bool,
    linked: bool = True,
    context: int = CONTEXT,
    language: str = "fr",
    moves: Mapping[str, Move] | None = None,
    reached: Set[str] | None = None,
    provenance: Provenance | None = None,
) -> tuple[list[Inline], list[Block]]:
    """Return the title of a changed chapter as the annex gives it, and its changed passages.

    `full` shows the whole chapter, unchanged text included; `linked` points to
    the chapter and its sections, where they are in the same report: a new one
    is then named by its sections, for it can be read there. `context` is how
    many unchanged blocks stand on either side of a passage; `moves` are the
    redline's, for what came from another chapter; `reached` those of which the
    new place is shown in one of the chapters, None for all.
    """
    setting = _Setting(
        chapter=chapter, old=old, new=new, labels=labels, language=language, full=full, linked=linked,
        moves=moves or {}, reached=reached, provenance=provenance,
    )  # fmt: skip
    place = _chapter_place(setting)
    title = numbered(place.number, place.title) if place else words(chapter.title)
    out: list[Block] = [div([para(*_chapter_line(setting))], classes=[CHANGE_KIND])]
    if chapter.inserted and linked and not full:
        out += _contents(setting)
    elif full:
        out += _shown(setting, chapter.blocks)
    else:
        runs = _by_section(chapter, context)
        shared = _shared_reasons(setting, runs)
        out += shared
        for run in runs:
            out += _passage(setting, run, reasoned=not shared)
    if provenance is not None:
        rest = provenance.rest(chapter)
        out += tell_reasons(rest, provenance, labels=labels, language=language, heading=labels["annex_why_chapter"])
    return title, out


def tracked_chapter(chapter: ChapterChange, *, old: Side) -> tuple[list[Inline], list[Block]]:
    """Return a chapter whole, its title and its text, with nothing said beside the changes.

    For Word's tracked changes: who accepts all has the new text, who rejects
    all the old one, save for what docs/comparing.md names. The title is the text's own heading, if it has one.
    """
    marked = for_readers(blocks_ast(chapter.blocks), whole=True, details=False, tracked=True)
    title, rest = _own_title(quote_chapter(marked, chapter, old_name=old.name, with_headings=True))
    return title or _listed_title(chapter), rest


def _listed_title(chapter: ChapterChange) -> list[Inline]:
    """The title of a chapter whose text has none, marked as a heading of the text would be."""
    old, new = (words(place.title) if place else [] for place in (chapter.old, chapter.new))
    if old == new:
        return new
    sides = ((DELETION, old), (INSERTION, new))
    return [span(inlines, classes=[mark]) for mark, inlines in sides if inlines]


def _own_title(blocks: list[Block]) -> tuple[list[Inline], list[Block]]:
    """Take the first heading out of marked blocks: one, or the old one and the new one, each in its mark."""
    title: list[Inline] = []
    rest = list(blocks)
    for place, block in enumerate(blocks[:2]):
        if block["t"] == "Header" and block["c"][0] == 1 and not title:
            return block["c"][2], blocks[:place] + blocks[place + 1 :]
        inner = block["c"][1] if mark_of(block) else []
        if not inner or inner[0]["t"] != "Header" or inner[0]["c"][0] != 1:
            break
        title.append(span(inner[0]["c"][2], classes=[mark_of(block)]))
        rest[place] = div(inner[1:], classes=block["c"][0][1], pairs=block["c"][0][2])
    return title, [block for block in rest if not (block["t"] == "Div" and not block["c"][1])]


def moves_reached(redline: Redline, *, full: bool) -> Set[str]:
    """Return the moves of which an annex shows the new place; of a new chapter it lists the sections alone."""
    shown = [chapter for chapter in redline.chapters if full or not chapter.inserted]
    return {
        name
        for chapter in shown
        for change in chapter.blocks
        for name in ([change.move] if change.kind == MOVED_TO else moves_in(change.merged, MOVED_TO))
    }


def move_anchor(desk_name: str, move: str) -> str:
    """Return the id by which the new place of a move is found in the annex against an edition."""
    return slug(f"redline-{desk_name}-{move}")


def _chapter_place(setting: _Setting) -> Place | None:
    chapter = setting.chapter
    return setting.new.place(chapter.new.path) if chapter.new else setting.old.place(chapter.old.path)


def _chapter_line(setting: _Setting) -> list[Inline]:
    """ "Remanié (+12 −3 mots). Lire le chapitre. Édition 2018 : chapitre 3."""
    chapter, labels = setting.chapter, setting.labels
    what = joined(labels, shown_kinds(chapter))
    balance = word_balance(count_told(chapter.blocks), setting.language)
    if balance:
        what += f" ({fill(labels['annex_balance'], balance=balance)})"
    line = words(what[:1].upper() + what[1:] + ".")
    if chapter.retitled and chapter.old:
        line += [SPACE, *words(fill(labels["annex_was_titled"], title=chapter.old.title))]
    if chapter.new and setting.linked:
        line += [SPACE, link(words(labels["annex_see"]), f"#{chapter.new.id}"), string(".")]
    before = setting.old.place(chapter.old.path) if chapter.old else None
    if before and (
        setting.old.address or (chapter.new and before.number != setting.new.numbers().get(chapter.new.path))
    ):
        line += [SPACE, *_old_place(setting, before, titled=chapter.new is None or chapter.retitled), string(".")]
    return line


def _contents(setting: _Setting) -> list[Block]:
    """The sections of a new chapter, linked."""
    sections = [place for place in setting.new.places.get(setting.chapter.new.path, ())[1:] if place.level == 2]
    items = [[plain(link(numbered(place.number, place.short), place.target))] for place in sections]
    return [bullet_list(items)] if items else []


# ---- passages ----------------------------------------------------------------


def _by_section(chapter: ChapterChange, context: int) -> list[Sequence[BlockChange]]:
    """Return the changed passages, parted where a section begins; what is new or gone whole stays one."""
    out: list[Sequence[BlockChange]] = []
    for passage in passages(chapter, context=context):
        if chapter.inserted or chapter.deleted:
            out.append(passage.changes)
            continue
        at = 0
        changes = passage.changes
        for place, change in enumerate(changes):
            if place > at and _opens_section(change, changes[place - 1]):
                out.append(changes[at:place])
                at = place
        out.append(changes[at:])
    return [run for run in out if any(change.told for change in run)]


def _opens_section(change: BlockChange, previous: BlockChange) -> bool:
    block = change.new or change.old
    if block is None or block["t"] != "Header":
        return False
    return change.kind in (KEPT, EDITED) or (change.kind, change.move) != (previous.kind, previous.move)


def _shared_reasons(setting: _Setting, runs: Sequence[Sequence[BlockChange]]) -> list[Block]:
    """The reasons, said once where all passages of a chapter have the same."""
    if setting.provenance is None or len(runs) < 2:
        return []
    found = [setting.provenance.behind(setting.chapter, run) for run in runs]
    if any(reasons != found[0] for reasons in found):
        return []
    return tell_reasons(found[0], setting.provenance, labels=setting.labels, language=setting.language)


def _passage(setting: _Setting, run: Sequence[BlockChange], *, reasoned: bool) -> list[Block]:
    """A passage: where it stands, the marked text, and why."""
    if all(change.kind == MOVED_FROM or not change.told for change in run):
        run = [change for change in run if change.told]
    run = [change for change in run if change.told or not _is_blank(change.new)]
    heading = not run[0].told and run[0].new is not None and run[0].new["t"] == "Header"
    shown = _shown(setting, run[1:] if heading else run)
    if not is_marked(shown) and not any(change.kind == MOVED_FROM for change in run):
        return []  # a closing tag, or what shows in no edition
    where = _where(setting, run, titled=not _shows_heading(run))
    inner = shown if where == setting.where else where + shown
    setting.where[:] = where
    if setting.provenance is not None and reasoned:
        reasons = setting.provenance.behind(setting.chapter, run)
        inner += tell_reasons(reasons, setting.provenance, labels=setting.labels, language=setting.language)
    return [div(inner, classes=["passage"])]


def _is_blank(block: Block | None) -> bool:
    """Whether a block shows nothing: some sources write `<br>` for a distance."""
    pictured = block is not None and bool(nodes_of([block], {"Image", "Math"}))
    return block is None or not (pictured or text_of(block).strip())


def _shows_heading(run: Sequence[BlockChange]) -> bool:
    block = run[0].new or run[0].old
    return run[0].told and block is not None and block["t"] == "Header"


def _where(setting: _Setting, run: Sequence[BlockChange], *, titled: bool) -> list[Block]:
    """The line above a passage: its section in the new edition, linked, and in the old one."""
    chapter = setting.chapter
    if chapter.inserted or chapter.deleted:
        return []
    changed = [change for change in run if change.told]
    after = _first_place(setting.new, chapter.new.path, [c.new_index for c in run if c.kind != MOVED_FROM])
    before = _first_place(setting.old, chapter.old.path, [c.old_index for c in run if c.kind != MOVED_TO])
    line: list[Inline] = []
    if after and after.index >= 0:
        shown = (
            numbered(after.number, after.short)
            if titled or not after.number
            else words(fill(setting.labels["annex_section"], number=after.number))
        )
        line += [link(shown, after.target)] if setting.linked else shown
    if before and before.index >= 0 and _tells(setting, before, after):
        titled_before = after is None or after.text != before.text
        old = _old_place(setting, before, titled=titled_before and not any(c.new is None for c in changed[:1]))
        line += [*([string(" · ")] if line else []), *old]
    return [div([para(*line)], classes=["passage-trail"])] if line else []


def _tells(setting: _Setting, before: Place, after: Place | None) -> bool:
    """Whether the old place is worth a word: it has an address, or another number or title."""
    return bool(setting.old.address) or after is None or (before.number, before.text) != (after.number, after.text)


def _first_place(side: Side, path: str, indices: Sequence[int | None]) -> Place | None:
    index = next((index for index in indices if index is not None), None)
    return None if index is None else side.place(path, index)


def _old_place(setting: _Setting, place: Place, *, titled: bool = False) -> list[Inline]:
    """ "Édition 2018 : 3.2 Its title", linked where the old edition has an address."""
    named = fill(setting.labels["annex_edition"], name=setting.old.name)
    if place.index < 0:
        where = words(f"{setting.labels['chapter'].lower()} {place.number}" if place.number else place.text)
    else:
        where = numbered(place.number, place.short if titled else "")
    if titled or place.number:
        line = [*words(fill(setting.labels["annex_in_edition"], edition=named)), SPACE, *without_notes(where)]
    else:
        line = words(named)
    target = setting.old.link(place)
    return [link(line, target)] if target else line


# ---- marked text ---------------------------------------------------------------


def _shown(setting: _Setting, run: Sequence[BlockChange]) -> list[Block]:
    out: list[Block] = []
    for (kind, move), group in groupby(run, key=lambda change: _move_of(change)):
        held = list(group)
        if kind == MOVED_FROM:
            out.append(_moved_away(setting, held, move))
            continue
        marked = for_readers(blocks_ast(held), labels=setting.labels, whole=setting.full)
        marked = tell_tags(marked)
        if setting.linked:
            marked = _without_attributes(marked, setting.labels)
        if not setting.full:
            marked = shorten(marked)
        blocks = quote_chapter(marked, setting.chapter, old_name=setting.old.name)
        if kind == MOVED_TO:
            out += _moved_here(setting, held, blocks, move)
        else:
            out += _with_anchors(setting, blocks)
    return out


def _with_anchors(setting: _Setting, blocks: list[Block]) -> list[Block]:
    """Give ids to what came into a list, a quote or a frame from elsewhere: its old place links to them."""

    def anchored(node: Node) -> Node:
        _, classes, pairs = attr_of(node)
        move = dict(pairs).get("move", "").removeprefix(f"{setting.old.name}-")
        if mark_of(node) != MOVED_TO or move not in setting.moves or move in setting.named:
            return node
        setting.named.add(move)
        return with_attr(node, [move_anchor(setting.old.name, move), classes, pairs])

    return rewrite(blocks, anchored, kinds={"Div"}) if any(moves_in(blocks, MOVED_TO)) else blocks


def _without_attributes(blocks: list[Block], labels: Mapping[str, str]) -> list[Block]:
    """Leave out the notes on classes and ids: an edition does not print them."""
    begins = f"({labels['change_attributes']} "

    def is_note(block: Block) -> bool:
        return block["t"] == "Para" and len(block["c"]) == 1 and (
            DETAIL in classes_of(block["c"][0]) and text_of(block).startswith(begins)
        )  # fmt: skip

    return [block for block in blocks if not is_note(block)]


def _move_of(change: BlockChange) -> tuple[str, str]:
    return (change.kind, change.move) if change.kind in (MOVED_FROM, MOVED_TO) else ("", "")


def _moved_away(setting: _Setting, held: Sequence[BlockChange], move: str) -> Block:
    """The line at the old place of a move."""
    known = setting.moves.get(move)
    went = setting.new.place(known.new_path, held[0].new_index) if known else None
    first = held[0].old
    assert first is not None
    text = " ".join(text_of(change.old) for change in (held[:1] if first["t"] == "Header" else held))
    size = sum(count_words(change.old) for change in held)
    line = words(
        fill(setting.labels["annex_moved_away"], words=opening(text, 70), count=counted(size, setting.language))
    )
    where = numbered(went.number, went.short) if went else words(setting.labels["annex_new_place"])
    if setting.reached is None or move in setting.reached:
        where = [link(where, f"#{move_anchor(setting.old.name, move)}")]
    elif went and setting.linked:
        where = [link(where, went.target)]
    line += [SPACE, *where, string(".")]
    return div([para(*line)], classes=["moved-away"])


def _moved_here(setting: _Setting, held: Sequence[BlockChange], blocks: list[Block], move: str) -> list[Block]:
    """What moved, under a line that says whence."""
    known = setting.moves.get(move)
    out: list[Block] = []
    if known and (came := setting.old.place(known.old_path, held[0].old_index)):
        where = [*numbered(came.number, came.short), SPACE]
        where += words(f"({fill(setting.labels['annex_edition'], name=setting.old.name)})")
        target = setting.old.link(came)
        line = [
            *words(setting.labels["annex_moved_here"]),
            SPACE,
            *([link(where, target)] if target else where),
            string("."),
        ]
        out.append(div([para(*line)], classes=["moved-here"]))
    for block in blocks:
        attributes = attr_of(block)
        if block["t"] == "Div" and attributes and MOVED_TO in attributes[1]:
            ident = "" if move in setting.named else move_anchor(setting.old.name, move)
            setting.named.add(move)
            block = with_attr(block, [ident, attributes[1], []])
        out.append(block)
    return out
