"""The front matter of a chapter, whose scalars are the text that stands there, as in manifests: `id: 010` is "010".

pandoc reads YAML's numbers and truth values as such: "010" became 10, "1.0" became 1, and "yes" no text at all. They
are put in quotation marks before it reads them; no line is added or removed.
"""

from __future__ import annotations

import re

# Which plain scalars are no strings: the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), and
# the truth values of YAML 1.1, which pandoc knows as well. Dates are text for it.
_NO_STRING = re.compile(
    r"[-+]?(?:\d[\d_]*+(?:\.\d[\d_]*+)?|\.\d[\d_]*+)(?:[eE][-+]?\d++)?|[-+]?\d[\d_]*+\.|0[ox][\da-fA-F]+|[-+]?\.inf|\.nan"
    r"|y|n|yes|no|on|off|true|false|null",
    re.IGNORECASE,
)
_OPENING = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?!\s*\r?\n)")
_END = re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_LINE = re.compile(r"^([\w-]+:[ \t]+)([^\s#'\"]+)([ \t]*(?:[ \t]#.*)?\r?)$", re.MULTILINE)


def with_text_in_front(content: bytes) -> bytes:
    """Return a Markdown text whose front matter says "010" and "yes" where its author wrote 010 and yes.

    This is done for keys of the front matter itself, `id: 010`, not for what
    stands in lists and mappings below them, which editions do not print.
    """
    opening = _OPENING.match(content)
    end = _END.search(content, opening.end()) if opening else None
    if opening is None or end is None:
        return content
    said = content[opening.end() : end.start()]
    quoted = _LINE.sub(_quoted, said.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return content if quoted == said else content[: opening.end()] + quoted + content[end.start() :]


def _quoted(line: re.Match[str]) -> str:
    key, scalar, after = line.groups()
    return f"{key}'{scalar}'{after}" if _NO_STRING.fullmatch(scalar) else line[0]
