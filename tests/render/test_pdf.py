"""The printed report, read back: text of pages, outline, tags, and what the engine may see."""

import dataclasses
import datetime
import re
import socket
import subprocess
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import pikepdf
import pytest
from lxml import etree

from millesime.assembly.report import Author
from millesime.assembly.theme import read_theme_file
from millesime.markup.ast import para, span
from millesime.problems import EngineError
from millesime.render.artifact import date_epoch
from millesime.render.pdf import print_report, render_pdf
from millesime.render.pdf.book import build_book
from millesime.render.pdf.by_unit import print_by_unit
from millesime.render.pdf.engine import environment
from millesime.render.pdf.plain import print_plain
from millesime.render.pdf.printable import make_printable
from millesime.render.pdf.values.layout_steps import run_here
from tests.render.builders import SVG, chapter, markdown, report, sample_report

LABELS = {"image": "Illustration"}


@pytest.fixture(scope="module")
def printed():
    return print_report(sample_report(revision="3f9c2ab77d1e"))


@pytest.fixture(scope="module")
def opened(printed):
    return pikepdf.open(BytesIO(printed.content))


def pages_text(content: bytes) -> list[str]:
    """Return the text of each page, as poppler reads it."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout.decode("utf-8").split("\f")[:-1]


def body(text: str, **changes) -> list[str]:
    """Print one chapter and return the text of its pages."""
    content = print_report(report(chapter("un", *markdown(text)), **changes)).content
    return pages_text(content)[4:]


def outline_of(document: pikepdf.Pdf) -> list:
    def below(items):
        return [(item.title, below(item.children)) for item in items]

    with document.open_outline() as outline:
        return below(outline.root)


def structure_of(document: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Return (parent's type, type) of every structure element."""
    found = []
    waiting = [("", document.Root.StructTreeRoot.K[0])]
    while waiting:
        parent, element = waiting.pop()
        if not isinstance(element, pikepdf.Dictionary) or "/S" not in element:
            continue
        kind = str(element.S)[1:]
        found.append((parent, kind))
        kids = element.get("/K", [])
        waiting += [(kind, kid) for kid in (kids if isinstance(kids, pikepdf.Array) else [kids])]
    return found


def printable(html: str) -> etree._Element:
    root = etree.fromstring(f"<div>{html}</div>")
    make_printable(root, labels=LABELS, image_address=lambda key: "millesime:image/1" if key == "a.svg" else None)
    return root


def markup(root: etree._Element) -> str:
    return etree.tostring(root, encoding="unicode")[5:-6]


def shares(html: str) -> list[float]:
    """Return the widths of a table's columns in parts of the text's width, times a hundred."""
    root = printable(html)
    (table,) = root.iter("table")
    whole = float(re.search(r"width:(\d+)%", table.get("style"))[1])
    return [whole * float(re.search(r"width:([\d.]+)%", column.get("style"))[1]) / 100 for column in table.iter("col")]


_LONG = "Transgouvernementalisations"  # 27 letters
_CELL = "<td>mot mot mot mot mot mot mot mot mot mot mot mot mot mot mot mot mot mot mot</td>"


def test_no_word_of_a_table_is_broken_where_all_words_have_room():
    narrow, *_ = shares(f"<table><tr><td>{_LONG}</td>{_CELL}{_CELL}</tr></table>")
    assert narrow >= 100 * len(_LONG) / 96
    quoted, *_ = shares(f"<blockquote><table><tr><td>{_LONG}</td>{_CELL}{_CELL}</tr></table></blockquote>")
    assert quoted >= 100 * len(_LONG) / 88


def test_a_number_with_no_break_spaces_is_one_word_of_a_table():
    number, *_ = shares(f"<table><tr><td>1\u202f234\u202f567,00\u00a0€</td>{_CELL}{_CELL}</tr></table>")
    assert number >= 100 * 14 / 96


