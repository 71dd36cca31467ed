"""Run git commands in a repository; the only module that imports GitPython.

A cloned repository is untrusted: its configuration may name programs. Every
command here runs without hooks, file monitors, pagers, signatures, filters,
external diffs, replaced objects or the network, takes no locks, and is told
names as NUL-separated bytes. Commands are started one by one and none is
kept, so a Repository may be used by several threads; a GitPython `Repo` may
not.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from millesime.at_work import allowed, subject
from millesime.limits import LimitError, raise_hint
from millesime.problems import RevisionError

if TYPE_CHECKING:
    import git

_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.quotePath=false",
    "-c", "core.sshCommand=false",
    "-c", "core.alternateRefsCommand=false",
    "-c", "core.attributesFile=/dev/null",
    "-c", "credential.helper=",
    "-c", "diff.external=",
    "-c", "gc.auto=0",
    "-c", "i18n.logOutputEncoding=UTF-8",
    "-c", "log.showSignature=false",
    "-c", "log.mailmap=false",
    "-c", "maintenance.auto=false",
    "-c", "protocol.allow=never",
    "-c", "trailer.separators=:",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
}
# Of git's variables only these are handed on: where git is, and where it is told whose repositories are trusted. The
# others would impose another repository, another index, other rules of matching and diffs, or lines of a trace.
_KEPT = re.compile(
    r"GIT_(EXEC_PATH|PYTHON_.*|TEST_ASSUME_DIFFERENT_OWNER|CONFIG_(GLOBAL|SYSTEM|COUNT|KEY_\d+|VALUE_\d+|PARAMETERS))"
)
_MINIMUM_VERSION = (2, 31)  # `--diff-merges`, `--path-format`
_MAXIMUM_BLOB_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What git says of one object."""

    kind: str  # "commit", "tree", "blob" or "tag"
    size: int  # in bytes


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in one tree."""

    mode: str  # "100644", "100755", "120000" a link, "160000" a submodule, "40000" a folder
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository that is only read."""

    root: Path  # top of the working tree; the repository itself where it is bare
    folder: str = ""  # of the report, from `root`: "docs/report"; "": the report is the whole repository
    is_bare: bool
    is_shallow: bool
    id_length: int  # of an object's id in hexadecimal: 40, or 64 with SHA-256
    _git: git.Git = field(repr=False, compare=False)
    _unset: tuple[str, ...] = field(default=(), repr=False, compare=False)
    _environment: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what one git command prints. Raises RevisionError with git's own words if it fails."""
        status, output, complaint = self.ask(*arguments, stdin=stdin)
        if status:
            raise RevisionError(f"{self.root}: git {arguments[0]}: {_first_line(complaint)}; {_remedy(complaint)}")
        return output

    def ask(self, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        """Return the status of one git command, what it prints and its complaint."""
        return _execute(self._git, arguments, stdin=stdin, unset=self._unset, environment=self._environment)

    def object_infos(self, ids: Sequence[str]) -> dict[str, ObjectInfo]:
        """Return kind and size of the objects that the repository has, by id."""
        if not ids:
            return {}
        status, output, _ = self.ask("cat-file", "--batch-check", "--buffer", stdin=_lines(ids))
        found = {}
        for line in output.decode("ascii", "replace").splitlines():
            parts = line.split(" ")
            if len(parts) == 3 and parts[2].isdigit():
                found[parts[0]] = ObjectInfo(parts[1], int(parts[2]))
        if status and len(ids) > 1:  # git died at an object that is missing or damaged: ask for each
            found |= {id: info for one in ids if one not in found for id, info in self.object_infos([one]).items()}
        return found

    def read_objects(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return the content of objects by id, in one `cat-file --batch`; what is missing is left out.

        Raises RevisionError for a blob of more than 256 MiB.
        """
        infos = self.object_infos(ids)
        for id, info in infos.items():
            if info.size > _MAXIMUM_BLOB_BYTES:
                size = f"object {id[:10]} has {info.size / 1024**2:.0f} MiB"
                raise RevisionError(f"{self.root}: {size}; a report's file may have {_MAXIMUM_BLOB_BYTES // 1024**2}")
        wanted = [id for id in dict.fromkeys(ids) if id in infos]
        if not wanted:
            return {}
        output = self.run("cat-file", "--batch", "--buffer", stdin=_lines(wanted))
        return dict(_objects(output))

    def read_trees(self, ids: Sequence[str]) -> dict[str, dict[str, TreeEntry]]:
        """Return the entries of trees by id, each by name."""
        return {id: dict(self._entries(content)) for id, content in self.read_objects(ids).items()}

    def _entries(self, content: bytes) -> Iterator[tuple[str, TreeEntry]]:
        # "mode name\0id", the id in binary: git-scm.com/book, "Git Objects".
        id_bytes, place = self.id_length // 2, 0
        while place < len(content):
            space = content.index(b" ", place)
            end = content.index(b"\0", space)
            name = content[space + 1 : end].decode("utf-8", "surrogateescape")
            id = content[end + 1 : end + 1 + id_bytes].hex()
            yield name, TreeEntry(content[place:space].decode("ascii", "replace"), id)
            place = end + 1 + id_bytes

    def references(self) -> dict[str, str]:
        """Return every tag and branch: its full name → the id of what it names."""
        form = "--format=%(refname)%00%(objectname)"
        output = self.run("for-each-ref", form, "refs/tags", "refs/heads", "refs/remotes")
        pairs = (line.split("\0") for line in output.decode("utf-8", "surrogateescape").split("\n") if line)
        return dict(pairs)

    def is_partial(self) -> bool:
        """Whether some objects were left at a remote when the repository was cloned."""
        pattern = r"^(extensions\.partialclone|remote\..*\.promisor)$"
        status, _, _ = self.ask("config", "--local", "--get-regexp", pattern)
        return status == 0


@contextmanager
def open_repository(root: Path) -> Iterator[Repository]:
    """Open the repository that `root` lies in, whichever of its folders that is: `folder` says which.

    Raises RevisionError if there is none, or if git does not trust it.
    """
    yield _open(root)


def find_repository(root: Path) -> Repository | None:
    """Return the repository that `root` lies in, or None where there is none at all."""
    try:
        return _open(root)
    except _NoRepository:
        return None


def init_repository(folder: Path, *, object_format: str = "sha1") -> Repository:
    """Return a new repository in an empty folder of our own, for objects that a user's must not get."""
    runner = _load_git(folder)
    unset = _foreign_variables()
    command = ("init", "--quiet", "--template=", f"--object-format={object_format}", "--initial-branch=main")
    status, _, complaint = _execute(runner, command, unset=unset)
    if status:
        raise RevisionError(f"{folder}: git cannot begin a repository: {_first_line(complaint)}; {_remedy(complaint)}")
    return _open(folder)


@contextmanager
def without_configuration(repository: Repository) -> Iterator[Repository]:
    """Give the objects of a repository in one that no configuration, attribute or environment reaches.

    What git says of differences depends on dozens of settings of the user and
    of the clone: `diff.algorithm`, `diff.interHunkContext`, `*.md -diff` in
    .gitattributes, .mailmap, `trailer.*`. Attributes even decide which files
    count as renamed, and no option of git takes their place. So what is
    published is read in a bare repository of our own, in a temporary folder,
    which borrows the objects. It has no branch, tag, file or index.
    """
    common = repository.run("rev-parse", "--path-format=absolute", "--git-common-dir").removesuffix(b"\n")
    with tempfile.TemporaryDirectory(prefix="millesime-") as name:
        folder = Path(name)
        for inner in ("objects/info", "refs"):
            (folder / inner).mkdir(parents=True)
        (folder / "HEAD").write_bytes(b"ref: refs/heads/main\n")
        (folder / "config").write_text(_CONFIGURATION[repository.id_length], encoding="ascii")
        (folder / "objects/info/alternates").write_bytes(_quoted(os.path.join(common, b"objects")) + b"\n")
        if repository.is_shallow:
            shutil.copyfile(os.path.join(common, b"shallow"), folder / "shallow")
        yield Repository(
            root=folder,
            is_bare=True,
            is_shallow=repository.is_shallow,
            id_length=repository.id_length,
            _git=_load_git(folder),
            _unset=tuple(name for name in os.environ if name.startswith("GIT_") and name != "GIT_EXEC_PATH"),
            _environment={
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_SYSTEM": os.devnull,
                "HOME": name,  # git before 2.32 knows no GIT_CONFIG_GLOBAL
                "XDG_CONFIG_HOME": name,
            },
        )


_CONFIGURATION = {
    40: "[core]\nrepositoryFormatVersion = 0\nbare = true\n",
    64: "[core]\nrepositoryFormatVersion = 1\nbare = true\n[extensions]\nobjectFormat = sha256\n",
}


def _quoted(path: bytes) -> bytes:
    """Return a path as a line of `objects/info/alternates`, gitrepository-layout(5)."""
    if b"\n" not in path:
        return path
    return b'"' + re.sub(rb'[\\"]', rb"\\\g<0>", path).replace(b"\n", rb"\n") + b'"'


@cache
def git_version() -> str:
    """Return the version of git, "2.39.5"; "" where there is none."""
    try:
        runner = _import_git().Git(os.sep)
        program = runner.GIT_PYTHON_GIT_EXECUTABLE or "git"
        _, output, _ = runner.execute([program, "version"], with_extended_output=True, with_exceptions=False)
    except (RevisionError, OSError):
        return ""
    found = re.search(r"\d{1,9}(\.\d{1,9})+", str(output))
    return found[0] if found else ""


class _NoRepository(RevisionError):
    """No repository above a folder: a working tree can still be read."""


def _open(root: Path) -> Repository:
    if not root.is_dir():
        raise RevisionError(f"{root}: no such folder; name the folder of the report")
    runner = _load_git(root)
    unset = _foreign_variables()
    question = ("rev-parse", "--is-bare-repository", "--is-shallow-repository", "--git-dir")
    status, output, complaint = _execute(runner, question, unset=unset)
    if status:
        raise _opening_error(root, complaint)
    bare, shallow, git_dir = output.decode("utf-8", "surrogateescape").split("\n", 2)
    is_bare = bare == "true"
    if is_bare:
        top = os.path.join(root, git_dir.removesuffix("\n"))
    else:
        status, output, complaint = _execute(runner, ("rev-parse", "--show-toplevel"), unset=unset)
        if status:
            raise _opening_error(root, complaint)
        top = output.decode("utf-8", "surrogateescape").removesuffix("\n")
        # A clone's configuration could call any folder its working tree, the whole disk for one.
        if not os.path.lexists(os.path.join(top, ".git")):
            hint = "remove core.worktree from its configuration"
            raise RevisionError(f"{root}: the repository says that its files are in {top!r}; {hint}")
    top = os.path.realpath(top)
    runner = _load_git(Path(top))
    _check_own(root, top, runner, is_bare=is_bare, unset=unset)
    status, output, _ = _execute(runner, ("rev-parse", "--show-object-format"), unset=unset)
    return Repository(
        root=Path(top),
        folder="" if is_bare else _inside(os.path.realpath(root), top),
        is_bare=is_bare,
        is_shallow=shallow == "true",
        id_length=64 if output.strip() == b"sha256" else 40,
        _git=runner,
        _unset=unset,
    )


def _check_own(root: Path, top: str, runner: git.Git, *, is_bare: bool, unset: Sequence[str]) -> None:
    """Raise RevisionError for a folder whose .git leads to a repository that does not know it.

    A folder from strangers could say `gitdir: ../private/.git`, and would be
    published from there. A worktree is known by the file `gitdir` of its
    repository, a submodule by `core.worktree`: gitrepository-layout(5).
    """
    entry = os.path.join(top, ".git")
    is_plain = is_bare or (os.path.isdir(entry) and not os.path.islink(entry))
    folder = os.path.realpath(top if is_bare else entry)
    if is_plain and not os.path.lexists(os.path.join(folder, "commondir")):
        if not is_bare or _is_within(os.path.realpath(root), top):
            return
    elif not is_bare:
        question = ("rev-parse", "--path-format=absolute", "--git-dir")
        folder = os.path.realpath(os.fsdecode(_execute(runner, question, unset=unset)[1].removesuffix(b"\n")))
        question = ("config", "--file", os.path.join(folder, "config"), "core.worktree")
        worktree = os.fsdecode(_execute(runner, question, unset=unset)[1].removesuffix(b"\n"))
        if os.path.lexists(os.path.join(folder, "commondir")):
            if _leads_back(folder, top):
                return
        elif worktree and os.path.realpath(os.path.join(folder, worktree)) == top:
            return
    raise RevisionError(
        f"{root}: its .git leads to the repository {folder}, which does not know this folder; clone that repository, "
        "or let it know the folder with: git worktree add"
    )


def _leads_back(folder: str, top: str) -> bool:
    """Whether a repository's folder `…/worktrees/NAME` names a worktree as its own."""
    try:
        named = Path(folder, "gitdir").read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n")
        common = Path(folder, "commondir").read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n")
    except OSError:
        return False
    above, name = os.path.split(os.path.join(folder, named))
    above_all = os.path.realpath(os.path.join(folder, common))
    return (
        name == ".git"
        and os.path.realpath(above) == top
        and os.path.dirname(folder) == os.path.join(above_all, "worktrees")
    )


def _is_within(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def _inside(folder: str, top: str) -> str:
    """Return a folder's path from the top of its repository, "" for the top itself and for a folder outside it."""
    path = os.path.relpath(folder, top).replace(os.sep, "/")
    return "" if path == "." or path.split("/")[0] == ".." else path


def _opening_error(root: Path, complaint: str) -> RevisionError:
    if "dubious ownership" in complaint:
        found = re.search(r"repository at '([^']*)'", complaint)
        top = found[1] if found else str(root)
        return RevisionError(
            f"{root}: the repository belongs to another user, so git does not trust it; if you do, "
            f"run: git config --global --add safe.directory {top}"
        )
    if "not a git repository" in complaint and "gitdir" not in complaint.lower():
        return _NoRepository(
            f"{root}: not a git repository; run 'git init' there, or name the report's folder with --root"
        )
    return RevisionError(f"{root}: git cannot open the repository: {_first_line(complaint)}; {_remedy(complaint)}")


def _load_git(folder: Path) -> git.Git:
    """Return what runs git in a folder. Raises RevisionError if git is not installed, or too old."""
    loaded = _import_git()
    version = git_version()
    if version and tuple(map(int, version.split(".")[:2])) < _MINIMUM_VERSION:
        wanted = ".".join(map(str, _MINIMUM_VERSION))
        raise RevisionError(
            f"git: version {version} is too old to read a report's history, which takes {wanted} or newer; install a "
            "newer one: https://git-scm.com/downloads"
        )
    return loaded.Git(folder)


def _import_git() -> ModuleType:
    try:
        import git  # here, because it looks for the program when it is imported
    except ImportError as error:
        raise RevisionError("git: not installed; install it, on Debian and Ubuntu with: apt-get install git") from error
    return git


def _foreign_variables() -> tuple[str, ...]:
    return tuple(name for name in os.environ if name.startswith("GIT_") and not _KEPT.fullmatch(name))


def _execute(
    runner: git.Git, arguments: Sequence[str], *, stdin: bytes = b"", unset: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, bytes, str]:  # fmt: skip
    # GitPython hands the whole environment on; env(1) is how to leave something out of it.
    without = ["env", *(part for name in unset for part in ("-u", name))] if unset else []
    limits = allowed()
    bounds = ["sh", "-c", _BOUNDED, "sh", str(limits.work), str(limits.memory_bytes // 1024)]
    command = [*bounds, *without, runner.GIT_PYTHON_GIT_EXECUTABLE or "git", *_OPTIONS, *arguments]
    with tempfile.TemporaryFile() as stream:
        stream.write(stdin)
        stream.seek(0)
        status, output, complaint = runner.execute(
            command,
            istream=stream,
            env={**_ENVIRONMENT, **environment},
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    told = named.where if (named := subject()) else str(runner.working_dir)
    if status in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        raise LimitError(
            f"{told}: git {arguments[0]} took more than {limits.work} s of processor time; {raise_hint('work', limits)}"
        )
    if status and re.search(r"[Oo]ut of memory|memory exhausted|Cannot allocate memory", complaint):
        raise LimitError(
            f"{told}: git {arguments[0]} needed more than {limits.memory} MiB; {raise_hint('memory', limits)}"
        )
    return status, output, complaint


# Limits of the process that becomes git: seconds of processor time, KiB of memory that it may write to (mapped packs
# do not count). The shell's are set in the child, without a function of Python between fork and exec.
_BOUNDED = 'ulimit -S -t "$1"; ulimit -S -d "$2"; shift 2; exec "$@"'


def _objects(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Read what `cat-file --batch` prints: "id kind size\\n", the content, "\\n"; or "id missing\\n"."""
    place = 0
    while place < len(output):
        end = output.index(b"\n", place)
        parts = output[place:end].decode("ascii", "replace").split(" ")
        place = end + 1
        if len(parts) == 3:
            size = int(parts[2])
            yield parts[0], output[place : place + size]
            place += size + 1


def _lines(ids: Iterable[str]) -> bytes:
    ids = list(dict.fromkeys(ids))
    assert all(re.fullmatch(r"[0-9a-f]{40,64}", id) for id in ids)
    return "".join(f"{id}\n" for id in ids).encode("ascii")


def _first_line(complaint: str) -> str:
    lines = [line for line in complaint.splitlines() if line.strip() and not line.startswith("hint:")]
    return re.sub(r"^(fatal|error): ", "", lines[0]) if lines else "no word of why"


def _remedy(complaint: str) -> str:
    if re.search(r"promisor|lazy fetch|transport '.*' not allowed", complaint):
        return "this is a partial clone; get the rest with: git fetch --refetch --no-filter"
    if re.search(r"bad object|corrupt|loose object|unable to read|missing", complaint):
        return "objects are missing or damaged; look with: git fsck"
    return "look with: git status"
