"""The guardian: the process that a command is started as. It forks the command's own process and watches it.

    shell ── guardian ── leading process ── pandoc, git
                                        └── worker processes

The leading process reads, assembles and compares texts of strangers, in
Python and in C libraries, which no exception can interrupt. The guardian
looks at its processor time and resident memory ten times a second. If one
piece of work (`at_work`) takes more than its limit, the guardian kills the
leading process with everything it started, and says which chapter, picture,
revision or page it was.

To the shell the guardian is the command. Both processes stay in the
terminal's foreground group, so Ctrl-C and Ctrl-Z reach both; signals that are
sent to the guardian alone are handed on; it ends with the exit status of the
leading process, or by the same signal. If the guardian itself is killed, the
kernel kills the leading process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from millesime import at_work
from millesime.at_work import Board, Shown
from millesime.cli.terminal import clear_progress
from millesime.limits import DEFAULTS, LimitError, Limits, overruled, raise_hint
from millesime.problems import ReportError

LOOK_EVERY_S = 0.1
ALL_TOGETHER = 4  # times `memory` that the leading process may hold in all
_LONG_RUN_S = 1  # after so many seconds the guardian also takes in processes whose parents ended
_REPORT_S = 0.25  # in which the leading process, if it received Ctrl-C as well, says so
_PROC = Path("/proc")
_HANDED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_FORGOTTEN_ENDS = (signal.SIGINT, *_HANDED_ON, signal.SIGPIPE, signal.SIGALRM)  # these end it without a message


def watch_over(complain: Callable[[str], None]) -> None:
    """Fork. Return in the new process, which is to do the work; the old one is its guardian and never returns.

    `complain` prints a message for the user.
    """
    board = Board()
    with contextlib.suppress(ReportError):  # the verb will say so
        board.allow(overruled(DEFAULTS, os.environ))
    living, dying = os.pipe()  # the guardian holds `dying` as long as it lives
    heard, told = os.pipe()  # signals that reached the leading process
    for end in (heard, told):
        os.set_blocking(end, False)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        leader = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    if leader:
        os.close(living)
        os.close(told)
        _Guardian(leader, board, heard, before, complain).watch()
    os.close(dying)
    os.close(heard)
    _die_with(living)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    at_work.show_on(board)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _die_with(living: int) -> None:
    """Let the kernel kill this process when the other end of a pipe is closed, which a dead guardian cannot prevent.

    A pipe that has O_ASYNC sends SIGIO, whose default is to end the process,
    or on Linux the signal of F_SETSIG: fcntl(2).
    """
    fcntl.fcntl(living, fcntl.F_SETOWN, os.getpid())
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(living, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(living, fcntl.F_SETFL, fcntl.fcntl(living, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([living], [], [], 0)[0]:  # it died before
        os._exit(1)


class _Guardian:
    """Watches one process until that ends, and then ends like it."""

    def __init__(
        self, leader: int, board: Board, heard: int, mask: set[signal.Signals], complain: Callable[[str], None]
    ) -> None:
        self.leader, self.board, self.heard, self.mask, self.complain = leader, board, heard, mask, complain
        self.looks = _Looks(leader)
        self._began = time.monotonic()
        self._signals: list[int] = []
        self._is_adopting = False
        self._interrupt_until: float | None = None  # to hear whether the leading process was interrupted, too
        self._heard_at = 0.0

    def watch(self) -> NoReturn:
        waking, wake = os.pipe()
        for end in (waking, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTSTP, *_HANDED_ON):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, frame: self._signals.append(number))
        signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)
        next_look = time.monotonic() + LOOK_EVERY_S
        ends = [waking, self.heard]
        while True:
            ready = select.select(ends, [], [], max(0.0, next_look - time.monotonic()))[0]
            self._listen(ready, ends, waking)
            if (status := self._ended()) is not None:
                self._end_like(status)
            while self._signals:
                self._receive(self._signals.pop(0))
            now = time.monotonic()
            if self._interrupt_until and now > self._interrupt_until:
                self._interrupt_until = None
                os.kill(self.leader, signal.SIGINT)
            if now >= next_look:
                next_look = now + self.looks.every_s
                if now - self._began > _LONG_RUN_S and not self._is_adopting:
                    self._is_adopting = True
                    _adopt_orphans()
                if exceeded := self.looks.look(self.board.read(), self.board.allowed()):
                    self._stop(exceeded)

    def _listen(self, ready: list[int], ends: list[int], waking: int) -> None:
        if waking in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(waking, 4096)
        if self.heard in ready:
            numbers = os.read(self.heard, 4096)
            if not numbers:  # it ended
                ends.remove(self.heard)
            if signal.SIGINT in numbers:
                self._heard_at = time.monotonic()
                self._interrupt_until = None

    def _receive(self, number: int) -> None:
        """Hand a signal on, unless the leading process received it as well and a second one would matter."""
        if number == signal.SIGINT:
            # Ctrl-C reaches the whole group; a second one would interrupt the tidying after the first.
            if time.monotonic() - self._heard_at > _REPORT_S:
                self._interrupt_until = time.monotonic() + _REPORT_S
        elif number == signal.SIGTSTP:
            os.kill(self.leader, signal.SIGTSTP)
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)  # here the guardian stands still, until somebody lets it go on
            signal.signal(signal.SIGTSTP, handler)
            os.kill(self.leader, signal.SIGCONT)
        elif number != signal.SIGCHLD:
            os.kill(self.leader, number)

    def _ended(self) -> int | None:
        """Return the status of the leading process if it has ended."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return None
            if process == self.leader:
                return status
            if process == 0:
                return None

    def _end_like(self, status: int) -> NoReturn:
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            os._exit(code)
        number = -code
        _kill_all(descendants(os.getpid()))
        if number not in _FORGOTTEN_ENDS:
            shown = next(iter(self.board.read()), None)
            why = ", perhaps because memory ran out" if number == signal.SIGKILL else ""
            self._tell(
                f"{_where(shown)}: the process was ended by signal {number} ({_name(number)}){why}; what was there "
                "before is untouched: run this again, with --jobs 1 if it happens again"
            )
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the process that failed had its own
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        os._exit(128 + number)

    def _stop(self, exceeded: str) -> NoReturn:
        """End the leading process with everything it started, and say why."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.leader, signal.SIGSTOP)  # so that it starts no more
        _kill_all([*descendants(self.leader), self.leader])
        os.waitpid(self.leader, 0)
        _kill_all(descendants(os.getpid()))  # whose parents ended, and which came to the guardian
        with contextlib.suppress(Exception):
            from millesime.press.run.scratch import scratch_folder

            with scratch_folder():  # which sweeps what killed processes left
                pass
        self._tell(exceeded)
        os._exit(LimitError.exit_status)

    def _tell(self, message: str) -> None:
        with contextlib.suppress(Exception):
            clear_progress()
            self.complain(message)
            sys.stderr.flush()


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "of real time"


def _where(shown: Shown | None) -> str:
    return (shown.where or shown.last if shown else "") or "millesime"


# ---- looking ------------------------------------------------------------------


class _Looks:
    """Compares what a process uses with what it used when each of its threads turned to its present work."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.sample = proc_sample if (_PROC / str(process) / "stat").exists() else ps_sample
        self.every_s = LOOK_EVERY_S if self.sample is proc_sample else 10 * LOOK_EVERY_S
        self._numbers: dict[int, int] = {}  # of the work that was seen last, by thread
        self._began: dict[int, tuple[float, int]] = {}  # processor seconds and bytes then
        self._before: tuple[dict[int, float], int] = ({}, 0)  # at the look before

    def look(self, all_shown: list[Shown], limits: Limits) -> str:
        """Return a message about a limit that is exceeded, "" otherwise."""
        threads = [shown.thread for shown in all_shown]
        sampled = self.sample(self.process, threads)
        if sampled is None:  # it has just ended
            return ""
        seconds, held = sampled
        told = ""
        spent: list[tuple[float, int, Shown]] = []
        for shown in all_shown:
            now = seconds.get(shown.thread, 0.0)
            if self._numbers.get(shown.thread) != shown.number:
                self._numbers[shown.thread] = shown.number
                before, held_before = self._before
                self._began[shown.thread] = (before.get(shown.thread, now), min(held_before or held, held))
            began, held_then = self._began[shown.thread]
            spent.append((now - began, held - held_then, shown))
        for used, _, shown in spent:
            most = getattr(limits, shown.limit)
            if used > most and not told:
                told = f"{_where(shown)}: {_doing(shown)} took more than {most} s of processor time; " + raise_hint(
                    shown.limit, limits
                )
        if spent and not told:
            _, grown, shown = max(spent, key=lambda one: one[0])  # the one that is busy
            if grown > limits.memory_bytes:
                told = f"{_where(shown)}: {_doing(shown)} needed more than {limits.memory} MiB; " + raise_hint(
                    "memory", limits
                )
            elif held > ALL_TOGETHER * limits.memory_bytes:
                told = (
                    f"{_where(shown)}: {_doing(shown)}, the process came to hold {held // 1024**2} MiB, more than "
                    f"{ALL_TOGETHER} times the {limits.memory} MiB of one chapter or page; "
                    + raise_hint("memory", limits)
                )
        self._before = (seconds, held)
        return told


