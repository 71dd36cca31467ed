"""Check a downloaded folder: its files against SHA256SUMS, and SHA256SUMS against its signature.

No repository is needed, nor any tool of the build.
"""

from __future__ import annotations

import posixpath
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from millesime.distribution.trust.checksums import CHECKSUMS, SIGNATURE, FileVerdict, check_folder, read_checksums
from millesime.distribution.trust.minisign import PublicKey, check_signature, read_signature
from millesime.distribution.trust.record import RECORD, Record, read_record
from millesime.problems import OutputError, SealError

_MAXIMUM_BYTES = 64 * 1024 * 1024  # of a list or signature; a million files have shorter ones


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """What is to be said of the signature of SHA256SUMS."""

    verdict: str  # "good", "absent", "unchecked" for want of a key, "bad"
    text: str  # for readers
    comment: str = ""  # that was signed with it; only of a good one


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderVerdict:
    """What is to be said of a folder."""

    folder: str
    files: tuple[FileVerdict, ...]
    signature: SignatureVerdict
    counted: str = "files as they were published"  # what the sound files among `files` are called

    def is_good(self, *, ignore_missing: bool = False, ignore_extra: bool = False) -> bool:
        """Whether every file is as it was published, and no signature says otherwise."""
        ignored = {"good"} | ({"missing"} if ignore_missing else set()) | ({"extra"} if ignore_extra else set())
        return self.signature.verdict != "bad" and all(file.verdict in ignored for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """Return it for JSON, in which a name that is not UTF-8 has its bytes written out, "\\xff"."""
        files = [{**asdict(file), "name": _readable(file.name)} for file in self.files]
        return {"folder": _readable(self.folder), "files": files, "signature": asdict(self.signature)}


def verify_published(
    folder: Path, *, public_key: PublicKey | None = None, require_signature: bool = False
) -> tuple[FolderVerdict, ...]:
    """Return what became of a folder that was downloaded, or of a site that `publish` made.

    A site has no checksums of its own: each of its editions has, in its own
    folder, and the site's record has them once more. Its pages have none, for
    they tell of later editions; each that was promised must be there. So a
    site has a verdict for each edition, and one of its pages. In the folder of
    one edition of a site its pages are not extra either.
    """
    if (folder / RECORD).is_file():
        return _verify_site(folder, public_key=public_key, require_signature=require_signature)
    verdict = verify_folder(folder, public_key=public_key, require_signature=require_signature)
    if (folder.resolve().parent / RECORD).is_file() and folder.resolve().name in _read_site(
        folder.resolve().parent
    ).editions:
        verdict = replace(verdict, files=tuple(file for file in verdict.files if file.verdict != "extra"))
    return (verdict,)


def _verify_site(site: Path, *, public_key: PublicKey | None, require_signature: bool) -> tuple[FolderVerdict, ...]:
    record = _read_site(site)
    found = []
    for name, edition in record.editions.items():
        published = {
            _inside(path, f"{name}/", site).removeprefix(f"{name}/"): sha for path, sha in edition.files.items()
        }
        if not published and not (site / name / CHECKSUMS).is_file():
            continue  # an edition of pages alone has nothing to download
        verdict = verify_folder(site / name, public_key=public_key, require_signature=require_signature)
        files = {file.name: file for file in verdict.files if file.verdict != "extra"}
        listed = read_checksums((site / name / CHECKSUMS).read_bytes())
        for file, sha in published.items():
            if file not in files:
                text = f"was published, and {CHECKSUMS} no longer lists it; do not trust this folder"
                files[file] = FileVerdict(name=file, verdict="changed", text=text)
            elif files[file].verdict == "good" and sha != listed[file]:
                text = f"{CHECKSUMS} and the site's {RECORD} have other checksums of it; do not trust this folder"
                files[file] = FileVerdict(name=file, verdict="changed", text=text)
        found.append(replace(verdict, files=tuple(files[file] for file in sorted(files))))
    pages = sorted(_inside(path, "", site) for path in record.addresses)
    checked = [
        FileVerdict(name=page, verdict="good" if (site / page).is_file() else "missing",
                    text="" if (site / page).is_file() else "readers were promised that it stays; publish again")
        for page in pages
    ]  # fmt: skip
    checked += [
        FileVerdict(name=f"{path.parent.name}/{CHECKSUMS}", verdict="extra",
                    text=f"an edition that {RECORD} does not know: it may be anybody's")
        for path in sorted(site.glob(f"*/{CHECKSUMS}")) if path.parent.name not in record.editions
    ]  # fmt: skip
    text = f"{RECORD}: read; pages have no checksums, for they are written again with each edition"
    signature = SignatureVerdict(verdict="absent", text=text)
    found.append(
        FolderVerdict(folder=str(site), files=tuple(checked), signature=signature, counted="published pages are there")
    )
    return tuple(found)


def _read_site(site: Path) -> Record:
    try:
        return read_record(site)
    except OutputError as error:
        raise SealError(str(error)) from error


def _inside(path: str, start: str, site: Path) -> str:
    """Return a path of a site's record. Raises SealError for one that leads elsewhere: the record was downloaded."""
    if posixpath.normpath(path) != path or path.startswith(("/", "../")) or path == ".." or not path.startswith(start):
        raise SealError(f"{site / RECORD}: names {path!r}, outside the folder; do not trust this site")
    return path


def verify_folder(
    folder: Path, *, public_key: PublicKey | None = None, require_signature: bool = False
) -> FolderVerdict:
    """Return what became of a folder since its SHA256SUMS was written.

    With a key a signature must be there: whoever can change files can take a
    signature away. Raises SealError for a folder without SHA256SUMS, or whose
    SHA256SUMS is damaged.
    """
    content = _read(folder / CHECKSUMS)
    if content is None:
        raise SealError(
            f"{folder}: no {CHECKSUMS} in it, so there is nothing to check it by; get it from where the files came from"
        )
    signature = _check(_read(folder / SIGNATURE), content, public_key=public_key, required=require_signature)
    checksums = read_checksums(content, where=str(folder / CHECKSUMS))
    files = tuple(check_folder(folder, checksums, beside=(CHECKSUMS, SIGNATURE)))
    return FolderVerdict(folder=str(folder), files=files, signature=signature)


def _readable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _check(
    signature: bytes | None, content: bytes, *, public_key: PublicKey | None, required: bool
) -> SignatureVerdict:
    if signature is None:
        text = f"{SIGNATURE}: not there: this was published without a signature, or somebody took it away"
        if public_key is None and not required:
            text = f"{text}; the checksums tell of damage, not of who wrote them"
            return SignatureVerdict(verdict="absent", text=text)
        return SignatureVerdict(verdict="bad", text=f"{text}; get it from where the files came from")
    if public_key is None:
        try:
            ident = read_signature(signature, where=SIGNATURE).shown_key_id
        except SealError as error:
            return SignatureVerdict(verdict="bad", text=str(error))
        text = (
            f"{SIGNATURE}: not checked: it says that it was made with the key {ident}; give the publisher's key, from "
            "where you trust it, with --public-key"
        )
        return SignatureVerdict(verdict="bad" if required else "unchecked", text=text)
    try:
        comment = check_signature(content, signature, public_key, where=SIGNATURE)
    except SealError as error:
        return SignatureVerdict(verdict="bad", text=str(error))
    text = f"{SIGNATURE}: good: {CHECKSUMS} was signed with the key {public_key.shown_id}"
    return SignatureVerdict(verdict="good", text=text, comment=comment)


def _read(path: Path) -> bytes | None:
    """Return what a file holds, None if it is not there. Raises SealError for what is no file, or too large."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise SealError(f"{path}: this is no file; get it again")
        if path.stat().st_size > _MAXIMUM_BYTES:
            raise SealError(f"{path}: larger than any such file; get it again")
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SealError(f"{path}: cannot be read: {error.strerror}; check its rights") from error
