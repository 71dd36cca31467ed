"""The validators of others, as we drive them, tried on broken artifacts: a driver that always passes proves nothing.

They need what `make validate` installs, and are skipped where it is not; `make
validate` runs them first.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pikepdf
import pytest

from millesime.render.docx.document import render_docx
from millesime.render.epub.package import render_epub
from millesime.render.html.pages import render_html
from millesime.render.pdf import render_pdf
from tests.render.builders import sample_report
from tests.validation.checks import PAGE_CHECKS, run_check
from tests.validation.install import InstallError, Tools, installed
from tests.validation.verdict import Target


@pytest.fixture(scope="module")
def tools() -> Tools:
    try:
        return installed()
    except InstallError as error:
        pytest.skip(f"{error}: `make validate` installs the validators, and runs this")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> dict[str, Path]:
    """A small report in all formats."""
    folder = tmp_path_factory.mktemp("good")
    renderers = {"pdf": render_pdf, "epub": render_epub, "html": render_html, "docx": render_docx}
    for kind, render in renderers.items():
        render(sample_report(), folder / ("html" if kind == "html" else f"report.{kind}"))
    return {kind: folder / ("html" if kind == "html" else f"report.{kind}") for kind in renderers}


def said(check: str, kind: str, path: Path, tools: Tools, out: Path, **more) -> list[str]:
    """Return the errors of one check of one file."""
    target = Target(kind=kind, path=path, name=path.name, **more)
    return [error for verdict in run_check(check, kind, [target], tools, out) for error in verdict.errors]


CHECKS = [
    ("verapdf", "pdf"), ("page-validation", "pdf"), ("qpdf", "pdf"), ("pdf-tags", "pdf"), ("epubcheck", "epub"),
    ("ace", "epub"), ("reader", "epub"), ("epub-claims", "epub"), ("vnu", "html"), ("pages", "html"), ("links", "html"),
    ("word", "docx"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "kind"), CHECKS)
def test_nothing_is_found_in_good_artifacts(check: str, kind: str, good, tools: Tools, tmp_path: Path):
    assert said(check, kind, good[kind], tools, tmp_path) == []


@pytest.mark.parametrize(("check", "kind"), [pair for pair in CHECKS if pair[0] not in ("pages", "links")])
def test_what_is_no_artifact_is_an_error(check: str, kind: str, tools: Tools, tmp_path: Path):
    broken = tmp_path / f"broken.{kind}"
    if kind == "html":
        broken.mkdir()
        (broken / "index.html").write_text("<p><div>")
    else:
        broken.write_bytes(b"nothing of this is right")
    assert said(check, kind, broken, tools, tmp_path)


@pytest.mark.parametrize("check", ["vnu", "pages", "links", "french"])
def test_a_folder_without_pages_is_an_error(check: str, tools: Tools, tmp_path: Path):
    assert said(check, "html", tmp_path, tools, tmp_path)


@pytest.mark.parametrize("check", ["verapdf", "page-validation"])
def test_a_figure_without_a_text_fails_pdf_ua(check: str, good, tools: Tools, tmp_path: Path):
    with pikepdf.open(good["pdf"]) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure":
                del item["/Alt"]
        pdf.save(tmp_path / "broken.pdf")
    (error,) = said(check, "pdf", tmp_path / "broken.pdf", tools, tmp_path)
    assert error.startswith(("7.3-1", "PDFUA1-FIGURE-ALTERNATIVE-TEXT"))


@pytest.mark.parametrize(
    ("check", "name", "old", "new"),
    [
        ("epubcheck", "EPUB/gouvernance.xhtml", 'href="', 'href="nowhere.xhtml#'),
        ("ace", "EPUB/gouvernance.xhtml", "<img alt=", "<img data-alt="),
        ("reader", "EPUB/nav.xhtml", "donnees.xhtml", "nowhere.xhtml"),
        ("epub-claims", "EPUB/package.opf", "alternativeText", "captions"),
    ],
)
def test_faults_of_a_book_are_seen(check: str, name: str, old: str, new: str, good, tools: Tools, tmp_path: Path):
    broken = tmp_path / "broken.epub"
    with zipfile.ZipFile(good["epub"]) as source, zipfile.ZipFile(broken, "w") as archive:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == name:
                assert old.encode() in content or check == "ace"
                content = content.replace(old.encode(), new.encode())
                content = content.replace(b' alt="', b' data-alt="') if check == "ace" else content
            archive.writestr(item, content)
    assert said(check, "epub", broken, tools, tmp_path)


BAD_PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Une page</title><style>
html, body, p { margin: 0 } .wide { width: 90rem } a:focus { outline: none }
main a { color: inherit; text-decoration: none }
ins { text-decoration: none; color: green } @media print { .note { display: none } } .pale { color: #ccc }
</style></head><body><main><h1>Titre</h1><p class="pale">Pâle. <a href="#x">Ceci</a> <ins>neuf</ins></p>
<p class="note">Une note.</p><p class="wide">Large.</p><img src="gone.png"><a href="gone.html">mort</a>
<img src="https://example.org/x.png" alt=""></main></body></html>
"""


def test_faults_of_a_page_are_seen_by_each_check(tools: Tools, tmp_path: Path):
    folder = tmp_path / "html"
    folder.mkdir()
    (folder / "index.html").write_text(BAD_PAGE, encoding="utf-8")
    target = Target(kind="html", path=folder, name="bad")
    verdicts = {verdict.check: verdict.errors for verdict in run_check("pages", "html", [target], tools, tmp_path)}
    assert set(verdicts) == set(PAGE_CHECKS)
    for check, words in {
        "axe": ("color-contrast", "image-alt"),
        "keyboard": ("looks the same", "the next stop is not in the text"),
        "reflow": ("320 px", "200 %"),
        "colours": ("only colour marks",),
        "print": ('not on paper: <p class="note"',),
        "network": ("asks for https://example.org", "asks in vain for /gone.png"),
    }.items():
        for one in words:
            assert any(one in error for error in verdicts[check]), (check, one, verdicts[check])
    assert any("gone.html" in error for error in said("links", "html", folder, tools, tmp_path))
    assert any("alt" in error for error in said("vnu", "html", folder, tools, tmp_path))


def test_a_redline_that_accepts_to_another_text_is_seen(good, tools: Tools, tmp_path: Path):
    other = tmp_path / "other.docx"
    with zipfile.ZipFile(good["docx"]) as source, zipfile.ZipFile(other, "w") as archive:
        for item in source.infolist():
            archive.writestr(item, source.read(item).replace(b"socle", b"autre"))
    same = shutil.copy(good["docx"], tmp_path / "same.docx")
    found = said("word", "docx", good["docx"], tools, tmp_path, pair=(Path(same), other))
    assert any(error.startswith("accepting") and "socle" in error for error in found)
