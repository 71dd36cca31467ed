"""Everything that the program prints: `say`, and tables and progress by rich.

What is printed holds text of others: chapters, file names, commit messages,
words of git and pandoc. A control character in it would steer a terminal:
set its title, move the cursor, hide what follows. So on a terminal each
control character is shown as `\\u001b`, as JSON and Python write it, and so
is each mark that turns the text around. Problems and progress (stderr) are
for people wherever they go, and are always shown so; what programs read
(stdout behind a pipe) is exact.

Our own colours are sequences that begin with a mark that no text can know:
it is chosen when the program starts.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

Cell = str | tuple[str, str]  # a text; or a text and its style, as rich names it

_MARK = f"\x1b{os.urandom(16).hex()}"
_MARKED = re.compile(rf"{re.escape(_MARK)}([\d;]*)m")
# C0 but for tabs and line ends, DEL, C1, marks that turn the text around, lone surrogates: bytes of a path that is no
# text, among which may be C1 controls.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def say(text: str = "", *, err: bool = False, nl: bool = True, colours: bool | None = None) -> None:
    """Print a text. `colours`: whether `styled` parts have theirs; by default, on a terminal."""
    stream = sys.stderr if err else sys.stdout
    if colours is None:
        colours = stream.isatty()
    is_exact = not err and not _is_for_terminal()
    parts = _MARKED.split(text)
    parts[0::2] = parts[0::2] if is_exact else map(shown, parts[0::2])
    parts[1::2] = (f"\x1b[{codes}m" for codes in parts[1::2]) if colours else [""] * (len(parts) // 2)
    click.echo("".join(parts), err=err, nl=nl, color=True)


def shown(text: str) -> str:
    """Return a text with each character that would steer a terminal as `\\u001b`."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def styled(text: str, **style: Any) -> str:
    """Return a text that `say` prints in a style of click's."""
    before, _, after = click.style("\x00", **style).partition("\x00")
    return f"{before.replace(chr(0x1B) + '[', _MARK)}{text}{after.replace(chr(0x1B) + '[', _MARK)}"


def _is_for_terminal() -> bool:
    """Whether a person reads stdout on a terminal, perhaps in git's pager."""
    return sys.stdout.isatty() or os.environ.get("GIT_PAGER_IN_USE") == "true"


def is_terminal() -> bool:
    return sys.stderr.isatty()


def is_unicode(stream: IO[str]) -> bool:
    """Whether every letter can be written to a stream."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def clear_progress() -> None:
    """Take away the progress bar of a process that was killed, which hid the cursor."""
    if is_terminal():
        click.echo("\r\x1b[K\x1b[?25h", err=True, nl=False, color=True)


def print_json(value: Any, *, in_one_line: bool = False) -> None:
    # Escaped where the locale has not all letters: it is JSON for programs in any.
    say(json.dumps(value, ensure_ascii=not is_unicode(sys.stdout), indent=None if in_one_line else 2))


# ---- rich ------------------------------------------------------------------


def console(*, is_exact: bool = False, **options: Any) -> Console:
    """Return the terminal that progress and tables of people's interest go to; on it every text is `shown`."""
    from rich.console import Console
    from rich.segment import Segment

    class Terminal(Console):
        def render(self, renderable, options=None):
            for segment in super().render(renderable, options):
                yield segment if is_exact or segment.control else Segment(shown(segment.text), segment.style)

    return Terminal(**{"stderr": True, "highlight": False, "markup": False, **options})


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    right: Collection[str] = (),
    terminal: Console | None = None,
) -> None:
    """Print rows under titles to stdout; columns named in `right` are aligned there.

    For programs a row is one line, however long. On a terminal too narrow for
    that, a row is a list of its titles and cells, so that no cell is broken.
    `terminal` is there for tests.
    """
    from rich.table import Table
    from rich.text import Text

    is_narrow = terminal is not None or sys.stdout.isatty()
    screen = terminal or console(stderr=False, is_exact=not is_narrow, width=None if is_narrow else _ROOM)
    cells = [[Text(*((cell,) if isinstance(cell, str) else cell)) for cell in row] for row in rows]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title in right else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    if not is_narrow:
        with screen.capture() as printed:
            screen.print(table, crop=False)
        say("\n".join(line.rstrip() for line in printed.get().rstrip("\n").split("\n")))
        return
    if screen.measure(table, options=screen.options.update(width=_ROOM)).maximum <= screen.width:
        screen.print(table, crop=False)
        return
    room = max(map(len, titles[1:]), default=0)
    for first, *others in cells:
        screen.print(Text.assemble((first.plain, "bold")), soft_wrap=True)
        for title, cell in zip(titles[1:], others, strict=True):
            if cell.plain:
                screen.print(Text.assemble(f"  {title:{room}}  ", cell), soft_wrap=True)


_ROOM = 10_000  # columns, more than any row has
