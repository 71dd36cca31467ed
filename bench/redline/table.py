"""The studies as one Markdown table and the lines below it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.redline.study import READERS, READING, Row, Study

HEAD = (
    "tool",
    "marked ÷ shortest: book",
    "typical chapter",
    "median chapter",
    "marks",
    "runs",
    "CPU ÷ pandoc's reading",
    "CPU ÷ ours",
    "peak MB",
    "comes back: book",
    "chapters",
)


def write_table(studies: Sequence[Study]) -> str:
    """Return all studies; speed in ratios only, so that machines can be compared."""
    lines = [f"| {' | '.join(HEAD)} |", f"| {' | '.join('---' for _ in HEAD)} |"]
    for study in studies:
        lines.append(f"| **{study.pair}** ({study.pages} pages) {'| ' * (len(HEAD) - 1)}|".replace("  ", " "))
        cpu_s = {row.tool: row.cpu_s for row in study.rows}
        lines += [_line(row, study, cpu_s[READING], cpu_s[READERS]) for row in study.rows]
    return "\n".join([*lines, "", *(line for study in studies for line in _below(study))])


def _line(row: Row, study: Study, reading_s: float | None, ours_s: float | None) -> str:
    over = row.problem if row.problem.startswith(("over ", "not tried ")) else ""
    few = f" (of {row.chapters_run})" if 0 < row.chapters_run < study.edited else ""
    name = f"{row.tool}: {row.problem}" if row.problem and not over else row.tool
    cells = [
        name,
        f"{over}" if over else _ratio(row.noise_book),
        _ratio(row.noise_typical),
        _ratio(row.noise_median) + few,
        _number(row.marks),
        _number(row.runs),
        _times(row.cpu_s, reading_s),
        _times(row.cpu_s, ours_s),
        _number(row.peak_mb),
        "" if row.book_comes_back is None else "yes" if row.book_comes_back else "no",
        ""
        if row.chapters_back is None or not row.chapters_back[1]
        else f"{row.chapters_back[0]} of {row.chapters_back[1]}",
    ]
    return f"| {' | '.join(cells)} |"


def _below(study: Study) -> list[str]:
    lines = [
        f"- **{study.pair}**: a shortest edit script marks {study.shortest:,} words; {study.edited} chapters edited; "
        f"the typical one is `{study.typical}`."
    ]
    lines += [f"  - {name}: {'n/a' if ratio is None else f'{ratio:.2f}'}" for name, ratio in study.ratios.items()]
    if study.part:
        lines.append(f"  - pandiff's part: {study.part}")
    if study.oracle:
        lines.append(f"  - the oracle on the exact AST: {study.oracle}")
    return lines


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _times(value: float | None, unit: float | None) -> str:
    return "" if value is None or not unit else f"{value / unit:.2f}"
