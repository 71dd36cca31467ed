"""Drawings that run, fetch or multiply, and pictures that unpack to gigabytes."""

from __future__ import annotations

import io
import time
import zlib
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from millesime.limits import LimitError
from millesime.render.drawing_safety import is_known, safe_sheet
from millesime.render.images import published_image
from tests.security.artifacts import CANARY, SVG, Made, dangers, holds, make, text_of, write_report

HTML = "http://www.w3.org/1999/xhtml"
INNER = "<script>alert(1)</script><text>dedans</text>"
DRAWINGS = {
    "script": f"{SVG}{INNER}</svg>",
    "handler": f"{SVG}<rect onclick='alert(1)' onload='alert(1)' width='9' height='9'/></svg>",
    "root-handler": SVG.replace("viewBox", "onload='alert(1)' viewBox") + "</svg>",
    "foreign": f"{SVG}<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><iframe src='x'/></body>"
    "</foreignObject></svg>",
    "link": f"{SVG}<a xlink:href='javascript:alert(1)'><text>t</text></a></svg>",
    "animated": f"{SVG}<a><animate attributeName='href' values='javascript:alert(1)'/></a><set attributeName='onload'/>"
    "</svg>",
    "remote": f"{SVG}<image href='https://evil.example/a.png'/><image xlink:href='file:///etc/passwd'/>"
    "<use href='https://evil.example/a.svg#x'/><feImage href='https://evil.example/a.png'/></svg>",
    "nested": f"{SVG}<image href='data:image/svg+xml;base64,PHN2Zy8+'/><image href='data:text/html,x'/></svg>",
    "style": f"{SVG}<style>@import 'https://evil.example/a.css'; rect {{ fill: url(https://evil.example/a.svg#x) }}"
    "</style><rect style='fill:url(https://evil.example/b)' fill='url(//evil.example/c)'/></svg>",
    "escaped-style": f"{SVG}<style>@\\69mport 'https://evil.example/a.css'; r{{fill:u\\72l(https://evil.example)}}"
    "</style></svg>",
    "entity": f"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'SECRET'>]>{SVG}<text>&x;</text></svg>",
    "parameter-entity": f"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY % x SYSTEM 'SECRET'> %x;]>{SVG}</svg>",
    "external-dtd": f"<?xml version='1.0'?><!DOCTYPE svg SYSTEM 'https://evil.example/a.dtd'>{SVG}</svg>",
    "stylesheet": f"<?xml version='1.0'?><?xml-stylesheet href='https://evil.example/a.xsl'?>{SVG}</svg>",
    "included": f"{SVG}<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='SECRET' parse='text'/></svg>",
    "other-namespace": f"{SVG}<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>"
    "<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='https://evil.example/a.png' onerror='alert(1)'/></svg>",
    "html-form": f"{SVG}<h:form xmlns:h='{HTML}' action='javascript:alert(1)'><h:button>b</h:button></h:form></svg>",
    "html-refresh": f"{SVG}<h:meta xmlns:h='{HTML}' http-equiv='refresh' content='0;url=https://evil.example'/></svg>",
    "html-style": f"{SVG}<h:style xmlns:h='{HTML}'>@import 'https://evil.example/a.css';</h:style></svg>",
    "style-children": f"{SVG}<style><a/>@import 'https://evil.example/a.css';<g>r{{}}</g>rect {{ fill: "
    "url(//evil.example/c) }</style></svg>",
    "other-functions": f"{SVG}<style>rect {{ fill: image-set('//evil.example/a' 1x); mask: src('//evil.example/b');"
    " --x: url(//evil.example/v); clip-path: cross-fade(url(//evil.example/c), red) }}</style>"
    "<rect style='background: -webkit-image-set(url(//evil.example/d) 1x)' mask='element(#x) url(//evil.example/e)'/>"
    "</svg>",
    "other-rules": f"{SVG}<style>@font-face {{ font-family: f; src: url(//evil.example/f) }} @namespace "
    "url(//evil.example/n); @media all{@import url(//evil.example/i); rect { mask: url(//evil.example/m) } }</style>"
    "</svg>",
    "base": f"{SVG}<g xml:base='https://evil.example/'><use href='#x'/></g></svg>",
    "prefix-of-nothing": f"{SVG}<g><x:script y:onload='alert(1)'>alert(1)</x:script></g><rect z:href='#x'/></svg>",
    "not-closed": f"{SVG}<g><script>alert(1)",
    "no-drawing": "<html><svg></svg><script>alert(1)</script></html>",
    "polyglot": f"<!-- <html><script>alert(1)</script> -->{SVG}<text>t</text></svg>",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("drawings")
    secret = folder / "secret.txt"
    secret.write_text(CANARY, "utf-8")
    drawings = {
        f"chapters/{name}.svg": text.replace("SECRET", secret.as_uri()).encode() for name, text in DRAWINGS.items()
    }
    wreck = {
        "chapters/wreck.png": b"\x89PNG\r\n\x1a\n" + b"x" * 99,
        "chapters/wreck.jpg": b"\xff\xd8\xff" + b"\xff" * 99,
    }
    text = "# Un\n\n" + "\n\n".join(f"![{Path(path).stem}]({Path(path).name})" for path in [*drawings, *wreck])
    return make(write_report(folder / "report", {"chapters/a.md": text + "\n\nsuitefin\n", **drawings, **wreck}))


def test_no_drawing_runs_or_fetches(made: Made):
    assert dangers(made) == []
    assert (
        sum(name.endswith(".svg") for name in made["html"]) >= len(DRAWINGS) - 1
    )  # they were published, and looked at


@pytest.mark.parametrize("css", ["@\\69mport 'https://evil.example/a.css';", "rect { fill: u\\72l(//evil.example/a) }"])
def test_a_sheet_of_a_drawing_that_spells_in_escapes_is_left_out(css: str):
    published = published_image(f"{SVG}<style>{css}</style><rect style='{css.replace(chr(39), '')}'/></svg>".encode())
    assert b"evil.example" not in published


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_drawing_by_itself_is_published_without_what_is_wrong_in_it(name: str, tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY, "utf-8")
    published = published_image(DRAWINGS[name].replace("SECRET", secret.as_uri()).encode())
    root = etree.fromstring(published)
    assert dangers({"html": {"a.svg": published}}) == [] and CANARY not in "".join(root.itertext())
    assert etree.QName(root).localname == "svg" and root.getprevious() is None  # which may be a sheet
    assert b"evil.example" not in published
    for element in root.iter(etree.Element):
        assert is_known(element)
        for key, value in element.attrib.items():
            assert not key.startswith("on") and "javascript" not in value
    # Whoever parses a drawing as a page of HTML sees no element of another namespace, and no prefix.
    assert not any(":" in etree.QName(element).localname for element in root.iter(etree.Element))


def test_no_drawing_says_what_a_file_outside_says(made: Made):
    assert holds(made, CANARY) == []


def test_the_text_goes_on_behind_drawings_and_wrecks(made: Made):
    assert all("suitefin" in text for text in text_of(made).values())


@pytest.mark.parametrize(
    "drawing",
    [
        b"<svg><script>alert(1)</script></svg>",
        b"<svg xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></svg>",
        b"<svg xmlns='urn:x'><rect/></svg>",
    ],
)
def test_a_root_of_another_namespace_is_no_drawing(drawing: bytes):
    root = etree.fromstring(published_image(drawing))
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and not len(root)


def test_what_harmless_drawings_hold_is_kept():
    inner = (
        "<style>.a &gt; rect:not(.b) { fill: url(#g); transform: rotate(3deg) } @media print { text { font: bold 9px/1 "
        "'Source Sans Pro', sans-serif !important } } :root { --ink: rgb(0 0 0 / 50%) }</style>"
        "<g class='a' transform='translate(1,-2.5) skewX(3)' style='fill: var(--ink, hsl(3, 4%, 5%)); stroke: red'>"
        "<rect clip-path='url(#c)' filter='drop-shadow(1px 1px red)' fill='URL( &quot;#g&quot; )' "
        "width='calc(1px + 2%)'/>"
        "<use xlink:href='#c'/><text font-family='A (B)' aria-label='x (y)'>t</text></g>"
    )
    root = etree.fromstring(published_image(f"{SVG}{inner}</svg>".encode()))
    sheet, group, rect, use, text = root.iter("{*}style", "{*}g", "{*}rect", "{*}use", "{*}text")
    for part in (
        ".a > rect:not(.b) { fill: url(#g); transform: rotate(3deg) }",
        '@media print { text { font: bold 9px/1 "Source Sans Pro", sans-serif !important } }',
        ":root { --ink: rgb(0 0 0 / 50%) }",
    ):
        assert part in sheet.text
    assert group.get("transform") == "translate(1,-2.5) skewX(3)"
    assert group.get("style") == "fill: var(--ink, hsl(3, 4%, 5%)); stroke: red"
    assert (rect.get("clip-path"), rect.get("fill"), rect.get("width")) == ("url(#c)", "url(#g)", "calc(1px + 2%)")
    assert rect.get("filter") == "drop-shadow(1px 1px red)"
    assert use.get("{http://www.w3.org/1999/xlink}href") == "#c" and text.get("aria-label") == "x (y)"


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("url(x)matrix(1)url(y)a { fill: url(x)rgb(0,0,0) }", "none matrix(1) none a { fill: none rgb(0,0,0) }"),
        ("a { --x: 1u\\72l(https://e.org/) }", "a { --x: 1url (https://e.org/) }"),
    ],
)
def test_no_part_that_is_left_out_makes_one_word_of_its_neighbours(css: str, kept: str):
    """Found by fuzzing: what is published is read as what was looked at."""
    assert safe_sheet(css) == kept
    assert safe_sheet(kept) == kept


