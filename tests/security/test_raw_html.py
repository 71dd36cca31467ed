"""Scripts, handlers, addresses that run, and pages within pages: nothing reaches a reader, and no text is lost."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import pikepdf
import pytest

from tests.security.artifacts import Made, dangers, make, text_of, write_report

ATTACKS = [
    "<script>alert(1)</script>",
    "<script src=https://evil.example/a.js></script>",
    "<ScRiPt/x>alert(1)</sCrIpT >",
    "<<script>script>alert(1)<</script>/script>",
    "<img src=x onerror=alert(1)>",
    "<b onclick='alert(1)' ONMOUSEOVER=alert(1) style='background:url(https://evil.example/a)'>gras</b>",
    "<a href='javascript:alert(1)'>lien</a>",
    "<a href='java&#10;script:alert(1)'>lien</a>",
    "<a href='&#1;javascript:alert(1)'>lien</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>lien</a>",
    "<a href='vbscript:x'>lien</a> <a href='file:///etc/passwd'>lien</a>",
    "[lien](javascript:alert(1)) [lien](JaVaScRiPt:alert(1)) [lien](<java\tscript:alert(1)>)",
    "[lien](data:text/html,x) [lien](file:///etc/passwd) <javascript:alert(1)>",
    "[ref][r]\n\n[r]: javascript:alert(1)",
    "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:x'><text>t</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi><annotation-xml encoding='text/html'><script>1</script>"
    "</annotation-xml></math>",
    "<iframe src='javascript:alert(1)' srcdoc='<script>1</script>'></iframe>",
    "<object data='file:///etc/passwd'></object><embed src='https://evil.example/a.swf'>",
    "<link rel=attachment href='file:///etc/passwd'><link rel=stylesheet href='https://evil.example/a.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'><base href='https://evil.example/'>",
    "<style>@import 'https://evil.example/a.css'; p { background: url(https://evil.example/a.png) }</style>",
    "<form action='https://evil.example/'><input name=q autofocus onfocus=alert(1)><button>b</button></form>",
    "<video src='https://evil.example/a.mp4' poster='https://evil.example/a.png' controls></video>",
    "<img srcset='https://evil.example/a.png 2x' src='https://evil.example/b.png'>",
    "![image](https://evil.example/a.png) ![image](//evil.example/a.png) ![image](data:image/svg+xml,<svg/>)",
    "[x]{style='background:url(https://evil.example/a.png)' onclick='alert(1)' srcdoc='x' ping='https://evil.example'}",
    "::: {onload='alert(1)' style='@import url(https://evil.example)' attachment='file:///etc/passwd'}\nbloc\n:::",
    "# Titre <img src=x onerror=alert(1)> `<script>1</script>`{=html} {onclick='alert(1)'}",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> `<script>1</script>`{=html} |",
    "Note[^n].\n\n[^n]: <script>alert(1)</script> [lien](javascript:alert(1))",
    "$\\href{javascript:alert(1)}{x}$ $\\unicode{<script>}$ $x<script>alert(1)</script>$",
    "```{=html}\n<script>alert(1)</script>\n```",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<table><td background='https://evil.example/a.png'><caption><script>1</script></table>",
    "<p id='\"><script>alert(1)</script>' class='\"><img src=x onerror=alert(1)>' lang='\"onload=alert(1)'>p</p>",
    "<title></title><script>alert(1)</script> <textarea></textarea><script>alert(1)</script>",
    "mot <script> mot <style> mot <textarea> mot <title> mot <xmp> mot <plaintext> mot <select> mot <noembed> mot",
    "<script>\n\nmot\n\n<style>\n\nmot\n\n<table><script>\n\nmot\n\n<plaintext>\n\nmot",
    "| a |\n|---|\n| <script> </td></table><style> |",
    "<!--><script>alert(1)</script>--> <![CDATA[<script>alert(1)</script>]]> <?xml-stylesheet href='a.xsl'?>",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    text = "".join(f"\n\navant{number}fin\n\n{attack}\n\naprès{number}fin\n" for number, attack in enumerate(ATTACKS))
    # What is never closed stands last: it must not swallow the next chapter.
    root = write_report(
        tmp_path_factory.mktemp("raw"),
        {
            "chapters/a.md": f"# Un{text}\n\n<div><p><script>\n\nalert(1) <!-- \n\n<textarea><style>",
            "chapters/b.md": "# Deux\n\nsuitefin\n",
        },
        manifest="chapters: [chapters/a.md, chapters/b.md]\ntitle: '</title><script>alert(1)</script>'\n"
        "subtitle: '\"><img src=x onerror=alert(1)>'",
        report="publisher: '<script>alert(1)</script>'\nauthors: [{name: '<img src=x onerror=alert(1)>'}]\n"
        "description: '--><script>alert(1)</script>'\nkeywords: ['</script><script>alert(1)</script>']\n",
    )
    return make(root)


def test_no_format_runs_fetches_or_leads_to_what_it_must_not(made: Made):
    assert dangers(made) == []


@pytest.mark.parametrize("kind", ["html", "epub", "docx", "pdf"])
def test_no_attack_swallows_the_text_around_it(made: Made, kind: str):
    text = text_of({kind: made[kind]})[kind]
    missing = [
        word
        for number in range(len(ATTACKS))
        for word in (f"avant{number}fin", f"après{number}fin")
        if word not in text
    ]
    assert missing == []
    assert "suitefin" in text


def test_a_title_that_is_markup_is_text(made: Made):
    assert all("</title><script>alert(1)</script>" in text for text in text_of(made).values())


def test_an_attached_file_is_not_in_the_pdf(made: Made, tmp_path: Path):
    """The only files in a PDF are the MathML of its formulas: the author's links attach none."""
    for content in made["pdf"].values():
        with pikepdf.open(io.BytesIO(content)) as pdf:
            streams = [one for one in pdf.objects if isinstance(one, pikepdf.Stream)]
            kinds = {str(one.Subtype) for one in streams if one.get("/Type") == "/EmbeddedFile"}
        assert kinds <= {"/application/mathml+xml"}


