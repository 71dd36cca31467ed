"""Commands of TeX, one by one: each is set with all it says, or is named by a problem. None is lost without a word."""

from __future__ import annotations

import unicodedata

import pytest
from lxml import etree

from millesime.markup.ast import para
from millesime.render.formulas import linear_text, take_tags
from millesime.render.fragments import write_formulas
from millesime.render.pdf.drawn.formula_drawings import EM, Formula, FormulaSource, FormulasSource, set_formulas
from millesime.render.pdf.formula_checks import check_formulas
from millesime.render.tex_tables import rules_of, tables_of

NS = "{http://www.w3.org/1998/Math/MathML}"

# A formula, and what it is as a line of text once it is set; or the code of the problem that names it.
TABLE = [
    (r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}", "a, b; c, d"),
    (r"\begin{bmatrix} 1 \\ \hline 2 \end{bmatrix}", "[1; 2]"),
    (r"\begin{array}{c} a \\ \hline \end{array}", "a"),
    (r"\begin{array}{c} a \\ \\ b \end{array}", "a; ; b"),
    (r"\begin{array}{r@{\,}l} a & b \end{array}", "a, b"),
    (r"\begin{array}{r@{:}l} a & b \end{array}", "Q003"),
    (r"\begin{array}{cc} a & b \\ \cline{1-1} c & d \end{array}", "S010"),
    (r"\begin{array}{cc} \multicolumn{2}{c}{a} \end{array}", "S010"),
    (r"\begin{array}{p{2cm}} a \end{array}", "S010"),
    (r"\begin{aligned} a &= b \\ c &= d \\ \end{aligned}", "a =\u2009b; c =\u2009d"),
    (r"\begin{flalign} a &= b \end{flalign}", "a =\u2009b"),
    (r"\begin{cases} 1 & x > 0 \\ 0 \end{cases}", "{1, x\u2009>\u20090; 0"),
    (r"\begin{dcases} a \end{dcases}", "S010"),
    (r"\begin{pmatrix*}[r] -1 & b \end{pmatrix*}", "(−1, b)"),
    (r"\begin{vmatrix} a & b \end{vmatrix}", "∣a, b∣"),
    (r"\begin{smallmatrix} a & b \end{smallmatrix}", "a, b"),
    (r"\begin{gather} a \\ b \end{gather}", "a; b"),
    (r"\begin{CD} A @>>> B \end{CD}", "S010"),
    (r"\color{red} x", "Q003"),
    (r"\textcolor{red}{x}", "S010"),
    (r"\colorbox{yellow}{x}", "S010"),
    (r"\xrightarrow{f}", "→^f"),
    (r"\xrightarrow[g]{f}", "→_g^f"),
    (r"\xleftarrow{\text{un texte}}", "←^(un texte)"),
    (r"\xleftarrow[\text{dessous}]{}", "←_(dessous)"),
    (r"\xleftrightarrow{x}", "S010"),
    (r"\boxed{x}", "x"),
    (r"\cancel{x}", "x"),
    (r"\bcancel{x}", "x"),
    (r"\xcancel{x}", "x"),
    (r"\cancelto{0}{x}", "S010"),
    (r"\sum_{\substack{i<n \\ j<m}} x", "∑_(i<n; j<m)\u2009x"),
    (r"\overset{!}{=}", "=^!"),
    (r"\underset{x}{\max}", "maxₓ"),
    (r"\stackrel{d}{=}", "=^d"),
    (r"\phantom{x} y", "y"),
    (r"\hphantom{x} y", "S010"),
    (r"\smash{x}", "S010"),
    (r"\operatorname{rang} A", "rang\u2009A"),
    (r"\operatorname*{argmax}_x f", "argmaxₓ\u2009f"),
    (r"\mathbb{R}", "ℝ"),
    (r"\mathbf{x}", "𝐱"),
    (r"\boldsymbol{x}", "𝒙"),
    (r"\mathcal{L}", "ℒ"),
    (r"\mathfrak{g}", "𝔤"),
    (r"\mathsf{x}", "𝗑"),
    (r"\mathtt{x}", "𝚡"),
    (r"\mathrm{d}x", "dx"),
    (r"\mathit{ab}", "𝑎𝑏"),
    (r"\textbf{gras}", "𝐠𝐫𝐚𝐬"),
    (r"\text{CO$_2$}", "CO₂"),
    (r"\textnormal{x}", "S010"),
    (r"\big( x \big)", "(x)"),
    (r"\left. x \right|_{0}", "(x|)₀"),
    (r"\left\langle x \middle| y \right\rangle", "⟨x|y⟩"),
    (r"\|x\|", "∥x∥"),
    (r"\overline{AB}", "ĀB̄"),
    (r"\underline{AB}", "A\u0332B\u0332"),
    (r"\overrightarrow{AB}", "A\u20d7B\u20d7"),
    (r"\overleftarrow{AB}", "A\u20d6B\u20d6"),
    (r"\overleftrightarrow{AB}", "A\u20e1B\u20e1"),
    (r"\underrightarrow{AB}", "(AB)_→"),
    (r"\underleftarrow{AB}", "(AB)_←"),
    (r"\overbrace{ab}^{n}", "(ab)ⁿ"),
    (r"\underbrace{ab}_{n}", "(ab)ₙ"),
    (r"\widehat{ab}", "a\u0302b\u0302"),
    (r"\dfrac{1}{2}", "1/2"),
    (r"\tfrac{1}{2}", "1/2"),
    (r"\cfrac{1}{2}", "S010"),
    (r"\genfrac{(}{)}{0pt}{}{a}{b}", "(a\u2009¦\u2009b)"),
    (r"{a \choose b}", "(a\u2009¦\u2009b)"),
    (r"\displaystyle x", "x"),
    (r"x + \displaystyle y", "Q003"),
    (r"\scriptstyle x", "Q003"),
    (r"\large x", "S010"),
    (r"\hspace{1cm} x", "x"),
    (r"\kern 1em x", "S010"),
    (r"\rule{1cm}{1pt}", "S010"),
    (r"\href{https://example.org}{x}", "S010"),
    (r"\label{eq:1} x", "x"),
    (r"\ref{eq:1}", "S010"),
    (r"\tag{1} x", "x\u2003(1)"),
    (r"\SI{5}{\kilo\gram}", "5\u2009kg"),
    (r"\ce{H2O}", "S010"),
    (r"\prescript{a}{b}{X}", "S010"),
    (r"{}_a^b X", "ₐ^bX"),
    (r"\not\in", "∉"),
    (r"\pmod{n}", "(mod\u2009n)"),
    (r"\newcommand{\foo}{x} \foo", "x"),
    (r"\def\foo{x} \foo", "S010"),
    (r"\unicode{x41}", "S010"),
    (r"50\,\%", "50\u2009%"),
    (r"\euro", "€"),
]


