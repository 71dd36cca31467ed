"""Images whose file changed under one name."""

from __future__ import annotations

from dataclasses import replace

from documents import chapter, image

from millesime.markup.ast import para, words
from millesime.redline.compare import compare
from millesime.redline.laws import accept_all, reject_all
from millesime.redline.model import EDITED
from millesime.redline.reading.readers_view import for_readers

MAP = image("map.svg", words("La carte des quartiers"))


def changed(*blocks, old="aaaa", new="bbbb"):
    before = replace(chapter(*blocks), images={"map.svg": old})
    after = replace(chapter(*blocks), images={"map.svg": new})
    redline = compare([before], [after])
    assert accept_all(redline) == reject_all(redline)
    return redline


def test_a_file_that_changed_under_its_name_is_seen():
    (change,) = changed(para(MAP)).chapters[0].blocks
    assert (change.kind, change.aspects) == (EDITED, {"image"})


def test_both_files_stand_side_by_side():
    (change,) = changed(para(MAP)).chapters[0].blocks
    (shown,) = for_readers(list(change.merged))
    assert shown["c"][0][1] == ["side-by-side"]
    assert [part["c"][0][1] for part in shown["c"][1]] == [["deletion", "image"], ["insertion", "image"]]


def test_a_file_that_stayed_is_no_change():
    assert changed(para(MAP), new="aaaa").is_empty


def test_a_paragraph_with_an_image_in_it_is_told_and_not_struck():
    (change,) = changed(para("Voyez", MAP, "au mur.")).chapters[0].blocks
    assert (change.kind, change.aspects) == (EDITED, {"image"})
    assert for_readers(list(change.merged)) == [change.new]
