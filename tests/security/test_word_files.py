"""Word files that programs read in different ways: read as Word shows them, refused, or told of."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from millesime.cli import program
from millesime.markup.sentence_lines import write_sentences
from millesime.press.compare.comparison import not_compared
from millesime.press.compare.loose_documents import open_paper, open_papers
from millesime.press.compare.word_text import readable_word
from millesime.problems import MarkupError

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:x="https://example.org/unknown"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def word_file(body: str, *, parts: dict[str, str] | None = None) -> bytes:
    """Return a small Word file of a body; `parts` are other files in it."""
    kinds = "application/vnd.openxmlformats-"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="{kinds}package.relationships+xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{kinds}officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def line(content: str, properties: str = "") -> str:
    return f"<w:p>{properties and f'<w:pPr>{properties}</w:pPr>'}{content}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r>{properties and f"<w:rPr>{properties}</w:rPr>"}<w:t xml:space="preserve">{text}</w:t></w:r>'


def mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def box(content: str) -> str:
    shape = f"<v:shape><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:shape>"
    return f"<w:r><w:pict>{shape}</w:pict></w:r>"


def table(rows: str) -> str:
    return f"<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid>{rows}</w:tbl>"


_CODE = "<w:r><w:instrText>CACHE</w:instrText></w:r>"
_CONTROLLED = line(f"<w:sdt><w:sdtContent>{run('VU1')}</w:sdtContent></w:sdt>")
_CELL = f"<w:tc>{line(run('VU2'))}</w:tc>"
_CHOICE = (
    '<mc:AlternateContent><mc:Choice Requires="{0}">{1}</mc:Choice><mc:Fallback>{2}</mc:Fallback></mc:AlternateContent>'
)
# Words "VU…" are shown by Word, "CACHE" is not.
AS_WORD = {
    "field": line(f'{run("VU1 ")}<w:fldSimple w:instr="CACHE">{run("VU2")}</w:fldSimple>{run(" VU3")}'),
    "fields-in-tags": line(
        f'<w:smartTag><w:fldSimple w:instr="x"><w:smartTag>{run("VU1")}</w:smartTag></w:fldSimple></w:smartTag>'
    ),
    "custom-block": f"<w:customXml><w:customXmlPr/>{line(run('VU1'))}{line(run('VU2'))}</w:customXml>",
    "custom-line": line(f"<w:customXml>{run('VU1')}</w:customXml>"),
    "custom-row": table(f"<w:customXml><w:tr><w:customXml>{_CELL}</w:customXml></w:tr></w:customXml>"),
    "content-controls": f"<w:sdt><w:sdtPr/><w:sdtContent>{_CONTROLLED}</w:sdtContent></w:sdt>",
    "directions": line(f'<w:dir w:val="rtl">{run("VU1 ")}</w:dir><w:bdo w:val="rtl">{run("VU2")}</w:bdo>'),
    "in-a-link": line(f'<w:hyperlink w:anchor="a"><w:fldSimple w:instr="x">{run("VU1")}</w:fldSimple></w:hyperlink>'),
    "inserted-by-nobody": line(f'<w:ins><w:fldSimple w:instr="x">{run("VU1")}</w:fldSimple></w:ins>'),
    "deleted": line(f"{run('VU1')}<w:del><w:r><w:t>CACHE</w:t><w:delText>CACHE</w:delText></w:r></w:del>"),
    "moved": line(f"<w:moveFrom>{run('CACHE')}</w:moveFrom><w:moveTo>{run('VU1')}</w:moveTo>"),
    "alternate-line": line(f"<w:r>{_CHOICE.format('w14', '<w:t>VU1</w:t>', '<w:t>CACHE</w:t>')}</w:r>"),
    "alternate-block": _CHOICE.format("w14", line(run("VU1")), line(run("CACHE"))),
    "alternate-unknown": _CHOICE.format("x", line(run("CACHE")), line(run("VU1"))),
    "field-in-an-instruction": line(
        f"{mark('begin')}{_CODE}{mark('begin')}{_CODE}{mark('separate')}{run('CACHE')}{mark('end')}{mark('separate')}"
        f"{run('VU1')}{mark('end')}{run(' VU2')}"
    ),
    "not-hidden": line(run("VU1", '<w:vanish w:val="0"/>') + run(" VU2", "<w:webHidden/>")),
    "big-letter": line(run("V"), '<w:framePr w:dropCap="drop"/>') + line(run("U1")),
}  # fmt: skip


def read(place: Path) -> str:
    return write_sentences(open_paper(place).document)


@pytest.mark.parametrize("name", AS_WORD)
def test_what_word_shows_is_read_and_what_it_hides_is_not(name: str, tmp_path: Path):
    place = tmp_path / "a.docx"
    place.write_bytes(word_file(AS_WORD[name]))
    paper = open_paper(place)
    said = write_sentences(paper.document)
    assert set(re.findall(r"VU\d", AS_WORD[name])) <= set(re.findall(r"VU\d", said)), said
    assert "CACHE" not in said
    assert not paper.left_out


_STYLES = (
    f'<w:styles {NAMES}><w:style w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:styleId="b"><w:basedOn w:val="a"/></w:style><w:style w:styleId="c"><w:basedOn w:val="c"/></w:style>'
    "</w:styles>"
)


@pytest.mark.parametrize(
    "hidden",
    [
        line(run("CACHE", "<w:vanish/>")),
        line(run("CACHE", '<w:rStyle w:val="b"/>')),
        line(run("CACHE"), '<w:pStyle w:val="b"/>'),
    ],
)
def test_hidden_text_is_not_read_and_told(hidden: str, tmp_path: Path):
    place = tmp_path / "a.docx"
    body = line(run("VU1", '<w:rStyle w:val="c"/>')) + hidden
    place.write_bytes(word_file(body, parts={"word/styles.xml": _STYLES}))
    paper = open_paper(place)
    assert write_sentences(paper.document).split() == ["VU1"]
    assert list(paper.left_out) == ["hidden text"]


UNREAD = {
    "unknown-element": (line(run("lu ") + f"<w:unknown>{run('perdu ici')}</w:unknown>"), 'the words "perdu", "ici"'),
    "readings": (
        line(f"<w:r><w:ruby><w:rt>{run('haut ')}</w:rt><w:rubyBase>{run('base')}</w:rubyBase></w:ruby></w:r>"),
        'the words "haut", "base"',
    ),
    "the-same-word-twice": (line(run("Non.")) + line(f"<w:unknown>{run('Non.')}</w:unknown>"), 'the words "Non"'),
    "many": (
        line(f"<w:unknown>{run(' '.join(f'm{number}' for number in range(12)))}</w:unknown>"),
        'the words "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7" and 4 more',
    ),
    # Found by fuzzing: the words of the inner one were counted twice.
    "line-in-a-line": (line(run("lu ") + line(run("perdu"))), 'the words "perdu"'),
    "boxes-in-boxes": (line(box(line(run("dehors") + box(line(run("dedans")))))), "text boxes"),
    "inserted-document": (line(run("lu")) + '<w:altChunk r:id="b"/>', "inserted documents"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_shown_and_not_read_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILLESIME_CACHE", str(tmp_path / "cache"))
    body, told = UNREAD[name]
    old, new = tmp_path / "old.docx", tmp_path / "new.docx"
    old.write_bytes(word_file(line(run("lu"))))
    new.write_bytes(word_file(body))
    assert not_compared(*open_papers(old, new)) == [
        f"new.docx: not read and not compared: {told} (not the same in both: {told})"
    ]
    done = CliRunner().invoke(program, ["text", str(new)])
    assert done.exit_code == 0 and f"not read: {told}" in done.stderr


@pytest.mark.parametrize("second", ["word/document.xml", "word/Document.XML"])
def test_a_file_with_a_part_twice_is_refused(second: str, tmp_path: Path):
    place = tmp_path / "a.docx"
    place.write_bytes(word_file(line(run("un"))))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(place, "a") as archive:
        archive.writestr(second, f"<w:document {NAMES}><w:body>{line(run('deux'))}</w:body></w:document>")
    with pytest.raises(MarkupError, match=r"a\.docx: damaged: 'word/document\.xml' is in it twice"):
        open_paper(place)


def test_a_file_in_which_nothing_stands_in_the_way_is_read_as_it_is():
    content = word_file(line(run("un")))
    assert readable_word(content) is content
    assert readable_word(content[: len(content) // 2]) == content[: len(content) // 2]
