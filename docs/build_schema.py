"""Write docs/results.schema.json anew; run it after a field of results.json changed.

The schema is that of what `srtk bench` writes: every field is required and no other allowed, so
that a program that was made by it finds what it expects.

python docs/build_schema.py
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from pathlib import Path
from typing import Any

from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import SCHEMA, Results, Row
from sr_toolkit.benching.summaries import Statistics

FILE = Path(__file__).with_name("results.schema.json")
FIGURE = {"$ref": "#/$defs/Figure"}
HASH = {"type": "string", "pattern": "^([0-9a-f]{64})?$"}
PLAIN = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
ADDED = {
    "mean": (
        dict[str, float | None],
        "The figure of each cell: the mean over images, or the score of the whole set.",
    ),
    "statistics": (
        dict[str, Statistics],
        "Of each metric that the row has all figures of.",
    ),
}
"""What stands in a row beside the fields of `Row`."""


def build() -> str:
    """Return the file's text."""
    known: dict[str, Any] = {
        "Figure": {
            "description": "A figure; infinities, such as the PSNR of equal images, are words.",
            "anyOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}],
        }
    }
    whole = _record(Results, known)
    whole["properties"]["schema"]["const"] = SCHEMA
    whole["properties"]["created"]["format"] = "date-time"
    whole["properties"]["request"] = {
        **_of(Request, known),
        "description": whole["properties"]["request"]["description"],
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json of srtk bench",
        **whole,
        "$defs": dict(sorted(known.items())),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _of(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type; records are described once, in `known`."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if kind is float:
        return dict(FIGURE)
    if kind is Path:
        return {"type": "string"}
    if kind is Any:
        return {}
    if dataclasses.is_dataclass(kind):
        name = typing.cast("type", kind).__name__
        if name not in known:
            known[name] = {}
            known[name] = _record(kind, known)
        return {"$ref": f"#/$defs/{name}"}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of(one, known) for one in arguments]}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], known)}
    if origin is list or arguments[-1:] == (...,):
        return {"type": "array", "items": _of(arguments[0], known)}
    if origin is tuple:
        items = [_of(one, known) for one in arguments]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
    raise TypeError(f"no schema is known for {kind!r}")


def _record(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass, with what its fields say of themselves."""
    hints = typing.get_type_hints(kind)
    told = _attributes(kind.__doc__)
    described = {
        field.name: (hints[field.name], field.metadata.get("help") or told[field.name])
        for field in dataclasses.fields(kind)
    }
    if kind is Row:
        described |= ADDED
    properties = {}
    for name, (hint, text) in described.items():
        made = _of(hint, known)
        if name.endswith("_sha256"):
            made = {**made, "items": HASH} if made["type"] == "array" else dict(HASH)
        properties[name] = {**made, "description": text}
    return {
        "description": kind.__doc__.split("\n\n")[0].strip(),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _attributes(text: str) -> dict[str, str]:
    """Return what a docstring says of its attributes; one line may name several."""
    found: dict[str, str] = {}
    below = inspect.cleandoc(text).partition("Attributes:\n")[2]
    for names, words in re.findall(r"^    ([a-z_, ]+): (.+(?:\n {8,}.+)*)", below, re.MULTILINE):
        for name in names.split(", "):
            found[name] = re.sub(r"\s+", " ", words)
    return found


if __name__ == "__main__":
    FILE.write_text(build(), encoding="utf-8")
