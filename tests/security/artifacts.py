"""Reports as an attacker sends them, made into every format; and what no artifact may hold."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
from lxml import etree, html

from millesime.assembly.report import Report
from millesime.press.edition.edition_report import assemble_edition
from millesime.press.edition.workspace import Workspace
from millesime.press.run.artifacts import make_artifact, read_packed
from millesime.series.series import load_series
from tests.render.pdf_facts import text_of_pages

FORMATS = ("html", "epub", "docx", "pdf")
CANARY = "canari-7f3a"  # what files outside of the report say
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20">'

Files = Mapping[str, str | bytes]
Made = dict[str, dict[str, bytes]]  # format → name → content, unpacked

_ALLOWED = {"", "http", "https", "mailto", "tel", "ftp", "doi", "urn"}  # docs/security.md
_ACTIVE = frozenset(
    "script iframe object embed applet base form input button textarea frame frameset foreignObject animate set "
    "handler listener audio video".split()
)
_FORWARDED = frozenset({"TOC", "PAGEREF", "HYPERLINK", "PAGE", "NUMPAGES", "STYLEREF", "REF", "SEQ"})


def write_report(root: Path, files: Files, *, manifest: str = "", report: str = "") -> Path:
    """Write a report of one edition; without another manifest, its one chapter is chapters/a.md."""
    whole = {
        "editions/report.yaml": f"title: Rapport\nlanguage: fr\n{report}",
        "editions/2019.yaml": f"date: 2019-07-03\n{manifest or 'chapters: [chapters/a.md]'}\n",
        **files,
    }
    for path, content in whole.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return root


def assemble(root: Path) -> Report:
    """Return the report of a working tree as every format prints it."""
    return assemble_edition(Workspace(load_series(root), None), "2019")


def make(root: Path, *, formats: tuple[str, ...] = FORMATS) -> Made:
    """Return all artifacts of a report, unpacked."""
    report = assemble(root)
    return {kind: unpacked(kind, make_artifact(report, kind)) for kind in formats}


def unpacked(kind: str, content: bytes) -> dict[str, bytes]:
    name, files, *_ = read_packed(content)
    if kind == "html":
        return {place.decode(): content for place, content in files.items()}
    (content,) = files.values()
    if kind == "pdf":
        return {name: content}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


def text_of(made: Made) -> dict[str, str]:
    """Return what readers of each format see, as one line."""
    return {kind: " ".join("".join(_text(kind, files)).split()) for kind, files in made.items()}


def _text(kind: str, files: Mapping[str, bytes]) -> Iterator[str]:
    for name, content in files.items():
        if kind == "pdf":
            yield " ".join(text_of_pages(content))
        elif name.endswith((".html", ".xhtml")):
            yield html.document_fromstring(content).find("body").text_content() + " "
        elif name in ("word/document.xml", "word/footnotes.xml"):
            yield "".join(etree.fromstring(content).itertext("{*}t", "{*}delText")) + " "


def holds(made: Made, text: str) -> list[str]:
    """Return the files that say something, streams of PDF unpacked."""
    needle = text.encode()
    found = []
    for kind, files in made.items():
        for name, content in files.items():
            if needle in content or kind == "pdf" and any(needle in stream for stream in _streams(content)):
                found.append(f"{kind}: {name}")
        if text in text_of({kind: files})[kind]:
            found.append(f"{kind}: its text")
    return found


def _streams(content: bytes) -> Iterator[bytes]:
    with pikepdf.open(io.BytesIO(content)) as document:
        for one in document.objects:
            if isinstance(one, pikepdf.Stream):
                try:
                    yield one.read_bytes()
                except pikepdf.PdfError:
                    yield one.read_raw_bytes()


def dangers(made: Made) -> list[str]:
    """Return all that artifacts would run, fetch or lead to, and must not."""
    return [f"{kind}: {name}: {what}" for kind, files in made.items() for name, what in _dangers(kind, files)]


def _dangers(kind: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, content in files.items():
        if kind == "pdf":
            found = _dangers_of_pdf(content)
        elif kind == "docx" and name.endswith((".xml", ".rels")):
            found = _dangers_of_word(name, etree.fromstring(content))
        elif name.endswith(".html"):
            found = _dangers_of_page(html.document_fromstring(content))
        elif name.endswith((".xhtml", ".svg", ".opf", ".ncx")):
            found = _dangers_of_page(etree.fromstring(content))  # and well-formed
        elif name.endswith(".css"):
            found = _dangers_of_css(content.decode())
        else:
            found = iter(())
        yield from ((name, what) for what in found)


def _dangers_of_page(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        tag = etree.QName(element).localname if isinstance(element.tag, str) else str(element.tag)
        if tag in _ACTIVE:
            yield f"<{tag}>"
        if tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            yield "a page that leads away by itself"
        if tag == "link" and not set(element.get("rel", "").split()) <= _RELATIONS:
            yield f'<link rel="{element.get("rel")}">'
        if tag == "style":
            yield from _dangers_of_css(element.text or "")
        for key, value in element.attrib.items():
            local = etree.QName(key).localname.lower() if not key.startswith("xml:") else key
            if local.startswith("on") or local in ("srcdoc", "formaction", "ping", "srcset", "poster", "background"):
                yield f"{local}={value!r}"
            elif local in ("href", "src", "data", "action") and tag in ("a", "area"):
                if _scheme(value) not in _ALLOWED:
                    yield f"a link to {value!r}"
            elif local in ("href", "src", "data", "action") and _scheme(value) and tag not in ("item", "meta", "link"):
                if not re.match(r"data:image/(png|jpeg|gif);base64,", value):
                    yield f"{tag} fetches {value!r}"
            elif local == "style" or "url" in value.lower():
                yield from _dangers_of_css(value)


_RELATIONS = frozenset("stylesheet icon next prev contents license up first last start".split())


def _dangers_of_css(css: str) -> Iterator[str]:
    if "@import" in css.lower():
        yield "@import"
    for target in re.findall(r"url\(\s*['\"]?([^)'\"]*)", css, re.IGNORECASE):
        if re.match(r"[a-z][a-z0-9+.-]*:|//|/|\.\./\.\./", target, re.IGNORECASE) and not target.startswith(
            "data:font"
        ):
            yield f"url({target})"


def _dangers_of_word(name: str, root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        local = etree.QName(element).localname
        if local == "Relationship" and element.get("TargetMode") == "External":
            kind, target = element.get("Type", "").rpartition("/")[2], element.get("Target", "")
            if kind != "hyperlink" or _scheme(target) not in _ALLOWED:
                yield f"{kind} to {target!r}"
        if local in ("OLEObject", "object", "control", "altChunk", "attachedTemplate"):
            yield f"<{local}>"
        if local == "instrText" and element.text and element.text.split()[0] not in _FORWARDED:
            yield f"a field {element.text!r}"


def _dangers_of_pdf(content: bytes) -> Iterator[str]:
    with pikepdf.open(io.BytesIO(content)) as document:
        for one in document.objects:
            for part in _dictionaries(one):
                action = str(part.get("/S", ""))
                if action in ("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition"):
                    yield f"an action {action}"
                if action == "/URI" and _scheme(str(part.URI)) not in _ALLOWED:
                    yield f"a link to {str(part.URI)!r}"
                for key in ("/JS", "/EmbeddedFiles", "/OpenAction", "/AA", "/XFA"):
                    if key in part:
                        yield f"{key} in the file"
                if "/EF" in part and not _is_mathml(part):
                    yield "/EF in the file"


def _is_mathml(part: pikepdf.Object) -> bool:
    """Whether an embedded file is a formula of the book, and nothing but its elements."""
    streams = dict(part.EF.items())
    if set(streams) - {"/F", "/UF"} or any(one.Subtype != "/application/mathml+xml" for one in streams.values()):
        return False
    trees = [etree.fromstring(one.read_bytes(), etree.XMLParser(resolve_entities=False)) for one in streams.values()]
    return all(
        isinstance(node.tag, str)
        and etree.QName(node).namespace == _MATHML
        and not any("href" in name or name.startswith("on") or name == "src" for name in node.attrib)
        for tree in trees
        for node in tree.iter()
    )


_MATHML = "http://www.w3.org/1998/Math/MathML"


def _dictionaries(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(one, pikepdf.Array):
        for part in one:
            if isinstance(part, (pikepdf.Array, pikepdf.Dictionary)) and not part.is_indirect:
                yield from _dictionaries(part)
    elif isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
        yield one
        for key in list(one.keys()):
            part = one[key]
            if isinstance(part, (pikepdf.Array, pikepdf.Dictionary)) and not part.is_indirect:
                yield from _dictionaries(part)


def _scheme(address: str) -> str:
    # As browsers read addresses: without control characters and blanks around and line ends within.
    cleaned = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33))))
    try:
        return urlsplit(cleaned).scheme.lower()
    except ValueError:
        return "unreadable"
