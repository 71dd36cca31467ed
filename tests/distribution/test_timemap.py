"""The TimeMap, in the two forms, as web archives read it."""

import datetime
import json
from email.utils import parsedate_to_datetime

from requests.utils import parse_header_links

from millesime.distribution.metadata.timemap import rfc_1123, timemap_json, timemap_link
from tests.distribution.publications import BASE, publication, published_edition


def read(content: bytes) -> list[dict[str, str]]:
    """Return the links as an HTTP library reads link headers, whose grammar is that of link-format."""
    return parse_header_links(content.decode().replace(",\n<", ", <").strip())


def test_others_read_original_and_mementos_with_their_dates():
    links = read(timemap_link(publication()))
    by_kind = {link["rel"]: link for link in links}
    assert by_kind["original"]["url"] == f"{BASE}/"
    assert by_kind["self"]["url"] == f"{BASE}/timemap.link" and by_kind["self"]["type"] == "application/link-format"
    mementos = [(link["rel"], link["url"], link["datetime"]) for link in links if "memento" in link["rel"]]
    assert mementos == [
        ("first memento", f"{BASE}/2018/", "Tue, 03 Jul 2018 00:00:00 GMT"),
        ("memento", f"{BASE}/2019/", "Wed, 03 Jul 2019 00:00:00 GMT"),
        ("last memento", f"{BASE}/2020/", "Fri, 03 Jul 2020 00:00:00 GMT"),
    ]
    assert (by_kind["self"]["from"], by_kind["self"]["until"]) == (mementos[0][2], mementos[-1][2])


def test_one_edition_is_the_first_and_the_last():
    links = read(timemap_link(publication(published_edition("2018"), redlines=())))
    assert [link["rel"] for link in links if "memento" in link["rel"]] == ["first last memento"]


def test_both_forms_say_the_same():
    tree = json.loads(timemap_json(publication()))
    mementos = [(one["uri"], one["datetime"][:10]) for one in tree["mementos"]["list"]]
    linked = [
        (link["url"], parsedate_to_datetime(link["datetime"]).date().isoformat())
        for link in read(timemap_link(publication()))
        if "memento" in link["rel"]
    ]
    assert mementos == linked
    assert tree["mementos"]["last"] == tree["mementos"]["list"][-1]


def test_dates_are_in_english_whatever_the_machine_speaks():
    assert rfc_1123(datetime.date(2020, 2, 29)) == "Sat, 29 Feb 2020 00:00:00 GMT"
