"""The JSON Schemas for editors: current, satisfied by every file of ours, and of one mind with the strict loader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from device_profiles.catalog import BUILTIN, ProfileFaults, load_plant, load_profile
from device_profiles.json_schema import KINDS, Schema, schema_file, schema_of, schema_text
from device_profiles.key_meanings import MEANINGS
from tests.core.test_profiles import PLANT, PROFILE

OPCUA = (
    PROFILE.replace("protocol: modbus-tcp", 'protocol: opcua\nopcua: {namespaces: {m: "urn:m"}}')
    .replace("    table: holding\n    address: 0\n", "    browse_path: m:Machine/m:Count\n")
    .replace("good:\n    role", "good:\n    sample_ms: 50\n    role")
)
RICH = PROFILE + (
    "  hot: {role: process_value, table: input, address: 7, type: i16, scale: 0.1, sign: below,"
    " decimals: {signal: point, places: {3: 1}}, sample_ms: 5000,"
    " quality: {low: -40, high: 400, bad_values: [32767], require: {ok: 1}}}\n"
    "  below: {table: input, address: 8, bit: 0, type: bool}\n"
    "  ok: {table: input, address: 8, bit: 1, type: bool}\n"
    "  point: {table: input, address: 9, bit: 4, bits: 3, type: u16}\n"
)


def complaints(kind: str, text: str) -> list[str]:
    validator = Draft202012Validator(schema_of(kind))
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def loads(tmp_path: Path, kind: str, text: str) -> bool:
    (tmp_path / "profile.yaml").write_text(text if kind == "profile" else PROFILE)
    (tmp_path / "plant.yaml").write_text(text)
    try:
        if kind == "profile":
            load_profile(tmp_path / "profile.yaml")
        else:
            load_plant(tmp_path / "plant.yaml")
    except ProfileFaults:
        return False
    return True


def keys_of(schema: Schema, path: str = "") -> Iterator[str]:
    for key, below in schema.get("properties", {}).items():
        yield path + key
        yield from keys_of(below, f"{path}{key}.")
    for name in ("additionalProperties", "items"):
        if isinstance(schema.get(name), dict):
            yield from keys_of(schema[name], path)
    for part in schema.get("anyOf", []):
        yield from keys_of(part, path)


def written_out(part: Any, definitions: Schema) -> Any:
    """The schema with its references replaced by what they mean."""
    if isinstance(part, list):
        return [written_out(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return written_out(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    return {key: written_out(item, definitions) for key, item in part.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_what_the_loader_asks_for(kind: str) -> None:
    assert schema_file(kind).read_text(encoding="utf-8") == schema_text(kind), (
        f"write it anew: lineside-edge schema {kind} > device_profiles/schema/{kind}.schema.json"
    )
    Draft202012Validator.check_schema(schema_of(kind))


def test_every_file_that_comes_with_the_product_satisfies_its_schema() -> None:
    for file in BUILTIN.rglob("*.yaml"):
        kind = "plant" if file.parent.name == "plants" else "profile"
        assert complaints(kind, file.read_text(encoding="utf-8")) == [], file


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    profile = schema_of("profile")
    known = {*keys_of(schema_of("plant"))}
    for definition in profile["$defs"].values():
        if "protocol" in definition.get("properties", {}):
            known |= {*keys_of(written_out(definition, profile["$defs"]))}
    assert known == MEANINGS.keys()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("profile", PROFILE), ("profile", OPCUA), ("profile", RICH), ("plant", PLANT)],
)
def test_what_is_right_is_right_for_both(tmp_path: Path, kind: str, text: str) -> None:
    assert complaints(kind, text) == []
    assert loads(tmp_path, kind, text)


@pytest.mark.parametrize(
    ("kind", "text", "old", "new"),
    [
        ("profile", PROFILE, "lineside.profile/1", "lineside.profile/2"),
        ("profile", PROFILE, "id: my-counter\n", ""),
        ("profile", PROFILE, "id: my-counter", "id:"),
        ("profile", PROFILE, "name: {en: Counter}", "name: {zh: 计数器}"),
        ("profile", PROFILE, "modbus-tcp", "modbus-udp"),
        ("profile", PROFILE, "poll_ms: 100", "poll_ms: soon"),
        ("profile", PROFILE, "poll_ms: 100", "poll_ms: 1"),
        ("profile", PROFILE, "poll_ms: 100\n", ""),
        ("profile", PROFILE, "source: {document: manual, verified: bench}", "source: manual"),
        ("profile", PROFILE, "verified: bench", "verifed: bench"),
        ("profile", PROFILE, "address: 0", "address: 65536"),
        ("profile", PROFILE, "address: 0", "adress: 0"),
        ("profile", PROFILE, "    address: 0\n", ""),
        ("profile", PROFILE, "table: holding", "table: holdings"),
        ("profile", PROFILE, "table: holding", "topic: status"),
        ("profile", PROFILE, "type: u16", "type: [u16]"),
        ("profile", PROFILE, "kind: cumulative", "kind: growing"),
        ("profile", PROFILE, "rate_max_per_s: 20, ", ""),
        ("profile", PROFILE, "burst: 10", "burst: -10"),
        ("profile", PROFILE, "burst: 10", "burst: 1.5"),
        ("profile", PROFILE, "modulus: 65536", "modulus: 65536, lowest: 5"),
        ("profile", PROFILE, "role: good", "role: goood"),
        ("profile", PROFILE, "role: good", "role:"),
        ("profile", OPCUA, 'opcua: {namespaces: {m: "urn:m"}}\n', ""),
        ("profile", OPCUA, "sample_ms: 50", "sample_ms: often"),
        ("profile", RICH, "low: -40", "low: cold"),
        ("profile", RICH, "places: {3: 1}", "places: {3: 12}"),
        ("profile", RICH, "bad_values: [32767]", "bad_values: 32767"),
        ("plant", PLANT, "time_zone: Europe/Berlin\n", ""),
        ("plant", PLANT, "equipment: a/l/u, ", ""),
        ("plant", PLANT, "agent: e1", "agent: e1, agnet: e2"),
        ("plant", PLANT, "ideal_cycle_s: 2.5", "ideal_cycle_s: fast"),
        ("plant", PLANT, "{path: a, name: {en: A}}", "{path: a}"),
    ],
)
def test_what_is_wrong_is_wrong_for_both(
    tmp_path: Path, kind: str, text: str, old: str, new: str
) -> None:
    broken = text.replace(old, new, 1)
    assert broken != text
    assert complaints(kind, broken) != []
    assert not loads(tmp_path, kind, broken)