def test_a_total_stands_once_at_the_end_of_a_table_of_many_pages():
    rows = "\n".join(f"<tr><td>l{number}</td><td>{number}</td></tr>" for number in range(150))
    head, foot = "<tr><th>Poste</th><th>Coût</th></tr>", "<tr><td>Somme</td><td>9</td></tr>"
    table = f"<table><thead>{head}</thead><tfoot>{foot}</tfoot>{rows}</table>"
    text = pages_text(print_report(report(chapter("a", *markdown(table)))).content)
    assert ["Somme" in page for page in text].count(True) == 1
    assert ["Poste" in page for page in text].count(True) > 1
    whole = "\n".join(text)
    assert whole.index("l149") < whole.index("Somme")


# ---- the book ---------------------------------------------------------------


def test_the_cover_says_what_it_is(printed):
    cover, imprint = pages_text(printed.content)[:2]
    for words in (
        "Vers une ville partagée",
        "Première édition complémentaire",
        "Mission Ville",
        "2019",
        "Édition du 3 juillet 2019",
        "Camille Roux",
        "3f9c2ab77d1e",
    ):
        assert words in cover
    assert "urn:uuid:3f1c9a52" in imprint


def test_an_edition_without_a_revision_says_that_it_is_in_preparation():
    cover, imprint = pages_text(print_report(report(chapter("un", para("Texte.")))).content)[:2]
    assert "Édition en préparation" in cover
    assert "peut encore changer" in imprint


def test_the_contents_give_the_page_of_each_chapter(printed):
    pages = pages_text(printed.content)
    contents = next(page for page in pages if "Sommaire" in page)
    for title in ("La gouvernance partagée", "Les données", "Ce qui change depuis 2018"):
        line = next(line for line in contents.splitlines() if title in line)
        folio = int(line.split()[-1])
        assert title in pages[folio - 1]


def test_parts_and_the_first_chapter_begin_on_a_right_hand_page():
    alone = pages_text(print_report(report(chapter("un", para("Texte."), title="Seul"))).content)
    assert [number for number, page in enumerate(alone, 1) if "Seul" in page and number > 3] == [5]
    parted = pages_text(print_report(sample_report()).content)
    assert [number for number, page in enumerate(parted, 1) if "Le modèle" in page and number > 3] == [5]


def test_bookmarks_nest_chapters_in_parts_and_sections_in_chapters(opened):
    assert outline_of(opened) == [
        ("Sommaire", []),
        (
            "Partie I — Le modèle",
            [
                ("1\u2002La gouvernance partagée", [("Une méthode ouverte", [("Entendre", [])])]),
                ("2\u2002Les données", [("Un socle", [])]),
            ],
        ),
        ("A\u2002Ce qui change depuis 2018", []),
    ]


def test_running_heads_name_the_report_on_the_left_and_the_chapter_on_the_right():
    long = "\n\n".join(f"Paragraphe {number}. " + "Des mots et encore des mots. " * 40 for number in range(8))
    pages = body(long)
    assert "Vers une ville partagée" in pages[1].splitlines()[0]  # page 6
    assert "Un chapitre" in pages[2].splitlines()[0]  # page 7
    assert "Vers une ville partagée" not in pages[0]


def test_metadata_language_and_tags_are_set(opened):
    assert str(opened.Root.Lang) == "fr"
    assert bool(opened.Root.MarkInfo.Marked)
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
    assert str(opened.docinfo["/Title"]) == "Vers une ville partagée. Première édition complémentaire"
    assert str(opened.docinfo["/Author"]) == "Camille Roux"
    assert str(opened.docinfo["/CreationDate"]).startswith("D:20190703")
    with opened.open_metadata() as metadata:
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"


def test_a_note_stands_at_the_foot_of_the_page_that_calls_it():
    text = "\n\n".join(f"Paragraphe {number}. " + "Des mots et encore des mots. " * 30 for number in range(12))
    pages = body(text + "\n\nAppel ici.[^1]\n\n[^1]: Le pied de la page.\n\n    - avec une liste")
    page = next(page for page in pages if "Appel ici." in page)
    assert page.index("Appel ici.") < page.index("Le pied de la page.") < page.index("avec une liste")


def test_a_table_repeats_its_header_on_every_page():
    rows = "\n".join(f"| ligne {number} | {number} |" for number in range(120))
    pages = body(f"| Territoire | Valeur |\n|---|---|\n{rows}\n")
    assert len(pages) >= 3
    assert all("Territoire" in page for page in pages)


