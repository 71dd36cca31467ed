"""What fuzzing runs: each target takes any bytes, and fails where a law of the package does not hold for them.

Targets of text read the bytes as a tape (tests/redline/documents.py): each
chooses a piece of a list, since what fills patterns and parsers is words,
tags and units, not letters by chance.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from lxml import etree

from millesime.assembly.foreign import settle_foreign
from millesime.assembly.image_files import image_size
from millesime.assembly.registers import read_register
from millesime.markup.ast import SPACE, Block, Document, Inline, bullet_list, para, string, words
from millesime.markup.html_tokens import html_tokens
from millesime.markup.normalise import equality_key, normalise
from millesime.markup.pandoc import Source, read_documents
from millesime.markup.raw_html import read_raw_html
from millesime.press.compare.enclosed_parts import open_enclosed
from millesime.press.compare.loose_documents import check_paper
from millesime.press.compare.word_text import readable_word, unread_words
from millesime.problems import ManifestError, MarkupError
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.reading.changed_quantities import changed_quantities
from millesime.redline.text.quantities import read_tokens
from millesime.render.drawing_safety import SVG
from millesime.render.images import published_image, word_image
from millesime.render.sanitise import filter_raw, parse_fragment
from millesime.series.series import load_series
from tests.redline.documents import Tape, block, chapter
from tests.security.artifacts import dangers
from tests.security.test_word_files import NAMES as WORD_NAMES
from tests.security.test_word_files import word_file

_ROOT = Path(tempfile.mkdtemp(prefix="millesime-fuzz-"))
(_ROOT / "editions").mkdir()
_REPORT = b"title: x\nlanguage: fr\n"
_EDITION = b"date: 2019-07-03\nchapters: [a.md]\n"


# ---- manifests and registers -----------------------------------------------


def manifest(content: bytes) -> None:
    """Any bytes are a manifest, or a mistake that names it; the first byte says of what."""
    kind, rest = content[:1], content[1:]
    report, edition = (_REPORT, rest) if kind < b"\x80" else (rest, _EDITION)
    if kind and kind[0] % 2:
        report, edition = (report, _EDITION + rest) if kind < b"\x80" else (_REPORT + rest, edition)
    (_ROOT / "editions/report.yaml").write_bytes(report)
    (_ROOT / "editions/2019.yaml").write_bytes(edition)
    with suppress(ManifestError):
        load_series(_ROOT)


def register(content: bytes) -> None:
    """Any bytes are a register, or a mistake that names it."""
    with suppress(MarkupError):
        read_register(content, "a.yaml")


# ---- comparing -------------------------------------------------------------


def ast(content: bytes) -> None:
    """Any two chapters are compared without loss, and settled."""
    half = len(content) // 2
    sides = [
        [chapter(*(block(Tape(part[at : at + 24])) for at in range(0, len(part), 24)), path="a.md", title="A")]
        for part in (content[:half], content[half:])
    ]
    redline = compare(*sides)
    for taken, (side,) in zip((reject_all(redline), accept_all(redline)), sides, strict=True):
        assert equality_key(taken["a.md"]) == equality_key(normalise(side.blocks))
        settle_foreign(list(side.blocks))


_WORDS = [
    " ", "\u00a0", "\u202f", "1", "12", "2007", "000", ",", ".", "-", "–", "/", "'", "’", "%", "€", "$", "n°", "(", ")",
    "[", "]", ":", ";", "&", "et", "ou", "to", "à", "and", "au", "de", "d’", "cent", "vingt", "quatre", "deux", "mille",
    "hundred", "and", "a", "une", "un", "douzaine", "dozen", "millions", "milliards", "M", "bn", "k", "euros", "ans",
    "months", "km²", "m3", "kWh", "°C", "° C", "points de pourcentage", "pour cent", "p. 100", "juillet", "may", "déc.",
    "1er", "3rd", "ème", "h", "chapitre", "Figures", "art.", "L.", "R", "article", "édition", "et al.", "x", "_", "v",
    "présent", "now", "@", "www.", "https://", "10.1234/", "a.csv", "⁶", "²", "−", "+", "Rust", "\n", "é", "٣", "½",
]  # fmt: skip


def _sentence(tape: Tape, most: int) -> str:
    return "".join(tape.pick(_WORDS) for _ in range(tape.below(most)))


def quantities(content: bytes) -> None:
    """Any sentence is cut into tokens in its order, of which none is lost, and any two are compared."""
    text = content[1:].decode("utf-8", "replace") if content[:1] == b"\xff" else _sentence(Tape(content), 200)
    tokens = read_tokens(text)
    assert not "".join(text[old.stop : new.start] for old, new in pairwise(tokens)).strip()
    assert not (text[: tokens[0].start] + text[tokens[-1].stop :] if tokens else text).strip()
    for token in tokens:
        assert token.text == text[token.start : token.stop].strip()
        assert token.values or not token.is_quantity
        assert token.key
    tape = Tape(content[::-1])
    if not tape.seldom():
        return
    sides = [[chapter(*(para(*words(_sentence(tape, 20))) for _ in range(2)), path="a.md")] for _ in range(2)]
    for change in changed_quantities(compare(*sides)):
        assert change.old != change.new


# ---- HTML ------------------------------------------------------------------


def page(content: bytes) -> None:
    """Any text is well-formed HTML of known elements, and stays what it is when it is read again."""
    text = content.decode("utf-8", "replace")
    root = parse_fragment(filter_raw(text, lambda source, alternative: ""))
    etree.fromstring(etree.tostring(root))
    assert not {element.tag for element in root.iter()} & {"script", "style", "iframe", "object", "link"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]


_TAGS = (
    "p div ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr td th h1 h3 blockquote figure figcaption "
    "details summary pre center b a em span u del ins s br hr img nav kbd script style textarea x-y svg title"
).split()
_ATTRIBUTES = [
    "", "", "", " align=right", " colspan=3 rowspan=2", " id=a class='b c'", " start=4 reversed", " value=9",
    " href=#x", " open", " lang=fr", " width='10%' alt=x src=a.png", " type=a", " title='<td>'", " style=x",
]  # fmt: skip
_SIGNS = ["<", ">", "&lt;", "&amp", "<!--", "-->", "<!", "<?", "<![CDATA[", "]]>", "</", "/>", "\n", " ", '"', "="]


def html(content: bytes) -> None:
    """Every word of any HTML, in raw blocks and in lines, is read once."""
    tape, said = Tape(content), 0

    def piece(length: int) -> str:
        nonlocal said
        parts = []
        for _ in range(tape.below(length)):
            kind = tape.below(8)
            if kind < 3:
                parts.append(f"<{tape.pick(_TAGS)}{tape.pick(_ATTRIBUTES)}>")
            elif kind < 5:
                parts.append(f"</{tape.pick(_TAGS)}>")
            elif kind < 7:
                said += 1
                parts.append(f"q{said}q")
            else:
                parts.append(tape.pick(_SIGNS))
        return "".join(parts)

    def line() -> list[Inline]:
        return [one for _ in range(tape.below(6)) for one in (*tape.pick([words, _raw_inline])(piece(5)), SPACE)]

    def blocks(depth: int) -> list[Block]:
        made = []
        for _ in range(tape.below(7)):
            kind = tape.below(5)
            if kind == 4 and depth < 3:
                made.append(bullet_list([blocks(depth + 1)]))
            elif kind == 3:
                made.append({"t": "Plain", "c": line()})
            elif kind:
                made.append({"t": "RawBlock", "c": ["html", piece(12)]})
            else:
                made.append({"t": "Para", "c": line()})
        return made

    made = blocks(0)
    expected = re.findall(r"q\d+q", " ".join(_texts(made)))
    read = json.dumps(read_raw_html(made))
    for word in expected:
        assert read.count(word) == 1, (word, read.count(word), made)


def _raw_inline(text: str) -> list[Inline]:
    return [{"t": "RawInline", "c": ["html", text]}, string("x")]


def _texts(value):
    """Yield what readers of HTML see of its pieces; each is the whole that its tokens are."""
    if isinstance(value, dict) and value["t"] in ("RawBlock", "RawInline"):
        tokens = html_tokens(value["c"][1])
        assert "".join(token.source for token in tokens) == value["c"][1]
        yield from (token.source for token in tokens if token.kind == "text")
    elif isinstance(value, dict):
        yield from _texts(value.get("c", []))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


# ---- pictures --------------------------------------------------------------


def picture(content: bytes) -> None:
    """Any bytes have a size or none, and any drawing is published well-formed."""
    image_size(content)
    published = published_image(b"<svg xmlns='http://www.w3.org/2000/svg'>" + content)
    assert next(etree.fromstring(published).iter("{*}script", "{*}iframe"), None) is None


_DRAWN = (
    "g defs symbol use switch a title desc style path rect text tspan textPath tref image linearGradient stop pattern "
    "clipPath mask marker filter feImage feFlood foreignObject script set animate iframe h:form h:button h:p h:meta "
    "h:style x:y svg"
).split()
_NAMES = (
    "id class style href xlink:href fill stroke filter clip-path mask d x y width height viewBox transform onload "
    "font font-family src action to values attributeName begin xml:base xml:lang type media target x:onload h:href"
).split()
_VALUES = [
    "a", "#a", "url(#a)", "url( '#a' )", "url(https://e.org/)", "u\\72l(https://e.org/)", "URL(//e.org/a)", "red", "1",
    "javascript:alert(1)", "data:image/svg+xml;base64,PHN2Zy8+", "data:image/png;base64,AAAA", "1e999", "10%", "auto",
    "image-set(url(x) 1x)", "fill:url(#a)", "@import 'https://e.org/'", "fill:red;behavior:url(x)", "--x: url(//e.org)",
    "var(--x)", "text/css", "text/html", "calc(1px*2)", "src('https://e.org')", "a{fill:url(//e.org)}", "a}b{",
    "/**/", "\\", "(((", "expression(1)", "\u202e", "M0 0L1 1z", "matrix(1 0 0 1 0 0)", "-moz-binding:url(x)", "a:b",
]  # fmt: skip


def drawing(content: bytes) -> None:
    """Any drawing is published with nothing that runs or fetches, and is its own publication; Word's is well-formed."""
    tape, parts, opened = Tape(content), [], []
    for _ in range(tape.below(60)):
        kind = tape.below(6)
        if kind < 3:
            name = tape.pick(_DRAWN)
            given = {tape.pick(_NAMES): _quoted(tape.pick(_VALUES)) for _ in range(tape.below(4))}
            parts.append(f"<{name}{''.join(f' {key}={value}' for key, value in given.items())}>")
            opened.append(name)
        elif kind == 3 and opened:
            parts.append(f"</{opened.pop()}>")
        else:
            parts.append(tape.pick(_VALUES).replace("&", "&amp;").replace("<", "&lt;"))
    parts += [f"</{name}>" for name in reversed(opened)]
    head = f"<svg xmlns='{SVG}' xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:h='http://www.w3.org/1999/xhtml'>"
    source = f"{head}{''.join(parts)}</svg>".encode()
    published = published_image(source)
    assert not list(_drawing_dangers(published)), (source, published)
    assert published_image(published) == published, (source, published)
    etree.fromstring(word_image(published))


