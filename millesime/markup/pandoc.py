"""Read and write documents with pandoc; the only module that imports pypandoc.

All work goes through `driver.lua`: many documents in one process, several
processes side by side. pandoc runs without the user's configuration, in an
empty folder, and is told the time, so its output depends on its input alone.
Some texts would keep it busy for years ("[" fifty thousand times): it works
within `Limits`, and the text that exceeds one is named.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pypandoc
from lxml import etree

from millesime.at_work import at_work
from millesime.limits import DEFAULTS, LimitError, Limits, raise_hint
from millesime.markup.ast import API_VERSION, Block, Document, rewrite
from millesime.markup.citation_labels import hide_citations, show_citations
from millesime.markup.front_matter import with_text_in_front
from millesime.markup.nested_notes import NestedTooDeep, called_notes, calls_in_notes, place_notes, with_calls
from millesime.markup.pipe_tables import same_but_for_tables, with_wide_dashes, without_empty_columns
from millesime.markup.raw_html import read_raw_html
from millesime.markup.source_names import set_names_apart
from millesime.problems import EngineError, MarkupError

DEFAULT_READER = "markdown"
_MINIMUM_VERSION = (3, 1, 12)
_DRIVER = Path(__file__).with_name("driver.lua")
_LOOK_EVERY_S = 0.25
_PATIENCE = 5  # seconds of the clock for each of processor time: the machine may be busy
_HEAP_EXHAUSTED = 251  # https://downloads.haskell.org/ghc/latest/docs/users_guide/runtime_control.html
_PYTHON_BYTES = 16  # that a parsed document takes for each byte of its JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The bytes of one text file, and its name for messages."""

    path: str
    content: bytes
    citations: frozenset[str] = frozenset()  # keys that are no labels of examples: see citation_labels.py


def read_documents(
    sources: Sequence[Source], *, reader: str = DEFAULT_READER, jobs: int = 1, limits: Limits = DEFAULTS
) -> list[Document]:
    """Return each source as pandoc's command line reads it, in the same order.

    `reader` is a pandoc format with extensions, `markdown-citations`. Nothing
    but the source is read: files and pages that it would include stay out.
    Raises MarkupError, naming the file, for one that pandoc cannot read, and
    LimitError for one that takes more than it may or is nested deeper.
    """
    form = reader.split("+")[0].split("-")[0]
    is_text = form not in BINARY_READERS
    inputs, marks = [], []
    for source in sources:
        with at_work(source.path, "read it"):
            content, mark = _without_labels(source)
            if form.startswith(("markdown", "gfm", "commonmark")):
                content = with_text_in_front(content)
            inputs.append(_as_command_line_reads(content) if is_text else content)
        marks.append(mark)
    specs = [_read(reader) for _ in sources]
    names = [source.path for source in sources]
    outputs = _run(inputs, specs, names=names, jobs=jobs, limits=limits)
    documents = [_document(output, name=name, limits=limits) for output, name in zip(outputs, names, strict=True)]
    if form.startswith("markdown"):
        documents = [replace(document, blocks=_with_drawn_widths(document.blocks)) for document in documents]
    if form.startswith(("markdown", "gfm", "commonmark")):
        documents = _with_long_rows(documents, inputs, names=names, reader=reader, jobs=jobs, limits=limits)
    if form.startswith("markdown"):
        documents = [
            _with_nested_notes(document, content, reader=reader, name=name, limits=limits)
            for document, content, name in zip(documents, inputs, names, strict=True)
        ]
    return [show_citations(read, mark) if mark else read for read, mark in zip(documents, marks, strict=True)]


def _read(reader: str) -> dict[str, Any]:
    """Return a job that reads a text. In Markdown, a pipe table's columns have no width of their own.

    pandoc takes relative widths from the line of dashes as soon as a row of the
    source is longer than `columns`; in a very long line no row is.
    """
    return {"verb": "read", "format": reader} | ({"columns": _LONG_LINE} if reader.startswith("markdown") else {})


_LONG_LINE = 1_000_000
_PAGE_LINE = 80  # the `columns` of its Lua reader, of which grid and multiline tables are drawn as a part


