"""Print a Typst source as PDF, with the fonts beside it: `typst_print.py SOURCE OUT`."""

import sys
from pathlib import Path

import typst

typst.compile(sys.argv[1], output=sys.argv[2], font_paths=[str(Path(sys.argv[1]).parent)])
