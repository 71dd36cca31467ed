"""Write the redline annexes of an edition, as chapters that are assembled with the others."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from millesime.assembly.citations import quote_citations
from millesime.assembly.sources import ChapterSource
from millesime.markup.ast import Document, words
from millesime.press.edition.bibliography import quoted_citations
from millesime.press.edition.manuscript import Manuscript, read_note
from millesime.press.edition.provenance import read_provenance
from millesime.press.edition.workspace import Workspace
from millesime.redline.annex.annex import annex_title, write_annex
from millesime.redline.annex.follow import write_follow
from millesime.redline.annex.glance import passage_targets
from millesime.redline.annex.picture import change_picture
from millesime.series.manifest import FollowAnnex
from millesime.series.series import Edition, RedlineAnnex


def redline_annex(
    workspace: Workspace, new: Manuscript, annex: RedlineAnnex, index: int, say: Callable[[str], None]
) -> tuple[ChapterSource, dict[str, bytes]]:
    """Return the annex, and the images that are made for it by their keys."""
    say(f"comparing with {annex.redline}")
    old = workspace.manuscript(annex.redline)
    old_side, new_side = workspace.side(old), workspace.side(new)
    redline = workspace.redline(old, new)
    labels, language = new.labels, new.edition.language
    key = f"@annex/redline-{old_side.name}.svg"
    targets = passage_targets(redline, old_side.name) if annex.detail != "summary" else {}
    picture = change_picture(
        redline, old=old_side.name, new=new_side.name, labels=labels, language=language, targets=targets,
        numbers=(old_side.numbers(), new_side.numbers()),
    )  # fmt: skip
    blocks = write_annex(
        redline,
        old=old_side,
        new=new_side,
        note=read_note(new, workspace.current) if _first_redline(new.edition) == index else [],
        labels=labels,
        language=language,
        detail=annex.detail,
        context=annex.context,
        picture="" if redline.is_empty else key,
        provenance=read_provenance(workspace, redline, old, new) if annex.provenance else None,
    )
    # Struck citations are the old edition's, and must not bring works into this one's bibliography.
    blocks = quote_citations(blocks, quoted_citations(old, beside=new, jobs=workspace.jobs), edition=old_side.name)
    # As are struck references; this edition's own are resolved with those of its chapters.
    blocks = workspace.references.quote(blocks, {old_side.name: old})
    title = words(annex.title) if annex.title else annex_title(old_side, labels, language)
    # Images of the annex are named from the repository's root, see redline/annex/annex.py.
    source = ChapterSource(
        path="annex", document=Document(blocks=blocks), role="annex", id=f"redline-{annex.redline}",
        title=tuple(title), generated=True,
    )  # fmt: skip
    return source, {key: picture.encode("utf-8")}


def follow_annex(
    workspace: Workspace, new: Manuscript, annex: FollowAnnex, say: Callable[[str], None]
) -> ChapterSource:
    """Return the chapters and sections followed through several editions."""
    manuscripts = [workspace.manuscript(name) for name in annex.follow if name != new.edition.name] + [new]
    manuscripts.sort(key=lambda manuscript: (manuscript.edition.date, manuscript.edition.name))
    steps = []
    for before, after in pairwise(manuscripts):
        say(f"following {before.edition.name} to {after.edition.name}")
        steps.append(workspace.redline(before, after))
    blocks = write_follow(
        steps,
        [workspace.side(manuscript) for manuscript in manuscripts],
        labels=new.labels,
        language=new.edition.language,
    )
    return ChapterSource(
        path="annex", document=Document(blocks=blocks), role="annex", id="follow", generated=True,
        title=tuple(words(annex.title or new.labels["follow_title"])),
    )  # fmt: skip


def _first_redline(edition: Edition) -> int:
    """The annex that the editor's note opens: it speaks of one step, the first that is listed."""
    return next(index for index, annex in enumerate(edition.annexes) if isinstance(annex, RedlineAnnex))
