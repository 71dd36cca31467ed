"""A small report of two editions, for tests of the whole press."""

from __future__ import annotations

from pathlib import Path

from tests.support import TestRepository, make_repository

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20">'
    '<rect width="40" height="20"/></svg>'
)

FIRST = {
    "chapters/10-modele.md": (
        "---\nid: modele\n---\n\n# Le modèle\n\nLa ville partage ses données ; elle les publie.\n\n"
        "## Qui décide ? {#decide}\n\nLe conseil décide[^1]. Voir [](#services).\n\n[^1]: Après débat.\n\n"
        "Un paragraphe qui restera tel quel d'une édition à l'autre, mot pour mot.\n"
    ),
    "chapters/20-services.md": (
        "---\nid: services\n---\n\n# Les services\n\n"
        "![Le plan](figures/plan.svg){#fig-plan alt='Un rectangle noir'}\n\n"
        "| Poste | Coût |\n|---|---|\n| Eau | 12 |\n\n: Budget {#tab-budget}\n\nSelon [@ostrom], il faut.\n"
    ),
    "chapters/figures/plan.svg": SVG,
    "chapters/references.bib": "@book{ostrom, author={Ostrom, Elinor}, title={Governing the Commons}, year=1990}\n",
    "editions/report.yaml": "title: La ville partagée\nlanguage: fr\nlicence: etalab-2.0\n",
    ".gitignore": "dist/\n",
}
SECOND = {
    "chapters/10-modele.md": FIRST["chapters/10-modele.md"].replace("publie", "met en commun"),
    "changelog/2019.md": "Deux changements *importants*.\n",
}
MANIFEST = (
    "date: {date}\nrevision: '{revision}'\nchapters: [chapters/10-modele.md, chapters/20-services.md]\n"
    "bibliography: [chapters/references.bib]\nformats: [pdf, epub, html, docx]\n"
)


def make_report(folder: Path) -> TestRepository:
    """Return a repository with the editions 2018 and 2019, both committed, the second with an annex."""
    made = make_repository(folder)
    first = made.commit(FIRST, message="Première édition")
    second = made.commit(SECOND, message="Deuxième édition")
    made.commit({
        "editions/2018.yaml": MANIFEST.format(date="2018-07-03", revision=first),
        "editions/2019.yaml": MANIFEST.format(date="2019-07-03", revision=second) + 'annexes: [{redline: "2018"}]\n',
    }, message="Décrire les éditions")  # fmt: skip
    return made
