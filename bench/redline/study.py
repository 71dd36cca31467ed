"""Measure one pair of editions with every tool: rows of the table, and ratios."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median

from bench.redline.editions import (
    Job,
    Pair,
    edited_chapters,
    leading_part,
    typical_chapter,
    whole_book,
    with_one_edit,
)
from bench.redline.install import program_folder
from bench.redline.measure import Cost, interleaved, run, run_worker
from bench.redline.ours import describe_ours
from bench.redline.outputs import input_words
from bench.redline.peers import PEERS, Peer
from bench.redline.words import count_runs, marked_words, side_words
from bench.redline.worker import Memory

READERS, EXACT, READING = "Millésime, as readers see it", "Millésime, exact AST", "pandoc reading both editions"
PART = 0.25  # of the edited chapters' words: what a tool that is too slow for the book is run on


@dataclass(kw_only=True)
class Row:
    """One tool on one pair; None: not measured."""

    tool: str
    problem: str = ""  # why the whole book was not compared
    noise_book: float | None = None  # marked words ÷ shortest edit script
    noise_typical: float | None = None
    noise_median: float | None = None
    chapters_run: int = 0  # edited chapters that the tool compared, each alone
    marks: int | None = None
    runs: int | None = None
    cpu_s: float | None = None
    peak_mb: float | None = None
    book_comes_back: bool | None = None  # with the same words, both ways
    chapters_back: tuple[int, int] | None = None


@dataclass(kw_only=True)
class Study:
    pair: str
    pages: int
    edited: int  # chapters
    typical: str
    shortest: int
    rows: list[Row] = field(default_factory=list)
    ratios: dict[str, float | None] = field(default_factory=dict)
    part: str = ""  # of the book, that pandiff was run on chapter by chapter
    oracle: str = ""


def study_pair(
    pair: Pair, folder: Path, *, unavailable: Mapping[str, str], peers: bool, rounds: int, limit_s: int
) -> Study:
    """Return all figures of a pair; `unavailable` says why a peer cannot run."""
    book, chapters = whole_book(pair, folder), edited_chapters(pair, folder)
    typical, part = typical_chapter(chapters), leading_part(chapters, share=PART)
    found = Study(
        pair=pair.name, pages=pair.pages, edited=len(chapters), typical=typical.name, shortest=book.shortest["txt"]
    )
    names = [name for name in PEERS if name not in unavailable] if peers else []
    small_enough = [name for name in names if pair.pages <= PEERS[name].most_pages]
    compare_book = {name: partial(run_peer, PEERS[name], book, limit_s=limit_s) for name in small_enough}
    ours = {
        READING: partial(run_worker, "reading", book.folder, stdout=book.folder / "reading", limit_s=limit_s),
        READERS: partial(run_worker, "ours", book.folder, stdout=book.folder / "ours", limit_s=limit_s),
    }
    say(f"  the whole book: {', '.join(['ours', *small_enough])}")
    costs = interleaved({**ours, **compare_book}, rounds=rounds)
    for name in ours:
        if costs[name].problem:
            raise RuntimeError(f"{name}: {costs[name].problem}")
    found.rows += _our_rows(pair, book, chapters, typical, costs)
    for name in PEERS if peers else ():
        if name in unavailable:
            found.rows.append(Row(tool=name, problem=unavailable[name]))
            continue
        say(f"  {name}, chapter by chapter")
        some = part if PEERS[name].reads_itself else chapters
        cost = costs.get(name) or Cost(problem=f"not tried on over {PEERS[name].most_pages} pages")
        row, spent = _peer_row(name, book, some, typical, cost, limit_s)
        found.rows.append(row)
        if name == "pandiff" and spent:
            found.part = f"{part[0].name} to {part[-1].name}: {len(part)} edited chapters, each alone"
            found.ratios |= _part_ratios(part, spent, rounds=rounds, limit_s=limit_s)
    found.ratios["ours ÷ pandoc's reading"] = costs[READERS].cpu_s / costs[READING].cpu_s
    found.ratios["second comparison after one edit ÷ first"] = _second_to_first(book, rounds, limit_s)
    return found


def run_peer(peer: Peer, job: Job, *, limit_s: int) -> Cost:
    """Run a peer on a job; its output stays beside the job's texts."""
    command = peer.command(*(str(job.path(side, peer.form)) for side in ("old", "new")))
    cost = run(command, stdout=_output(peer, job), limit_s=limit_s, path=str(program_folder()))
    return cost if cost.problem or _output(peer, job).stat().st_size else replace(cost, problem="prints nothing")


def _output(peer: Peer, job: Job) -> Path:
    name = next(name for name, entry in PEERS.items() if entry is peer)
    return job.folder / f"{name.replace(' ', '-')}.out"


