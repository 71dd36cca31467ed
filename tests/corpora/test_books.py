"""Nine editions of three real books, built without touching their sources.

An ordinary run builds one book in full (MILLESIME_BOOK names another than the
guide), and the last edition of another as HTML without its annex: of the
ecosystem's, or of the guide where the ecosystem's is the one in full.
`make test-all` builds all nine editions in PDF, EPUB and HTML.

What validators say of them is `make validate`'s business (`tests/validation`),
which finds them in the folder that MILLESIME_BOOKS names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from millesime.history.repository import find_repository
from millesime.markup.ast import rewrite, text_of
from millesime.markup.pandoc import pandoc_path
from millesime.press.cache.store import open_store
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.press.run.build import Progress, build_editions
from millesime.press.run.check import check_edition
from millesime.render.pdf.book import build_book
from millesime.render.pdf.plain import print_plain
from millesime.series.series import load_series
from tests.corpora.books import IN_FULL, clone_book
from tests.press.here import here
from tests.press.test_build import checksums
from tests.render.pdf_facts import facts_of, pictures_of, said_by

UNSEEN = re.compile("[\u00ad\u200b]")  # where words and addresses may be broken: a page prints nothing for them
TWINS = re.compile("[-\u2010\u2011\u00a0\u202f\u2019\u02bc\u2018\u02bbﬁﬂﬀœŒµ]")  # characters that share glyphs
PROGRAM = Path(__file__).resolve().parents[2] / "build.py"


def run(*arguments: object) -> str:
    done = subprocess.run([sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def editions(root: Path) -> list[Path]:
    return sorted(path for path in (root / "dist").iterdir() if path.is_dir())


def pages(book: Path) -> Iterator[tuple[str, bytes]]:
    for folder in editions(book):
        for path in sorted((folder / "html").glob("*.html")):
            yield f"{folder.name}/{path.name}", path.read_bytes()


_READ = """
for path in io.lines(arg[1]) do
  local file <close> = assert(io.open(path, "rb"))
  print(pandoc.write(pandoc.read(file:read("a"), "markdown"), "json"))
