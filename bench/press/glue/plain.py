"""What WeasyPrint takes by itself: `plain.py FOLDER OUT`, a folder of `bench.press.sheets`.

The parsed book is put in the place of WeasyPrint's own, as our plain path
does: that spares it the HTML parser, which would end a paragraph before a
list in one of its notes.
"""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse


def main(folder: Path, out: str) -> None:
    served = json.loads((folder / "served.json").read_text("utf-8"))

    class Fetcher(URLFetcher):
        def fetch(self, url, headers=None):
            name, kind = served[url]
            return URLFetcherResponse(url, (folder / name).read_bytes(), {"Content-Type": kind})

    sys.setrecursionlimit(20_000)
    book = weasyprint.HTML(string="<title></title>", base_url="millesime:/", url_fetcher=Fetcher())
    root, new = book.etree_element, ElementTree.parse(folder / "book.xml").getroot()
    root.clear()
    root.tag, root.text = new.tag, new.text
    root.attrib.update(new.attrib)
    root.extend(list(new))
    fonts = FontConfiguration()
    style = (folder / "page.css").read_text("utf-8")
    sheet = weasyprint.CSS(string=style, font_config=fonts, base_url="millesime:/", url_fetcher=Fetcher())
    book.write_pdf(out, stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
