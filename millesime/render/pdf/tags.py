"""Mend the structure tree where WeasyPrint's tags differ from PDF/UA and PDF 1.7.

Both paths print through here, so that both give the same tree: `mend_tags`
reads the tree that WeasyPrint built, with the HTML element behind each
structure element, changes it, and writes it back. What is mended, and why, is
in `MENDS`; `tests/render/test_pdf_tags.py` has a test for each, which says
when WeasyPrint does it itself.

Types and attributes: ISO 32000-1 (PDF 1.7), 14.8.4 and 14.8.5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pydyf

from millesime.render.pdf.engine.internals import Watched
from millesime.render.pdf.printable import FORMULA_SOURCE
from millesime.render.pdf.values.pdf_objects import reference_number

_KINDS = {"pre": "P", "code": "Code", "kbd": "Code", "samp": "Code", "q": "Quote", "figure": "Div", "dl": "L"}
_INLINE = frozenset({"Span", "Link", "Reference", "Code", "Quote", "Formula", "Note"})
_GROUPS = frozenset({"Document", "Sect", "Div", "BlockQuote", "Part", "Art"})  # hold no bare text
_PARAGRAPHS = frozenset({"P", "H1", "H2", "H3", "H4", "H5", "H6"})
_REPEATED = frozenset({"THead", "TFoot"})  # set again on every page of a table


@dataclass(frozen=True, slots=True)
class Mark:
    """Marked content of a page."""

    page: bytes  # reference of the page
    number: int  # MCID


@dataclass(frozen=True, slots=True)
class Annotation:
    """A link's annotation in the tree."""

    entry: dict  # the OBJR


@dataclass(slots=True, eq=False)
class Node:
    """A structure element."""

    kind: str
    entry: Any  # pydyf's dictionary; None: to be made
    source: Any = None  # the HTML element, of which a node may be one piece of several
    part: str = ""  # "::marker" and the like: the generated part of the element that it stands for
    page: bytes = b""  # where it begins
    kids: list[Node | Mark | Annotation] = field(default_factory=list)

    def has_class(self, name: str) -> bool:
        return not self.part and self.source is not None and name in (self.source.get("class") or "").split()

    @property
    def tag(self) -> str:
        return self.source.tag if self.source is not None and not self.part else ""


def mend_tags(pdf, watched: Watched) -> None:
    """Change the structure tree of a file of pydyf's, after WeasyPrint has built it and before it is written."""
    tree = _Tree(pdf, watched)
    for mend in MENDS:
        mend(tree)
    tree.write()


