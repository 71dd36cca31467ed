"""`compare` for everyday use: files and folders that are no editions, git's tools and drivers, the terminal."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millesime.assembly.checks import check_report
from millesime.cli import main
from millesime.markup.ast import text_of
from millesime.markup.pandoc import Source, pandoc_path, read_documents
from millesime.markup.sentence_lines import write_sentences
from millesime.press.compare.comparison import compare_manuscripts, redline_report
from millesime.press.compare.loose_documents import natural_order, open_papers, paper_names, read_paper
from millesime.problems import MarkupError, ReportError, RevisionError
from millesime.redline.model import Redline
from millesime.redline.outputs.terminal import columns, write_summary
from tests.cli.here import run
from tests.cli.test_program import PROGRAM
from tests.press.report import FIRST, make_report
from tests.support import TestRepository, make_repository

OLD = (
    '---\ntitle: Le modèle\nlang: fr\n---\n\n# Qui décide ?\n\nLe "conseil" décide[^1] de l\'avenir de la ville.\n\n'
    "[^1]: Après débat.\n\n- un élément\n- un autre\n\n| Poste | Coût |\n|---|--:|\n| Eau | 12 |\n\n1) un\n2) deux\n"
)
NEW = OLD.replace("décide[", "tranche[").replace("un autre", "un second")


def convert(folder: Path, name: str, text: str) -> Path:
    """Write a text in the format that its name's ending says."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".md":
        path.write_text(text, encoding="utf-8")
    else:
        subprocess.run([pandoc_path(), "--standalone", "-o", path], input=text.encode(), check=True, cwd=folder,
                       capture_output=True)  # fmt: skip
    return path


def redline(old: Path, new: Path) -> Redline:
    return compare_manuscripts(None, *open_papers(old, new))


def write_folder(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestRepository:
    return make_report(tmp_path_factory.mktemp("made"))


@pytest.fixture
def millesime(tmp_path: Path) -> str:
    """The folder of a command `millesime`, as an installation would put it into PATH."""
    script = tmp_path / "bin" / "millesime"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script.parent)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the program in this process, in `tmp_path`; return its exit status and what it said."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(map(str, arguments)))
        said = capsys.readouterr()
        return left.value.code, said.out + said.err

    return call


# ---- two files -------------------------------------------------------------


def test_two_word_files_outside_any_report(tmp_path: Path):
    convert(tmp_path, "avant.docx", OLD)
    convert(tmp_path, "apres.docx", NEW)
    done = run("compare", "avant.docx", "apres.docx", "--to", "md", "--stat", "--context", 0, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(" Le modèle | +2  −2")
    assert "{--décide--}{++tranche++}" in done.stdout and "{--autre--}{++second++}" in done.stdout
    assert "Poste" not in done.stdout


def test_several_formats_are_written_for_two_files(tmp_path: Path):
    convert(tmp_path, "avant.odt", OLD)
    convert(tmp_path, "apres.odt", NEW)
    done = run("compare", "avant.odt", "apres.odt", "--to", "html,docx,md,json,ast", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "dist" / "compare").iterdir()}
    assert names == {"avant-apres", *(f"avant-apres.{ending}" for ending in ("docx", "md", "json", "ast.json"))}
    index = (tmp_path / "dist/compare/avant-apres/index.html").read_text(encoding="utf-8")
    assert 'lang="fr"' in index and "avant.odt" in index


def test_a_redline_of_two_files_is_a_report_without_problems(tmp_path: Path):
    old, new = open_papers(convert(tmp_path, "avant.md", OLD), convert(tmp_path, "apres.md", NEW))
    report = redline_report(compare_manuscripts(None, old, new), old, new, series=None, full=False, context=0)
    assert report.imprint.subtitle == "Ce qui change depuis «\u00a0avant.md\u00a0»"
    assert not list(check_report(report))


def tracked(path: Path, *, changes: str) -> list[str]:
    """The words of a Word file below its contents, all changes accepted or rejected; pandoc leaves empty items."""
    shown = subprocess.run([pandoc_path(), f"--track-changes={changes}", "-t", "plain", "--wrap=none", path],
                           capture_output=True, text=True, check=True).stdout  # fmt: skip
    return [word for word in shown.partition("Sommaire")[2].split() if word != "-"]


