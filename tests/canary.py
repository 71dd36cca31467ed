"""Treat the installed versions of the PDF engine as tried, for `make canary`."""

from __future__ import annotations

from importlib.metadata import version

from millesime.render.pdf.engine import internals


def newer() -> str:
    """Return the installed versions that were not tried, "weasyprint 70.1, pydyf 0.14.0"; "" if there are none."""
    found = {name: version(name) for name in internals.KNOWN}
    return ", ".join(f"{name} {number}" for name, number in found.items() if number not in internals.KNOWN[name])


def trust_installed() -> None:
    """Count the installed versions as tried, in this process."""
    for name, tried in internals.KNOWN.items():
        internals.KNOWN[name] = (*tried, version(name))
