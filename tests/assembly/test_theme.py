"""Labels: the default ones, and a report's own, which are read as they were written."""

from __future__ import annotations

import pytest

from millesime.assembly.theme import _default_labels, load_labels, theme_folder
from millesime.problems import ManifestError
from millesime.series.yaml_text import LABELS, read_tree


@pytest.mark.parametrize("path", sorted((theme_folder() / "labels").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_default_labels_are_what_the_one_reader_of_yaml_reads(path):
    assert (_default_labels(path.stem), []) == read_tree(path.read_bytes(), path.name, LABELS)


def test_own_labels_are_the_text_that_was_written():
    own = load_labels("no", {"labels/no.yaml": b"chapter: 010\nannex: on\npart:\nfigure: 10:30\n"})
    assert {key: own[key] for key in ("chapter", "annex", "part", "figure")} == {
        "chapter": "010", "annex": "on", "part": "", "figure": "10:30"}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"chapter: [a", r"^templates/labels/fr\.yaml: line 1, column 12: .*; close the bracket"),
        (b"- a\n", r"^templates/labels/fr\.yaml: a list where labels belong; write `key: words`"),
        (b"chapter\n", r"^templates/labels/fr\.yaml: 'chapter' where labels belong"),
        (b"chapter: {a: b}\n", r"^templates/labels/fr\.yaml: chapter: a mapping where words belong"),
        (b"chapter: a\nchapter: b\n", r"^templates/labels/fr\.yaml: chapter: written twice, on lines 1 and 2"),
        (b"chapter: \xe9\n", r"^templates/labels/fr\.yaml: line 1, byte 10: byte 0xE9 is not UTF-8"),
        (b"chapter: !!int 1\n", r"^templates/labels/fr\.yaml: chapter: the tag '!!int' on line 1"),
    ],
)
def test_broken_labels_are_the_editors_mistake_with_a_place(content: bytes, said: str):
    with pytest.raises(ManifestError, match=said) as refused:
        load_labels("fr", {"labels/fr.yaml": content})
    assert refused.value.exit_status == 3
