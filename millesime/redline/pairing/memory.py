"""Results of a comparison that the next one can reuse: everything that depends on unchanged text alone.

An editor's second comparison differs in a chapter or two. Chapters, likenesses,
alignments, merged blocks and changes are kept by content, so that the result
never depends on what was remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from millesime.markup.ast import Block
from millesime.packing import pack
from millesime.redline.model import ChapterText
from millesime.redline.pairing.align import Vocabulary
from millesime.redline.text.tokens import Lexicon

# What keys begin with.
CHAPTER, PHRASES, LIKENESS, CUTS = "chapter", "phrases", "likeness", "cuts"
PAIRING, MERGED, MARKED = "pairing", "merged", "marked"
_GENERATIONS = 3  # comparisons after which an entry that nobody asked for is forgotten


class Memory:
    """Results of comparisons, by content."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self.lexicon = Lexicon()
        self._entries: dict[tuple, tuple[Any, int]] = {}
        self._texts: dict[tuple, list[_Text]] = {}  # by a few of their blocks
        self._named = 0  # texts that were given a name
        self._generation = 0
        self._asked = self._made = 0  # in this comparison, of pairs of chapters

    def begin(self) -> None:
        """Begin a comparison: forget what the last few did not use."""
        self._generation += 1
        oldest = self._generation - _GENERATIONS
        self._entries = {key: entry for key, entry in self._entries.items() if entry[1] >= oldest}
        kept = {key: [text for text in near if text.used >= oldest] for key, near in self._texts.items()}
        self._texts = {key: near for key, near in kept.items() if near}
        self._asked = self._made = 0

    def recall(self, key: tuple, make: Callable[[], Any]) -> Any:
        """Return the value of a key, whose first part says what it is; made if it is not known.

        What is made must be a matter of the key alone.
        """
        known = self._entries.get(key)
        value = make() if known is None else known[0]
        self._entries[key] = (value, self._generation)
        if key[0] == PAIRING:
            self._asked += 1
            self._made += known is None
        return value

    def learn(self, key: tuple, value: Any) -> None:
        """Take over what another memory knew; the next comparison may ask for it."""
        self._entries.setdefault(key, (value, self._generation))

    def in_use(self) -> Iterator[tuple[tuple, Any]]:
        """Yield the key and value of all that the last comparison asked for."""
        return ((key, value) for key, (value, used) in self._entries.items() if used == self._generation)

    @property
    def share_made(self) -> float:
        """Of the pairs of chapters of the last comparison, the share that nothing was known of, 0 to 1."""
        return self._made / self._asked if self._asked else 0.0

    def name(self, chapter: ChapterText) -> str:
        """Return a name for a chapter's blocks and images; equal names mean equal content.

        It is the chapter's digest if it has one. Others that were read anew
        are found by comparing them, which takes a third of the time of a
        digest; their names are of this process.
        """
        if chapter.digest:
            return chapter.digest
        blocks, images = chapter.blocks, chapter.images
        key = (len(blocks), pack(blocks[:1]), pack(blocks[-1:]))
        near = self._texts.setdefault(key, [])
        for text in near:
            if text.blocks == blocks and text.images == images:
                text.used = self._generation
                return text.name
        self._named += 1
        near.append(_Text(f"{_OF_THIS_PROCESS}{self._named}", blocks, images, self._generation))
        return near[-1].name


def is_lasting(name: str) -> bool:
    """Whether a chapter's name means the same content in every process."""
    return not name.startswith(_OF_THIS_PROCESS)


_OF_THIS_PROCESS = "#"


@dataclass(slots=True)
class _Text:
    """A chapter's content that was met."""

    name: str
    blocks: list[Block]
    images: Mapping[str, str]
    used: int  # the last comparison that met it
