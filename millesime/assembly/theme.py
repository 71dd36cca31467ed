"""The theme: templates, styles and labels, the snapshot's own before the default.

The default theme is `templates/` of this project; installed, it lies inside
the package as `millesime/theme/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_PACKAGE = Path(__file__).resolve().parent.parent
FALLBACK_LANGUAGE = "en"


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
    not stop an edition.
    """
    labels = dict(_default_labels(FALLBACK_LANGUAGE))
    for name in (language.split("-")[0], language):
        labels |= _default_labels(name)
        own_name = f"labels/{name}.yaml"
        if own and own_name in own:
            labels |= yaml.safe_load(own[own_name]) or {}
    return labels


@cache
def _default_labels(name: str) -> dict[str, str]:
    path = theme_folder() / "labels" / f"{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER) if path.is_file() else {}


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a tenth of the time, where PyYAML has it
