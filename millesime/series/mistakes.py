"""Turn errors of manifests into messages in the editor's words.

A mistake reads *file: place: what was seen; what to write instead*. What
pydantic finds is translated here; its own texts never reach a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from millesime.problems import did_you_mean

Place = tuple[str | int, ...]  # ("chapters", 3, "path")

TAG = "\0"  # begins the names of union branches, which pydantic puts into places; no YAML text can hold it
_SHOWN_CHARACTERS = 60
_PLAIN_KEY = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to mend in one manifest."""

    file: str  # "editions/2019.yaml"
    place: Place = ()
    text: str  # what was seen
    hint: str = ""  # what to write instead

    def __str__(self) -> str:
        place = f"{self.file}: {shown_place(self.place)}" if self.place else self.file
        return f"{place}: {self.text}" + (f"; {self.hint}" if self.hint else "")


def shown_place(place: Place) -> str:
    """Return a place as the editor would write it: `chapters[3].path`, `trees['a b']`."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{shown(step)}]"
    return text


def shown(value: object) -> str:
    """Return a value for a message: one short line, without characters that a terminal obeys."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN_CHARACTERS else value[: _SHOWN_CHARACTERS - 1] + "…")
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return shown(str(value))


def mistake(text: str, hint: str) -> PydanticCustomError:
    """Return the exception by which a validator refuses a value."""
    return PydanticCustomError("mistake", "{text}; {hint}", {"text": text, "hint": hint})


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as a manifest writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def translate(
    error: ValidationError,
    *,
    file: str,
    raw: Any,
    model: type[BaseModel],
    branches: Mapping[str, type[BaseModel]],
    examples: Mapping[str, str],
) -> list[Mistake]:
    """Return what pydantic found, in the order of the model's keys.

    `raw` is the tree that was validated; `branches` names the models of
    unions by their tag; `examples` shows a right line for a key. A key that
    is missing because it is misspelt is reported once.
    """
    details = error.errors(include_url=False)
    unknown = [_place(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]
    found = []
    for detail in details:
        place = _place(detail["loc"])
        key = next((step for step in reversed(place) if isinstance(step, str)), "")
        match detail["type"]:
            case "mistake":
                text, hint = detail["ctx"]["text"], detail["ctx"]["hint"]
            case "missing":
                siblings = [str(other[-1]) for other in unknown if other[:-1] == place[:-1]]
                if any(did_you_mean(sibling.lower(), [key]) for sibling in siblings):
                    continue
                text = "nothing is written here" if _has(raw, place) else "missing"
                hint = f"write {examples[key]}"
            case "extra_forbidden":
                known = keys_of(_model_at(model, detail["loc"][:-1], branches))
                text = f"unknown key {shown(key)}"
                hint = did_you_mean(key.lower(), known) or "the keys here are " + ", ".join(known)
            case "tuple_type" | "list_type":
                text = f"{shown(detail['input'])} where a list belongs"
                hint = f"write {examples[key]}"
            case _:  # model_type, dict_type
                text = f"{shown(detail['input'])} where keys with values belong"
                hint = f"write {examples[key]}"
        found.append(Mistake(file=file, place=place, text=text, hint=hint))
    return found


def _model_at(
    model: type[BaseModel], location: Iterable[str | int], branches: Mapping[str, type[BaseModel]]
) -> type[BaseModel]:
    """Return the model whose keys stand at a location of pydantic's."""
    for step in location:
        if isinstance(step, int):
            continue
        if step.startswith(TAG):
            model = branches[step]
        else:
            model = next(_models_in(model.model_fields[step].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _place(location: Iterable[str | int]) -> Place:
    # pydantic adds "[key]" where the key of a mapping is wrong, not its value.
    return tuple(step for step in location if isinstance(step, int) or not (step.startswith(TAG) or step == "[key]"))


def _has(raw: Any, place: Place) -> bool:
    if not place:
        return True
    step, rest = place[0], place[1:]
    if isinstance(raw, list) and isinstance(step, int):
        return _has(raw[step], rest)
    return isinstance(raw, dict) and step in raw and _has(raw[step], rest)