def _our_rows(pair: Pair, book: Job, chapters: Sequence[Job], typical: Job, costs: Mapping[str, Cost]) -> list[Row]:
    parsed = {new.parsed.path: (old.parsed, new.parsed) for old, new in pair.matched}
    whole = describe_ours([chapter.parsed for chapter in pair.old], [chapter.parsed for chapter in pair.new])
    alone = {job.name: describe_ours([parsed[job.name][0]], [parsed[job.name][1]]) for job in chapters}
    rows = []
    for tool, form in ((READERS, "readers"), (EXACT, "exact")):
        noises = {job.name: getattr(alone[job.name], form).marked / job.shortest["txt"] for job in chapters}
        seen = getattr(whole, form)
        rows.append(
            Row(
                tool=tool,
                noise_book=seen.marked / book.shortest["txt"],
                noise_typical=noises[typical.name],
                noise_median=median(noises.values()),
                chapters_run=len(chapters),
                marks=seen.marks,
                runs=seen.runs,
            )
        )
    readers, exact = rows
    readers.cpu_s, readers.peak_mb = costs[READERS].cpu_s, costs[READERS].peak_mb
    exact.book_comes_back = whole.chapters_exact[0] == whole.chapters_exact[1]
    exact.chapters_back = whole.chapters_exact
    return [*rows, Row(tool=READING, cpu_s=costs[READING].cpu_s, peak_mb=costs[READING].peak_mb)]


def _peer_row(
    name: str, book: Job, chapters: Sequence[Job], typical: Job, cost: Cost, limit_s: int
) -> tuple[Row, float]:
    """Return a peer's row, and the CPU seconds of comparing the chapters one by one (0: it failed on one)."""
    peer = PEERS[name]
    row = Row(tool=f"{name} {peer.version()}", problem=cost.problem)
    if not cost.problem:
        row.cpu_s, row.peak_mb = cost.cpu_s, cost.peak_mb
        marked = _read(peer, book)
        row.noise_book = marked_words(marked.segments) / book.shortest[peer.words_of]
        row.marks, row.runs = marked.marks, count_runs(marked.segments)
        row.book_comes_back = _comes_back(peer, book, marked)
    noises: dict[str, float] = {}
    spent, come_back, failed = 0.0, 0, False
    for job in [*chapters, *([] if typical in chapters else [typical])]:
        cost = run_peer(peer, job, limit_s=limit_s)
        if cost.problem:
            failed |= job in chapters
            continue
        marked = _read(peer, job)
        noises[job.name] = marked_words(marked.segments) / max(1, job.shortest[peer.words_of])
        if job in chapters:
            spent += cost.cpu_s
            come_back += _comes_back(peer, job, marked)
    row.noise_typical = noises.get(typical.name)
    ran = [noises[job.name] for job in chapters if job.name in noises]
    row.noise_median = median(ran) if ran else None
    row.chapters_run, row.chapters_back = len(ran), (come_back, len(chapters))
    return row, 0.0 if failed else spent


def _read(peer: Peer, job: Job):
    return peer.read(_output(peer, job).read_text("utf-8", errors="replace"))


def _comes_back(peer: Peer, job: Job, marked) -> bool:
    """Whether both texts come back with the same words, as the same parser reads the tool's input."""
    form = peer.words_of
    return all(
        side_words(marked.segments, side) == input_words(job.path(side, form).read_text("utf-8"), form, side)
        for side in ("old", "new")
    )


def _part_ratios(part: Sequence[Job], spent: float, *, rounds: int, limit_s: int) -> dict[str, float | None]:
    folders = [job.folder for job in part]
    out = part[0].folder
    costs = interleaved(
        {
            verb: partial(run_worker, verb, *folders, stdout=out / f"part-{verb}", limit_s=limit_s)
            for verb in ("ours", "reading")
        },
        rounds=rounds,
    )
    ours, reading = costs["ours"].cpu_s, costs["reading"].cpu_s
    return {
        "pandiff ÷ ours without reading": spent / ours,
        "pandiff ÷ ours with reading": spent / (ours + reading),
    }


def _second_to_first(book: Job, rounds: int, limit_s: int) -> float | None:
    """Return what a second comparison takes after one paragraph was edited, with the memory of the first; first = 1."""
    if Memory is None:
        return None
    with_one_edit(book)
    out, shares = book.folder / "memory.out", []
    for _ in range(rounds):
        cost = run_worker("memory", book.folder, stdout=out, limit_s=limit_s)
        if cost.problem:
            raise RuntimeError(f"comparing with a memory: {cost.problem}")
        spent = json.loads(out.read_text("utf-8"))
        shares.append(spent["second_s"] / spent["first_s"])
    return median(shares)


def say(text: str) -> None:
    """Tell the person who waits how far it is."""
    print(text, file=sys.stderr, flush=True)