class _Tree:
    """The structure tree while it is mended."""

    def __init__(self, pdf, watched: Watched) -> None:
        self.pdf = pdf
        self.watched = watched
        root = pdf.objects[reference_number(pdf.catalog["StructTreeRoot"])]
        # [0, elements of page 0, 1, elements of page 1, …, n, element of the first annotation, …]
        self._owners = pdf.objects[reference_number(root["ParentTree"])]["Nums"]
        self._pages = {page: number for number, page in enumerate(pdf.page_references)}
        self._annotations = {
            reference: item["StructParent"]
            for reference, item in ((item.reference, item) for item in pdf.objects if isinstance(item, dict))
            if "StructParent" in item
        }
        self._read: list[Node] = []
        self._attached: dict[str, bytes] = {}  # MathML → the reference of its file
        self.document = self._node(pdf.objects[reference_number(root["K"][0])])

    def _node(self, entry) -> Node:
        source, tag = self.watched.sources.get(entry.number, (None, ""))
        part = "::" + tag.partition("::")[2] if "::" in tag else ""
        node = Node(str(entry["S"])[1:], entry, source, part, entry.get("Pg", b""))
        self._read.append(node)
        for kid in entry.get("K", ()):
            if isinstance(kid, int):
                node.kids.append(Mark(node.page, kid))
                continue
            item = self.pdf.objects[reference_number(kid)]
            node.kids.append(self._node(item) if "S" in item else Annotation(item))
        return node

    def attached(self, mathml: str) -> bytes:
        """Return the reference of a formula's MathML in the file, where each stands once.

        It is a file of application/mathml+xml, associated with the formula's element as a supplement, as LaTeX does
        (https://latex3.github.io/tagging-project/): readers by ear that know it walk through the formula, others read
        the alternative text. ISO 32000-2, 14.13, defines /AF; PDF/UA-1, 7.11, wants /F and /UF of an embedded file.
        """
        if mathml not in self._attached:
            content = mathml.encode("utf-8")
            extra = {
                "Type": "/EmbeddedFile", "Subtype": "/application#2Fmathml+xml",
                "Params": pydyf.Dictionary({"Size": len(content)}),
            }  # fmt: skip
            file = pydyf.Stream([content], pydyf.Dictionary(extra), compress=True)
            self.pdf.add_object(file)
            name = pydyf.String(f"formula-{hashlib.sha256(content).hexdigest()[:12]}.xml")
            specification = pydyf.Dictionary({
                "Type": "/Filespec", "F": name, "UF": name, "Desc": pydyf.String("MathML"),
                "AFRelationship": "/Supplement",
                "EF": pydyf.Dictionary({"F": file.reference, "UF": file.reference}),
            })  # fmt: skip
            self.pdf.add_object(specification)
            self._attached[mathml] = specification.reference
        return self._attached[mathml]

    def nodes(self, node: Node | None = None) -> Iterator[Node]:
        """Yield a node and all below it, in reading order; kids may be changed when their parent has come."""
        waiting = [node or self.document]
        while waiting:
            node = waiting.pop()
            yield node
            kids = node.kids
            if len(kids) > 1 or (kids and type(kids[0]) is Node):  # most hold one piece of text
                waiting += [kid for kid in reversed(kids) if type(kid) is Node]

    def text(self, mark: Mark) -> str:
        return self.watched.texts.get((self._pages[mark.page], mark.number), "")

    def entry(self, node: Node):
        """Return a node's dictionary, new for a node that WeasyPrint did not make."""
        if node.entry is None:
            node.entry = pydyf.Dictionary({"Type": "/StructElem"})
            self.pdf.add_object(node.entry)
        return node.entry

    def forget(self, node: Node) -> bool:
        """Make all that a node shows an artifact; say whether that could be done."""
        inner = list(self.nodes(node))
        if any(isinstance(kid, Annotation) for one in inner for kid in one.kids):
            return False
        return self._untag([kid for one in inner for kid in one.kids if isinstance(kid, Mark)])

    def forget_strays(self) -> None:
        """Make artifacts of what has an element outside the tree."""
        known = {node.entry.reference for node in self._read}
        for page, number in self._pages.items():
            owners = self._owners[2 * number + 1]
            strays = [at for at, owner in enumerate(owners) if owner not in known]
            elements = {owners[at] for at in strays}
            if self._untag([Mark(page, at) for at in strays]):
                for reference in elements:
                    self._drop(self.pdf.objects[reference_number(reference)])

    def _untag(self, marks: list[Mark]) -> bool:
        places = [_marked_content(self.pdf, mark) for mark in marks]
        if None in places:
            return False
        for mark, (operators, at) in zip(marks, places, strict=True):
            operators[at - 1 : at + 2] = ["/Artifact", b"BMC", b""]
            self._owners_on(mark.page)[mark.number] = b"null"
        return True

    @staticmethod
    def _drop(entry) -> None:
        entry.clear()
        entry.free = "f"
        # Else pydyf counts it among the objects that it compresses: later ones get wrong places, and a long book none.
        entry.number, entry.generation = 0, 65535

    def _owners_on(self, page: bytes) -> list:
        return self._owners[2 * self._pages[page] + 1]

    def write(self) -> None:
        """Write the nodes back into the file; those that are gone leave no object."""
        kept = set()
        waiting = [(self.document, None)]
        while waiting:
            node, parent = waiting.pop()
            entry = self.entry(node)
            kept.add(entry.number)
            entry["S"] = f"/{node.kind}"
            if parent is not None:
                entry["P"] = parent.entry.reference
            first = next((kid.page for kid in node.kids if isinstance(kid, Mark)), node.page)
            if first:
                entry["Pg"] = first
            inner = [kid for kid in node.kids if isinstance(kid, Node)]
            entry["K"] = pydyf.Array([self._kid(kid, node) for kid in node.kids])
            waiting += [(kid, node) for kid in reversed(inner)]
        for node in self._read:
            if node.entry.number not in kept:
                self._drop(node.entry)

    def _kid(self, kid: Node | Mark | Annotation, owner: Node):
        if isinstance(kid, Node):
            return self.entry(kid).reference
        if isinstance(kid, Annotation):
            self._owners[2 * self._annotations[kid.entry["Obj"]] + 1] = owner.entry.reference
            return kid.entry.reference
        self._owners_on(kid.page)[kid.number] = owner.entry.reference
        if kid.page == owner.entry["Pg"]:
            return kid.number
        return pydyf.Dictionary({"Type": "/MCR", "Pg": kid.page, "MCID": kid.number})


