"""The command line: `millesime VERB` and `python build.py VERB` are the same program.

Data goes to stdout, progress and problems to stderr. Exit status: 0 done,
1 problems in the report, 2 usage, 3 manifests, 4 revisions, 5 chapters,
6 engines, 7 output, 8 seals, checksums and signatures, 70 a mistake of
Millésime's own, 130 interrupted.
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
from contextlib import suppress

import click

from millesime import __version__
from millesime.at_work import subject_of
from millesime.cli.guardian import watch_over
from millesime.cli.terminal import is_unicode, say, styled
from millesime.limits import LimitError
from millesime.press.run.scratch import scratch_folder
from millesime.problems import OutputError, ReportError

INTERNAL, INTERRUPTED = 70, 130


# In the order of `--help`; `list` is in list.py as `list_editions`.
_VERBS = ("build", "compare", "list", "check", "new", "seal", "verify", "bundle", "publish", "init", "text", "cache")


class _Verbs(click.Group):
    """Loads a verb when it is called: to load them all takes longer than many of them work."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Two paths alone are compared: `git difftool --dir-diff --extcmd` takes no verb, only the name of one program.
        if len(args) == 2 and args[0] not in _VERBS and not args[0].startswith("-") and all(map(os.path.lexists, args)):
            args = ["compare", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_VERBS]  # in this package `list` is the module of that verb, once it is loaded

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
    _prepare()
    try:
        if arguments is None:  # as a program, not called by one
            watch_over(complain)
        with scratch_folder():
            status = program.main(arguments, prog_name="millesime", standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as error:
        words = io.StringIO()
        error.show(words)  # with names of files: whoever writes `compare *` has not chosen them
        say(words.getvalue(), err=True, nl=False)
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted; what was there before is untouched")
        status = INTERRUPTED
    except ReportError as error:
        complain(str(error))
        status = error.exit_status
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _close_stdout()
        status = 0
    except OSError as error:
        if os.environ.get("MILLESIME_DEBUG"):
            raise
        if refused := what_was_refused(error):
            complain(refused)
            status = OutputError.exit_status
        else:
            status = _complain_of_ourselves(error)
        _close_stdout()
    except MemoryError as error:
        where = named.where if (named := subject_of(error)) else "millesime"
        complain(f"{where}: more memory is needed than this process may have; end other programs, or mend it")
        status = LimitError.exit_status
    except Exception as error:
        if os.environ.get("MILLESIME_DEBUG"):
            raise
        status = _complain_of_ourselves(error)
    if arguments is None:
        gc.freeze()  # this program ends: the system takes all at once what Python would look through first
    sys.exit(status if isinstance(status, int) else 0)


def _prepare() -> None:
    """Make of the surroundings what every verb can work in."""
    mask = os.umask(0o077)
    if mask & 0o700:
        say(f"umask {mask:04o} would shut Millésime out of its own files; {mask & 0o077:04o} is used", err=True)
    os.umask(mask & 0o077)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none are wanted; to look for some takes a while
    gc.set_threshold(*_SELDOM)
    for stream in (sys.stdout, sys.stderr):
        # Where a locale does not have a letter, or a path is no text, no word is worth a lost build.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if is_unicode(stream) else "backslashreplace")


# Objects, and rounds, after which Python looks for cycles: at its own 700, as they come, it is a twentieth of an edit.
_SELDOM = (100_000, 20, 100)


def what_was_refused(error: OSError) -> str:
    """Return what the system refused, where, and what to do about it; "" for a mistake of ours."""
    if error.errno not in _OF_THE_SYSTEM:
        return ""
    where = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    if not where:
        where = f"standard output, or the folder for temporary files ({os.environ.get('TMPDIR', '/tmp')})"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        hint = "make room; TMPDIR=DIR chooses another folder for temporary files"
    elif error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN):
        hint = "end other programs, or try again with --jobs 1"
    else:
        hint = "see to its rights and its disk"
    return f"{where}: {error.strerror}; what was there before is untouched: {hint}, and run this again"


# What the machine refuses; everything else is a mistake of ours.
_OF_THE_SYSTEM = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE,
    errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ESTALE,
})  # fmt: skip


def _close_stdout() -> None:
    """Let nothing more come out when Python ends, which would complain of it in its own words."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain_of_ourselves(error: Exception) -> int:
    complain(
        f"a mistake of Millésime's own: {type(error).__name__}: {error}\n"
        "please report it, with what MILLESIME_DEBUG=1 prints"
    )
    return INTERNAL


def complain(text: str) -> None:
    """Tell a user what went wrong."""
    say(f"{styled('error:', fg='red', bold=True)} {text}", err=True)
