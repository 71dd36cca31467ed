"""Problems of accessibility and language in a chapter's source: for screen readers, keyboards, readers abroad.

The rules are those of WCAG 2.2 that a source can break: 1.3.1 (headings,
tables), 2.4.4 (links) and 3.1.2 (language of parts). Assembly mends some of
it for print, headings for instance; the author should know all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from babel import Locale

from millesime.assembly.image_files import image_key, image_size, image_type, is_too_large
from millesime.assembly.pictures import find_fault, linked_pictures
from millesime.limits import DEFAULTS, Limits, raise_hint
from millesime.markup.ast import Block, Node, attr_of, text_of, walk
from millesime.problems import Problem

# Words that say nothing of where a link leads, read alone, as screen readers list links.
_VAGUE = {
    "fr": "ici|cliquez ici|cliquer ici|là|lien|ce lien|le lien|lire|lire la suite|en savoir plus|voir|voir ici|suite|"
    "plus|détails|page|cette page|télécharger|site|ce site|source",
    "en": "here|click here|link|this link|the link|read|read more|learn more|more|see|see here|details|page|this page|"
    "download|site|this site|source",
}
_HEAVY_BYTES = 3 * 1024 * 1024
_HEAVY_PIXELS = 25_000_000
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*(-x(-[A-Za-z0-9]{1,8})+)?"  # RFC 5646
)


def check_reading(path: str, blocks: Sequence[Block], *, language: str) -> Iterator[Problem]:
    """Yield what stands in the way of readers in a chapter."""
    vague = re.compile(f"(?:{_VAGUE.get(language.split('-')[0], _VAGUE['en'])}|{_VAGUE['en']})", re.IGNORECASE)
    languages = Locale("en").languages
    place, level, ids = "", 0, set[str]()
    for node in walk(list(blocks)):
        attributes = attr_of(node)
        ident = attributes[0] if attributes else ""
        place = ident or place
        where = f"{path}#{place}" if place else path
        if ident and ident in ids:
            yield Problem(
                "D001",
                where,
                f"the id {ident!r} is given twice",
                "give one of them another: links lead to the first",
            )
        ids.add(ident)
        if node["t"] == "Header":
            if level and node["c"][0] > level + 1:
                yield Problem(
                    "H001", where, f"a heading of level {node['c'][0]} follows one of level {level}",
                    f"write `{'#' * (level + 1)}`: a level that is left out sounds like a section that is missing",
                )  # fmt: skip
            level = node["c"][0]
        elif node["t"] == "Link":
            yield from _check_link(node, where, vague)
        elif node["t"] == "Table" and not _has_head(node):
            yield Problem(
                "B001", where, "a table without a row of headers", "give each column a title: `| Poste | Coût |`"
            )
        tag = dict(attributes[2]).get("lang", "") if attributes else ""
        if tag and not (_LANGUAGE.fullmatch(tag) and tag.split("-")[0].lower() in languages):
            yield Problem("G001", where, f"{tag!r} is no language", "write a BCP 47 tag: `lang=en`, `lang=pt-BR`")


def check_complaints(path: str, complaints: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield the notes of a chapter that pandoc's reader leaves out; see `read_complaints`."""
    for complaint in complaints:
        where = f"{path}:{complaint.get('line', 1)}"
        match complaint["type"]:
            case "NoteDefinedButNotUsed":
                yield Problem(
                    "F002", where, f"no text calls the note {complaint['key']!r}: it is not printed",
                    f"write `[^{complaint['key']}]` where it belongs", "error",
                )  # fmt: skip
            case "DuplicateNoteReference":
                yield Problem(
                    "F002", where, f"two notes have the name {complaint['contents']!r}: one of them is not printed",
                    "give each a name of its own", "error",
                )  # fmt: skip


_SAYS_NOTHING = frozenset({"title", "id"})  # for readers: `title` and `id` are printed, or an address
_IS_TEXT = frozenset("abstract author authors dedication epigraph foreword preface subtitle summary thanks".split())


def check_front_matter(path: str, meta: Mapping[str, Any], text: str) -> Iterator[Problem]:
    """Yield what a chapter's front matter says to readers, "abstract: …", and no edition prints.

    That is what is called so, and every value of two words or more: a
    paragraph between two rules, "Warning: …", is front matter for pandoc.
    """
    for key, value in meta.items():
        said = list(_front_matter_texts(value))
        if key in _SAYS_NOTHING or not any(len(one.split()) > 1 or key in _IS_TEXT and one for one in said):
            continue
        line = re.search(rf"^[ \t\"']*{re.escape(key)}[\"']?\s*:", text, re.MULTILINE)
        where = f"{path}:{text.count(chr(10), 0, line.start()) + 1}" if line else path
        yield Problem(
            "M001", where, f"{key!r} of the front matter is not printed: {' '.join(said)[:60]!r}",
            "write it as text of the chapter; what opens with `---` and holds a colon is front matter",
        )  # fmt: skip


