from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from builders import EVIL_SVG, SVG, anchored, chapter, hostile_report, markdown, raw, report, sample_report
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from millesime.markup.ast import div, header, link, para, plain, simple_table, span, string, words
from millesime.redline.merging.code import code_lines
from millesime.render import sanitise
from millesime.render.conform import conform
from millesime.render.fragments import pages_of, to_html, to_xhtml, write_fragments, write_titles
from millesime.render.images import file_name, published_image
from millesime.render.links import relink, safe_href
from millesime.render.sanitise import filter_raw, parse_fragment


def fragment(*blocks, **changes):
    return write_fragments(report(chapter("un", *blocks), **changes))["un"]


def html_of(*blocks, **changes) -> str:
    return to_html(fragment(*blocks, **changes)).strip()


def conformed(html: str) -> str:
    root = parse_fragment(html)
    conform(root)
    return to_xhtml(root)


# ---- anchors ----------------------------------------------------------------


def test_a_wrapped_paragraph_bears_its_anchor_itself():
    assert html_of(anchored("p1", para("Texte"))) == '<p id="p1">Texte</p>'


def test_a_wrapped_list_bears_its_anchor_itself():
    root = fragment(anchored("l1", markdown("- a\n- b")[0]))
    assert root.find("ul").get("id") == "l1"
    assert root.find("div") is None


def test_the_second_of_two_equal_ids_is_dropped():
    root = fragment(header(2, "Un", ident="x"), header(2, "Deux", ident="x"))
    assert [heading.get("id") for heading in root.iter("h2")] == ["x", None]


def test_an_id_that_is_the_anchor_of_another_chapter_is_dropped():
    fragments = write_fragments(report(chapter("un", raw('<p id="deux">a</p>')), chapter("deux", para("b"))))
    assert fragments["un"].find("p").get("id") is None


def test_a_chapter_cannot_take_an_id_of_the_page():
    assert "page-text" not in html_of(raw('<p id="page-text">a</p>'))


# ---- links ------------------------------------------------------------------


def test_a_link_to_an_anchor_of_another_chapter_is_rewritten_to_its_page():
    whole = report(chapter("un", para(link([string("là")], "#loin"))), chapter("deux", header(2, "Loin", ident="loin")))
    fragments = write_fragments(whole)
    pages = pages_of(whole, fragments)
    relink(fragments["un"], lambda anchor: f"{pages[anchor]}.html#{anchor}")
    assert fragments["un"].find(".//a").get("href") == "deux.html#loin"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "listings/x.rs",
        "../x.md",
        "//example.org/x",
        "http://",
        "http://h:99999/",
        "http://[::1",
        "mailto:",
        "#",
        "#nulle-part",
        "vbscript:x",
        "tel:",
        "ftp://",
        "file:///etc/passwd",
        "gopher://example.org/x",
    ],
)
def test_a_link_that_leads_nowhere_keeps_its_text_alone(target):
    root = fragment(para(link([string("texte")], target)))
    assert root.find(".//a") is None
    assert "".join(root.itertext()).strip() == "texte"


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ('https://example.org/a b"c', "https://example.org/a%20b%22c"),
        ("https://exämple.org/é?q=à#ù", "https://xn--exmple-cua.org/%C3%A9?q=%C3%A0#%C3%B9"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("tel:+33-1-23-45", "tel:+33-1-23-45"),
        ("doi:10.1234/rapport-2019#a", "doi:10.1234/rapport-2019#a"),
        ("urn:isbn:9782111456785", "urn:isbn:9782111456785"),
        ("FTP://example.org:21/a b", "ftp://example.org:21/a%20b"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://moi@BÜCHER.example:8080/é", "https://moi@xn--bcher-kva.example:8080/%C3%A9"),
        ("https://例え.テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("https://i❤.ws/", "https://xn--i-7iq.ws/"),
        ("#a b", "#a-b"),
    ],
)
def test_an_address_is_percent_encoded(target, written):
    assert safe_href(target) == written


# ---- untrusted HTML ---------------------------------------------------------


def test_scripts_styles_and_handlers_are_dropped_with_their_content():
    text = html_of(raw('<script>alert(1)</script><style>p{}</style><b onclick="x()" style="color:red">gras</b>'))
    assert text == "<b>gras</b>"


def test_an_unclosed_tag_does_not_swallow_what_follows():
    for opening in ("<script>", "<textarea>", "<!--", "<style>", "<title>", "<plaintext>", "<iframe>", "<svg><style>"):
        assert "après" in html_of(raw(opening), para("après")), opening


def test_the_text_of_unknown_tags_stays():
    assert "contenu" in html_of(raw("<unknown-tag a=1>contenu</unknown-tag>"))


def test_control_characters_are_shown_as_replacement_characters():
    assert html_of(para(string("a\x08b"))) == "<p>a\ufffdb</p>"


def test_a_paragraph_in_a_span_makes_the_span_a_block():
    assert conformed("<span><p>x</p></span>") == '<div class="was-span"><p>x</p></div>'


def test_text_in_a_list_becomes_an_item():
    assert conformed("<ul>texte<b>gras</b><li>a</li></ul>") == "<ul><li>texte<b>gras</b></li><li>a</li></ul>"


def test_items_outside_of_lists_become_blocks():
    assert conformed("<li>a</li><dd>b</dd>") == '<div class="was-li">a</div><div class="was-dd">b</div>'


def test_an_incomplete_definition_list_becomes_blocks():
    assert "<dl" not in conformed("<dl><dd>seul</dd></dl>")


def test_spans_are_cut_to_their_row_group_and_short_rows_are_filled():
    table = etree.fromstring(conformed("<table><tr><td rowspan=9>a<td>b<tr><td>c<tr><td>d<td colspan=3>e</table>"))
    assert table.find(".//td").get("rowspan") == "3"
    assert [sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")] == [3, 2, 2]


@pytest.mark.parametrize("depth", [150, 5000])
def test_deep_nesting_is_cut_and_keeps_its_text(depth):
    root = parse_fragment("<div>" * depth + "au fond" + "</div>" * depth)
    conform(root)
    assert "".join(root.itertext()) == "au fond"
    assert max(sum(1 for _ in element.iterancestors()) for element in root.iter()) <= 101


_TAGS = (
    "p span div ul li dl dt dd table tr td th tbody caption a b em h1 h3 pre code br hr img details summary figure "
    "figcaption section script style textarea svg math mi center font ins blockquote foo select template"
).split()
_PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in _TAGS] + [f"</{tag}>" for tag in _TAGS]),
    st.builds(
        '<{} {}="{}">'.format,
        st.sampled_from(_TAGS),
        st.sampled_from(["id", "class", "href", "onclick", "style", "colspan", "rowspan", "lang", "start"]),
        st.text(max_size=6),
    ),
    st.text(max_size=8),
    st.sampled_from(["<!--", "-->", "<![CDATA[", "]]>", "<?x", "&#8;", "&amp", "<", ">", "\x00"]),
)


