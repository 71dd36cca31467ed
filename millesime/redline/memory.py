"""What one comparison may take over from the one before: everything that depends on unchanged text alone.

An editor's second comparison differs in a chapter or two. Units, phrases,
alignments and merged blocks are kept by content, so that the result never
depends on what was remembered.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable
from typing import Any

from millesime.redline.align import Vocabulary
from millesime.redline.model import ChapterText

_MOST_DIGESTS = 2_000
_GENERATIONS = 3  # comparisons after which an entry that nobody asked for is forgotten


class Memory:
    """Results of comparisons in this process, by content."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self._entries: dict[tuple, tuple[Any, int]] = {}
        self._digests: dict[int, tuple[list, bytes]] = {}  # by identity; the list is kept, so that it stays its own
        self._generation = 0

    def begin(self) -> None:
        """Begin a comparison: forget what the last few did not use."""
        self._generation += 1
        oldest = self._generation - _GENERATIONS
        self._entries = {key: entry for key, entry in self._entries.items() if entry[1] >= oldest}
        if len(self._digests) > _MOST_DIGESTS:
            self._digests.clear()

    def recall(self, key: tuple, make: Callable[[], Any], *, keep: Callable[[], bool] = lambda: True) -> Any:
        """Return the value of a key, whose first part says what it is; made if it is not known.

        `keep` is asked after making whether the value is a matter of the key alone.
        """
        known = self._entries.get(key)
        if known is None:
            value = make()
            if not keep():
                return value
        else:
            value = known[0]
        self._entries[key] = (value, self._generation)
        return value

    def digest(self, chapter: ChapterText) -> bytes:
        """Return a digest of a chapter's blocks and images; equal digests mean equal content."""
        known = self._digests.get(id(chapter.blocks))
        if known is None:
            # Version 2 writes no references, so that equal values give equal bytes.
            found = hashlib.blake2b(marshal.dumps(chapter.blocks, 2), digest_size=16).digest()
            known = self._digests[id(chapter.blocks)] = (chapter.blocks, found)
        images = marshal.dumps(sorted(chapter.images.items()), 2)
        return hashlib.blake2b(known[1] + images, digest_size=16).digest()
