"""A question finds the words of typeset text, and excerpts show them as they are printed."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, sync_playwright

from millesime.assembly.theme import theme_folder
from millesime.distribution.site.search import index_pages
from millesime.distribution.site.search_words import searchable_page, searchable_text

TEXTS = {
    "eau": "Le prix de l’eau monte.",
    "eaux": "Les eaux usées.",
    "leau": "Monsieur Leau préside.",
    "oeuvre": "La mise en œuvre, dit-il.",
    "coeurs": "Des cœurs de ville.",
    "vitae": "Un curriculum vitæ.",
    "porte": "Le porte‑parole a parlé.",
    "etat": "Parce qu’elles relèvent de l’État.",
    "regle": "Les règles locales.",
    "today": "Aujourd’hui, et d'ici à demain.",
}
FOUND = {
    "eau": {"eau", "eaux"}, "l’eau": {"eau", "eaux"}, "l'eau": {"eau", "eaux"}, "L'EAU": {"eau", "eaux"},
    "œuvre": {"oeuvre"}, "oeuvre": {"oeuvre"}, "oeuvres": {"oeuvre"}, "mise en œuvre": {"oeuvre"},
    "cœur": {"coeurs"}, "coeur": {"coeurs"}, "vitae": {"vitae"}, "vitæ": {"vitae"}, "parole": {"porte"},
    "porte-parole": {"porte"}, "etat": {"etat"}, "l'état": {"etat"}, "elles": {"etat"}, "regle": {"regle"},
    "règle": {"regle"}, "aujourd'hui": {"today"}, "ici": {"today"},
}  # fmt: skip
PAGE = '<!DOCTYPE html><html lang="fr"><head><title>{name}</title></head><body><main data-pagefind-body>{text}</main>'
FORM = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"></head><body>
<form id="search-form" hidden><input id="search-words">
<select id="search-edition"><option value=""></option></select></form><p id="search-status"></p>
<ol id="search-results"></ol><button id="search-more" hidden></button><script type="application/json"
id="search-labels">{"none": "none", "found": "{count}", "one": "1", "failed": "failed", "edition": "{name}"}</script>
<script defer src="search.js"></script></body></html>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The search page of a site of small texts, in Chromium."""
    site = tmp_path_factory.mktemp("site")
    pages = {
        f"{name}.html": PAGE.format(name=name, text=f"<h1>{name}</h1><p>{text}</p>").encode()
        for name, text in TEXTS.items()
    }
    script = (theme_folder() / "site/search.js").read_bytes()
    form = {"search/index.html": FORM.encode(), "search/search.js": script}
    for path, content in {**pages, **form, **index_pages(pages)}.items():
        place = site / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium")
    assert chromium, "these tests look at pages in Chromium: apt-get install chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/search/index.html")
        page.wait_for_selector("#search-form", state="visible")
        yield page
        browser.close()
    server.shutdown()


def answers(page: Page, query: str) -> dict[str, str]:
    """The excerpts that the search page shows, by the name of their page."""
    page.fill("#search-words", "")
    page.wait_for_function("!document.getElementById('search-status').textContent")
    page.fill("#search-words", query)
    page.wait_for_function("document.getElementById('search-status').textContent")
    page.wait_for_function(
        "(s => s === 'none' || document.querySelectorAll('#search-results li').length == s)"
        "(document.getElementById('search-status').textContent)"
    )
    items = page.locator("#search-results > li").all()
    return {item.locator("h2").inner_text(): item.locator("p").last.text_content() or "" for item in items}


@pytest.mark.parametrize("query", FOUND)
def test_a_word_is_found_where_it_stands_elided_joined_accented_or_in_the_plural(asked: Page, query: str):
    assert set(answers(asked, query)) == FOUND[query]


@pytest.mark.parametrize(("query", "name"), [("eau", "eau"), ("oeuvre", "oeuvre"), ("elles", "etat")])
def test_an_excerpt_shows_the_text_as_it_is_printed(asked: Page, query: str, name: str):
    assert TEXTS[name] in answers(asked, query)[name]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("qu’il", "qu’\u2060 il"),
        ("lorsqu’elle n’a", "lorsqu’\u2060 elle n’\u2060 a"),
        ("don’t, aujourd’hui, ’80", "don’t, aujourd’hui, ’80"),
        ("Œuvre, cœur", "O\u2060euvre, co\u2060eur"),
        ("porte\u2011parole", "porte-parole"),
        ("l'eau, porte-parole", "l'eau, porte-parole"),
    ],
)
def test_words_are_written_for_the_index(text: str, written: str):
    assert searchable_text(text) == written


def test_addresses_and_scripts_of_a_page_stay():
    page = '<main data-pagefind-body><h2 id="l’eau"><a href="#l’eau">l’eau</a></h2><script>"l’eau"</script></main>'
    written = searchable_page(page.encode()).decode()
    assert 'id="l’eau"' in written and '"l’eau"</script>' in written and ">l’\u2060 eau</a>" in written
    assert searchable_page(b"<p>plain</p>") == b"<p>plain</p>"
