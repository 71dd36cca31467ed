"""A draft of an edition's accessibility statement, whose claims come only from checks that ran.

What a statement must hold: state of conformity, contents that are not
accessible and why, how it was established, contact, remedies (Directive (EU)
2016/2102, article 7, and its model, Decision (EU) 2018/1523; in France, law
2005-102, article 47, decree 2019-768 and RGAA).

Automatic checks prove no conformity: RGAA calls a publication without an audit
not conforming, and the statement says so whatever the checks found. What
nobody told (contact, body to appeal to) is left for the hand, visibly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from millesime.assembly.dates import long_date
from millesime.distribution.metadata import facts
from millesime.distribution.publication import Publication, PublishedEdition
from millesime.markup.ast import Block, Inline, bullet_list, header, link, para, plain, words
from millesime.problems import ManifestError


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one tool found in an edition."""

    tool: str  # "veraPDF"
    version: str
    format: str  # "pdf", "epub", "html", "docx"
    count: int  # of what it looked at: files, pages
    failures: int = 0  # rules that were broken
    rules: str = ""  # by which rules: "PDF/UA-1", "WCAG 2.1 AA"

    def __post_init__(self) -> None:
        assert self.count >= 0 and self.failures >= 0


def read_checks(path: Path) -> dict[str, list[CheckResult]]:
    """Return what checks found in each edition, by its name, from a file of them: see docs/publishing.md.

    Raises ManifestError for a file that holds something else.
    """
    try:
        found: dict[str, list[CheckResult]] = {}
        for entry in json.loads(path.read_text("utf-8")):
            check = CheckResult(**{key: value for key, value in entry.items() if key != "edition"})
            if check.format not in _FORMATS or not isinstance(check.count + check.failures, int):
                raise ValueError(f"a check of {check.format!r}, {check.count!r} files")
            found.setdefault(str(entry["edition"]), []).append(check)
        return found
    except (OSError, ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError) as error:
        raise ManifestError(
            f"{path}: cannot be read as results of checks: {error}; write a list of objects with edition, format, "
            "tool, version, rules, count and failures, as `make validate` does"
        ) from error


def accessibility_statement(
    publication: Publication,
    edition: PublishedEdition,
    checks: Mapping[str, CheckResult],
    *,
    contact: str = "",
    exceptions: Sequence[str] = (),
) -> list[Block]:
    """Return the statement as blocks of a page, below a heading that the page has already.

    `checks`: what ran, by any name; without one, the statement says that
    nothing was verified. `contact`: an address or a way to be reached.
    `exceptions`: what is known not to be accessible, in the edition's language.
    """
    language = edition.language

    def say(key: str, **values: str) -> str:
        return facts.label(f"statement_{key}", language, **values)

    ran = [checks[name] for name in sorted(checks) if checks[name].count]
    date = long_date(edition.date, language)
    blocks: list[Block] = [
        para(*words(say("draft"))),
        para(*words(say("commitment", publisher=facts.publisher_name(edition)))),
        para(*words(say("scope", title=edition.title, edition=edition.name, date=date))),
        header(2, *words(say("conformity")), ident="statement-conformity"),
        para(*words(say("no_audit"))),
        header(2, *words(say("established")), ident="statement-established"),
    ]
    if ran:
        blocks += [
            para(*words(say("checked", date=date))),
            bullet_list([[plain(*words(_result(check, say)))] for check in ran]),
            para(*words(say("not_enough"))),
        ]
    else:
        blocks.append(para(*words(say("not_checked"))))
    blocks += [
        header(2, *words(say("not_accessible")), ident="statement-not-accessible"),
        *_not_accessible(edition, ran, exceptions, say),
        header(2, *words(say("contact_title")), ident="statement-contact"),
        para(*words(say("contact"))),
        para(*(_contact(contact) if contact else words(say("missing_contact")))),
        header(2, *words(say("remedies_title")), ident="statement-remedies"),
        para(*words(say("remedies"))),
        para(*words(say("missing_remedies"))),
    ]
    return blocks


def _result(check: CheckResult, say) -> str:
    found = say("no_failure") if not check.failures else say("failures", count=str(check.failures))
    tool = f"{check.tool} {check.version}" + (f" ({check.rules})" if check.rules else "")
    return say("result", format=_FORMATS[check.format], tool=tool, count=str(check.count), found=found)


_FORMATS = {"pdf": "PDF", "epub": "EPUB", "html": "HTML", "docx": "Word"}


def _not_accessible(
    edition: PublishedEdition, ran: Sequence[CheckResult], exceptions: Sequence[str], say
) -> list[Block]:
    """Say what is known to be missing: told exceptions, failed checks, formats that nothing looked at."""
    lines = [*exceptions]
    lines += [
        say("failed", format=_FORMATS[check.format], tool=check.tool, count=str(check.failures))
        for check in ran
        if check.failures
    ]
    seen = {check.format for check in ran}
    lines += [say("unseen", format=_FORMATS[file.format]) for file in edition.files if file.format not in seen]
    if not lines:
        return [para(*words(say("none_known")))]
    return [bullet_list([[plain(*words(line))] for line in lines])]


def _contact(contact: str) -> list[Inline]:
    if "@" in contact and " " not in contact and "/" not in contact:
        return [link(words(contact), f"mailto:{contact}")]
    return [link(words(contact), contact)] if facts.is_address(contact) else words(contact)
