"""Links and ids that work on every page: known schemes, resolvable anchors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlsplit

from millesime.assembly.references import SAFE_SCHEMES
from millesime.render.conform import Element, add_class

_URL_SAFE = "/:?@!$&'()*+,;=-._~%"
_HOST = re.compile(r"[^\s.][^\s]*$")


def plain_id(anchor: str) -> str:
    """Return an anchor as an id: HTML allows everything in one but white space."""
    return re.sub(r"\s+", "-", anchor.strip())


def is_device(stem: str) -> bool:
    """Whether Windows reserves this file name (CON, NUL, …), whatever the file's ending.

    https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
    """
    return re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem, re.IGNORECASE) is not None


def relink(root: Element, target: Callable[[str], str | None]) -> None:
    """Replace every `#anchor` link by `target(anchor)`, in place."""
    for link in list(root.iter("a")):
        href = link.get("href")
        if href and href.startswith("#"):
            new = target(unquote(href[1:]))
            if new is None:
                kill_link(link)
            else:
                link.set("href", new)


def safe_href(href: str) -> str | None:
    """Return a link that can be followed from any page, percent-encoded; None: it leads nowhere.

    That is an address of `SAFE_SCHEMES`, http and ftp with a host, or an anchor
    of the report; a relative link names a file that is not published.
    """
    href = href.strip()
    if href.startswith("#"):
        anchor = plain_id(unquote(href[1:]))
        return "#" + quote(anchor, safe="") if anchor else None
    try:
        parts = urlsplit(href)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return quote(href, safe=_URL_SAFE) if "@" in parts.path else None
    if parts.scheme in _WITHOUT_HOST:
        rest = href.partition(":")[2]
        return _whole_escapes(f"{parts.scheme}:{quote(rest, safe=_URL_SAFE + '#')}") if rest.strip() else None
    if parts.scheme not in _WITH_HOST or not _HOST.match(parts.hostname or ""):
        return None
    host = parts.netloc
    if not host.isascii():
        user, at, _ = parts.netloc.rpartition("@")
        named = _ascii_host(parts.hostname or "")
        if named is None:
            return None
        host = quote(user, safe=_URL_SAFE) + at + named + port
    if not re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]+", host):
        return None
    rest = quote(parts.path, safe=_URL_SAFE)
    query = "?" + quote(parts.query, safe=_URL_SAFE) if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe=_URL_SAFE) if parts.fragment else ""
    return _whole_escapes(f"{parts.scheme}://{host}{rest}{query}{fragment}")


_WITH_HOST = frozenset({"http", "https", "ftp"})
_WITHOUT_HOST = SAFE_SCHEMES - _WITH_HOST - {"mailto"}


def _whole_escapes(address: str) -> str:
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", address)


def _ascii_host(host: str) -> str | None:
    """Return a host's name in ASCII, by IDNA 2008 as browsers map it (UTS 46): "faß.de" is not "fass.de"."""
    import idna  # seldom needed, and big

    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return None
    labels = []
    for label in mapped.split("."):
        try:
            labels.append(idna.alabel(label).decode("ascii") if label else "")
        except idna.IDNAError:  # an emoji, for instance, which browsers take
            labels.append("xn--" + label.encode("punycode").decode("ascii"))
    return ".".join(labels) if all(len(label) <= _LABEL_MAX for label in labels) else None


_LABEL_MAX = 63  # RFC 1035


def kill_link(link: Element) -> None:
    """Keep a link's text, and its anchor if it has one."""
    link.attrib.pop("href", None)
    link.tag = "span"
    link.attrib.pop("role", None)


def drop_dead_links(fragments: Mapping[str, Element], ids: set[str]) -> None:
    """Links to anchors that no chapter has keep their text."""
    present = ids | {element.get("id") for root in fragments.values() for element in root.iterdescendants()}
    for root in fragments.values():
        for link in list(root.iter("a")):
            href = link.get("href") or ""
            if href.startswith("#") and unquote(href[1:]) not in present:
                kill_link(link)
                add_class(link, "unresolved")
