"""A revision that no edition is named for is read by its own order, whatever other revisions have."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from millesime.history.repository import find_repository
from millesime.history.revision import resolve_revision
from millesime.history.snapshot import RevisionSnapshot
from millesime.press.compare.reading_order import ReadingOrder, _load, reading_order
from tests.cli.here import run
from tests.corpora.books import clone_book
from tests.support import TestRepository, make_repository

REPORT = "title: Le guide\nlanguage: fr\n"


def chapter(title: str) -> str:
    """A chapter that has no word in common with another."""
    return f"# {title}\n\n{' '.join(f'{title}{number}' for number in range(12))}.\n"


def order_of(made: TestRepository, revision: str = "HEAD") -> ReadingOrder:
    repository = find_repository(made.root)
    return reading_order(RevisionSnapshot(repository, resolve_revision(repository, revision)))


def compared(made: TestRepository, *names: str) -> dict:
    done = run("compare", *names, "--json", "--root", made.root)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def paths(value: dict) -> list[tuple[str, str]]:
    return [tuple(side["path"] if side else "" for side in (one["old"], one["new"])) for one in value["chapters"]]


@pytest.fixture
def repo(tmp_path: Path) -> TestRepository:
    return make_repository(tmp_path)


CHAPTERS = {f"src/{name}.md": chapter(name) for name in ("un", "deux", "trois")}


@pytest.mark.parametrize(
    ("files", "file", "expected"),
    [
        (
            {"src/SUMMARY.md": "# Sommaire\n\n[Trois](trois.md)\n\n# Partie\n\n- [`Un` [1]](./un.md#debut)\n"
             "  - [Deux](<deux.md>)\n- [Brouillon]()\n- [Ailleurs](https://example.org/x.md)\n"},
            "src/SUMMARY.md", ["src/trois.md", "src/un.md", "src/deux.md"],
        ),
        (
            {"_quarto.yml": "project: {type: book}\nbook:\n  chapters:\n    - src/trois.md\n"
             "    - part: Une partie\n      chapters:\n        - text: Un\n          file: src/un.md\n"
             "  appendices: [src/deux.md]\n"},
            "_quarto.yml", ["src/trois.md", "src/un.md", "src/deux.md"],
        ),
        (
            {"_quarto.yml": "website:\n  sidebar:\n    contents:\n      - section: S\n        contents: src/*.md\n"},
            "_quarto.yml", ["src/deux.md", "src/trois.md", "src/un.md"],
        ),
        (
            {"_bookdown.yml": 'rmd_files: ["src/trois.md",\n#"src/deux.md",\n"src/un.md", "src/absent.md"]\n'},
            "_bookdown.yml", ["src/trois.md", "src/un.md"],
        ),
        (
            {"_bookdown.yml": "book_filename: x\n", "index.Rmd": chapter("index"), "01-a.Rmd": chapter("a"),
             "_brouillon.Rmd": chapter("b")},
            "_bookdown.yml", ["index.Rmd", "01-a.Rmd"],
        ),
        (
            {"mkdocs.yml": "docs_dir: src\nextra: !ENV [A, b]\nnav:\n  - A: trois.md\n  - Partie:\n      - un.md\n"
             "      - section: deux.md\n  - https://example.org/a.md\n"},
            "mkdocs.yml", ["src/trois.md", "src/un.md", "src/deux.md"],
        ),
        (
            {"mkdocs.yml": "docs_dir: src\n", "src/index.md": chapter("index")},
            "mkdocs.yml", ["src/index.md", "src/deux.md", "src/trois.md", "src/un.md"],
        ),
        ({"order.txt": "# a\nsrc/trois.md\n\nsrc/un.md\nsrc/trois.md\n"}, "order.txt", ["src/trois.md", "src/un.md"]),
        # Names alone, as people sort them; no hidden or output folder, and no link to a chapter.
        (
            {"10.md": "# Dix\n", "2.md": "# Deux\n", ".github/a.md": "# A\n", "dist/b.md": "# B\n"},
            "", ["2.md", "10.md", "src/deux.md", "src/trois.md", "src/un.md"],
        ),
        # What is called so and leads to no chapter tells no order.
        (
            {"SUMMARY.md": "# Résumé\n\nVoir [le texte](src/un.md), en bref.\n", "order.txt": "src/deux.md\n"},
            "order.txt", ["src/deux.md"],
        ),
        ({"_quarto.yml": "book: [\n", "mkdocs.yml": "\x00", "order.txt": "src/un.md\n"}, "order.txt", ["src/un.md"]),
        ({"order.txt": "../secret.md\n/etc/passwd.md\nsrc/un.md\n"}, "order.txt", ["src/un.md"]),
        # Two books side by side; one that lies deeper is of something else.
        (
            {"en/SUMMARY.md": "- [A](a.md)\n", "en/a.md": "# A\n", "fr/SUMMARY.md": "- [B](b.md)\n", "fr/b.md": "# B\n",
             "old/src/SUMMARY.md": "- [C](c.md)\n", "old/src/c.md": "# C\n"},
            "en/SUMMARY.md, fr/SUMMARY.md", ["en/a.md", "fr/b.md"],
        ),
    ],
)  # fmt: skip
def test_the_order_that_files_tell(repo: TestRepository, files: dict[str, str], file: str, expected: list[str]):
    repo.commit({**CHAPTERS, **files})
    found = order_of(repo)
    assert (found.file, list(found.paths)) == (file, expected)


def test_an_order_says_what_it_lists_in_vain_and_what_it_leaves_out(repo: TestRepository):
    repo.commit({**CHAPTERS, "order.txt": "src/un.md\nsrc/absent.md\n", "README.md": "# Lire\n"})
    found = order_of(repo)
    assert found.missing == ("src/absent.md",)
    assert found.beside == ("README.md", "src/deux.md", "src/trois.md")


def test_aliases_of_yaml_do_not_grow():
    names = "abcdefgh"
    lines = ["a: &a [un.md, un.md]"]
    lines += [f"{name}: &{name} [*{before}, *{before}, *{before}, *{before}]" for before, name in pairwise(names)]
    loaded = _load("\n".join([*lines, f"nav: *{names[-1]}"]))
    assert str(loaded).count("un.md") == 2


def manifest(name: str, chapters: str, *, pinned: bool = False) -> str:
    start = f"revision: v{name}\n" if pinned else ""
    return start + f"date: {name}-01-01\nchapters: [{chapters}]\n"


def write_two_editions(repo: TestRepository) -> None:
    """Chapter "trois" is of 2020 alone, "quatre" of 2021; there are no manifests."""
    repo.commit({**CHAPTERS, "src/brouillon.md": "# Brouillon\n"}, tag="v2020")
    repo.commit({"src/trois.md": None, "src/quatre.md": chapter("quatre")}, tag="v2021")


LISTED = {"2020": "src/un.md, src/deux.md, src/trois.md", "2021": "src/deux.md, src/un.md, src/quatre.md"}


def test_the_edition_that_pins_a_commit_says_its_order(repo: TestRepository):
    write_two_editions(repo)
    repo.write({"editions/report.yaml": REPORT} | {
        f"editions/{name}.yaml": manifest(name, chapters, pinned=True)
        for name, chapters in LISTED.items()
    })  # fmt: skip
    named, bare = compared(repo, "2020", "2021"), compared(repo, "v2020", "v2021")
    assert {key: bare[key] for key in ("figures", "chapters", "moves")} == {
        key: named[key] for key in ("figures", "chapters", "moves")
    }
    assert ("src/trois.md", "") in paths(bare) and ("", "src/quatre.md") in paths(bare)
    assert not any("brouillon" in path for pair in paths(bare) for path in pair)
    assert bare["sides"]["old"]["order"]["by"] == "edition"
    assert bare["sides"]["old"]["order"]["file"] == "editions/2020.yaml"
    said = run("compare", "v2020", "v2021", "--root", repo.root).stdout
    assert "read v2020 by edition 2020, which is made from it (editions/2020.yaml)" in said
    assert "read" not in run("compare", "2020", "2021", "--root", repo.root).stdout


def test_else_the_newest_manifest_that_stands_in_the_revision(repo: TestRepository):
    repo.commit({**CHAPTERS, "editions/report.yaml": REPORT,
                 "editions/2020.yaml": manifest("2020", LISTED["2020"])}, tag="a")  # fmt: skip
    repo.commit({"src/trois.md": None, "src/quatre.md": chapter("quatre"), "src/brouillon.md": "# Brouillon\n",
                 "editions/2021.yaml": manifest("2021", LISTED["2021"])}, tag="b")  # fmt: skip
    repo.commit({"editions/2022.yaml": manifest("2022", "src/un.md")})
    value = compared(repo, "a", "b")
    assert sorted(paths(value)) == [
        ("", "src/quatre.md"), ("src/deux.md", "src/deux.md"), ("src/trois.md", ""), ("src/un.md", "src/un.md"),
    ]  # fmt: skip
    assert [side["order"]["file"] for side in value["sides"].values()] == ["editions/2020.yaml", "editions/2021.yaml"]
    assert value["sides"]["new"]["order"]["by"] == "manifest"


def test_a_manifest_of_another_state_does_not_hide_what_came_since(repo: TestRepository):
    repo.commit(CHAPTERS, tag="v2020")
    pinned = manifest("2020", LISTED["2020"], pinned=True)
    repo.commit({"editions/report.yaml": REPORT, "editions/2020.yaml": pinned})
    repo.commit({"src/quatre.md": chapter("quatre")})
    for newer in ("HEAD", "."):
        value = compared(repo, "2020", newer)
        assert ("", "src/quatre.md") in paths(value)
        assert value["sides"]["new"]["order"]["added"] == ["src/quatre.md"]


def test_manifests_with_mistakes_are_passed_over_and_named(repo: TestRepository):
    repo.commit({**CHAPTERS, "editions/report.yaml": "titel: x\n", "editions/2020.yaml": "date: x\n"}, tag="a")
    repo.commit({"editions/report.yaml": REPORT,
                 "editions/2020.yaml": manifest("2020", "src/un.md")})  # fmt: skip
    order = compared(repo, "a", "HEAD")["sides"]["old"]["order"]
    assert order["by"] == "names" and "editions/report.yaml: language: missing" in order["note"]


def test_each_side_may_have_its_own_kind_of_order(repo: TestRepository):
    repo.commit({**CHAPTERS, "order.txt": "src/trois.md\nsrc/un.md\n"}, tag="a")
    repo.commit({"order.txt": None, "src/SUMMARY.md": "- [Un](un.md)\n- [Deux](deux.md)\n"})
    value = compared(repo, "a", "HEAD")
    assert sorted(paths(value)) == [("", "src/deux.md"), ("src/trois.md", ""), ("src/un.md", "src/un.md")]
    assert [side["order"]["file"] for side in value["sides"].values()] == ["order.txt", "src/SUMMARY.md"]


def test_a_bare_clone_and_ranges(repo: TestRepository, tmp_path: Path):
    write_two_editions(repo)
    repo.git("checkout", "--quiet", "-b", "autre", "v2020")
    repo.commit({"src/un.md": chapter("un") + "\nUne suite.\n"})
    bare = repo.clone(tmp_path / "nu.git", "--bare")
    want = paths(compared(repo, "v2020", "v2021"))
    assert paths(compared(bare, "v2020..v2021")) == want and ("src/trois.md", "") in want
    # What "autre" did since it left main, and not what main did meanwhile.
    since = compared(bare, "main...autre")
    assert [one["new"]["path"] for one in since["chapters"] if one["blocks"]] == ["src/un.md"]
    assert since["sides"]["old"]["commit"] == repo.git("rev-parse", "v2020")
    assert compared(bare, "v2020..")["sides"]["new"]["name"] == "HEAD"
    done = run("compare", "v2020", "--root", bare.root)
    assert done.returncode == 4 and "a bare repository has no working tree to compare with" in done.stderr


def test_a_bare_clone_of_a_report_knows_its_editions(repo: TestRepository, tmp_path: Path):
    write_two_editions(repo)
    repo.commit({"editions/report.yaml": REPORT} | {
        f"editions/{name}.yaml": manifest(name, chapters, pinned=True)
        for name, chapters in LISTED.items()
    })  # fmt: skip
    bare = repo.clone(tmp_path / "nu.git", "--bare")
    assert compared(bare, "2020", "2021")["chapters"] == compared(repo, "2020", "2021")["chapters"]
    assert compared(bare, "v2020", "v2021")["sides"]["old"]["order"]["edition"] == "2020"


def test_one_name_needs_a_repository(tmp_path: Path):
    done = run("compare", "A..B", cwd=tmp_path)
    assert done.returncode == 4 and "A..B: there is no git repository here" in done.stderr
    (tmp_path / "a.md").write_text("# A\n")
    assert run("compare", "a.md", cwd=tmp_path).returncode == 2


def test_one_name_is_compared_with_the_working_tree(repo: TestRepository):
    write_two_editions(repo)
    repo.write({"src/cinq.md": chapter("cinq")})
    value = compared(repo, "HEAD")
    assert ("", "src/cinq.md") in paths(value) and value["sides"]["new"]["name"] == "working-tree"


def test_a_side_without_chapters_is_all_new_or_all_gone(repo: TestRepository):
    repo.commit({"LICENSE": "x"}, tag="a")
    repo.commit(CHAPTERS)
    assert paths(compared(repo, "a", "HEAD")) == [("", path) for path in sorted(CHAPTERS)]
    done = run("compare", "a", "a", "--root", repo.root)
    assert done.returncode == 4 and "no chapters there" in done.stderr


def test_a_folder_is_a_copy_of_what_it_stands_against(repo: TestRepository, tmp_path: Path):
    write_two_editions(repo)
    repo.write({"editions/report.yaml": REPORT} | {
        f"editions/{name}.yaml": manifest(name, chapters, pinned=True)
        for name, chapters in LISTED.items()
    })  # fmt: skip
    copy = tmp_path / "relu"
    copy.mkdir()
    for path in (*CHAPTERS, "src/neuf.md"):
        (copy / path.removeprefix("src/")).write_text(chapter(Path(path).stem), encoding="utf-8")
    value = compared(repo, "2020", str(copy))
    # "trois" is no chapter of the newest edition, and one of the edition that was copied.
    assert ("src/trois.md", "src/trois.md") in paths(value) and ("", "src/neuf.md") in paths(value)


@pytest.mark.parametrize(
    ("book", "old", "new", "order", "figures"),
    [
        ("cnil-guide-rgpd", "2020", "2021", "order.txt", (7271, 506)),
        ("noaa-soe-tech-doc", "2023", "2024", "_bookdown.yml", (7931, 8624)),
        pytest.param("rust-book", "2023", "2024", "src/SUMMARY.md", (26282, 5223), marks=pytest.mark.thorough),
    ],
)
def test_real_books_are_the_same_by_any_name(
    corpora: Path, tmp_path: Path, book: str, old: str, new: str, order: str, figures: tuple[int, int]
):
    """By editions, by the tags that these pin, and in a bare clone without manifests: no chapter is lost."""
    made = TestRepository(clone_book(corpora, book, tmp_path), tmp_path)
    names = (f"edition-{old}", f"edition-{new}")
    found = [compared(made, old, new), compared(made, *names)]
    subprocess.run(["git", "clone", "--quiet", "--bare", corpora / f"{book}.bundle", tmp_path / "bare"], check=True)
    found.append(compared(TestRepository(tmp_path / "bare", tmp_path), "..".join(names)))
    assert found[2]["sides"]["old"]["order"]["file"] == order
    for value in found:
        assert (value["figures"]["words_inserted"], value["figures"]["words_deleted"]) == figures
        assert paths(value) == paths(found[0])
