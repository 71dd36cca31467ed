"""Names of a source: no class and no attribute makes text vanish, or say what only Millésime says.

The law: in every construct of every reader, a class that the theme, pandoc or
Millésime gives a meaning changes nothing in any format but its own name.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from millesime.cli import main
from millesime.markup.ast import code, div, link, para, span, string
from millesime.markup.source_names import AUTHORS_CLASSES, AUTHORS_KEYS, PREFIX, names_as_written, set_names_apart
from tests.render.pdf_facts import text_of_pages
from tests.security.artifacts import Made, make, text_of, write_report

_HERE = Path(__file__).parent
_PROJECT = _HERE.parents[1]

# What the writers of pandoc act on, of HTML and of Word.
_PANDOC = (
    "footnotes footnote-ref footnote-back math inline display section csl-entry csl-bib-body csl-left-margin "
    "references line-block task-list example incremental nonincremental columns column numberLines number-lines "
    "sourceCode uri email comment-start comment-end insertion deletion paragraph-insertion paragraph-deletion anchor "
    "footnotes-end-of-document toc-section-number header-section-number"
).split()
# Those of the redline's marks and of stages, which no sheet has.
_OWN = (
    "foreign title-notes inner-note citation register split joined frame spacing typography respaced chapter level-2 "
    "captioned-code embedded missing-image outside unresolved task-box was-p item-number formula-source code-caption"
).split()


@cache
def classes() -> tuple[str, ...]:
    """Return each class that a sheet or a page of the theme names, with those of pandoc and of the stages."""
    found = {*_PANDOC, *_OWN}
    for path in (_PROJECT / "templates").rglob("*"):
        if path.suffix == ".css":
            rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            selectors = re.findall(r"([^{}]+)\{", rules)
            found.update(name for one in selectors for name in re.findall(r"\.([A-Za-z][\w-]*)", one))
        elif path.suffix in (".html", ".xhtml"):
            text = re.sub(r"\{[{%].*?[%}]\}", " ", path.read_text(), flags=re.DOTALL)
            found.update(name for one in re.findall(r'class="([^"]*)"', text) for name in one.split())
    assert {"visually-hidden", "cover-year", "trace", "contents-folio", "code-diff"} <= found
    return tuple(sorted(found - AUTHORS_CLASSES))


_PLAIN = "plainname"  # a class that nobody knows

# Each construct that has a class, in Markdown and in HTML, which all seven readers of chapters know.
_MARKDOWN = {
    "span": "[{word}]{{.{name}}}",
    "division": "::: {{.{name}}}\n{word}\n:::",
    "link": "[{word}](https://example.org/){{.{name}}}",
    "reference": "[{word}](#un){{.{name}}}",
    "code": "`{word}`{{.{name}}}",
    "code block": "``` {{.{name}}}\n{word}\n```",
    "heading": "## {word} {{.{name}}}",
    "list": "::: {{.{name}}}\n- {word}\n:::",
    "table": "| {word} |\n|---|\n| a |\n\n: a {{.{name}}}",
    "quote": "::: {{.{name}}}\n> {word}\n:::",
    "note": "a[^{word}]\n\n[^{word}]: [{word}]{{.{name}}}",
    "note in a line": "a^[[{word}]{{.{name}}}]",
}
_RAW = {
    "raw span": 'a <span class="{name}">{word}</span>',
    "raw link": 'a <a href="https://example.org/" class="{name}">{word}</a>',
    "raw code": 'a <kbd class="{name}">{word}</kbd>',
    "raw abbreviation": 'a <abbr class="{name}">{word}</abbr>',
    "raw division": '<div class="{name}">{word}</div>',
    "raw section": '<section class="{name}"><p>{word}</p></section>',
    "raw paragraph": '<p class="{name}">{word}</p>',
    "raw cell": '<table><tr><td class="{name}">{word}</td></tr></table>',
    "raw row": '<table><tr class="{name}"><td>{word}</td></tr></table>',
    "raw table": '<table class="{name}"><tr><td>{word}</td></tr></table>',
    "raw item": '<ul class="{name}"><li class="{name}">{word}</li></ul>',
    "raw heading": '<h2 class="{name}">{word}</h2>',
    "raw figure": '<figure class="{name}"><p>{word}</p></figure>',
}
_CONSTRUCTS: dict[str, dict[str, str]] = {
    "markdown": _MARKDOWN | _RAW,
    "commonmark_x": _MARKDOWN | _RAW,
    **dict.fromkeys(("markdown_strict", "markdown_mmd", "markdown_phpextra", "commonmark", "gfm"), _RAW),
}


def _cases(reader: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the construct, the class, the word and the source of each case of a reader.

    Each construct has a share of the classes, each class some constructs of
    each reader; what nobody knows comes first, twice: the first paragraph
    behind another block has a style of its own in Word.
    """
    for place, (construct, form) in enumerate(_CONSTRUCTS[reader].items()):
        share = classes()[place % _SHARES :: _SHARES]
        for number, name in enumerate((_PLAIN, _PLAIN, *share)):
            word = f"mot{place}x{number}fin"
            yield construct, name, word, form.format(name=name, word=word)