def test_what_holds_an_escape_for_a_control_character_is_left_out():
    """Found by fuzzing: XML cannot hold it, and the build ended as by a mistake of its own.

    A sign in its place was read as another name the second time.
    """
    sheet = ".\\10 b{ fill: red } c{ fill: blue }"
    drawing = f"{SVG}<style>{sheet}</style><rect style='--x: \"\\1b\"; fill: green'/></svg>"
    published = etree.fromstring(published_image(drawing.encode()))
    assert published[0].text == "c { fill: blue }"
    assert published[1].get("style") == "fill: green"


def test_an_attribute_that_stands_twice_is_the_first_one():
    """Found by fuzzing: the second one was not looked at, and what was published was no XML."""
    drawing = f"{SVG}<rect id='a' style='fill: red' id='b' style='fill: url(https://evil.example)'/></svg>"
    (rect,) = etree.fromstring(published_image(drawing.encode()))
    assert dict(rect.attrib) == {"id": "a", "style": "fill: red"}


def test_a_sheet_nested_without_end_is_left_out():
    assert "red" not in safe_sheet("@media print {" * 40 + "rect { fill: red }" + "}" * 40)


# ---- what multiplies ---------------------------------------------------------


def doubled(element: str, reference: str, levels: int = 9, times: int = 10) -> str:
    """Groups that use each the one before, ten times."""
    groups = "".join(
        f'<g id="a{level}">' + f"<{element} {reference.format(level - 1)}/>" * times + "</g>"
        for level in range(1, levels)
    )
    return f'{SVG}<g id="a0"><rect width="1" height="1"/></g>{groups}<{element} {reference.format(levels - 1)}/></svg>'


