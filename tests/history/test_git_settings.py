"""What git says of history does not depend on who asks: not on settings, attributes, .mailmap or the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from millesime.history import repository as module
from millesime.history.line_history import trace_lines
from millesime.history.log import read_log
from millesime.history.renames import find_renames
from millesime.history.repository import find_repository, git_version, without_configuration
from millesime.press.cache.toolchain import toolchain
from millesime.press.cache.tools import tool_differences, tool_versions
from millesime.problems import RevisionError
from tests.support import TestRepository, make_repository

PATH = "chapters/a.md"
# Two words change on each side of one that stays, and blocks are repeated: what algorithms and contexts see otherwise.
OLD = "".join(f"{line}\n" for line in "a b c { x } d e { x } f g h { x } i".split())
NEW = "".join(f"{line}\n" for line in "b A c { y } { x } d E { x } f g { x } H { z } i".split())
OTHER = "".join(f"Une ligne {number} d'un autre chapitre.\r\n" for number in range(12))
SETTINGS = {
    "diff.algorithm": "patience", "diff.interHunkContext": "9", "diff.context": "7", "diff.renames": "false",
    "diff.renameLimit": "1", "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.indentHeuristic": "false",
    "diff.orderFile": "order", "diff.relative": "true", "diff.suppressBlankEmpty": "true",
    "diff.wsErrorHighlight": "all",
    "diff.colorMoved": "zebra", "diff.submodule": "log", "diff.ignoreSubmodules": "none", "diff.external": "false",
    "log.showRoot": "false", "log.follow": "true", "log.diffMerges": "combined", "log.mailmap": "true",
    "mailmap.file": "people", "core.bigFileThreshold": "1", "core.attributesFile": "attributes",
    "core.whitespace": "cr",
    "core.quotePath": "true", "core.abbrev": "4", "color.ui": "always", "format.pretty": "raw",
    "notes.displayRef": "*",
    "trailer.contribution.key": "Hearing: ", "trailer.separators": "#", "i18n.logOutputEncoding": "latin1",
    "diff.evil.algorithm": "minimal", "diff.evil.binary": "true", "diff.evil.xfuncname": ".",
    "diff.evil.wordRegex": ".",
}  # fmt: skip
ATTRIBUTES = "*.md -diff\nchapters/b.md binary\n*.md diff=evil\n"


def written(settings: dict[str, str]) -> str:
    """Return settings as a file of git has them."""
    lines = []
    for key, value in settings.items():
        section, *middle, name = key.split(".")
        lines += [f'[{section} "{middle[0]}"]' if middle else f"[{section}]", f'\t{name} = "{value}"']
    return "\n".join(lines) + "\n"


def write_history(folder: Path) -> tuple[TestRepository, str, str]:
    made = make_repository(folder)
    made.commit({PATH: OLD, "chapters/b.md": OTHER, "chapters/c.md": OTHER.replace("autre", "tiers")}, message="Un")
    old = made.git("rev-parse", "HEAD")
    made.commit({PATH: NEW}, message="Deux\n\nContribution: C-1\nHearing: A-1\n")
    made.git("mv", "chapters/b.md", "chapters/d.md")
    made.git("mv", "chapters/c.md", "chapters/e.md")
    made.commit({"chapters/d.md": OTHER.replace("ligne 3", "phrase 3").replace("ligne 8", "phrase 8")}, message="Trois")
    return made, old, made.git("rev-parse", "HEAD")


def told(made: TestRepository, old: str, new: str) -> tuple:
    repository = find_repository(made.root)
    assert repository is not None
    names = {"a": OLD, "b": OTHER, "c": OTHER.replace("autre", "tiers")}
    olds = {f"chapters/{name}.md": text.encode() for name, text in names.items()}
    news = {
        f"chapters/{name}.md": repository.run("cat-file", "blob", f"{new}:chapters/{name}.md")
        for name in ("a", "d", "e")
    }
    return (
        trace_lines(repository, old, new, old_texts=olds, new_texts=news),
        read_log(repository, old, new),
        find_renames(repository, old, new),
    )


@pytest.mark.parametrize("place", ["clone", "user", "attributes", "info", "environment"])
def test_no_setting_changes_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str):
    made, old, new = write_history(tmp_path)
    expected = told(made, old, new)
    assert len(expected[0]) == 3 and len(expected[2]) == 2, "every file is followed"
    made.write({"order": "chapters/e*\nchapters/d*\n", "people": "Un Autre <equipe@example.org>\n",
                "attributes": ATTRIBUTES, ".mailmap": "Un Autre <equipe@example.org>\n"})  # fmt: skip
    match place:
        case "clone":
            with (made.root / ".git/config").open("a") as stream:
                stream.write(written(SETTINGS))
            made.write({".gitattributes": "*.md diff=evil\n"})
        case "user":
            settings = tmp_path / "settings"
            settings.write_text(written(SETTINGS))
            monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        case "attributes":
            made.commit({".gitattributes": ATTRIBUTES})
        case "info":
            (made.root / ".git/info/attributes").write_text(ATTRIBUTES)
        case "environment":
            monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=5")
            monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
            monkeypatch.setenv("GIT_TRACE", "1")
            monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(SETTINGS)))
            for index, (key, value) in enumerate(SETTINGS.items()):
                monkeypatch.setenv(f"GIT_CONFIG_KEY_{index}", key)
                monkeypatch.setenv(f"GIT_CONFIG_VALUE_{index}", value)
    assert told(made, old, new) == expected


@pytest.mark.parametrize("name", ["plain", 'with "quotes" \\ and\na line', "#hash"])
def test_objects_are_borrowed_wherever_they_are(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    made, _, new = write_history(tmp_path / name)
    with without_configuration(find_repository(made.root)) as objects:
        assert objects.run("cat-file", "-t", new) == b"commit\n"


def test_a_shallow_clone_is_read_as_far_as_it_goes(tmp_path: Path):
    made, _, new = write_history(tmp_path)
    clone = made.clone(tmp_path / "clone", "--depth=2")
    assert [entry.id for entry in read_log(find_repository(clone.root), "", new)][-1] == new


def test_a_text_cannot_pretend_to_be_a_commit(tmp_path: Path):
    made = make_repository(tmp_path)
    old = made.commit({PATH: "un\n"})
    text = b"un\n\x00commit " + b"1" * 40 + b" " + b"2" * 40 + b"\ndiff --git a b\n"
    new = made.commit({PATH: text})
    found = trace_lines(find_repository(made.root), old, new, old_texts={PATH: b"un\n"}, new_texts={PATH: text})
    assert found[PATH].new == (frozenset(), frozenset({new}), frozenset({new}))


def test_git_is_among_the_tools_and_in_the_key():
    assert tool_versions()["git"] == git_version() != ""
    assert toolchain()["git"] == git_version()
    assert tool_differences({"git": "2.30"}, {"git": "2.50"}, formats=["html"]) == ["git 2.30 → 2.50"]
    assert tool_differences({"git": "2.30"}, {"git": "2.50"}, formats=["html"], compared=False) == []


def test_a_git_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made, _, _ = write_history(tmp_path)
    monkeypatch.setattr(module, "git_version", lambda: "2.30.2")
    with pytest.raises(RevisionError, match=r"git: version 2\.30\.2 is too old .* takes 2\.31 or newer; install"):
        find_repository(made.root)
