"""Write manifests: the next edition's, a new report's, and the seal of a finished one."""

from __future__ import annotations

import datetime
import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from millesime.beside import hold_beside, recover
from millesime.problems import ManifestError, OutputError
from millesime.series.manifest import ChapterSource, Part, RedlineAnnex, Seal
from millesime.series.series import Edition
from millesime.series.yaml_text import read_tree

_SEAL_NOTE = "# What freezes this edition; written by 'millesime seal', never by hand."
# Lines as YAML 1.1 counts them, which is not as str.splitlines() does.
_LINE = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|[^\n\r\x85\u2028\u2029]+$")


def next_edition_text(old: Edition, *, date: datetime.date) -> str:
    """Return the manifest of the edition after `old`: its structure, and a redline against it.

    It has no revision and no seal: the new edition is in preparation. A
    subtitle is left out, for it names the old edition.
    """
    manifest = old.manifest
    annexes: list[Any] = [{"redline": old.name}]
    for annex in manifest.annexes:
        if not isinstance(annex, RedlineAnnex):
            annexes.append(_written(annex))
    tree: dict[str, Any] = {"date": date}
    for key in ("title", "language"):
        if value := getattr(manifest, key):
            tree[key] = value
    for key in ("front_matter", "chapters", "back_matter"):
        if entries := getattr(manifest, key):
            tree[key] = [_entry(entry) for entry in entries]
    tree["annexes"] = [_OneLine(annex) for annex in annexes]
    if manifest.bibliography:
        tree["bibliography"] = list(manifest.bibliography)
    if manifest.csl:
        tree["csl"] = manifest.csl
    if manifest.formats:
        tree["formats"] = _OneLineList(manifest.formats)
    return _dump(tree)


def report_text(*, title: str, language: str, publisher: str = "", licence: str = "") -> str:
    """Return `editions/report.yaml` of a new report."""
    tree = {"title": title, "language": language, "publisher": publisher, "licence": licence}
    return _dump({key: value for key, value in tree.items() if value})


def first_edition_text(
    *,
    date: datetime.date,
    chapters: Sequence[str],
    subtitle: str = "",
    bibliography: Sequence[str] = (),
    formats: Sequence[str] = (),
) -> str:
    """Return the manifest of a report's first edition."""
    tree: dict[str, Any] = {"date": date}
    if subtitle:
        tree["subtitle"] = subtitle
    tree["chapters"] = list(chapters)
    if bibliography:
        tree["bibliography"] = list(bibliography)
    if formats:
        tree["formats"] = _OneLineList(formats)
    return _dump(tree)


def add_seal(path: Path, seal: Seal) -> None:
    """Write `seal` at the end of a manifest, instead of the seal it had.

    Nothing else in the file changes, not a comment nor a line ending. Raises
    ManifestError for a manifest that cannot be sealed textually, OutputError
    if it cannot be written; the old file is whole then.
    """
    content = path.read_bytes()
    sealed = _sealed(content, seal, file=f"{path.parent.name}/{path.name}")
    try:
        _replace(path, sealed)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}; check the folder's rights") from error


def _sealed(content: bytes, seal: Seal, *, file: str) -> bytes:
    before, mistakes = read_tree(content, file)
    if mistakes:
        raise ManifestError("\n".join(map(str, mistakes)))
    lines, last = _lines_without_seal(content, file=file)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    tree = _written(seal)
    if seal.tools:
        tree["tools"] = _OneLine(seal.tools)
    written = _SEAL_NOTE + "\n" + _dump({"seal": {key: tree[key] for key in _SEAL_KEYS if key in tree}}, width=110)
    head, tail = "".join(lines[:last]), "".join(lines[last:])
    if head and not head.endswith("\n"):
        head += ending
    text = head + written.replace("\n", ending) + tail
    bom = content[:3] if content.startswith(b"\xef\xbb\xbf") else b""
    sealed = bom + text.encode("utf-8")
    after, mistakes = read_tree(sealed, file)
    if mistakes or not isinstance(before, dict) or not isinstance(after, dict):
        raise ManifestError(f"{file}: the seal finds no place at the end of the file; write its keys one on each line")
    rest = {key: value for key, value in before.items() if key != "seal"}
    assert {key: value for key, value in after.items() if key != "seal"} == rest
    assert Seal.model_validate(after["seal"]) == seal
    return sealed


_SEAL_KEYS = ("commit", "trees", "toolchain", "beside", "report", "tools", "fonts", "artifacts")


def _lines_without_seal(content: bytes, *, file: str) -> tuple[list[str], int]:
    """Return the lines of a manifest without its seal, and before which of them a new one goes."""
    text = content.decode("utf-8-sig")
    lines = _LINE.findall(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise ManifestError(f"{file}: keys inside braces; write them one on each line, then seal again")
    last = len(lines)
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.DocumentEndEvent) and event.explicit:
            last = event.start_mark.line  # before '...'
    for key, value in root.value:
        if key.value == "seal":
            first, end = key.start_mark.line, _last_line(key, value) + 1
            if first and lines[first - 1].strip() == _SEAL_NOTE:
                first -= 1
            del lines[first:end]
            last -= end - first
    return lines, last


def _last_line(*nodes: yaml.Node) -> int:
    """Return the 0-based line on which the last scalar or bracket of some nodes ends."""
    last = 0
    for node in nodes:
        if isinstance(node, yaml.ScalarNode):
            last = max(last, node.end_mark.line - (node.style in {"|", ">"}))
        elif node.flow_style:
            last = max(last, node.end_mark.line)
        else:
            last = max(last, node.start_mark.line)
            for inner in node.value:
                last = max(last, _last_line(*(inner if isinstance(inner, tuple) else (inner,))))
    return last


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; its rights stay. What a run that was killed left beside it goes."""
    recover(path)
    with hold_beside(path) as beside:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, stat.S_IMODE(path.stat().st_mode))
        os.replace(beside, path)


def _entry(entry: ChapterSource | Part) -> Any:
    if isinstance(entry, Part):
        return {"part": entry.part, "chapters": [_entry(chapter) for chapter in entry.chapters]}
    written = _written(entry)
    return entry.path if set(written) == {"path"} else written


def _written(entry: Any) -> dict[str, Any]:
    return entry.model_dump(by_alias=True, exclude_defaults=True)


class _OneLine(dict[str, Any]):
    """A mapping to be written in braces."""


class _OneLineList(list[Any]):
    """A list to be written in brackets."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # entries of a list stand below their key, indented


_MAP, _SEQ = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_Dumper.add_representer(_OneLine, lambda dumper, tree: dumper.represent_mapping(_MAP, tree, flow_style=True))
_Dumper.add_representer(_OneLineList, lambda dumper, tree: dumper.represent_sequence(_SEQ, tree, flow_style=True))


def _dump(tree: Mapping[str, Any], *, width: int = 10_000) -> str:
    return yaml.dump(
        dict(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=width
    )
