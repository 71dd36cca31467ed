"""Types for the scalars of manifests: texts, paths, dates, languages, addresses.

Every function takes what the manifest holds and returns the value, or raises
what pydantic reports as a mistake.
"""

from __future__ import annotations

import datetime
import posixpath
import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from millesime.limits import DEFAULTS, MAXIMA, MINIMA, UNITS
from millesime.problems import did_you_mean
from millesime.series.mistakes import mistake, shown

FORMATS = ("pdf", "epub", "html", "docx")
SECTORS = ("political", "academic", "economic")
DETAILS = ("passages", "full", "summary")

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What git-check-ref-format(1) and gitrevisions(7) leave for one commit; `@{…}` would read the reflog and the clock.
# `HEAD^{/pattern}`, gitrevisions(7): a pattern of strangers may take all memory. Only types of objects stand in braces.
_SEARCH = re.compile(r"\^\{(?!(commit|tag|object)?\})")
_NO_REVISION = re.compile(r"[\s\x00-\x1f:?*\[\\]|\.\.|@\{")
_READERS = (
    "markdown", "markdown_strict", "markdown_mmd", "markdown_phpextra", "commonmark", "commonmark_x", "gfm",
)  # fmt: skip
_READER = re.compile(r"(?P<base>[a-z_]+)(?P<extensions>([+-][a-z0-9_]+)*)")
# RFC 5646, section 2.1, without the grandfathered tags; primary subtags of four and more letters are unassigned.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
_LANGUAGE_NAMES = {
    "français": "fr", "francais": "fr", "french": "fr", "english": "en", "anglais": "en", "deutsch": "de",
    "german": "de", "español": "es", "spanish": "es", "italiano": "it", "português": "pt", "nederlands": "nl",
}  # fmt: skip


def check_text(value: Any) -> str:
    """Return a text of one line; a line break counts as a space, a no-break space stays."""
    text = re.sub(r"[ \t\r\n]+", " ", _scalar(value, "a text")).strip(" ")
    if not text:
        raise mistake(f"{shown(value)} where a text belongs", "write a text, or leave the key out")
    return text


def check_name(value: Any) -> str:
    """Return the name of an edition or register, safe as a file name."""
    name = _scalar(value, "a name")
    if not _SAFE_NAME.fullmatch(name):
        raise mistake(f"{shown(name)} is no name", "write letters, digits, '.', '_' and '-', such as 2019 or hearings")
    return name


def check_id(value: Any) -> str:
    """Return the id of a chapter, which becomes an anchor and a file name."""
    text = _scalar(value, "an id")
    if not _ID.fullmatch(text):
        hint = "begin with a letter and go on with letters, digits, '.', '_' and '-', such as gouvernance"
        raise mistake(f"{shown(text)} is no id", hint)
    return text


def check_path(value: Any) -> str:
    """Return a path below the report's folder, `./` at its start left out."""
    example = "such as chapters/10-introduction.md"
    path = _scalar(value, "a path")
    if not path or re.search(r"[\x00-\x1f\x7f]", path):
        raise mistake(f"{shown(path)} is no path", f"write a path from the report's folder, {example}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", path):
        raise mistake(f"{shown(path)} is an address", f"put the file into the repository and write its path, {example}")
    if "\\" in path:
        hint = f"write {shown(path.replace(chr(92), '/'))}"
        raise mistake(f"{shown(path)} holds a backslash", hint)
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        hint = f"write a path from the report's folder, {example}"
        raise mistake(f"{shown(path)} is a path of one machine", hint)
    parts = path.split("/")
    if ".." in parts:
        hint = f"write a path from the report's folder without '..', {example}"
        raise mistake(f"{shown(path)} may lead out of the report", hint)
    if any(part.lower() == ".git" for part in parts):
        raise mistake(f"{shown(path)} lies in git's own folder", f"write the path of a source, {example}")
    if path.endswith("/"):
        raise mistake(f"{shown(path)} is a folder", f"write the path of one file, {example}")
    return posixpath.normpath(path)


def check_date(value: Any) -> datetime.date:
    """Return the date of a text YYYY-MM-DD."""
    if type(value) is datetime.date:
        return value
    text = _scalar(value, "a date").strip()
    if not _DATE.fullmatch(text):
        raise mistake(f"{shown(text)} is no date", "write year-month-day, such as 2019-07-03")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise mistake(f"{shown(text)} is no day of the calendar", "write one, such as 2019-07-03") from error


def check_language(value: Any) -> str:
    """Return a BCP 47 tag in its usual case: "fr", "en-GB", "zh-Hant-TW"."""
    text = _scalar(value, "a language")
    if _LANGUAGE.fullmatch(text):
        return _usual_case(text)
    if near := _LANGUAGE_NAMES.get(unicodedata.normalize("NFC", text).lower()):
        hint = f"did you mean {near!r}?"
    elif _LANGUAGE.fullmatch(text.replace("_", "-")):
        hint = f"did you mean {_usual_case(text.replace('_', '-'))!r}?"
    else:
        hint = "write a BCP 47 tag, such as fr or en-GB"
    raise mistake(f"{shown(text)} is no language tag", hint)


def _usual_case(tag: str) -> str:
    first, *others = tag.split("-")
    cased, private = [first.lower()], False
    for part in others:
        if len(part) == 2 and not private:
            part = part.upper()
        elif len(part) == 4 and part.isalpha() and not private:
            part = part.title()
        else:
            part = part.lower()
        private = private or len(part) == 1
        cased.append(part)
    return "-".join(cased)


