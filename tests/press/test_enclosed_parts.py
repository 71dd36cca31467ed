"""What Word, OpenDocument and EPUB files enclose: pictures count by their bytes, and what is not read is said."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from millesime.markup.pandoc import Source, pandoc_path, read_documents
from millesime.press.compare import loose_documents
from millesime.press.compare.comparison import compare_manuscripts, not_compared
from millesime.press.compare.enclosed_parts import open_enclosed
from millesime.press.compare.loose_documents import open_papers
from millesime.problems import MarkupError

PIXELS = {
    name: bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478" + rest)
    for name, rest in {
        "black": "9c6360000000020001e221bc330000000049454e44ae426082",
        "white": "9c63f80f0001010100" + "1bb6ee56" + "0000000049454e44ae426082",
    }.items()
}
TEXT = "Avant.\n\n![La carte](carte.png)\n\nUn mot ![ici](carte.png) dedans.\n"


def written(folder: Path, name: str, picture: bytes, text: str = TEXT) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "carte.png").write_bytes(picture)
    (folder / "texte.md").write_text(text, encoding="utf-8")
    command = [pandoc_path(), "texte.md", "-s", "-o", name]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder / name


def changed(old: Path, new: Path) -> set[str]:
    redline = compare_manuscripts(None, *open_papers(old, new))
    return {aspect for chapter in redline.chapters for change in chapter.blocks for aspect in change.aspects}


@pytest.mark.parametrize("ending", ["docx", "odt", "epub"])
def test_another_picture_under_the_old_name_is_a_change(ending, tmp_path):
    old, new = (written(tmp_path / name, f"a.{ending}", PIXELS[name]) for name in ("black", "white"))
    assert changed(old, new) == {"image"}
    assert changed(old, old) == set()


def test_the_old_picture_under_another_number_is_none(tmp_path):
    old = written(tmp_path / "old", "a.docx", PIXELS["black"])
    new = written(tmp_path / "new", "a.docx", PIXELS["black"])
    with zipfile.ZipFile(new) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    (name,) = [name for name in files if name.endswith(".png")]
    files["word/media/image9.png"] = files.pop(name)
    relations = "word/_rels/document.xml.rels"
    files[relations] = files[relations].replace(name.removeprefix("word/").encode(), b"media/image9.png")
    with zipfile.ZipFile(new, "w") as archive:
        for part, content in files.items():
            archive.writestr(part, content)
    assert changed(old, new) == set()


def test_a_printed_redline_has_both_pictures(tmp_path):
    old, new = (written(tmp_path / name, "a.docx", PIXELS[name]) for name in ("black", "white"))
    for side, name in zip(open_papers(old, new), ("black", "white"), strict=True):
        (key,) = {path for path in side.snapshot.paths if path.startswith("media/")}
        assert side.snapshot.read(key) == PIXELS[name]


_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def with_parts(path: Path, *, box: str = "", header: str = "", comment: str = "") -> Path:
    """Return a Word file whose text is "Avant. Un mot."; what is given stands beside it."""
    old = written(path.parent / path.stem, "a.docx", PIXELS["black"], "Avant.\n\nUn mot.\n")
    with zipfile.ZipFile(old) as archive, zipfile.ZipFile(path, "w") as new:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename == "word/document.xml" and box:
                shape = f"<v:shape><v:textbox><w:txbxContent>{_line(box)}</w:txbxContent></v:textbox></v:shape>"
                shown = f"<w:p {_NAMESPACES}><w:r><w:pict>{shape}</w:pict></w:r></w:p>".encode()
                content = content.replace(b"<w:sectPr", shown + b"<w:sectPr", 1)
            new.writestr(entry.filename, content)
        if header:
            new.writestr("word/header1.xml", f"<w:hdr {_NAMESPACES}>{_line(header)}</w:hdr>")
        if comment:
            new.writestr(
                "word/comments9.xml",
                f'<w:comments {_NAMESPACES}><w:comment w:id="0">{_line(comment)}</w:comment></w:comments>',
            )
    return path


def _line(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("part", "kind"), [("box", "text boxes"), ("header", "headers and footers"), ("comment", "comments")]
)
def test_what_is_not_read_is_said_and_whether_it_is_the_same(part, kind, tmp_path):
    old, new = (with_parts(tmp_path / f"{name}.docx", **{part: f"dit {name}"}) for name in ("un", "deux"))
    assert not_compared(*open_papers(old, new)) == [
        f"deux.docx: not read and not compared: {kind} (not the same in both: {kind})"
    ]
    assert not_compared(*open_papers(new, new)) == [f"deux.docx: not read and not compared: {kind}"]


def test_of_a_file_that_is_read_whole_nothing_is_said(tmp_path):
    old, new = (with_parts(tmp_path / f"{name}.docx", header=number) for name, number in (("un", "1"), ("deux", "2")))
    assert not_compared(*open_papers(old, new)) == []


def test_a_file_that_unpacks_to_too_much_is_named_and_not_unpacked(tmp_path, monkeypatch):
    place = written(tmp_path / "new", "a.docx", PIXELS["black"])
    monkeypatch.setattr(loose_documents, "_MAXIMUM_UNPACKED_BYTES", 10_000)
    with pytest.raises(MarkupError, match=r"a\.docx: unpacks to more than"):
        open_papers(place, place)


def test_a_part_of_a_file_reads_no_entities_from_outside(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("mot secret", encoding="utf-8")
    entity = f"<!DOCTYPE hdr [<!ENTITY e SYSTEM '{secret.as_uri()}'>]>"
    place = with_parts(tmp_path / "a.docx")
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("word/header9.xml", f"{entity}<hdr>&e;</hdr>")
    document = read_documents([Source(path="a.docx", content=place.read_bytes())], reader="docx")[0]
    before = open_enclosed(document, place.read_bytes(), "docx").left_out
    secret.write_text("autre chose", encoding="utf-8")
    assert open_enclosed(document, place.read_bytes(), "docx").left_out == before, "no word of the file goes in"


def test_parts_whose_size_is_a_lie_are_not_read(tmp_path):
    place = with_parts(tmp_path / "a.docx", header="Un en-tête")
    content = place.read_bytes()
    with zipfile.ZipFile(place) as archive:
        sizes = [entry.file_size for entry in archive.infolist()]
    at = content.rindex(max(sizes).to_bytes(4, "little"))  # in the archive's directory
    wrong = content[:at] + (7).to_bytes(4, "little") + content[at + 4 :]
    document = read_documents([Source(path="a.docx", content=content)], reader="docx")[0]
    assert open_enclosed(document, wrong, "docx").left_out == {}
