"""Publishing: editions are added to a site, and nothing that it ever promised goes away."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html

from millesime.distribution.metadata.accessibility_statement import read_checks
from millesime.distribution.site.tree import hold
from millesime.press.cache.store import Store
from millesime.problems import ManifestError, OutputError, RevisionError
from tests.press.published import GOES, MOVES, ONE, REWORDED, STAYS, make_series, publish_in_steps, publish_into
from tests.support import TestRepository

PROGRAM = Path(__file__).resolve().parents[2] / "build.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_series(tmp_path_factory.mktemp("series"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("kept") / "cache")


@pytest.fixture(scope="module")
def steps(made: TestRepository, store: Store, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return publish_in_steps(made.root, tmp_path_factory.mktemp("steps"), store=store)


@pytest.fixture(scope="module")
def site(steps: list[Path]) -> Path:
    return steps[-1]


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """The site of all three editions, to be published into again."""
    subprocess.run(["cp", "-a", site, tmp_path / "site"], check=True)
    return tmp_path / "site"


def page(site: Path, path: str) -> html.HtmlElement:
    return html.parse(str(site / path)).getroot()


def pages(site: Path) -> Iterator[tuple[str, html.HtmlElement]]:
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), html.parse(str(path)).getroot()


def bytes_of(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def block(site: Path, path: str, text: str) -> html.HtmlElement:
    """The block of a page that begins with a text."""
    (found,) = [one for one in page(site, path).xpath("//main//p[@id]") if one.text_content().startswith(text[:30])]
    return found


def trace(site: Path, path: str, text: str) -> html.HtmlElement | None:
    """What a page says below a block of what became of it."""
    after = block(site, path, text).getnext()
    return after if after is not None and "trace" in (after.get("class") or "").split() else None


# ---- what stays -------------------------------------------------------------------


def test_every_address_of_a_step_answers_in_the_next(steps: list[Path]):
    for before, after in pairwise(steps):
        addresses = (before / "addresses.txt").read_text("ascii").split()
        assert len(addresses) > 30
        ids: dict[str, set[str]] = {}
        for address in addresses:
            path, _, ident = unquote(address).partition("#")
            assert (after / path).is_file(), address
            if ident:
                known = ids.setdefault(path, set()) or set(page(after, path).xpath("//@id"))
                ids[path] = known
                assert ident in known, address


def test_files_of_an_edition_are_the_same_bytes_in_every_step(steps: list[Path]):
    for count, before in enumerate(steps[:-1], start=1):
        for name in ("2018", "2019", "2020")[:count]:
            files = [path for path in (before / name).iterdir() if path.suffix in (".epub", ".zip")]
            assert len(files) == 2
            for file in files:
                assert (steps[-1] / name / file.name).read_bytes() == file.read_bytes()


def test_the_text_of_an_edition_is_the_same_in_every_step(steps: list[Path]):
    def words(site: Path) -> str:
        (text,) = page(site, "2018/modele.html").xpath("//div[@class='text']")
        for note in text.xpath("//p[starts-with(@class, 'trace')]"):
            note.drop_tree()
        return text.text_content()

    assert words(steps[0]) == words(steps[1]) == words(steps[2])


def test_publishing_again_changes_nothing(made: TestRepository, store: Store, copy: Path):
    before = {path: os.stat(copy / path).st_mtime_ns for path in bytes_of(copy)}
    done = publish_into(copy, made.root, store=store, search=True)
    assert done.changed == () and done.new_addresses == 0 and done.editions == ("2018", "2019", "2020")
    assert {path: os.stat(copy / path).st_mtime_ns for path in bytes_of(copy)} == before


def test_step_by_step_or_all_at_once_gives_the_same_site(
    made: TestRepository, store: Store, site: Path, tmp_path: Path
):
    publish_into(tmp_path / "site", made.root, store=store, search=True)
    once, stepwise = bytes_of(tmp_path / "site"), bytes_of(site)
    assert {path for path in once if once[path] != stepwise.get(path)} == set()


def test_what_is_not_ours_in_a_site_stays(made: TestRepository, store: Store, tmp_path: Path):
    out = tmp_path / "site"
    publish_into(out, made.root, "2018", store=store)
    (out / "CNAME").write_text("rapport.example.org\n")
    (out / ".well-known").mkdir()
    (out / ".well-known/security.txt").write_text("Contact: mailto:x@example.org\n")
    publish_into(out, made.root, "2019", store=store)
    assert (out / "CNAME").read_text() == "rapport.example.org\n"
    assert (out / ".well-known/security.txt").is_file()
    assert (out / "2019/index.html").is_file()


def test_checksums_are_those_of_the_files(site: Path):
    for name in ("2018", "2019", "2020"):
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=site / name, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count(": OK") == 2


def test_a_published_file_that_was_changed_is_told(made: TestRepository, store: Store, tmp_path: Path):
    root = tmp_path / "report"
    subprocess.run(["cp", "-a", made.root, root], check=True)
    seal(made, root, "2018")
    publish_into(tmp_path / "site", root, "2018", store=store)
    (epub,) = (tmp_path / "site/2018").glob("*.epub")
    epub.write_bytes(epub.read_bytes()[:-1] + b"\1")
    with pytest.raises(OutputError, match="is not the file that was published"):
        publish_into(tmp_path / "site", root, store=store)


def seal(made: TestRepository, root: Path, name: str) -> None:
    """Seal the content of an edition, not its artifacts."""
    manifest = root / f"editions/{name}.yaml"
    text = manifest.read_text("utf-8")
    commit = text.split("'")[1]
    tree = made.git("rev-parse", f"{commit}:chapters")
    manifest.write_text(f"{text}seal:\n  commit: {commit}\n  trees: {{chapters: {tree}}}\n", "utf-8")


# ---- what became of a passage -------------------------------------------------------


def test_what_did_not_change_is_led_to_its_place_in_the_newest_edition(site: Path):
    note = trace(site, "2018/modele.html", STAYS)
    assert note is not None and "told" not in note.get("class").split()
    (link,) = note.xpath(".//a/@href")
    assert leads_to(site, "2018/modele.html", link).text_content().startswith(STAYS[:30])
    assert link.startswith("../2020/modele.html#")


def test_what_was_reworded_is_told_and_shown_in_all_versions(site: Path):
    note = trace(site, "2018/modele.html", REWORDED)
    assert note is not None and "Reformulé dans l’édition 2019" in note.text_content()
    assert "Reformulé dans l’édition 2020" in note.text_content()
    newest, versions = note.xpath(".//a/@href")
    assert "vingt-deux" in leads_to(site, "2018/modele.html", newest).text_content()
    card = leads_to(site, "2018/modele.html", versions)
    assert "après minuit" in card.text_content()
    cards = card.getparent().xpath("./div")
    assert len(cards) == 3
    assert [bool(one.xpath(".//ins") and one.xpath(".//del")) for one in cards] == [False, True, True]


def test_what_moved_to_another_chapter_is_found_there(site: Path):
    note = trace(site, "2018/modele.html", MOVES)
    assert note is not None and "Déplacé dans l’édition 2019" in note.text_content()
    newest = note.xpath(".//a/@href")[0]
    assert newest.startswith("../2020/services.html#")
    assert leads_to(site, "2018/modele.html", newest).text_content().startswith(MOVES[:30])


def test_what_was_withdrawn_is_told_and_stands_among_the_passages(site: Path):
    note = trace(site, "2018/modele.html", GOES)
    assert note is not None and "Absent de l’édition 2019" in note.text_content()
    (versions,) = note.xpath(".//a/@href")
    card = leads_to(site, "2018/modele.html", versions)
    assert GOES[:30] in card.text_content()
    assert "Absent de l’édition 2019" in card.getparent().text_content()


def test_what_was_joined_is_told(site: Path):
    note = trace(site, "2019/modele.html", ONE)
    assert note is not None and "2020" in note.text_content() and "told" in note.get("class").split()


def test_the_newest_edition_leads_back_to_earlier_versions(site: Path):
    note = trace(site, "2020/modele.html", REWORDED[:24])
    assert note is not None and "told" not in note.get("class").split()
    assert [link for link in note.xpath(".//a/@href") if link.startswith("../passages/")]


def test_an_older_edition_says_that_there_is_a_newer_one_and_leads_to_the_same_chapter(site: Path):
    for name in ("2018", "2019"):
        assert page(site, f"{name}/modele.html").xpath("//aside[@class='notice']//a/@href") == ["../2020/modele.html"]
        assert page(site, f"{name}/index.html").xpath("//aside[@class='notice']//a/@href") == ["../2020/index.html"]
    assert not page(site, "2020/modele.html").xpath("//aside[@class='notice']")


def leads_to(site: Path, here: str, href: str) -> html.HtmlElement:
    """The element that a link of a page leads to."""
    path, _, ident = href.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), unquote(path)))
    (found,) = page(site, target).xpath(f"//*[@id='{unquote(ident)}']")
    return found


# ---- the pages ------------------------------------------------------------------------


def test_every_link_and_anchor_leads_somewhere(site: Path):
    trees = dict(pages(site))
    ids = {path: set(tree.xpath("//@id")) for path, tree in trees.items()}
    seen = 0
    for path, tree in trees.items():
        links = tree.xpath("//@href | //@src") + [
            one.partition("url=")[2] for one in tree.xpath("//meta[@http-equiv='refresh']/@content")
        ]
        for link in links:
            if link.startswith(("https://", "http://", "mailto:", "urn:")):
                continue
            target, _, ident = link.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target))) if target else path
            assert (site / place).is_file(), f"{path}: {link}"
            assert not ident or unquote(ident) in ids[place], f"{path}: {link}"
            seen += 1
    assert seen > 500


def test_catalogues_feeds_and_citations_are_published_with_the_editions(site: Path):
    for path in ("catalogue/opds.xml", "feeds/changes.xml", "sitemap.xml", "timemap.link", "CITATION.cff"):
        assert (site / path).is_file(), path
    for edition in ("2018", "2019", "2020"):
        assert f"https://example.org/rapport/{edition}/" in (site / "feeds/editions.xml").read_text()
        described = page(site, f"{edition}/index.html").xpath("//link[@rel='describedby']/@href")
        assert described and all((site / edition / href).is_file() for href in described)
        assert page(site, f"{edition}/index.html").xpath("//p[@class='metadata-files']/a[.='BibTeX']")
        (thing,) = page(site, f"{edition}/modele.html").xpath("//script[@type='application/ld+json']/text()")
        assert json.loads(thing)["isPartOf"]["@id"] == f"https://example.org/rapport/{edition}"
    listed = (site / "sitemap.xml").read_text()
    assert "https://example.org/rapport/2019/modele.html" in listed and "/latest/" not in listed


def test_no_page_asks_another_host_for_anything(site: Path):
    for path, tree in pages(site):
        loads = tree.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href")
        assert not [one for one in loads if "//" in one or one.startswith("data:")], path
        assert not tree.xpath("//iframe | //object | //embed | //@*[starts-with(name(), 'on')]"), path


def test_scripts_are_on_the_pages_that_say_so_in_their_policy(site: Path):
    for path, tree in pages(site):
        run = [
            one for one in tree.xpath("//script") if one.get("type") not in ("application/ld+json", "application/json")
        ]
        policy = "".join(tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content"))
        assert bool(run) == ("script-src" in policy), path
        assert all(one.get("src") for one in run), path


def test_latest_leads_to_the_newest_edition_for_every_chapter_that_ever_was(steps: list[Path]):
    for site, name in zip(steps, ("2018", "2019", "2020"), strict=True):
        (target,) = page(site, "latest/index.html").xpath("//meta[@http-equiv='refresh']/@content")
        assert target == f"0; url=../{name}/index.html"
    assert page(steps[-1], "latest/modele.html").xpath("//main//a/@href") == ["../2020/modele.html"]
    assert page(steps[-1], "latest/redline-2018.html").xpath("//main//a/@href") == ["../2019/redline-2018.html"]


def test_any_two_editions_are_compared(site: Path):
    for old, new in (("2018", "2019"), ("2018", "2020"), ("2019", "2020")):
        index = page(site, f"redlines/{old}/{new}/index.html")
        assert old in index.findtext(".//h1") and new in index.findtext(".//h1")
        lines = index.xpath("//ul[@class='passages-chapters']/li/span/text()")
        assert lines[0].startswith("Remanié (+"), lines
        assert (site / f"redlines/{old}/{new}/redline-modele.html").is_file()


def test_links_of_annexes_stay_within_the_site(site: Path):
    links = page(site, "2019/redline-2018.html").xpath("//main//a/@href")
    assert any(link.startswith("../2018/modele.html") for link in links)
    assert not any(link.startswith("https://example.org") for link in links)


def test_the_index_of_the_search_has_every_edition(site: Path):
    entry = json.loads((site / "pagefind/pagefind-entry.json").read_text("utf-8"))
    assert entry["languages"]["fr"]["page_count"] == 6
    assert page(site, "search/index.html").xpath("//option/@value") == ["", "2020", "2019", "2018"]


def test_without_pagefind_there_is_no_search_page_and_no_link_to_one(
    made: TestRepository, store: Store, tmp_path: Path
):
    publish_into(tmp_path / "site", made.root, "2018", store=store, search=False)
    assert not (tmp_path / "site/search").exists()
    assert not page(tmp_path / "site", "2018/index.html").xpath("//a[contains(@href, 'search/')]")


def test_a_statement_says_what_was_checked_and_stays(made: TestRepository, store: Store, copy: Path, tmp_path: Path):
    found = tmp_path / "checks.json"
    found.write_text(json.dumps([
        {"edition": "2020", "format": "html", "tool": "axe-core", "version": "4", "rules": "WCAG", "count": 9,
         "failures": 0}
    ]))  # fmt: skip
    publish_into(copy, made.root, store=store, search=True, checks=read_checks(found))
    text = page(copy, "statements/2020.html").xpath("//main")[0].text_content()
    assert "axe-core 4 (WCAG)" in text and "réputée non conforme" in text
    assert "EPUB : aucune vérification" in " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert page(copy, "2020/index.html").xpath("//a/@href[contains(., 'statements')]") == ["../statements/2020.html"]
    assert not (copy / "statements/2019.html").exists()
    publish_into(copy, made.root, store=store, search=True)
    assert page(copy, "2020/index.html").xpath("//a/@href[contains(., 'statements')]") == ["../statements/2020.html"]


@pytest.mark.parametrize("content", ["[1]", '[{"edition": "2020", "format": "vinyl"}]', "nonsense", "[[]]"])
def test_what_is_no_list_of_checks_is_refused(tmp_path: Path, content: str):
    (tmp_path / "checks.json").write_text(content)
    with pytest.raises(ManifestError, match="cannot be read as results of checks"):
        read_checks(tmp_path / "checks.json")


def test_a_folder_for_the_legal_deposit_holds_the_files_and_their_record(
    made: TestRepository, store: Store, copy: Path, tmp_path: Path
):
    publish_into(copy, made.root, store=store, search=True, deposit=tmp_path / "deposit")
    for name in ("2018", "2019", "2020"):
        folder = tmp_path / "deposit" / name
        assert {"SHA256SUMS", "bordereau.md", "onix.xml"} < {path.name for path in folder.iterdir()}
        done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.count(": OK") == 2


# ---- what is refused ----------------------------------------------------------------------


def test_an_edition_in_preparation_is_not_published(made: TestRepository, store: Store, tmp_path: Path):
    root = tmp_path / "report"
    subprocess.run(["cp", "-a", made.root, root], check=True)
    (root / "editions/2021.yaml").write_text("date: 2021-07-03\nchapters: [chapters/10-modele.md]\n")
    assert publish_into(tmp_path / "site", root, store=store).editions == ("2018", "2019", "2020")
    with pytest.raises(RevisionError, match=r"editions/2021\.yaml: in preparation"):
        publish_into(tmp_path / "site", root, "2021", store=store)


def test_a_published_edition_does_not_change(made: TestRepository, store: Store, copy: Path, tmp_path: Path):
    root = tmp_path / "report"
    subprocess.run(["cp", "-a", made.root, root], check=True)
    newer = made.git("rev-parse", "HEAD~1")
    manifest = root / "editions/2018.yaml"
    old = manifest.read_text("utf-8").split("'")[1]
    manifest.write_text(manifest.read_text("utf-8").replace(old, newer), "utf-8")
    before = bytes_of(copy)
    with pytest.raises(RevisionError, match=f"was published from {old[:12]}, and its content is no longer that"):
        publish_into(copy, root, store=store)
    assert bytes_of(copy) == before


def test_an_address_that_would_be_lost_ends_the_run(made: TestRepository, store: Store, copy: Path):
    record = copy / "addresses.txt"
    record.write_text(record.read_text("ascii") + "2018/modele.html#gone\n", "ascii")
    before = bytes_of(copy)
    with pytest.raises(OutputError, match=r"1 published address would lead nowhere: 2018/modele\.html#gone"):
        publish_into(copy, made.root, store=store)
    assert bytes_of(copy) == before


def test_a_manifest_that_was_published_may_not_go(made: TestRepository, store: Store, copy: Path, tmp_path: Path):
    root = tmp_path / "report"
    subprocess.run(["cp", "-a", made.root, root], check=True)
    (root / "editions/2018.yaml").unlink()
    (root / "editions/2019.yaml").write_text((root / "editions/2019.yaml").read_text("utf-8").partition("annexes")[0])
    with pytest.raises(OutputError, match=r"editions/2018\.yaml: was published, and is no longer there"):
        publish_into(copy, root, store=store)


def test_a_folder_that_holds_something_else_is_left_alone(made: TestRepository, tmp_path: Path):
    (tmp_path / "holidays.txt").write_text("beach\n")
    with pytest.raises(OutputError, match=r"no publication\.json: this is no site that `publish` made"):
        publish_into(tmp_path, made.root)
    assert [path.name for path in tmp_path.iterdir()] == ["holidays.txt"]


def test_a_record_that_cannot_be_read_is_named(made: TestRepository, copy: Path):
    (copy / "publication.json").write_text('{"format": "another"}')
    with pytest.raises(OutputError, match=r"publication\.json: cannot be read as the record of a site"):
        publish_into(copy, made.root)


def test_two_cannot_publish_into_one_folder_at_once(made: TestRepository, tmp_path: Path):
    with hold(tmp_path / "site"), pytest.raises(OutputError, match="somebody else publishes here"):
        publish_into(tmp_path / "site", made.root)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("after_s", [0.6, 1.2, 1.8])
def test_publishing_killed_at_any_moment_leaves_the_site_whole(
    made: TestRepository, store: Store, steps: list[Path], tmp_path: Path, after_s: float
):
    out = tmp_path / "site"
    subprocess.run(["cp", "-a", steps[0], out], check=True)
    before = bytes_of(out)
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "publish", "2019", "--root", made.root, "--out", out, "--no-search"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "MILLESIME_CACHE": str(store.folder)},
    )  # fmt: skip
    time.sleep(after_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    whole = bytes_of(out)
    if whole != before:
        assert "2019/index.html" in whole
        assert hashlib.sha256(whole["2018/SHA256SUMS"]).digest() == hashlib.sha256(before["2018/SHA256SUMS"]).digest()
    publish_into(out, made.root, "2019", store=store)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


def test_the_command_says_what_it_did(made: TestRepository, store: Store, tmp_path: Path):
    command = [
        sys.executable,
        PROGRAM,
        "publish",
        "2018",
        "--root",
        made.root,
        "--out",
        tmp_path / "site",
        "--no-search",
    ]
    kept = {**os.environ, "MILLESIME_CACHE": str(store.folder)}
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, env=kept)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["editions"] == ["2018"] and said["new_addresses"] == said["addresses"] > 20
    again = subprocess.run(command, capture_output=True, text=True, env=kept)
    assert "nothing changed" in again.stderr and "0 of them new" in again.stderr