end
"""


def blocks_of(paths: Iterable[Path]) -> list[list[dict]]:
    """Return the blocks of each file as pandoc alone reads it; one pandoc reads all of them.

    It reads their names from a file: of some 90 arguments or more its Lua dies.
    """
    with TemporaryDirectory() as folder:
        script, listing = Path(folder, "read.lua"), Path(folder, "paths.txt")
        script.write_text(_READ, encoding="utf-8")
        listing.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        done = subprocess.run([pandoc_path(), "lua", script, listing], capture_output=True, check=True)
    return [json.loads(line)["blocks"] for line in done.stdout.splitlines()]


def letters(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in text).split()


def editions_of(root: Path) -> list[str]:
    return [row["name"] for row in json.loads(run("list", "--json", "--root", root))]


class PageTests:
    """What holds for the pages of every book; a class for each book, so that one worker process builds it once."""

    name: str

    @pytest.fixture(scope="class")
    @classmethod
    def workspace(cls, corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
        """The book's clone, its last edition built in HTML in this process, without its annex."""
        root = clone_book(corpora, cls.name, tmp_path_factory.mktemp("books"), annexes=False)
        opened = Workspace(
            load_series(root), find_repository(root), store=open_store(Path(os.environ["MILLESIME_CACHE"]))
        )
        build_editions(
            opened, [opened.series.editions[-1].name], formats=("html",), out=root / "dist",
            workers=here(opened.store), progress=Progress(),
        )  # fmt: skip
        return opened

    @pytest.fixture(scope="class")
    @classmethod
    def book(cls, workspace: Workspace) -> Path:
        return workspace.series.root

    @pytest.fixture(scope="class")
    @classmethod
    def codes(cls, workspace: Workspace) -> set[str]:
        """The codes of the problems in the text of the last edition."""
        return {problem.code for problem in check_edition(workspace, workspace.series.editions[-1].name)}

    def test_the_sources_are_untouched(self, book: Path):
        status = subprocess.run(
            ["git", "-C", book, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout
        assert set(status.split()) <= {"??", "dist/", "editions/"}

    def test_every_link_within_an_html_edition_leads_somewhere(self, book: Path):
        from lxml import html

        for folder in editions(book):
            trees = {path.name: html.parse(str(path)).getroot() for path in (folder / "html").glob("*.html")}
            ids = {name: set(tree.xpath("//@id")) for name, tree in trees.items()}
            for name, tree in trees.items():
                for href in tree.xpath("//a/@href"):
                    page, _, anchor = href.partition("#")
                    if "://" in href or href.startswith(("mailto:", "../")):
                        continue
                    target = page or name
                    assert target in trees, f"{folder.name}/{name}: {href}"
                    assert not anchor or anchor in ids[target], f"{folder.name}/{name}: {href}"

    def test_no_page_asks_another_host_for_anything_or_runs_a_script(self, book: Path):
        from lxml import html

        for name, content in pages(book):
            tree = html.fromstring(content)
            asked = tree.xpath("//img/@src | //link[@rel='stylesheet']/@href | //source/@src | //*[@srcset]/@srcset")
            assert not [address for address in asked if "//" in address or address.startswith("data:")], name
            assert not tree.xpath("//script | //iframe | //object | //embed | //@*[starts-with(name(), 'on')]"), name

    def test_no_word_of_the_sources_is_lost_in_html(self, book: Path):
        """Every word of every chapter of the last edition, as pandoc alone reads it, is on a page."""
        from lxml import html

        order = [line for line in dict.fromkeys((book / "order.txt").read_text(encoding="utf-8").splitlines()) if line]
        folder = editions(book)[-1] / "html"
        printed: set[str] = set()
        for path in folder.glob("*.html"):
            printed.update(letters(html.parse(str(path)).getroot().text_content()))
        for source, blocks in zip(order, blocks_of(book / source for source in order), strict=True):
            read = rewrite(blocks, lambda node: [] if node["t"] in ("Cite", "Math") else node)
            wanted = set(letters(text_of(read, notes=True)))
            # citeproc rewrites citations and TeX becomes MathML, so they are left out; and an odd word that a raw tag
            # or an accent cuts elsewhere than pandoc's plain text does.
            lost = {word for word in wanted - printed if word.isalpha() and len(word) > 3}
            assert len(lost) <= 0.005 * len(wanted) + 3, (source, sorted(lost)[:20])

    def test_what_is_not_markdown_is_reported(self, book: Path, codes: set[str]):
        assert {"rust-book": "S001", "noaa-soe-tech-doc": "S002", "cnil-guide-rgpd": "R002"}[book.name] in codes


class BookTests(PageTests):
    """What holds for every book, in all formats."""

    @pytest.fixture(scope="class")
    @classmethod
    def book(cls, corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The book's clone, its three editions built in PDF, EPUB and HTML."""
        kept = os.environ.get("MILLESIME_BOOKS")
        folder = Path(kept) if kept else tmp_path_factory.mktemp("books")
        shutil.rmtree(folder / cls.name, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        root = clone_book(corpora, cls.name, folder)
        run("build", "--root", root)
        return root

    @pytest.fixture(scope="class")
    @classmethod
    def codes(cls, book: Path) -> set[str]:
        """Those in all editions, as the verb says."""
        found = json.loads(run("check", "--json", *(folder.name for folder in editions(book)), "--root", book))
        return {problem["code"] for problems in found.values() for problem in problems}

    def test_all_three_editions_are_there_and_the_later_ones_have_their_annex(self, book: Path):
        found = editions(book)
        assert len(found) == 3
        for index, folder in enumerate(found):
            assert len(list(folder.glob("*.pdf"))) == len(list(folder.glob("*.epub"))) == 1
            assert (folder / "html/index.html").is_file()
            assert len(list(folder.glob("html/redline-*.html"))) == min(index, 1)

    def test_every_page_of_the_epubs_is_well_formed(self, book: Path):
        for folder in editions(book):
            (epub,) = folder.glob("*.epub")
            with zipfile.ZipFile(epub) as archive:
                for name in archive.namelist():
                    if name.endswith((".xhtml", ".opf", ".ncx", ".svg")):
                        etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False, huge_tree=True))

    def test_building_again_gives_the_same_bytes(
        self, book: Path, corpora: Path, tmp_path: Path, pytestconfig: pytest.Config
    ):
        """The last edition, which has an annex, in all formats of the guide; of the larger books one PDF besides.

        With --all, all editions of the guide.
        """
        clone = clone_book(corpora, book.name, tmp_path / "elsewhere")
        first, *_, last = editions_of(clone)
        if book.name == "cnil-guide-rgpd":
            run("build", *([] if pytestconfig.getoption("--all") else [last]), "--no-cache", "--root", clone)
        else:
            run("build", last, "--to", "epub,html", "--no-cache", "--root", clone)
        if book.name == "noaa-soe-tech-doc":
            run("build", first, "--to", "pdf", "--no-cache", "--root", clone)
        again = checksums(clone / "dist")
        before = checksums(book / "dist")
        assert again and {path: before[path] for path in again} == again

    def test_the_pdf_is_the_one_that_is_laid_out_in_one_piece(self, book: Path, tmp_path: Path):
        """The same text at the same places, links, outline and tags on every page; on some, the same pixels."""
        first = editions(book)[0]
        (path,) = first.glob("*.pdf")
        workspace = Workspace(load_series(book), find_repository(book))
        plain = print_plain(assemble_edition(workspace, first.name)).content
        wanted, found = facts_of(plain), facts_of(path.read_bytes())
        for fact, value in wanted.items():
            assert found[fact] == value, fact
        numbers = range(1, len(wanted["text"]) + 1, max(1, len(wanted["text"]) // 20))
        assert pictures_of(path.read_bytes(), tmp_path, numbers) == pictures_of(plain, tmp_path, numbers)

    def test_the_pdf_says_each_character_of_the_text(self, book: Path):
        """Words with hyphens, no-break spaces and the like, which fonts draw alike, are those of the text."""
        first = editions(book)[0]
        (path,) = first.glob("*.pdf")
        workspace = Workspace(load_series(book), find_repository(book))
        tree = build_book(assemble_edition(workspace, first.name), served={}, pictures={}, problems=[])
        wanted = {
            word for word in re.split(r"[ \t\r\n]+", " ".join(tree.find("body").itertext())) if TWINS.search(word)
        }
        said = UNSEEN.sub("", said_by(path.read_bytes()).replace(" ", ""))
        lost = sorted(word for word in wanted if UNSEEN.sub("", word) not in said)
        assert len(lost) <= 0.01 * len(wanted) + 2, lost[:20]  # a page may end inside a word

    def test_word_files_are_the_same_twice(self, book: Path, tmp_path: Path):
        first = editions_of(book)[0]
        for place in ("one", "two"):
            run("build", first, "--to", "docx", "--no-cache", "--out", tmp_path / place, "--root", book)
        assert checksums(tmp_path / "one") == checksums(tmp_path / "two")


def _left_to_test_all(when: bool):
    return pytest.mark.thorough if when else lambda tests: tests


@_left_to_test_all(IN_FULL != "rust-book")
class TestRust(BookTests):
    name = "rust-book"


@_left_to_test_all(IN_FULL != "noaa-soe-tech-doc")
class TestEcosystem(BookTests):
    name = "noaa-soe-tech-doc"


@_left_to_test_all(IN_FULL != "cnil-guide-rgpd")
class TestGuide(BookTests):
    name = "cnil-guide-rgpd"


@pytest.mark.thorough
class TestPagesOfRust(PageTests):
    name = "rust-book"


@_left_to_test_all(IN_FULL == "noaa-soe-tech-doc")
class TestPagesOfEcosystem(PageTests):
    name = "noaa-soe-tech-doc"


@_left_to_test_all(IN_FULL != "noaa-soe-tech-doc")
class TestPagesOfGuide(PageTests):
    name = "cnil-guide-rgpd"