def _marked_content(pdf, mark: Mark) -> tuple[list, int] | None:
    """Return the operators of a page and the place among them of a mark's properties."""
    page = pdf.objects[reference_number(mark.page)]
    operators = pdf.objects[reference_number(page["Contents"])].stream
    for at, item in enumerate(operators):
        if isinstance(item, dict) and item.get("MCID") == mark.number:
            return operators, at
    return None


# ---- mends: each changes the tree, in the order of MENDS --------------------------


def _drop_margin_boxes(tree: _Tree) -> None:
    """Make running heads and folios artifacts: WeasyPrint gives them elements, and puts these nowhere.

    Pages laid out by unit have none: their margin boxes are drawn as artifacts.
    """
    tree.forget_strays()


def _place_notes(tree: _Tree) -> None:
    """Put each note behind the paragraph that calls it, its number in a Lbl; what calls it is a Reference.

    WeasyPrint leaves notes as Divs at the end of the page.
    """
    notes: dict[int, Node] = {}
    for node in tree.nodes():
        for kid in [kid for kid in node.kids if isinstance(kid, Node) and kid.has_class("footnote")]:
            node.kids.remove(kid)
            first = notes.setdefault(id(kid.source), kid)
            if first is not kid:
                first.kids += kid.kids
    for note in notes.values():
        for kid in tree.nodes(note):
            if kid.part == "::footnote-marker":
                kid.kind = "Lbl"
    _put_notes(tree.document, notes, tree)


def _put_notes(node: Node, notes: dict[int, Node], tree: _Tree) -> list[Node]:
    """Put notes below a node; return those that belong behind it, in its parent."""
    kids: list[Node | Mark | Annotation] = []
    held: list[Node] = []  # called in the text of this node
    for kid in node.kids:
        kids.append(kid)
        if not isinstance(kid, Node):
            continue
        if kid.part == "::footnote-call":
            kid.kind = "Reference"
            note = notes.pop(id(kid.source), None)
            if note is not None:
                note.kind = "Note"
                tree.entry(note)["ID"] = pydyf.String(f"{note.entry.number}-note")
                held += [note, *_put_notes(note, notes, tree)]
            continue
        behind = _put_notes(kid, notes, tree)
        if kid.kind in _PARAGRAPHS:
            kids += behind
        else:
            held += behind
    node.kids = kids
    if node.kind in _PARAGRAPHS or (node.tag and node.kind in _INLINE | {"NonStruct"}):
        return held
    node.kids += held
    return []