def _doing(shown: Shown) -> str:
    if shown.where:
        return f"to {shown.doing}"
    return "what comes after it" if shown.last else "to begin"


def proc_sample(process: int, threads: Iterable[int]) -> tuple[dict[int, float], int] | None:
    """Return the processor seconds of threads, by id, and the bytes that their process holds: proc(5)."""
    folder = _PROC / str(process)
    try:
        held = int((folder / "statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None
    seconds = {}
    for thread in threads:
        with contextlib.suppress(OSError, ValueError, IndexError):  # a thread that has just ended
            fields = (folder / "task" / str(thread) / "stat").read_text().rpartition(")")[2].split()
            seconds[thread] = (int(fields[11]) + int(fields[12])) / _TICKS
    return seconds, held


def ps_sample(process: int, threads: Iterable[int]) -> tuple[dict[int, float], int] | None:
    """Return the same from ps(1), where there is no /proc: each thread is taken for the whole process."""
    try:
        said = subprocess.run(
            ["ps", "-o", "rss=,time=", "-p", str(process)], capture_output=True, text=True, timeout=10
        ).stdout.split()
        parts = [float(part) for part in re.split("[-:]", said[1])]
        held = int(said[0]) * 1024
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None
    used = 0.0
    for part, unit in zip(reversed(parts), (1, 60, 3600, 86_400), strict=False):
        used += part * unit
    return dict.fromkeys(threads, used), held


_PAGE_BYTES, _TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


# ---- what it started ----------------------------------------------------------


def descendants(process: int) -> list[tuple[int, int]]:
    """Return process and group ids of everything that a process started and that has its parent still."""
    children: dict[int, list[tuple[int, int]]] = {}
    for child, parent, group in _processes():
        children.setdefault(parent, []).append((child, group))
    found, known = [], [process]
    while known:
        for child in children.pop(known.pop(), ()):
            found.append(child)
            known.append(child[0])
    return found


def _processes() -> list[tuple[int, int, int]]:
    """Return process, parent and group ids of all processes."""
    if (_PROC / "self/stat").exists():
        found = []
        for name in os.listdir(_PROC):
            if name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    fields = (_PROC / name / "stat").read_text(errors="replace").rpartition(")")[2].split()
                    found.append((int(name), int(fields[1]), int(fields[2])))
        return found
    said = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, text=True).stdout
    return [tuple(map(int, line.split())) for line in said.splitlines()]


def _kill_all(processes: Iterable[int | tuple[int, int]]) -> None:
    """Kill processes, and the group of each that leads one, so that children started meanwhile end too."""
    own = os.getpgrp()
    for one in processes:
        process, group = one if isinstance(one, tuple) else (one, own)
        with contextlib.suppress(OSError):
            if group == process and group != own:
                os.killpg(group, signal.SIGKILL)
            os.kill(process, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Let processes whose parents ended become children of this one, on Linux: prctl(2), PR_SET_CHILD_SUBREAPER."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ImportError, AttributeError):
            import ctypes  # here: short runs do without

            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