_TAGS = (
    "p div ul ol li dl dt dd table caption thead tbody tfoot tr td th h3 blockquote figure figcaption details summary "
    "pre center b a em span br hr nav kbd"
).split()
_READERS = ("markdown", "gfm", "commonmark_x")
_PIECES = 60  # random pieces of HTML for each reader


def _piece(chance: random.Random, name: str) -> str:
    """Return HTML of tags in any order, with words of which each stands there once."""
    parts = []
    for place in range(chance.randint(2, 14)):
        tag = chance.choice(_TAGS)
        opening = chance.choice((f"<{tag}>", f"<{tag}>", f"<{tag} align=right>", f"<{tag} colspan=2 rowspan=3>"))
        parts.append(chance.choice((opening, opening, f"</{tag}>")) + chance.choice(("", f" {name}x{place}q ")))
    return "".join(parts)


@pytest.mark.parametrize("reader", _READERS)
def test_every_word_of_any_html_is_in_every_format(tmp_path: Path, reader: str):
    chance = random.Random(20)
    pieces = [_piece(chance, f"n{number}") for number in range(_PIECES)]
    text = "".join(f"\n\navant{number}fin\n\n{piece}\n" for number, piece in enumerate(pieces))
    text += "\n\n<table><tr><td>n1000x1q</td></tr></table>\n\n<details>\n\nn1000x2q\n\n</details>\n"
    made = make(write_report(tmp_path, {"chapters/a.md": f"# Titre{text}"}, report=f"reader: {reader}\n"))
    words = sorted(set(re.findall(r"n\d+x\d+q", text)))
    assert len(words) > 2 * _PIECES
    for kind, seen in text_of(made).items():
        missing = [word for word in words if word not in seen]
        assert not missing, (kind, missing)