@settings(max_examples=150)
@given(st.lists(_PIECES, max_size=25))
def test_any_raw_html_becomes_a_well_formed_tree(pieces):
    source = "".join(pieces)
    for html in (source, filter_raw(source, lambda src, alt: "")):
        root = parse_fragment(html)
        conform(root)
        parsed = etree.fromstring(f"<div>{to_xhtml(root)}</div>")
        assert not [element for element in parsed.iter() if element.tag in ("script", "style", "form", "iframe")]
        assert not [name for element in parsed.iter() for name in element.attrib if name.startswith("on")]


@settings(max_examples=400)
@given(
    st.lists(_PIECES | st.sampled_from(['<a title="un\nmot">', "&nbsp;", "\u00a0", "\r\n", "&#xFFFE;"]), max_size=25)
)
def test_what_is_read_as_xml_is_what_a_parser_of_html_makes_of_it(pieces):
    html = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sanitise, "_parse_as_xml", lambda html: None)
        slow = parse_fragment(html)
    assert etree.tostring(parse_fragment(html)) == etree.tostring(slow)


def test_ordinary_fragments_are_read_as_xml(monkeypatch):
    monkeypatch.setattr(sanitise, "_TreeBuilder", None)
    root = parse_fragment('<p id="a">Un<br>mot&nbsp;: <img src="a.png" alt="a > b"> &amp; <em>un</em> autre.</p>')
    assert "".join(root.itertext()) == "Unmot\u00a0:  & un autre."


@settings(max_examples=150)
@given(st.lists(_PIECES, max_size=25))
def test_conforming_loses_no_text(pieces):
    root = parse_fragment("".join(pieces))
    before = re.sub(r"\s", "", "".join(root.itertext()))
    conform(root)
    assert sorted(re.sub(r"\s", "", "".join(root.itertext()))) == sorted(before)


@settings(max_examples=100)
@given(st.lists(_PIECES, max_size=25))
def test_conforming_twice_changes_nothing_more(pieces):
    root = parse_fragment("".join(pieces))
    conform(root)
    once = to_xhtml(root)
    conform(root)
    assert to_xhtml(root) == once


# ---- images -----------------------------------------------------------------


def test_a_raw_image_beside_its_chapter_is_shown():
    root = fragment(raw('<img src="figures/plan.svg" alt="Plan">'), images={"chapters/figures/plan.svg": SVG})
    assert root.find(".//img").attrib == {"src": "chapters/figures/plan.svg", "alt": "Plan"}


