"""The Word edition's reference document: pandoc's own, in the theme's type and paper.

`templates/docx/styles.yaml` says what changes. The elements are those of
WordprocessingML, ECMA-376 part 1, chapter 17; their order inside `w:pPr` and
`w:rPr` is fixed there, and Word refuses files that break it.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from lxml import etree

from millesime.assembly.theme import OWN_FOLDER, read_theme_file
from millesime.markup.pandoc import default_data_file
from millesime.problems import ManifestError, did_you_mean
from millesime.render.docx.wide_tables import TABLE_SIZES
from millesime.series.mistakes import Mistake, shown
from millesime.series.yaml_text import LABELS, read_tree

_STYLES = "docx/styles.yaml"
_NUMBERS = {"size", "line", "before", "after", "indent", "hanging"}
_FLAGS = {"bold", "italic", "keep_next", "page_break", "tab"}
_NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = f"{{{_NS}}}"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file in the zip
_SIDES = ("top", "right", "bottom", "left", "header", "footer")
_FOOTER_ID = "rIdFooter"
_P_ORDER = (
    "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens spacing ind contextualSpacing mirrorIndents jc textAlignment outlineLvl"
).split()
_R_ORDER = "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing sz szCs u shd vertAlign lang".split()


def reference_document(theme: Mapping[str, bytes], *, language: str) -> bytes:
    """Return the reference.docx for a report in a language; same theme, same bytes."""
    settings = _settings(theme)
    with zipfile.ZipFile(BytesIO(default_data_file("reference.docx"))) as original:
        files = {name: original.read(name) for name in original.namelist()}
    files["word/styles.xml"] = _restyled(files["word/styles.xml"], settings, language)
    files["word/document.xml"] = _paged(files["word/document.xml"], settings["page"])
    files["word/fontTable.xml"] = _font_table(settings["fonts"])
    files["word/footer1.xml"] = _FOOTER
    files["word/_rels/document.xml.rels"] = _appended(
        files["word/_rels/document.xml.rels"],
        "Relationship",
        {"Id": _FOOTER_ID, "Type": f"{_RELS}/footer", "Target": "footer1.xml"},
    )
    files["[Content_Types].xml"] = _appended(
        files["[Content_Types].xml"],
        "Override",
        {
            "PartName": "/word/footer1.xml",
            "ContentType": "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml",
        },
    )
    return zipped(files)


def text_area(theme: Mapping[str, bytes]) -> tuple[tuple[float, float], float]:
    """Return the width and height that a page has for text, and the size of that text, all in points."""
    settings = _settings(theme)
    page, margins = settings["page"], settings["page"]["margin_mm"]
    width = page["width_mm"] - margins["left"] - margins["right"]
    height = page["height_mm"] - margins["top"] - margins["bottom"]
    return (width / 25.4 * 72, height / 25.4 * 72), settings["text"]["size"]


def _settings(theme: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the theme's styles, numbers as numbers. Raises ManifestError, naming each that cannot be read."""
    tree, mistakes = read_tree(read_theme_file(_STYLES, theme), f"{OWN_FOLDER}/{_STYLES}", LABELS)
    model, _ = read_tree(read_theme_file(_STYLES), _STYLES, LABELS)
    found: dict[str, Any] = {}
    if not mistakes:
        found = _checked(tree, model, (), mistakes)
        for ident, style in _children(found.get("styles")).items():
            fonts = _children(found.get("fonts"))
            if isinstance(style, dict) and "font" in style and style["font"] not in fonts:
                hint = did_you_mean(str(style["font"]), fonts) or f"the fonts are {', '.join(fonts)}"
                _complain(mistakes, ("styles", ident, "font"), f"{shown(style['font'])} is none of `fonts`", hint)
    if mistakes:
        raise ManifestError("\n".join(str(mistake) for mistake in mistakes))
    return found


