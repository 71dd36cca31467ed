"""TimeMap of the report, RFC 7089: which state of it was published when.

The original resource is the report's page; its mementos are the pages of the
editions, each of which stays what it was. There is no TimeGate, which would
need a server that negotiates.
"""

from __future__ import annotations

import datetime
from email.utils import format_datetime

from millesime.distribution.metadata import facts
from millesime.distribution.metadata.serialise import write_json
from millesime.distribution.publication import Publication

LINK_PATH, JSON_PATH = "timemap.link", "timemap.json"
LINK_TYPE, JSON_TYPE = "application/link-format", "application/json"


def timemap_link(publication: Publication) -> bytes:
    """Return the TimeMap in link format, RFC 6690."""
    times = [rfc_1123(edition.date) for edition in publication.editions]
    links = [
        _link(facts.page_address(publication, ""), rel="original"),
        _link(publication.address(LINK_PATH), rel="self", type=LINK_TYPE, **{"from": times[0], "until": times[-1]}),
        _link(publication.address(JSON_PATH), rel="alternate", type=JSON_TYPE),
    ]
    last = len(times) - 1
    for number, (edition, time) in enumerate(zip(publication.editions, times, strict=True)):
        place = "first " * (number == 0) + "last " * (number == last)
        links.append(_link(facts.page_address(publication, edition.path), rel=f"{place}memento", datetime=time))
    return (",\n".join(links) + "\n").encode("utf-8")


def _link(address: str, **attributes: str) -> str:
    return "; ".join([f"<{address}>", *(f'{name}="{value}"' for name, value in attributes.items())])


def timemap_json(publication: Publication) -> bytes:
    """Return the TimeMap in JSON, by the names that MemGator and web archives use."""
    mementos = [
        {"datetime": facts.stamp(edition.date), "uri": facts.page_address(publication, edition.path)}
        for edition in publication.editions
    ]
    return write_json({
        "original_uri": facts.page_address(publication, ""),
        "self": publication.address(JSON_PATH),
        "mementos": {"list": mementos, "first": mementos[0], "last": mementos[-1]},
        "timemap_uri": {
            "link_format": publication.address(LINK_PATH),
            "json_format": publication.address(JSON_PATH),
        },
    })  # fmt: skip


def rfc_1123(date: datetime.date) -> str:
    """Return midnight UTC of a day, "Wed, 03 Jul 2019 00:00:00 GMT"."""
    return format_datetime(datetime.datetime.combine(date, datetime.time(), tzinfo=datetime.UTC), usegmt=True)
