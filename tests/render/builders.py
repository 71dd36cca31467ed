"""Tiny constructors of reports, as assembly would hand them to a renderer."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from millesime.assembly.outline import settle_levels
from millesime.assembly.report import Author, Chapter, Imprint, Part, Report, Section, Sibling
from millesime.assembly.theme import load_labels
from millesime.markup.ast import SPACE, Block, attr_of, div, header, link, para, simple_table, span, string, walk, words
from millesime.markup.pandoc import Source, read_documents
from millesime.markup.source_names import names_as_written

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#246"/></svg>'


def imprint(*, language: str = "fr", **changes) -> Imprint:
    values = {
        "name": "2019",
        "title": "Vers une ville partagée",
        "subtitle": "Première édition complémentaire",
        "date": datetime.date(2019, 7, 3),
        "language": language,
        "publisher": "Mission Ville",
        "authors": (Author(name="Camille Roux", role="rapporteure", sector="academic"),),
        "licence": "etalab-2.0",
        "identifier": "urn:uuid:3f1c9a52-0b1e-4c55-9d0a-6f6f5f0f2019",
        "earlier": (Sibling(name="2018", date=datetime.date(2018, 7, 3)),),
    }
    return Imprint(**values | changes)


def chapter(ident: str, *blocks: Block, title: str = "Un chapitre", number: str = "", **changes) -> Chapter:
    values = {
        "id": ident,
        "path": f"chapters/{ident}.md",
        "role": "body",
        "label": f"Chapitre {number}" if number else "",
        "number": number,
        "title": tuple(words(title)),
        "blocks": blocks,
        "sections": sections_of(blocks),
    }
    return Chapter(**values | changes)


def sections_of(blocks: Sequence[Block]) -> tuple[Section, ...]:
    """Return the headings of level 2 that have an id, as sections."""
    return tuple(
        Section(anchor=block["c"][1][0], number="", title=tuple(block["c"][2]), level=2)
        for block in blocks
        if block["t"] == "Header" and block["c"][0] == 2 and block["c"][1][0]
    )


def report(
    *chapters: Chapter, images: Mapping[str, bytes] | None = None, parts: tuple[Part, ...] = (), **imprint_changes
) -> Report:
    """Return a report whose anchors are all the ids in its chapters."""
    anchors = {chapter.id: chapter.id for chapter in chapters}
    for one in chapters:
        for node in walk(list(one.blocks)):
            found = attr_of(node)
            if found and found[0]:
                anchors.setdefault(found[0], one.id)
    about = imprint(**imprint_changes)
    return Report(
        imprint=about,
        chapters=chapters,
        parts=parts,
        anchors=anchors,
        images=dict(images or {}),
        labels=load_labels(about.language),
    )


def source(text: str) -> list[Block]:
    """Return Markdown as blocks, as an author's text is read."""
    return list(read_documents([Source(path="test.md", content=text.encode())])[0].blocks)


def markdown(text: str) -> list[Block]:
    """Return Markdown as blocks in which names are Millésime's: `[new]{.insertion}` is a mark."""
    return names_as_written(source(text))


def anchored(ident: str, block: Block) -> Block:
    """Return a block in the wrapper that gives it its anchor."""
    return div([block], ident=ident, pairs=[("wrapper", "1")])


