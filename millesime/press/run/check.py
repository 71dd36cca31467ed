"""All problems of an edition that an editor can fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial

from millesime.assembly.assemble import assemble
from millesime.assembly.checks import check_report, check_source
from millesime.assembly.image_files import ImageReader, is_too_large
from millesime.assembly.outline import source_ids
from millesime.assembly.reading_checks import (
    check_colours,
    check_complaints,
    check_front_matter,
    check_pictures,
    check_reading,
)
from millesime.assembly.register_checks import check_registers
from millesime.assembly.registers import FOLDER, register_entries, register_path
from millesime.assembly.source_checks import check_conflicts, check_keys, check_text
from millesime.assembly.sources import chapter_ids
from millesime.assembly.theme import has_theme_file
from millesime.assembly.theme_checks import check_theme
from millesime.at_work import at_work
from millesime.history.log import read_log
from millesime.history.revision import resolve_revision
from millesime.limits import Limits
from millesime.markup.ast import nodes_of
from millesime.markup.pandoc import Source, read_complaints, reference_key
from millesime.press.edition.draft_note import check_note, note_text
from millesime.press.edition.edition_report import image_reader, materials
from millesime.press.edition.manuscript import Manuscript, note_path
from millesime.press.edition.provenance import TRAILERS
from millesime.press.edition.workspace import Workspace
from millesime.problems import Problem, ReportError, RevisionError, did_you_mean
from millesime.series.series import RegisterAnnex

# Codes that a book taken over from another system shows a thousand times: told once a kind and chapter.
_ONCE = re.compile(r"S\d{3}")


def check_edition(workspace: Workspace, name: str) -> list[Problem]:
    """Return the problems of one edition, by file; each is listed once.

    The text is assembled as for print, but for the redline annexes: they
    quote what is checked where it stands.
    """
    manuscript = workspace.manuscript(name)
    made = materials(workspace, manuscript, manuscript.chapters)
    keys = [reference_key(reference) for reference in made.references]
    found: list[Problem] = []
    for path, text in manuscript.texts.items():
        with at_work(path, "check its lines"):
            found += check_conflicts(path, text)
            found += check_source(path, text)
    sources = [Source(path=path, content=text.encode("utf-8")) for path, text in manuscript.texts.items()]
    complaints = read_complaints(
        sources, reader=manuscript.edition.reader, jobs=workspace.jobs, limits=workspace.limits
    )
    for path, said in zip(manuscript.texts, complaints, strict=True):
        found += check_complaints(path, said)
    read_image = image_reader(workspace, manuscript)
    for source in manuscript.chapters:
        blocks, text = source.document.blocks, manuscript.texts[source.path]
        with at_work(source.path, "check it"):
            found += check_text(source, text)
            found += check_keys(source.path, blocks, text, keys=keys)
            found += check_reading(source.path, blocks, language=manuscript.edition.language)
            found += check_front_matter(source.path, source.document.meta, text)
            found += check_pictures(source.path, blocks, read_image=read_image, limits=workspace.limits)
    found += _check_formulas(workspace, manuscript)
    found += check_colours(manuscript.theme)
    found += check_theme(manuscript.theme)
    # A picture beyond the limit is reported, see I005, and must not hide what else there is.
    found += check_report(assemble(replace(made, read_image=_without_the_oversized(made.read_image, workspace.limits))))
    found += _check_beside(workspace, manuscript)
    order = {path: index for index, path in enumerate(manuscript.texts)}
    return sorted(_once(dict.fromkeys(found)), key=lambda problem: order.get(_file(problem), len(order)))


def _check_formulas(workspace: Workspace, manuscript: Manuscript) -> Iterator[Problem]:
    edition = manuscript.edition
    sources = {
        source.path: (source.document.blocks, manuscript.texts[source.path])
        for source in manuscript.chapters
        if nodes_of(source.document.blocks, {"Math"})
    }
    if sources:
        # Imported when they are called: most reports have no formula.
        from millesime.press.run.pdf_units import run_kept
        from millesime.render.pdf.formula_checks import check_formulas

        run = partial(run_kept, edition=edition.name, store=workspace.store)
        yield from check_formulas(sources, formats=edition.formats, run=run)


_STAND_IN = b"GIF89a\1\0\1\0\0\0\0;"


def _without_the_oversized(read_image: ImageReader, limits: Limits) -> ImageReader:
    def read(key: str) -> bytes | None:
        content = read_image(key)
        return _STAND_IN if content is not None and is_too_large(content, limits) else content

    return read


def _file(problem: Problem) -> str:
    """The file a problem is in: "chapters/a.md" of "chapters/a.md#anchor" and of "chapters/a.md:12"."""
    return re.sub(r"#.*|:\d+$", "", problem.where)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems; of constructs of other systems the first of each kind and file, with the number of them."""
    kinds: dict[tuple[str, ...], list[Problem]] = {}
    for number, problem in enumerate(problems):
        kind = (problem.code, _file(problem), problem.text.partition(":")[0])
        kinds.setdefault(kind if _ONCE.fullmatch(problem.code) else (str(number),), []).append(problem)
    return [_with_count(ones) for ones in kinds.values()]


