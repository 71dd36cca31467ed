"""Paths that lead out of the report, wherever a report names a file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from millesime.problems import ReportError
from tests.security.artifacts import CANARY, SVG, holds, make, text_of, write_report

DRAWING = f"{SVG}<text>{CANARY}</text></svg>"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("s.svg", "s.md", "s.bib", "s.csl", "s.yaml"):
        (folder / name).write_text(DRAWING if name == "s.svg" else CANARY, "utf-8")
    return folder


def test_no_picture_is_read_from_outside(outside: Path, tmp_path: Path):
    place, root = outside / "s.svg", tmp_path / "report"
    targets = [
        "../../outside/s.svg", "../outside/../../outside/s.svg", "..%2F..%2Foutside%2Fs.svg",
        "%2e%2e/%2e%2e/outside/s.svg",
        str(place), f"/{place}", f"//{place}", place.as_uri(), f"file:{place}", f"FILE://localhost{place}",
        "linked.svg", "folder/s.svg", "./folder/../folder/s.svg", "@2019/../../outside/s.svg", f"@2018/{place}",
        "@annex/../../outside/s.svg", "..\\..\\outside\\s.svg", f"{quote(str(place), safe='')}", "a.md/../linked.svg",
        "\u2025/outside/s.svg", "../../outside/s.svg?x#y", "../../outside/s.svg%00.png",
    ]  # fmt: skip
    (root / "chapters").mkdir(parents=True)
    (root / "chapters/linked.svg").symlink_to(place)
    (root / "chapters/folder").symlink_to(outside)
    text = "# Un\n\n" + "".join(
        f"![]({t.replace(' ', '%20')}) <img src='{t}'>\n\n![x{n}](<{t}>)\n\n" for n, t in enumerate(targets)
    )
    text += "".join(f"![][r{n}]\n\n[r{n}]: <{t}>\n\n" for n, t in enumerate(targets)) + "finfin\n"
    write_report(root, {"chapters/a.md": text})
    made = make(root)
    assert holds(made, CANARY) == []
    assert all("finfin" in said for said in text_of(made).values())


@pytest.mark.parametrize(
    "way", ["../outside/NAME", "ABSOLUTE", "chapters/../../outside/NAME", "chapters/link/NAME", "chapters/NAME"]
)
@pytest.mark.parametrize(
    "manifest",
    [
        "chapters: ['s.md']",
        "chapters: [chapters/a.md]\nbibliography: ['s.bib']",
        "chapters: [chapters/a.md]\ncsl: 's.csl'\nbibliography: [works.bib]",
        "chapters: [chapters/a.md]\nannexes: [{chapter: 's.md'}]",
        "chapters: [chapters/a.md]\nfront_matter: ['s.md']",
    ],
    ids=["chapter", "bibliography", "style", "annex", "front matter"],
)  # fmt: skip
def test_no_manifest_names_a_file_outside(way: str, manifest: str, outside: Path, tmp_path: Path):
    name = manifest.split("'")[1]
    target = way.replace("NAME", name).replace("ABSOLUTE", str(outside / name))
    root = write_report(
        tmp_path / "report", {"chapters/a.md": "# Un\n\n[@x]\n", "works.bib": "@book{x, title={T}}\n"},
        manifest=manifest.replace(name, target),
    )  # fmt: skip
    (root / "chapters/link").symlink_to(outside)
    (root / "chapters" / name).symlink_to(outside / name)
    with pytest.raises(ReportError, match=r"editions/2019\.yaml") as raised:
        make(root, formats=())
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    "place", ["templates", "templates/labels", "templates/pdf", "chapters/registers", "chapters", "editions"]
)
def test_no_folder_that_leads_outside_is_read(place: str, tmp_path: Path):
    outside = write_report(tmp_path / "other", {
        f"{place}/{name}": CANARY for name in ("fr.yaml", "page.css", "hearings.yaml", "a.md", "labels/fr.yaml")
    })  # fmt: skip
    root = write_report(
        tmp_path / "report", {"text/a.md": "# Un\n"},
        manifest="chapters: [text/a.md]\nannexes: [{register: hearings}]",
    )  # fmt: skip
    if place == "editions":
        for path in (root / place).iterdir():
            path.unlink()
        (root / place).rmdir()
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).symlink_to(outside / place)
    try:
        assert holds(make(root, formats=("html", "docx")), CANARY) == []
    except ReportError as error:
        assert CANARY not in str(error)