def test_a_wide_table_stays_on_the_page():
    head = "|".join(f"colonne{number}" for number in range(16))
    cells = "|".join(f"anticonstitutionnellement{number}" for number in range(16))
    content = print_report(report(chapter("un", *markdown(f"|{head}|\n|{'---|' * 16}\n|{cells}|\n")))).content
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True)
    page_width = 0.0
    for line in done.stdout.decode().splitlines():
        if "<page " in line:
            page_width = float(line.split('width="')[1].split('"')[0])
        if "<word " in line:
            assert float(line.split('xMax="')[1].split('"')[0]) <= page_width - 20, line


def test_long_code_lines_and_addresses_are_broken_not_cut():
    address = "https://example.org/" + "tres-long/" * 30
    flat = "".join("".join(body(f"```\n{'x' * 400}END\n```\n\n<{address}FIN>")).split())
    assert "x" * 400 + "END" in flat
    assert "FIN" in flat


def test_insertions_deletions_and_moves_are_said_in_words(printed):
    annex = pages_text(printed.content)[-1]
    for words in ("Ajout", "Suppression", "Déplacé"):
        assert words in annex


def test_the_sector_of_a_position_is_named(printed):
    assert "Acteurs économiques et associations" in "".join(pages_text(printed.content))


# ---- tags -------------------------------------------------------------------


def test_lists_links_and_headings_are_tagged_as_pdf_ua_wants(opened):
    pairs = structure_of(opened)
    assert {kind for parent, kind in pairs if parent == "LI"} <= {"Lbl", "LBody"}
    assert {parent for parent, kind in pairs if kind == "LI"} == {"L"}
    assert ("Table", "THead") in pairs
    assert "H1" in {kind for _, kind in pairs}


def test_every_link_annotation_belongs_to_a_link(opened):
    numbers = opened.Root.StructTreeRoot.ParentTree.Nums
    parents = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    links = [annotation for page in opened.pages for annotation in page.get("/Annots", [])]
    assert links
    assert {str(parents[int(link.StructParent)].S) for link in links} == {"/Link"}


def test_every_figure_has_an_alternative(opened):
    waiting, alternatives = [opened.Root.StructTreeRoot.K[0]], []
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            if str(element.S) == "/Figure":
                alternatives.append(str(element.get("/Alt", "")))
            kids = element.get("/K", [])
            waiting += list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    assert alternatives == ["Le plan de la ville"]


def test_a_link_around_other_elements_is_put_inside_them():
    root = printable('<p>Voir <a href="https://e.org/" id="x">le <em>mot</em> <code>f</code> ici</a>.</p>')
    link = '<a href="https://e.org/" class="out"'
    parts = [f'{link} id="x">le </a><em>', f"{link}>mot</a></em> <code>", f"{link}>f</a></code>", f"{link}> ici</a>."]
    assert markup(root) == f"<p>Voir {''.join(parts)}</p>"


def test_a_picture_without_a_text_takes_its_caption():
    root = printable('<figure><img src="a.svg" alt=""/><figcaption>Le plan</figcaption></figure>')
    assert root.find(".//img").get("alt") == "Le plan"
    assert printable('<p><img src="a.svg" alt=""/></p>').find(".//img").get("alt") == "Illustration"


def test_a_picture_that_is_not_in_the_report_is_told_in_words():
    root = printable('<p><img src="../../etc/passwd" alt="Un plan"/></p>')
    assert root.find(".//img") is None
    assert root.find(".//span").text == "Un plan"


def test_a_formula_without_a_drawing_is_a_line_of_text_that_says_the_same():
    root = printable(
        '<p><math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mi>a</mi><mn>2</mn></mfrac><mo>≤</mo>'
        "<msup><mi>x</mi><mn>2</mn></msup></math></p>"
    )
    assert "".join(root.itertext()) == "a/2\u2009≤\u2009x²"


