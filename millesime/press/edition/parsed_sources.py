"""Parse chapters with pandoc, once for each content, format and version of pandoc; the cache keeps the result."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from millesime.limits import DEFAULTS, Limits
from millesime.markup.ast import Block, Document
from millesime.markup.pandoc import Source, read_documents
from millesime.packing import pack, reader_of, unpack
from millesime.press.cache.keys import digest
from millesime.press.cache.store import Store
from millesime.press.cache.versions import code_version, tool_version


def read_sources(
    store: Store, sources: Sequence[Source], *, reader: str, jobs: int = 1, limits: Limits = DEFAULTS
) -> list[Document]:
    """Return each source as pandoc reads it; those that the store does not know go to pandoc together.

    Raises MarkupError and LimitError as `read_documents` does.
    """
    recalls = [store.recall("read", source.path, _parts(source, reader), read=_read_document) for source in sources]
    missing = [index for index, recall in enumerate(recalls) if recall.content is None]
    made = read_documents([sources[index] for index in missing], reader=reader, jobs=jobs, limits=limits)
    for index, document in zip(missing, made, strict=True):
        with suppress(ValueError):  # nested too deep to be kept
            store.keep(recalls[index], pack((document.meta, pack(document.blocks))))
    documents = dict(zip(missing, made, strict=True))
    return [documents.get(index, recall.value) for index, recall in enumerate(recalls)]


def _read_document(content: bytes) -> Document:
    return KeptDocument(*_read_parts(content))


_read_parts = reader_of(tuple[dict[str, Any], bytes])


class KeptDocument(Document):
    """A document as it was kept: most builds look at the blocks of those alone that changed."""

    __slots__ = ("_content", "_loaded")

    def __init__(self, meta: dict[str, Any], content: bytes) -> None:
        object.__setattr__(self, "meta", meta)
        object.__setattr__(self, "_content", content)
        object.__setattr__(self, "_loaded", None)

    @property
    def blocks(self) -> list[Block]:
        if self._loaded is None:
            object.__setattr__(self, "_loaded", unpack(self._content, list[dict[str, Any]]))
        return self._loaded

    def __reduce__(self) -> tuple[type[KeptDocument], tuple[dict[str, Any], bytes]]:
        return KeptDocument, (self.meta, self._content)


def source_digest(source: Source, reader: str) -> str:
    """Return what tells what is read from a source from everything else that is read."""
    return digest(_parts(source, reader))


def _parts(source: Source, reader: str) -> dict[str, object]:
    return {
        "its text": source.content,
        "its citations": sorted(source.citations),
        "the reader": reader,
        "pandoc": tool_version("pandoc"),
        "Millésime's own code": code_version("markup.pandoc", "press.edition.parsed_sources"),
    }