_SHARES = 12


@pytest.fixture(scope="module", params=_CONSTRUCTS)
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Made]:
    reader = request.param
    text = "\n\n".join(["# Un", *(source for *_, source in _cases(reader))])
    root = write_report(
        tmp_path_factory.mktemp(reader),
        {"chapters/a.md": text + "\n"},
        report=f"reader: {reader}\n",
    )
    return reader, make(root)


def test_no_class_takes_a_word_out_of_any_format(book):
    reader, made = book
    lost = [
        f"{kind}: {construct} of class {name}"
        for kind, text in text_of(made).items()
        for construct, name, word, _ in _cases(reader)
        if word not in text
    ]
    assert lost == []


def test_a_class_of_ours_says_nothing_in_a_source(book):
    """On a page, elements around a word bear what they bear with a class that nobody knows."""
    reader, made = book
    borne = _borne(made["html"])
    for construct, name, word, _ in _cases(reader):
        if name == _PLAIN:
            expected = borne[word]
            continue
        ours = [one.replace(PREFIX + name, PREFIX + _PLAIN) for one in borne[word]]
        assert ours == expected, f"{construct} of class {name}"


def test_a_class_of_ours_says_nothing_in_word(book):
    reader, made = book
    looks = _looks(made["docx"])
    for construct, name, word, _ in _cases(reader):
        if name == _PLAIN:
            expected = looks[word]
            continue
        assert looks[word] == expected, f"{construct} of class {name}"


_WORD = re.compile(r"mot\d+x\d+fin")
_NUMBERED = re.compile(r'<w:numId w:val="\d+">')  # each list has a number of its own


def _borne(files: dict[str, bytes]) -> dict[str, list[str]]:
    """Return what the elements around each word bear: name, classes, role."""
    found: dict[str, list[str]] = {}
    for name, content in files.items():
        if name.endswith(".html"):
            for element in html.document_fromstring(content).find("body").iter(etree.Element):
                for text, within in ((element.text, element), (element.tail, element.getparent())):
                    for word in _WORD.findall(text or ""):
                        around = [within, *within.iterancestors()]
                        found[word] = [f"{one.tag} {one.get('class', '')} {one.get('role', '')}" for one in around]
    return found


