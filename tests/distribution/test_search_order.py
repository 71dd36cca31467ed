"""The same pages give the same index, in whatever order pagefind wrote it."""

from __future__ import annotations

import gzip

from millesime.distribution.site.search_order import order_index

MAGIC = b"pagefind_dcd"
VALUES = [b"\x82d2018\x82\x02\x03", b"\x82d2019\x82\x00\x19\x01\x00", b"\x82d2020\x98\x18" + bytes(24)]


def index(values: list[bytes], name: bytes) -> dict[str, bytes]:
    """An index as pagefind writes it: a filter named after its content, and two files that name it."""
    text = name.decode()
    return {
        f"pagefind/filter/fr_{text}.pf_filter": gzip.compress(MAGIC + b"\x82gedition\x83" + b"".join(values)),
        f"pagefind/pagefind.fr_{text}abc.pf_meta": gzip.compress(MAGIC + b"\x81\x82geditionjfr_" + name),
        "pagefind/pagefind-entry.json": b'{"fr":{"hash":"fr_%sabc"}}' % name,
        "pagefind/pagefind.js": b"fr_other",
    }


def test_the_order_of_a_filter_is_not_that_of_chance():
    one, other = index(VALUES, b"1111111"), index(VALUES[::-1], b"2222222")
    assert order_index(one) == order_index(other)
    assert order_index(order_index(one)) == order_index(one)


def test_every_file_is_found_under_the_name_that_the_others_say():
    ordered = order_index(index(VALUES[::-1], b"1111111"))
    (meta,) = [path for path in ordered if path.endswith(".pf_meta")]
    (filter_,) = [path for path in ordered if path.endswith(".pf_filter")]
    assert (
        meta.removeprefix("pagefind/pagefind.").removesuffix(".pf_meta").encode()
        in ordered["pagefind/pagefind-entry.json"]
    )
    name = filter_.removeprefix("pagefind/filter/").removesuffix(".pf_filter")
    assert name != "fr_1111111" and gzip.decompress(ordered[meta]).endswith(b"j" + name.encode())
    assert gzip.decompress(ordered[filter_]) == MAGIC + b"\x82gedition\x83" + b"".join(VALUES)
    assert ordered["pagefind/pagefind.js"] == b"fr_other"


def test_what_is_built_otherwise_stays_as_it_is():
    for content in (b"", MAGIC, MAGIC + b"\x82gedition\x83\x82", b"other" + VALUES[0], MAGIC + b"\x9f\xff"):
        files = {"filter/fr_1111111.pf_filter": gzip.compress(content)}
        assert [gzip.decompress(one) for one in order_index(files).values()] == [content]
