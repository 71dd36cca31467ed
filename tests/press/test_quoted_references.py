"""References without words that a redline quotes: they say what their own edition prints, and nothing is left blank."""

from __future__ import annotations

from pathlib import Path

from millesime.history.repository import find_repository
from millesime.markup.ast import text_of
from millesime.press.compare.comparison import compare_manuscripts, redline_report, tracked_report
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.series.series import load_series
from tests.support import make_repository

OLD = "# Un\n\nLe principe est posé au [](#deux), et le tableau [](#tab) le chiffre. Voir encore [](30-trois.md#la).\n"
NEW = OLD.replace("posé", "exposé").replace("[](#deux)", "[](#trois)")
TWO = "---\nid: deux\n---\n\n# Deux\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n: Des chiffres {#tab}\n"
THREE = "---\nid: trois\n---\n\n# Trois\n\n## Là {#la}\n\nDu texte.\n"
CHAPTERS = ("10-un", "20-deux", "30-trois")


def workspace_of(folder: Path) -> Workspace:
    made = make_repository(folder)
    texts = dict(zip(CHAPTERS, (OLD, TWO, THREE), strict=True))
    first = made.commit({f"chapters/{name}.md": text for name, text in texts.items()})
    second = made.commit({"chapters/10-un.md": NEW, "chapters/05-zero.md": "# Zéro\n\nUn chapitre de plus.\n"})
    listed = [f"chapters/{name}.md" for name in CHAPTERS]
    made.commit({
        "editions/report.yaml": "title: Essai\nlanguage: fr\n",
        "editions/2018.yaml": f"date: 2018-07-03\nrevision: {first!r}\nchapters: [{', '.join(listed)}]\n",
        "editions/2019.yaml": f"date: 2019-07-03\nrevision: {second!r}\nannexes: [{{redline: '2018'}}]\n"
        f"chapters: [{', '.join(['chapters/05-zero.md', *listed])}]\n",
    })  # fmt: skip
    return Workspace(load_series(made.root), find_repository(made.root))


def words_of(blocks) -> str:
    return text_of(list(blocks)).replace("\u00a0", " ")


def test_a_comparison_prints_what_each_edition_prints(tmp_path: Path):
    workspace = workspace_of(tmp_path / "report")
    old, new = workspace.manuscript("2018"), workspace.manuscript("2019")
    redline = compare_manuscripts(workspace, old, new)
    for report in (
        redline_report(redline, old, new, series=workspace.series, full=False),
        tracked_report(redline, old, new, series=workspace.series),
    ):
        (text,) = [words for chapter in report.chapters if "principe" in (words := words_of(chapter.blocks))]
        assert "chapitre 2" in text, "as the edition of 2018 printed it, struck"
        assert "chapitre 4" in text, "as that of 2019 prints it, new"
        assert "tableau 1" in text and "section 4.1" in text
        assert " ," not in text and "au ," not in text


def test_an_annex_prints_struck_references_as_they_were_and_links_its_own(tmp_path: Path):
    workspace = workspace_of(tmp_path / "report")
    report = assemble_edition(workspace, "2019")
    (annex,) = [chapter for chapter in report.chapters if chapter.role == "annex"]
    text = words_of(annex.blocks)
    assert "chapitre 2" in text and "chapitre 4" in text
    links = [node for node in _links(annex.blocks) if node["c"][2][0] == "#trois"]
    assert any(words_of(node["c"][1]) == "chapitre 4" for node in links)
    assert not any("quoted-from" in str(node) for node in _links(annex.blocks))


def _links(blocks):
    from millesime.markup.ast import walk

    return [node for node in walk(list(blocks)) if node["t"] == "Link"]