def _looks(files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Return the properties of the run and paragraph of each word in a Word file, and what stands around them."""
    found = {}
    for part in ("word/document.xml", "word/footnotes.xml"):
        for text in etree.fromstring(files[part]).iter("{*}t"):
            for word in _WORD.findall(text.text or ""):
                around = tuple(re.sub(r"\{.*\}", "", one.tag) for one in text.iterancestors())
                properties = [
                    _NUMBERED.sub("", etree.tostring(child, method="c14n").decode())
                    for one in text.iterancestors("{*}r", "{*}p")
                    for child in one.iterfind("*")
                    if child.tag.endswith(("}rPr", "}pPr"))
                ]
                found[word] = (*around, *properties)
    return found


def test_the_law_has_this_many_cases():
    """The figures of docs/security.md: at least these."""
    cases = sum(1 for reader in _CONSTRUCTS for _ in _cases(reader))
    assert len(classes()) >= 230 and len(_CONSTRUCTS) == 7 and cases >= 2_500, (len(classes()), cases)


# ---- attributes and ids -----------------------------------------------------

_KEYS = (
    "quoted-from quoted-of target format kind move value wrapper data-list data-wrapper data-move data-author "
    "data-date author date custom-style id role hidden aria-hidden change old-path new-path edition data-chapter "
    "data-running data-alt data-mathml data-width data-form data-folio-of-href data-folio-of-data-page "
    "data-pagefind-ignore number"
).split()


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Made:
    text = "# Un\n"
    for number, key in enumerate(_KEYS):
        for value in ("x", "1", "0=3 reversed one-paren"):
            word = f"{number}y{len(value)}fin"
            said = f'{key}="{value}"'
            text += (
                f"\n[motA{word}]{{{said}}} [motB{word}](#un){{{said}}} `motC{word}`{{{said}}}\n"
                f"\n::: {{{said}}}\nmotD{word}\n\n1. motE{word}\n:::\n"
                f"\n<span {said}>motF{word}</span>\n\n<div {said}>motG{word}</div>\n"
            )
    ids = (
        "un-fn1 un-fnref1 fn1 fnref1 page-text contents main toc title moved-to-1-un recherche search-results p1 un-p3"
    )
    for number, ident in enumerate(ids.split()):
        text += f"\n[motH{number}fin]{{#{ident}}} note^[motI{number}fin]\n"
    return make(write_report(tmp_path_factory.mktemp("keys"), {"chapters/a.md": text}))


def test_no_attribute_and_no_id_takes_a_word_out_of_any_format(keyed: Made):
    words = {f"mot{kind}{n}y{size}fin" for kind in "ABCDEFG" for n in range(len(_KEYS)) for size in (1, 22)}
    words |= {f"mot{kind}{n}fin" for kind in "HI" for n in range(13)}
    for kind, text in text_of(keyed).items():
        assert sorted(word for word in words if word not in text) == [], kind


def test_notes_keep_the_addresses_that_an_author_also_gave(keyed: Made):
    """Each call leads to its note, whatever ids stand in the text."""
    for name, content in keyed["html"].items():
        if not name.endswith(".html"):
            continue
        root = html.document_fromstring(content)
        for call in root.xpath('//a[@role="doc-noteref"]'):
            (note,) = root.xpath("//*[@id=$name]", name=call.get("href")[1:])
            assert note.tag == "li", call.get("href")


def test_an_id_of_a_page_stands_once_in_it(keyed: Made):
    for name, content in keyed["html"].items():
        if name.endswith(".html"):
            ids = [element.get("id") for element in html.document_fromstring(content).iter() if element.get("id")]
            assert sorted(ids) == sorted(set(ids)), name


# ---- what names a redline and Word would obey -------------------------------------


def test_no_word_file_has_a_comment_or_a_change_that_a_source_names(tmp_path: Path):
    text = (
        '# Un\n\n[motA]{.comment-start id=7 author="Le Ministre" date="2018-07-03T00:00:00Z"} '
        "[motB]{.comment-end id=7}\n\n"
        '[motC]{.insertion author="Le Ministre"} [motD]{.deletion}\n\n::: {.deletion}\n::: {.insertion}\n'
        "| motE |\n|---|\n| motF |\n:::\n:::\n\n::: {.paragraph-insertion}\nmotG\n:::\n"
    )
    made = make(write_report(tmp_path, {"chapters/a.md": text}), formats=("docx",))["docx"]
    said = "".join(content.decode("utf-8", "replace") for content in made.values())
    assert not re.search(r"<w:(ins|del|comment|commentRangeStart|moveTo|moveFrom)[ >]", said)
    assert "Le Ministre" not in said
    words = "".join(etree.fromstring(made["word/document.xml"]).itertext("{*}t"))
    assert [letter for letter in "ABCDEFG" if f"mot{letter}" not in words] == []


def test_word_colours_code_by_the_language_its_author_named(tmp_path: Path):
    text = "# Un\n\n```json\n{}\n```\n\n```insertion\nmotA\n```\n"
    made = make(write_report(tmp_path, {"chapters/a.md": text}), formats=("docx",))["docx"]
    said = made["word/document.xml"].decode()
    assert "FunctionTok" in said and "motA" in said and "<w:ins " not in said


# ---- signs that stand in the text while a page is made ---------------------------


def test_no_sign_in_a_text_is_taken_for_one_of_ours(tmp_path: Path):
    signs = 'millesime-folio-3- folio-0-1- folio-1-0- data-folio-of-href="3" motA'
    link = f"[{signs}](https://example.org/folio-0-0-){{.folio-0-0-}}"
    text = f"# Un\n\n{signs} {link} `{signs}`\n\nÀ [deux](#deux).\n\n## Deux\n"
    made = make(write_report(tmp_path, {"chapters/a.md": text}))
    for kind, said in text_of(made).items():
        assert said.count("folio-0-1-") == 3, kind


def test_separators_of_unicode_end_a_line(tmp_path: Path):
    link = "[motF \u2029](https://example.org/ 't\u2028u')"
    text = f"# Un \u2029 deux\n\nmotA \u2029 motB\u2028motC `motD\u2029motE` {link} \u2029\n"
    root = write_report(tmp_path, {"chapters/a.md": text}, report='subtitle: "motG\\L motH \\P motI"\n')
    for kind, said in text_of(make(root)).items():
        for letter in "ABCDEF":
            assert f"mot{letter}" in said, (kind, letter)


# ---- the names themselves -----------------------------------------------------------

_NAME = st.sampled_from([*sorted(AUTHORS_CLASSES), "insertion", "source-note", "source-source-x", "note", "x"])
_KEY = st.sampled_from([*sorted(AUTHORS_KEYS), "move", "source-lang", "x"])


@given(st.lists(_NAME, max_size=3), st.lists(st.tuples(_KEY, _NAME), max_size=2))
def test_names_set_apart_are_never_ours_and_come_back_as_written(names, pairs):
    def blocks():
        return [
            div([para(span([string("a")], classes=names, pairs=pairs), link([], "#x", classes=names))], classes=names),
            para(code("a", ["i", list(names), [list(pair) for pair in pairs]])),
        ]

    apart = blocks()
    set_names_apart(apart)
    found = [name for one in _attributes(apart) for name in one[1]]
    assert all(name in AUTHORS_CLASSES or name.startswith(PREFIX) for name in found)
    assert all(key in AUTHORS_KEYS or key.startswith(PREFIX) for one in _attributes(apart) for key, _ in one[2])
    assert names_as_written(apart) == json.loads(json.dumps(blocks()))


def _attributes(value, is_attr: Callable[[list], bool] = lambda one: len(one) == 3 and isinstance(one[0], str)):
    if isinstance(value, dict):
        yield from (one for item in value.values() for one in _attributes(item))
    elif isinstance(value, list):
        if is_attr(value):
            yield value
        else:
            yield from (one for item in value for one in _attributes(item))


# ---- comparisons ------------------------------------------------------------------

_COMPARED = """# Un

::: {{.code-diff}}
| motA {n} un deux trois quatre |
:::

::: {{.code-diff}}
ligne motB {n}
:::

[motC]{{.foreign}} vaut {n}
[ici](#un){{quoted-from=x}} et [motD]{{.change-detail}} [motE {n}]{{.reformatted}}.

::: {{.insertion .formatting}}
motF {n} reste ici.
:::

::: {{.deletion}}
::: {{.insertion}}
| motG |
|------|
| {n}  |
:::
:::

[motH]{{.side-by-side}} [motI]{{.inner-note}} `motJ {n}`{{.relinked}} [motK {n}]{{.moved-to move=move-1}}
millesime-folio-3- {n}
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """A comparison's exit status, and where it wrote."""
    folder = tmp_path_factory.mktemp("compared")
    for name, number in (("avant.md", 12), ("apres.md", 13)):
        (folder / name).write_text(_COMPARED.format(n=number), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.chdir(folder)
        main(["compare", "avant.md", "apres.md", "--to", "html,md,docx,pdf", "-o", str(folder / "out"), "--full"])
    return left.value.code, folder / "out"


@pytest.fixture(scope="module")
def compared(ended: tuple[int, Path]) -> Path:
    return ended[1]


def test_a_comparison_of_names_that_are_ours_ends_well(ended: tuple[int, Path]):
    assert ended[0] == 0


@pytest.mark.parametrize("letter", "ABCDEFGHIJK")
def test_a_comparison_of_names_that_are_ours_loses_nothing(compared: Path, letter: str):
    (markdown,) = [path.read_text(encoding="utf-8") for path in compared.rglob("*.md")]
    with zipfile.ZipFile(next(compared.rglob("*.docx"))) as archive:
        word = "".join(etree.fromstring(archive.read("word/document.xml")).itertext("{*}t", "{*}delText"))
    printed = " ".join(text_of_pages(next(compared.rglob("*.pdf")).read_bytes()))
    texts = [
        "".join(html.document_fromstring(path.read_bytes()).text_content() for path in compared.rglob("*.html")),
        markdown, word, printed,
    ]  # fmt: skip
    assert [f"mot{letter}" in text for text in texts] == [True] * 4


def test_markdown_has_the_names_that_the_sources_have(compared: Path):
    (markdown,) = [path.read_text(encoding="utf-8") for path in compared.rglob("*.md")]
    assert "{.foreign}" in markdown and PREFIX not in markdown
