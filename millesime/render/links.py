"""Links and ids: anchors that can be followed from any page, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlsplit

from millesime.render.conform import Element, add_class

_URL_SAFE = "/:?@!$&'()*+,;=-._~%"
_HOST = re.compile(r"[^\s.][^\s]*$")


def plain_id(anchor: str) -> str:
    """Return an anchor as an id: HTML allows everything in one but white space."""
    return re.sub(r"\s+", "-", anchor.strip())


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

    That is http(s) with a host, mailto, or an anchor of the report; a relative
    link names a file that is not published.
    """
    href = href.strip()
    if href.startswith("#"):
        anchor = plain_id(unquote(href[1:]))
        return "#" + quote(anchor, safe="") if anchor else None
    try:
        parts = urlsplit(href)
        port_is_number = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return quote(href, safe=_URL_SAFE) if "@" in parts.path else None
    if parts.scheme not in ("http", "https") or not port_is_number or not _HOST.match(parts.hostname or ""):
        return None
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if not re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]+", host):
        return None
    rest = quote(parts.path, safe=_URL_SAFE)
    query = "?" + quote(parts.query, safe=_URL_SAFE) if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe=_URL_SAFE) if parts.fragment else ""
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", f"{parts.scheme}://{host}{rest}{query}{fragment}")


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
