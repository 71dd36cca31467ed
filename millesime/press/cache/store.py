"""The store: get and put cache entries by key; damaged entries count as absent.

A store never stands in the way. Damage is a miss; a folder that is not there,
not ours, read-only or full is a build without a cache, which `troubles` says
once. Threads may share a store, processes a folder, without locks: entries
appear whole, and who comes second writes the same.
"""

from __future__ import annotations

import errno
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from millesime.packing import Unreadable
from millesime.press.cache.entry import Damaged, read_entry, write_entry
from millesime.press.cache.explain import Explained, Found, explain, read_parts, write_parts
from millesime.press.cache.keys import Part, digest
from millesime.press.cache.place import Refused, default_folder, open_folder, open_step
from millesime.press.cache.upkeep import KEY, STEP, prune_if_changed

LIMIT = 2_000_000_000
_EXPLAIN = "explain"  # the step whose entries are the parts of other steps' last times


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the requests to a store."""

    hits: int = 0
    misses: int = 0
    kept: int = 0
    damaged: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a store has seen; a worker's is sent home for the build's own store to absorb."""

    counts: Counts = Counts()
    explained: tuple[Explained, ...] = ()  # in the order of the requests
    troubles: tuple[str, ...] = ()  # each said once


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The answer to a request; what was made after all is handed back with it."""

    step: str
    label: str
    key: str
    parts: Mapping[str, str]  # digests by name
    content: bytes | None = field(repr=False)  # None: it has to be made
    value: Any = field(default=None, repr=False)  # what was read of the content; None: it has to be made
    explained: Explained


class Store:
    """A folder of entries; without a folder, a store that keeps nothing.

    `limit` is how many bytes `tidy` leaves. `scope` tells reports apart in
    explanations, whose labels may be the same: the report's folder. Content
    is shared between reports. A store can be sent to other processes; each
    then has a ledger of its own.
    """

    def __init__(self, folder: Path | None, *, limit: int = LIMIT, scope: str = "") -> None:
        self.folder = folder
        self.limit = limit
        self.scope = scope
        self._lock = threading.Lock()
        self._is_open: bool | None = None if folder else False
        self._is_writable = True
        self._steps: dict[str, Path] = {}
        self._counts: Counter[str] = Counter()
        self._explained: list[Explained] = []
        self._troubles: dict[str, None] = {}

    def __reduce__(self) -> tuple[Callable[..., Store], tuple[Path | None, int, str]]:
        return _copy, (self.folder, self.limit, self.scope)

    # ---- entries ------------------------------------------------------------

    def get(self, step: str, key: str) -> bytes | None:
        """Return what was put under a key, byte for byte; None if there is no such thing (any more)."""
        content, _ = self._look(step, key)
        self._count("misses" if content is None else "hits")
        return content

    def put(self, step: str, key: str, content: bytes) -> None:
        """Keep content, if that is possible. `step` is a short name, `key` what `digest` returns."""
        if self._write(step, key, content):
            self._count("kept")

    def recall(
        self, step: str, label: str, parts: Mapping[str, Part], *, read: Callable[[bytes], Any] = bytes
    ) -> Recall:
        """Ask for what a step made of these parts, and note why it has to run, or not.

        Parts have names that a reader of the explanation understands, "its
        text", "the theme", and are all that the result depends on, our own
        code among them. `label` says of what: "gouvernance of 2020"; it is
        not part of the key. `read` makes a value of the content; content of
        which it raises Unreadable is damaged.
        """
        digests = {name: digest(part) for name, part in parts.items()}
        key = digest(step, digests)
        content, value, found = self._read(step, key, read)
        self._count("misses" if content is None else "hits")
        last = self._last_parts(step, label)
        explained = explain(step, label, parts=digests, last=last, found=found)
        with self._lock:
            self._explained.append(explained)
        if content is not None and last != digests:
            self._remember_parts(step, label, digests)
        return Recall(step=step, label=label, key=key, parts=digests, content=content, value=value, explained=explained)

    def last(self, recall: Recall, *, but: str, read: Callable[[bytes], Any] = bytes) -> Any:
        """Return what the step made the last time for this label, when its parts were these `but` for one; or None."""
        last = self._last_parts(recall.step, recall.label)
        if last is None or {**last, but: ""} != {**recall.parts, but: ""}:
            return None
        return self._read(recall.step, digest(recall.step, last), read)[1]

    def keep(self, recall: Recall, content: bytes) -> None:
        """Keep what was made because `recall` had nothing."""
        self.put(recall.step, recall.key, content)
        self._remember_parts(recall.step, recall.label, recall.parts)

    def tidy(self) -> None:
        """Remove what was used the longest ago, if the store has grown over its limit; to be called after a build."""
        if not self._open():
            return
        try:
            prune_if_changed(self.folder, limit=self.limit)
        except OSError as error:
            # What only others may write to is theirs to prune.
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                self._note(f"{self.folder}: this cache cannot be pruned: {error.strerror}")

    # ---- what became of it --------------------------------------------------

    @property
    def counts(self) -> Counts:
        with self._lock:
            return Counts(**self._counts)

    @property
    def explained(self) -> tuple[Explained, ...]:
        with self._lock:
            return tuple(self._explained)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why there was no cache, or only a part of one: for the user, who need not do anything about it."""
        with self._lock:
            return tuple(self._troubles)

    def ledger(self) -> Ledger:
        return Ledger(counts=self.counts, explained=self.explained, troubles=self.troubles)

    def absorb(self, ledger: Ledger) -> None:
        """Add what another process's store has seen."""
        with self._lock:
            self._counts.update(ledger.counts.as_json())
            self._explained += ledger.explained
            self._troubles |= dict.fromkeys(ledger.troubles)

    # ---- the folder ---------------------------------------------------------

    def _look(self, step: str, key: str) -> tuple[bytes | None, Found]:
        _check(step, key)
        if not self._open():
            return None, "off"
        try:
            return read_entry(self._step(step, create=False), key), "kept"
        except FileNotFoundError:
            return None, "absent"
        except Damaged:
            self._drop(step, key)
            return None, "damaged"
        except Refused as refused:
            self._note(str(refused))
        except OSError as error:
            self._note(f"{self.folder}: this cache cannot be read: {error.strerror}; what cannot be is made again")
        return None, "absent"

    def _read(self, step: str, key: str, read: Callable[[bytes], Any]) -> tuple[bytes | None, Any, Found]:
        content, found = self._look(step, key)
        if content is None:
            return None, None, found
        try:
            return content, read(content), found
        except Unreadable:
            self._drop(step, key)
            return None, None, "damaged"

    def _drop(self, step: str, key: str) -> None:
        self._count("damaged")
        # Another process may just have put a good one there: it is made again, no more.
        self._try(f"{self.folder}: a damaged entry cannot be removed", (self.folder / step / key).unlink)

    def _write(self, step: str, key: str, content: bytes) -> bool:
        _check(step, key)
        if len(content) > self.limit or not self._is_writable or not self._open():
            return False
        try:
            self._write_entry(step, key, content)
        except Refused as refused:
            self._note(str(refused))
        except FileNotFoundError:
            pass  # cleared again at once: that entry is not wanted
        except OSError as error:
            # A full disk stays full: nothing more is tried, for what is left of it is the report's.
            self._is_writable = False
            self._note(
                f"{self.folder}: this cache cannot be written: {error.strerror}; the next build will make again "
                "what is not kept (`millesime cache` shows the cache)"
            )
        else:
            return True
        return False

    def _write_entry(self, step: str, key: str, content: bytes) -> None:
        try:
            write_entry(self._step(step, create=True), key, content)
        except FileNotFoundError:  # cleared by another process meanwhile
            self._steps.pop(step, None)
            open_folder(self.folder)
            write_entry(self._step(step, create=True), key, content)

    def _open(self) -> bool:
        if self._is_open is None:
            with self._lock:
                self._is_open = self._is_open if self._is_open is not None else self._try_to_open()
        return self._is_open

    def _try_to_open(self) -> bool:
        try:
            open_folder(self.folder)
        except Refused as refused:
            self._troubles[f"{refused}; building without a cache"] = None
            return False
        except OSError as error:
            self._troubles[
                f"{error.filename or self.folder}: there can be no cache here: {error.strerror}; "
                "choose another folder with --cache; building without one"
            ] = None
            return False
        return True

    def _step(self, step: str, *, create: bool) -> Path:
        if step not in self._steps:
            self._steps[step] = open_step(self.folder, step, create=create)
        return self._steps[step]

    def _try(self, what: str, action: Callable[[], None]) -> None:
        try:
            action()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._note(f"{what}: {error.strerror}")

    # ---- the last time ------------------------------------------------------

    def _last_parts(self, step: str, label: str) -> dict[str, str] | None:
        content, _ = self._look(_EXPLAIN, digest(self.scope, step, label))
        return read_parts(content) if content is not None else None

    def _remember_parts(self, step: str, label: str, parts: Mapping[str, str]) -> None:
        self._write(_EXPLAIN, digest(self.scope, step, label), write_parts(parts))

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1

    def _note(self, trouble: str) -> None:
        with self._lock:
            self._troubles[trouble] = None


NO_STORE = Store(None)  # keeps nothing


def open_store(folder: Path | None = None, *, limit: int = LIMIT, scope: str = "") -> Store:
    """Return the store in a folder, by default in the user's own; nothing is looked at before the first request."""
    folder = folder or default_folder()
    store = Store(folder, limit=limit, scope=scope)
    if folder is None:
        store.absorb(Ledger(troubles=("HOME is not set, so there is no place for a cache; choose one with --cache",)))
    return store


def _copy(folder: Path | None, limit: int, scope: str) -> Store:
    return Store(folder, limit=limit, scope=scope)


def _check(step: str, key: str) -> None:
    assert STEP.fullmatch(step), f"{step!r} cannot name a step"
    assert KEY.fullmatch(key), f"{key!r} is no key"
