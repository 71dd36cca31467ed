"""pandoc, the reader and writer of every text format; the only importer of pypandoc.

All work goes through `driver.lua`: many documents in one process, several
processes side by side. pandoc runs without the user's configuration, in an
empty folder, and is told the time, so its output depends on its input alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from millesime.markup.ast import API_VERSION, Block, Document
from millesime.problems import EngineError, MarkupError

DEFAULT_READER = "markdown"
_MINIMUM_VERSION = (3, 1, 12)
_DRIVER = Path(__file__).with_name("driver.lua")
_TIMEOUT_S = 600  # for one process; a book of 500 pages takes 10 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The bytes of one text file, and its name for messages."""

    path: str
    content: bytes


def read_documents(sources: Sequence[Source], *, reader: str = DEFAULT_READER, jobs: int = 1) -> list[Document]:
    """Return each source as pandoc's command line reads it, in the same order.

    `reader` is a pandoc format with extensions, `markdown-citations`. Nothing
    but the source is read: files and pages that it would include stay out.
    Raises MarkupError, naming the file, for one that pandoc cannot read.
    """
    is_text = reader.split("+")[0].split("-")[0] not in BINARY_READERS
    inputs = [_as_command_line_reads(source.content) if is_text else source.content for source in sources]
    specs = [{"verb": "read", "format": reader} for _ in sources]
    outputs = _run(inputs, specs, names=[source.path for source in sources], jobs=jobs)
    return [_document(output) for output in outputs]


def write_texts(
    documents: Sequence[Sequence[Block]], *, to: str, options: Mapping[str, Any] | None = None, jobs: int = 1
) -> list[str]:
    """Return each list of blocks as text in a pandoc format, without a template.

    `options` are pandoc's Lua WriterOptions, `{"html_math_method": "mathml"}`.
    """
    inputs = [encode(blocks) for blocks in documents]
    specs = [{"verb": "write", "format": to, "options": dict(options or {})} for _ in documents]
    names = [f"document {index}" for index in range(len(inputs))]
    return [output.decode("utf-8") for output in _run(inputs, specs, names=names, jobs=jobs)]


def read_references(bibliographies: Sequence[Source], *, jobs: int = 1) -> list[dict[str, Any]]:
    """Return the references of bibliography files as pandoc MetaMaps, later files adding to earlier ones.

    BibTeX and BibLaTeX, CSL JSON (`.json`), RIS and EndNote XML are told
    apart by the file's ending. A key that stands twice is taken once, first
    come. Raises MarkupError, naming the file, for one that cannot be read.
    """
    specs = [{"verb": "read", "format": _bibliography_format(source.path)} for source in bibliographies]
    contents = [source.content for source in bibliographies]
    outputs = _run(contents, specs, names=[source.path for source in bibliographies], jobs=jobs)
    found: dict[str, dict[str, Any]] = {}
    for output in outputs:
        for reference in _document(output).meta.get("references", {"c": []})["c"]:
            found.setdefault(reference_key(reference), reference)
    return list(found.values())


def reference_key(reference: Mapping[str, Any]) -> str:
    """Return the citation key of a reference as `read_references` gives it."""
    match reference["c"].get("id"):
        case {"t": "MetaString", "c": key} | {"t": "MetaInlines", "c": [{"t": "Str", "c": key}]}:
            return key
    return ""


def cite(
    blocks: Sequence[Block], *, references: Sequence[Mapping[str, Any]], style: bytes | None, language: str
) -> list[Block]:
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
            Path(folder, "style.csl").write_bytes(style)
            meta["csl"] = {"t": "MetaString", "c": str(Path(folder, "style.csl"))}
        (output,) = _run([encode(blocks, meta)], [{"verb": "cite"}], names=["bibliography"], jobs=1)
    return _document(output).blocks


