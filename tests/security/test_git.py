"""Repositories that strangers prepared: what git would run is not run, and what their history says is text."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from millesime import at_work
from millesime.cli import program
from millesime.history.repository import find_repository
from millesime.history.revision import resolve_revision
from millesime.limits import LimitError, Limits
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import make_artifact
from millesime.problems import ReportError, RevisionError
from millesime.series.series import load_series
from tests.security.artifacts import FORMATS, SVG, Made, dangers, text_of, unpacked
from tests.support import TestRepository, make_repository

ROOT = Path(__file__).resolve().parents[2]
TEXT = "# Un\n\nLa ville partage ses données avec tous, dit le conseil.\n"
MANIFEST = "date: {date}\nrevision: '{revision}'\nchapters: [chapters/a.md]\n"
MESSAGES = [
    "--output=evil --exec=touch evil",
    "<script>alert(1)</script>\n\nContribution: <img src=x onerror=alert(1)>\nHearing: [x](javascript:alert(1))",
    "`<script>alert(1)</script>`{=html} [lien](javascript:alert(1)) ![x](https://evil.example/a.png)",
    "{{ ''.__class__.__mro__ }} {% include '/etc/passwd' %} ```{=openxml}",
    "\u202egnirts\u202c \x1b[31mrouge\x1b]0;titre\x07 \x08\x08 \x7f",
]
_KEYS = (
    "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy", "diff.external",
    "diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
    "merge.evil.driver", "gpg.program", "gpg.ssh.program", "pager.log", "pager.diff", "interactive.diffFilter",
    "trailer.evil.command", "trailer.evil.cmd", "credential.helper", "core.alternateRefsCommand", "sequence.editor",
    "uploadpack.packObjectsHook", "remote.origin.uploadpack", "alias.log", "alias.rev-parse", "difftool.evil.cmd",
)  # fmt: skip
_HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc", "update")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestRepository, Path]:
    """A repository whose every commit, branch, tag, hook and setting attacks; and a folder that must stay empty."""
    folder = tmp_path_factory.mktemp("hostile")
    repo, witness = make_repository(folder), folder / "witness"
    witness.mkdir()
    program_file = folder / "evil"
    program_file.write_text(f"#!/bin/sh\necho run >> {witness}/run\ncat\n", "utf-8")
    program_file.chmod(0o755)
    first = repo.commit({"editions/report.yaml": "title: Rapport\nlanguage: fr\n", "chapters/a.md": TEXT})
    for number, message in enumerate(MESSAGES):
        text = repo.root.joinpath("chapters/a.md").read_text("utf-8")
        repo.commit({"chapters/a.md": f"{text}\nUn alinéa nouveau, le numéro {number}.\n"}, message=message)
    last = repo.git("rev-parse", "HEAD")
    for name in ("--upload-pack=evil", "-o", "--output=evil"):
        for kind in ("heads", "tags"):
            repo.git("update-ref", f"refs/{kind}/{name}", first)
    attributes = "* filter=evil diff=evil merge=evil\n*.md working-tree-encoding=UTF-16 ident export-subst\n"
    repo.commit({
        "editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision=first),
        "editions/2019.yaml": MANIFEST.format(date="2019-07-03", revision=last)
        + 'annexes: [{redline: "2018", provenance: true}]\n',
        "editions/2020.yaml": "date: 2020-07-03\nchapters: [chapters/a.md]\n",
        "chapters/evil.svg": f"{SVG}</svg>",
    })  # fmt: skip
    repo.write({".gitattributes": attributes})  # last: a commit of the fixture's own git would run it
    included = folder / "included"
    included.write_text(f"[core]\n\tfsmonitor = {program_file}\n", "utf-8")
    for key in _KEYS:
        repo.git("config", key, str(program_file) if not key.startswith("alias") else f"!{program_file}")
    for key, value in {
        "filter.evil.required": "true", "log.showSignature": "true", "include.path": str(included),
        "core.hooksPath": str(repo.root / ".git" / "hooks"), "protocol.ext.allow": "always", "diff.noprefix": "true",
        "remote.origin.url": f"ext::{program_file}", "remote.origin.promisor": "true", "core.quotePath": "true",
        "submodule.recurse": "true", "diff.submodule": "log", "core.attributesFile": str(included),
        "log.diffMerges": "on", "color.ui": "always", "format.pretty": "%x00%x01", "log.date": "relative",
    }.items():  # fmt: skip
        repo.git("config", key, value)
    hooks = repo.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in _HOOKS:
        (hooks / hook).write_bytes(program_file.read_bytes())
        (hooks / hook).chmod(0o755)
    for place in witness.iterdir():  # what the fixture's own git ran
        place.unlink()
    return repo, witness


@pytest.fixture(scope="module")
def made(hostile: tuple[TestRepository, Path]) -> Made:
    root = hostile[0].root
    report = assemble_edition(Workspace(load_series(root), find_repository(root)), "2019")
    return {kind: unpacked(kind, make_artifact(report, kind)) for kind in FORMATS}


def test_the_programs_would_run_if_git_were_asked_plainly(hostile: tuple[TestRepository, Path]):
    repo, witness = hostile
    repo.root.joinpath("chapters/a.md").touch()
    subprocess.run(["git", "status"], cwd=repo.root, env=repo.environment, capture_output=True)
    assert [place.name for place in witness.iterdir()] == ["run"]
    (witness / "run").unlink()


def test_a_commit_message_is_text_in_every_format(made: Made):
    assert dangers(made) == []
    for kind, text in text_of(made).items():
        assert "<script>alert(1)</script>" in text, kind
        assert "{{ ''.__class__.__mro__ }} {% include" in text.replace("’", "'"), kind


def test_building_runs_no_program_of_the_repository(made: Made, hostile: tuple[TestRepository, Path]):
    assert made
    assert list(hostile[1].iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--json"),
        ("check", "2020"),
        ("compare", "2018", "2020"),
        ("compare", "2018", "main", "--to", "md", "-o", "OUT"),
    ],
    ids=lambda words: words[0],
)
def test_no_verb_runs_a_program_of_the_repository(
    words: tuple[str, ...], hostile: tuple[TestRepository, Path], tmp_path: Path
):
    repo, witness = hostile
    repo.root.joinpath("chapters/a.md").touch()
    before = files_of(repo.root)
    words = tuple(str(tmp_path / "out.md") if word == "OUT" else word for word in words)
    result = CliRunner().invoke(program, [*words, "--root", str(repo.root)], env={"MILLESIME_CACHE": str(tmp_path)})
    assert result.exception is None or isinstance(result.exception, (SystemExit, ReportError)), result.output
    assert list(witness.iterdir()) == []
    assert files_of(repo.root) == before


def test_what_goes_to_a_terminal_holds_no_control_characters(hostile: tuple[TestRepository, Path], tmp_path: Path):
    result = CliRunner().invoke(
        program, ["compare", "2018", "2019", "--root", str(hostile[0].root)], env={"MILLESIME_CACHE": str(tmp_path)}
    )
    assert "\x1b]" not in result.output and "\x08" not in result.output


def files_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", ["--output=evil", "-o", "--upload-pack=evil", "main --exec=x", "main\n--all", "@{-1}"])
def test_a_revision_that_looks_like_an_option_is_no_option(
    name: str, hostile: tuple[TestRepository, Path], tmp_path: Path
):
    repo, witness = hostile
    before = files_of(repo.root)
    manifest = repo.root / "editions/2018.yaml"
    content = manifest.read_text("utf-8")
    try:
        quoted = name.replace("\n", "\\n")
        manifest.write_text(f'date: 2018-07-03\nrevision: "{quoted}"\nchapters: [chapters/a.md]\n', "utf-8")
        with pytest.raises(ReportError, match=r"^editions/2018\.yaml: revision: "):
            Workspace(load_series(repo.root), find_repository(repo.root)).manuscript("2018")
    finally:
        manifest.write_text(content, "utf-8")
    assert files_of(repo.root) == before
    assert list(witness.iterdir()) == []


def test_a_repository_that_is_elsewhere_is_not_followed_out_of_its_folder(tmp_path: Path):
    """`core.worktree` could make the whole disk the report."""
    repo = make_repository(tmp_path)
    repo.commit({"a.md": "a"})
    repo.git("config", "core.worktree", "/")
    with pytest.raises(RevisionError, match=r"core\.worktree"):
        find_repository(repo.root)


def test_nothing_of_a_submodule_is_read(tmp_path: Path):
    repo = make_repository(tmp_path)
    repo.write({".gitmodules": '[submodule "x"]\n\tpath = chapters\n\turl = ext::evil\n\tupdate = !evil\n'})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},chapters")
    repo.write({"editions/report.yaml": "title: T\nlanguage: fr\n"})
    repo.git("add", "editions", ".gitmodules")
    repo.git("commit", "--quiet", "--message", "x")
    id = repo.git("rev-parse", "HEAD")
    repo.write({"editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision=id)})
    with pytest.raises(ReportError, match="submodule"):
        Workspace(load_series(repo.root), find_repository(repo.root)).manuscript("2018")


def _private(tmp_path: Path) -> TestRepository:
    """A repository that a folder beside it has nothing to do with."""
    (tmp_path / "private").mkdir()
    private = make_repository(tmp_path / "private")
    private.commit({"chapters/a.md": "# Un\n\nSECRET\n", "editions/report.yaml": "title: Secret\nlanguage: fr\n"})
    (tmp_path / "sent").mkdir()
    return private


@pytest.mark.parametrize("way", ["file", "link", "commondir", "commondir and core.worktree", "bare"])
def test_a_folder_that_a_repository_does_not_know_is_not_read_from_it(way: str, tmp_path: Path):
    private = _private(tmp_path)
    sent, theirs = tmp_path / "sent", private.root / ".git"
    if way == "bare":
        subprocess.run(["git", "-C", private.root, "config", "core.bare", "true"], check=True)
    if way in ("file", "bare"):
        (sent / ".git").write_text(f"gitdir: {theirs}\n", encoding="utf-8")
    elif way == "link":
        (sent / ".git").symlink_to(theirs)
    else:
        (sent / ".git").mkdir()
        (sent / ".git/HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
        (sent / ".git/commondir").write_text(f"{theirs}\n", encoding="utf-8")
        if "worktree" in way:
            (sent / ".git/config").write_text("[core]\nworktree = ..\n", encoding="ascii")
    with pytest.raises(RevisionError, match="which does not know this folder"):
        find_repository(sent)


def test_worktrees_and_submodules_that_their_repository_knows_are_read(tmp_path: Path):
    private = _private(tmp_path)
    private.git("worktree", "add", "-q", str(tmp_path / "known"))
    assert find_repository(tmp_path / "known").root == tmp_path / "known"
    outer = make_repository(tmp_path / "sent")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(private.root), "inner")
    assert find_repository(outer.root / "inner/chapters").root == outer.root / "inner"


ENDLESS_GIT = """#!/bin/sh
ulimit -H -t 20
case "$*" in *rev-parse*--verify*) while :; do :; done;; esac
exec {git} "$@"
"""


def test_a_revision_that_keeps_git_busy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    repo = make_repository(tmp_path / "report")
    repo.commit({"a.md": "a"})
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(ENDLESS_GIT.format(git=shutil.which("git")))
    program.chmod(0o755)
    monkeypatch.setattr(at_work, "_allowed", Limits(work=1))
    repository = find_repository(repo.root)
    monkeypatch.setattr(type(repository._git), "GIT_PYTHON_GIT_EXECUTABLE", str(program))
    said = r"^editions/2019\.yaml: revision: 'main': git rev-parse took more than 1 s of processor time; .*work: 1"
    with pytest.raises(LimitError, match=said):
        resolve_revision(repository, "main", where="editions/2019.yaml: revision")


HUNGRY = """
import resource, sys
from pathlib import Path
from millesime import at_work
from millesime.history.repository import find_repository
from millesime.limits import LimitError, Limits
resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))  # for the machine, if git had no limit of its own
at_work.allow(Limits(memory=256))
repository = find_repository(Path(sys.argv[1]))
try:
    repository.run("rev-parse", "--verify", "HEAD^{/((((a{1,255}){1,255}){1,255})}")
except LimitError as error:
    print(error)
except Exception as error:
    print(type(error), error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def test_git_has_no_more_memory_than_it_may(tmp_path: Path):
    """Such a revision is refused before git hears of it; here git is asked all the same."""
    repo = make_repository(tmp_path)
    repo.commit({"a.md": "a"})
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY, repo.root], capture_output=True, text=True, cwd=ROOT, timeout=300, check=True
    )
    *said, held = done.stdout.splitlines()
    assert int(held) < 400, said