def _children(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _complain(mistakes: list[Mistake], place: tuple[str, ...], text: str, hint: str) -> None:
    mistakes.append(Mistake(file=f"{OWN_FOLDER}/{_STYLES}", place=place, text=text, hint=hint))


def _checked(tree: Any, model: Any, place: tuple[str, ...], mistakes: list[Mistake]) -> dict[str, Any]:
    """Return a mapping of settings with numbers and flags, complaining of each that is not what its key holds."""
    if not isinstance(tree, dict):
        _complain(mistakes, place, f"{shown(tree)} where settings belong", "write `key: value`, a line for each")
        return {}
    free = place in (("styles",), ("fonts",))  # whose keys are the theme's own
    for key in () if free or len(place) > 1 and place[0] == "styles" else model:
        if key not in tree:
            hint = f"write it as the default theme's {_STYLES} does"
            _complain(mistakes, (*place, key), "missing", hint)
    out: dict[str, Any] = {}
    for key, value in tree.items():
        inner = model.get(key) if isinstance(model, dict) else None
        if place == ("fonts",):
            inner = inner or {"name": "", "instead": ""}
        if isinstance(inner, dict) or place == ("styles",):
            out[key] = _checked(value, inner or {}, (*place, key), mistakes)
        elif isinstance(value, list | dict):
            _complain(mistakes, (*place, key), f"{shown(value)} where a value belongs", "write a number or a word")
        elif key in _NUMBERS or key.endswith("_mm") or place[-1:] == ("margin_mm",):
            if not re.fullmatch(r"-?\d{1,4}(\.\d+)?", value or ""):
                _complain(mistakes, (*place, key), f"{shown(value)} is no number", "write points or millimetres: 10.5")
            else:
                out[key] = float(value) if "." in value else int(value)
        elif key in _FLAGS:
            if value not in ("true", "false"):
                _complain(mistakes, (*place, key), f"{shown(value)} is no flag", "write `true` or `false`")
            out[key] = value == "true"
        elif value is None:
            _complain(mistakes, (*place, key), "nothing is written here", "write a word, or leave the key out")
        elif key in ("color", "shade", "left_rule") and not re.fullmatch(r"[0-9a-fA-F]{6}", value):
            _complain(mistakes, (*place, key), f"{shown(value)} is no colour", "write six hexadecimal digits: 1d4e5f")
        else:
            out[key] = value
    return out


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip in which nothing tells when it was made."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _restyled(content: bytes, settings: Mapping[str, Any], language: str) -> bytes:
    root = etree.fromstring(content)
    fonts = {key: value["name"] for key, value in settings["fonts"].items()}
    defaults = root.find(f"{_W}docDefaults")
    text = settings["text"]
    _set_run(defaults.find(f"{_W}rPrDefault/{_W}rPr"), text, fonts)
    lang = _child(defaults.find(f"{_W}rPrDefault/{_W}rPr"), "lang", _R_ORDER)
    lang.set(f"{_W}val", language)
    _set_paragraph(defaults.find(f"{_W}pPrDefault/{_W}pPr"), text, settings["page"])
    known = {style.get(f"{_W}styleId"): style for style in root.findall(f"{_W}style")}
    for ident, wanted in settings["styles"].items():
        style = known.get(ident)
        if style is None:
            style = _new_style(root, ident, wanted)
        if style.get(f"{_W}type") == "paragraph":
            _set_paragraph(_part(style, "pPr"), wanted, settings["page"])
        _set_run(_part(style, "rPr"), wanted, fonts)
        linked = known.get(f"{ident}Char")
        if linked is not None:
            _set_run(_part(linked, "rPr"), wanted, fonts)
    size = settings["styles"].get("Table", {}).get("size", text["size"])
    for ident, share, margin in TABLE_SIZES.values():
        root.append(_smaller_table(known["Table"], ident, size * share, margin))
    return _xml(root)


def _smaller_table(table: etree._Element, ident: str, size: float, margin: int) -> etree._Element:
    """Return the table style `Table` under another id, its text in points, the margins of its cells in twips."""
    style = copy.deepcopy(table)
    style.attrib.pop(f"{_W}default", None)
    style.attrib.update({f"{_W}customStyle": "1", f"{_W}styleId": ident})
    style.find(f"{_W}name").set(f"{_W}val", ident.replace("Table", "Table "))
    _set_run(_part(style, "rPr"), {"size": size}, {})
    for side in ("left", "right"):
        style.find(f"{_W}tblPr/{_W}tblCellMar/{_W}{side}").set(f"{_W}w", str(margin))
    return style


def _new_style(root: etree._Element, ident: str, wanted: Mapping[str, Any]) -> etree._Element:
    kind = wanted.get("kind", "paragraph")
    style = etree.SubElement(root, f"{_W}style", {f"{_W}type": kind, f"{_W}styleId": ident})
    if "name" in wanted:
        style.set(f"{_W}customStyle", "1")
    name = wanted.get("name") or ident.replace("TOC", "toc ")
    etree.SubElement(style, f"{_W}name", {f"{_W}val": name})
    etree.SubElement(style, f"{_W}basedOn", {f"{_W}val": "Normal" if kind == "paragraph" else "DefaultParagraphFont"})
    etree.SubElement(style, f"{_W}qFormat")
    return style


def _part(style: etree._Element, name: str) -> etree._Element:
    """The style's pPr or rPr, which stand in this order before what tables add."""
    found = style.find(f"{_W}{name}")
    if found is None:
        found = etree.Element(f"{_W}{name}")
        later = {f"{_W}{other}" for other in ("rPr", "tblPr", "trPr", "tcPr", "tblStylePr") if other != name}
        after = next((child for child in style if child.tag in later), None)
        if after is None:
            style.append(found)
        else:
            after.addprevious(found)
    return found


def _set_paragraph(target: etree._Element, wanted: Mapping[str, Any], page: Mapping[str, Any]) -> None:
    if wanted.get("keep_next"):
        _child(target, "keepNext", _P_ORDER)
    if wanted.get("page_break"):
        _child(target, "pageBreakBefore", _P_ORDER)
    if "left_rule" in wanted:
        borders = _child(target, "pBdr", _P_ORDER)
        etree.SubElement(
            borders,
            f"{_W}left",
            {
                f"{_W}val": "single",
                f"{_W}sz": "18",
                f"{_W}space": "6",
                f"{_W}color": str(wanted["left_rule"]),
            },
        )
    if "shade" in wanted:
        shade = _child(target, "shd", _P_ORDER)
        shade.attrib.update({f"{_W}val": "clear", f"{_W}color": "auto", f"{_W}fill": str(wanted["shade"])})
    if wanted.get("tab"):
        margins = page["margin_mm"]
        tabs = _child(target, "tabs", _P_ORDER)
        end = _twips_of_mm(page["width_mm"] - margins["left"] - margins["right"])
        etree.SubElement(tabs, f"{_W}tab", {f"{_W}val": "right", f"{_W}leader": "none", f"{_W}pos": end})
    if {"before", "after", "line"} & wanted.keys():
        spacing = _child(target, "spacing", _P_ORDER)
        for name in ("before", "after"):
            if name in wanted:
                spacing.set(f"{_W}{name}", _twips(wanted[name]))
        if "line" in wanted:
            spacing.set(f"{_W}line", _twips(wanted["line"]))
            spacing.set(f"{_W}lineRule", "atLeast")
    if "indent" in wanted:
        indent = _child(target, "ind", _P_ORDER)
        indent.set(f"{_W}left", _twips(wanted["indent"]))
        if "hanging" in wanted:
            indent.set(f"{_W}hanging", _twips(wanted["hanging"]))
    if "align" in wanted:
        _child(target, "jc", _P_ORDER).set(f"{_W}val", wanted["align"])


def _set_run(target: etree._Element, wanted: Mapping[str, Any], fonts: Mapping[str, str]) -> None:
    if "font" in wanted:
        family = _child(target, "rFonts", _R_ORDER)
        family.attrib.clear()
        name = fonts[wanted["font"]]
        family.attrib.update({f"{_W}{script}": name for script in ("ascii", "hAnsi", "cs", "eastAsia")})
    for name, key in (("b", "bold"), ("i", "italic")):
        if key in wanted:
            _child(target, name, _R_ORDER).set(f"{_W}val", "1" if wanted[key] else "0")
    if "color" in wanted:
        color = _child(target, "color", _R_ORDER)
        color.attrib.clear()
        color.set(f"{_W}val", str(wanted["color"]))
    if "size" in wanted:
        for name in ("sz", "szCs"):
            _child(target, name, _R_ORDER).set(f"{_W}val", str(round(wanted["size"] * 2)))  # half points
    if "underline" in wanted:
        _child(target, "u", _R_ORDER).set(f"{_W}val", wanted["underline"])


def _child(parent: etree._Element, name: str, order: list[str]) -> etree._Element:
    """The child of that name, made at its place in the order if it was missing."""
    found = parent.find(f"{_W}{name}")
    if found is not None:
        return found
    found = etree.Element(f"{_W}{name}")
    later = {f"{_W}{other}" for other in order[order.index(name) + 1 :]}
    after = next((child for child in parent if child.tag in later), None)
    if after is None:
        parent.append(found)
    else:
        after.addprevious(found)
    return found


def _paged(content: bytes, page: Mapping[str, Any]) -> bytes:
    root = etree.fromstring(content)
    section = root.find(f".//{_W}sectPr")
    margins = page["margin_mm"]
    footer = etree.Element(f"{_W}footerReference", {f"{_W}type": "default", f"{{{_RELS}}}id": _FOOTER_ID})
    section.insert(0, footer)
    for notes in section.findall(f"{_W}footnotePr"):  # whose numbers pandoc lets begin again in each section
        section.remove(notes)
    etree.SubElement(
        section,
        f"{_W}pgSz",
        {
            f"{_W}w": _twips_of_mm(page["width_mm"]),
            f"{_W}h": _twips_of_mm(page["height_mm"]),
        },
    )
    etree.SubElement(
        section,
        f"{_W}pgMar",
        {
            **{f"{_W}{side}": _twips_of_mm(margins[side]) for side in _SIDES},
            f"{_W}gutter": "0",
        },
    )
    etree.SubElement(section, f"{_W}titlePg")  # no folio on the cover
    return _xml(root)


def _font_table(fonts: Mapping[str, Mapping[str, str]]) -> bytes:
    root = etree.Element(f"{_W}fonts", nsmap={"w": _NS})
    for font in fonts.values():
        entry = etree.SubElement(root, f"{_W}font", {f"{_W}name": font["name"]})
        etree.SubElement(entry, f"{_W}altName", {f"{_W}val": font["instead"]})
    return _xml(root)


_FOOTER = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:ftr xmlns:w="{_NS}"><w:p><w:pPr>'
    '<w:spacing w:before="0" w:after="0"/><w:jc w:val="right"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    '<w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:ftr>'
).encode()


def _appended(content: bytes, name: str, attributes: Mapping[str, str]) -> bytes:
    root = etree.fromstring(content)
    etree.SubElement(root, f"{{{etree.QName(root).namespace}}}{name}", dict(attributes))
    return _xml(root)


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def _twips(points: float) -> str:
    return str(round(points * 20))


def _twips_of_mm(length_mm: float) -> str:
    return str(round(length_mm * 1440 / 25.4))
