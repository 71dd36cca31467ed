"""All that an editor should mend before an edition is printed."""

from __future__ import annotations

import re
from dataclasses import replace

from millesime.assembly.assemble import assemble
from millesime.assembly.checks import check_report, check_source
from millesime.assembly.images import ImageReader, is_too_large
from millesime.assembly.reading_checks import (
    check_colours,
    check_complaints,
    check_front_matter,
    check_pictures,
    check_reading,
)
from millesime.limits import Limits
from millesime.markup.pandoc import Source, read_complaints
from millesime.press.desk import Desk
from millesime.press.edition import image_reader, materials
from millesime.problems import Problem


def check_edition(desk: Desk, name: str) -> list[Problem]:
    """Return the problems of one edition, by file; each is listed once.

    The text is assembled as for print, but for the redline annexes: they
    quote what is checked where it stands.
    """
    manuscript = desk.manuscript(name)
    found = [problem for path, text in manuscript.texts.items() for problem in check_source(path, text)]
    sources = [Source(path=path, content=text.encode("utf-8")) for path, text in manuscript.texts.items()]
    complaints = read_complaints(sources, reader=manuscript.edition.reader, jobs=desk.jobs, limits=desk.limits)
    for path, said in zip(manuscript.texts, complaints, strict=True):
        found += check_complaints(path, said)
    read_image = image_reader(desk, manuscript)
    for source in manuscript.chapters:
        blocks = source.document.blocks
        found += check_reading(source.path, blocks, language=manuscript.edition.language)
        found += check_front_matter(source.path, source.document.meta, manuscript.texts[source.path])
        found += check_pictures(source.path, blocks, read_image=read_image, limits=desk.limits)
    found += check_colours(manuscript.theme)
    whole = materials(desk, manuscript, manuscript.chapters)
    # A picture beyond the limit is reported, see I005, and must not hide what else there is.
    whole = replace(whole, read_image=_without_the_oversized(whole.read_image, desk.limits))
    found += check_report(assemble(whole))
    order = {path: index for index, path in enumerate(manuscript.texts)}
    return sorted(dict.fromkeys(found), key=lambda problem: order.get(_file(problem), len(order)))


_STAND_IN = b"GIF89a\1\0\1\0\0\0\0;"


def _without_the_oversized(read_image: ImageReader, limits: Limits) -> ImageReader:
    def read(key: str) -> bytes | None:
        content = read_image(key)
        return _STAND_IN if content is not None and is_too_large(content, limits) else content

    return read


def _file(problem: Problem) -> str:
    """The file a problem is in: "chapters/a.md" of "chapters/a.md#anchor" and of "chapters/a.md:12"."""
    return re.sub(r"#.*|:\d+$", "", problem.where)
