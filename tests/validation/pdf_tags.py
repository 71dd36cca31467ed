"""What a PDF's tags tell a screen reader, checked where the rules of PDF/UA-1 that a program can test say nothing.

ISO 32000-1 (PDF 1.7), 14.8: what structure types mean and how they nest; ISO
14289-1 (PDF/UA-1), 7; the Matterhorn Protocol's conditions left to people.
`read_book` reads a file once, `CHECKS` yield what is wrong with it in words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf

from tests.validation.verdict import Target, Verdict

_HEADINGS = {f"H{level}": level for level in range(1, 7)}
_BLOCKS = frozenset({"P", "Caption", "TD", "TH", "Lbl", "LBody", "Code", *_HEADINGS})
_INSIDE = {  # what may stand in what
    "L": {"LI", "L", "Caption"},
    "LI": {"Lbl", "LBody"},
    "TOC": {"TOCI", "TOC", "Caption"},
    "TOCI": {"Lbl", "Reference", "TOC", "P", "NonStruct"},
    "Table": {"TR", "THead", "TBody", "TFoot", "Caption"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
    "TR": {"TH", "TD"},
}
_OUTSIDE = {"LI": {"L"}, "LBody": {"LI"}, "TOCI": {"TOC"}, "TR": {"Table", "THead", "TBody", "TFoot"},
            "TH": {"TR"}, "TD": {"TR"}, "THead": {"Table"}, "TBody": {"Table"}, "TFoot": {"Table"}}  # fmt: skip
_PLACEHOLDER = re.compile(
    r"image|figure|illustration|photo|img|graphique|picture|untitled|alt( text)?|todo|x+|\W*|"
    r"[\w.-]+\.(png|jpe?g|svg|gif|webp)",
    re.I,
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_CONTENT = re.compile(rb"/(\w+)\s*<</MCID (\d+)>>\s*BDC\b(.*?)\bEMC\b", re.S)
_SHOWN = re.compile(
    rb"/(\S+) [\d.]+ Tf|\[([^\[\]]*)\]\s*TJ|<([0-9a-fA-F]+)>\s*Tj|"
    rb"[-\d.]+ [-\d.]+ [-\d.]+ [-\d.]+ ([-\d.]+) ([-\d.]+) Tm",
    re.S,
)


@dataclass(slots=True, eq=False)
class Element:
    """A structure element."""

    kind: str
    parent: Element | None
    page: int  # 1-based; 0: none
    kids: list[Element] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)  # (page, MCID), of this element alone
    links: list[tuple] = field(default_factory=list)  # objgen of annotations
    content: list[Element | tuple[int, int]] = field(default_factory=list)  # kids and marks in their order
    alternative: str = ""
    spoken: str | None = None  # /ActualText
    language: str = ""
    ident: str = ""
    scope: str = ""
    decoration: str = ""
    headers: tuple[str, ...] = ()
    spans: tuple[int, int] = (1, 1)  # columns, rows
    boxed: bool = False

    def all(self) -> Iterator[Element]:
        yield self
        for kid in self.kids:
            yield from kid.all()

    def around(self) -> Iterator[Element]:
        at = self.parent
        while at is not None:
            yield at
            at = at.parent


@dataclass(slots=True)
class Book:
    """A PDF as its tags tell it."""

    root: Element | None
    texts: Mapping[tuple[int, int], str]  # of marked content
    heights: Mapping[tuple[int, int], float]  # where marked content begins, from the top of its page
    pages: int
    language: str
    annotations: Mapping[tuple, dict]  # by objgen: page, target, contents
    destinations: frozenset[str]
    outline: list[tuple[int, str, bool]]  # (level, title, whether it leads to a page)
    untagged: tuple[str, ...]  # what the file itself says wrongly

    def elements(self, *kinds: str) -> Iterator[Element]:
        return (element for element in self.root.all() if not kinds or element.kind in kinds) if self.root else iter(())

    def text(self, element: Element, *, spoken: bool = True, notes: bool = True) -> str:
        """Return what is read aloud of an element, or, if not `spoken`, what is printed."""
        if spoken and element.spoken is not None:
            return element.spoken
        parts = [
            self.texts.get(one, "") if isinstance(one, tuple)
            else "" if not notes and one.kind in ("Note", "Reference")
            else self.text(one, spoken=spoken, notes=notes)
            for one in element.content
        ]  # fmt: skip
        return "".join(parts) or (element.alternative if spoken else "")


def read_book(path: Path) -> Book:
    with pikepdf.open(path) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        texts: dict[tuple[int, int], str] = {}
        heights: dict[tuple[int, int], float] = {}
        annotations = {}
        maps: dict[tuple, dict[int, str]] = {}
        for number, page in enumerate(pdf.pages, 1):
            _read_page(page, number, texts, heights, maps)
            for annotation in page.get("/Annots", ()):
                annotations[annotation.objgen] = {
                    "page": number,
                    "kind": str(annotation.get("/Subtype", "")),
                    "target": _target(annotation),
                    "contents": str(annotation.get("/Contents", "")),
                }
        tree = pdf.Root.get("/StructTreeRoot")
        kids = tree.get("/K") if tree is not None else None
        top = kids[0] if isinstance(kids, pikepdf.Array) and len(kids) else kids
        root = _element(top, None, pages) if isinstance(top, pikepdf.Dictionary) else None
        return Book(
            root=root,
            texts=texts,
            heights=heights,
            pages=len(pages),
            language=str(pdf.Root.get("/Lang", "")),
            annotations=annotations,
            destinations=frozenset(_names(pdf)),
            outline=_outline(pdf, pages),
            untagged=tuple(_about(pdf, tree)),
        )


def _element(item, parent: Element | None, pages) -> Element:
    """Read a tree without recursion: lists nest as deep as authors like."""
    made = _single(item, parent, pages)
    waiting = [(item, made)]
    while waiting:
        source, element = waiting.pop()
        kids = source.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if not isinstance(kid, pikepdf.Dictionary):
                mark = (element.page, int(kid))
            elif "/MCID" in kid:
                mark = (pages.get(kid.Pg.objgen, 0) if "/Pg" in kid else element.page, int(kid.MCID))
            elif "/Obj" in kid:
                element.links.append(kid.Obj.objgen)
                continue
            else:
                below = _single(kid, element, pages)
                element.kids.append(below)
                element.content.append(below)
                waiting.append((kid, below))
                continue
            element.marks.append(mark)
            element.content.append(mark)
    return made


def _single(item, parent: Element | None, pages) -> Element:
    attributes: dict[str, pikepdf.Object] = {}
    given = item.get("/A", ())
    for one in given if isinstance(given, pikepdf.Array) else [given]:
        if isinstance(one, pikepdf.Dictionary):
            attributes |= dict(one.items())
    return Element(
        kind=str(item.get("/S", "/?"))[1:],
        parent=parent,
        page=pages.get(item.Pg.objgen, 0) if "/Pg" in item else (parent.page if parent else 0),
        alternative=str(item.get("/Alt", "")),
        spoken=str(item.ActualText) if "/ActualText" in item else None,
        language=str(item.get("/Lang", "")),
        ident=str(item.get("/ID", "")),
        scope=str(attributes.get("/Scope", ""))[1:],
        decoration=str(attributes.get("/TextDecorationType", ""))[1:],
        headers=tuple(str(name) for name in attributes.get("/Headers", ())),
        spans=(int(attributes.get("/ColSpan", 1)), int(attributes.get("/RowSpan", 1))),
        boxed="/BBox" in attributes,
    )


def _read_page(page, number: int, texts: dict, heights: dict, maps: dict) -> None:
    """Read the text of marked content, and where it begins."""
    contents = page.get("/Contents", [])
    streams = [contents] if isinstance(contents, pikepdf.Stream) else contents
    content = b"\n".join(stream.read_bytes() for stream in streams)
    fonts = page.get("/Resources", {}).get("/Font", {})
    for kind, mark, inner in _CONTENT.findall(content):
        if kind == b"Figure":
            continue  # its alternative is read
        letters: dict[int, str] = {}
        said: list[str] = []
        for font, array, single, _, y in _SHOWN.findall(inner):
            if font:
                letters = _letters(fonts["/" + font.decode("latin-1")], maps)
            elif y:
                heights.setdefault((number, int(mark)), float(y))
            else:
                for codes in re.findall(rb"<([0-9a-fA-F]+)>", array) if array else [single]:
                    glyphs = (codes[at : at + 4] for at in range(0, len(codes), 4))
                    said += [letters.get(int(glyph, 16), "\N{REPLACEMENT CHARACTER}") for glyph in glyphs]
        texts[number, int(mark)] = "".join(said)


def _letters(font, maps: dict) -> dict[int, str]:
    key = font.objgen
    if key not in maps:
        found = (
            re.findall(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>", font.ToUnicode.read_bytes())
            if "/ToUnicode" in font
            else []
        )
        maps[key] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace") for code, text in found}
    return maps[key]


def _target(annotation) -> str | None:
    """Return the name, or the address, that a link leads to."""
    if "/Dest" in annotation:
        return str(annotation.Dest) if isinstance(annotation.Dest, pikepdf.String) else "page"
    action = annotation.get("/A")
    if action is None:
        return None
    if "/URI" in action:
        return "uri:" + str(action.URI)
    return str(action.D) if isinstance(action.get("/D"), pikepdf.String) else "page" if "/D" in action else None


def _names(pdf: pikepdf.Pdf) -> Iterator[str]:
    waiting = [pdf.Root.Names.Dests] if "/Names" in pdf.Root and "/Dests" in pdf.Root.Names else []
    while waiting:
        node = waiting.pop()
        names = node.get("/Names", ())
        yield from (str(names[at]) for at in range(0, len(names), 2))
        waiting += list(node.get("/Kids", ()))


def _outline(pdf: pikepdf.Pdf, pages) -> list[tuple[int, str, bool]]:
    found = []
    waiting = [(1, pdf.Root.Outlines.get("/First"))] if "/Outlines" in pdf.Root else []
    while waiting:
        level, item = waiting.pop()
        if item is None:
            continue
        target = item.get("/Dest")
        leads = isinstance(target, pikepdf.Array) and target[0].objgen in pages
        found.append((level, str(item.get("/Title", "")), leads or isinstance(target, pikepdf.String)))
        waiting += [(level, item.get("/Next")), (level + 1, item.get("/First"))]
    return found


def _about(pdf: pikepdf.Pdf, tree) -> Iterator[str]:
    if tree is None:
        yield "there is no structure tree"
    if not bool(pdf.Root.get("/MarkInfo", {}).get("/Marked", False)):
        yield "the file does not say that it is tagged"
    if not bool(pdf.Root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False)):
        yield "viewers are not told to show the title"
    if not str(pdf.docinfo.get("/Title", "")).strip():
        yield "there is no title"
    for name in ("/OpenAction", "/AA", "/JavaScript"):
        if name in pdf.Root and "JavaScript" in str(pdf.Root[name]):
            yield "the file runs JavaScript"


# ---- checks -------------------------------------------------------------------------


def check_file(book: Book) -> Iterator[str]:
    yield from book.untagged
    if not _LANGUAGE.match(book.language):
        yield f"the language of the document is {book.language!r}"


def check_headings(book: Book) -> Iterator[str]:
    """The first heading is H1, none is skipped, none is empty."""
    before = 0
    for heading in book.elements(*_HEADINGS):
        level = _HEADINGS[heading.kind]
        text = book.text(heading).strip()
        if level > before + 1:
            yield f"page {heading.page}: {heading.kind} {text[:40]!r} after {f'H{before}' if before else 'nothing'}"
        if not text:
            yield f"page {heading.page}: an empty {heading.kind}"
        before = level
    if not before:
        yield "there are no headings"


def check_nesting(book: Book) -> Iterator[str]:
    """Lists, contents and tables hold what they may, and nothing of them stands elsewhere."""
    for element in book.elements():
        allowed = _INSIDE.get(element.kind)
        if allowed is not None:
            for kid in element.kids:
                if kid.kind not in allowed:
                    yield f"page {kid.page}: {kid.kind} in {element.kind}"
            if element.marks:
                yield f"page {element.page}: bare text in {element.kind}"
        wanted = _OUTSIDE.get(element.kind)
        if wanted is not None and (element.parent is None or element.parent.kind not in wanted):
            yield f"page {element.page}: {element.kind} in {element.parent.kind if element.parent else 'nothing'}"
        if element.kind == "L" and not element.kids:
            yield f"page {element.page}: an empty list"
        if element.kind == "LI" and not any(kid.kind == "LBody" for kid in element.kids):
            yield f"page {element.page}: an item without a body"
        if element.kind in ("Document", "Sect", "Div", "Part", "Art", "BlockQuote") and element.marks:
            yield f"page {element.page}: bare text in {element.kind}"


def check_tables(book: Book) -> Iterator[str]:
    """Tables have header cells with a scope; cells name headers of their own table; rows are equally long."""
    for table in book.elements("Table"):
        cells = [element for element in table.all() if element.kind in ("TH", "TD") and _table_of(element) is table]
        heads = {cell.ident for cell in cells if cell.kind == "TH"}
        where = f"page {table.page}: the table"
        if not any(cell.kind == "TH" for cell in cells):
            yield f"{where} has no header cells"
        for cell in cells:
            if cell.kind == "TH" and cell.scope not in ("Column", "Row", "Both"):
                yield f"{where}: the header {book.text(cell)[:30]!r} has no scope"
            lost = [name for name in cell.headers if name not in heads]
            if lost:
                yield f"{where}: the cell {book.text(cell)[:30]!r} names headers that are not there"
        widths = _widths(table)
        if len(set(widths)) > 1:
            yield f"{where} has rows of {sorted(set(widths))} columns"
        groups = Counter(kid.kind for kid in table.kids)
        for kind in ("THead", "TFoot", "Caption"):
            if groups[kind] > 1:
                yield f"{where} has {groups[kind]} {kind}"


def _table_of(element: Element) -> Element | None:
    return next((outer for outer in element.around() if outer.kind == "Table"), None)


def _widths(table: Element) -> list[int]:
    rows = [kid for group in table.kids for kid in ([group] if group.kind == "TR" else group.kids) if kid.kind == "TR"]
    hanging: Counter[int] = Counter()
    widths = []
    for number, row in enumerate(rows):
        widths.append(sum(cell.spans[0] for cell in row.kids) + hanging[number])
        for cell in row.kids:
            for below in range(1, cell.spans[1]):
                hanging[number + below] += cell.spans[0]
    return widths


def check_links(book: Book) -> Iterator[str]:
    """Every link is in a Link element with a text, and leads somewhere."""
    tagged: Counter[tuple] = Counter()
    for element in book.elements():
        tagged.update(element.links)
        if element.kind != "Link":
            continue
        if not element.links:
            yield f"page {element.page}: a Link without an annotation: {book.text(element)[:40]!r}"
        if not (book.text(element).strip() or any(kid.alternative for kid in element.all())):
            yield f"page {element.page}: a link without a text"
    for objgen, annotation in book.annotations.items():
        if annotation["kind"] != "/Link":
            continue
        where, target = f"page {annotation['page']}", annotation["target"]
        if tagged[objgen] != 1:
            yield f"{where}: a link that stands {tagged[objgen]} times in the structure"
        if not annotation["contents"].strip():
            yield f"{where}: a link without a description"
        if not target or target == "uri:":
            yield f"{where}: a link that leads nowhere"
        elif not target.startswith("uri:") and target != "page" and target not in book.destinations:
            yield f"{where}: a link to {target!r}, which is not there"


def check_notes(book: Book) -> Iterator[str]:
    """Every note has an ID and its number in a label, and follows the paragraph that refers to it by that number."""
    idents = Counter(note.ident for note in book.elements("Note"))
    due: list[Element] = []
    for element in book.elements("Reference", "Note"):
        if any(outer.kind in ("TOC", "TOCI") for outer in element.around()):
            continue
        if element.kind == "Reference":
            due.append(element)
            continue
        where = f"page {element.page}: the note {book.text(element)[:30]!r}"
        if not element.ident or idents[element.ident] > 1:
            yield f"{where} has no ID of its own"
        label = next((kid for kid in element.kids if kid.kind == "Lbl"), None)
        number = book.text(label).strip() if label is not None else ""
        if not number:
            yield f"{where} has no label"
        call = next((call for call in due if book.text(call).strip() == number), None)
        if call is None:
            yield f"{where} follows no reference"
            continue
        due.remove(call)
        block = next((outer for outer in call.around() if outer.kind in _BLOCKS - {"Code"}), None)
        if block is None or (element.parent is not block.parent and element.parent is not block):
            yield f"{where} stands apart from what refers to it"
    for call in due:
        yield f"page {call.page}: the reference {book.text(call).strip()!r} has no note"


def check_figures(book: Book) -> Iterator[str]:
    """Figures and formulas have a text that says something, and captions stand with what they describe."""
    for element in book.elements("Figure", "Formula"):
        words = (element.alternative or element.spoken or "").strip()
        if not words:
            yield f"page {element.page}: a {element.kind} without an alternative"
        elif element.kind == "Figure" and _PLACEHOLDER.fullmatch(words):
            yield f"page {element.page}: {words!r} describes no figure"
        if element.kind == "Figure" and not element.boxed:
            yield f"page {element.page}: a Figure without a box"
    for caption in book.elements("Caption"):
        holder = caption.parent
        place = holder.kids.index(caption)
        beside = [kid for kid in holder.kids[max(0, place - 1) : place + 2] if kid is not caption]
        owned = holder.kind in ("Table", "Figure", "L", "TOC") and place in (0, len(holder.kids) - 1)
        if not (owned or any(one.kind in ("Figure", "Table", "P", "Code", "L") for kid in beside for one in kid.all())):
            yield f"page {caption.page}: the caption {book.text(caption)[:40]!r} stands with nothing"
        if not book.text(caption).strip():
            yield f"page {caption.page}: an empty caption"


def check_marks(book: Book) -> Iterator[str]:
    """All text of the pages is in the structure, once."""
    seen = Counter(mark for element in book.elements() for mark in element.marks)
    for mark, times in seen.items():
        if times > 1:
            yield f"page {mark[0]}: {book.texts.get(mark, '')[:40]!r} stands {times} times in the structure"
    for mark, text in book.texts.items():
        if text.strip() and not seen[mark]:
            yield f"page {mark[0]}: {text[:40]!r} is not in the structure"


def check_order(book: Book) -> Iterator[str]:
    """Blocks are read page by page and downwards; notes, contents and what stands side by side apart."""
    last = (0, 0.0)
    for element in book.elements():
        if element.kind not in _BLOCKS or not element.marks:
            continue
        apart = {"Note", "TOC", "TOCI", "Table", "Figure", "Caption"}
        if any(outer.kind in apart for outer in (element, *element.around())):
            continue
        if element.kind == "Code" and any(outer.kind in _BLOCKS for outer in element.around()):
            continue  # in a line, which may begin before the words that its paragraph holds itself
        mark = element.marks[0]
        if mark not in book.heights:
            continue
        here = (mark[0], book.heights[mark])
        if here[0] < last[0] or (here[0] == last[0] and here[1] < last[1] - 40 and not _is_cover(element)):
            yield f"page {here[0]}: {book.text(element)[:40]!r} is read after what stands below it"
        last = here


def _is_cover(element: Element) -> bool:
    return element.page == 1


def check_languages(book: Book) -> Iterator[str]:
    for element in book.elements():
        if element.language and not _LANGUAGE.match(element.language):
            yield f"page {element.page}: {element.language!r} is no language"


def check_changes(book: Book) -> Iterator[str]:
    """Text that is underlined or struck out as changed says so in words that are read aloud."""
    for element in book.elements():
        if element.decoration not in ("Underline", "LineThrough"):
            continue
        printed, spoken = book.text(element, spoken=False, notes=False).strip(), book.text(element, notes=False).strip()
        if printed and printed == spoken and not _is_announced(element, book) and not _is_said_by_formula(element):
            kind = "an insertion" if element.decoration == "Underline" else "a deletion"
            yield f"page {element.page}: {kind} that is not said: {printed[:40]!r}"


def _is_said_by_formula(element: Element) -> bool:
    """Whether a change begins with a formula, whose alternative says so: "[début d’ajout] x"."""
    while element.content and isinstance(first := element.content[0], Element):
        if first.kind == "Formula":
            return first.alternative.startswith("[")
        element = first
    return False


def _is_announced(element: Element, book: Book) -> bool:
    """Whether what stands before a change in its block, or the label above that block, says what it is."""
    said = ""
    for at in (element, *element.around()):
        if at.parent is None:
            return False
        before = at.parent.content[: at.parent.content.index(at)]
        if at.kind in _BLOCKS:
            above = before[-1] if before and isinstance(before[-1], Element) and before[-1].kind == "P" else None
            label = book.text(above) if above is not None else ""
            return bool(_ENDS_IN_LABEL.search(said) or _IS_LABEL.match(label))
        said = "".join(book.texts.get(one, "") if isinstance(one, tuple) else book.text(one) for one in before) + said
    return False


_LABELS = r"\W*(Ajout|Suppression|Déplacé|Inserted|Deleted|Moved|Avant|Après|Before|After)\b"
_ENDS_IN_LABEL = re.compile(rf"{_LABELS}.{{0,60}}$")
_IS_LABEL = re.compile(rf"{_LABELS}.{{0,60}}$")


def check_bookmarks(book: Book) -> Iterator[str]:
    """Every heading of the first two levels but the title is in the outline, whose entries lead somewhere."""
    if book.pages > 3 and not book.outline:
        yield "there are no bookmarks"
    for _, title, leads in book.outline:
        if not title.strip():
            yield "a bookmark without a title"
        if not leads:
            yield f"the bookmark {title[:40]!r} leads nowhere"
    before = 0
    for level, title, _ in book.outline:
        if level > before + 1:
            yield f"the bookmark {title[:40]!r} skips a level"
        before = level
    titles = [_bare(title) for _, title, _ in book.outline]
    for heading in list(book.elements("H1"))[1:]:
        words = _bare(book.text(heading, spoken=False, notes=False))
        if not any(words[:60] in title or (title and title in words) for title in titles):
            yield f"page {heading.page}: no bookmark for {words[:40]!r}"


def check_code_points(book: Book) -> Iterator[str]:
    """Every glyph has a meaning: neither replacement characters nor private ones in what is read."""
    for (page, _), text in book.texts.items():
        odd = {
            letter for letter in text if letter == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(letter) == "Co"
        }
        if odd:
            yield f"page {page}: {text[:40]!r} holds {', '.join(f'U+{ord(letter):04X}' for letter in sorted(odd))}"


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


CHECKS = (
    check_file,
    check_headings,
    check_nesting,
    check_tables,
    check_links,
    check_notes,
    check_figures,
    check_marks,
    check_order,
    check_languages,
    check_changes,
    check_bookmarks,
    check_code_points,
)


# ---- against the HTML edition ------------------------------------------------------------


def foreign_passages(book: Book) -> Counter[tuple[str, str]]:
    """Return (language, text without spaces) of what stands in another language than what is around it."""
    found: Counter[tuple[str, str]] = Counter()
    waiting = [(book.root, book.language)] if book.root else []
    while waiting:
        element, around = waiting.pop()
        language = element.language or around
        if language != around:
            found[language, _bare(book.text(element, spoken=False, notes=False))] += 1
        waiting += [(kid, language) for kid in element.kids]
    return found


def check_against_pages(book: Book, pages: Iterable[Path]) -> Iterator[str]:
    """Every passage that the HTML edition says to be in another language is one in the PDF."""
    from lxml import html

    known = foreign_passages(book)
    for path in pages:
        root = html.parse(str(path)).getroot()
        for element in root.xpath("//main//*[@lang]"):
            around = next(outer.get("lang") for outer in element.iterancestors() if outer.get("lang"))
            text = _bare(element.text_content())
            if element.get("lang") == around or not text or element.xpath("ancestor::svg | self::svg"):
                continue
            if not any(language == element.get("lang") and text in words for language, words in known):
                yield f"{element.get('lang')!r} of {element.text_content()[:40]!r} ({path.name}) is lost"


def check_tags(target: Target) -> Verdict:
    """Return what all checks say of one file, and of its languages if the edition's pages stand beside it."""
    book = read_book(target.path)
    errors = [f"{check.__name__.removeprefix('check_')}: {words}" for check in CHECKS for words in check(book)]
    pages = sorted((target.path.parent / "html").glob("*.html"))
    errors += [f"languages: {words}" for words in check_against_pages(book, pages)]
    elements = sum(1 for _ in book.elements())
    return Verdict(
        check="pdf-tags", kind="pdf", target=target.name, errors=tuple(errors),
        counted=f"{len(CHECKS)} checks of {elements} elements on {book.pages} pages",
    )  # fmt: skip
