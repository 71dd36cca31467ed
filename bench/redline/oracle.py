"""A second opinion on our figures, from a checker that shares no code with us: `--oracle FILE`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.redline.editions import Pair
from millesime.markup.pandoc import encode, pandoc_path
from millesime.redline.compare import compare
from millesime.redline.exact_document import to_ast


def ask_oracle(oracle: Path, pair: Pair, folder: Path) -> str:
    """Return in one line what the oracle says of our redline of a pair."""
    folder.mkdir(parents=True)
    redline = compare([chapter.parsed for chapter in pair.old], [chapter.parsed for chapter in pair.new])
    (folder / "redline.json").write_bytes(encode(to_ast(redline)))
    for side, chapters in (("old", pair.old), ("new", pair.new)):
        for chapter in chapters:
            path = folder / side / chapter.parsed.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(chapter.source)
        order = "".join(f"{chapter.parsed.path}\n" for chapter in chapters)
        (folder / side / "order.txt").write_text(order, encoding="utf-8")
    command = [sys.executable, str(oracle), *(str(folder / name) for name in ("redline.json", "old", "new"))]
    done = subprocess.run([*command, "--pandoc", pandoc_path()], capture_output=True, text=True, check=False)
    if not done.stdout:
        return f"no answer: {done.stderr.strip()[-200:]}"
    said = json.loads(done.stdout)
    both = [sum(side) for side in zip(said["accept"], said["reject"], strict=True)]
    return f"noise {said['noise']}, shortest {said['shortest']:,}, {both[0]} of {both[1]} chapters exact"
