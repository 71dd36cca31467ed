"""The theme: templates, styles and labels, the snapshot's own before the default.

The default theme is `templates/` of this project; installed, it lies inside
the package as `millesime/theme/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from millesime.problems import ManifestError
from millesime.series.mistakes import Mistake, shown
from millesime.series.yaml_text import LABELS, read_tree

_PACKAGE = Path(__file__).resolve().parent.parent
FALLBACK_LANGUAGE = "en"
OWN_FOLDER = "templates"  # of a report's own theme, in its repository


def theme_folder() -> Path:
    """Return the folder of the default theme."""
    installed = _PACKAGE / "theme"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def read_theme_file(name: str, own: Mapping[str, bytes] | None = None) -> bytes:
    """Return a file of the theme: the report's own version if it has one.

    `name` is relative to the theme, "pdf/page.css". Raises FileNotFoundError.
    """
    if own and name in own:
        return own[name]
    return (theme_folder() / name).read_bytes()


def has_theme_file(name: str, own: Mapping[str, bytes] | None = None) -> bool:
    return bool(own and name in own) or (theme_folder() / name).is_file()


def load_labels(language: str, own: Mapping[str, bytes] | None = None) -> dict[str, str]:
    """Return the words the toolchain prints, by key, in a BCP 47 language.

    What a language lacks is printed in English: a missing translation must
    not stop an edition. Raises ManifestError for a report's own labels that
    cannot be read.
    """
    labels = dict(_default_labels(FALLBACK_LANGUAGE))
    for name in (language.split("-")[0], language):
        labels |= _default_labels(name)
        own_name = f"labels/{name}.yaml"
        if own and own_name in own:
            labels |= _own_labels(own[own_name], f"{OWN_FOLDER}/{own_name}")
    return labels


def _own_labels(content: bytes, file: str) -> dict[str, str]:
    """Return the labels of a report's own file; one without words prints nothing.

    Raises ManifestError, naming the key, for what is no list of labels.
    """
    tree, mistakes = read_tree(content, file, LABELS)
    if not mistakes and not isinstance(tree, dict | None):
        mistakes.append(Mistake(file=file, text=f"{shown(tree)} where labels belong", hint="write `key: words`"))
    labels: dict[str, str] = {}
    for key, value in (tree if isinstance(tree, dict) else {}).items():
        if isinstance(value, list | dict):
            text = f"{shown(value)} where words belong"
            mistakes.append(Mistake(file=file, place=(key,), text=text, hint="write `key: words`"))
        else:
            labels[key] = value or ""
    if mistakes:
        raise ManifestError("\n".join(str(mistake) for mistake in mistakes))
    return labels


@cache
def _default_labels(name: str) -> dict[str, str]:
    path = theme_folder() / "labels" / f"{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER) if path.is_file() else {}


# For our own files alone, in which `series/yaml_text.py` reads the same; a tenth of its time, where PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
