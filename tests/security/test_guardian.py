"""The guardian: work in the leading process that never ends or takes all memory is ended, and named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from millesime.at_work import Board, Shown, at_work, show_on, subject_of
from millesime.cli import guardian
from millesime.limits import Limits
from tests.security.test_sizes import ROOT, _lives

# A command whose verb is `body`.
PROGRAM = """
import os, re, signal, subprocess, sys, threading, time
from pathlib import Path
from millesime import cli
from millesime.at_work import at_work
def main(*_, **__):
{body}
cli.program.main = main
cli.main()
"""
C_LOOP = "re.match(r'(a+)+$', 'a' * 60 + 'b')"  # holds the interpreter, so that no thread and no handler runs


def start(body: str, *arguments: object, limits: str = "work=1", **options) -> subprocess.Popen[str]:
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=lines), *map(str, arguments)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "MILLESIME_LIMITS": limits}, **options,
    )  # fmt: skip


def run(body: str, *arguments: object, **options) -> tuple[int, str, str]:
    process = start(body, *arguments, **options)
    try:
        out, complaint = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, out, complaint


def ended(pid: int) -> bool:
    until = time.monotonic() + 20
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not _lives(pid)


NAMED = "with at_work('chapters/a.md', 'read it'):"
WITHOUT_END = {
    "C": f"{NAMED}\n    {C_LOOP}",
    "Python": f"{NAMED}\n    while True: pass",
    "another thread": f"""
def loop():
    {NAMED} {C_LOOP}
thread = threading.Thread(target=loop)
thread.start()
thread.join()
""",
}


@pytest.mark.parametrize("body", WITHOUT_END.values(), ids=WITHOUT_END)
def test_work_without_end_is_ended_and_named(body: str):
    status, _, complaint = run(body)
    assert status == 5
    assert complaint == (
        "error: chapters/a.md: to read it took more than 1 s of processor time; "
        "mend it, or raise `limits: {work: 1}` in editions/report.yaml\n"
    )


def test_work_that_takes_all_memory_is_ended_and_named():
    body = (
        "held = []\nwith at_work('figures/a.svg', 'publish this picture'):\n    while True: held.append(b'x' * 2**24)"
    )
    status, _, complaint = run(body, limits="memory=256")
    assert status == 5 and complaint == (
        "error: figures/a.svg: to publish this picture needed more than 256 MiB; "
        "mend it, or raise `limits: {memory: 256}` in editions/report.yaml\n"
    )


def test_time_and_memory_count_anew_for_each_piece_of_work():
    body = """
held = []
for number in range(4):
    with at_work(f'chapters/{number}.md', 'read it'):
        held.append(b'x' * 100 * 2**20)
        until = time.process_time() + 0.4
        while time.process_time() < until: pass
print(len(held))
"""
    assert run(body, limits="work=1,memory=256") == (0, "4\n", "")


def test_what_many_pieces_of_work_hold_together_has_a_limit_too():
    body = """
held = []
for number in range(60):
    with at_work(f'chapters/{number}.md', 'read it'):
        held.append(b'x' * 50 * 2**20)
        time.sleep(0.15)
"""
    status, _, complaint = run(body, limits="memory=256")
    assert status == 5 and "more than 4 times the 256 MiB of one chapter or page" in complaint


def test_everything_that_the_process_started_ends_with_it(tmp_path: Path):
    """As pandoc, which leads a group of its own, and rsvg-convert, which pandoc starts."""
    shell = f"cd {tmp_path}; sleep 300 & echo $! > inner; echo $$ > outer; wait"
    body = f"""
subprocess.Popen(['sh', '-c', {shell!r}], start_new_session=True)
while not Path({str(tmp_path)!r}, 'outer').exists(): time.sleep(0.01)
{NAMED} {C_LOOP}
"""
    assert run(body)[0] == 5
    assert all(ended(int((tmp_path / name).read_text())) for name in ("inner", "outer"))


def test_temporary_files_of_a_process_that_was_ended_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    body = f"import tempfile\ntempfile.mkdtemp()\nwith at_work('chapters/a.md', 'read it'): {C_LOOP}"
    assert run(body)[0] == 5 and list(tmp_path.iterdir()) == []


# ---- to the shell the guardian is the command ----------------------------------


@pytest.mark.parametrize("status", [0, 1, 5, 70])
def test_the_exit_status_is_handed_on(status: int):
    assert run(f"sys.exit({status})")[0] == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_process_that_a_signal_ended_is_told_of_and_ended_like(number: signal.Signals):
    status, _, complaint = run(f"with at_work('chapters/a.md', 'read it'):\n    os.kill(os.getpid(), {int(number)})")
    assert status == -number
    told = f"error: chapters/a.md: the process was ended by signal {int(number)} ({number.name})"
    assert complaint.startswith(told) if number != signal.SIGTERM else not complaint


ASLEEP = """
try:
    print(os.getpid(), flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.6)
    print('tidied', flush=True)
    raise
