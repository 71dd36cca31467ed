"""`build --watch`: build again whenever a file of the report is saved."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import click

from millesime.cli import complain, what_was_refused
from millesime.cli.build_request import Request, make, out_folder, tell
from millesime.cli.options import edition_names, find_root, print_troubles
from millesime.cli.terminal import say, styled
from millesime.history.repository import find_repository
from millesime.press.cache.store import Store
from millesime.press.run.watching import Watcher
from millesime.press.run.workers import Workers
from millesime.problems import ReportError
from millesime.series.series import Series

_SHOWN = 3  # files that were saved


def build_on_save(
    request: Request, *, store: Store, open_workers: Callable[[], AbstractContextManager[Workers]]
) -> None:
    """Build, then again after each change, until Ctrl-C.

    What a build needs to start stays: this process, its workers, their
    engines. A build that fails is told of; the next one has new workers.
    """
    root = find_root(request.root)
    repository = find_repository(root)
    folder = repository.root if repository else root
    watcher = Watcher(folder, but=[out_folder(request, root), *([store.folder] if store.folder else [])])
    changed: list[str] | None = []
    troubles: set[str] = set()  # with the cache, that were told
    while changed is not None:
        try:
            with open_workers() as workers:
                while changed is not None:
                    seen = copy.copy(store)  # by this build, and no other
                    _build(request, store=seen, workers=workers, changed=changed)
                    print_troubles(text for text in seen.troubles if text not in troubles)
                    troubles.update(seen.troubles)
                    changed = _wait(watcher)
        except (ReportError, OSError) as error:
            told = what_was_refused(error) if isinstance(error, OSError) else str(error)
            if not told:
                raise
            complain(told)
            changed = _wait(watcher)


def _wait(watcher: Watcher) -> list[str] | None:
    """Return what changed; None when the user wants no more."""
    try:
        say(styled(f"watching {watcher.folder}; Ctrl-C ends it", dim=True), err=True)
        return watcher.wait()
    except KeyboardInterrupt:
        say(err=True)  # behind the terminal's ^C
        return None


def _build(request: Request, *, store: Store, workers: Workers, changed: Sequence[str]) -> None:
    """Build once, and tell what became of it."""
    if changed:
        others = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        say(f"{time.strftime('%H:%M:%S')} saved: {', '.join(changed[:_SHOWN])}{others}", err=True)
    began = time.monotonic()
    outcome = make(request, store=store, workers=workers, choose=_in_preparation)
    if changed and not request.as_json and all(printed.kept for printed in outcome.artifacts):
        say("nothing to build", err=True)
    else:
        tell(outcome, request, store=store, began=began, in_one_line=True)
    store.tidy()


def _in_preparation(series: Series, names: Sequence[str]) -> list[str]:
    """Return the editions asked for; for none, those that are made of files which somebody may save."""
    if found := names or [edition.name for edition in series.editions if edition.is_in_preparation]:
        return edition_names(series, found)
    raise click.UsageError(
        "--watch: every edition has a revision, and is made of no files that somebody may save; "
        "name one, or begin the next with `millesime new EDITION --from OLD`"
    )
