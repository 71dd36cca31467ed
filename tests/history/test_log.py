"""The commits between editions, their trailers, and the files they renamed."""

from millesime.history.log import read_log
from millesime.history.renames import find_renames
from millesime.history.repository import Repository
from tests.support import TestRepository

TEXT = "".join(f"Une ligne du chapitre, la {number}.\n" for number in range(20))
MESSAGE = """Réécrire le chapitre de la gouvernance

Les auditions ont montré que le texte
n'était pas clair.

Note: this is no trailer, the paragraph goes on
with another line that is none.

Contribution: C-2018-042
Hearing: A-017
contribution: C-2018-043,
  suite de la ligne
"""


def test_renamed_files_are_found_whatever_their_names(repo: TestRepository, repository: Repository):
    old = repo.commit({"chapters/a.md": TEXT, "chapters/b.md": "autre chose\n" * 9, "x\ny.md": TEXT.upper()})
    repo.write({"chapters/a.md": None, "x\ny.md": None})
    new = repo.commit({'chapters/état "1".md': TEXT + "De plus.\n", "x\nz.md": TEXT.upper()})
    assert find_renames(repository, old, new) == {"chapters/a.md": 'chapters/état "1".md', "x\ny.md": "x\nz.md"}
    assert find_renames(repository, new, old) == {'chapters/état "1".md': "chapters/a.md", "x\nz.md": "x\ny.md"}
    assert find_renames(repository, new, new) == {}


def test_the_log_tells_what_changed_and_why_oldest_first(repo: TestRepository, repository: Repository):
    old = repo.commit({"a.md": "a"})
    first = repo.commit({"a.md": "b"}, message=MESSAGE)
    second = repo.commit({"a.md": "c"}, message="Corriger une coquille")
    entries = read_log(repository, old, second)
    assert [entry.id for entry in entries] == [first, second]
    entry = entries[0]
    assert entry.subject == "Réécrire le chapitre de la gouvernance"
    assert entry.author == "Équipe du rapport"
    assert entry.author_date.isoformat() == "2018-07-05T02:00:00+02:00"
    assert entry.trailers == (
        ("Contribution", "C-2018-042"), ("Hearing", "A-017"), ("contribution", "C-2018-043, suite de la ligne"),
    )  # fmt: skip
    assert entry.trailer("Contribution") == ("C-2018-042", "C-2018-043, suite de la ligne")
    assert entry.body.startswith("Les auditions ont montré")
    assert entry.body.endswith("with another line that is none.")
    assert (entries[1].body, entries[1].trailers) == ("", ())


def test_the_log_may_be_of_some_paths_only_taken_literally(repo: TestRepository, repository: Repository):
    old = repo.commit({"a.md": "a", "*.md": "b", "chapters/é.md": "c"})
    star = repo.commit({"*.md": "b2"})
    repo.commit({"a.md": "a2"})
    folder = repo.commit({"chapters/é.md": "c2"})
    entries = read_log(repository, old, folder, paths=["*.md", "chapters"])
    assert [entry.id for entry in entries] == [star, folder]


def test_the_log_from_the_beginning_tells_merges_apart(repo: TestRepository, repository: Repository):
    repo.commit({"a.md": "a"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"b.md": "b"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c.md": "c"})
    repo.git("merge", "--quiet", "--no-ff", "--message", "Réunir", "side")
    entries = read_log(repository, "", repo.git("rev-parse", "HEAD"))
    assert [entry.is_merge for entry in entries] == [False, False, False, True]


def test_settings_of_the_clone_do_not_change_the_log(repo: TestRepository, repository: Repository):
    old = repo.commit({"a.md": "a"})
    new = repo.commit({"a.md": "b"}, message=MESSAGE)
    expected = read_log(repository, old, new, paths=["a.md"])
    settings = {"log.follow": "true", "log.date": "relative", "log.decorate": "full", "color.ui": "always",
                "trailer.separators": "#", "format.pretty": "oneline", "log.mailmap": "true",
                "i18n.logOutputEncoding": "latin1"}  # fmt: skip
    for key, value in settings.items():
        repo.git("config", key, value)
    assert read_log(repository, old, new, paths=["a.md"]) == expected