def _with_drawn_widths(blocks: list[Block]) -> list[Block]:
    """Return blocks with the widths of drawn tables as parts of a page, and not of a very long line."""

    def widen(table: Block) -> Block:
        attributes, caption, columns, *rest = table["c"]
        drawn = [width.get("c", 0) * _LONG_LINE / _PAGE_LINE for _, width in columns]
        if not any(drawn):
            return table
        whole = max(1.0, sum(drawn))
        columns = [
            [alignment, {"t": "ColWidth", "c": round(part / whole, 9)} if part else width]
            for (alignment, width), part in zip(columns, drawn, strict=True)
        ]
        return {"t": "Table", "c": [attributes, caption, columns, *rest]}

    return rewrite(blocks, widen, kinds={"Table"})


def _with_long_rows(
    documents: list[Document], inputs: Sequence[bytes], *, names: Sequence[str], reader: str, jobs: int, limits: Limits
) -> list[Document]:
    """Return documents with the cells of pipe tables that stand beyond the line of dashes."""
    wide = {}
    for index, content in enumerate(inputs):
        if b"|" in content:
            with at_work(names[index], "read its tables"):
                text = with_wide_dashes(content.decode("utf-8", "replace"), reader=reader)
            if text is not None:
                wide[index] = text
    outputs = _run(
        [text.encode("utf-8") for text in wide.values()], [_read(reader) for _ in wide],
        names=[names[index] for index in wide], jobs=jobs, limits=limits,
    )  # fmt: skip
    for index, output in zip(wide, outputs, strict=True):
        old, new = documents[index], _document(output, name=names[index], limits=limits)
        new = replace(new, blocks=_with_drawn_widths(new.blocks))
        # A line of dashes that only looked like a table's, in a code block for example, stays as it is.
        if same_but_for_tables(old.blocks, new.blocks):
            documents[index] = Document(blocks=without_empty_columns(old.blocks, new.blocks), meta=old.meta)
    return documents


def _with_nested_notes(document: Document, content: bytes, *, reader: str, name: str, limits: Limits) -> Document:
    """Return a document with the notes that its notes call; it is read again for them, which is seldom."""
    with at_work(name, "place the notes in its notes"):
        return _with_notes_placed(document, content, reader=reader, name=name, limits=limits)


def _with_notes_placed(document: Document, content: bytes, *, reader: str, name: str, limits: Limits) -> Document:
    if b"[^" not in content or not calls_in_notes(document.blocks):
        return document
    text, keys = with_calls(content.decode("utf-8", "surrogateescape"))
    specs = [_read(reader)]
    (output,) = _run([text.encode("utf-8", "surrogateescape")], specs, names=[name], jobs=1, limits=limits)
    notes = called_notes(_document(output, name=name, limits=limits).blocks, keys)
    if not notes:
        return document
    try:
        blocks = place_notes(document.blocks, notes, levels=limits.nesting)
    except NestedTooDeep as error:
        raise LimitError(
            f"{name}: its notes call one another over more than {limits.nesting} levels; "
            + raise_hint("nesting", limits)
        ) from error
    return Document(blocks=blocks, meta=document.meta)


def read_complaints(
    sources: Sequence[Source], *, reader: str = DEFAULT_READER, jobs: int = 1, limits: Limits = DEFAULTS
) -> list[list[dict[str, Any]]]:
    """Return what pandoc's reader says of each source, as its log has it: `type`, `line` (1-based), `key`, `contents`.

    A pandoc older than 3.2 says nothing.
    """
    inputs = [_as_command_line_reads(_without_labels(source)[0]) for source in sources]
    specs = [{"verb": "complain", "format": reader} for _ in sources]
    outputs = _run(inputs, specs, names=[source.path for source in sources], jobs=jobs, limits=limits)
    return [json.loads(output) for output in outputs]


def _without_labels(source: Source) -> tuple[bytes, str]:
    """Return what pandoc is to read of a source, and the mark that stands for the "@" of its `citations`, if any."""
    if not source.citations:
        return source.content, ""
    text, mark = hide_citations(source.content.decode("utf-8"), source.citations)
    return text.encode("utf-8"), mark