"""


@pytest.mark.parametrize("group", [False, True])
def test_ctrl_c_interrupts_once_whoever_it_is_sent_to(group: bool):
    process = start(ASLEEP, start_new_session=True)
    process.stdout.readline()
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    out, complaint = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "tidied\n" and "interrupted" in complaint


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_who_ends_the_guardian_ends_the_work(number: signal.Signals):
    process = start(ASLEEP)
    leader = int(process.stdout.readline())
    assert leader != process.pid
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number and ended(leader)


def test_work_that_holds_the_interpreter_ends_with_the_guardian():
    process = start(f"print(os.getpid(), flush=True)\n{C_LOOP}", limits="work=60")
    leader = int(process.stdout.readline())
    process.kill()
    try:
        process.communicate(timeout=60)
        assert ended(leader)
    finally:
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGKILL)


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_ctrl_z_stops_both_and_both_go_on():
    # In a group of its own, as a shell starts it: the system stops no group whose session nobody leads.
    process = start(ASLEEP, process_group=0)
    leader = int(process.stdout.readline())
    process.send_signal(signal.SIGTSTP)
    for pid in (process.pid, leader):
        until = time.monotonic() + 10
        while state(pid) != "T" and time.monotonic() < until:
            time.sleep(0.02)
        assert state(pid) == "T"
    process.send_signal(signal.SIGCONT)
    until = time.monotonic() + 10
    while "T" in (state(process.pid), state(leader)) and time.monotonic() < until:
        time.sleep(0.02)
    assert "T" not in (state(process.pid), state(leader))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM and ended(leader)


# ---- names ---------------------------------------------------------------------


def test_the_innermost_name_counts_and_the_outer_one_comes_back(monkeypatch: pytest.MonkeyPatch):
    from millesime import at_work as module

    board = Board()
    monkeypatch.setattr(module, "_board", None)
    show_on(board)
    with at_work("edition 2019", "read it"):
        with at_work("chapters/é.md", "read it", limit="reading"):
            (shown,) = board.read()
            assert (shown.where, shown.limit) == ("chapters/é.md", "reading")
        assert board.read()[0].where == "edition 2019" and board.read()[0].number > shown.number
    assert (board.read()[0].where, board.read()[0].last) == ("", "edition 2019")
    board.allow(Limits(work=7))
    assert board.allowed() == Limits(work=7)


def test_an_error_knows_what_was_worked_on():
    with pytest.raises(MemoryError) as raised, at_work("edition 2019", "read it"), at_work("chapters/a.md", "read it"):
        raise MemoryError
    assert subject_of(raised.value).where == "chapters/a.md"


def test_processes_are_measured_by_ps_where_there_is_no_proc():
    process = start(f"print(os.getpid(), flush=True)\n{C_LOOP}", limits="work=60")
    try:
        leader = int(process.stdout.readline())
        time.sleep(1.5)
        seconds, held = guardian.ps_sample(leader, [1])
        others, also = guardian.proc_sample(leader, [leader])
        assert seconds[1] >= 0 and 0.5 < held / also < 2 and others[leader] > 0
        assert guardian.ps_sample(2**22 + 1, [1]) is None
    finally:
        process.kill()
        process.communicate()


def test_a_look_tells_which_limit_was_exceeded():
    looks = guardian._Looks(os.getpid())
    shown = Shown(thread=1, number=1, where="chapters/a.md", doing="read it", limit="work", last="")
    used = iter([({1: 0.0}, 10), ({1: 601.0}, 10)])
    looks.sample = lambda process, threads: next(used)
    assert looks.look([shown], Limits()) == ""
    assert looks.look([shown], Limits()).startswith("chapters/a.md: to read it took more than 600 s")
