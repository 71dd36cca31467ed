"""Millésime: a living report under version control, published in dated editions."""

__version__ = "0.1.0"
