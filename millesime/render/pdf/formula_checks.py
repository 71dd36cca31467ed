"""Formulas of sources that an edition does not print as they are written, found without laying out a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from millesime.assembly.source_checks import line_of
from millesime.markup.ast import Block, nodes_of
from millesime.problems import Problem
from millesime.render.fragments import write_formulas
from millesime.render.pdf.formula_book import FormulaBook, unread_problem
from millesime.render.pdf.values.layout_steps import Run, run_here
from millesime.render.sanitise import MATHML


def check_formulas(
    chapters: Mapping[str, tuple[Sequence[Block], str]], *, has_pdf: bool, run: Run = run_here
) -> Iterator[Problem]:
    """Yield the formulas that are printed as TeX, or smaller; chapters by path, with their text.

    Those that pandoc cannot read are so in each format. Of an edition that `has_pdf`, formulas are set as its PDF
    sets them; `run` may keep what is set.
    """
    formulas = {path: nodes_of(list(blocks), {"Math"}) for path, (blocks, _) in chapters.items()}
    formulas = {path: found for path, found in formulas.items() if found}
    written = write_formulas(formulas)
    book = FormulaBook(written.values() if has_pdf else (), run=run)
    for path, found in formulas.items():
        links = nodes_of(list(chapters[path][0]), {"Link"})
        linked = {id(node) for link in links for node in nodes_of(link["c"], {"Math"})}  # lines of text in the PDF
        lines = [(line, False) for line in chapters[path][1].split("\n")]
        for node, frame in zip(found, written[path], strict=True):
            math = next(frame.iter(f"{{{MATHML}}}math"), None)
            if math is not None and (not has_pdf or id(node) in linked):
                continue
            tex = node["c"][1]
            number = line_of(next((line for line in tex.splitlines() if line.strip()), ""), lines)
            where = f"{path}:{number}" if number else path
            problem = unread_problem(tex, where) if math is None else book.problem_of(math, where)
            if problem is not None:
                yield problem
