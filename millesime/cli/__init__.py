"""The command line: `millesime VERB` and `python build.py VERB` are the same program.

Data goes to stdout, progress and problems to stderr. Exit status: 0 done,
1 problems in the report, 2 usage, 3 manifests, 4 revisions, 5 chapters,
6 engines, 7 output, 8 seals, checksums and signatures, 70 a mistake of
Millésime's own, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

from millesime import __version__
from millesime.problems import ReportError

INTERNAL, INTERRUPTED = 70, 130


# In the order of `--help`; `list` is in list.py as `list_editions`.
_VERBS = ("build", "compare", "list", "check", "new", "seal", "verify", "bundle", "publish", "init", "text", "cache")


class _Verbs(click.Group):
    """Loads a verb when it is called: to load them all takes longer than many of them work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"millesime.cli.{cmd_name}")
        return getattr(module, "list_editions" if cmd_name == "list" else cmd_name)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="millesime", message="%(prog)s %(version)s")
def program() -> None:
    """Publish a living report: dated PDF, EPUB and HTML editions, and what changed between them.

    \b
    Exit status: 0 done; 1 problems in the report; 2 usage; 3 manifests;
    4 revisions; 5 chapters; 6 engines; 7 output; 8 seals, checksums and
    signatures; 70 a mistake of Millésime's own; 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit status; no traceback reaches a user."""
    try:
        status = program.main(arguments, prog_name="millesime", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; what was there before is untouched")
        status = INTERRUPTED
    except ReportError as error:
        _complain(str(error))
        status = error.exit_status
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        if os.environ.get("MILLESIME_DEBUG"):
            raise
        _complain(
            f"a mistake of Millésime's own: {type(error).__name__}: {error}\n"
            "please report it, with what MILLESIME_DEBUG=1 prints"
        )
        status = INTERNAL
    sys.stdout.flush()
    sys.exit(status if isinstance(status, int) else 0)


def _complain(text: str) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)
