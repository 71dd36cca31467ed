"""One measured step, in a process of its own: `worker VERB PATH…`, one verb for each of `VERBS`.

What a verb took, without reading its files, goes to the file that BENCH_REPORT names.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from lxml.html.diff import htmldiff

from millesime.markup.pandoc import Source, read_documents
from millesime.redline.compare import compare
from millesime.redline.model import ChapterText

try:
    from millesime.redline.pairing.memory import Memory
except ImportError:  # a redline that remembers nothing
    Memory = None


def measure_ours(*folders: str) -> None:
    """Compare two editions that were read beforehand, folder by folder."""
    jobs = [(_chapters(Path(folder, "old.json")), _chapters(Path(folder, "new.json"))) for folder in folders]
    with _measured():
        for old, new in jobs:
            compare(old, new)


def measure_memory(folder: str) -> None:
    """Print what a second comparison takes after one edit (`edited.json`), both editions read anew, and the first."""
    memory, spent = Memory(), []
    for form in ("new", "edited"):
        old, new = (_chapters(Path(folder, f"{name}.json")) for name in ("old", form))
        start = time.process_time()
        compare(old, new, memory=memory)
        spent.append(time.process_time() - start)
    json.dump({"first_s": spent[0], "second_s": spent[1]}, sys.stdout)


def measure_reading(*folders: str) -> None:
    """Read the sources of two editions by pandoc, its own processes counted in."""
    contents = [
        content
        for side in ("old", "new")
        for folder in folders
        for content in json.loads(Path(folder, f"{side}.sources").read_text("utf-8"))
    ]
    sources = [Source(path=f"{number}.md", content=content.encode()) for number, content in enumerate(contents)]
    with _measured(children=True):
        read_documents(sources)


def measure_lxml(old: str, new: str) -> None:
    """Print the difference of two HTML files by lxml."""
    before, after = (Path(path).read_text("utf-8") for path in (old, new))
    with _measured():
        difference = htmldiff(before, after)
    sys.stdout.write(difference)


def _chapters(path: Path) -> list[ChapterText]:
    return [ChapterText(**chapter) for chapter in json.loads(path.read_text("utf-8"))]


@contextmanager
def _measured(*, children: bool = False):
    start = _cpu_s(children=children)
    yield
    seen = {"cpu_s": _cpu_s(children=children) - start}
    if not children:
        seen["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path(os.environ["BENCH_REPORT"]).write_text(json.dumps(seen), "utf-8")


def _cpu_s(*, children: bool) -> float:
    used = time.process_time()
    if children:
        theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
        used += theirs.ru_utime + theirs.ru_stime
    return used


VERBS = {
    "ours": measure_ours,
    "memory": measure_memory,
    "reading": measure_reading,
    "lxml": measure_lxml,
}

if __name__ == "__main__":
    verb, *files = sys.argv[1:]
    VERBS[verb](*files)
