"""Write and read git bundles: one file with the commits or the trees of an edition.

The pack is made anew, by one thread and without what the repository happens
to have packed already: two clones of one history give the same bytes, as long
as git and zlib are the same.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from millesime.history.repository import Repository, init_repository
from millesime.problems import RevisionError, SealError

_PACKING = (
    "-c", "core.commitGraph=false", "-c", "pack.allowPackReuse=false", "-c", "pack.compression=9",
    "-c", "pack.packSizeLimit=0", "-c", "pack.useBitmaps=false", "-c", "pack.useSparse=false",
    "-c", "core.bigFileThreshold=512m", "-c", "pack.deltaCacheSize=256m", "-c", "pack.windowMemory=0",
    "pack-objects", "--quiet", "--revs", "--stdout", "--threads=1", "--window=10", "--depth=50", "--delta-base-offset",
    "--no-reuse-delta", "--no-reuse-object",
)  # fmt: skip
_REFERENCE = re.compile(r"([0-9a-f]{40,64}) (refs/heads/[A-Za-z0-9._-]+|HEAD)")
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What one branch of a bundle leads to: a commit with its history, or files alone."""

    branch: str  # "edition-2019"
    commit: str = ""  # "": a commit is made of `trees`
    trees: Mapping[str, str]  # path → id of its tree or blob, as a seal has them
    date: datetime.date  # of the commit that is made
    message: str  # of the commit that is made


def write_bundle(repository: Repository, tips: Sequence[Tip]) -> bytes:
    """Return a git bundle of these tips, the first of which is its HEAD. Nothing in the repository is written.

    Raises RevisionError for objects that the repository does not have.
    """
    with tempfile.TemporaryDirectory(prefix="millesime-") as folder:
        # A repository beside, which reads the objects of the first: commits that are made must stand somewhere.
        beside = init_repository(Path(folder), object_format="sha256" if repository.id_length == 64 else "sha1")
        objects = repository.run("rev-parse", "--path-format=absolute", "--git-path", "objects").removesuffix(b"\n")
        (Path(folder) / ".git/objects/info").mkdir(parents=True, exist_ok=True)
        (Path(folder) / ".git/objects/info/alternates").write_bytes(objects + b"\n")
        ids = {tip.branch: tip.commit or _make_commit(beside, tip) for tip in tips}
        wanted = "".join(f"{id}\n" for id in dict.fromkeys(ids.values())).encode("ascii")
        pack = beside.run(*_PACKING, stdin=wanted)
    # gitformat-bundle(5)
    head = "# v2 git bundle\n" if repository.id_length == 40 else "# v3 git bundle\n@object-format=sha256\n"
    lines = [f"{id} refs/heads/{branch}\n" for branch, id in sorted(ids.items())]
    return f"{head}{''.join(lines)}{ids[tips[0].branch]} HEAD\n\n".encode("ascii") + pack


def unpack_bundle(bundle: Path, folder: Path) -> Repository:
    """Make a repository in an empty folder out of a bundle; no file of it is checked out.

    Raises SealError for a file that is no bundle, or a damaged one.
    """
    with bundle.open("rb") as stream:
        head = stream.read(_HEADER_BYTES).partition(b"\n\n")[0].decode("ascii", "replace").splitlines()
    if not head or not re.fullmatch(r"# v[23] git bundle", head[0]):
        raise SealError(f"{bundle}: no git bundle; get it again")
    repository = init_repository(folder, object_format="sha256" if "@object-format=sha256" in head else "sha1")
    try:
        repository.run("bundle", "unbundle", str(bundle.resolve()))
        for line in head[1:]:
            found = _REFERENCE.fullmatch(line)
            if found and found[2] != "HEAD":
                repository.run("update-ref", found[2], found[1])
    except RevisionError as error:
        raise SealError(f"{bundle}: a damaged git bundle; get it again ({error})") from error
    return repository


def branch_name(edition: str) -> str:
    """Return the branch under which an edition travels, "edition-2019"; git does not take every name."""
    return "edition-" + re.sub(r"\.lock$|\.+$", "", re.sub(r"\.\.+", ".", edition))


def _make_commit(repository: Repository, tip: Tip) -> str:
    """Write a commit without parents that holds some trees, and return its id; it depends on the tip alone."""
    kinds = repository.object_infos(list(tip.trees.values()))
    repository.run("read-tree", "--empty")
    for path, id in sorted(tip.trees.items()):
        if id not in kinds:
            raise RevisionError(f"{path}: the sealed tree {id[:10]} is not in the repository; get it with: git fetch")
        if kinds[id].kind == "tree":
            repository.run("read-tree", f"--prefix={path}/", id)
        else:
            repository.run("update-index", "--add", "--cacheinfo", f"100644,{id},{path}")
    tree = repository.run("write-tree").decode("ascii").strip()
    seconds = int(datetime.datetime.combine(tip.date, datetime.time(), datetime.UTC).timestamp())
    who = f"Millesime <millesime@localhost> {max(seconds, 0)} +0000"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\n{tip.message}\n"
    return repository.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode()).decode("ascii").strip()
