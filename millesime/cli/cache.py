"""`cache`: what is kept between builds."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from millesime.cli.options import Size, json_option, shown_size
from millesime.cli.terminal import print_json, print_table, say
from millesime.press.cache.place import Refused, check_folder, default_folder
from millesime.press.cache.store import LIMIT
from millesime.press.cache.upkeep import Amount, clear, list_entries, prune, sum_by_step, verify
from millesime.problems import OutputError

_DAY_S = 86400


cache_option = click.option(
    "--cache", "folder", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
    envvar="MILLESIME_CACHE", show_envvar=True,
    help="Where the cache is (default: millesime in the user's cache folder, ~/.cache).",
)  # fmt: skip


# Behind a command of `cache`, whose own option has asked the environment already.
_own_cache_option = click.option(
    "--cache", "folder", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
    help="Where the cache is (default: as for `cache`).",
)  # fmt: skip


def limit_option(name: str, text: str) -> Any:
    """Return an option that says how large the cache may be."""
    return click.option(
        name, "limit", type=Size(), default=LIMIT, metavar="SIZE", envvar="MILLESIME_CACHE_LIMIT", show_envvar=True,
        help=f"{text} (500MB, 2GiB; default: {shown_size(LIMIT)}).",
    )  # fmt: skip


@click.group(invoke_without_command=True)
@cache_option
@json_option
@click.pass_context
def cache(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """Show what is kept between builds, and take out what is old or damaged.

    The cache spares a build what an earlier one has done. It can be removed
    at any time; it holds text of the report. docs/cache.md tells what is kept
    and how CI keeps it. Without a command: `info`.
    """
    context.obj = folder
    if context.invoked_subcommand is None:
        # Not `context.invoke`, which would not ask the environment for the limit.
        with info.make_context("info", ["--json"] if as_json else [], parent=context) as inner:
            info.invoke(inner)
    elif as_json:
        raise click.UsageError(f"write --json behind {context.invoked_subcommand!r}")


@cache.command()
@_own_cache_option
@limit_option("--limit", "How much a build lets the cache hold")
@json_option
@click.pass_obj
def info(default: Path | None, folder: Path | None, limit: int, as_json: bool) -> None:
    """Show where the cache is, and how much each step has in it."""
    folder = _place(folder or default)
    trouble = ""
    try:
        check_folder(folder)
    except Refused as refused:
        trouble = str(refused)
    except FileNotFoundError:
        trouble = f"{folder}: nothing is kept yet"
    except OSError as error:
        trouble = f"{folder}: {error.strerror}"
    entries = [] if trouble else list_entries(folder)
    steps = sum_by_step(entries)
    total = Amount(sum(step.entries for step in steps.values()), sum(step.bytes for step in steps.values()))
    used = min((entry.used for entry in entries if not entry.is_temporary), default=None)
    oldest = datetime.datetime.fromtimestamp(used, datetime.UTC) if used is not None else None
    if as_json:
        print_json({
            "folder": str(folder), "trouble": trouble or None, "limit": limit, **total.as_json(),
            "oldest": oldest.isoformat(timespec="seconds") if oldest else None,
            "steps": {name: step.as_json() for name, step in steps.items()},
        })  # fmt: skip
        return
    if trouble:
        say(trouble, err=True)
        return
    say(f"{folder}")
    rows = [(name, f"{step.entries:,}", shown_size(step.bytes)) for name, step in {**steps, "together": total}.items()]
    print_table(("step", "entries", "size"), rows, right=("entries", "size"))
    unused = f"; longest unused since {oldest:%Y-%m-%d}" if oldest else ""
    say(f"{_percent(total.bytes, limit)} of {shown_size(limit)}{unused}")


@cache.command("prune")
@_own_cache_option
@limit_option("--limit", "How much to leave")
@click.option("--older-than", "days", type=click.IntRange(0, 36500), default=None, metavar="DAYS",
              help="Also remove what no build has used for so long.")  # fmt: skip
@json_option
@click.pass_obj
def prune_cache(default: Path | None, folder: Path | None, limit: int, days: int | None, as_json: bool) -> None:
    """Remove what was used the longest ago, down to the limit.

    A build does so itself when it has made the cache too large. What was
    being written when a process was killed goes as well.
    """
    with _opened(folder or default) as place:
        removed = prune(place, limit=limit, unused_for_s=None if days is None else days * _DAY_S)
        left = _together(place)
    if as_json:
        print_json({"removed": removed.as_json(), "left": left.as_json()})
    else:
        say(f"removed {_counted(removed)}; {_counted(left)} left")


@cache.command("clear")
@_own_cache_option
@json_option
@click.pass_obj
def clear_cache(default: Path | None, folder: Path | None, as_json: bool) -> None:
    """Remove everything that is kept.

    Files that are not the cache's stay where they are.
    """
    with _opened(folder or default) as place:
        removed = clear(place)
    if as_json:
        print_json({"removed": removed.as_json()})
    else:
        say(f"removed {_counted(removed)}")


@cache.command("verify")
@_own_cache_option
@json_option
@click.pass_obj
def verify_cache(default: Path | None, folder: Path | None, as_json: bool) -> None:
    """Read every entry and remove those that are damaged.

    A build needs no such help, for it checks each entry that it reads. Damage
    means that a disk or a copy is not to be trusted: exit status 1 if there
    was any.
    """
    with _opened(folder or default) as place:
        read, damaged = verify(place)
    if as_json:
        print_json({"read": read.as_json(), "damaged": [{"path": str(path), "how": how} for path, how in damaged]})
    else:
        for path, how in damaged:
            say(f"{path}: {how}; removed", err=True)
        say(f"read {_counted(read)}; {len(damaged)} damaged")
    if damaged:
        raise click.exceptions.Exit(1)


def _place(folder: Path | None) -> Path:
    place = folder or default_folder()
    if place is None:
        raise OutputError("HOME is not set, so there is no place for a cache; choose one with --cache")
    return place


@contextmanager
def _opened(folder: Path | None) -> Iterator[Path]:
    """Yield the folder of a cache that is ours to change, or that is not there; turn what fails into OutputError."""
    place = _place(folder)
    try:
        if place.exists():
            check_folder(place)
        yield place
    except Refused as refused:
        raise OutputError(str(refused)) from refused
    except OSError as error:
        raise OutputError(f"{error.filename or place}: {error.strerror}; check who may change the folder") from error


def _together(folder: Path) -> Amount:
    sums = sum_by_step(list_entries(folder)).values()
    return Amount(sum(step.entries for step in sums), sum(step.bytes for step in sums))


def _counted(amount: Amount) -> str:
    return f"{amount.entries:,} {'entry' if amount.entries == 1 else 'entries'}, {shown_size(amount.bytes)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "all"
