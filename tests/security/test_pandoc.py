"""What a source tells pandoc to read, run or pass on."""

from __future__ import annotations

from pathlib import Path

import pytest

from millesime.markup.pandoc import Source, read_complaints
from millesime.press.compare.loose_documents import read_paper
from millesime.problems import ManifestError, MarkupError, ReportError
from millesime.series.series import load_series
from tests.security.artifacts import CANARY, Made, dangers, holds, make, text_of, write_report

METADATA = """\
---
title: Un
bibliography: SECRET
csl: https://evil.example/style.csl
citation-abbreviations: SECRET
filters: [evil.lua]
filter: evil.py
lua-filter: evil.lua
template: SECRET
header-includes: "<script>alert(1)</script>"
include-before: "`<script>alert(1)</script>`{=html}"
include-in-header: SECRET
css: https://evil.example/a.css
reference-doc: SECRET
metadata-files: [SECRET]
resource-path: [/]
epub-cover-image: SECRET
epub-metadata: SECRET
extract-media: /tmp
output-file: /tmp/evil
defaults: SECRET
references:
- {id: ici, type: book, title: "`<script>alert(1)</script>`{=html}", URL: "javascript:alert(1)"}
nocite: "@*"
lang: '"><script>alert(1)</script>'
pagetitle: "<script>alert(1)</script>"
---
"""
RAW = [
    "```{=openxml}\n<w:p><w:r><w:fldChar/><w:instrText>DDEAUTO cmd</w:instrText></w:r></w:p>\n```",
    "`<w:altChunk r:id='x'/>`{=openxml}",
    "`<script>alert(1)</script>`{=html5} `<script>alert(1)</script>`{=html4} `<script>alert(1)</script>`{=epub3}",
    "```{=latex}\n\\input{SECRET}\\write18{touch evil}\n```",
    "\\input{SECRET} \\include{SECRET} \\lstinputlisting{SECRET} \\verbatiminput{SECRET}",
    "\\newcommand{\\x}{\\input{SECRET}} $\\x$ $\\input{SECRET}$",
    '`x`{=millesime} ```{=typst}\n#read("SECRET")\n```',
    "```{.include}\nSECRET\n```\n\n!include SECRET\n\n{{< include SECRET >}} {{#include SECRET}} <<[SECRET]",
    "::: {include=SECRET file=SECRET src=SECRET}\nbloc\n:::\n\n``` {include=SECRET file=SECRET}\ncode\n```",
    "[x](SECRET){.insertion author='<script>' date='\"><script>'} [x]{custom-style='<w:x/>'}",
    "![x](a.svg){width='1\"><script>' height='expression(alert(1))' .\"><script>}",
    "Voir @input.",
    "Selon [@evil, p. `<script>alert(1)</script>`{=html}].",
]
WORKS = """\
@string{secret = "\\input{SECRET}"}
@book{input, title=secret, author={\\include{SECRET} and \\input{SECRET}}, type={\\input{SECRET}}, file={SECRET},
  note={\\verbatiminput{SECRET} \\lstinputlisting{SECRET}\\newcommand{\\x}{\\input{SECRET}}\\x}, year=1990,
  publisher={\\includegraphics{SECRET}}}
@book{evil, author={{<script>alert(1)</script>}}, title={\\input{SECRET} <img src=x onerror=alert(1)>}, year=1990,
  url={javascript:alert(1)}, note={\\href{javascript:alert(1)}{lien}}}
"""


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("outside") / "secret.txt"
    place.write_text(f"{CANARY}\n", "utf-8")
    return place


