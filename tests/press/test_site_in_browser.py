"""The site as a reader meets it: in Chromium, with and without scripts, from a server and from a folder."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright

from millesime.press.cache.store import Store
from tests.press.published import GOES, MOVES, REWORDED, STAYS, make_series, publish_into

PHONE = {"width": 390, "height": 844}
ROW = ".versions:has(ins)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_series(tmp_path_factory.mktemp("series"), formats="html")
    out = tmp_path_factory.mktemp("published") / "site"
    publish_into(out, made.root, store=Store(tmp_path_factory.mktemp("kept") / "cache"), search=True)
    return out


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps silent; a page in two parts, so that a test that does not wait for all of it fails."""

    def log_message(self, *arguments: object) -> None: ...

    def copyfile(self, source: Any, outputfile: Any) -> None:
        with suppress(ConnectionError):  # the next page was opened meanwhile
            if self.path.endswith(".html"):
                outputfile.write(source.read(2000))
                outputfile.flush()
                time.sleep(0.1)
            super().copyfile(source, outputfile)


@pytest.fixture(scope="module")
def origin(site: Path) -> Iterator[str]:
    """The address of the site, below a folder as most sites are."""
    root = site.parent / "served"
    (root / "some").mkdir(parents=True)
    (root / "some/place").symlink_to(site)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/some/place"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "these tests look at pages in Chromium: apt-get install chromium"
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Log:
    """What a page asked for, and what went wrong."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", self._ask)
        page.on("requestfailed", self._fail)
        page.on("response", lambda one: self.wrong.append(f"{one.url}: {one.status}") if one.status >= 400 else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda one: self.wrong.append(one.text) if one.type in ("error", "warning") else None)

    def _fail(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # the next page was opened meanwhile
            self.wrong.append(f"{request.url}: {request.failure}")

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)


@pytest.fixture(params=["with scripts", "without scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param == "with scripts")
    yield context.new_page()
    context.close()


@pytest.fixture
def scripted(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    yield context.new_page()
    context.close()


def address_of(site: Path, text: str) -> str:
    """The address of a paragraph in the edition of 2018."""
    from lxml import html

    tree = html.parse(str(site / "2018/modele.html"))
    (found,) = [one for one in tree.xpath("//main//p[@id]") if one.text_content().startswith(text[:30])]
    return f"2018/modele.html#{found.get('id')}"


def follow(page: Page, link: Locator, address: str) -> None:
    """Click a link and wait until the page it leads to is whole: a click alone waits for no page."""
    link.click()
    page.wait_for_url(lambda url: url.startswith(address))


def visible_note(page: Page) -> str:
    """The note that a reader sees below the paragraph whose address was followed."""
    note = page.locator(":target + .trace")
    assert note.is_visible()
    return note.inner_text()


@pytest.mark.parametrize("text, said, there", [
    (STAYS, "Inchangé jusqu’à l’édition 2020", "2020/modele.html"),
    (REWORDED, "Reformulé dans l’édition 2019. Reformulé dans l’édition 2020", "2020/modele.html"),
    (MOVES, "Déplacé dans l’édition 2019", "2020/services.html"),
    (GOES, "Absent de l’édition 2019", ""),
])  # fmt: skip
@pytest.mark.parametrize("start", ["served", "folder"])
def test_a_paragraph_is_followed_by_its_first_address(
    site: Path, origin: str, page: Page, text: str, said: str, there: str, start: str
):
    root = origin if start == "served" else site.as_uri()
    page.goto(f"{root}/{address_of(site, text)}")
    assert page.locator(":target").inner_text().startswith(text[:30])
    assert said in visible_note(page)
    links = page.locator(":target + .trace a")
    if there:
        follow(page, links.first, f"{root}/{there}#")
        assert page.locator(":target").inner_text().startswith(text[:24])
    else:
        assert links.count() == 1
        follow(page, links.first, f"{root}/passages/modele.html#")
        assert text[:30] in page.locator(":target").inner_text()


def test_versions_can_be_stepped_through_by_keyboard(origin: str, scripted: Page):
    scripted.goto(f"{origin}/passages/modele.html")
    row = scripted.locator(ROW).first
    row.focus()
    assert shown_version(scripted) == 0
    for key, expected in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0)):
        scripted.keyboard.press(key)
        wait_for_version(scripted, expected)
    steps = scripted.locator(".line-steps:has(+ .versions:has(ins))").first
    steps.get_by_role("button").nth(1).click()
    wait_for_version(scripted, 1)
    expect(steps.get_by_role("status")).to_have_text("2 / 3")


SHOWN = f"""(() => {{
  const row = document.querySelector('{ROW}');
  const left = row.getBoundingClientRect().left - 2;
  return [...row.children].findIndex((one) => one.getBoundingClientRect().left >= left);
}})()"""


def shown_version(page: Page) -> int:
    return page.evaluate(SHOWN)


def wait_for_version(page: Page, expected: int) -> None:
    for _ in range(100):
        if shown_version(page) == expected:
            return
        page.wait_for_timeout(50)
    assert shown_version(page) == expected


def test_versions_can_be_swiped_through_and_stop_at_one(origin: str, scripted: Page):
    scripted.goto(f"{origin}/passages/modele.html")
    row = scripted.locator(ROW).first
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box
    touch = scripted.context.new_cdp_session(scripted)
    x, y = box["x"] + box["width"] - 40, box["y"] + 60
    for step in range(15):
        kind = "touchStart" if not step else "touchMove"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x - 18 * step, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for_version(scripted, 1)


def test_without_a_script_versions_are_links_and_a_row_that_scrolls(site: Path, origin: str, browser: Browser):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{origin}/{address_of(site, REWORDED)}")
    follow(page, page.locator(":target + .trace a").nth(1), f"{origin}/passages/modele.html#")
    row = page.locator(ROW).first
    assert row.locator(".version-head a").count() == 3
    assert page.locator(".line-steps").count() == 0
    row.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert row.evaluate("row => row.scrollLeft") > 0  # what the browser itself does with a row that has the focus
    context.close()


def test_search_finds_words_in_one_edition_and_in_all(origin: str, scripted: Page):
    log = Log(scripted)
    scripted.goto(f"{origin}/search/index.html")
    scripted.get_by_label("Mots cherchés").fill("démonstrateur marché")
    scripted.get_by_text("Aucun résultat.").wait_for()
    scripted.get_by_label("Dans").select_option("")
    scripted.get_by_text("Un résultat.").wait_for()
    follow(scripted, scripted.locator("#search-results a").first, f"{origin}/2018/modele.html")
    assert log.wrong == []
    assert [url for url in log.asked if not url.startswith(origin)] == []


def test_search_says_that_it_needs_a_server_or_a_script(site: Path, browser: Browser):
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search/index.html")
    page.get_by_text("ne fonctionne pas depuis un dossier").wait_for()
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/search/index.html")
    assert page.locator("noscript p").is_visible()
    assert page.locator("noscript p").inner_text().startswith("La recherche demande JavaScript")
    context.close()


@pytest.mark.parametrize("start", ["served", "folder"])
def test_no_page_asks_for_anything_but_the_site(site: Path, origin: str, browser: Browser, start: str):
    root = origin if start == "served" else site.as_uri()
    page = browser.new_page()
    log = Log(page)
    paths = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    paths = [path for path in paths if not path.startswith(("latest/", "search/"))]
    for path in paths:
        page.goto(f"{root}/{path}")
    assert len(paths) > 20
    assert log.wrong == []
    assert [url for url in log.asked if not url.startswith(root)] == []
    page.close()


def test_latest_leads_on(origin: str, page: Page):
    page.goto(f"{origin}/latest/")
    page.wait_for_url(f"{origin}/2020/index.html")


@pytest.mark.parametrize("path", [
    "index.html", "2018/index.html", "2018/modele.html", "passages/modele.html", "redlines/2018/2020/index.html",
    "redlines/2018/2020/redline-modele.html",
])  # fmt: skip
def test_a_phone_need_not_scroll_sideways(origin: str, scripted: Page, path: str):
    scripted.set_viewport_size({"width": 320, "height": 640})
    scripted.goto(f"{origin}/{path}")
    assert scripted.evaluate("document.documentElement.scrollWidth") <= 320
