"""Tool versions as a seal records them, and the differences between two such records.

Tools decide bytes: when an edition comes out otherwise, the first question is
whether it was made with the same ones.
"""

from __future__ import annotations

import hashlib
import io
import platform
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from millesime import __version__
from millesime.history.repository import find_repository, git_version
from millesime.press.cache.keys import digest
from millesime.press.cache.toolchain import LIBRARIES
from millesime.press.cache.versions import PACKAGE, code_version, theme_version, tool_version
from millesime.problems import RevisionError
from millesime.render.pdf.drawn.drawings import rsvg_version
from millesime.render.text_engine import engine_versions, find_font, font_files

CODE, THEME, FONTS, GIT = "code", "theme", "installed fonts", "git"
# Those that make a part of the formats only; all others may change any of them.
_MAKES = {
    **dict.fromkeys(
        ("weasyprint", "pydyf", "pyphen", "tinyhtml5", "cssselect2", "pikepdf", "uharfbuzz", "ziamath", "ziafont"),
        ("pdf",),
    ),
    **dict.fromkeys(("Pango", "HarfBuzz", "fontconfig", FONTS), ("pdf", "docx")),
    "rsvg-convert": ("pdf", "docx"),
}
_SHOWN_DIGITS = 12  # of a digest that tells, but proves nothing


def tool_versions() -> dict[str, str]:
    """Return the version of everything that decides the bytes of artifacts, by name, those that are there.

    Of our own code, of the default theme and of the fonts that are installed
    it is the beginning of a digest.
    """
    libraries = sorted({*LIBRARIES, "uharfbuzz", "brotli", "zopfli"})
    found = {
        "millesime": __version__,
        CODE: code_version("press", "render")[:_SHOWN_DIGITS],
        THEME: theme_version()[:_SHOWN_DIGITS],
        "machine": platform.machine(),
        **{name: tool_version(name) for name in ("python", "pandoc", *libraries)},
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        GIT: git_version(),
        "rsvg-convert": rsvg_version(),
        **engine_versions(),
        FONTS: digest(font_files())[:_SHOWN_DIGITS],
    }
    return {name: version for name, version in found.items() if version}


def embedded_fonts(pdf: bytes) -> dict[str, str]:
    """Return the files of the system's fonts that a PDF embeds parts of: name → SHA-256.

    They are found by the names of their faces. Those of the theme are not
    among them: they come with it.
    """
    import pikepdf

    found: dict[str, str] = {}
    with pikepdf.open(io.BytesIO(pdf)) as file:
        faces = {
            (str(font.FontName).lstrip("/").partition("+")[2], str(font.FontFamily))
            for font in file.objects
            if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/FontDescriptor" and "/FontFamily" in font
        }
    for name, family in sorted(faces):
        path = find_font(family, name.removeprefix(family.replace(" ", "-")))
        if path is not None and path.is_file():
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def tool_differences(
    sealed: Mapping[str, str], now: Mapping[str, str], *, formats: Iterable[str], compared: bool = True
) -> list[str]:
    """Return how tools differ from those of a seal, as far as they make one of these formats: "pandoc 3.9 → 3.10".

    git makes nothing but what an edition says of others that it is `compared` with.
    """
    kinds = set(formats)
    said = []
    for name, version in sealed.items():
        if now.get(name) == version or not kinds & set(_MAKES.get(name, kinds)) or (name == GIT and not compared):
            continue
        what = {CODE: "Millésime's own code", THEME: "the default theme"}.get(name, name)
        said.append(f"{what} {version} → {now[name]}" if name in now else f"{what} {version} → none")
    return said


def font_differences(sealed: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return how the system's fonts that pages embed differ from those of a seal."""
    said = [
        f"{name} is another file ({digest[:10]} → {now[name][:10]})" if name in now else f"{name} is no longer used"
        for name, digest in sealed.items()
        if now.get(name) != digest
    ]
    return said + [f"{name} is used, and was not" for name in now if name not in sealed]


def toolchain_commit() -> str:
    """Return the commit of Millésime's own repository that runs; "" if it is installed otherwise, or was edited."""
    repository = find_repository(PACKAGE.parent)
    if repository is None or repository.root != Path(PACKAGE.parent).resolve():
        return ""
    try:
        if repository.run("status", "--porcelain", "--", "millesime", "templates").strip():
            return ""
        return repository.run("rev-parse", "HEAD").decode("ascii").strip()
    except RevisionError:  # no commit yet
        return ""
