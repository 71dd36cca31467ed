"""The redline as JSON, and its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from documents import edited_pairs
from hypothesis import given
from pydantic import TypeAdapter

from millesime.redline.compare import compare
from millesime.redline.outputs.json import BlockJson, RedlineJson, json_schema, redline_json

SCHEMA = Path(__file__).parents[2] / "docs" / "redline.schema.json"
ADAPTER: TypeAdapter[Any] = TypeAdapter(RedlineJson)


def test_the_schema_in_the_docs_is_made_from_the_types(update_golden: bool) -> None:
    made = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        SCHEMA.write_text(made, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == made


@given(edited_pairs())
def test_every_redline_follows_the_schema(pair) -> None:
    value = redline_json(compare(*pair), full=True)
    ADAPTER.validate_json(json.dumps(value), strict=True)
    blocks = [block for chapter in value["chapters"] for block in chapter["blocks"]]
    for found, shape in ((value, RedlineJson), *((block, BlockJson) for block in blocks)):
        assert found.keys() == shape.__annotations__.keys()