def node(tex: str, *, display: bool = True) -> dict:
    return {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, tex]}


def mathml(tex: str, *, display: bool = True) -> etree._Element:
    (frame,) = write_formulas({"a.md": [node(tex, display=display)]})["a.md"]
    return next(frame.iter(f"{NS}math"))


def printed(tex: str) -> Formula:
    math = mathml(tex)
    take_tags(math)
    source = FormulaSource(key="", mathml=etree.tostring(math, with_tail=False))
    (formula,) = set_formulas(FormulasSource(key="", formulas=(source,)))
    return formula


def codes(tex: str, *formats: str) -> list[str]:
    chapters = {"a.md": ([para(node(tex))], f"$${tex}$$")}
    return [problem.code for problem in check_formulas(chapters, formats=formats or ("pdf", "html"))]


@pytest.mark.parametrize(("tex", "expected"), TABLE, ids=[tex for tex, _ in TABLE])
def test_no_command_is_lost_or_changed_without_a_word(tex: str, expected: str):
    if expected in ("S010", "Q003"):
        assert codes(tex) == [expected]
    else:
        assert codes(tex) == []
        said = unicodedata.normalize("NFC", linear_text(mathml(tex)))
        assert said == unicodedata.normalize("NFC", expected)
        assert printed(tex).problem == ""


def classes(tex: str) -> list[list[str]]:
    return [[cell.get("class", "") for cell in row] for row in mathml(tex).iter(f"{NS}mtr")]


def test_rules_of_an_array_are_classes_of_its_cells():
    assert classes(r"\begin{array}{c|c} a & b \\ \hline c & d \\ \end{array}") == [
        ["", "rule-left"], ["rule-top", "rule-top rule-left"],
    ]  # fmt: skip
    assert classes(r"\begin{array}{|*{2}{c||}} a & b \\ \hline \end{array}") == [
        ["rule-bottom rule-left", "rule-bottom rule-left-double rule-right-double"]
    ]


def test_rules_stand_in_the_table_that_has_them():
    tex = r"\begin{aligned} a &= \begin{bmatrix} 1 \\ \hline 2 \end{bmatrix} \\ \sum_{\substack{i \\ j}} \end{aligned}"
    assert [(table.name, table.rows) for table in tables_of(tex)] == [
        ("aligned", [0, 0]), ("bmatrix", [0, 1]), ("substack", [0]),
    ]  # fmt: skip
    marked = [cell for cell in mathml(tex).iter(f"{NS}mtd") if list(rules_of(cell))]
    assert ["".join(cell.itertext()) for cell in marked] == ["2"]


def test_rules_are_drawn_between_columns_and_rows():
    plain = printed(r"\begin{array}{cc} a & b \\ c & d \end{array}")
    ruled = printed(r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}")
    double = printed(r"\begin{array}{c||c} a & b \\ \hline c & d \end{array}")
    assert [rules(formula).count("Z") for formula in (plain, ruled, double)] == [0, 4, 6]
    assert len(ruled.rows) == 2 and 0 < ruled.rows[0] < ruled.rows[1] < ruled.height
    for x, y in points(rules(ruled)):
        assert -3 <= x <= ruled.width * EM + 3 and -3 <= y <= ruled.height * EM + 3


