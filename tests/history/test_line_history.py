"""Who touched which line between two commits."""

from __future__ import annotations

from pathlib import Path

from millesime.history.line_history import FileLines, trace_lines
from millesime.history.repository import find_repository
from tests.support import TestRepository, make_repository

PATH = "chapters/a.md"


def trace(made: TestRepository, old: str, new: str, *, uncommitted: str = "", paths: tuple[str, ...] = (PATH,)):
    repository = find_repository(made.root)
    assert repository is not None

    def text(commit: str, path: str) -> bytes | None:
        status, content, _ = repository.ask("cat-file", "blob", f"{commit}:{path}")
        return None if status else content

    olds = {path: held for path in paths if (held := text(old, path)) is not None}
    if uncommitted:
        news = {path: (made.root / path).read_bytes() for path in paths}
    else:
        news = {path: held for path in paths if (held := text(new, path)) is not None}
    return trace_lines(repository, old, new, old_texts=olds, new_texts=news, uncommitted=uncommitted)


def test_a_line_remembers_all_who_touched_it(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "un\ndeux\ntrois\n"}, message="1")
    second = made.commit({PATH: "un\ndeux, après l'audition\ntrois\n"}, message="2")
    third = made.commit({PATH: "zéro\nun\nDeux, après l'audition\ntrois\n"}, message="3")
    assert trace(made, first, third)[PATH] == FileLines(
        new=(frozenset({third}), frozenset(), frozenset({second, third}), frozenset()),
        old=(frozenset(), frozenset({second, third}), frozenset()),
    )


def test_a_line_that_was_taken_out_names_who_did(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "un\ndeux\n"}, message="1")
    second = made.commit({PATH: "un\n"}, message="2")
    assert trace(made, first, second)[PATH].old == (frozenset(), frozenset({second}))


def test_a_renamed_file_keeps_its_lines(tmp_path: Path):
    made = make_repository(tmp_path)
    lines = [f"Une ligne numéro {number} de ce chapitre." for number in range(9)]
    first = made.commit({PATH: "\n".join(lines) + "\n"}, message="1")
    made.git("mv", PATH, "chapters/é 2.md")
    second = made.commit({"chapters/é 2.md": "\n".join([*lines, "Une de plus."]) + "\n"}, message="2")
    found = trace(made, first, second, paths=(PATH, "chapters/é 2.md"))["chapters/é 2.md"]
    assert found.new == (*[frozenset()] * 9, frozenset({second}))


def test_what_a_merge_brought_is_its_only_commit_s(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "un\n\n\n\ndeux\n"}, message="1")
    branch = made.git("rev-parse", "--abbrev-ref", "HEAD").strip()
    made.git("checkout", "-q", "-b", "contribution")
    theirs = made.commit({PATH: "un\n\n\n\ndeux, d'un habitant\n"}, message="contribution")
    made.git("checkout", "-q", branch)
    ours = made.commit({PATH: "un, corrigé\n\n\n\ndeux\n"}, message="ours")
    made.git("merge", "-q", "--no-ff", "-m", "Merge", "contribution")
    merge = made.git("rev-parse", "HEAD").strip()
    new = trace(made, first, merge)[PATH].new
    assert (new[0], new[-1]) == (frozenset({ours}), frozenset({theirs}))


def test_what_is_not_committed_is_nobody_s_yet(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "un\ndeux\n"}, message="1")
    made.write({PATH: "un\ndeux\ntrois\n"})
    assert trace(made, first, first, uncommitted="here")[PATH].new == (frozenset(), frozenset(), frozenset({"here"}))


def test_nothing_is_said_of_a_file_whose_history_does_not_lead_to_it(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "un\n"}, message="1")
    made.git("checkout", "-q", "--orphan", "other")
    second = made.commit({PATH: "tout autre chose\n"}, message="2")
    assert PATH not in trace(made, first, second)


def test_text_that_looks_like_a_patch_is_text(tmp_path: Path):
    made = make_repository(tmp_path)
    first = made.commit({PATH: "a\n"}, message="1")
    hostile = "a\n--- chapters/b.md\n+++ chapters/c.md\n@@ -1 +1 @@\ndiff --git x y\ncommit 0123\n"
    second = made.commit({PATH: hostile}, message="2")
    assert trace(made, first, second)[PATH].new == (frozenset(), *[frozenset({second})] * 5)
