"""Examples for the description of the API, worked out from the shapes themselves, so that none is missing or outdated."""

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
DEPTH_MAX = 8
"""Shapes within shapes that an example goes into."""

_TIME, _DATE = "2026-03-02T12:00:00Z", "2027-01-31"
_NAMES: Mapping[str, object] = {
    "item": "PP-RESIN", "code": "PP-RESIN", "component": "PP-RESIN", "lot": "R-2026-014", "supplier_lot": "S-77",
    "location": "M1-LS", "from_location": "WH", "to_location": "M1-LS", "source": "WH", "parent": "WH",
    "target": "M1-LS", "number": "WO-1001", "order": "WO-1001", "work_order": "WO-1001", "unit": "kg",
    "equipment": "kettle-works/moulding/M1/IMM1", "path": "kettle-works/moulding/M1/IMM1",
    "line": "kettle-works/moulding/M1", "quantity": "12.5", "badge": "OP-1", "person": "Operator One", "pin": "4711",
    "reason": "short shot", "revision": "A", "at": _TIME, "token": "hmi", "station": "IMM1", "signal": "good",
    "position": "1048-17", "type": "not-running", "instance": "5c4b1c3e-7b0b-4e5c-9d5a-0d6f6f1f7a21",
    "barcode": "(01)04006381333931(10)R-2026-014", "gtin": "04006381333931", "url": "https://erp.plant.example/hook",
    "name": "Line 1", "language": "en", "filename": "items.csv", "sheet": "Sheet1", "site": "kettle-works",
    "behind": "/api/v1/movements?item=PP-RESIN", "decimal_mark": "auto",
}  # fmt: skip
"""Field -> what stands there, where its schema allows it."""


def example_of(schema: Schema, document: Schema, *, name: str = "", depth: int = 0) -> Any:
    """A value that the schema describes."""
    schema = _resolved(schema, document)
    for given in ("example", "const", "default"):
        if given in schema and schema[given] is not None:
            return schema[given]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            shapes = [one for one in schema[choice] if one.get("type") != "null"]
            if {one.get("type") for one in shapes} == {"number", "string"}:
                # Decimals are taken as numbers too, but travel best as text.
                shapes.sort(key=lambda one: one["type"] != "string")
            return example_of(shapes[0], document, name=name, depth=depth) if shapes else None
    match schema.get("type"):
        case "object":
            return _object(schema, document, depth)
        case "array":
            return _array(schema, document, name, depth)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case "string":
            return _string(schema, name)
        case "null":
            return None
        case _:
            return "any value"


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _object(schema: Schema, document: Schema, depth: int) -> dict[str, Any]:
    if depth >= DEPTH_MAX:
        return {}
    properties: Mapping[str, Schema] = schema.get("properties", {})
    found = {
        key: example_of(value, document, name=key, depth=depth + 1)
        for key, value in properties.items()
        if depth < DEPTH_MAX - 2 or key in schema.get("required", ())
    }
    more = schema.get("additionalProperties")
    if not properties and isinstance(more, Mapping):
        names = [str(one) for one in _keys(schema, document)]
        return {one: example_of(more, document, name=one, depth=depth + 1) for one in names}  # pyright: ignore[reportUnknownArgumentType]
    return found


def _keys(schema: Schema, document: Schema) -> list[Any]:
    allowed = _resolved(schema.get("propertyNames", {}), document)
    if allowed.get("enum"):
        return list(allowed["enum"][:1])
    return (
        ["en", "zh"] if schema.get("additionalProperties") == {"type": "string"} else ["R-2026-014"]
    )


def _array(schema: Schema, document: Schema, name: str, depth: int) -> list[Any]:
    if depth >= DEPTH_MAX - 1 or schema.get("maxItems") == 0:
        return []
    if "prefixItems" in schema:
        return [example_of(one, document, depth=depth + 1) for one in schema["prefixItems"]]
    one = example_of(schema.get("items", {}), document, name=name, depth=depth + 1)
    return [one] * max(1, int(schema.get("minItems", 1)))


def _number(schema: Schema) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    wanted = max(low + ("exclusiveMinimum" in schema), 10)
    return min(wanted, high) if high is not None else wanted


def _string(schema: Schema, name: str) -> str:
    forms = {
        "date-time": _TIME,
        "date": _DATE,
        "uuid": "5c4b1c3e-7b0b-4e5c-9d5a-0d6f6f1f7a21",
        "decimal": "12.5",
        "time": "06:00:00",
    }
    form = str(schema.get("format", ""))
    text = forms.get(form) or str(_NAMES.get(name) or name.replace("_", " ") or "text")
    if "pattern" in schema and form not in forms:
        text = _plain(schema, name)
    low, high = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    return text.ljust(low, "x")[:high]


def _plain(schema: Schema, name: str) -> str:
    """Something that the pattern takes: codes take their own examples, decimals a number."""
    for text in (str(_NAMES.get(name, "")), "12.5", "1", "A1", "1-1", "0-0-0", "2026-03-02"):
        if text and re.search(str(schema["pattern"]), text):
            return text
    return "A1"
