"""Formulas: what pandoc drops, one line of text that says the same, and drawings in the PDF."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import page as page_validation
import pikepdf
import pytest
from lxml import etree

from millesime.markup.ast import para
from millesime.render.formulas import linear_text, take_tags
from millesime.render.fragments import write_fragments
from millesime.render.pdf.by_unit import print_by_unit
from millesime.render.pdf.drawn.formula_drawings import EM, Formula, FormulaSource, FormulasSource, set_formulas
from millesime.render.pdf.plain import print_plain
from millesime.render.pdf.values.layout_steps import run_here
from tests.render.builders import chapter, markdown, report
from tests.render.pdf_facts import facts_of, text_of_pages

NS = "{http://www.w3.org/1998/Math/MathML}"


def mathml(tex: str, *, display: bool = False) -> etree._Element:
    """Return the MathML of a formula in TeX as every format takes it."""
    text = f"$${tex}$$" if display else f"${tex}$"
    root = write_fragments(report(chapter("un", *markdown(f"x {text} y"))))["un"]
    return next(root.iter(f"{NS}math"))


def set_one(math: etree._Element | bytes) -> Formula:
    content = math if isinstance(math, bytes) else etree.tostring(math, with_tail=False)
    source = FormulaSource(key="", mathml=content)
    (formula,) = set_formulas(FormulasSource(key="", formulas=(source,)))
    return formula


def formulas_of(content: bytes) -> list[pikepdf.Dictionary]:
    with pikepdf.open(BytesIO(content)) as document:
        found, waiting = [], [document.Root.StructTreeRoot.K[0]]
        while waiting:
            element = waiting.pop(0)
            if isinstance(element, pikepdf.Dictionary) and "/S" in element:
                if element.S == "/Formula":
                    alternative = str(element.Alt)
                    found.append((alternative, "/BBox" in element.get("/A", {}), len(list(element.K))))
                waiting += list(element.get("/K", []))
    return found


# ---- one line -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"x^2", "x²"),
        (r"\text{CO}_2", "CO₂"),
        (r"x^{a b}", "x^(ab)"),
        (r"x_{i j}", "xᵢⱼ"),
        (r"\sqrt[3]{x}", "∛x"),
        (r"\sqrt[n]{x+1}", "ⁿ√(x + 1)"),
        (r"\sqrt{2}", "√2"),
        (r"\binom{n}{k}", "(n ¦ k)"),
        (r"\frac{a+b}{c}d", "((a + b)/c)d"),
        (r"\frac{a}{b}", "a/b"),
        (r"\frac{a}{b} + c", "a/b + c"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a, b; c, d)"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "a = b; = c"),
        (r"1{,}5", "1,5"),
        (r"\hat{y}", "y\u0302"),
        (r"-x", "−x"),
        (r"(a+b)^2", "(a + b)²"),
        (r"\operatorname{Var}(X)", "Var(X)"),
        (r"x'", "x′"),
    ],
)
def test_a_formula_on_one_line_says_the_same(tex, line):
    assert linear_text(mathml(tex)).replace("\u2009", " ") == line


# ---- what pandoc drops ----------------------------------------------------------


def test_the_number_of_an_equation_comes_back():
    math = mathml(r"E = mc^2 \tag{1}", display=True)
    assert linear_text(math).replace("\u2009", " ") == "E = mc²\u2003(1)"
    assert take_tags(math) == [(0, "(1)")]
    assert "(1)" not in linear_text(math)


def test_each_row_has_its_own_number():
    math = mathml(r"\begin{align} a &= b \tag{1} \\ c &= d \tag*{A\text{-}2} \end{align}", display=True)
    assert take_tags(math) == [(0, "(1)"), (1, "A-2")]


def test_a_comma_in_braces_makes_one_number_and_others_part_two():
    math = mathml(r"\{1, 2\} \ni 1{,}5")
    assert [number.text for number in math.iter(f"{NS}mn")] == ["1", "2", "1,5"]


# ---- two dimensions ---------------------------------------------------------------


@pytest.mark.parametrize(
    "tex",
    [
        r"\sqrt[3]{x}",
        r"\binom{n}{k}",
        r"\frac{a+b}{c}d",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"f(x) = \begin{cases} 1 & \text{si } x > 0 \\ 0 & \text{sinon}\end{cases}",
        r"\sum_{i=1}^{n} i",
        r"\underbrace{a+b}_{n}",
        r"\overline{AB}",
        r"\cancel{x}",
        r"\boxed{x}",
        r"{}_a^b X",
        r"\text{été à l’œuvre, 10 €}",
    ],
)
def test_a_formula_is_set_as_a_drawing_on_the_baseline(tex):
    formula = set_one(mathml(tex))
    assert formula.problem == ""
    root = etree.fromstring(formula.drawing)
    assert root.get("viewBox") == f"0 0 {float(root.get('width')):.1f} {float(root.get('height')):.1f}"
    assert formula.width * EM == pytest.approx(float(root.get("width")), abs=0.1)
    assert {element.tag for element in root.iter()} == {f"{{{root.nsmap[None]}}}svg", f"{{{root.nsmap[None]}}}path"}
    numbers = [float(one) for path in root for one in re.findall(r"-?\d+(?:\.\d+)?", path.get("d"))]
    assert min(numbers) >= -12 and max(numbers) <= max(formula.width, formula.height) * EM + 12


def test_a_fraction_stands_above_and_below_the_baseline_and_a_letter_on_it():
    letter, fraction = set_one(mathml("x")), set_one(mathml(r"\frac{a}{b}"))
    assert abs(letter.depth) < 0.03 < fraction.depth
    assert fraction.height > 1.8 * letter.height


def test_the_rows_of_a_table_are_known():
    formula = set_one(mathml(r"\begin{aligned} a &= b \\ c &= d \\ e &= f\end{aligned}", display=True))
    assert len(formula.rows) == 3 and list(formula.rows) == sorted(formula.rows)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<mi>漢</mi>", "its font has no 漢"),
        ("<maction><mi>x</mi></maction>", "<maction> cannot be set"),
        ("<mfrac><mi>x</mi></mfrac>", "<mfrac> has 1 parts"),
        ("<mtable></mtable><mtable><mtr></mtr></mtable>", "it has an empty table, or a row of no cells"),
        ("<mrow>" * 60 + "<mi>x</mi>" + "</mrow>" * 60, "it is nested more than 40 times"),
        ("<mi>x</mi>" * 2000, "it has more than 1500 elements"),
        ('<mspace width="99999em"/><mi>x</mi>', "it is larger than a page"),
        ("", "it is empty"),
        ('<mo minsize="x%">(</mo>', "it cannot be set (ValueError)"),
    ],
)
def test_what_cannot_be_set_is_named(content, problem):
    formula = set_one(f'<math xmlns="{NS[1:-1]}">{content}</math>'.encode())
    assert (formula.drawing, formula.problem) == (b"", problem)


@pytest.mark.parametrize(
    "wrap",
    [
        "<msup><mi>x</mi><mrow>{}</mrow></msup>",
        "<mfrac><mrow>{}</mrow><mi>x</mi></mfrac>",
        '<mrow><mo stretchy="true">(</mo>{}<mo stretchy="true">)</mo></mrow>',
        "<mfenced>{}</mfenced>",
        "<mtable><mtr><mtd>{}</mtd></mtr></mtable>",
        "<mover><mo>→</mo><mrow>{}</mrow></mover>",
    ],
)
def test_nesting_does_not_double_the_work_at_each_level(wrap):
    from ziamath.nodes import Mnode

    made = []
    before = Mnode.__init__

    def count(self, *values, **named):
        made.append(self)
        before(self, *values, **named)

    def work(depth: int) -> int:
        inner = "<mi>x</mi>"
        for _ in range(depth):
            inner = wrap.format(inner)
        made.clear()
        set_one(f'<math xmlns="{NS[1:-1]}">{inner}</math>'.encode())
        return len(made)

    Mnode.__init__ = count
    try:
        assert work(12) < 8 * work(4)
    finally:
        Mnode.__init__ = before


# ---- on the page ------------------------------------------------------------------


TEXT = r"""
## Une section avec $\sqrt{x}$