def _with_count(ones: list[Problem]) -> Problem:
    first = ones[0]
    if len(ones) == 1:
        return first
    text = f"{first.text} (and {len(ones) - 1} more in this file)"
    return Problem(first.code, first.where, text, first.hint, first.severity)


# ---- what stands beside the chapters ----------------------------------------------


def _check_beside(workspace: Workspace, manuscript: Manuscript) -> list[Problem]:
    """Return the problems of the note to readers, the bibliography, the language, the registers and the history."""
    edition, snapshot = manuscript.edition, manuscript.snapshot
    found = check_note(workspace, edition.name)
    found += check_conflicts(note_path(edition.name), note_text(workspace, edition.name))
    for path in edition.bibliography:
        found += check_conflicts(path, snapshot.read(path).decode("utf-8", "replace"))
    languages = (edition.language, edition.language.split("-")[0])
    if not any(has_theme_file(f"labels/{language}.yaml", manuscript.theme) for language in languages):
        found.append(Problem(
            "G002", edition.file, f"language: no labels for {edition.language!r}: \"Chapter\" and the like are English",
            f"write them in templates/labels/{languages[1]}.yaml, as templates/labels/en.yaml of Millésime does",
        ))  # fmt: skip
    for index, annex in enumerate(edition.annexes):
        if isinstance(annex, RegisterAnnex) and not snapshot.has(register_path(annex.register_name)):
            known = [path.rpartition("/")[2].removesuffix(".yaml") for path in _registers(manuscript)]
            hint = did_you_mean(annex.register_name, known) or "write that file, a list of entries with ids"
            text = f"annexes[{index}].register: no file {register_path(annex.register_name)!r}"
            found.append(Problem("Y002", edition.file, text, hint, "error"))
    found += _check_registers(workspace, manuscript)
    return found


def _registers(manuscript: Manuscript) -> dict[str, bytes]:
    paths = [path for path in manuscript.snapshot.paths_below(FOLDER) if path.endswith(".yaml")]
    return manuscript.snapshot.read_many(paths)


def _check_registers(workspace: Workspace, manuscript: Manuscript) -> list[Problem]:
    files = _registers(manuscript)
    targets = _Targets(workspace, manuscript)
    editions = [edition.name for edition in workspace.series.editions]
    found = list(
        check_registers(
            files,
            is_target=lambda ident: ident in targets.own or ident in targets.all,
            targets=lambda: targets.all, editions=editions, has_file=manuscript.snapshot.has,
        )
    )  # fmt: skip
    return found + _check_trailers(workspace, manuscript, files, targets)


class _Targets:
    """The ids that a register may name: of chapters, and of what stands in them."""

    def __init__(self, workspace: Workspace, manuscript: Manuscript) -> None:
        self._workspace, self._manuscript = workspace, manuscript

    @cached_property
    def own(self) -> frozenset[str]:
        return _ids(self._manuscript)

    @cached_property
    def all(self) -> frozenset[str]:
        """Those of all editions: registers only grow, and a chapter may be gone."""
        found = set(self.own)
        for edition in self._workspace.series.editions:
            try:
                found |= _ids(self._workspace.manuscript(edition.name))
            except ReportError:
                continue  # that edition's own check says why it cannot be read
        return frozenset(found)


def _ids(manuscript: Manuscript) -> frozenset[str]:
    chapters = manuscript.chapters
    inner = (ident for source in chapters for ident in source_ids(source.document.blocks))
    return frozenset({*chapter_ids(chapters), *inner})


def _check_trailers(
    workspace: Workspace, manuscript: Manuscript, files: Mapping[str, bytes], targets: _Targets
) -> list[Problem]:
    """Return a problem for each trailer of a commit since the edition before that names no entry of its register."""
    repository, edition = workspace.repository, manuscript.edition
    if repository is None:
        return []
    earlier = workspace.series.earlier(edition)
    try:
        head = manuscript.snapshot.commit or resolve_revision(repository, "HEAD", where=edition.file)
        before = workspace.snapshot(earlier[-1].name).commit if earlier else None
    except RevisionError:
        return []
    ids = {path: [str(entry["id"]) for entry in register_entries(content, path)[0]] for path, content in files.items()}
    found: dict[tuple[str, str], Problem] = {}
    # Beside the report, a repository may hold others, whose commits name entries of their own.
    paths = [repository.folder] if repository.folder else []
    for entry in read_log(repository, before.id if before else "", head.id, paths=paths):
        for key, value in entry.trailers:
            name = TRAILERS.get(key.title())
            if name is None and key.title() != "Recommendation":
                continue
            path = register_path(name or "recommendations")
            known = targets.own if name is None else ids.get(path, [])
            if value in known or name is None and value in targets.all:
                continue
            text = f"commit {entry.id[:10]} names {f'{key}: {value}'!r}, and no entry has that id"
            hint = did_you_mean(value, known) or "add the entry, or say in `changelog/` what the commit was for"
            found.setdefault((key, value), Problem("Y004", path, text, hint))
    return list(found.values())