def _join_pieces(tree: _Tree) -> None:
    """Make one element of what lines and pages broke; head rows that a page repeats become artifacts."""
    places = {page: number for number, page in enumerate(tree.pdf.page_references)}
    for node in tree.nodes():
        joined: list[Node | Mark | Annotation] = []
        pieces: dict[tuple[int, str, str], tuple[Node, int]] = {}
        for kid in node.kids:
            if not isinstance(kid, Node) or kid.source is None:
                joined.append(kid)
                continue
            key = (id(kid.source), kid.part, kid.kind)
            here = places.get(kid.page, -1)
            first, last = pieces.get(key, (None, here))
            anonymous = kid.source is node.source
            if first is None or not (joined[-1] is first or (here > last and not anonymous)):
                pieces[key] = (kid, here)
                joined.append(kid)
                continue
            pieces[key] = (first, here)
            if not (kid.kind in _REPEATED and tree.forget(kid)):
                first.kids += kid.kids
        node.kids = joined


def _name_kinds(tree: _Tree) -> None:
    """Say what WeasyPrint has no name for: code, quotes, formulas, figures with what belongs to them."""
    for node in tree.nodes():
        node.kind = _KINDS.get(node.tag, node.kind)
        if node.has_class("math"):
            node.kind = "Formula"
            entry = tree.entry(node)
            entry["Alt"] = pydyf.String(node.source.get("data-alt") or "".join(node.source.itertext()))
            if mathml := node.source.get(FORMULA_SOURCE):
                entry["AF"] = pydyf.Array([tree.attached(mathml)])
            inner = list(tree.nodes(node))
            figure = next((kid for kid in inner if kid.kind == "Figure"), None)
            if figure is not None:
                # Its drawing, the text that a search finds and its number are one.
                if "A" in tree.entry(figure):
                    entry["A"] = figure.entry["A"]
                node.kids = [mark for kid in inner for mark in kid.kids if not isinstance(mark, Node)]
        elif node.tag == "pre" and not any(isinstance(kid, Node) and kid.tag == "code" for kid in node.kids):
            node.kids = [Node("Code", None, page=node.page, kids=node.kids)]


def _pair_definitions(tree: _Tree) -> None:
    """Make a term the label and its definition the body of one item: WeasyPrint makes each an item of its own."""
    for node in [node for node in tree.nodes() if node.tag == "dl" and node.kind == "L"]:
        items: list[Node] = []
        for item in node.kids:
            body = item.kids[0] if isinstance(item, Node) and len(item.kids) == 1 else None
            if not isinstance(body, Node) or item.tag not in ("dt", "dd"):
                items.append(item)
                continue
            body.kind = "Lbl" if item.tag == "dt" else "LBody"
            previous = items[-1].kids[-1].kind if items and items[-1].kids else ""
            if items and (body.kind, previous) in {("LBody", "Lbl"), ("LBody", "LBody"), ("Lbl", "Lbl")}:
                items[-1].kids.append(body)
            else:
                items.append(item)
        node.kids = items


def _name_contents(tree: _Tree) -> None:
    """Make lists of contents a TOC: entries with their number in a Lbl, their link and folio in a Reference."""
    for node in tree.nodes():
        if node.kind != "L" or not any(
            isinstance(kid, Node) and kid.has_class("contents-entry") for item in node.kids for kid in _below(item, 3)
        ):
            continue
        node.kind = "TOC"
        for item in node.kids:
            item.kind = "TOCI"
            kids: list[Node | Mark | Annotation] = []
            waiting = list(item.kids)
            while waiting:
                kid = waiting.pop(0)
                if isinstance(kid, Node) and (kid.kind == "LBody" or kid.has_class("contents-entry")):
                    waiting[:0] = kid.kids
                elif isinstance(kid, Node) and kid.has_class("contents-number"):
                    kids.append(Node("Lbl", None, page=kid.page, kids=[kid]))
                elif isinstance(kid, Node) and kid.kind == "L":
                    kids.append(kid)
                elif kids and kids[-1].kind == "Reference":
                    kids[-1].kids.append(kid)
                else:
                    kids.append(Node("Reference", None, page=item.page, kids=[kid]))
            item.kids = kids