MULTIPLIED = {
    "use": doubled("use", 'xlink:href="#a{}"'),
    "use-without-prefix": doubled("use", 'href="#a{}"'),
    "mask": doubled("rect", 'mask="url(#a{})"').replace("<g id", "<mask id").replace("</g>", "</mask>"),
    "style-attribute": doubled("rect", "style=\"fill:url('#a{}')\"").replace("<g id", "<pattern id").replace(
        "</g>", "</pattern>"
    ),
    "itself": f'{SVG}<g id="a"><use href="#a"/></g></svg>',
    "each-other": f'{SVG}<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>',
    "by-style": f'{SVG}<style>g {{ mask: url(#m) }}</style><mask id="m">{"<g/>" * 999}</mask>{"<g/>" * 999}</svg>',
}  # fmt: skip


@pytest.mark.parametrize("name", MULTIPLIED)
def test_a_drawing_that_multiplies_is_published_without_what_it_repeats(name: str):
    root = etree.fromstring(published_image(MULTIPLIED[name].encode()))
    said = etree.tostring(root).decode()
    assert 'href="#' not in said and "url(" not in said


def test_a_drawing_that_repeats_a_sign_ten_thousand_times_is_as_it_was():
    sign = '<clipPath id="c"><rect width="1" height="1"/></clipPath><g id="s"><rect/><path/></g>'
    drawing = f"{SVG}{sign}" + '<use clip-path="url(#c)" href="#s"/>' * 10_000 + "</svg>"
    assert published_image(drawing.encode()).count(b'href="#s"') == 10_000


@pytest.mark.parametrize("expand", ["a billion laughs", "quadratic"])
def test_entities_that_multiply_cost_nothing(expand: str):
    if expand == "quadratic":
        entities, text = f"<!ENTITY a9 '{'x' * 50_000}'>", "&a9;" * 50_000
    else:
        entities = "<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
        text = "&a9;"
    began = time.process_time()
    published = published_image(
        f"<?xml version='1.0'?><!DOCTYPE svg [{entities}]>{SVG}<text>{text}</text></svg>".encode()
    )
    assert len(published) < 20_000_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", ["png", "gif", "jpeg", "webp"])
def test_a_picture_that_unpacks_to_gigabytes_is_named_and_not_unpacked(kind: str, tmp_path: Path):
    write_report(tmp_path, {"chapters/a.md": "# Un\n\n![bombe](figures/b.png)\n", "chapters/figures/b.png": bomb(kind)})
    with pytest.raises(
        LimitError, match=r"chapters/figures/b\.png: a picture of \d+ × \d+ pixels, more than 80 million"
    ):
        make(tmp_path, formats=())


def bomb(kind: str) -> bytes:
    """A picture whose header promises more pixels than it has bytes for."""
    if kind == "png":
        chunk = b"IHDR" + (30_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
        return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, kind, **({"lossless": True} if kind == "webp" else {}))
    content = bytearray(out.getvalue())
    if kind == "gif":
        content[6:10] = b"\x30\x75" * 2
    elif kind == "jpeg":
        place = content.index(b"\xff\xc0") + 5
        content[place : place + 4] = b"\x75\x30" * 2
    else:
        content[21:25] = (15_000 | 15_000 << 14).to_bytes(4, "little")
    return bytes(content)