def test_headings_do_not_skip_a_level():
    root = printable("<h2>Un</h2><h4>Deux</h4><h6>Trois</h6><h3>Quatre</h3>")
    assert [heading.tag for heading in root] == ["h2", "h3", "h4", "h3"]
    siblings = printable("<h3>Un</h3><h3>Deux</h3><h2>Trois</h2>")
    assert [heading.tag for heading in siblings] == ["h2", "h2", "h2"]


# ---- the world outside ------------------------------------------------------


def test_the_same_report_gives_the_same_bytes_wherever_it_is_written(tmp_path, printed):
    for name in ("ici", "là-bas"):
        artifact = render_pdf(sample_report(revision="3f9c2ab77d1e"), tmp_path / name / "rapport.pdf")
        assert artifact.path.read_bytes() == printed.content
        assert [file.name for file in artifact.path.parent.iterdir()] == ["rapport.pdf"]


def test_nothing_is_fetched_and_no_file_is_read(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    theme = {"pdf/page.css": b"@import url(http://example.org/a.css); p { background: url(file:///etc/hostname) }"}
    plain = report(chapter("un", para("Texte.")))
    done = print_report(
        type(plain)(
            imprint=plain.imprint,
            chapters=plain.chapters,
            anchors=plain.anchors,
            labels=plain.labels,
            theme=theme,
        )
    )
    for address in ("http://example.org/a.css", "file:///etc/hostname"):
        assert f"not fetched: {address}" in done.notes


def test_a_drawing_is_printed_with_its_text():
    drawing = SVG.replace(
        b"</svg>", b'<text x="2" y="10" font-size="5" font-family="Source Sans Pro">Plan</text></svg>'
    )
    text = "![Un plan](plan.svg)\n"
    content = print_report(report(chapter("un", *markdown(text), path="un.md"), images={"plan.svg": drawing})).content
    with pikepdf.open(BytesIO(content)) as document:
        fonts = {
            str(font.BaseFont)
            for font in document.objects
            if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font
        }
    assert any("Source-Sans-Pro" in name or "SourceSansPro" in name for name in fonts)
    assert any("Plan" in text for text in pages_text(content))


def test_signs_without_a_letterform_are_spelt_out():
    done = print_report(report(chapter("un", para("Signe \U000f1234 privé."))))
    assert "[U+F1234]" in "".join(pages_text(done.content))
    assert any("no font for" in note for note in done.notes)


def test_french_spaces_do_not_become_boxes():
    done = print_report(report(chapter("un", para("Vraiment\u202f! Dit-il\u202f: «\u202fOui\u00a0» — 12\u2009%."))))
    assert done.notes == ()


def test_text_nested_as_deeply_as_may_be_is_printed():
    quotes = "\n".join("> " * depth + f"niveau {depth}" + "\n" + "> " * depth for depth in range(1, 49))
    assert "niveau 48" in "".join(body(quotes))


def test_a_missing_system_library_is_named_with_the_line_to_type(monkeypatch):
    real = __import__

    def refuse(name, *args, **kwargs):
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0': no such file")
        return real(name, *args, **kwargs)

    monkeypatch.setattr("builtins.__import__", refuse)
    with pytest.raises(EngineError, match="apt-get install libpango"):
        environment.load_engine()


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    with environment.pinned_clock(datetime.date(2019, 7, 3)):
        assert environment.os.environ["SOURCE_DATE_EPOCH"] == str(date_epoch(datetime.date(2019, 7, 3)))
    assert environment.os.environ["SOURCE_DATE_EPOCH"] == "12"


def test_every_anchor_of_the_report_is_in_the_book():
    sample = sample_report()
    book = build_book(sample, served={}, pictures={}, problems=[])
    ids = [element.get("id") for element in book.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert set(sample.anchors) <= set(ids)


# ---- lines ------------------------------------------------------------------


def gaps_of(content: bytes) -> dict[str, float]:
    """Return the widest space of each line of text, in points."""
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True)
    words = [(word.text, *(float(word.get(side)) for side in ("xMin", "xMax", "yMax"))) for word in _words(done.stdout)]
    lines: list[list[tuple]] = []
    for word in words:
        if lines and abs(lines[-1][-1][3] - word[3]) < 5 and word[1] > lines[-1][-1][1]:
            lines[-1].append(word)
        else:
            lines.append([word])
    return {
        " ".join(word[0] for word in line): max((b[1] - a[2] for a, b in pairwise(line)), default=0) for line in lines
    }


def _words(bboxes: bytes) -> Iterator[etree._Element]:
    return etree.fromstring(bboxes, etree.XMLParser(recover=True)).iter("{*}word")


LONG_LINE = "Ce paragraphe compte un nombre suffisant de mots pour occuper deux lignes du livre, et il finit par des "


@pytest.mark.parametrize(
    "behind",
    [
        "![Un plan](plan.svg)",
        "![Un plan](plan.svg) et la suite du paragraphe.",
        "\\\nfin.",
        "\\\n![Un plan](plan.svg)",
        "`un_nom_qui_ne_se_coupe_pas_et_qui_demande_toute_une_ligne_du_livre_ou_presque`{.nobreak}",
    ],
)
@pytest.mark.parametrize("print_book", [print_plain, lambda book: print_by_unit(book, run=run_here)])
def test_a_line_that_ends_before_something_wide_or_a_break_is_not_stretched(behind, print_book):
    wide = SVG.replace(b"viewBox", b'width="460" height="60" viewBox', 1)
    theme = {"pdf/page.css": read_theme_file("pdf/page.css", {}) + b".nobreak { overflow-wrap: normal }"}
    book = dataclasses.replace(
        report(chapter("un", *markdown(f"{LONG_LINE}acteurs tiers. {behind}")), images={"plan.svg": wide}), theme=theme
    )
    gaps = gaps_of(print_book(book).content)
    (line,) = [line for line in gaps if line.endswith("acteurs tiers.")]
    assert gaps[line] < 3, line


def test_other_lines_are_justified():
    gaps = gaps_of(print_plain(report(chapter("un", *markdown(LONG_LINE * 4)))).content)
    assert sum(3 < gap < 9 for gap in gaps.values()) > 2


ADDRESS = "https://www.example.org/un/chemin/tres-long/qui_ne/finit.pas/vraiment?avec=des&parametres=nombreux&et=encore"


@pytest.mark.parametrize("text", [f"Lire {ADDRESS} et la suite.", f"Lire <{ADDRESS}> et la suite."])
def test_an_address_ends_a_line_at_a_sensible_place_and_without_a_hyphen(text):
    filler = "mot "
    for count in range(6):
        (page,) = body(f"{filler * count}{text}")
        lines = [line.strip() for line in page.splitlines()]
        joined = "".join(line for line in lines if line)
        assert "\u200b" not in joined and ADDRESS in joined.replace(" ", "").replace("\u2010", "-")
        ends = [line for line, after in pairwise(lines) if "example" in line + after and line and after]
        for line in ends:
            if "https" in line and "suite" not in line:
                assert line.split()[-1][-1] in "/.-?&_=\u2010" or line.split()[-1] == "mot" or line.endswith("Lire")


def test_an_address_in_code_and_a_word_with_an_at_sign_stay_as_they_are():
    root = printable("<p><code>https://www.example.org/a/b</code> et @nom, http://, www.e.</p>")
    assert markup(root) == "<p><code>https://www.example.org/a/b</code> et @nom, http://, www.e.</p>"


def test_an_address_after_code_and_after_another_is_parted():
    root = printable("<p><code>x</code> https://e.org/aa/bb, puis c@example.org.</p>")
    assert markup(root).replace("\u200b", "|") == (
        '<p><code>x</code> <span class="url">https://e.|org/|aa/|bb,</span> puis '
        '<span class="url">c@|example.|org</span>.</p>'
    )


# ---- titles -----------------------------------------------------------------


def test_a_note_on_a_title_is_called_behind_the_title():
    (note,) = [node for node in markdown("x[^1]\n\n[^1]: Une note du titre.")[0]["c"] if node["t"] == "Note"]
    blocks = [para(span([note], classes=["title-notes"])), *markdown("Un texte.[^2]\n\n[^2]: Autre.")]
    for print_book in (print_plain, lambda book: print_by_unit(book, run=run_here)):
        content = print_book(report(chapter("un", *blocks, title="Un titre"))).content
        kinds = structure_of(pikepdf.open(BytesIO(content)))
        assert ("H1", "Reference") in kinds and ("P", "Reference") in kinds
        assert [kind for _, kind in kinds].count("Note") == 2


# ---- the cover --------------------------------------------------------------


@pytest.mark.parametrize(("letters", "authors"), [(40, 2), (120, 14), (60, 20), (200, 30), (120, 60)])
def test_title_and_authors_of_a_cover_never_overlap(letters, authors):
    title = ("Vers un modèle partagé de la ville " * 10)[:letters].strip()
    role = "professeure à l’université"
    names = [Author(name=f"Prénom Nom-Composé {number}", role=role) for number in range(authors)]
    content = print_plain(report(chapter("un", para("Texte.")), title=title, authors=tuple(names))).content
    done = subprocess.run(["pdftotext", "-bbox", "-l", "2", "-", "-"], input=content, capture_output=True, check=True)
    boxes = [tuple(float(word.get(side)) for side in ("xMin", "yMin", "xMax", "yMax")) for word in _words(done.stdout)]
    boxes = [box for box in boxes if box[3] - box[1] < 80]  # the year's has much air
    first = boxes[: next((at for at, (a, b) in enumerate(pairwise(boxes), 1) if b[1] < a[1] - 300), len(boxes))]
    for at, one in enumerate(first):
        for other in first[at + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 0.5 or down <= 8, (one, other)


# ---- boxes ------------------------------------------------------------------

SENTENCE = "Ouvrir les données de la ville et publier les marchés, en donnant à chacun les moyens de comprendre. "


def boxes_report(kind: str, ending: str):
    """Return a report of chapters with a box, longer by a paragraph in each."""
    label = "::: {.box-label}\nIntitulé du cadre\n:::"
    return report(
        *(
            chapter(
                f"c{count}",
                *markdown(
                    f"Avant.\n\n::: {{.{kind}}}\n{label}\n\n"
                    + f"{SENTENCE * 3}\n\n" * count
                    + f"{ending}\n:::\n\nAprès."
                ),
                title=f"Titre {count}",
            )
            for count in range(8, 19)
        )
    )


@pytest.mark.parametrize("kind", ["recommendation", "controversy"])
def test_no_line_of_a_box_or_a_chapter_is_alone_on_a_page(kind):
    pages = [
        [line.strip() for line in page.splitlines() if line.strip()]
        for page in pages_text(print_plain(boxes_report(kind, "Fin seule.")).content)[4:]
    ]
    texts = [[line for line in page if len(line) > 4 and "partagée" not in line] for page in pages]
    for lines in filter(None, texts):
        assert lines[0] not in ("Fin seule.", "Après."), lines
        assert lines[-1] != "Intitulé du cadre", lines
    begun = [page for page in texts if any(line == "Avant." for line in page)]
    assert len(begun) == 11 and sum(len(page) > 4 for page in begun) >= 6, "what no page holds begins where it stands"


def test_a_box_of_code_longer_than_a_page_begins_where_it_stands():
    code = "\n".join(["x"] * 60)
    (box,) = list(printable(f"<div class='recommendation'><pre><code>{code}</code></pre></div>"))
    assert "long" in box.get("class").split()


@pytest.mark.parametrize(
    "mark", ["ins class='insertion'", "del class='deletion'", "ins class='moved-to'", "del class='moved-from'"]
)
@pytest.mark.parametrize("place", ["<p>Un {} mot.</p>", "<table><tr class='deletion'><td>10 {}</td></tr></table>"])
def test_a_note_that_came_or_went_stays_in_its_line(mark, place):
    call = f"<{mark}><a href='#fn1' class='footnote-ref' id='fnref1'><sup>1</sup></a></{mark[:3]}>"
    note = "<section class='footnotes'><ol><li id='fn1'><p>La note.</p></li></ol></section>"
    root = printable(place.format(call) + note)
    (found,) = list(root.iter("ins", "del"))
    assert found.find("div[@class='footnote']") is not None
    assert "block" not in found.get("class").split()