def check_revision(value: Any) -> str:
    """Return the name of a commit; whether git knows it is seen later."""
    text = _scalar(value, "a revision").strip()
    example = "write a tag, a branch or a commit id, such as edition-2019 or 3f9c2ab"
    if not text:
        raise mistake("an empty text", f"{example}, or leave the key out for the working tree")
    if text.startswith("-"):
        raise mistake(f"{shown(text)} begins like an option", example)
    if _SEARCH.search(text):
        raise mistake(f"{shown(text)} searches the messages of commits", example)
    if _NO_REVISION.search(text):
        raise mistake(f"{shown(text)} does not name one commit", example)
    return text


def check_url(value: Any) -> str:
    """Return the address of a site, without a slash at its end."""
    text = _scalar(value, "an address").strip()
    hint = "write where the report will be published, such as https://example.org/rapport"
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError as error:
        raise mistake(f"{shown(text)} is no address", hint) from error
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s<>\"'\\]", text):
        raise mistake(f"{shown(text)} is no address", hint)
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise mistake(f"{shown(text)} cannot be built upon", "leave out '?' and '#' and what follows")
    if parts.username or parts.password:
        raise mistake("an address with a user name", hint)
    return text.rstrip("/")


def check_reader(value: Any) -> str:
    """Return a pandoc format of the Markdown family with its extensions; pandoc itself knows which exist."""
    text = _scalar(value, "a reader").strip()
    found = _READER.fullmatch(text)
    if found and found["base"] in _READERS:
        return text
    base = re.split(r"[+-]", text)[0]
    hint = did_you_mean(base, _READERS) or "write one of " + ", ".join(_READERS)
    if found is None and base in _READERS:
        hint = f"write its extensions with + and -, such as {base}-citations+smart"
    raise mistake(f"{shown(text)} is no Markdown that pandoc reads", hint)


def check_bool(value: Any) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    text = _scalar(value, "true or false").strip().lower()
    if text in {"true", "false"}:
        return text == "true"
    near = {"yes": "true", "on": "true", "oui": "true", "1": "true", "no": "false", "off": "false", "non": "false",
            "0": "false"}.get(text)  # fmt: skip
    raise mistake(f"{shown(text)} where true or false belongs", f"write {near}" if near else "write true or false")


def check_depth(value: Any) -> int:
    """Return how many levels of headings are numbered, 1 to 6."""
    text = _scalar(str(value) if isinstance(value, int) else value, "a number").strip()
    if not re.fullmatch(r"[1-6]", text):
        raise mistake(f"{shown(text)} levels", "write how many levels of headings are numbered, 1 to 6")
    return int(text)


def limit_named(name: str) -> BeforeValidator:
    """Return the validator of one of `Limits`: a whole number between those that a report may choose."""
    least, most = getattr(MINIMA, name), getattr(MAXIMA, name)

    def check(value: Any) -> int:
        text = _scalar(str(value) if isinstance(value, int) else value, "a number").strip()
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            hint = f"write a number from {least} to {most}, or leave it out for {getattr(DEFAULTS, name)}"
            raise mistake(f"{shown(text)} {UNITS[name]}", hint)
        return int(text)

    return BeforeValidator(check)


def check_object_id(value: Any) -> str:
    """Return the full id of a git object."""
    text = _scalar(value, "an id of git")
    if not _OBJECT_ID.fullmatch(text):
        raise mistake(f"{shown(text)} is no full id of git", "let 'millesime seal' write it: 40 or 64 of 0-9a-f")
    return text


def check_sha256(value: Any) -> str:
    """Return a SHA-256 in hexadecimal."""
    text = _scalar(value, "a SHA-256")
    if not _SHA256.fullmatch(text):
        raise mistake(f"{shown(text)} is no SHA-256", "let 'millesime seal' write it: 64 of 0-9a-f")
    return text


def one_of(known: Sequence[str], *, what: str) -> BeforeValidator:
    """Return the validator of a value that is one of a few words."""

    def check(value: Any) -> str:
        text = _scalar(value, what).strip()
        if text in known:
            return text
        hint = did_you_mean(text.lower().lstrip("."), known) or "write one of " + ", ".join(known)
        raise mistake(f"{shown(text)} is no {what}", hint)

    return BeforeValidator(check)


def _scalar(value: Any, what: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise mistake(f"nothing where {what} belongs", f"write {what}, or leave it out")
    raise mistake(f"{shown(value)} where {what} belongs", f"write {what}")


Text = Annotated[str, BeforeValidator(check_text)]
Name = Annotated[str, BeforeValidator(check_name)]
Id = Annotated[str, BeforeValidator(check_id)]
FilePath = Annotated[str, BeforeValidator(check_path)]
Date = Annotated[datetime.date, BeforeValidator(check_date)]
Language = Annotated[str, BeforeValidator(check_language)]
RevisionName = Annotated[str, BeforeValidator(check_revision)]
Url = Annotated[str, BeforeValidator(check_url)]
Reader = Annotated[str, BeforeValidator(check_reader)]
Flag = Annotated[bool, BeforeValidator(check_bool)]
Depth = Annotated[int, BeforeValidator(check_depth)]
ObjectId = Annotated[str, BeforeValidator(check_object_id)]
Sha256 = Annotated[str, BeforeValidator(check_sha256)]
Format = Annotated[str, one_of(FORMATS, what="format")]
Sector = Annotated[str, one_of(SECTORS, what="sector")]
Detail = Annotated[str, one_of(DETAILS, what="detail")]