def write_file(
    blocks: Sequence[Block],
    output: Path,
    *,
    to: str,
    meta: Mapping[str, Any],
    arguments: Sequence[str],
    date_epoch: int,
    folder: Path,
) -> None:
    """Write one binary document (`docx`) with pandoc's command line.

    `folder` holds the images; `arguments` are pandoc's own options; the file
    says it was made at `date_epoch` (seconds since 1970, UTC).
    """
    command = [pandoc_path(), "--from=json", f"--to={to}", "--sandbox=false", f"--output={output}", *arguments]
    _call(command, stdin=encode(blocks, meta), folder=folder, environment={"SOURCE_DATE_EPOCH": str(date_epoch)})


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
    bundled = Path(pypandoc.__file__).parent / "files" / "pandoc"
    try:
        # pypandoc itself would also try a `pandoc` in the working directory, which may be anybody's.
        path = str(bundled) if bundled.is_file() else pypandoc.get_pandoc_path()
    except OSError as error:
        raise EngineError("pandoc: not found; install it with `pip install pypandoc_binary`") from error
    version = _version(path)
    if version < _MINIMUM_VERSION:
        wanted = ".".join(map(str, _MINIMUM_VERSION))
        seen = ".".join(map(str, version))
        raise EngineError(
            f"{path}: pandoc {seen} is too old; {wanted} or newer comes with `pip install -U pypandoc_binary`"
        )
    return path


def pandoc_version() -> str:
    """Return the version of the pandoc in use, "3.9"."""
    return ".".join(map(str, _version(pandoc_path())))


def _version(path: str) -> tuple[int, ...]:
    first = _call([path, "--version"]).decode().splitlines()[0]
    return tuple(int(number) for number in first.split()[1].split(".") if number.isdigit())


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


def _document(output: bytes) -> Document:
    parsed = json.loads(output)
    return Document(blocks=parsed["blocks"], meta=parsed["meta"])


def _bibliography_format(path: str) -> str:
    return {"json": "csljson", "ris": "ris", "xml": "endnotexml"}.get(path.rsplit(".", 1)[-1].lower(), "biblatex")


def _run(
    inputs: Sequence[bytes], specs: Sequence[Mapping[str, Any]], *, names: Sequence[str], jobs: int
) -> list[bytes]:
    """Return the output of each job, running them in at most `jobs` processes."""
    if not inputs:
        return []
    shares = _shares([len(text) for text in inputs], jobs)
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        with ThreadPoolExecutor(len(shares)) as pool:
            tasks = [pool.submit(_run_share, Path(folder), share, inputs, specs, names) for share in shares]
            for task in tasks:
                task.result()
        return [Path(folder, f"{index}.out").read_bytes() for index in range(len(inputs))]


def _run_share(folder: Path, share: Sequence[int], inputs, specs, names) -> None:
    jobs = []
    for index in share:
        (folder / f"{index}.in").write_bytes(inputs[index])
        jobs.append({**specs[index], "input": str(folder / f"{index}.in"), "output": str(folder / f"{index}.out")})
    listing = folder / f"jobs-{share[0]}.json"
    listing.write_text(json.dumps({"abbreviations": _abbreviations(), "jobs": jobs}), encoding="utf-8")
    results = json.loads(_call([pandoc_path(), "lua", str(_DRIVER), str(listing)], folder=folder))
    for index, result in zip(share, results, strict=True):
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


def _call(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            cwd=folder,
            timeout=_TIMEOUT_S,
            check=False,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent", **(environment or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"pandoc: no answer within {_TIMEOUT_S} s; a chapter may be malformed or far too large"
        ) from error
    except OSError as error:
        raise EngineError(f"{command[0]}: cannot be run: {error.strerror}") from error
    if done.returncode:
        raise EngineError(
            f"pandoc: stopped with status {done.returncode}: {_first_lines(done.stderr.decode(errors='replace'))}"
        )
    return done.stdout


def _first_lines(text: str, count: int = 3) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[:count])[:400]
