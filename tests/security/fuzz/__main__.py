"""Inputs led by coverage: `python -m tests.security.fuzz TARGET CORPUS_FOLDER [-max_total_time=600]`.

TARGET is `manifest`, `register`, `ast`, `page` or `picture`; other words are
libFuzzer's. Needs atheris (`pip install atheris`), which is no dependency of
the project. What it finds becomes a case of tests/security or tests/redline.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["millesime"]):
    from lxml import etree

    from millesime.assembly.foreign import settle_foreign
    from millesime.assembly.image_files import image_size
    from millesime.assembly.registers import read_register
    from millesime.markup.normalise import equality_key, normalise
    from millesime.problems import ManifestError, MarkupError
    from millesime.redline.compare import compare
    from millesime.redline.laws import accept_all, reject_all
    from millesime.render.images import published_image
    from millesime.render.sanitise import filter_raw, parse_fragment
    from millesime.series.series import load_series
    from tests.redline.documents import Tape, block, chapter

_ROOT = Path(tempfile.mkdtemp(prefix="millesime-fuzz-"))
(_ROOT / "editions").mkdir()
_REPORT = b"title: x\nlanguage: fr\n"
_EDITION = b"date: 2019-07-03\nchapters: [a.md]\n"


def manifest(content: bytes) -> None:
    """Any bytes are a manifest, or a mistake that names it; the first byte says of what."""
    kind, rest = content[:1], content[1:]
    report, edition = (_REPORT, rest) if kind < b"\x80" else (rest, _EDITION)
    if kind and kind[0] % 2:
        report, edition = (report, _EDITION + rest) if kind < b"\x80" else (_REPORT + rest, edition)
    (_ROOT / "editions/report.yaml").write_bytes(report)
    (_ROOT / "editions/2019.yaml").write_bytes(edition)
    with suppress(ManifestError):
        load_series(_ROOT)


def register(content: bytes) -> None:
    """Any bytes are a register, or a mistake that names it."""
    with suppress(MarkupError):
        read_register(content, "a.yaml")


def ast(content: bytes) -> None:
    """Any two chapters are compared without loss, and settled."""
    half = len(content) // 2
    sides = [
        [chapter(*(block(Tape(part[at : at + 24])) for at in range(0, len(part), 24)), path="a.md", title="A")]
        for part in (content[:half], content[half:])
    ]
    redline = compare(*sides)
    for taken, (side,) in zip((reject_all(redline), accept_all(redline)), sides, strict=True):
        assert equality_key(taken["a.md"]) == equality_key(normalise(side.blocks))
        settle_foreign(list(side.blocks))


def page(content: bytes) -> None:
    """Any text is well-formed HTML of known elements, and stays what it is when it is read again."""
    text = content.decode("utf-8", "replace")
    root = parse_fragment(filter_raw(text, lambda source, alternative: ""))
    etree.fromstring(etree.tostring(root))
    assert not {element.tag for element in root.iter()} & {"script", "style", "iframe", "object", "link"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]


def picture(content: bytes) -> None:
    """Any bytes have a size or none, and any drawing is published well-formed."""
    image_size(content)
    published = published_image(b"<svg xmlns='http://www.w3.org/2000/svg'>" + content)
    assert next(etree.fromstring(published).iter("{*}script", "{*}iframe"), None) is None


TARGETS = {"manifest": manifest, "register": register, "ast": ast, "page": page, "picture": picture}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
