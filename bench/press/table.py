"""The studies as Markdown tables: what was asked for and whether it is reached, each task, and the growth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from bench.press.measure import Cost
from bench.press.peers import PLAIN, TYPST
from bench.press.study import (
    EDIT,
    EDIT_WATCHED,
    FULL,
    JOBS,
    NOTHING,
    PANDOC,
    SHIFT,
    SHIFT_WATCHED,
    THREE,
    THREE_ALONE,
    Study,
)

_OURS = (FULL, EDIT, SHIFT, EDIT_WATCHED, SHIFT_WATCHED, NOTHING, THREE, THREE_ALONE)
BOTH = ("wall_s", "cpu_s")
WALL = ("wall_s",)


def write_tables(cuts: Sequence[Study], editions: Study | None, versions: dict[str, str]) -> str:
    """Return all tables; `versions` are of ours and of the peers, or why they are not there."""
    cuts = sorted(cuts, key=_pages)
    parts = ["; ".join(f"{name} {version}" for name, version in versions.items())]
    if cuts:
        parts.append(_asked(cuts, editions))
    parts += [_tasks(study) for study in reversed(cuts)]
    if editions:
        parts.append(_tasks(editions, to=PANDOC))
    if len(cuts) > 1:
        parts.append(_growth(cuts))
    return "\n\n".join(parts)


def _asked(cuts: Sequence[Study], editions: Study | None) -> str:
    shown = list(reversed(cuts))[:2]
    lines = [_row("what", "must reach", *(f"{_pages(study)} pages" for study in shown), "reached")]
    lines.append(_rule(len(shown) + 3))
    for what, limit, task, unit, measures in (
        (f"full PDF, cold cache, {JOBS} jobs, wall ÷ plain WeasyPrint's", 0.40, FULL, PLAIN, WALL),
        ("one paragraph edited, PDF, ÷ plain WeasyPrint", 0.05, EDIT, PLAIN, BOTH),
        ("one paragraph edited, PDF, ÷ Typst's full run", 1.0, EDIT, TYPST, BOTH),
        ("one page more in chapter 1, PDF, ÷ plain WeasyPrint", 0.10, SHIFT, PLAIN, BOTH),
        ("the same paragraph, `build --watch`, ÷ plain WeasyPrint", 0.05, EDIT_WATCHED, PLAIN, BOTH),
        ("the same page, `build --watch`, ÷ plain WeasyPrint", 0.10, SHIFT_WATCHED, PLAIN, BOTH),
    ):
        ratios = [[_ratio(study, task, unit, measure) for measure in measures] for study in shown]
        cells = [_both(found, measures) for found in ratios]
        lines.append(_row(what, f"≤ {limit:.2f}", *cells, _verdict([one for found in ratios for one in found], limit)))
    lines.append(_plain_row("nothing changed, all formats, wall", 1.0, "s", shown, lambda s: s.costs[NOTHING].wall_s))
    if editions:
        empty = [""] * (len(shown) - 1)
        for task in (THREE, THREE_ALONE):
            found = [_ratio(editions, task, PANDOC, measure) for measure in BOTH]
            what = f"{task}, ÷ pandoc + plain WeasyPrint"
            lines.append(_row(what, "≤ 0.50", _both(found, BOTH), *empty, _verdict(found, 0.5)))
    lines.append(_plain_row("peak memory of one worker", 700, "MB", shown, lambda s: s.costs[FULL].worker_mb))
    return "\n".join(lines)


def _plain_row(what: str, limit: float, unit: str, shown: Sequence[Study], value: Callable[[Study], float]) -> str:
    found = [value(study) for study in shown]
    cells = [f"{one:.2f} {unit}" if limit < 10 else f"{one:.0f} {unit}" for one in found]
    return _row(what, f"≤ {limit:g} {unit}", *cells, _verdict(found, limit))


def _tasks(study: Study, *, to: str = PLAIN) -> str:
    """Return every task of a study beside the one that it is measured by."""
    unit = study.costs[to]
    lines = [
        f"**{study.name}**: {study.chapters} chapters; {to} takes {unit.wall_s:.1f} s, {unit.cpu_s:.1f} s of CPU.\n",
        _row("task", f"wall ÷ {to}", f"CPU ÷ {to}", "pages", "peak MB: largest process", "leader", "worker"),
        _rule(7),
    ]
    for task, cost in study.costs.items():
        if cost.problem:
            lines.append(_row(task, cost.problem, *[""] * 5))
            continue
        ours = cost.worker_mb > 0
        lines.append(
            _row(
                f"Millésime: {task}" if task in _OURS else task,
                *(_number(_ratio(study, task, to, measure)) for measure in BOTH),
                f"{cost.pages:.0f}",
                f"{cost.peak_mb:.0f}" if cost.peak_mb else "",  # not looked at while it watches
                f"{cost.main_mb:.0f}" if ours else "",
                f"{cost.worker_mb:.0f}" if ours else "",
            )
        )
    return "\n".join(lines)


def _growth(cuts: Sequence[Study]) -> str:
    """Return how costs grow with pages, the shortest cut = 1."""
    first = cuts[0]
    tasks = [task for task in (FULL, EDIT, SHIFT, NOTHING, PLAIN, TYPST) if task in first.costs]
    lines = [_row("CPU, shortest = 1", "pages", *tasks, "linear or better"), _rule(len(tasks) + 3)]
    for study in cuts:
        pages = _pages(study) / _pages(first)
        grown = {task: _over(study.costs[task], first.costs[task], "cpu_s") for task in tasks}
        ours = [grown[task] for task in (FULL, EDIT)]
        cells = [_number(grown[task]) for task in tasks]
        lines.append(_row(f"{_pages(study)} pages", f"{pages:.2f}", *cells, _verdict(ours, pages)))
    return "\n".join(lines)


def _pages(study: Study) -> int:
    return round(study.costs[FULL].pages)


def _ratio(study: Study, task: str, unit: str, measure: str) -> float | None:
    """Return the median of what a task took beside the other in each round: the machine may be slower in the next."""
    rounds = zip(study.runs.get(task, ()), study.runs.get(unit, ()), strict=False)
    found = [_over(cost, beside, measure) for cost, beside in rounds]
    return median(found) if found and None not in found else None


def _over(cost: Cost, unit: Cost, measure: str) -> float | None:
    return None if cost.problem or unit.problem else getattr(cost, measure) / getattr(unit, measure)


def _both(found: Sequence[float | None], measures: Sequence[str]) -> str:
    names = {"wall_s": "wall", "cpu_s": "CPU"}
    if len(found) == 1:
        return _number(found[0])
    return ", ".join(f"{names[measure]} {_number(one)}" for measure, one in zip(measures, found, strict=True))


def _verdict(found: Sequence[float | None], limit: float) -> str:
    if any(one is None for one in found):
        return "not measured"
    return "yes" if all(one <= limit for one in found) else "no"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return _row(*["---"] * columns)
