"""A small report whose two editions are sealed, for tests of what lasts; built once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from millesime.history.repository import find_repository
from millesime.press.archive.seal import Sealed, seal_edition
from millesime.press.archive.verify import EditionVerdict, verify_editions
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.edition.workspace import Workspace
from millesime.press.run.build import Progress
from millesime.series.series import load_series
from tests.press.here import here
from tests.press.report import FIRST, MANIFEST, SECOND
from tests.support import TestRepository, make_repository


def make_report(folder: Path, *, first: str = "[epub, html]", second: str = "[epub]") -> TestRepository:
    """Return the report of `tests.press.report`, each edition under a tag of its own, in these formats.

    A PDF takes as long as all the rest.
    """
    made = make_repository(folder)
    services = "chapters/20-services.md"
    made.commit(
        {**FIRST, services: f"{FIRST[services]}\nOn lit `debit.csv`.\n"}, message="Première édition", tag="edition-2018"
    )
    made.commit(SECOND, message="Deuxième édition", tag="edition-2019")
    manifest = MANIFEST.replace("[pdf, epub, html, docx]", "{formats}")
    made.commit({
        "editions/2018.yaml": manifest.format(date="2018-07-03", revision="edition-2018", formats=first),
        "editions/2019.yaml": manifest.format(date="2019-07-03", revision="edition-2019", formats=second)
        + 'annexes: [{redline: "2018"}]\n',
    }, message="Décrire les éditions")  # fmt: skip
    return made


def workspace(root: Path, store: Store = NO_STORE) -> Workspace:
    return Workspace(load_series(root), find_repository(root), store=store)


def seal(root: Path, *names: str, store: Store = NO_STORE, out: Path | None = None) -> list[Sealed]:
    """Seal editions, one after the other, as the verb does."""
    return [
        seal_edition(workspace(root, store), name, out=out or root / "dist", workers=here(store), progress=Progress())
        for name in names
    ]


def verify(root: Path, *names: str, store: Store = NO_STORE) -> list[EditionVerdict]:
    return list(verify_editions(workspace(root, store), names, workers=here(store), progress=Progress()))


def edit(path: Path, *changes: Sequence[str]) -> None:
    """Replace texts in a file; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def rebase(clone: TestRepository) -> None:
    """Put another beginning before all commits, and forget the old ones."""
    clone.git("checkout", "--quiet", "--orphan", "base")
    clone.git("rm", "-rfq", ".")
    base = clone.commit({"README.md": "Un autre début"})
    clone.git("checkout", "--quiet", "main")
    clone.git("rebase", "--quiet", "--onto", base, "--root")
    clone.git("tag", "--delete", "edition-2018", "edition-2019")
    clone.git("remote", "remove", "origin")
    forget(clone)


def forget(clone: TestRepository) -> None:
    """Drop what no branch or tag holds."""
    clone.git("reflog", "expire", "--expire=now", "--all")
    clone.git("gc", "--quiet", "--prune=now")
