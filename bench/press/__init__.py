"""Our PDF against plain WeasyPrint, Typst and Chromium, on a real book: `python -m bench.press`."""