def rules(formula: Formula) -> str:
    return etree.fromstring(formula.drawing)[1].get("d")


def points(path: str) -> list[tuple[float, float]]:
    numbers = [float(one) for one in path.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_rules_that_cannot_be_placed_are_named():
    assert codes(r"\newcommand{\p}{\begin{array}{c|c} a & b \end{array}} \p \p", "html") == ["Q003"]


def test_columns_that_multiply_are_cut():
    (table,) = tables_of(r"\begin{array}{*{99}{*{99}{c|}}} a \end{array}")
    assert len(table.columns) == 101


def test_an_arrow_is_no_longer_than_any_page():
    for count, is_stretched in ((100, True), (300, False)):
        words = rf"\text{{{'x' * count}}}"
        longer = printed(rf"\xrightarrow{{{words}}}").width - label_width(words)
        assert (longer > 0.5) == is_stretched


def label_width(words: str) -> float:
    """Return how wide words are above an equals sign, which is not stretched, in em."""
    return printed(rf"\overset{{{words}}}{{=}}").width


def test_a_word_file_without_rules_is_named():
    tex = r"\begin{array}{c|c} a & b \end{array}"
    assert (codes(tex, "docx"), codes(tex, "html")) == (["Q003"], [])


@pytest.mark.parametrize("name", ["aligned", "array}{rl", "pmatrix", "cases"])
def test_the_end_of_the_last_row_begins_no_other(name: str):
    tex = rf"\begin{{{name}}} a & b \\ c & d \\ \end{{{name.partition('}')[0]}}}"
    assert len(list(mathml(tex).iter(f"{NS}mtr"))) == 2
    assert printed(tex).problem == ""


def test_bold_letters_are_upright_unless_they_are_slanted_in_tex():
    letters = [(one.text, one.get("mathvariant")) for one in mathml(r"\mathbf{x\Sigma} \boldsymbol{x}").iter(f"{NS}mi")]
    assert letters == [("𝐱", "bold"), ("𝚺", "bold"), ("𝒙", "bold-italic")]
    assert mathml(r"\mathbf{x}").get("alttext") == r"\mathbf{x}"
    own = mathml(r"\mathbfsfup{x}")
    assert next(own.iter(f"{NS}mi")).text == "𝘅" and own.get("alttext") == r"\mathbfsfup{x}"


def test_what_cannot_be_read_keeps_its_bold():
    (frame,) = write_formulas({"a.md": [node(r"\mathbf{x} \foo")]})["a.md"]
    assert r"$$\mathbf{x} \foo$$" in "".join(frame.itertext())


@pytest.mark.parametrize(("tex", "place"), [(r"\underleftarrow{AB}", "munder"), (r"\overleftarrow{AB}", "mover")])
def test_an_arrow_stands_where_it_is_written_and_can_be_stretched(tex: str, place: str):
    (found,) = mathml(tex).iter(f"{NS}munder", f"{NS}mover")
    assert (found.tag, found[1].text) == (f"{NS}{place}", "←")


def test_an_arrow_is_as_long_as_the_words_at_it():
    short, long = printed(r"\xrightarrow{f}"), printed(r"\xrightarrow{\text{un texte assez long}}")
    words = printed(r"\text{un texte assez long}")
    assert long.width > 0.7 * words.width + 0.4 > short.width
    assert printed(r"\xrightarrow{\hspace{4em}}").width > 2.8


def test_the_alignment_of_a_matrix_is_no_text():
    assert aligns(r"\begin{bmatrix*}[r] 1 & 2 \end{bmatrix*}") == ["right", "right"]
    assert aligns(r"\begin{flalign} 1 &= 2 \end{flalign}") == ["right", "left"]


def aligns(tex: str) -> list[str]:
    return [cell.get("columnalign") for cell in mathml(tex).iter(f"{NS}mtd")]


def test_a_fence_is_as_high_as_it_is_told_and_has_no_space_of_a_relation():
    heights = [printed(rf"\{size}( x \{size})").height for size in ("big", "Big", "bigg", "Bigg")]
    assert heights == sorted(set(heights))
    assert printed(r"\|x\|").width < 2


def test_a_style_before_an_inline_formula_is_kept():
    (style,) = mathml(r"\displaystyle \sum_{i} x", display=False)
    assert (style.tag, style.get("displaystyle")) == (f"{NS}mstyle", "true")


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\sin x", "sin\u2009x"), (r"\sin(x)", "sin(x)"), (r"\log_2 x", "log₂\u2009x"), (r"\sin^2 x", "sin²\u2009x"),
        (r"2\sin", "2sin"),
    ],
)  # fmt: skip
def test_the_name_of_a_function_stands_apart_from_a_letter(tex: str, said: str):
    assert linear_text(mathml(tex)) == said