def test_all_tracked_changes_accepted_are_the_new_text_and_rejected_the_old_one(tmp_path: Path):
    old = (
        "# Le modèle\n\nLa ville *publie* ses [données](https://example.org/a) chaque mois.\n\n"
        "Ce long paragraphe raconte comment la métropole a mesuré la qualité de l'air dans cinq écoles.\n\n"
        "## Le service\n\n- un élément\n- un autre\n\nUne phrase[^1] demeure ici. Une autre la suit de près.\n\n"
        "Un texte qui disparaîtra.\n\n[^1]: Voir 2017.\n"
    )
    new = (
        "# Le nouveau modèle\n\nLa ville publie ses [données](https://example.org/b) chaque semaine.\n\n"
        "### Le service\n\n- un élément\n- un second\n- un tiers\n\nUne phrase[^1] demeure ici.\n\n"
        "Une autre la suit de près.\n\n"
        "Ce long paragraphe raconte comment la métropole a mesuré la qualité de l'air dans cinq écoles.\n\n"
        "[^1]: Voir 2018.\n"
    )
    for name, text in (("avant.md", old), ("apres.md", new)):
        convert(tmp_path, name, text)
    done = run("compare", "avant.md", "apres.md", "--to", "docx", "--language", "fr", "-o", "r.docx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for changes, text in (("reject", old), ("accept", new)):
        plain = subprocess.run(
            [pandoc_path(), "-t", "plain", "--wrap=none"], input=text, capture_output=True, text=True
        )
        wanted = [word for word in plain.stdout.replace("'", "’").split() if word != "-"]
        assert tracked(tmp_path / "r.docx", changes=changes) == wanted


def test_rejecting_gives_links_and_emphasis_as_they_were(tmp_path: Path):
    for name, number, word in (("avant.md", 1, "*ouvert*"), ("apres.md", 2, "ouvert")):
        convert(tmp_path, name, f"# Le modèle\n\nVoir [le site](https://a.example/{number}) {word} de la ville.\n")
    done = run("compare", "avant.md", "apres.md", "--to", "docx", "-o", "r.docx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for changes, wanted in (("reject", ("example/1)", "*ouvert*")), ("accept", ("example/2)", " ouvert "))):
        shown = subprocess.run([pandoc_path(), f"--track-changes={changes}", "-t", "markdown", tmp_path / "r.docx"],
                               capture_output=True, text=True, check=True).stdout  # fmt: skip
        assert all(text in shown for text in wanted)
        assert shown.count("a.example") == 1