def _drawing_dangers(published: bytes) -> Iterator[str]:
    root = etree.fromstring(published)
    for element in root.iter(etree.Element):
        if etree.QName(element).namespace != SVG:
            yield element.tag
        for name in ("id", "class", "{http://www.w3.org/XML/1998/namespace}lang"):
            element.attrib.pop(name, None)  # names, of which none is an address
    yield from dangers({"epub": {"a.svg": etree.tostring(root)}})


def _quoted(value: str) -> str:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'"{escaped}"'


# ---- Word files ------------------------------------------------------------

_AROUND = (
    "w:fldSimple w:customXml w:smartTag w:dir w:bdo w:ins w:del w:moveTo w:moveFrom w:sdt w:sdtContent w:hyperlink w:r "
    "w:p w:tbl w:tr w:tc w:ruby w:rt w:rubyBase mc:AlternateContent mc:Choice mc:Fallback w:pict w:txbxContent w:pPr "
    "w:rPr w:unknown x:y w:footnote w:style"
).split()
_MARKS = [
    "<w:vanish/>", '<w:vanish w:val="0"/>', '<w:rStyle w:val="a"/>', '<w:pStyle w:val="b"/>', "<w:altChunk/>",
    '<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="separate"/>', '<w:fldChar w:fldCharType="end"/>',
    "<w:instrText>x</w:instrText>", "<w:tab/>", "<w:br/>", '<w:framePr w:dropCap="drop"/>', "<w:t/>", "<w:tblGrid/>",
]  # fmt: skip
_SAID = ["", "", ' w:val="a"', ' Requires="w14"', ' Requires="x y"', ' w:id="1"', ' w:author="x"', ' w:instr="PAGE"']


