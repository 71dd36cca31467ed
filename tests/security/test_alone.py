"""Each layer without those behind it: what the whole report's tests cannot see, since the next one would hold."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from lxml import etree

from millesime.assembly.foreign import settle_foreign
from millesime.assembly.image_files import image_key
from millesime.assembly.registers import read_register
from millesime.assembly.theme import load_labels
from millesime.history.plain_folder import Folder
from millesime.history.repository import Repository, open_repository
from millesime.history.worktree import open_working_tree
from millesime.limits import LimitError, Limits
from millesime.markup import pandoc
from millesime.markup.ast import para, string, walk
from millesime.markup.pandoc import Source, read_documents
from millesime.problems import MarkupError, ReportError, RevisionError
from millesime.redline.annex.reasons import Provenance, Reason, tell_reasons
from millesime.render.pdf.engine.environment import fetcher, load_engine
from millesime.render.sanitise import filter_raw, parse_fragment
from millesime.render.templates import fill, open_theme
from millesime.series.yaml_text import read_tree
from tests.security.artifacts import CANARY, holds, make, write_report
from tests.security.test_raw_html import ATTACKS
from tests.security.test_yaml import LAUGHS
from tests.support import TestRepository, make_repository

# ---- HTML ----------------------------------------------------------------------

_NEVER = "script style iframe object embed svg form input button textarea video audio link meta base title plaintext"


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_filter_of_raw_nodes_lets_no_element_through_that_runs_or_fetches(attack: str):
    said = filter_raw(attack, lambda source, alternative: "")
    assert {tag.lower() for tag in re.findall(r"<([A-Za-z]+)", said)} & set(_NEVER.split()) == set()


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_sieve_alone_leaves_nothing_that_runs_submits_or_leads_away(attack: str):
    for element in parse_fragment(attack).iter(etree.Element):
        assert etree.QName(element).localname not in _NEVER.split()
        assert not any(name.startswith("on") or name in ("srcdoc", "formaction", "ping") for name in element.attrib)
        assert not re.match(r"\s*(javascript|data|vbscript|file):", element.get("href", ""), re.IGNORECASE)


# ---- templates -----------------------------------------------------------------

FORBIDDEN = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ lipsum.__globals__['os'].popen('echo run').read() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ ().__reduce_ex__(2) }}",
    "{{ things.append(1) }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../../../../../etc/passwd' %}",
    "{{ 1 / 0 }}",
]


@pytest.mark.parametrize("template", FORBIDDEN)
def test_a_template_that_reaches_out_is_named_and_gives_nothing(template: str):
    with pytest.raises(ReportError, match=r"^templates/"):
        fill(open_theme({"a.html": template.encode()}, language="fr"), "a.html", {"things": []})


def test_what_a_template_is_given_is_text():
    theme = open_theme({"a.html": b'<p title="{{ said }}">{{ said }}</p>'}, language="fr")
    said = fill(theme, "a.html", {"said": '"><script>alert(1)</script>'})
    assert etree.fromstring(said).text == '"><script>alert(1)</script>'


@pytest.mark.parametrize("address", ["file:///etc/hostname", "/etc/hostname", "data:image/svg+xml,<svg/>"])
def test_the_engine_of_pages_is_handed_nothing_that_it_was_not_promised(address: str):
    notes: list[str] = []
    with pytest.raises(ValueError, match="nothing outside the report is read"):
        fetcher(load_engine(), {}, notes).fetch(address)
    assert notes == [f"not fetched: {address}"]


# ---- paths ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["../../s.svg", "..%2F..%2Fs.svg", "../..", "/../s.svg", "file:///s.svg", "FILE:s.svg", "//host/s.svg"]
)
def test_an_address_out_of_the_report_is_the_key_of_no_picture(target: str):
    assert image_key(target, "chapters/a.md") is None


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_became_a_link_after_it_was_listed_is_not_read(what: str, tmp_path: Path):
    outside = write_report(tmp_path / "outside", {"chapters/a.md": CANARY})
    root = write_report(tmp_path / "report", {"chapters/a.md": "# Un\n"})
    tree = open_working_tree(root)
    (root / "chapters/a.md").unlink()
    if what == "folder":
        (root / "chapters").rmdir()
    place = "chapters" if what == "folder" else "chapters/a.md"
    (root / place).symlink_to(outside / place)
    with pytest.raises(RevisionError, match="cannot be read"):
        tree.read("chapters/a.md")


def test_what_became_a_link_in_a_folder_that_is_compared_is_not_read(tmp_path: Path):
    outside = write_report(tmp_path / "outside", {"two/a.md": CANARY})
    root = write_report(tmp_path / "folder", {"one/a.md": "# Un\n", "two/a.md": "# Deux\n"})
    folder = Folder(root, ["one/a.md", "two/a.md"], prefix="old/chapters/")
    (root / "two/a.md").unlink()
    (root / "two").rmdir()
    (root / "two").symlink_to(outside / "two")
    assert folder.read("old/chapters/one/a.md") == b"# Un\n"
    with pytest.raises(RevisionError, match="cannot be read"):
        folder.read("old/chapters/two/a.md")


def test_a_link_in_a_folder_that_is_compared_is_known_as_one(tmp_path: Path):
    (tmp_path / "secret").write_text(CANARY)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.md").symlink_to("../secret")
    with pytest.raises(RevisionError, match="is a link out of the report"):
        Folder(tmp_path / "folder", ["a.md"]).read("a.md")


def test_a_pipe_is_no_file_of_a_report(tmp_path: Path):
    root = write_report(tmp_path, {"chapters/a.md": "# Un\n"})
    os.mkfifo(root / "chapters/b.md")
    assert not open_working_tree(root).has("chapters/b.md")


# ---- YAML ----------------------------------------------------------------------


def test_a_manifest_whose_aliases_multiply_is_refused_before_anybody_unfolds_it():
    tree, mistakes = read_tree(LAUGHS.encode(), "a.yaml")
    assert tree is None and ["values, aliases written out" in str(mistake) for mistake in mistakes] == [True]


def test_a_manifest_of_a_megabyte_is_not_parsed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(yaml, "parse", lambda *_, **__: pytest.fail("it is parsed"))
    _, (mistake,) = read_tree(b"a: b\n" * 200_000, "a.yaml")
    assert "a manifest holds at most" in str(mistake)


def test_aliases_of_a_register_that_multiply_are_refused_before_they_are_unfolded():
    laughs = LAUGHS.replace("a0:", "- id: A-1\n  a0:", 1).replace("\na", "\n  a")
    with pytest.raises(MarkupError, match=r"^a\.yaml: .*aliases that stand for more than 20,000 values"):
        read_register(laughs.encode(), "a.yaml")


def test_a_register_that_is_deeper_than_any_is_refused_before_a_tree_is_made_of_it():
    with pytest.raises(MarkupError, match=r"^a\.yaml: line 1: more than 20 levels"):
        read_register(b"- {id: A-1, role: " + b"[" * 20 + b"]" * 20 + b"}\n", "a.yaml")


# ---- characters ----------------------------------------------------------------


def test_control_characters_are_replaced_in_what_is_assembled():
    blocks = [
        para(string("a\x08b")), {"t": "CodeBlock", "c": [["x\x08", ["y\x08"], [["k", "z\x08"]]], "a\x08b"]},
        para({"t": "Link", "c": [["i\x08", [], []], [string("x")], ["https://example.org/\x08", "t\x08"]]}),
    ]  # fmt: skip
    said = repr(settle_foreign(blocks[:1] + blocks[2:])) + repr(settle_foreign(blocks[1:2])[0]["c"][1])
    assert "\\x08" not in said and said.count("\ufffd") == 5


# ---- pandoc --------------------------------------------------------------------


def test_a_text_whose_reading_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "pandoc"
    program.write_text("#!/bin/sh\nulimit -t 4\nwhile :; do :; done\n")
    program.chmod(0o755)
    monkeypatch.setattr(pandoc, "pandoc_path", lambda: str(program))
    monkeypatch.setattr(pandoc, "_abbreviations", lambda: ())
    with pytest.raises(LimitError, match=r"^a\.md: pandoc took more than 1 s"):
        read_documents([Source(path="a.md", content=b"a")], limits=Limits(reading=1))


def test_a_text_that_unfolds_is_named_before_it_is_loaded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pandoc, "_PYTHON_BYTES", 2**40)
    with pytest.raises(LimitError, match=r"^a\.md: unfolds to \d+ MiB; .*memory: 512"):
        read_documents([Source(path="a.md", content=b"a")], limits=Limits(memory=512))


@pytest.mark.parametrize("kind", ["openxml", "latex", "html5", "typst"])
def test_raw_code_is_shown(kind: str):
    in_line, block = settle_foreign([
        para({"t": "RawInline", "c": [kind, "<x> \\y"]}), {"t": "RawBlock", "c": [kind, "<x> \\y"]},
    ])  # fmt: skip
    assert [node["t"] for node in (*in_line["c"], block)] == ["Code", "CodeBlock"]


def test_a_style_has_no_document_type():
    with pytest.raises(MarkupError, match=r"^a\.csl: a style with a document type"):
        pandoc.check_style(b"<!DOCTYPE style><style/>", where="a.csl")


def test_a_bibliography_that_the_metadata_of_a_chapter_names_is_not_read(tmp_path: Path):
    (tmp_path / "outside.bib").write_text(f"@book{{x, author={{{{{CANARY}}}}}, title={{T}}, year=1990}}\n")
    text = f"---\ntitle: Un\nbibliography: {tmp_path}/outside.bib\nnocite: '@*'\n---\n\n# Un\n\n[@x]\n"
    report = write_report(tmp_path / "report", {"chapters/a.md": text})
    assert holds(make(report, formats=("html",)), CANARY) == []


# ---- git -----------------------------------------------------------------------


def test_a_commit_message_becomes_words_and_no_markup():
    said = "<script>alert(1)</script> `x`{=html} [y](javascript:alert(1))"
    reason = Reason(id="1", date=datetime.date(2018, 7, 3), subject=said, trailers=(("Hearing", said),))
    told = tell_reasons([reason], Provenance(), labels=load_labels("fr"), language="fr")
    assert not {node["t"] for node in walk(told)} & {"RawInline", "RawBlock", "Link", "Image", "Code"}
    assert repr(told).count("<script>alert(1)</script>") == 2


# Commands that Millésime never gives: what git would run for them is disarmed all the same.
COMMANDS = {
    "hooks": ("hook", "run", "--ignore-missing", "update"),
    "fsmonitor": ("status", "--porcelain"),
    "remote": ("ls-remote", "origin"),
    "ssh": ("ls-remote", "ssh://host.invalid/a"),
    "external diff": ("diff", "--ext-diff", "HEAD~2", "HEAD~1"),
    "credentials": ("credential", "fill"),
}


@pytest.fixture
def armed(tmp_path: Path) -> Iterator[tuple[TestRepository, Repository, Path]]:
    """A repository whose settings name a program for everything, opened by Millésime; and what tells that it ran."""
    repo, witness = make_repository(tmp_path), tmp_path / "run"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\necho run >> {witness}\n")
    program.chmod(0o755)
    for text in ("a", "b", "c"):
        repo.commit({"a.md": text})
    for key, value in {
        "core.hooksPath": str(tmp_path / "hooks"), "core.fsmonitor": str(program), "core.sshCommand": str(program),
        "diff.external": str(program), "credential.helper": str(program), "core.askPass": "true",
        "protocol.ext.allow": "always", "remote.origin.url": f"ext::{program}",
    }.items():  # fmt: skip
        repo.git("config", key, value)
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/update").symlink_to(program)
    repo.write({"a.md": "d"})
    with open_repository(repo.root) as opened:
        yield repo, opened, witness


@pytest.mark.parametrize("what", COMMANDS)
def test_no_command_of_git_runs_what_the_repository_names(what: str, armed: tuple[TestRepository, Repository, Path]):
    repo, opened, witness = armed
    stdin = b"protocol=https\nhost=host.invalid\n\n" if what == "credentials" else b""
    opened.ask(*COMMANDS[what], stdin=stdin)
    assert not witness.exists()
    with contextlib.suppress(AssertionError):  # the program is not the one that git expects
        repo.git(*COMMANDS[what], stdin=stdin)
    assert witness.exists(), "asked plainly, git runs it"
