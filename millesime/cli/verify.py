"""`verify`: sealed editions against their seals, downloaded folders against their checksums, bundles against both."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import click

from millesime.cli.options import edition_names, find_root, jobs_option, json_option, open_workspace, root_option
from millesime.cli.progress import open_progress
from millesime.cli.signing_keys import public_key as open_key
from millesime.cli.signing_keys import public_key_option
from millesime.cli.terminal import print_json, print_table, say
from millesime.distribution.trust.downloaded_folder import FolderVerdict, verify_published
from millesime.distribution.trust.minisign import PublicKey
from millesime.press.archive.bundle import verify_bundle
from millesime.press.archive.verify import EditionVerdict, verify_editions
from millesime.press.cache.installed import keep_installed
from millesime.press.cache.store import NO_STORE, Store, open_store
from millesime.press.run.workers import local_workers
from millesime.problems import RevisionError
from millesime.series.series import FOLDER

_WRONG = 1
_STYLES = {"verified": "green", "good": "green", "content-only": "yellow", "unsealed": "yellow"}


@click.command()
@click.argument("names", nargs=-1, metavar="[EDITION|FOLDER]...")
@click.option("--use-cache", is_flag=True,
              help="Believe what earlier builds kept (default: everything is made again).")  # fmt: skip
@click.option(
    "--bundle", "as_bundle", is_flag=True,
    help="The names are of bundles, archives or folders: check them, and build their editions again.",
)  # fmt: skip
@public_key_option
@click.option("--require-signature", is_flag=True, help="Of a folder: fail unless it has a signature that is good.")
@click.option("--ignore-missing", is_flag=True, help="Of a folder: say nothing of files that are not there.")
@click.option("--ignore-extra", is_flag=True, help="Of a folder: say nothing of files without a checksum.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR",
              envvar="MILLESIME_CACHE", show_envvar=True, help="With --use-cache: where that is.")  # fmt: skip
@jobs_option
@root_option
@json_option
def verify(
    names: tuple[str, ...],
    use_cache: bool,
    as_bundle: bool,
    public_key: str | None,
    require_signature: bool,
    ignore_missing: bool,
    ignore_extra: bool,
    cache: Path | None,
    jobs: int,
    root: Path | None,
    as_json: bool,
) -> None:
    """Build sealed editions again and compare them with their seals, byte for byte; all of them if none is named.

    A FOLDER that was downloaded is checked by its SHA256SUMS, and by the
    signature of that; no repository is needed. Of a site that publish made,
    each edition is checked so, and that no published page is gone. Write ./2018 for a folder that
    is called like an edition. A bundle is made again from what is in it.

    \b
    Exit status: 0 everything is as it was sealed or published; 1 something
    is not, and the output says what to do; others as usual.
    docs/sealing.md explains the verdicts.
    """
    if as_bundle:
        _verify_bundles(
            names, key=open_key(public_key), require_signature=require_signature, jobs=jobs, as_json=as_json
        )
        return
    editions, folders = _told_apart(names, root)
    if (require_signature or ignore_missing or ignore_extra or public_key) and not folders:
        raise click.UsageError("--public-key, --require-signature and --ignore-… belong to folders")
    key = open_key(public_key) if folders else None
    checked = [
        verdict
        for folder in folders
        for verdict in verify_published(folder, public_key=key, require_signature=require_signature)
    ]
    is_good = all(one.is_good(ignore_missing=ignore_missing, ignore_extra=ignore_extra) for one in checked)
    verdicts: list[EditionVerdict] = []
    if editions or not folders:
        store = open_store(cache) if use_cache else NO_STORE
        verdicts = _verify_editions(editions, store=store, jobs=jobs, root=root, as_json=as_json)
        for trouble in store.troubles:
            say(f"cache: {trouble}", err=True)
        is_good = is_good and all(one.is_good for one in verdicts)
    if as_json:
        print_json({
            "editions": [one.as_json() for one in verdicts],
            "folders": [one.as_json() for one in checked],
            "good": is_good,
        })  # fmt: skip
    else:
        for one in checked:
            _print_folder(one, ignore_missing=ignore_missing, ignore_extra=ignore_extra)
        if verdicts:
            _print_editions(verdicts)
    if not is_good:
        raise click.exceptions.Exit(_WRONG)


def _told_apart(names: tuple[str, ...], root: Path | None) -> tuple[list[str], list[Path]]:
    """Return which names are of editions and which of folders: of the first whatever looks like a path is not."""
    try:
        known = {path.stem for path in (find_root(root) / FOLDER).glob("*.yaml")}
    except RevisionError:  # a reader's machine may have no git
        known = set()
    folders = [name for name in names if name not in known and Path(name).is_dir()]
    return [name for name in names if name not in folders], [Path(name) for name in folders]


def _verify_bundles(
    names: tuple[str, ...], *, key: PublicKey | None, require_signature: bool, jobs: int, as_json: bool
) -> None:
    if not names:
        raise click.UsageError("--bundle needs the name of a bundle, an archive or the folder it was unpacked to")
    if missing := [name for name in names if not Path(name).exists()]:
        raise click.UsageError(f"{missing[0]}: no such file or folder")
    progress = open_progress(as_json=as_json)
    with progress, local_workers(jobs, prepare=partial(keep_installed, NO_STORE)) as workers:
        verdicts = [
            verify_bundle(
                Path(name), workers=workers, progress=progress, public_key=key, require_signature=require_signature
            )
            for name in names
        ]
    is_good = all(one.is_good for one in verdicts)
    if as_json:
        print_json({"bundles": [one.as_json() for one in verdicts], "good": is_good})
    else:
        for one in verdicts:
            _print_folder(one.files, ignore_missing=False, ignore_extra=True)
        if editions := [one.edition for one in verdicts if one.edition is not None]:
            _print_editions(editions)
        if len(editions) < len(verdicts):
            say("a damaged bundle is not built; get its files again", err=True)
    if not is_good:
        raise click.exceptions.Exit(_WRONG)


def _verify_editions(
    names: list[str], *, store: Store, jobs: int, root: Path | None, as_json: bool
) -> list[EditionVerdict]:
    with open_workspace(root, store=store, jobs=jobs) as workspace:
        chosen = edition_names(workspace.series, names)
        if not names:
            chosen = [name for name in chosen if workspace.series.edition(name).seal is not None]
        if not chosen:
            say("no edition is sealed; `millesime seal EDITION` seals one", err=True)
            return []
        how = "making everything again, without the cache" if store is NO_STORE else "believing what the cache has"
        say(f"{', '.join(chosen)}: {how}", err=True)
        progress = open_progress(as_json=as_json)
        with progress, local_workers(jobs, prepare=partial(keep_installed, store)) as workers:
            return list(verify_editions(workspace, chosen, workers=workers, progress=progress))


def _print_editions(verdicts: list[EditionVerdict]) -> None:
    rows = []
    for one in verdicts:
        same = sum(artifact.is_same for artifact in one.artifacts)
        count = f"{same} of {len(one.artifacts)} the same" if one.artifacts else ""
        style = _STYLES.get(one.verdict, "red")
        rows.append((one.edition, (one.verdict, style), count))
    print_table(("edition", "verdict", "artifacts"), rows)
    for one in verdicts:
        if one.text:
            say(one.text, err=True)
        if one.note:
            say(f"{one.edition}: {one.note}", err=True)
        if one.verdict == "verified" and one.differences:
            say(f"{one.edition}: the same although tools differ: {', '.join(one.differences)}", err=True)


def _print_folder(one: FolderVerdict, *, ignore_missing: bool, ignore_extra: bool) -> None:
    ignored = ({"missing"} if ignore_missing else set()) | ({"extra"} if ignore_extra else set())
    for file in one.files:
        if file.verdict != "good" and file.verdict not in ignored:
            say(f"{one.folder}: {_shown(file.name)}: {file.verdict}: {file.text}")
    counts = Counter(file.verdict for file in one.files)
    others = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()) if verdict != "good")
    listed = sum(count for verdict, count in counts.items() if verdict != "extra")
    say(f"{one.folder}: {counts['good']} of {listed} {one.counted}" + (others and f"; {others}"))
    say(f"{one.folder}: {one.signature.text}")
    if one.signature.comment:
        say(f"{one.folder}: signed with it: {_shown(one.signature.comment)}")


def _shown(text: str) -> str:
    """Return a name or comment of somebody else's without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else " " if sign == "\t" else "�" for sign in text)