def word(content: bytes) -> None:
    """Any Word file is refused, or mended once; what is told of it is told of any text."""
    if content[:1] == b"\xff":
        whole = bytearray(word_file("<w:p><w:r><w:t>mot</w:t></w:r></w:p>"))
        for place, value in pairwise(content[1:]):
            whole[place * len(whole) // 256] = value
        mended = readable_word(bytes(whole))
        with suppress(MarkupError):
            check_paper(bytes(whole), "docx", where="a.docx")
            open_enclosed(Document(blocks=[]), bytes(whole), "docx", mended=mended)
        return
    tape, parts, opened, said = Tape(content), [], [], 0
    for _ in range(tape.below(80)):
        kind = tape.below(6)
        if kind < 2:
            opened.append(tape.pick(_AROUND))
            parts.append(f"<{opened[-1]}{tape.pick(_SAID)}>")
        elif kind == 2 and opened:
            parts.append(f"</{opened.pop()}>")
        elif kind == 3:
            parts.append(tape.pick(_MARKS))
        else:
            said += 1
            parts.append(f"<w:r><w:t>q{said}q </w:t></w:r>" if kind == 4 else f"<w:t>q{said}q </w:t>")
    parts += [f"</{name}>" for name in reversed(opened)]
    styles = (
        f"<w:styles {WORD_NAMES}><w:style w:styleId='a'><w:basedOn w:val='b'/></w:style>{''.join(parts)}</w:styles>"
    )
    whole = word_file("".join(parts), parts={"word/styles.xml": styles} if tape.seldom() else {})
    mended = readable_word(whole)
    assert readable_word(mended) is mended, whole
    told = unread_words(mended, "")
    assert len(told) == len(set(told)) and not unread_words(mended, " ".join(told))
    document = Document(blocks=[])
    if tape.seldom() and tape.seldom():
        document = read_documents([Source(path="a.docx", content=mended)], reader="docx")[0]
    open_enclosed(document, whole, "docx", mended=mended)


TARGETS = {
    "manifest": manifest, "register": register, "ast": ast, "quantities": quantities, "page": page, "html": html,
    "picture": picture, "drawing": drawing, "word": word,
}  # fmt: skip
