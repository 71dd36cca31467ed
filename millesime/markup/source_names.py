"""Names that a source gives, set apart from those Millésime gives.

Both stand in the classes and attributes of one document: `insertion` marks what
a redline found, `foreign` what `check` reports, `visually-hidden` what a page
does not show. An author who writes one of these words must not say the same.
So a source has the words of `AUTHORS_CLASSES` and `AUTHORS_KEYS`, which the
handbook describes; any other name gets a prefix when it is read, whatever the
reader: `[text]{.foreign}` has the class `source-foreign`. No name of our own
begins so, and a name that a source begins so gets the prefix once more.

Millésime's own names stay as they are, since others read them: the oracle, the
programs that take a redline as JSON, the sheets of a theme.
"""

from __future__ import annotations

from typing import Any

from millesime.markup.ast import is_attr

PREFIX = "source-"

# Classes with a meaning for authors, see docs/writing.md; those of pandoc's Markdown that its readers and writers know.
AUTHORS_CLASSES = frozenset(
    "recommendation controversy position note warning tip important caution "
    "page-break pagebreak newpage new-page clearpage page-break-before page-break-after landscape "
    "center align-left align-center align-right align-justify details summary "
    "unnumbered unlisted kbd mark dfn small var cite underline ul smallcaps nocase uri email".split()
)
AUTHORS_KEYS = frozenset(
    "title data-title caption data-caption lst-cap filename alt style width height lang dir "
    "sector data-sector addressee".split()
)


def source_class(name: str) -> str:
    """Return the class under which a document holds a class of its source."""
    return name if name in AUTHORS_CLASSES else PREFIX + name


def source_classes(names: str) -> list[str]:
    """Return the same for the words of a `class` attribute."""
    return [source_class(name) for name in names.split()]


def source_key(name: str) -> str:
    """Return the key under which a document holds an attribute of its source."""
    return name if name in AUTHORS_KEYS else PREFIX + name


def as_written(name: str) -> str:
    """Return a class or key as its source has it."""
    return name.removeprefix(PREFIX)


def names_as_written(value: Any) -> Any:
    """Return blocks, inlines or an Attr with the names that the source gives: what `set_names_apart` did, undone."""
    if value.__class__ is list:
        if is_attr(value):
            ident, classes, pairs = value
            return [ident, [as_written(name) for name in classes], [[as_written(key), text] for key, text in pairs]]
        return [names_as_written(item) for item in value]
    if value.__class__ is dict:
        return {key: names_as_written(item) for key, item in value.items()}
    return value


def set_names_apart(value: Any) -> None:
    """Set the names in blocks or metadata that pandoc has just read apart, in place."""
    todo = [value]
    while todo:
        item = todo.pop()
        if item.__class__ is dict:
            # Of a citation or of metadata, which have no "t", each value may hold nodes.
            todo += [one for one in item.values() if one.__class__ is list or one.__class__ is dict]
        elif is_attr(item):
            if item[1]:
                item[1] = [source_class(name) for name in item[1]]
            if item[2]:
                item[2] = [[source_key(key), text] for key, text in item[2]]
        else:
            todo += [one for one in item if one.__class__ is list or one.__class__ is dict]
