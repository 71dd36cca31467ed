from __future__ import annotations

import datetime
import io
import zipfile

from millesime.press.run.artifacts import download, pack_artifact, pack_file

DAY = datetime.date(2019, 7, 3)
PAGES = {b"index.html": b"<p>\xc3\xa9", b"assets/style.css": b"p{}"}


def zipped(files: dict[bytes, bytes], date: datetime.date = DAY) -> bytes:
    packed = pack_artifact("html", files, (), seconds=1.5)
    return download(packed, "La ville partagée", edition="2019", kind="html", date=date).content


def test_a_file_is_handed_out_as_it_was_made():
    packed = pack_file("ville-2019.pdf", b"%PDF", ("a note",), seconds=2)
    found = download(packed, "La ville", edition="2019", kind="pdf", date=DAY)
    assert (found.format, found.name, found.content) == ("pdf", "ville-2019.pdf", b"%PDF")


def test_pages_are_handed_out_in_one_archive_with_one_folder():
    packed = pack_artifact("html", PAGES, (), seconds=1)
    found = download(packed, "La ville partagée", edition="2019", kind="html", date=DAY)
    assert found.name == "la-ville-partagee-2019-html.zip"
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("la-ville-partagee-2019-html/index.html") == PAGES[b"index.html"]
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2019, 7, 3)}


def test_the_archive_depends_on_its_files_and_the_date_alone():
    assert zipped(PAGES) == zipped(dict(reversed(PAGES.items())))
    assert zipped(PAGES) != zipped(PAGES | {b"index.html": b"<p>e"})


def test_a_date_before_zip_knew_any_is_its_first_year():
    with zipfile.ZipFile(io.BytesIO(zipped(PAGES, datetime.date(1954, 2, 1)))) as archive:
        assert archive.infolist()[0].date_time[:3] == (1980, 2, 1)