def _below(node: Node | Mark | Annotation, depth: int) -> Iterator[Node | Mark | Annotation]:
    if isinstance(node, Node) and depth:
        for kid in node.kids:
            yield kid
            yield from _below(kid, depth - 1)


def _head_tables(tree: _Tree) -> None:
    """Give header cells a scope, and every cell the headers of all its columns and rows."""
    for table in [node for node in tree.nodes() if node.kind == "Table"]:
        rows = [row for group in _rows_of(table) for row in group]
        columns: dict[int, list] = {}
        lines: dict[int, list] = {}
        cells = list(_grid(rows))
        for row, column, across, down, cell, in_head in cells:
            if cell.kind != "TH":
                continue
            scope = cell.source.get("scope") if cell.source is not None else None
            by_row = scope == "row" or (not scope and not in_head)
            cell.entry["ID"] = pydyf.String(f"{table.entry.number}-{row}-{column}")
            cell.entry["A"]["Scope"] = "/Row" if by_row else "/Column"
            heads, first, count = (lines, row, down) if by_row else (columns, column, across)
            for place in range(first, first + count):
                heads.setdefault(place, []).append(cell.entry["ID"])
        for row, column, across, down, cell, _ in cells:
            if cell.kind == "TD":
                heads = [head for place in range(row, row + down) for head in lines.get(place, ())]
                heads += [head for place in range(column, column + across) for head in columns.get(place, ())]
                cell.entry["A"]["Headers"] = pydyf.Array(dict.fromkeys(heads))
                if not heads:
                    del cell.entry["A"]["Headers"]


def _rows_of(table: Node) -> Iterator[list[tuple[Node, bool]]]:
    """Yield for each group of rows its rows, and whether it is the table's head."""
    loose: list[tuple[Node, bool]] = []
    for kid in table.kids:
        if isinstance(kid, Node) and kid.kind == "TR":
            loose.append((kid, False))
        elif isinstance(kid, Node) and kid.kind in ("THead", "TBody", "TFoot"):
            yield [(row, kid.kind == "THead") for row in kid.kids if isinstance(row, Node) and row.kind == "TR"]
    yield loose


def _grid(rows: list[tuple[Node, bool]]) -> Iterator[tuple[int, int, int, int, Node, bool]]:
    """Yield (row, column, columns, rows, cell, whether in the head) of all cells."""
    taken: set[tuple[int, int]] = set()
    for row, (line, in_head) in enumerate(rows):
        column = 0
        for cell in line.kids:
            if not isinstance(cell, Node) or cell.kind not in ("TH", "TD"):
                continue
            while (row, column) in taken:
                column += 1
            attributes = cell.entry.get("A", {})
            across, down = attributes.get("ColSpan", 1), attributes.get("RowSpan", 1)
            taken |= {(row + y, column + x) for y in range(down) for x in range(across)}
            yield row, column, across, down, cell, in_head
            column += across


def _say_languages(tree: _Tree) -> None:
    """Say the language of passages in another one; WeasyPrint says that of the document alone."""
    waiting = [(tree.document, tree.pdf.catalog["Lang"].string)]
    while waiting:
        node, around = waiting.pop()
        language = (node.source.get("lang") if node.source is not None and not node.part else None) or around
        if language != around:
            tree.entry(node)["Lang"] = pydyf.String(language)
        waiting += [(kid, language) for kid in node.kids if isinstance(kid, Node)]