def write_texts(
    documents: Sequence[Sequence[Block]], *, to: str, options: Mapping[str, Any] | None = None,
    names: Sequence[str] = (), jobs: int = 1, limits: Limits = DEFAULTS,
) -> list[str]:  # fmt: skip
    """Return each list of blocks as text in a pandoc format, without a template.

    `options` are pandoc's Lua WriterOptions, `{"html_math_method": "mathml"}`;
    `names` are the documents' for messages. Raises LimitError for one that
    takes more than it may.
    """
    inputs = [encode(blocks) for blocks in documents]
    specs = [{"verb": "write", "format": to, "options": dict(options or {})} for _ in documents]
    named = names or [f"document {number}" for number in range(1, len(inputs) + 1)]
    return [output.decode("utf-8") for output in _run(inputs, specs, names=named, jobs=jobs, limits=limits)]


def read_references(
    bibliographies: Sequence[Source], *, language: str = "en", jobs: int = 1, limits: Limits = DEFAULTS
) -> list[dict[str, Any]]:
    """Return the references of bibliography files as pandoc MetaMaps, later files adding to earlier ones.

    BibTeX and BibLaTeX, CSL JSON (`.json`), RIS and EndNote XML are told
    apart by the file's ending. A key that stands twice is taken once, first
    come. `language` is the report's (BCP 47): pandoc names kinds of works in
    it ("thèse de doctorat"), and takes capitals away from titles of BibLaTeX
    where it is English alone. Raises MarkupError, naming the file, for one
    that cannot be read.
    """
    found = _read_references(bibliographies, locale=_reference_locale(language), jobs=jobs, limits=limits)
    if any(_has_bare_term(reference) for reference in found.values()):
        english = _read_references(bibliographies, locale=_ENGLISH, jobs=jobs, limits=limits)
        found = {key: _with_terms(reference, english[key]) for key, reference in found.items()}
    return list(found.values())


_ENGLISH = "en_US"
# A locale that is not English and for which pandoc has no terms: titles stay as they are written.
_NEUTRAL = "it_IT"
# Languages for which pandoc has BibLaTeX's terms, and a locale of each. Without a country pandoc falls back to English.
_TERM_LOCALES = {
    "ca": "ca_ES", "cs": "cs_CZ", "es": "es_ES", "et": "et_EE", "fi": "fi_FI", "fr": "fr_FR", "hr": "hr_HR",
    "pt": "pt_PT", "tr": "tr_TR",
}  # fmt: skip
# BibLaTeX's names of terms, which pandoc leaves where a locale lacks the term.
_BARE_TERM = re.compile(
    r"(?:ba|ma|phd|cand)thesis|(?:tech|res)report|software|(?:data|audio)cd|(?:patent|patreq|country)[a-z]{2}|patreq"
    r"|inpress|inpreparation|prepublished|submitted|forthcoming"
)
_TERM_FIELDS = ("genre", "status", "jurisdiction")


def _reference_locale(language: str) -> str:
    primary = language.lower().split("-")[0]
    return _ENGLISH if primary == "en" else _TERM_LOCALES.get(primary, _NEUTRAL)


def _read_references(
    bibliographies: Sequence[Source], *, locale: str, jobs: int, limits: Limits
) -> dict[str, dict[str, Any]]:
    specs = [_bibliography_job(source.path) for source in bibliographies]
    contents = [source.content for source in bibliographies]
    names = [source.path for source in bibliographies]
    # pandoc asks LANG for the language of a bibliography; LC_ALL says how files are encoded.
    environment = {"LANG": f"{locale}.UTF-8", "LC_ALL": "C.UTF-8"}
    outputs = _run(contents, specs, names=names, jobs=jobs, limits=limits, environment=environment)
    found: dict[str, dict[str, Any]] = {}
    for output, name in zip(outputs, names, strict=True):
        for reference in _document(output, name=name, limits=limits).meta.get("references", {"c": []})["c"]:
            found.setdefault(reference_key(reference), reference)
    return found


