"""Files that others made of what Millésime reads back: damaged, encrypted, deep. Words, and an exit status."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from millesime.distribution.metadata.accessibility_statement import read_checks
from millesime.distribution.trust.record import read_record
from millesime.press.archive.bundle import FACTS, _edition_of, _opened
from millesime.press.cache.explain import read_parts
from millesime.problems import ManifestError, OutputError, ReportError, SealError
from millesime.render.templates import fill, open_theme

DEEP = "[" * 100_000


def archive(name: str = f"a/{FACTS}", content: bytes = b"{}" * 100) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return written.getvalue()


def changed(content: bytes, *, local: int, central: int, to: bytes) -> bytes:
    """Return an archive of one file with bytes changed in its header and in its entry of the directory."""
    out, at = bytearray(content), content.index(b"PK\x01\x02")
    out[local : local + len(to)] = out[at + central : at + central + len(to)] = to
    return bytes(out)


def damaged(content: bytes) -> bytes:
    at = 30 + len(f"a/{FACTS}")
    return content[:at] + b"\xff\xff\xff" + content[at + 3 :]


ARCHIVES = {
    "encrypted": changed(archive(), local=6, central=8, to=b"\x01\x00"),
    "of unknown compression": changed(archive(), local=8, central=10, to=b"\x63\x00"),
    "damaged": damaged(archive()),
    "cut short": archive()[:-30],
    "deep": archive("a/" * 1500 + FACTS),
    "with a long name": archive("a" * 5000),
    "with deep facts": archive(content=DEEP.encode()),
}


@pytest.mark.parametrize("archive", ARCHIVES.values(), ids=ARCHIVES)
def test_a_bundle_that_cannot_be_unpacked_has_words(archive: bytes, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(archive)
    with pytest.raises(SealError, match=r"get (it|the bundle) again") as caught, _opened(tmp_path / "a.zip") as inner:
        _edition_of(inner)
    assert caught.value.exit_status == 8


def test_json_that_is_deep_has_words(tmp_path: Path):
    (tmp_path / "publication.json").write_text(DEEP, "utf-8")
    with pytest.raises(OutputError, match="cannot be read as the record of a site"):
        read_record(tmp_path)
    (tmp_path / "checks.json").write_text(DEEP, "utf-8")
    with pytest.raises(ManifestError, match="cannot be read as results of checks"):
        read_checks(tmp_path / "checks.json")
    assert read_parts(DEEP.encode()) is None


TEMPLATES = {
    "KeyError": "{{ '{a}'.format() }}",
    "IndexError": "{{ '{} {}'.format(1) }}",
    "LookupError": "{{ 'a'.encode('no-such-code') }}",
    "AttributeError": "{{ [1] | join(attribute='a.b') }}{{ 5 | wordwrap }}",
    "MemoryError": "{{ ('a' * (10 ** 18)) | length }}",
    "OverflowError": "{{ 'a' * (10 ** 30) }}",
    "ZeroDivisionError": "{{ 1 / 0 }}",
    "RecursionError": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "UndefinedError": "{{ nothing }}",
    "SecurityError": "{{ ''.__class__.mro() }}",
    "nested blocks": "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    "no text": b"\xff",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_that_fails_is_named_whatever_it_raises(template: str | bytes):
    own = {"html/page.html": template if isinstance(template, bytes) else template.encode()}
    with pytest.raises(ReportError, match=r"templates/html/page\.html") as caught:
        fill(open_theme(own, language="fr"), "html/page.html", {})
    assert caught.value.exit_status == 3
