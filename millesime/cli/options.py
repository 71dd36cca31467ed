"""Options and helpers that several verbs share: finding the report, opening a workspace, printing tables and JSON."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from millesime.at_work import allow
from millesime.cli.terminal import say, styled
from millesime.history.repository import find_repository
from millesime.limits import DEFAULTS, Limits, overruled
from millesime.press.cache.store import LIMIT, NO_STORE, Store, open_store
from millesime.press.edition.workspace import Workspace
from millesime.press.run.workers import usable_jobs
from millesime.problems import Problem
from millesime.series.series import FOLDER, REPORT_FILE, Series, load_series
from millesime.series.values import FORMATS

if TYPE_CHECKING:
    from millesime.press.run.artifacts import Printed

DIST = "dist"  # in the report's folder

root_option = click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None, metavar="DIR",
    help="The report's folder (default: this one, or the nearest above it in its repository).",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
out_option = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
    help="Where editions go (default: dist in the report's folder).",
)  # fmt: skip


jobs_option = click.option(
    "--jobs", "-j", type=click.IntRange(1, 256), default=usable_jobs, metavar="N",
    show_default="as many as there are cores and memory for", help="How many processes work at once.",
)  # fmt: skip


def store_options(command: Callable) -> Callable:
    """Give a command `--cache` and `--no-cache`; it gets the store that they choose, as `store`."""

    @functools.wraps(command)
    def with_store(*args: Any, cache: Path | None, no_cache: bool, cache_limit: int, **kwargs: Any) -> Any:
        store = NO_STORE if no_cache else open_store(cache, limit=cache_limit)
        try:
            return command(*args, store=store, **kwargs)
        finally:
            store.tidy()
            print_troubles(store.troubles)

    for option in (
        click.option("--cache-limit", type=Size(), default=LIMIT, hidden=True, envvar="MILLESIME_CACHE_LIMIT"),
        click.option("--no-cache", is_flag=True, help="Make everything again, and keep nothing."),
        click.option(
            "--cache", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
            envvar="MILLESIME_CACHE", show_envvar=True,
            help="Where to keep what later builds need not do again (default: the user's cache folder).",
        ),
    ):  # fmt: skip
        with_store = option(with_store)
    return with_store


def print_troubles(troubles: Iterable[str]) -> None:
    """Say why there was no cache, or only a part of one."""
    for trouble in troubles:
        say(f"{styled('cache:', fg='yellow')} {trouble}", err=True)


class Size(click.ParamType):
    """A number of bytes, "500MB" or "2GiB"."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if not found:
            self.fail(f"{value!r} is no size; write 500MB, 1.5GB or 2GiB", param, ctx)
        number, unit = found[1], found[2].lower()
        if unit in ("k", "m", "g", "t"):
            letter = unit.upper()
            self.fail(f"{value!r} may be {number}{letter}B or {number}{letter}iB; write one of them", param, ctx)
        if unit not in _UNITS:
            self.fail(f"{found[2]!r} is no unit of size; write kB, MB, GB, TB, or KiB, MiB, GiB, TiB", param, ctx)
        return int(float(number) * _UNITS[unit])


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgt", start=1)
    for ending, base in (("b", 1000), ("ib", 1024))
}


class FormatList(click.ParamType):
    """Formats with commas between them, "pdf,epub"."""

    name = "formats"

    def __init__(self, known: Sequence[str] = FORMATS) -> None:
        self.known = tuple(known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(name.strip().lower() for name in value.split(",") if name.strip()))
        unknown = [name for name in names if name not in self.known]
        if unknown or not names:
            self.fail(f"{unknown[0] if unknown else value!r} is not one of {', '.join(self.known)}", param, ctx)
        return names


def find_root(root: Path | None) -> Path:
    """Return the folder of the report: the one given, or this one, or the nearest above it that holds a report, up to
    the top of its repository; the top where none does."""
    start = (root or Path.cwd()).resolve()
    if root is not None or (start / FOLDER).is_dir():
        return start
    repository = find_repository(start)
    if repository is None or repository.is_bare:
        return start
    above = [folder for folder in start.parents if folder.is_relative_to(repository.root)]
    return next((folder for folder in above if (folder / REPORT_FILE).is_file()), repository.root)


@contextmanager
def open_workspace(root: Path | None, *, store: Store = NO_STORE, jobs: int = 1) -> Iterator[Workspace]:
    """Open the series of a report and its repository, where it has one."""
    folder = find_root(root)
    series = load_series(folder)
    store.scope = str(folder)
    yield Workspace(series, find_repository(folder), store=store, jobs=jobs, limits=own_limits(series.limits))


def own_limits(limits: Limits = DEFAULTS) -> Limits:
    """Return the limits of this run: a report's, or the user's where MILLESIME_LIMITS says otherwise.

    The guardian and git are told of them.
    """
    chosen = overruled(limits, os.environ)
    allow(chosen)
    return chosen


def edition_names(series: Series, names: Sequence[str]) -> list[str]:
    """Return the editions asked for, by date; all of them for none. Raises ManifestError for an unknown one."""
    for name in names:
        series.edition(name)
    return [edition.name for edition in series.editions if not names or edition.name in names]


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, one a line."""
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        say(f"{styled(problem.severity + ':', fg=colour)} {problem}", err=True)


def shown_size(size: int) -> str:
    """Return a size in bytes as people read it, "1.4 MB" (powers of 1000, as disks and browsers count)."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError


def shown_artifact(printed: Printed) -> str:
    """Return what was made, in a line."""
    how = "kept from an earlier build" if printed.kept else f"in {printed.seconds:.1f} s"
    return f"{printed.edition}: {printed.format}, {shown_size(printed.bytes)} {how}"
