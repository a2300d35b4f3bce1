"""The JSON Schemas of profiles and plant files, for editors; `device_profiles/schema/` holds them as files."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from device_profiles.interview import ANY_NAME, Interview, Schema
from device_profiles.key_meanings import MEANINGS
from device_profiles.plant_yaml import read_plant
from device_profiles.profile import (
    DataType,
    MqttAddress,
    Profile,
    Protocol,
    Role,
    Signal,
    Source,
    Weighing,
)
from device_profiles.profile_yaml import read_profile

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DIRECTORY = Path(__file__).parent / "schema"
KINDS = ("profile", "plant")
_SHARED = ("counter", "weighing", "states", "decimals", "quality", "source", "setpoints", "alive")
"""Parts that every protocol shares; written once."""


def schema_of(kind: str) -> Schema:
    """The schema of a `profile` or a `plant` file."""
    found = _profile_schema() if kind == "profile" else _plant_schema()
    return {
        "$schema": DRAFT,
        "$id": f"urn:lineside:{kind}:1",
        "title": f"Lineside {kind}",
        **found,
    }


def schema_text(kind: str) -> str:
    """The schema as the text of its file."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def schema_file(kind: str) -> Path:
    """The committed file of a schema."""
    return DIRECTORY / f"{kind}.schema.json"


def _profile_schema() -> Schema:
    definitions: dict[str, Any] = {}
    for protocol in Protocol:
        asked = Interview({"protocol": protocol})
        for _ in range(2):
            read_profile(asked)
        definitions[protocol] = _described(asked.schema())
    shared = {name: _find(definitions[Protocol.MODBUS_TCP], name) for name in _SHARED}
    variants = [
        {
            "if": {"properties": {"protocol": {"const": protocol}}, "required": ["protocol"]},
            "then": {"$ref": f"#/$defs/{protocol}"},
        }
        for protocol in Protocol
    ]
    return {
        "type": "object",
        "required": ["schema", "protocol"],
        "properties": {"protocol": {"enum": [*Protocol]}},
        "allOf": variants,
        "$defs": {
            **{name: _with_references(part, shared) for name, part in definitions.items()},
            **shared,
        },
    }


def _plant_schema() -> Schema:
    asked = Interview()
    weighed = Signal(
        name=ANY_NAME,
        role=Role.CONSUMED,
        address=MqttAddress(topic="", json_path=None),
        data_type=DataType.F64,
        weighing=Weighing(mode="capture", division=Decimal(1), settle_ms=0, samples_min=1),
    )
    stand_in = Profile(
        id=ANY_NAME,
        name={},
        protocol=Protocol.MQTT,
        source=Source(document="", verified=""),
        signals={ANY_NAME: weighed},
        poll_ms=1000,
        lost_after_s=1,
        parameters={ANY_NAME: ""},
    )
    read_plant(asked, lambda profile_id, part: stand_in)
    return _described(asked.schema())


def _described(schema: Schema, path: str = "") -> Schema:
    """The schema with the meaning of every key that has one."""
    found = dict(schema)
    listed: Mapping[str, Schema] = schema.get("properties", {})
    if listed:
        found["properties"] = {
            key: _described(_meaning(part, _join(path, key)), _join(path, key))
            for key, part in listed.items()
        }
    for key in ("additionalProperties", "items"):
        if isinstance(schema.get(key), dict):
            found[key] = _described(schema[key], path)
    if "anyOf" in schema:
        found["anyOf"] = [_described(part, path) for part in schema["anyOf"]]
    return found


def _meaning(schema: Schema, path: str) -> Schema:
    return {"description": MEANINGS[path], **schema} if path in MEANINGS else schema


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _find(schema: Schema, key: str) -> Schema:
    """The part of a profile's schema that describes `key`, at the top or in a signal."""
    top: Mapping[str, Schema] = schema["properties"]
    return top[key] if key in top else top["signals"]["additionalProperties"]["properties"][key]


def _with_references(schema: Any, shared: Mapping[str, Schema]) -> Any:
    """The schema with its shared parts replaced by references to them."""
    if isinstance(schema, list):
        return [_with_references(part, shared) for part in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    parts = cast("Schema", schema)
    return {
        key: {"$ref": f"#/$defs/{key}"}
        if key in shared and part == shared[key]
        else _with_references(part, shared)
        for key, part in parts.items()
    }