def test_an_image_that_is_not_in_the_report_becomes_a_visible_note():
    text = html_of(raw('<img src="https://example.org/x.png" alt="Une carte">'))
    assert "<img" not in text and "Une carte" in text and "x.png" in text


def test_an_svg_loses_scripts_handlers_and_outside_references():
    published = published_image(EVIL_SVG)
    for evil in (b"script", b"onload", b"onclick", b"http://e.org", b"passwd", b"javascript", b"ENTITY"):
        assert evil not in published
    assert b"ok</text>" in published and b"<rect" in published


def test_image_names_are_safe_and_distinct():
    assert file_name("a/Été & co.svg", SVG, []) == "ete-co.svg"
    assert file_name("b/ete co.svg", SVG, ["ete-co.svg"]) == "ete-co-2.svg"


# ---- meaning ----------------------------------------------------------------


def test_inserted_and_deleted_words_become_ins_and_del():
    text = html_of(para(span([string("neuf")], classes=["insertion"]), span([string("vieux")], classes=["deletion"])))
    assert text == '<p><ins class="insertion">neuf</ins><del class="deletion">vieux</del></p>'


def test_an_inserted_block_has_a_role_and_a_label():
    box = fragment(div([para("Neuf")], classes=["insertion"])).find("div")
    assert box.get("role") == "insertion"
    assert box[0].get("class") == "change-label insertion-label" and "Ajout" in box[0].text


def test_an_inserted_heading_stays_a_heading():
    heading = fragment(header(2, "Neuf", ident="h", classes=["insertion"])).find("h2")
    assert heading.get("id") == "h"
    assert heading.find("ins").text == "Neuf"


def test_inserted_code_is_put_into_an_ins():
    code = {"t": "Code", "c": [["", ["insertion"], []], "x"]}
    assert html_of(para(code)) == '<p><ins class="insertion"><code>x</code></ins></p>'


def test_the_cells_of_a_deleted_row_are_deleted():
    table = simple_table([words("A")], [[words("x")], [words("y")]])
    table["c"][4][0][3][1][0] = ["", ["deletion"], []]
    row = list(fragment(table).iter("tr"))[2]
    assert row.find("td/del").text == "y"
    sign = row.find("td/span")
    assert (sign.text, sign.get("role"), sign.get("aria-label")) == ("−\u00a0", "img", "Suppression")


def test_an_empty_cell_of_a_changed_row_is_not_marked():
    table = simple_table([words("A"), words("B")], [[words("x"), []]])
    table["c"][4][0][3][0][0] = ["", ["insertion"], []]
    assert [len(cell) for cell in list(fragment(table).iter("tr"))[1]] == [2, 0]


def code_block(text: str) -> dict:
    return {"t": "CodeBlock", "c": [["", [], []], text]}


def test_changed_code_reads_as_a_unified_diff():
    old, new = "for x:\n    a\n\n    b = 1\n    gone()", "for x:\n    a\n\n    b = 2\n    come"
    block = fragment(code_lines(code_block(old), code_block(new), whole=True)).find("div")
    assert (block.get("role"), block.get("aria-label")) == ("group", "Code modifié")
    text = "".join(block.find("pre/code").itertext())
    assert text == "  for x:\n      a\n  \n±     b = 12\n−     gone()\n+     come\n"
    assert [line.tag for line in block.find("pre/code")] == ["span"] * 4 + ["del", "ins"]
    assert "Ajout :" not in text


def test_left_out_lines_of_code_are_a_line():
    old = "\n".join("abcdefghijkl")
    block = fragment(code_lines(code_block(old), code_block(old + "\nm"), whole=False)).find("div")
    assert "".join(block.find("pre").itertext()).splitlines()[0] == "  ⋮"


def test_a_line_of_code_whose_indentation_changed_is_shown_as_it_is_now():
    old, new = ({"t": "CodeBlock", "c": [["", [], []], f"if x:\n{spaces}y = 1"]} for spaces in ("  ", "      "))
    (pre,) = fragment(code_lines(old, new, whole=True)).iter("pre")
    assert "".join(pre.itertext()) == "  if x:\n~       y = 1\n"
    assert not list(pre.iter("ins", "del")) and [line.get("title") is not None for line in pre[0]] == [False, True]


def test_a_block_that_only_bears_the_name_of_changed_code_keeps_its_text():
    text = html_of(div([para("a"), para("b")], classes=["code-diff"]))
    assert "<p>a</p>" in text and "<p>b</p>" in text


