"""A report of three editions in which passages stay, are reworded, move, are joined and go, published step by step."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from millesime.history.repository import find_repository
from millesime.press.cache.store import NO_STORE, Store
from millesime.press.edition.workspace import Workspace
from millesime.press.run.build import Progress
from millesime.press.site.publish import Published, publish
from millesime.series.series import load_series
from tests.press.here import here
from tests.press.report import FIRST, SVG
from tests.support import TestRepository, make_repository

STAYS = "Les compteurs de la régie envoient leur relevé chaque nuit vers le centre de gestion de la commune."
REWORDED = "La lumière de la rue baisse après minuit, sauf aux carrefours et devant les arrêts de la ligne de nuit."
MOVES = "La donnée publique appartient aux habitants qui la produisent, et la ville en répond devant eux chaque année."
GOES = "Un démonstrateur a été installé sur la place du marché pendant six mois, puis retiré faute de moyens."
ONE = "Le conseil de quartier donne son avis sur chaque projet qui touche à l'espace public de ses rues."
TWO = "La commune répond à cet avis par écrit, dans le mois, et publie sa réponse sur le portail des données."
PLAN = "![Le plan](figures/plan.svg)"
NEW = "Une charte signée par les trois collèges fixe ce que chaque opérateur doit rendre public, et quand."


def _chapter(ident: str, title: str, *paragraphs: str) -> str:
    return f"---\nid: {ident}\n---\n\n# {title}\n\n## Ce qui se passe {{#{ident}-faits}}\n\n" + "\n\n".join(paragraphs)


EDITIONS = {
    "2018": {
        "chapters/10-modele.md": _chapter("modele", "Le modèle", STAYS, REWORDED, MOVES, GOES, ONE, TWO),
        "chapters/20-services.md": _chapter("services", "Les services", PLAN, "Voir [](#modele)."),
        "chapters/figures/plan.svg": SVG,
        "editions/report.yaml": FIRST["editions/report.yaml"] + "base_url: https://example.org/rapport\n",
        ".gitignore": "dist/\n",
    },
    "2019": {
        "chapters/10-modele.md": _chapter(
            "modele", "Le modèle", NEW, STAYS, REWORDED.replace("après minuit", "dès vingt-trois heures"), ONE, TWO
        ),
        "chapters/20-services.md": _chapter(
            "services", "Les services", PLAN, MOVES, "Voir [](#modele)."
        ),
        "changelog/2019.md": "Une charte.\n",
    },
    "2020": {
        "chapters/10-modele.md": _chapter(
            "modele", "Le modèle", NEW, STAYS, REWORDED.replace("après minuit", "dès vingt-deux heures"), f"{ONE} {TWO}"
        ),
    },
}  # fmt: skip
_MANIFEST = (
    "date: {name}-07-03\nrevision: '{revision}'\nchapters: [chapters/10-modele.md, chapters/20-services.md]\n"
    "formats: [{formats}]\n{annexes}"
)


def make_series(folder: Path, *, formats: str = "epub, html") -> TestRepository:
    """Return a repository with the editions 2018, 2019 and 2020, all committed."""
    made = make_repository(folder)
    manifests: dict[str, str] = {}
    before = ""
    for name, files in EDITIONS.items():
        revision = made.commit(files, message=f"Édition {name}")
        annexes = f'annexes: [{{redline: "{before}"}}]\n' if before else ""
        manifests[f"editions/{name}.yaml"] = _MANIFEST.format(
            name=name, revision=revision, formats=formats, annexes=annexes
        )
        before = name
    made.commit(manifests, message="Décrire les éditions")
    return made


def publish_into(
    out: Path, root: Path, *names: str, store: Store = NO_STORE, search: bool = False, **options: Any
) -> Published:
    workspace = Workspace(load_series(root), find_repository(root), store=store)
    return publish(workspace, names, out=out, workers=here(store), progress=Progress(), search=search, **options)


def publish_in_steps(root: Path, folder: Path, *, store: Store) -> list[Path]:
    """Publish one edition, then two, then three; return the site as it was after each step."""
    out, kept = folder / "site", []
    for count, names in enumerate((["2018"], ["2019"], ["2020"]), start=1):
        publish_into(out, root, *names, store=store, search=count == 3)
        kept.append(folder / f"step-{count}")
        shutil.copytree(out, kept[-1])
    return kept