@pytest.fixture(scope="module")
def made(secret: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    text = f"{METADATA}\n# Un\n\n" + "\n\n".join(RAW) + "\n\nsuitefin\n"
    return make(write_report(
        tmp_path_factory.mktemp("pandoc"),
        {
            "chapters/a.md": text.replace("SECRET", str(secret)),
            "works.bib": WORKS.replace("SECRET", str(secret)),
            "evil.lua": f"io.open('{secret.parent}/run', 'w')",
        },
        manifest="chapters: [chapters/a.md]\nbibliography: [works.bib]",
    ))  # fmt: skip


def test_nothing_that_a_source_names_is_read_or_run(made: Made, secret: Path):
    assert holds(made, CANARY) == []
    assert [place.name for place in secret.parent.iterdir()] == ["secret.txt"]


def test_nothing_that_a_source_passes_on_is_dangerous(made: Made):
    assert dangers(made) == []
    assert all("suitefin" in text for text in text_of(made).values())


@pytest.mark.parametrize("address", ["https://evil.example/style", "file://SECRET", "SECRET"])
def test_a_citation_style_that_is_elsewhere_is_refused_and_not_fetched(address: str, secret: Path, tmp_path: Path):
    style = (
        '<?xml version="1.0" encoding="UTF-7"?><style xmlns="http://purl.org/net/xbiblio/csl" version="1.0"><info>'
        f'<title>t</title><id>t</id><link rel="independent-parent" href="{address}"/></info></style>'
    )
    write_report(
        tmp_path,
        {"chapters/a.md": "# Un\n\n[@evil]\n", "works.bib": WORKS, "a.csl": style.replace("SECRET", str(secret))},
        manifest="chapters: [chapters/a.md]\nbibliography: [works.bib]\ncsl: a.csl",
    )
    with pytest.raises(MarkupError, match=r"^a\.csl: a style that is but a link to another") as raised:
        make(tmp_path, formats=())
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    "style",
    [
        '<!DOCTYPE style [<!ENTITY p "independent-parent">]><style><info><link rel="&p;" href="x"/></info></style>',
        '<style><info><link rel="independent&#45;parent" href="x"/></info></style>',
        '<c:style xmlns:c="http://purl.org/net/xbiblio/csl"><c:link rel=" independent-parent " href="x"/></c:style>',
        "<style><info>",
        "",
    ],
)
def test_a_citation_style_that_hides_where_it_is_is_refused(style: str, tmp_path: Path):
    write_report(
        tmp_path,
        {"chapters/a.md": "# Un\n\n[@evil]\n", "works.bib": WORKS, "a.csl": style},
        manifest="chapters: [chapters/a.md]\nbibliography: [works.bib]\ncsl: a.csl",
    )
    with pytest.raises(MarkupError, match=r"^a\.csl: "):
        make(tmp_path, formats=())


@pytest.mark.parametrize("reader", ["html", "latex", "rst", "native", "json", "../evil.lua", "-o x"])
def test_a_report_chooses_no_reader_that_includes_files_or_is_none(reader: str, tmp_path: Path):
    write_report(tmp_path, {"chapters/a.md": "# Un\n"}, report=f"reader: '{reader}'\n")
    with pytest.raises(ManifestError, match=r"^editions/report\.yaml: reader: "):
        load_series(tmp_path)


INCLUDING = {
    "a.rst": ".. include:: SECRET\n\n.. raw:: html\n   :file: SECRET\n\n.. csv-table::\n   :file: SECRET\n\nsuite\n",
    "a.tex": "\\documentclass{article}\\begin{document}\\input{SECRET}\\include{SECRET}\\lstinputlisting{SECRET}suite"
    "\\end{document}",
    "a.org": "#+INCLUDE: \"SECRET\"\n#+SETUPFILE: SECRET\n\nsuite\n",
    "a.html": "<p>suite</p><iframe src='SECRET'></iframe><object data='SECRET'></object><embed src='SECRET'>",
    "a.typ": "#include \"SECRET\"\n#read(\"SECRET\")\nsuite\n",
    "a.docbook": "<!DOCTYPE article [<!ENTITY x SYSTEM 'SECRET'>]><article><para>suite &x;</para></article>",
}  # fmt: skip


@pytest.mark.parametrize("name", INCLUDING)
def test_a_document_of_another_format_includes_nothing(name: str, secret: Path, tmp_path: Path):
    place = tmp_path / name
    place.write_text(INCLUDING[name].replace("SECRET", str(secret)), "utf-8")
    try:
        said = repr(read_paper(place))
    except ReportError as error:
        said = str(error)
    assert CANARY not in said


@pytest.mark.parametrize(("reader", "text"), [("rst", ".. include:: SECRET\n"), ("latex", "\\input{SECRET}\n")])
def test_what_a_reader_complains_of_is_asked_without_files_as_well(reader: str, text: str, secret: Path):
    source = Source(path="a", content=text.replace("SECRET", str(secret)).encode())
    ((said,),) = read_complaints([source], reader=reader)
    assert said["type"] == "CouldNotLoadIncludeFile" and CANARY not in repr(said)
