"""Make the pictures of the README and the handbook from the demonstration: `make pictures`.

Needs what `make validate` installs besides: LibreOffice, Chromium (by Playwright), and Poppler.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
EDITION, BEFORE = "2020", "2019"
# What stands on the pages that are shown: a table and a text that changed, and a section that is new.
ANNEX_PAGE = (f"Ce qui change depuis l’édition {BEFORE}", "Part de la dépense")
WORD_PAGE = ("Quand l’hélice ne tourne pas", "Les conditions de l’entraînement")
SITE_PAGE = "gouvernance"
WIDTH = 1100  # pixels of a picture
COLOURS = 128  # of its palette: text on paper needs few


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("build", EDITION, "--to", "pdf", "--out", folder / "dist")
        run("compare", BEFORE, EDITION, "--to", "docx", "-o", folder / "redline.docx")
        run("publish", "--out", folder / "site", "--no-search")
        (pdf,) = (folder / "dist" / EDITION).glob("*.pdf")
        keep(page_with(pdf, ANNEX_PAGE, folder / "annex"), "annex.png")
        keep(page_of_site(folder / "site", folder / "site.png"), "site.png")
        keep(page_in_word(folder / "redline.docx", folder), "word.png")


def run(*arguments: str | Path) -> None:
    """Run a verb of Millésime on the demonstration."""
    subprocess.run([sys.executable, ROOT / "build.py", *map(str, arguments), "--root", ROOT], check=True)


def page_with(pdf: Path, words: tuple[str, ...], stem: Path) -> Path:
    """Return a picture of the first page of a PDF that holds all of some words."""
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout
    pages = [" ".join(page.split()) for page in text.split("\f")]
    number = next(index for index, page in enumerate(pages, 1) if all(word in page for word in words))
    return picture_of(pdf, number, stem)


def picture_of(pdf: Path, page: int, stem: Path) -> Path:
    command = ["pdftoppm", "-r", "110", "-png", "-singlefile", "-f", str(page), "-l", str(page), pdf, stem]
    subprocess.run(command, check=True)
    return stem.with_suffix(".png")


def page_of_site(site: Path, path: Path) -> Path:
    """Return a picture of a page that shows what changed in a chapter."""
    from playwright.sync_api import sync_playwright

    page = site / "redlines" / BEFORE / EDITION / f"redline-{SITE_PAGE}.html"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": 900})
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=path)
        browser.close()
    return path


def page_in_word(document: Path, folder: Path) -> Path:
    """Return a picture of a page of a Word file with its tracked changes, as LibreOffice shows them."""
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/office", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", folder, document], check=True, capture_output=True)
    return page_with(document.with_suffix(".pdf"), WORD_PAGE, folder / "word")


def keep(picture: Path, name: str) -> None:
    """Write a picture for the documentation: not wider than needed, few colours, the same bytes each time."""
    with Image.open(picture) as image:
        image = image.convert("RGB")
        if image.width > WIDTH:
            image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    main()