Le taux $\frac{a+b}{c}d$ vaut $x^2$, ou [$\binom{n}{k}$]{.insertion} et non [$y$]{.deletion} ; voir [$z^2$](#un).[^1]

$$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$$

$$E = mc^2 \tag{1}$$

Encore $x^2$ et $x^2$.

[^1]: Une note avec $\frac{1}{2}$.
"""


@pytest.fixture(scope="module")
def book():
    return report(chapter("un", *markdown(TEXT), title="Le premier"))


@pytest.fixture(scope="module")
def printed(book) -> bytes:
    return print_by_unit(book, run=run_here).content


def test_formulas_are_the_same_on_both_paths_and_obey_pdf_ua(book, printed, tmp_path):
    plain, found = facts_of(print_plain(book).content), facts_of(printed)
    assert {fact for fact in plain if plain[fact] != found[fact]} == set()
    (tmp_path / "book.pdf").write_bytes(printed)
    verdict = page_validation.validate_pdf(str(tmp_path / "book.pdf"), profile="ua1")
    assert verdict.is_compliant, sorted({failure.rule_id for failure in verdict.failures})


def test_a_formula_is_one_element_with_its_source_as_alternative_and_its_box(printed):
    found = dict(reversed([(said, has_box) for said, has_box, _ in formulas_of(printed)]))
    assert set(found) == {
        r"\sqrt{x}", r"\frac{a+b}{c}d", "x^2", r"[début d’ajout] \binom{n}{k} [fin d’ajout]",
        "[début de suppression] y [fin de suppression]", "z^2", r"\frac{1}{2}", r"E = mc^2 \tag{1}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    }  # fmt: skip
    assert all(has_box for said, has_box in found.items() if said != "z^2"), "a formula in a link is text"


def attached_to(document: pikepdf.Pdf) -> list[tuple[str, pikepdf.Dictionary]]:
    """Return the alternative text of each formula, and the one file that is associated with it."""
    return [
        (str(element.Alt), element.AF[0])
        for element in document.objects
        if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Formula" and len(element.AF) == 1
    ]


@pytest.mark.parametrize("path", ["by unit", "plain"])
def test_each_formula_has_its_mathml_as_an_associated_file(book, printed, path):
    content = printed if path == "by unit" else print_plain(book).content
    with pikepdf.open(BytesIO(content)) as document:
        found = attached_to(document)
        assert len(found) == len(formulas_of(content))
        for _, file in found:
            assert (file.Type, file.AFRelationship) == ("/Filespec", "/Supplement") and file.UF == file.F
            stream = file.EF.UF
            assert stream.Subtype == "/application/mathml+xml" and stream.Params.Size == len(stream.read_bytes())
            math = etree.fromstring(stream.read_bytes())
            assert math.tag == f"{NS}math" and b"ns0" not in stream.read_bytes()
        said = dict(found)
        square = "<msup><mi>x</mi><mn>2</mn></msup>"
        assert said["x^2"].EF.F.read_bytes().decode() == f'<math xmlns="{NS[1:-1]}" display="inline">{square}</math>'
        assert b"(1)" in said[r"E = mc^2 \tag{1}"].EF.F.read_bytes(), "the number of an equation is part of it"


def test_the_mathml_of_equal_formulas_is_in_the_file_once(printed):
    with pikepdf.open(BytesIO(printed)) as document:
        found = [file.EF.F for said, file in attached_to(document) if said == "x^2"]
        assert len(found) == 3 and len({stream.objgen for stream in found}) == 1


def test_formulas_are_found_by_a_search_and_their_numbers_stand_at_the_right(printed):
    text = " ".join(" ".join(text_of_pages(printed)).replace("\u2009", " ").split())
    for said in ("((a + b)/c)d", "x²", "(n ¦ k)", "(a, b; c, d)", "E = mc²", "(1)", "z²", "√x"):
        assert said in text


def test_equal_formulas_are_drawn_once_in_the_file(printed):
    with pikepdf.open(BytesIO(printed)) as document:
        forms = {
            (name, value.objgen)
            for page in document.pages
            for name, value in page.Resources.get("/XObject", {}).items()
            if name.startswith("/formula-")
        }
    assert len(forms) == len({name for name, _ in forms}) == 8


def test_a_formula_has_the_colour_of_the_text_around_it(printed):
    with pikepdf.open(BytesIO(printed)) as document:
        drawn = [
            (str(operands[0]), colour) for page in document.pages for operands, colour in _forms_with_colours(page)
        ]
    colours = {colour for _, colour in drawn}
    assert len(colours) >= 4, "text, heading, insertion, deletion"


def _forms_with_colours(page):
    colour = ""
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) in ("rg", "g", "scn", "k"):
            colour = " ".join(map(str, operands))
        elif str(operator) == "Do" and str(operands[0]).startswith("/formula-"):
            yield operands, colour


UNSET = r"""
## Une section {#s}

Un $\text{Ա}^2$, [un $Ա$](#s) et $\foo{x}$.[^1]

[^1]: Une note, $\frac{Ա}{2}$.
"""


def unset_book():
    made = report(chapter("un", *markdown(UNSET), path="chapters/un.md", title="Le $Ա$"))
    title = (*markdown("Le $Բ$")[0]["c"],)
    return replace(made, chapters=(replace(made.chapters[0], title=title),), anchors=made.anchors)


@pytest.mark.parametrize("path", ["by unit", "plain"])
def test_what_cannot_be_set_or_read_is_a_problem_with_its_place(path):
    done = print_plain(unset_book()) if path == "plain" else print_by_unit(unset_book(), run=run_here)
    assert [(one.code, one.where, one.text) for one in done.problems] == [
        ("Q001", "chapters/un.md#un", "the PDF prints the formula 'Բ' as TeX: its font has no Բ"),
        ("Q001", "chapters/un.md#s", r"the PDF prints the formula '\\text{Ա}^2' as TeX: its font has no Ա"),
        ("S010", "chapters/un.md#s", r"a formula cannot be read and is printed as TeX: \foo{x}"),
        ("Q001", "chapters/un.md#un", r"the PDF prints the formula '\\frac{Ա}{2}' as TeX: its font has no Ա"),
    ]
    assert all(one.hint for one in done.problems)


def test_what_cannot_be_set_is_printed_as_tex_but_in_a_link():
    text = " ".join(" ".join(text_of_pages(print_by_unit(unset_book(), run=run_here).content)).split())
    for said in (r"Un $\text{Ա}^2$, un Ա et $\foo{x}$", r"$\frac{Ա}{2}$", "Le $Բ$"):
        assert said in text


def test_a_formula_wider_than_the_line_is_named_and_fits():
    wide = " + ".join(f"x_{{{number}}}" for number in range(60))
    done = print_by_unit(report(chapter("un", *markdown(f"$${wide}$$"), path="chapters/un.md")), run=run_here)
    (problem,) = done.problems
    assert (problem.code, problem.where) == ("Q002", "chapters/un.md#un") and "times as wide" in problem.text
    with pikepdf.open(BytesIO(done.content)) as document:
        boxes = [
            [float(side) for side in element.A.BBox]
            for element in document.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Formula"
        ]
    assert boxes and all(box[2] - box[0] < 500 for box in boxes), "132 mm are 499 CSS pixels"


def test_a_formula_in_a_title_is_set_and_is_one_line_in_the_bookmarks():
    title = [{"t": "Str", "c": "Le"}, {"t": "Space"}, *markdown("$x^2$ du CO~2~")[0]["c"]]
    content = print_by_unit(report(replace(chapter("un", para("Texte.")), title=tuple(title))), run=run_here).content
    with pikepdf.open(BytesIO(content)) as document, document.open_outline() as outline:
        assert any("Le x² du CO₂" in item.title for item in outline.root)
    assert sorted((said, has_box) for said, has_box, _ in formulas_of(content)) == [("x^2", False), ("x^2", True)]
    assert "Le x² du CO2" in " ".join(text_of_pages(content)[2].split()), "the contents"


def test_a_change_that_is_a_formula_is_said_to_begin_and_to_end():
    text = "Un [$x$]{.insertion} et [$y$ de plus]{.deletion}."
    content = print_by_unit(report(chapter("un", *markdown(text))), run=run_here).content
    said = [said for said, _, _ in formulas_of(content)]
    assert said == ["[début d’ajout] x [fin d’ajout]", "[début de suppression] y"]