def test_pictures_side_by_side_say_before_and_after():
    image = {"t": "Image", "c": [["", [], []], [string("x")], ["a.svg", ""]]}
    sides = [div([para(image)], classes=[name, "image"]) for name in ("deletion", "insertion")]
    pair = fragment(div(sides, classes=["side-by-side"])).find("div")
    assert [side.get("role") for side in pair] == ["deletion", "insertion"]
    assert [side[0].text for side in pair] == ["Avant", "Après"]
    small = [span([image], classes=[name, "image"]) for name in ("deletion", "insertion")]
    inline = fragment(para(span(small, classes=["side-by-side"]))).find("p/span")
    assert [(side.tag, side[0].text) for side in inline] == [("del", "Avant"), ("ins", "Après")]


def test_a_detail_on_a_line_of_its_own_is_a_note():
    root = fragment(para(span(words("(niveau 2)"), classes=["change-detail"])), para("x"))
    assert [paragraph.get("class") for paragraph in root.iter("p")] == ["change-note", None]


def test_the_two_places_of_a_move_link_to_each_other():
    fragments = write_fragments(
        report(
            chapter("un", div([para("x")], classes=["moved-from"], pairs=[("move", "m")])),
            chapter("deux", div([para("x")], classes=["moved-to"], pairs=[("move", "m")])),
        )
    )
    here, there = fragments["un"].find("div"), fragments["deux"].find("div")
    assert here.find(".//a").get("href") == "#" + there.get("id")
    assert there.find(".//a").get("href") == "#" + here.get("id")


def test_notes_have_ids_of_their_chapter_and_roles():
    blocks = markdown("Texte.[^a]\n\n[^a]: Une note.")
    fragments = write_fragments(report(chapter("un", *blocks), chapter("deux", *blocks)))
    for name, root in fragments.items():
        reference = root.find(".//a[@role='doc-noteref']")
        assert reference.get("href") == f"#{name}-fn1"
        assert root.find(f".//li[@id='{name}-fn1']") is not None
        assert root.find(".//a[@role='doc-backlink']").get("href") == "#" + reference.get("id")


def test_headers_of_a_table_have_a_scope_and_empty_ones_are_cells():
    table = fragment(simple_table([[], words("A")], [[words("x"), words("y")]])).find("table")
    assert [(cell.tag, cell.get("scope")) for cell in table.find("thead/tr")] == [("td", None), ("th", "col")]


def test_a_formula_is_mathml_with_its_source_as_alternative():
    (math,) = fragment(*markdown(r"$x^2 + \alpha$")).iter("{*}math")
    assert math.get("alttext") == r"x^2 + \alpha"
    assert math.find("{*}semantics") is None


def test_headings_do_not_jump_levels():
    root = fragment(header(2, "a"), raw("<h6>b</h6>"), header(3, "c"))
    assert [heading.tag for heading in root.iter("h2", "h3", "h4", "h5", "h6")] == ["h2", "h3", "h3"]


def test_a_position_names_its_sector():
    position = div([para("x")], classes=["position"], pairs=[("data-sector", "economic")])
    label = fragment(position).find("div/p")
    assert label.get("class") == "position-label" and label.text


def test_titles_hold_no_links_and_no_ids():
    title = (link([string("Un")], "https://example.org/"), span([string("deux")], ident="x"))
    one = chapter("un", para("x"))
    titles = write_titles(report(replace(one, title=title)))
    assert to_html(titles["un"]) == "Un<span>deux</span>"


def test_every_link_of_a_hostile_report_leads_somewhere():
    fragments = write_fragments(hostile_report())
    ids = {element.get("id") for root in fragments.values() for element in root.iter() if element.get("id")}
    ids |= {"1-été/hostile", "index", "1-part"}
    for root in fragments.values():
        for href in [anchor.get("href") for anchor in root.iter("a") if anchor.get("href")]:
            assert (
                href.startswith(("https://", "http://", "mailto:", "ftp://")) or unquote(href.removeprefix("#")) in ids
            )


def test_all_ids_of_a_report_are_distinct():
    for whole in (sample_report(), hostile_report()):
        fragments = write_fragments(whole)
        ids = [element.get("id") for root in fragments.values() for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert not [ident for ident in ids if re.search(r"\s", ident)]


def test_an_item_that_came_is_marked_by_its_words_alone():
    came = {"t": "BulletList", "c": [[plain("a")], [div([plain("neuf")], classes=["insertion"])]]}
    item = fragment(came).findall("ul/li")[1]
    assert "".join(item.itertext()).strip() == "neuf" and item.find(".//ins").text == "neuf"
    assert item.find("div").get("class") == "changed-item"


def test_bare_words_of_a_deleted_block_are_struck():
    block = fragment(div([plain("vieux")], classes=["deletion"])).find("div")
    assert (block[0].get("class"), block[1].tag, block[1].text) == ("change-label deletion-label", "del", "vieux")
