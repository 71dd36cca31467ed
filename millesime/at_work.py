"""Name the chapter, picture, revision or page that a thread is working on, so that a limit that is met can name it.

    with at_work("chapters/water.md", "read it"):
        ...

Stages call `at_work` wherever they turn to another text of strangers. The
guardian (`cli/guardian.py`) reads the name from memory that it shares with
this process, and counts processor time and memory for each name anew. In
tests, in worker processes and in programs that import Millésime there is no
guardian: the name is then kept for error messages alone.

Entering and leaving takes two microseconds (measured on one core of 2.5 GHz).
"""

from __future__ import annotations

import mmap
import struct
import threading
from dataclasses import dataclass
from types import TracebackType

from millesime.limits import DEFAULTS, NAMES, Limits


class at_work:
    """While the block lasts, this thread is at work on `where`, to do what `doing` says: "compare it with 2018".

    `limit` is the key of `Limits` that holds for it, in seconds. Blocks may
    stand in one another; the innermost counts.
    """

    __slots__ = ("_outer", "doing", "limit", "where")

    def __init__(self, where: str, doing: str, *, limit: str = "work") -> None:
        self.where, self.doing, self.limit = where, doing, limit
        self._outer: at_work | None = None

    def __enter__(self) -> None:
        self._outer, _thread.now = _thread.now, self
        if _board is not None:
            _board.write(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _thread.now = self._outer
        if _board is not None:
            _board.write(self._outer)
        if error is not None and subject_of(error) is None:
            error.__dict__["at_work"] = self


class _Thread(threading.local):
    now: at_work | None = None
    slot: int | None = None  # on the board


_thread = _Thread()


def subject() -> at_work | None:
    """Return what this thread is at work on."""
    return _thread.now


def subject_of(error: BaseException) -> at_work | None:
    """Return what was worked on when an error was raised."""
    return error.__dict__.get("at_work")


# ---- the memory that the guardian reads ---------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one thread of the watched process is at work on."""

    thread: int  # its id for the system
    number: int  # grows each time that the thread turns to something else
    where: str  # "" for work that has no name, before the first name and between two names
    doing: str
    limit: str  # key of `Limits`
    last: str  # the name before, where there is none now


_SLOTS = 32  # threads with a name at once; the others are not watched, but for their memory
_SLOT_BYTES = 1024
_ALLOWED = struct.Struct(f"={len(NAMES)}I")  # the limits, in the order of NAMES
_HEAD = struct.Struct("=IIIHHHH")  # version (odd while it is written), thread, number, limit, is over, two lengths
_VERSION = struct.Struct("=I")
_MOST_BYTES = (_SLOT_BYTES - _HEAD.size) // 2


class Board:
    """A page of memory, shared between the process that works and the guardian that forked it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, (1 + _SLOTS) * _SLOT_BYTES)
        self._free = list(range(_SLOTS - 1, 0, -1))
        self._lock = threading.Lock()
        self._numbers = [0] * _SLOTS
        self.allow(DEFAULTS)

    def allow(self, limits: Limits) -> None:
        _ALLOWED.pack_into(self._memory, 0, *(getattr(limits, name) for name in NAMES))

    def allowed(self) -> Limits:
        return Limits(**dict(zip(NAMES, _ALLOWED.unpack_from(self._memory, 0), strict=True)))

    def begin(self) -> None:
        """Make this thread the one that is watched also where it has no name for what it does."""
        _thread.slot = 0
        self.write(None)

    def write(self, subject: at_work | None) -> None:
        slot = _thread.slot
        if slot is None:
            with self._lock:
                if subject is None or not self._free:
                    return
                slot = _thread.slot = self._free.pop()
        place = (1 + slot) * _SLOT_BYTES
        self._numbers[slot] = number = (self._numbers[slot] + 1) & 0x7FFFFFFF
        if subject is None:
            # The name stays, as the last one.
            (_, thread, _, limit, _, *lengths) = _HEAD.unpack_from(self._memory, place)
            thread = 0 if slot else thread or threading.get_native_id()
            _HEAD.pack_into(self._memory, place, 2 * number - 1, thread, number, limit, 1, *lengths)
            _VERSION.pack_into(self._memory, place, 2 * number)
            if slot:
                _thread.slot = None
                with self._lock:
                    self._free.append(slot)
            return
        where, doing = _cut(subject.where), _cut(subject.doing)
        _HEAD.pack_into(
            self._memory, place, 2 * number - 1, threading.get_native_id(), number, NAMES.index(subject.limit), 0,
            len(where), len(doing),
        )  # fmt: skip
        start = place + _HEAD.size
        self._memory[start : start + len(where) + len(doing)] = where + doing
        _VERSION.pack_into(self._memory, place, 2 * number)

    def read(self) -> list[Shown]:
        """Return what threads are at work on; the first of them is the main one."""
        return [shown for slot in range(_SLOTS) if (shown := self._read(slot)) is not None]

    def _read(self, slot: int) -> Shown | None:
        place = (1 + slot) * _SLOT_BYTES
        for _ in range(100):
            version, thread, number, limit, is_over, where, doing = _HEAD.unpack_from(self._memory, place)
            if thread == 0:
                return None
            start = place + _HEAD.size
            text = self._memory[start : start + where + doing]
            if version % 2 == 0 and _VERSION.unpack_from(self._memory, place)[0] == version:
                named, done = text[:where].decode("utf-8", "replace"), text[where:].decode("utf-8", "replace")
                if is_over:
                    return Shown(thread=thread, number=number, where="", doing="", limit="work", last=named)
                return Shown(thread=thread, number=number, where=named, doing=done, limit=NAMES[limit], last="")
        return None  # it stopped while it was writing: the next look will tell


def _cut(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:_MOST_BYTES]


_board: Board | None = None
_allowed = DEFAULTS


def show_on(board: Board) -> None:
    """Let a guardian read what this process is at work on."""
    global _board  # a process has one guardian, which forked it
    _board = board
    board.begin()


def allow(limits: Limits) -> None:
    """Set the limits of this run: those of the report, with what the user overrules by MILLESIME_LIMITS."""
    global _allowed  # a run has one report
    _allowed = limits
    if _board is not None:
        _board.allow(limits)


def allowed() -> Limits:
    """Return the limits of this run, for what is at work before or beside its report: git."""
    return _allowed
