"""Build a proof: a PDF of one or all chapters, made fast and marked as a draft."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from pathlib import Path

from millesime.assembly.report import Report
from millesime.assembly.theme import read_theme_file
from millesime.beside import refuse_links_out
from millesime.press.edition.edition_report import materials
from millesime.press.edition.incremental_assembly import assemble_kept
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import Printed, artifact_name, pack_file, put_in_place
from millesime.press.run.pdf_units import UnitRunner
from millesime.press.run.workers import Workers
from millesime.problems import ManifestError, did_you_mean
from millesime.render.pdf import print_report
from millesime.render.templates import fill, open_theme


def draft_edition(
    workspace: Workspace,
    name: str,
    *,
    chapters: Sequence[str],
    out: Path,
    workers: Workers,
    said: Callable[[str], None] = lambda text: None,
) -> Printed:
    """Print an edition into `out/<edition>/…-draft.pdf`, or just the chapters named by id or path.

    Left out: annexes that are made (redlines, registers), hyphens, justified
    lines; of chapters alone also cover, imprint, contents and part pages, and
    their pages count from 1. Raises ManifestError for a chapter that the
    edition does not have.
    """
    began = time.monotonic()
    refuse_links_out(out / name, root=workspace.series.root)
    said("reading")
    manuscript = workspace.manuscript(name)
    said("assembling")
    report = assemble_kept(
        materials(workspace, manuscript, manuscript.chapters), workspace.store, jobs=workspace.jobs
    ).report
    if chapters:
        report = _alone(report, chapters, name)
    report = _marked(report, alone=bool(chapters))
    said("laying out")
    run = UnitRunner(
        f"the draft of {name}", limits=workspace.limits, store=workspace.store, workers=workers,
        said=lambda done, units: said(f"laid out {done} of {units} parts"),
    )  # fmt: skip
    if chapters:
        printed = run.print_whole(report)
    else:
        printed = print_report(report, run=run, print_whole=run.print_whole)
    stem = artifact_name(report, "pdf").removesuffix(".pdf")
    said = (*printed.notes, *map(astuple, printed.problems))
    content = pack_file(f"{stem}-draft.pdf", printed.content, said, seconds=time.monotonic() - began)
    return put_in_place(content, edition=name, kind="pdf", folder=out / name, kept=False)


def _alone(report: Report, names: Sequence[str], edition: str) -> Report:
    known = {chapter.id: chapter for chapter in report.chapters}
    paths = {chapter.path: chapter for chapter in report.chapters if chapter.path}
    for name in names:
        if name not in known and name not in paths:
            hint = did_you_mean(name, [*known, *paths]) or f"its chapters are {', '.join(known)}"
            raise ManifestError(f"--chapter {name}: edition {edition} has no such chapter; {hint}")
    wanted = {(known.get(name) or paths[name]).id for name in names}
    chosen = tuple(replace(chapter, part=None) for chapter in report.chapters if chapter.id in wanted)
    return replace(report, chapters=chosen, parts=())


def _marked(report: Report, *, alone: bool) -> Report:
    labels = report.labels
    style = fill(
        open_theme(report.theme, language=report.imprint.language),
        "pdf/draft.css",
        {"mark": labels["draft"], "notice": labels["draft_notice"], "alone": alone},
    )
    page = read_theme_file("pdf/page.css", report.theme)
    return replace(report, theme={**report.theme, "pdf/page.css": page + style.encode("utf-8")})
