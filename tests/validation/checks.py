"""The checks: each looks at targets of one kind, all in one process where starting it costs, and returns verdicts.

`docs/accessibility.md` says what each proves. A check that could not run is an
error of every target, never a silence.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.validation.epub_claims import check_claims
from tests.validation.french import check_paragraphs, paragraphs_of
from tests.validation.install import HERE, Tools
from tests.validation.links import check_pages
from tests.validation.office import ACCEPT, REJECT, office
from tests.validation.pdf_tags import check_tags
from tests.validation.verdict import Target, Verdict

_TIMEOUT_S = 1500
_JAVA = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss8m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of targets of one kind."""

    name: str
    kind: str
    run: Callable[[Sequence[Target], Tools, Path], list[Verdict]]
    batch: int  # targets that one process looks at
    weight: float  # how long it takes for one target, roughly; the heavy ones begin first
    wants: Callable[[Target], bool] = lambda target: True


def _command(words: Sequence[object], **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        env={**os.environ, **environment},
    )


def _verdict(check: str, target: Target, errors: Sequence[str], counted: str = "", **more) -> Verdict:
    return Verdict(check=check, kind=target.kind, target=target.name, errors=tuple(errors), counted=counted, **more)


def _lines_by_file(done: subprocess.CompletedProcess, targets: Sequence[Target]) -> dict[str, list[str]]:
    """Read what our Java drivers print: a line for each file, with tabs between its fields."""
    found = {name: rest for name, *rest in (line.split("\t") for line in done.stdout.splitlines() if line)}
    said = (done.stderr or "no output").strip()[-300:]
    return {str(target.path): found.get(str(target.path), ["-1", f"was not looked at: {said}"]) for target in targets}


# ---- PDF ------------------------------------------------------------------------