def sample_report(**imprint_changes) -> Report:
    """Return a small report with one of everything a renderer prints."""
    first = chapter(
        "gouvernance",
        *markdown(SAMPLE),
        title="La gouvernance partagée",
        number="1",
        part=0,
    )
    second = chapter(
        "donnees",
        header(2, "Un socle", ident="socle"),
        anchored("p-socle", para("Voir plus haut.")),
        title="Les données",
        number="2",
        part=0,
    )
    annex = chapter(
        "annexe-2018",
        div([para("Un paragraphe ajouté.")], classes=["insertion"]),
        div([para("Un paragraphe retiré.")], classes=["deletion"]),
        div([para("Un paragraphe déplacé.")], classes=["moved-to"], pairs=[("move", "m1")]),
        div([para("Un paragraphe déplacé.")], classes=["moved-from"], pairs=[("move", "m1")]),
        para(
            "Un mot ",
            SPACE,
            span([string("neuf")], classes=["insertion"]),
            SPACE,
            span([string("vieux")], classes=["deletion"]),
        ),
        simple_table(
            [words("Ville"), words("Habitants")],
            [[words("Dijon"), words("158 002")]],
            ident="tab-villes",
            caption=words("Villes"),
        ),
        title="Ce qui change depuis 2018",
        number="A",
        label="Annexe A",
        role="annex",
    )
    part = Part(anchor="partie-modele", label="Partie I", number="I", title=tuple(words("Le modèle")))
    return report(first, second, annex, parts=(part,), images={"chapters/figures/plan.svg": SVG}, **imprint_changes)


SAMPLE = """\
## Une méthode ouverte {#methode}

::: {#p-un wrapper=1}
Le rapport suit la *triple hélice*, et $x^2 + \\alpha$ ; voir [le socle](#socle).[^note]
:::

### Entendre {#entendre}

- un
- deux

1. premier

   suite

Terme
:   sa définition

> Une citation.

::: {#rec-un .recommendation}
Ouvrir les données.
:::

::: {#contro .controverse .controversy}
::: {.position data-sector="economic"}
Les entreprises le veulent.
:::
:::

| Ville | Habitants |
|:------|----------:|
| Dijon | 158 002 |
| Lyon | 522 250 |

: Deux villes {#tab-deux}

![Le plan de la ville](chapters/figures/plan.svg){#fig-plan}

``` {#code .python}
print("ville")
```

Un texte [in English]{lang=en}, une [référence introuvable : x]{.unresolved}.

[^note]: Une note avec un [lien](https://example.org/a).
"""


EVIL_SVG = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)" width="40"
height="20"><script>alert(1)</script><style>@import url(http://e.org/x); rect{fill:url(http://e.org/y)}</style>
<a href="javascript:alert(1)"><rect width="4" height="4" onclick="x()" style="fill:u\\72l('http://e.org/z')"/></a>
<image href="http://e.org/i.png"/><text>&x;ok</text><use xlink:href="http://e.org/u#a"/>
<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>"""


def hostile_report() -> Report:
    """Return a report with what strangers may send, ids and titles included."""
    text = Path(__file__).with_name("hostile.md").read_text(encoding="utf-8").replace("CONTROLS", "\x08\x0c\x85")
    first = chapter(
        "1 été/hostile",
        *settle_levels(markdown(text)),
        div([para("long")], ident="x" * 390),
        anchored("twice", para("encore")),
        header(2, string("Avec espaces"), ident="id avec espaces"),
        header(6, string("saut")),
        title="Hostile & <co> \x08",
        number="1",
        part=0,
    )
    second = chapter(
        "index",
        para(
            link([string("vers")], "#" + "x" * 390),
            SPACE,
            link([string("loin")], "#id%20avec%20espaces"),
            SPACE,
            link([string("x")], "#twice"),
        ),
        raw("<p>non fermé <b><script>evil"),
        para("après"),
        raw("<textarea><!--"),
        para("toujours là"),
        title="",
        role="annex",
    )
    return report(
        first,
        second,
        images={"chapters/figures/plan.svg": EVIL_SVG, "chapters/figures/x.pdf": b"%PDF-1.4", "x.png": b"no image"},
        parts=(Part(anchor="1 part", label="", number="", title=tuple(words("Partie & <i>"))),),
        title="Titre <b>&",
        authors=(),
        earlier=(Sibling(name='2018 "é/<', date=datetime.date(2018, 1, 1)),),
        keywords=("a<b",),
        licence="<x>",
    )


def raw(html: str) -> Block:
    return {"t": "RawBlock", "c": ["html", html]}