def _say_changes(tree: _Tree) -> None:
    """Say aloud where an insertion or a deletion begins and ends, which print shows by lines alone; and signs by words.

    The first and last text of it get an ActualText, so that links inside stay.
    """
    for node in tree.nodes():
        if node.tag in ("ins", "del"):
            kind = "/Underline" if node.tag == "ins" else "/LineThrough"
            node.kind = "Span" if node.kind == "NonStruct" else node.kind
            if node.kind == "Span":
                tree.entry(node)["A"] = pydyf.Dictionary({"O": "/Layout", "TextDecorationType": kind})
            starts, ends = node.source.get("data-starts"), node.source.get("data-ends")
            texts = list(_texts(node))
            if starts and ends and texts:
                _say(tree, *texts[0], before=f"[{starts}] ")
                _say(tree, *list(_texts(node))[-1], after=f" [{ends}]")
        elif node.tag == "span" and node.source.get("aria-label"):
            tree.entry(node)["ActualText"] = pydyf.String(f"{node.source.get('aria-label')}\N{NO-BREAK SPACE}")
        elif node.tag == "abbr" and node.source.get("title"):
            node.kind = "Span"
            tree.entry(node)["E"] = pydyf.String(node.source.get("title"))


def _texts(node: Node) -> Iterator[tuple[Node, Mark]]:
    """Yield each mark below a node, with the node that holds it; those of notes belong to no text around them."""
    for kid in node.kids:
        if isinstance(kid, Mark):
            if node.kind != "Figure":
                yield node, kid
        elif isinstance(kid, Node) and kid.kind == "Formula":
            yield kid, kid.kids[0]  # read as one thing
        elif isinstance(kid, Node) and kid.kind not in ("Note", "Reference"):
            yield from _texts(kid)


def _say(tree: _Tree, owner: Node, mark: Mark, *, before: str = "", after: str = "") -> None:
    """Have words said before or after a mark's own text, or what a formula is read as."""
    if owner.kind == "Formula":
        owner.entry["Alt"] = pydyf.String(f"{before}{owner.entry['Alt'].string}{after}")
        return
    if len(owner.kids) > 1 or owner.kind != "Span" or owner.source is not None:
        said = Node("Span", None, page=mark.page, kids=[mark])
        owner.kids[owner.kids.index(mark)] = said
        owner = said
    entry = tree.entry(owner)
    text = entry["ActualText"].string if "ActualText" in entry else tree.text(mark)
    entry["ActualText"] = pydyf.String(f"{before}{text}{after}")


def _tidy(tree: _Tree) -> None:
    """Drop elements that mean nothing and hold nothing; put bare text of sections into paragraphs."""
    _tidy_below(tree.document)


def _tidy_below(node: Node) -> None:
    kids: list[Node | Mark | Annotation] = []
    for kid in node.kids:
        if not isinstance(kid, Node):
            kids.append(kid)
            continue
        _tidy_below(kid)
        said = kid.entry is not None and not {"A", "Lang", "ActualText", "Alt", "E"}.isdisjoint(kid.entry)
        # A box that the layout puts around lines beside blocks has the element, and the name, of what holds it.
        anonymous = kid.source is not None and kid.source is node.source and kid.part == node.part
        if not said and (kid.kind in ("NonStruct", "Span") or (anonymous and kid.kind in ("Div", node.kind))):
            kids += kid.kids
        elif kid.kids or kid.kind in ("TD", "TH"):
            if kid.kind == "NonStruct":
                kid.kind = "Span"
            kids.append(kid)
    node.kids = _in_paragraphs(kids) if node.kind in _GROUPS else kids


def _in_paragraphs(kids: list[Node | Mark | Annotation]) -> list[Node | Mark | Annotation]:
    found: list[Node | Mark | Annotation] = []
    for kid in kids:
        bare = not isinstance(kid, Node) or (kid.kind in _INLINE and kid.kind != "Note")
        if not bare:
            found.append(kid)
        elif found and isinstance(found[-1], Node) and found[-1].entry is None and found[-1].kind == "P":
            found[-1].kids.append(kid)
        else:
            found.append(Node("P", None, page=kid.page if isinstance(kid, (Node, Mark)) else b"", kids=[kid]))
    return found


MENDS = (
    _drop_margin_boxes,
    _place_notes,
    _join_pieces,
    _name_kinds,
    _pair_definitions,
    _name_contents,
    _head_tables,
    _say_languages,
    _say_changes,
    _tidy,
)