def run_verapdf(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    path = f"{tools.verapdf}:{tools.classes}"
    found = _lines_by_file(_command([*_JAVA, "-cp", path, "VeraPdf", *(target.path for target in targets)]), targets)
    return [
        _verdict("verapdf", target, found[str(target.path)][1:], f"{found[str(target.path)][0]} checks of PDF/UA-1")
        for target in targets
    ]


def run_page(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    import page

    verdicts = []
    for target in targets:
        said = page.validate_pdf(str(target.path), profile="ua1")
        errors = [f"{failure.rule_id}: {getattr(failure, 'message', '')}" for failure in said.failures]
        errors += ["not compliant"] if not said.is_compliant and not errors else []
        verdicts.append(_verdict("page-validation", target, errors, f"{said.rules.total} rules of PDF/UA-1"))
    return verdicts


def run_qpdf(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    verdicts = []
    for target in targets:
        done = _command(["qpdf", "--check", target.path])
        lines = (done.stdout + done.stderr).splitlines()
        wrong = [line for line in lines if re.search(r"warning|error", line, re.I) and "No syntax" not in line]
        wrong = [line for line in wrong if not line.endswith("errors that qpdf cannot detect")]
        errors = wrong or ([f"status {done.returncode}"] if done.returncode else [])
        verdicts.append(_verdict("qpdf", target, errors, "the file's syntax"))
    return verdicts


def run_tags(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    return [check_tags(target) for target in targets]


# ---- EPUB ------------------------------------------------------------------------


def run_epubcheck(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    path = f"{tools.epubcheck}:{tools.classes}"
    done = _command([*_JAVA, "-cp", path, "EpubCheckMany", *(target.path for target in targets)])
    found = _lines_by_file(done, targets)
    verdicts = []
    for target in targets:
        lines = [line for line in found[str(target.path)] if not line.startswith(("INFO", "USAGE"))]
        verdicts.append(_verdict("epubcheck", target, lines, "EPUB 3.3, errors and warnings"))
    return verdicts


def run_ace(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    found = _browser("ace.mjs", tools, out / "ace", *(target.path for target in targets))
    return [
        _verdict("ace", target, one["errors"], f"{one.get('pages', 0)} pages")
        for target, one in zip(targets, found or [], strict=True)
    ]


def run_reader(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    found = _browser("reader.mjs", tools, *(target.path for target in targets))
    return [
        _verdict(
            "reader", target, one["errors"],
            f"{one.get('sections', 0)} sections shown, {one.get('entries', 0)} entries of the contents followed",
        )
        for target, one in zip(targets, found, strict=True)
    ]  # fmt: skip


def run_claims(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    return [
        _verdict("epub-claims", target, list(check_claims(target.path)), "claims of accessibility")
        for target in targets
    ]


# ---- HTML ------------------------------------------------------------------------


def run_vnu(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    files = {
        target.name: sorted(path for path in target.path.rglob("*") if path.suffix in (".html", ".css", ".svg"))
        for target in targets
    }
    command = [*_JAVA, "-jar", tools.vnu, "--format", "json", "--also-check-css", "--also-check-svg"]
    done = _command([*command, *(path for paths in files.values() for path in paths)])
    try:
        messages = json.loads(done.stderr)["messages"]
    except (ValueError, KeyError):
        return [_verdict("vnu", target, [f"did not run: {done.stderr[-300:]}"]) for target in targets]
    verdicts = []
    for target in targets:
        own = [one for one in messages if f"{target.path}/" in one.get("url", "")]
        said = [_vnu_line(one, target) for one in own if "Trailing slash on void" not in one["message"]]
        known = [line for line in said if _IS_KNOWN.search(line)]
        errors = [line for line in said if line not in known]
        counted = f"{len(files[target.name])} pages, sheets and drawings"
        verdicts.append(_verdict("vnu", target, errors, counted, warnings=_counted(known)))
    return verdicts


# vnu takes a page out of a file system for one of the origin "null", which `'self'` does not name; and data in a
# `script` of type application/json, which no browser runs, for a script.
_IS_KNOWN = re.compile(
    r"(Resource|Inline script) violates Content Security Policy \(meta tag\)"
    r"|^(?:\d{4}/)?bibliography\.html:\d+: warning: This document appears to be written in English"
)


def _vnu_line(message: dict, target: Target) -> str:
    place = message.get("url", "").rpartition(f"{target.path}/")[2]
    return f"{place}:{message.get('lastLine', 0)}: {message.get('subType') or message['type']}: {message['message']}"


def _counted(lines: Sequence[str]) -> tuple[str, ...]:
    """Return kinds of lines, with how often each is there; what differs between them is their place and quotations."""
    kinds = Counter(re.sub(r"“[^”]*”|^\S+:\d+: ", "", line) for line in lines)
    return tuple(f"{words} (× {count})" for words, count in kinds.items())


PAGE_CHECKS = ("axe", "keyboard", "reflow", "colours", "print", "network")


def run_pages(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    """Look at pages in Chromium; which: see `sample_pages`."""
    verdicts = []
    for target in targets:
        names = sample_pages(target)
        found = _browser("pages.mjs", tools, target.path, *names)
        errors: dict[str, list[str]] = {check: [] for check in PAGE_CHECKS}
        doubts: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for page in found:
            counts.update(page.get("counts", {}))
            for error in page["errors"]:
                where = (
                    error["check"] if error["check"] in errors else "network"
                )  # "page": it did not open, or a script failed
                errors[where].append(f"{page.get('page', '')}: {error['text']}")
            doubts.update({re.sub(r" × \d+", "", warning["text"]) for warning in page.get("warnings", ())})
        total = sum(1 for _ in target.path.rglob("*.html"))
        pages = f"{len(names)} of {total} pages"
        said = {
            "axe": f"{counts['axe']} rules on {pages}, in up to 4 views",
            "keyboard": f"{counts['keyboard']} stops on {pages}",
            "reflow": f"{pages} at 200 %, at 320 px, in type twice as large",
            "colours": f"{pages} in forced colours",
            "print": f"{counts['print']} elements with text on {pages}",
            "network": f"requests of {pages}",
        }
        for check in PAGE_CHECKS:
            warnings = tuple(f"{text} (on {count} pages)" for text, count in doubts.items()) if check == "axe" else ()
            verdicts.append(_verdict(check, target, errors[check], said[check], warnings=warnings))
    return verdicts


def sample_pages(target: Target) -> list[str]:
    """Return the pages to look at: all that do not lead elsewhere at once, or as many as the target says.

    Of a site, whose editions are looked at besides, the smallest and the largest page of each kind.

    A sample is the cover, the smallest redline, and others that are spread
    evenly over the rest in the order of their size, up to the largest but one:
    sizes differ by what is on a page.
    """
    pages = [path for path in target.path.rglob("*.html") if b'http-equiv="refresh"' not in path.read_bytes()]
    pages.sort(key=lambda path: (path.stat().st_size, path))
    if target.name.startswith("site/"):
        kinds: dict[str, list[Path]] = {}
        for path in pages:
            kinds.setdefault(_kind_of_page(path.relative_to(target.path)), []).append(path)
        chosen = {one for of_kind in kinds.values() for one in (of_kind[0], of_kind[-1])}
        return [str(path.relative_to(target.path)) for path in sorted(chosen)]
    if target.pages is None or len(pages) <= target.pages:
        return [str(path.relative_to(target.path)) for path in sorted(pages)]
    first = [target.path / "index.html", *[path for path in pages if path.name.startswith("redline-")][:1]]
    rest = [path for path in pages if path not in first and not path.name.startswith("redline-")]
    count = target.pages - len(first)
    spread = [rest[(len(rest) - 2) * at // max(1, count - 1)] for at in range(count)]
    return [str(path.relative_to(target.path)) for path in dict.fromkeys([*first, *spread])]


_KINDS = ("index", "overview", "follow", "bibliography", "redline", "register")


def _kind_of_page(path: Path) -> str:
    """Return one name for all pages of a kind: "#/page" for the chapters of all editions, "redlines/#/#/index"."""
    stem = path.stem.partition("-")[0]
    return re.sub(
        r"\d{4}", "#", str(path.parent / (stem if stem in _KINDS or path.parent == Path("search") else "page"))
    )


def run_links(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    return [
        _verdict(
            "links", target, list(check_pages(target.path)), f"{sum(1 for _ in target.path.rglob('*.html'))} pages"
        )
        for target in targets
    ]


def _browser(script: str, tools: Tools, *arguments: object) -> list[dict]:
    environment = {"VALIDATORS": str(tools.folder), "CHROMIUM": tools.chromium}
    done = _command(["node", HERE / "browser" / script, *arguments], **environment)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = f"{script} did not run: status {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}"
        raise RuntimeError(said) from None


# ---- Word ------------------------------------------------------------------------


def run_word(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    """Open files in LibreOffice; of a redline, accept and reject all changes, and compare with each edition's own."""
    verdicts = []
    with tempfile.TemporaryDirectory() as folder, office(Path(folder)) as ask:
        for target in targets:
            try:
                shown = ask(target.path)
            except ValueError as error:
                verdicts.append(_verdict("word", target, [str(error)]))
                continue
            text = [line for line in _paragraphs(shown["lines"]) if line]
            errors = [] if text else ["opens without any text"]
            counted = f"{len(text)} paragraphs, {len(shown['notes'])} notes, {shown['pictures']} pictures"
            if target.pair:
                errors += _wrong_side(ask(target.path, ACCEPT), ask(target.pair[1]), "accepting")
                errors += _wrong_side(ask(target.path, REJECT), ask(target.pair[0]), "rejecting")
                counted += "; all changes accepted and rejected"
            verdicts.append(_verdict("word", target, errors, counted))
    return verdicts


_FRONT = 12  # paragraphs of the title page and imprint, which tell one comparison from another


def _wrong_side(changed: dict, wanted: dict, doing: str) -> Iterator[str]:
    """Yield what differs; rejecting leaves a chapter that moved at its new place, so order is not looked at."""
    if changed["changes"]:
        yield f"{doing} leaves changes"
    for part, of in (("text", lambda one: _paragraphs(one["lines"])[_FRONT:]), ("notes", _note_paragraphs)):
        found, due = Counter(of(changed)), Counter(of(wanted))
        for words in list((found - due).keys())[:5]:
            yield f"{doing} gives in the {part} {words[:80]!r}, which is not there"
        for words in list((due - found).keys())[:5]:
            yield f"{doing} loses in the {part} {words[:80]!r}"


def _paragraphs(lines: Sequence) -> list[str]:
    found = []
    for line in lines:
        if isinstance(line, dict):
            # What old and new words share is there once: a space is of one kind, a reference has the new number.
            words = " ".join(re.sub(r"[\u200b\u200d]", "", line["text"]).split())
            found.append(_REFERENCE.sub(r"\1 …", words))
        else:
            found += [text for row in line for cell in row for text in _paragraphs(cell)]
    return [text for text in found if text]


_REFERENCE = re.compile(r"\b(chapitres?|sections?|figures?|tableaux?|recommandations?|controverses?) [\d.]*\d", re.I)


def _note_paragraphs(shown: dict) -> list[str]:
    return [text for note in shown["notes"] for text in _paragraphs(note)]


# ---- all formats -------------------------------------------------------------------


def run_french(targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    verdicts = []
    for target in targets:
        count, errors = check_paragraphs(paragraphs_of(target.kind, target.path), printed=target.kind == "pdf")
        unit = "lines" if target.kind == "pdf" else "paragraphs"
        verdicts.append(_verdict("french", target, errors, f"{count} {unit} in French"))
    return verdicts


def _is_ours(target: Target) -> bool:
    """Whether we answer for how the text is written: that of the corpora is theirs."""
    return target.language == "fr" and not target.name.startswith("corpora/")


def _is_thorough(target: Target) -> bool:
    return not target.is_quick


CHECKS = (
    Check(name="verapdf", kind="pdf", run=run_verapdf, batch=2, weight=20, wants=_is_thorough),
    Check(name="page-validation", kind="pdf", run=run_page, batch=100, weight=1),
    Check(name="qpdf", kind="pdf", run=run_qpdf, batch=100, weight=1),
    Check(name="pdf-tags", kind="pdf", run=run_tags, batch=3, weight=3),
    Check(name="epubcheck", kind="epub", run=run_epubcheck, batch=7, weight=5),
    Check(name="ace", kind="epub", run=run_ace, batch=3, weight=18, wants=_is_thorough),
    Check(name="reader", kind="epub", run=run_reader, batch=4, weight=4, wants=_is_thorough),
    Check(name="epub-claims", kind="epub", run=run_claims, batch=100, weight=0.3),
    Check(name="vnu", kind="html", run=run_vnu, batch=100, weight=2),
    Check(name="pages", kind="html", run=run_pages, batch=1, weight=15),
    Check(name="links", kind="html", run=run_links, batch=100, weight=0.5),
    Check(name="word", kind="docx", run=run_word, batch=100, weight=4),
    *(
        Check(name="french", kind=kind, run=run_french, batch=100, weight=1, wants=_is_ours)
        for kind in ("html", "epub", "docx", "pdf")
    ),
)


def run_check(name: str, kind: str, targets: Sequence[Target], tools: Tools, out: Path) -> list[Verdict]:
    """Run one check on some targets; a check that fails to run is an error of each."""
    check = next(check for check in CHECKS if (check.name, check.kind) == (name, kind))
    began = time.monotonic()
    try:
        for target in targets:
            if kind == "html" and not any(target.path.rglob("*.html")):
                raise FileNotFoundError(f"{target.name} holds no pages")
        verdicts = check.run(targets, tools, out)
    except Exception as error:  # whatever it is, it must be seen, and the others must run
        verdicts = [_verdict(name, target, [f"did not run: {error}"]) for target in targets]
    share = (time.monotonic() - began) / max(1, len(verdicts))
    return [replace(verdict, seconds=round(share, 1)) for verdict in verdicts]