def test_another_chapter_title_is_tracked_whole(tmp_path: Path):
    for name, title in (("avant.md", "Le modèle"), ("apres.md", "Gouverner")):
        convert(tmp_path, name, f"# {title}\n\nLa ville publie ses données chaque mois.\n")
    done = run("compare", "avant.md", "apres.md", "--to", "docx", "--language", "fr", "-o", "r.docx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for changes, title in (("reject", "Le modèle"), ("accept", "Gouverner")):
        assert " ".join(tracked(tmp_path / "r.docx", changes=changes)).startswith(f"{title} La ville")


def test_the_overview_has_a_map_that_leads_to_the_chapters(tmp_path: Path):
    for side, text in (("old", "L'eau coule."), ("new", "L'eau coule vite.")):
        write_folder(tmp_path / side, {f"{number}.md": f"# Chapitre {number}\n\n{text}\n" for number in range(1, 4)})
    done = run("compare", "old", "new", "--to", "html", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    overview = (tmp_path / "out/overview.html").read_text(encoding="utf-8")
    assert 'href="redline-' in overview.partition("<svg")[2]
    few = run("compare", "old/1.md", "new/1.md", "--to", "html", "-o", "few", cwd=tmp_path)
    assert few.returncode == 0 and "<svg" not in (tmp_path / "few/overview.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["html", "docx", "odt", "epub", "rst", "org"])
def test_a_text_in_another_format_is_the_same_text(tmp_path: Path, ending: str):
    text = OLD.replace("---\ntitle: Le modèle\nlang: fr\n---\n\n", "")
    found = redline(convert(tmp_path, "a.md", text), convert(tmp_path, f"b.{ending}", text))
    assert not any(chapter.edited for chapter in found.chapters)


def test_tracked_changes_are_read_as_accepted(tmp_path: Path):
    stamp = 'author="Élu" date="2018-09-01T00:00:00Z"'
    tracked = f"Le conseil [décide]{{.deletion {stamp}}}[tranche]{{.insertion {stamp}}} ce soir.\n"
    found = redline(convert(tmp_path, "a.docx", tracked), convert(tmp_path, "b.docx", "Le conseil tranche ce soir.\n"))
    assert b"w:del " in zipfile.ZipFile(tmp_path / "a.docx").read("word/document.xml")
    assert found.is_empty


def test_bookmarks_that_word_renames_when_it_saves_are_no_change(tmp_path: Path):
    old = convert(tmp_path, "a.docx", "Une [phrase]{#_Ref1} entière.\n")
    new = convert(tmp_path, "b.docx", "Une [phrase]{#_Ref2} entière.\n")
    assert redline(old, new).is_empty


def test_two_files_are_one_chapter_whatever_their_names(tmp_path: Path):
    (chapter,) = redline(convert(tmp_path, "x/a.md", OLD), convert(tmp_path, "y/b.md", NEW)).chapters
    assert chapter.kinds == ("edited",)


@pytest.mark.parametrize("gone", [True, False])
def test_no_file_on_one_side_is_a_chapter_that_came_or_went(tmp_path: Path, gone: bool):
    pair = (Path(os.devnull), convert(tmp_path, "a.md", OLD))
    (chapter,) = redline(*(pair[::-1] if gone else pair)).chapters
    assert chapter.kinds == ("deleted" if gone else "inserted",)


def test_a_pipe_is_read_as_the_other_file(tmp_path: Path):
    end, other = os.pipe()
    os.write(other, OLD.encode())
    os.close(other)
    (chapter,) = redline(Path(f"/dev/fd/{end}"), convert(tmp_path, "b.md", NEW)).chapters
    os.close(end)
    assert chapter.kinds == ("edited",)


def test_what_a_source_would_include_is_not_read(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    secret = str(tmp_path / "secret.txt")
    for name, text in (
        ("a.rst", f".. include:: {secret}\n\nici\n"), ("a.org", f'#+INCLUDE: "{secret}"\n\nici\n'),
        ("a.tex", f"\\input{{{secret}}} ici\n"), ("a.html", f'<iframe src="{secret}"></iframe>ici'),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_text(text)
        assert text_of(read_paper(path).blocks) == "ici"


# ---- two folders -----------------------------------------------------------


def test_a_folder_that_moved_is_nothing(tmp_path: Path):
    files = {"1-a.md": "# Un\n\nTexte.\n", "sub/2-b.rst": "Deux\n====\n\nAutre texte.\n", ".git/x.md": "# Non\n"}
    old, new = write_folder(tmp_path / "old", files), write_folder(tmp_path / "elsewhere" / "new", files)
    done = run("compare", old, new, "--exit-code", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no change in 2 chapters, 5 words\n")


def test_chapters_are_in_the_order_of_people_or_of_order_txt(tmp_path: Path):
    folder = write_folder(tmp_path / "f", {"10-c.md": "c", "2-b.md": "b", "1/é.md": "e", "LISEZMOI.markdown": "x"})
    assert [one.path for one in open_papers(folder, folder)[0].chapters] == [
        "1/é.md", "2-b.md", "10-c.md", "LISEZMOI.markdown",
    ]  # fmt: skip
    (folder / "order.txt").write_text("# l'ordre du livre\n10-c.md\n\n2-b.md\n", encoding="utf-8")
    assert [one.path for one in open_papers(folder, folder)[0].chapters][:2] == ["10-c.md", "2-b.md"]
    (folder / "order.txt").write_text("10-d.md\n", encoding="utf-8")
    with pytest.raises(
        MarkupError, match=r"order\.txt:1: no chapter '10-d\.md' in the folder; did you mean '10-c\.md'"
    ):
        open_papers(folder, folder)


def test_natural_order_compares_numbers_as_numbers():
    assert sorted(["a10", "a9", "A1", "a", "2", "10"], key=natural_order) == ["2", "10", "a", "A1", "a9", "a10"]


def test_images_of_a_folder_are_printed_and_those_outside_are_not(tmp_path: Path):
    svg = FIRST["chapters/figures/plan.svg"]
    text = "# T\n\n![Dedans](f/a.svg)\n\n![Dehors](../b.svg)\n"
    old = write_folder(tmp_path / "old", {"a.md": text, "f/a.svg": svg})
    new = write_folder(tmp_path / "new", {"a.md": text.replace("# T", "# U"), "f/a.svg": svg})
    (tmp_path / "b.svg").write_text(svg)
    _, after = open_papers(old, new)
    assert after.snapshot.has("f/a.svg") and not after.snapshot.has("../b.svg")
    alone = open_papers(old / "a.md", new / "a.md")[1]
    assert alone.snapshot.paths == ("f/a.svg",)


def test_a_link_out_of_a_folder_is_not_followed(tmp_path: Path):
    folder = write_folder(tmp_path / "f", {"a.md": "# T\n"})
    (folder / "b.md").symlink_to("/etc/passwd")
    with pytest.raises(MarkupError, match=r"b\.md: a link out of the folder.*--no-symlinks"):
        open_papers(folder, folder)


def test_names_say_in_what_two_places_differ():
    assert paper_names(Path("/x/2018/r.docx"), Path("/x/2019/r.docx")) == ("2018", "2019")
    assert paper_names(Path("a.md"), Path("x/b.docx")) == ("a.md", "b.docx")
    assert paper_names(Path("/tmp/git-blob-4f2aX/a.md"), Path("/x/a.md")) is None
    assert paper_names(Path("/dev/fd/62"), Path("/dev/fd/63")) is None


# ---- what is said when it cannot be ----------------------------------------


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path):
    good = convert(tmp_path, "good.docx", OLD)
    (tmp_path / "cut.docx").write_bytes(good.read_bytes()[:2000])
    (tmp_path / "text.docx").write_text("texte")
    (tmp_path / "password.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    convert(tmp_path, "other.odt", OLD).rename(tmp_path / "other.docx")
    (tmp_path / "latin.md").write_bytes("é".encode("latin-1"))
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("cut.docx", "damaged"), ("text.docx", "damaged"), ("password.docx", "password"), ("other.docx", "ZIP archive"),
        ("latin.md", "not UTF-8"), ("old.doc", "save it as .docx"), ("old.pdf", "a PDF"),
        ("old.docxx", "did you mean 'docx'"), ("empty", "a folder and"), ("absent.md", "no such file"),
    ):  # fmt: skip
        if name.startswith("old"):
            (tmp_path / name).touch()
        with pytest.raises(ReportError, match=said) as caught:
            open_papers(tmp_path / name, good)
        assert "\n" not in str(caught.value) and isinstance(caught.value, (MarkupError, RevisionError))
    with pytest.raises(MarkupError, match="no chapters there"):
        open_papers(tmp_path / "empty", tmp_path / "empty")


def test_exit_status_and_nothing_half_written(tmp_path: Path):
    convert(tmp_path, "a.docx", OLD)
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04 damaged")
    done = run("compare", "a.docx", "b.docx", "--to", "pdf,md", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == "error: b.docx: damaged, or no .docx at all; fetch or save it once more\n"
    assert not (tmp_path / "dist").exists()


def test_what_is_compared_is_not_overwritten(tmp_path: Path, call):
    convert(tmp_path, "a.md", OLD)
    convert(tmp_path, "b.md", NEW)
    status, _ = call("compare", "a.md", "b.md", "--to", "md", "-o", "b.md")
    assert status == 7 and (tmp_path / "b.md").read_text(encoding="utf-8") == NEW


# ---- a report's names ------------------------------------------------------


def test_an_edition_is_named_before_a_path(made: TestRepository, tmp_path: Path, call):
    write_folder(tmp_path / "2018", {"a.md": "# Autre\n"})
    write_folder(tmp_path / "2019", {"a.md": "# Autre\n"})
    assert "Le modèle" in call("compare", "2018", "2019", "--root", made.root)[1]
    assert call("compare", "./2018", "./2019", "--root", made.root)[1].startswith("no change in 1 chapter")


def test_a_folder_stands_for_an_edition_of_its_chapters(made: TestRepository, tmp_path: Path, call):
    files = {path.removeprefix("chapters/"): text for path, text in FIRST.items() if path.startswith("chapters/")}
    folder = write_folder(tmp_path / "retour", files)
    assert call("compare", "2018", folder, "--root", made.root)[1].startswith("no change in 2 chapters")
    status, said = call("compare", "2018", folder / "10-modele.md", "--root", made.root)
    assert status == 5 and "is a file, and 2018 an edition" in said and "git difftool" in said


def test_two_revisions_that_share_nothing(tmp_path: Path):
    made = make_report(tmp_path)
    made.git("checkout", "--quiet", "--orphan", "autre")
    made.git("rm", "-rfq", "chapters")
    made.commit({"chapters/10-modele.md": "# Tout autre\n\nRien de commun avec ce qui fut.\n"}, message="Recommencer")
    done = run("compare", "main", "autre", "--root", made.root)
    assert done.returncode == 0 and "withdrawn" in done.stdout and "Tout autre" in done.stdout, done.stderr


def test_exit_code_and_typography(tmp_path: Path, call):
    convert(tmp_path, "a.md", "# T\n\nL'eau : « oui ».\n")
    convert(tmp_path, "b.md", "# T\n\nL’eau\u00a0: «\u00a0oui\u00a0».\n")
    status, said = call("compare", "a.md", "b.md", "--exit-code")
    assert status == 1 and "typography only: 1 block" in said
    status, said = call("compare", "a.md", "b.md", "--exit-code", "--ignore", "typography")
    assert status == 0 and said.startswith("no change")


# ---- git -------------------------------------------------------------------


def repository_of_documents(folder: Path, bin_folder: str) -> tuple[TestRepository, dict[str, str]]:
    made = make_repository(folder)
    made.commit({"10-modele.md": OLD, "20-parti.md": "# Parti\n\nUn chapitre qui partira.\n",
                 "note.docx": convert(folder, "old.docx", OLD).read_bytes()})  # fmt: skip
    made.commit({"10-modele.md": NEW, "20-parti.md": None, "30-venu.md": "# Venu\n\nUn chapitre nouveau.\n",
                 "note.docx": convert(folder, "new.docx", NEW).read_bytes()})  # fmt: skip
    return made, {**made.environment, "PATH": f"{bin_folder}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def git(made: TestRepository, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=made.root, env=environment, capture_output=True, text=True,
                          timeout=60)  # fmt: skip
    assert done.returncode == 0 and "rror" not in done.stderr, done.stderr
    return done.stdout


def test_git_difftool(tmp_path: Path, millesime: str):
    made, environment = repository_of_documents(tmp_path, millesime)
    given = git(
        made, environment, "difftool", "--no-prompt", "--extcmd=millesime compare", "HEAD~1", "--", "*modele.md"
    )
    assert given.startswith(" Le modèle | +2  −2") and "renamed" not in given
    made.git("config", "difftool.millesime.cmd", 'millesime compare "$LOCAL" "$REMOTE"')
    made.git("config", "difftool.prompt", "false")
    came = git(made, environment, "difftool", "--tool=millesime", "HEAD~1", "HEAD", "--", "30-venu.md")
    assert came.startswith(" Venu | +4") and came.splitlines()[0].endswith(" new")
    folders = git(made, environment, "difftool", "--dir-diff", "--no-symlinks", "--tool=millesime", "HEAD~1")
    assert "Parti" in folders and "withdrawn" in folders and "4 chapters of 4 changed" in folders


def test_git_difftool_with_one_program_for_whole_folders(tmp_path: Path, millesime: str):
    made, environment = repository_of_documents(tmp_path, millesime)
    options = ("difftool", "--no-prompt", "--extcmd=millesime")
    folders = git(made, environment, *options, "--dir-diff", "--no-symlinks", "HEAD~1")
    assert "Parti" in folders and "withdrawn" in folders and "4 chapters of 4 changed" in folders
    assert git(made, environment, *options, "HEAD~1", "--", "*modele.md").startswith(" Le modèle | +2  −2")


def test_git_diff_with_a_driver_and_a_textconv(tmp_path: Path, millesime: str):
    made, environment = repository_of_documents(tmp_path, millesime)
    made.write({".gitattributes": "*.md diff=millesime\n*.docx diff=word\n"})
    made.git("config", "diff.millesime.command", "millesime compare --git-driver")
    made.git("config", "diff.word.textconv", "millesime text")
    shown = git(made, environment, "diff", "HEAD~1", "HEAD")
    assert "diff --millesime a/10-modele.md b/10-modele.md" in shown and "{--décide--}{++tranche++}" in shown
    assert "{>>inserted: 30-venu.md<<}" in shown and "{>>deleted: 20-parti.md<<}" in shown
    assert "-Le “conseil” décide[^1] de l’avenir de la ville.\n+Le “conseil” tranche[^1]" in shown
    assert "\x1b" not in shown


def test_a_driver_goes_on_where_a_file_cannot_be_read(tmp_path: Path, millesime: str):
    made = make_repository(tmp_path)
    environment = {**made.environment, "PATH": f"{millesime}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    made.write({".gitattributes": "* diff=millesime\n", "a.docx": "damaged", "b.md": "# B\n"})
    made.git("add", "a.docx", "b.md")
    made.git("config", "diff.millesime.command", "millesime compare --git-driver")
    shown = git(made, environment, "diff", "--cached")
    assert "damaged, or no .docx" in shown and "inserted: b.md" in shown


def test_text_has_a_sentence_on_each_line():
    source = (
        "Selon M. Dupont, l'art. 3 dit oui. Non ! « Peut-être ? » Il l'a dit p. 4 de la *Note.* Fin\nde l'alinéa etc. "
        "et la suite. 3 % restent.\n\n| a | b |\n|---|---|\n| un peu plus long | c |\n"
    )
    (document,) = read_documents([Source(path="a.md", content=source.encode())])
    assert write_sentences(document).splitlines() == [
        "Selon M. Dupont, l’art. 3 dit oui.", "Non !", "« Peut-être ? »", "Il l’a dit p.\u00a04 de la *Note.*",
        "Fin de l’alinéa etc. et la suite.", "3 % restent.", "", "| a | b |", "|--|--|", "| un peu plus long | c |",
    ]  # fmt: skip


# ---- the terminal ----------------------------------------------------------


def on_terminal(cwd: Path, *arguments: str, **environment: str) -> str:
    """Run the program on a terminal and return what it shows."""
    parent, child = pty.openpty()
    process = subprocess.Popen([sys.executable, PROGRAM, *arguments], stdout=child, stderr=subprocess.PIPE, cwd=cwd,
                               env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment})  # fmt: skip
    os.close(child)
    shown = b""
    try:
        while part := os.read(parent, 65536):
            shown += part
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(parent)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    return shown.decode("utf-8")


def test_colours_are_for_terminals_that_want_them(tmp_path: Path):
    convert(tmp_path, "a.md", OLD)
    convert(tmp_path, "b.md", NEW)
    shown = on_terminal(tmp_path, "compare", "a.md", "b.md", NO_COLOR="")
    assert "\x1b[32m+2\x1b[0m" in shown and "--to md" in shown
    plain = on_terminal(tmp_path, "compare", "a.md", "b.md", NO_COLOR="1")
    assert "\x1b" not in plain and "+2" in plain


def test_summary_fits_its_width_and_stays_aligned(tmp_path: Path):
    long = "Les outre-mer, laboratoire de l’autonomie énergétique et numérique des territoires insulaires"
    old = write_folder(
        tmp_path / "a", {"1.md": f"# {long}\n\nUn.\n", "2.md": "# 漢字\n\nDeux mots ici.\n", "3.md": "# Z\n"}
    )
    new = write_folder(
        tmp_path / "b", {"1.md": f"# {long}\n\nDeux.\n", "2.md": "# 漢字\n\nDeux mots là.\n", "4.md": "# Y\n\nA.\n"}
    )
    found = redline(old, new)
    for width in (60, 80, 100, 200):
        lines = write_summary(found, width=width).splitlines()
        rows = [line for line in lines[:-1] if " | " in line]
        assert max(map(columns, lines[:-1])) <= width
        assert len({columns(row.partition(" | ")[0]) for row in rows}) == 1
    assert "…" in write_summary(found, width=60) and long in write_summary(found, width=200)


def test_json_of_two_folders(tmp_path: Path, call):
    old = write_folder(tmp_path / "a", {"1.md": "# Un\n\nTexte.\n"})
    new = write_folder(tmp_path / "b", {"1.md": "# Un\n\nTexte neuf.\n"})
    value = json.loads(call("compare", old, new, "--json")[1])
    assert value["figures"]["words_inserted"] == 1 and value["chapters"][0]["new"]["path"] == "1.md"
