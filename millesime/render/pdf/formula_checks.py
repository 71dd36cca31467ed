"""Formulas of sources that an edition does not print as they are written, found without laying out a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from lxml import etree

from millesime.assembly.source_checks import line_of
from millesime.markup.ast import Block, nodes_of
from millesime.problems import Problem
from millesime.render.fragments import write_formulas
from millesime.render.pdf.formula_book import FormulaBook, shown_formula, unread_problem
from millesime.render.pdf.values.layout_steps import Run, run_here
from millesime.render.sanitise import MATHML
from millesime.render.tex_repairs import lost_commands
from millesime.render.tex_tables import lost_rules, tables_of


def check_formulas(
    chapters: Mapping[str, tuple[Sequence[Block], str]], *, formats: Collection[str], run: Run = run_here
) -> Iterator[Problem]:
    """Yield the formulas that are printed as TeX, smaller or in part; chapters by path, with their text.

    Those that pandoc cannot read are so in each format. Of an edition with a PDF, formulas are set as it sets them;
    `run` may keep what is set.
    """
    formulas = {path: nodes_of(list(blocks), {"Math"}) for path, (blocks, _) in chapters.items()}
    formulas = {path: found for path, found in formulas.items() if found}
    written = write_formulas(formulas)
    book = FormulaBook(written.values() if "pdf" in formats else (), run=run)
    for path, found in formulas.items():
        links = nodes_of(list(chapters[path][0]), {"Link"})
        linked = {id(node) for link in links for node in nodes_of(link["c"], {"Math"})}  # lines of text in the PDF
        lines = [(line, False) for line in chapters[path][1].split("\n")]
        for node, frame in zip(found, written[path], strict=True):
            math = next(frame.iter(f"{{{MATHML}}}math"), None)
            tex = node["c"][1]
            number = line_of(next((line for line in tex.splitlines() if line.strip()), ""), lines)
            where = f"{path}:{number}" if number else path
            if math is None:
                yield unread_problem(tex, where)
                continue
            yield from _losses(math, tex, where, formats=formats)
            if "pdf" in formats and id(node) not in linked and (problem := book.problem_of(math, where)):
                yield problem


def _losses(math: etree._Element, tex: str, where: str, *, formats: Collection[str]) -> Iterator[Problem]:
    """Yield what a formula says that is not printed: in no format, or not in Word, which has it from pandoc."""
    said = shown_formula(" ".join(tex.split()))
    rules = lost_rules(math, tex)
    names = [*lost_commands(tex), *(["its rules"] if rules else [])]
    if names:
        yield Problem("Q003", where, f"the formula {said} is printed without {', '.join(names)}", "write it otherwise")
    if "docx" in formats and not rules and any(table.has_rules for table in tables_of(tex)):
        yield Problem(
            "Q003", where, f"the Word file prints the formula {said} without its rules", "say in words what they part"
        )