def _has_bare_term(reference: Mapping[str, Any]) -> bool:
    said = [str(reference["c"][field].get("c")) for field in _TERM_FIELDS if field in reference["c"]]
    return any(_BARE_TERM.search(text) for text in said)


def _with_terms(reference: dict[str, Any], english: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reference with the English word for each term that its language lacks."""
    if not _has_bare_term(reference):
        return reference
    terms = {field: english["c"][field] for field in _TERM_FIELDS if field in english["c"]}
    return {**reference, "c": {**reference["c"], **terms}}


def reference_key(reference: Mapping[str, Any]) -> str:
    """Return the citation key of a reference as `read_references` gives it."""
    match reference["c"].get("id"):
        case {"t": "MetaString", "c": key} | {"t": "MetaInlines", "c": [{"t": "Str", "c": key}]}:
            return key
    return ""


def cite(
    blocks: Sequence[Block], *, references: Sequence[Mapping[str, Any]], style: bytes | None, language: str,
    limits: Limits = DEFAULTS,
) -> list[Block]:  # fmt: skip
    """Return the blocks with citations set by citeproc, and a last `Div#refs`.

    `style` is a CSL style (None: pandoc's own, Chicago author-date).
    """
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        meta: dict[str, Any] = {
            "lang": {"t": "MetaString", "c": language},
            "link-citations": {"t": "MetaBool", "c": True},
            "references": {"t": "MetaList", "c": list(references)},
        }
        if style is not None:
            check_style(style, where="citation style")
            Path(folder, "style.csl").write_bytes(style)
            meta["csl"] = {"t": "MetaString", "c": str(Path(folder, "style.csl"))}
        (output,) = _run([encode(blocks, meta)], [{"verb": "cite"}], names=["bibliography"], jobs=1, limits=limits)
    return _document(output, name="bibliography", limits=limits, is_source=False).blocks


def check_style(style: bytes, *, where: str) -> None:
    """Raise MarkupError for a CSL style that pandoc would look for elsewhere.

    A dependent style is but the address of another, "independent-parent",
    which pandoc would fetch or read from the disk.
    """
    # pandoc takes a style for UTF-8, whatever its declaration says.
    text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", style.decode("utf-8", "replace"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise MarkupError(f"{where}: a style with a document type; remove it")
    try:
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise MarkupError(f"{where}: no XML: {error.msg}; take the style from a repository of CSL styles") from error
    for element in root.iter("{*}link"):
        if any("independent-parent" in value for value in element.attrib.values()):
            parent = element.get("href", "")
            raise MarkupError(
                f"{where}: a style that is but a link to another, {parent!r}; put that style in its place: "
                "nothing is fetched"
            )


def write_file(
    blocks: Sequence[Block],
    output: Path,
    *,
    to: str,
    meta: Mapping[str, Any],
    arguments: Sequence[str],
    date_epoch: int,
    folder: Path,
    name: str,
    drawings: Mapping[str, str] = MappingProxyType({}),
    limits: Limits = DEFAULTS,
) -> None:
    """Write one binary document (`docx`) with pandoc's command line.

    `folder` holds the images; `arguments` are pandoc's own options; the file
    says it was made at `date_epoch` (seconds since 1970, UTC). `name` is the
    document's for messages; `drawings`, file → name, are those SVG images of
    which pandoc has rsvg-convert draw a twin. Raises LimitError, naming the
    drawing that takes most of the time if it was one.
    """
    command = ["--from=json", f"--to={to}", "--sandbox=false", f"--output={output}", *arguments]
    environment = {"SOURCE_DATE_EPOCH": str(date_epoch)}
    try:
        _work(command, stdin=encode(blocks, meta), folder=folder, environment=environment, limits=limits)
    except _Exceeded as exceeded:
        slow = _slow_drawing(folder, list(drawings), limits) if exceeded.limit == "reading" else None
        told = f"{drawings[slow]}: rsvg-convert, which draws it for the Word file," if slow else None
        raise LimitError(f"{told or f'{name}: pandoc, which writes it,'} {exceeded.says(limits)}") from exceeded


def _slow_drawing(folder: Path, files: Sequence[str], limits: Limits) -> str | None:
    """Return the first of some drawings that takes its share of the time for all: one does if drawing took too long."""
    began = 0.0

    def watch(process: subprocess.Popen) -> None:
        used = _cpu_seconds(process.pid)
        waited = time.monotonic() - began
        if (waited if used is None else used) > limits.reading / len(files) or waited > _PATIENCE * limits.reading:
            raise _Exceeded("reading")

    for file in files:
        began = time.monotonic()
        command = ["rsvg-convert", "--format=png", "--keep-aspect-ratio", "--output=trial.png", file]
        try:
            _finished(command, stdin=b"", folder=folder, environment={}, watch=watch)
        except _Exceeded:
            return file
        except EngineError:  # not installed, or it refuses the drawing
            continue
    return None


def default_data_file(name: str) -> bytes:
    """Return a file that pandoc carries, such as `reference.docx`."""
    return _call([pandoc_path(), f"--print-default-data-file={name}"])


def encode(blocks: Sequence[Block], meta: Mapping[str, Any] | None = None) -> bytes:
    """Return blocks as a pandoc JSON document."""
    document = {"pandoc-api-version": API_VERSION, "meta": dict(meta or {}), "blocks": list(blocks)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


@cache
def pandoc_path() -> str:
    """Return the path of a pandoc that is new enough; raise EngineError if there is none."""
    bundled = _bundled_path()
    try:
        # pypandoc itself would also try a `pandoc` in the working directory, which may be anybody's.
        path = str(bundled) if bundled.is_file() else _installed_path()
    except (OSError, ImportError) as error:
        raise EngineError("pandoc: not found; install it with `pip install pypandoc_binary`") from error
    version = _version(path)
    if version < _MINIMUM_VERSION:
        wanted = ".".join(map(str, _MINIMUM_VERSION))
        seen = ".".join(map(str, version))
        raise EngineError(
            f"{path}: pandoc {seen} is too old; {wanted} or newer comes with `pip install -U pypandoc_binary`"
        )
    return path


def _bundled_path() -> Path:
    """Return where pypandoc has a pandoc of its own; to import it for that would take a fiftieth of a second."""
    found = find_spec("pypandoc")
    return Path(found.origin if found and found.origin else os.devnull).parent / "files" / "pandoc"


def _installed_path() -> str:
    return pypandoc.get_pandoc_path()


def pandoc_version() -> str:
    """Return the version of the pandoc in use, "3.9"."""
    return ".".join(map(str, _version(pandoc_path())))


@cache
def _version(path: str) -> tuple[int, ...]:
    said = _call([path, "--version"]).decode("utf-8", "replace")
    found = re.match(r"pandoc(?:\.exe)? (\d+(?:\.\d+)*)", said)
    if not found:
        raise EngineError(
            f"{path}: does not say which version of pandoc it is, but {_first_lines(said, 1)!r}; "
            "install pandoc again with `pip install --force-reinstall pypandoc_binary`"
        )
    return tuple(map(int, found[1].split(".")))


_TAB_STOP = 4
BINARY_READERS = frozenset({"docx", "odt", "epub", "pptx", "xlsx"})


def _as_command_line_reads(content: bytes) -> bytes:
    """Drop carriage returns and expand tabs: the command line does so before it parses, Lua's reader does not."""
    if b"\t" not in content and b"\r" not in content:
        return content
    return (
        content.decode("utf-8", "surrogateescape")
        .replace("\r", "")
        .expandtabs(_TAB_STOP)
        .encode("utf-8", "surrogateescape")
    )


@cache
def _abbreviations() -> tuple[str, ...]:
    return tuple(default_data_file("abbreviations").decode("utf-8").split())


def _document(output: bytes, *, name: str, limits: Limits, is_source: bool = True) -> Document:
    """Return what pandoc wrote as JSON; where that is a source, the names it gives are set apart from our own."""
    with at_work(name, "read what pandoc made of it"):
        return _parsed(output, name=name, limits=limits, is_source=is_source)


def _parsed(output: bytes, *, name: str, limits: Limits, is_source: bool) -> Document:
    if is_nested_deeper(output, limits.nesting):
        raise LimitError(
            f"{name}: its lists, quotes, tables or emphases stand more than {limits.nesting} deep in one another; "
            + raise_hint("nesting", limits)
        )
    parsed = json.loads(output)
    if is_source:
        set_names_apart([parsed["blocks"], parsed["meta"]])
    if b'"RawBlock"' in output or b'"RawInline"' in output:
        parsed["blocks"] = read_raw_html(parsed["blocks"])
    return Document(blocks=parsed["blocks"], meta=parsed["meta"])


def is_nested_deeper(document: bytes, levels: int) -> bool:
    """Whether nodes of a JSON document of pandoc's stand in more than so many others.

    Told from its bytes, since what parses JSON calls itself: of the braces
    outside strings, each round takes those away that hold nothing.
    """
    # Escaped backslashes and quotation marks first, so that those which are left begin and end strings.
    marks = document.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_MARKS)
    braces = _STRING.sub(b"", marks.replace(b'""', b""))  # strings are empty, but for their braces
    for _ in range(levels + 1):  # the document itself is one
        if not braces:
            return False
        braces = braces.replace(b"{}", b"")
    return bool(braces)


_STRING = re.compile(rb'"[^"]*"')
_NO_MARKS = bytes(set(range(256)) - set(b'{}"'))


def _bibliography_job(path: str) -> dict[str, str]:
    formats = {"json": "csljson", "ris": "ris", "xml": "endnotexml"}
    found = formats.get(path.rsplit(".", 1)[-1].lower())
    return {"verb": "read", "format": found} if found else {"verb": "read_biblatex"}


def _run(
    inputs: Sequence[bytes],
    specs: Sequence[Mapping[str, Any]],
    *,
    names: Sequence[str],
    jobs: int,
    limits: Limits,
    environment: Mapping[str, str] | None = None,
) -> list[bytes]:
    """Return the output of each job, running them in at most `jobs` processes."""
    if not inputs:
        return []
    shares = _shares([len(text) for text in inputs], jobs)
    stopped = threading.Event()
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        with ThreadPoolExecutor(len(shares)) as pool:
            tasks = [
                pool.submit(_run_share, Path(folder), share, inputs, specs, names, limits, environment, stopped)
                for share in shares
            ]
            try:
                for task in tasks:
                    task.result()
            except BaseException:  # Ctrl-C too, which does not reach a session of its own
                stopped.set()
                raise
        return [_output(Path(folder, f"{index}.out"), name, limits) for index, name in enumerate(names)]


def _output(path: Path, name: str, limits: Limits) -> bytes:
    if path.stat().st_size > limits.memory_bytes // _PYTHON_BYTES:
        raise LimitError(f"{name}: unfolds to {path.stat().st_size / 1024**2:.0f} MiB; {raise_hint('memory', limits)}")
    return path.read_bytes()


def _run_share(
    folder: Path, share: Sequence[int], inputs, specs, names, limits: Limits, environment: Mapping[str, str] | None,
    stopped: threading.Event,
) -> None:  # fmt: skip
    jobs, outputs = [], []
    for index in share:
        (folder / f"{index}.in").write_bytes(inputs[index])
        outputs.append(folder / f"{index}.out")
        jobs.append({**specs[index], "input": str(folder / f"{index}.in"), "output": str(outputs[-1])})
    listing = folder / f"jobs-{share[0]}.json"
    listing.write_text(json.dumps({"abbreviations": _abbreviations(), "jobs": jobs}), encoding="utf-8")

    def done() -> int:
        if stopped.is_set():
            raise _Stopped
        return sum(output.exists() for output in outputs)

    try:
        answer = _work(
            ["lua", str(_DRIVER), str(listing)], folder=folder, environment=environment, limits=limits, done=done
        )
    except _Exceeded as exceeded:
        name = names[share[min(done(), len(share) - 1)]]
        raise LimitError(f"{name}: pandoc {exceeded.says(limits)}") from exceeded
    for index, result in zip(share, json.loads(answer), strict=True):
        if not result["ok"]:
            raise MarkupError(f"{names[index]}: pandoc cannot read it: {_first_lines(result['message'])}")


def _shares(sizes: Sequence[int], jobs: int) -> list[list[int]]:
    """Split indices into at most `jobs` lists of about equal size in bytes, each in order."""
    shares: list[list[int]] = [[] for _ in range(max(1, min(jobs, len(sizes))))]
    weights = [0] * len(shares)
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        lightest = weights.index(min(weights))
        shares[lightest].append(index)
        weights[lightest] += sizes[index]
    return [sorted(share) for share in shares if share]


def _call(command: Sequence[str]) -> bytes:
    """Return what a program of pandoc's says of itself."""
    return _finished(command, stdin=b"", folder=None, environment={}, watch=lambda process: None)


class _Exceeded(Exception):
    """pandoc took more than it may; which limit that was."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit

    def says(self, limits: Limits) -> str:
        took = {"reading": f"took more than {limits.reading} s", "memory": f"needed more than {limits.memory} MiB"}
        return f"{took[self.limit]}; {raise_hint(self.limit, limits)}"


class _Stopped(Exception):
    """The build does not want this any more."""


def _work(
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    folder: Path,
    environment: Mapping[str, str] | None = None,
    limits: Limits,
    done: Callable[[], int] = lambda: 0,
) -> bytes:
    """Return what pandoc prints, within limits of time and memory.

    Each time that `done` has grown, the time begins anew. Raises _Exceeded.
    """
    command = [pandoc_path(), "+RTS", f"-M{limits.memory}m", "-RTS", *arguments]
    count, began, cpu_began = 0, time.monotonic(), 0.0

    def watch(process: subprocess.Popen) -> None:
        nonlocal count, began, cpu_began
        now, cpu = time.monotonic(), _cpu_seconds(process.pid)
        if (finished := done()) > count:
            count, began, cpu_began = finished, now, cpu or 0.0
        used = now - began if cpu is None else cpu - cpu_began
        if used > limits.reading or now - began > _PATIENCE * limits.reading:
            raise _Exceeded("reading")

    return _finished(command, stdin=stdin, folder=folder, environment=environment or {}, watch=watch)


def _finished(
    command: Sequence[str],
    *,
    stdin: bytes,
    folder: Path | None,
    environment: Mapping[str, str],
    watch: Callable[[subprocess.Popen], None],
) -> bytes:
    """Return what a program prints, looking after it now and then; it does not outlive an error of who watches."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent", **environment},
            # A group of its own, so that pandoc ends with the processes it starts (rsvg-convert for a Word file).
            start_new_session=True,
        )
    except OSError as error:
        hint = "install pandoc again with `pip install --force-reinstall pypandoc_binary`"
        raise EngineError(f"{command[0]}: cannot be run: {error.strerror}; {hint}") from error
    with process:
        given: bytes | None = stdin
        try:
            while True:
                try:
                    output, complaint = process.communicate(given, timeout=_LOOK_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    given = None
                    watch(process)
        except BaseException:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise
    if process.returncode == _HEAP_EXHAUSTED:
        raise _Exceeded("memory")
    if process.returncode < 0:
        raise EngineError(
            f"pandoc: was ended from outside by signal {-process.returncode}, perhaps because memory ran out; "
            "run this again, with --jobs 1 if it happens again"
        )
    if process.returncode:
        said = _first_lines(complaint.decode(errors="replace"))
        raise EngineError(f"pandoc: stopped with status {process.returncode}: {said}")
    return output


def _cpu_seconds(pid: int) -> float | None:
    """Return the processor time of a process and its children, living and ended; None where the system does not say.

    pandoc waits for rsvg-convert, whose time would else count only when it ends.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        lists = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except (OSError, ValueError, IndexError):
        return None
    return seconds + sum(_cpu_seconds(int(child)) or 0.0 for child in " ".join(lists).split())


def _first_lines(text: str, count: int = 3) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[:count])[:400]