def _front_matter_texts(value: Mapping[str, Any]) -> Iterator[str]:
    match value:
        case {"t": "MetaMap", "c": inner}:
            for one in inner.values():
                yield from _front_matter_texts(one)
        case {"t": "MetaList", "c": inner}:
            for one in inner:
                yield from _front_matter_texts(one)
        case {"t": "MetaString", "c": text}:
            yield text
        case {"t": "MetaInlines" | "MetaBlocks", "c": inner}:
            yield text_of(inner, notes=True)


def _check_link(node: Node, where: str, vague: re.Pattern[str]) -> Iterator[Problem]:
    _, inlines, (target, _) = node["c"]
    shows_picture = any(inner["t"] == "Image" for inner in walk(inlines))
    text = " ".join(text_of(inlines).split())
    # What leads into the report takes the name of its target; if it leads nowhere, that is R002.
    if not text and not shows_picture and _LEADS_OUT.match(target):
        yield Problem(
            "L002", where, f"the link to {target[:60]!r} has no words", "write where it leads, between the brackets"
        )
    elif vague.fullmatch(text.strip(" .…!:»«>→")):
        yield Problem(
            "L001",
            where,
            f"the words {text!r} do not say where the link leads",
            "name it: `[le rapport](…)`",
        )


_LEADS_OUT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def _has_head(table: Node) -> bool:
    _, _, _, (_, rows), *_ = table["c"]
    return any(text_of(row) for row in rows)


def check_pictures(
    path: str, blocks: Sequence[Block], *, read_image: Callable[[str], bytes | None], limits: Limits = DEFAULTS
) -> Iterator[Problem]:
    """Yield the pictures of a chapter that are too large or heavy, damaged, or show others that are not there."""
    seen: set[str] = set()
    for node in walk(list(blocks)):
        key = image_key(node["c"][2][0], path) if node["t"] == "Image" else None
        if key is None or key in seen:
            continue
        seen.add(key)
        content = read_image(key)
        if content is None or image_type(content) is None:
            continue
        if is_too_large(content, limits):
            width, height = image_size(content) or (0, 0)
            yield Problem(
                "I005",
                path,
                f"picture {key!r} is of {width} × {height} pixels, more than {limits.pixels} million: it stops a build",
                raise_hint("pixels", limits),
                "error",
            )
            continue
        if fault := find_fault(content):
            yield Problem("I004", path, f"picture {key!r} is damaged: {fault}", "save it again, or anew", "error")
            continue
        for linked in linked_pictures(content):
            yield Problem(
                "I001",
                path,
                f"drawing {key!r} shows {linked[:60]!r}, which is no picture of pixels in the edition's files",
                "put the file, PNG or JPEG, under version control and name it relative to the drawing",
                "error",
            )
        width, height = image_size(content) or (0, 0)
        if len(content) > _HEAVY_BYTES or width * height > _HEAVY_PIXELS:
            size = f"{len(content) / 1024**2:.1f} MiB" + (f", {width} × {height} pixels" if width else "")
            yield Problem(
                "I003",
                path,
                f"picture {key!r} is heavy: {size}",
                "2,000 pixels of width are enough for print",
            )


# ---- colours of the theme -------------------------------------------------------

_RULE = re.compile(r"(?:^|(?<=[{}]))([^{}]*+)\{([^{}]*+)\}")
_COLOUR = re.compile(r"(?<![\w-])(--[\w-]+|color|background(?:-color)?)\s*:\s*(#[0-9a-fA-F]{3,8})\b")
_GROUNDS = {"--ink": "--paper", "--soft-ink": "--paper", "--accent": "--paper", "--added": "--added-wash",
            "--removed": "--removed-wash", "--moved": "--moved-wash"}  # fmt: skip
_ENOUGH = 4.5  # WCAG 2.2, 1.4.3


def check_colours(theme: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield the rules of a report's own sheets whose text is too pale on its ground (WCAG 2.2, 1.4.3)."""
    for name, content in sorted(theme.items()):
        if not name.endswith(".css"):
            continue
        text = content.decode("utf-8", "replace")
        sheet = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
        for rule in _RULE.finditer(sheet):
            colours: dict[str, Any] = dict(_COLOUR.findall(rule[2]))
            grounds = {"color": "background-color" if "background-color" in colours else "background", **_GROUNDS}
            line = sheet.count("\n", 0, rule.start(2)) + 1
            for ink, ground in grounds.items():
                if ink not in colours or ground not in colours:
                    continue
                found = contrast(colours[ink], colours[ground])
                if found < _ENOUGH:
                    yield Problem(
                        "C001", f"templates/{name}:{line}",
                        f"{ink} {colours[ink]} on {ground} {colours[ground]} has a contrast of {found:.1f}",
                        f"choose colours with {_ENOUGH} at least",
                    )  # fmt: skip


def contrast(ink: str, ground: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    lighter, darker = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
