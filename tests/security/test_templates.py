"""Templates: what a text says is never one, and a report's own reach nothing but what they are given."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from millesime.problems import ReportError
from millesime.render import watched
from millesime.render.templates import fill, open_theme
from tests.security.artifacts import CANARY, SVG, dangers, holds, make, text_of, write_report

EXPRESSIONS = [
    "{{ 6 * 7 }}{# ôté #}{% raw %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ config }} {{ self }} {{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% include '/etc/passwd' %}{% import 'os' as os %}{% extends 'x' %}",
    "$for(x)$ $title$ ${title} $body$ <%= 6 * 7 %> #{6 * 7}",
]


def test_what_a_text_or_a_manifest_says_is_no_template(tmp_path: Path):
    said = "\n\n".join(f"`` {expression} ``" for expression in EXPRESSIONS)
    heading = EXPRESSIONS[0]
    made = make(write_report(
        tmp_path, {"chapters/a.md": f"# Un `{heading}`\n\n{said}\n"},
        manifest=f"chapters: [{{path: chapters/a.md, title: '{heading}'}}]\nsubtitle: '{heading}'",
        report=f"publisher: '{heading}'\nauthors: [{{name: '{heading}'}}]\nkeywords: ['{heading}']\n",
    ))  # fmt: skip
    for kind, text in text_of(made).items():
        text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
        assert "{{ 6 * 7 }}" in text and "4242" not in text and "42{" not in text, kind
        if kind != "pdf":  # where lines break
            assert all(expression in text for expression in EXPRESSIONS), kind


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../../../etc/passwd' %}",
        "{% for x in range(10 ** 9) %}x{% endfor %}",
        "{{ imprint.__class__.__init__.__globals__ }}",
        "{{ ().__reduce_ex__(2) }}",
    ],
)
def test_a_template_of_the_report_reaches_nothing_outside(template: str, tmp_path: Path):
    names = ("html/page.html", "html/chapter.html", "html/index.html")
    write_report(tmp_path, {"chapters/a.md": "# Un\n", **{f"templates/{name}": template for name in names}})
    try:
        made = make(tmp_path, formats=("html",))
    except ReportError as error:
        assert "templates" in str(error) or ".html" in str(error)
        assert "root:" not in str(error)
    else:
        reached = (b"root:", b"uid=", b"<class", b"&lt;class", b"__name__")
        assert not any(sign in content for content in made["html"].values() for sign in reached)


ENDLESS = {
    "loops in loops": "{% for a in range(99999) %}{% for b in range(2000) %}{% endfor %}{% endfor %}",
    "macros that call themselves": "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}"
    "{{ a(40) }}",
    "filters": "{% for a in range(99999) %}{{ range(99999) | map('string') | join | length }}{% endfor %}",
    "powers": "{{ (7 ** 100000) is number }}",
    "repeated": "{{ ('a' * (10 ** 10)) | length }}",
}


@pytest.mark.parametrize("template", ENDLESS.values(), ids=ENDLESS)
def test_a_template_without_end_is_named(template: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watched, "SECONDS", 1)
    began = time.process_time()
    with pytest.raises(ReportError, match=r"templates/site/home\.html: (takes more than|a power of|a value repeated)"):
        fill(open_theme({"site/home.html": template.encode()}, language="fr"), "site/home.html", {})
    assert time.process_time() - began < 10


def test_a_template_that_takes_all_memory_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watched, "BYTES", 100 * 1024**2)
    template = (
        "{% set held = namespace(a='a' * 1000000) %}{% for one in range(12) %}{% set held.a = held.a ~ held.a %}"
        "{% for b in range(99999) %}{% endfor %}{% endfor %}"
    )
    with pytest.raises(ReportError, match="GiB of memory"):
        fill(open_theme({"site/home.html": template.encode()}, language="fr"), "site/home.html", {})


def test_a_sheet_of_the_report_fetches_nothing_for_paper(tmp_path: Path):
    sheet = "@import 'file:///etc/passwd'; p { background: url(file:///etc/passwd) url(https://evil.example/a.png) }"
    made = make(
        write_report(tmp_path, {"chapters/a.md": "# Un\n\nfin\n", "templates/pdf/page.css": sheet}), formats=("pdf",)
    )
    assert dangers(made) == []
    assert "fin" in text_of(made)["pdf"]


def test_a_sheet_of_the_report_shows_no_picture_from_outside_on_paper(tmp_path: Path):
    outside = tmp_path / "outside.svg"
    outside.write_text(f"{SVG}<text x='1' y='9' font-size='5'>{CANARY}</text></svg>", "utf-8")
    sheet = f"p::before {{ content: url({outside.as_uri()}) }}"
    files = {"chapters/a.md": "# Un\n\nfin\n", "templates/pdf/page.css": sheet}
    made = make(write_report(tmp_path / "report", files), formats=("pdf",))
    assert holds(made, CANARY) == [] and "fin" in text_of(made)["pdf"]
