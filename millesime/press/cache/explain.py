"""Explain why a step ran or was skipped: the parts of its key that changed since the last run.

The same named parts make a step's key and its explanation, so a step cannot
run again for a reason that the explanation does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Found = Literal["kept", "absent", "damaged", "off"]
Reason = Literal["unchanged", "earlier", "new", "changed", "gone", "damaged", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What became of one request, and why."""

    step: str  # "layout"
    label: str  # of what: "gouvernance of 2020"
    hit: bool  # it did not have to run
    reason: Reason
    changed: tuple[str, ...] = ()  # names of the parts that are not as they were the last time

    def __str__(self) -> str:
        return f"{self.step} of {self.label}: {'kept' if self.hit else 'made'}, {self.why}"

    @property
    def why(self) -> str:
        """Why, in words: "its text and the theme changed"."""
        match self.reason:
            case "unchanged":
                return "nothing changed"
            case "earlier":
                return "an earlier build made the same"
            case "new":
                return "not made before"
            case "changed":
                return f"{_joined(self.changed)} changed"
            case "gone":
                return "nothing changed, but what was kept is gone"
            case "damaged":
                return "what was kept was damaged"
            case "off":
                return "there is no cache"

    def as_json(self) -> dict[str, object]:
        return {
            "step": self.step, "label": self.label, "hit": self.hit, "reason": self.reason,
            "changed": list(self.changed), "why": self.why,
        }  # fmt: skip


def explain(
    step: str, label: str, *, parts: Mapping[str, str], last: Mapping[str, str] | None, found: Found
) -> Explained:
    """Return why a step has to run or not; `parts` and `last` are digests by name, None if it never ran."""
    changed = tuple(name for name in {**parts, **(last or {})} if parts.get(name) != (last or {}).get(name))
    return Explained(
        step=step, label=label, hit=found == "kept", reason=_reason(changed, last=last, found=found),
        changed=changed if last is not None else (),
    )  # fmt: skip


def _reason(changed: tuple[str, ...], *, last: Mapping[str, str] | None, found: Found) -> Reason:
    if found == "kept":
        return "earlier" if changed else "unchanged"
    if found != "absent":
        return found
    if last is None:
        return "new"
    return "changed" if changed else "gone"


def write_parts(parts: Mapping[str, str]) -> bytes:
    """Return digests by name as a store keeps them, in their order."""
    return json.dumps(parts, ensure_ascii=False).encode("utf-8")


def read_parts(content: bytes) -> dict[str, str] | None:
    """Return what `write_parts` wrote; None for anything else, as an older version may have left."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    return None


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
