"""The look-out itself: what it must see in an artifact is put there, and it says so."""

from __future__ import annotations

import io

import pikepdf
import pytest

from tests.security.artifacts import CANARY, dangers, holds

PAGES = {
    "<script>1</script>": "<script>",
    "<p onclick='x()'>": "onclick='x()'",
    "<a href='java\tscript:x'>x</a>": "a link to",
    "<a href=' \x01javascript:x'>x</a>": "a link to",
    "<a href='data:text/html,x'>x</a>": "a link to",
    "<img src='https://example.org/a.png'>": "img fetches",
    "<img src='data:image/svg+xml,x'>": "img fetches",
    "<img srcset='a.png 2x'>": "srcset",
    "<iframe srcdoc='x'></iframe>": "<iframe>",
    "<link rel=attachment href=a>": "rel=",
    "<meta http-equiv=refresh content='0;url=x'>": "leads away",
    "<base href='https://example.org/'>": "<base>",
    "<form action=x></form>": "<form>",
    "<p style='background:url(https://example.org/a)'>": "url(https:",
    "<style>@import 'x';</style>": "@import",
}


@pytest.mark.parametrize("text", PAGES)
def test_what_a_page_would_run_or_fetch_is_seen(text: str):
    page = f"<html><head><title>x</title></head><body>{text}</body></html>".encode()
    assert any(PAGES[text] in found for found in dangers({"html": {"a.html": page}}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/OpenAction", {"/S": "/JavaScript", "/JS": "x"}),
        ("/A", {"/S": "/Launch", "/F": "x"}),
        ("/A", {"/S": "/URI", "/URI": b"javascript:x"}),
        ("/Names", {"/EmbeddedFiles": {}}),
    ],
)
def test_what_a_pdf_would_run_or_hold_is_seen(key: str, value: dict):
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.Root[key] = pikepdf.Dictionary(
        {name: pikepdf.Name(part) if str(part).startswith("/") else part for name, part in value.items()}
    )
    document.save(out)
    assert dangers({"pdf": {"a.pdf": out.getvalue()}})


@pytest.mark.parametrize(
    "part",
    [
        '<Relationship TargetMode="External" Type="x/image" Target="https://example.org/a.png"/>',
        '<Relationship TargetMode="External" Type="x/hyperlink" Target="file:///etc/passwd"/>',
        "<w><instrText>DDEAUTO c:\\\\cmd.exe</instrText></w>",
        "<w><altChunk/></w>",
    ],
)
def test_what_a_word_file_would_run_or_fetch_is_seen(part: str):
    assert dangers({"docx": {"word/a.xml": part.encode()}})


def test_what_came_from_outside_is_seen_in_packed_streams():
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.Root.Test = document.make_stream(CANARY.encode() * 50)
    document.save(out, compress_streams=True, recompress_flate=True)
    assert CANARY.encode() not in out.getvalue()
    assert holds({"pdf": {"a.pdf": out.getvalue()}}, CANARY)
