"""The theme's Jinja templates, the report's own before the default ones."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sized
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml.html import fragment_fromstring
from markupsafe import Markup

from millesime.assembly.dates import long_date
from millesime.assembly.printed_identifiers import edition_identifiers, licence_line
from millesime.assembly.theme import read_theme_file
from millesime.at_work import at_work
from millesime.problems import ManifestError, ReportError
from millesime.render.links import plain_id
from millesime.render.watched import TakesTooMuch, watched

_EXTENDS = re.compile(r"""\{%-?\s*extends\s+["']([^"'{}]+)["']""")


class ThemeError(ManifestError):
    """A template of the report's theme cannot be filled in."""


def open_theme(own: Mapping[str, bytes], *, language: str) -> ImmutableSandboxedEnvironment:
    """Return the environment in which templates are filled.

    A snapshot's templates run in a sandbox: they can read what they are given
    and nothing else. Filters: `long_date`, `url` (percent-encodes a path),
    `anchor` (an id without white space), `bare` (a title without markup); of an imprint, `licence_line(labels)`
    and `identifiers(format)`, see assembly/printed_identifiers.py.
    """
    environment = _Sandbox(
        loader=_ThemeLoader(own),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["long_date"] = lambda date: long_date(date, language)
    environment.filters["url"] = lambda path: quote(path, safe="/")
    environment.filters["anchor"] = plain_id
    environment.filters["licence_line"] = licence_line
    environment.filters["identifiers"] = edition_identifiers
    environment.filters["bare"] = bare_title
    return environment


def fill(environment: ImmutableSandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
    """Return a template filled in. Raises ThemeError, naming it, where it cannot be.

    A template of the report's own may raise whatever Python can: a missing
    key, a nested block too many, a text of all memory; or run for ever.
    """
    try:
        is_watched = environment.loader.has_own and hasattr(time, "pthread_getcpuclockid")
        with at_work(f"templates/{name}", "fill it in"), watched() if is_watched else nullcontext():
            return environment.get_template(name).render(values)
    except ReportError:
        raise
    except Exception as error:
        if not isinstance(error, TemplateError) and not environment.loader.has_own:
            raise
        line = getattr(error, "lineno", None)
        place = f"templates/{getattr(error, 'name', None) or name}" + (f":{line}" if line else "")
        said = str(error) if isinstance(error, TemplateError | TakesTooMuch) else f"{type(error).__name__}: {error}"
        raise ThemeError(f"{place}: {said}; compare it with the default theme's {name}") from error


def is_printed(environment: ImmutableSandboxedEnvironment, template: str, name: str) -> bool:
    """Whether a template, or one that it extends, names a value; a report's own may be older than the value."""
    seen = set()
    while template not in seen:
        seen.add(template)
        try:
            source, *_ = environment.loader.get_source(environment, template)
        except TemplateNotFound:
            return False
        if re.search(rf"\b{re.escape(name)}\b", source):
            return True
        found = _EXTENDS.search(source)
        template = found[1] if found else template
    return False


def bare_title(title: Markup) -> str:
    """Return a title's words; its no-break spaces stay, which `striptags` takes for spaces."""
    words = fragment_fromstring(str(title), create_parent="span").text_content()
    return re.sub(r"[ \t\r\n]+", " ", words).strip(" ")


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox that asks once for each kind of object whether a template may read an attribute: kinds decide it.

    Each page of a report lists all others.
    """

    # Single steps that take all time or memory, which `watched` cannot end.
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        key = (type(obj), attr)
        if key not in self._known:
            self._known[key] = super().is_safe_attribute(obj, attr, value)
        return self._known[key]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and abs(right) > _GREATEST_POWER:
            raise SecurityError(f"a power of {right}, of {_GREATEST_POWER} at most")
        times, repeated = (right, left) if isinstance(left, Sized) else (left, right)
        if operator == "*" and isinstance(repeated, Sized) and len(repeated) * times > _LONGEST_REPEATED:
            raise SecurityError(f"a value repeated {times} times, which makes more than {_LONGEST_REPEATED:,} items")
        return super().call_binop(context, operator, left, right)


_GREATEST_POWER = 1000
_LONGEST_REPEATED = 1_000_000


class _ThemeLoader(BaseLoader):
    def __init__(self, own: Mapping[str, bytes]) -> None:
        self._own = own
        self.has_own = bool(own)

    def get_source(self, environment, template):
        if template.startswith("/") or ".." in template.split("/"):
            raise TemplateNotFound(template)
        try:
            text = read_theme_file(template, self._own).decode("utf-8")
        except FileNotFoundError as error:
            raise TemplateNotFound(template) from error
        return text, None, None
