"""The description of the API says everything: a client can be written from it alone."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from mes_server.api.app import build_app
from mes_server.api.server import Server


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build_app(cast(Server, None)).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_has_a_name_a_summary_and_a_description(document: dict[str, Any]) -> None:
    poor = [
        name
        for name, one in operations(document)
        if not one.get("description") or len(one.get("summary", "")) < 8 or not one.get("tags")
    ]
    assert poor == []
    names = [one["operationId"] for _, one in operations(document)]
    assert len(names) == len(set(names))


def test_every_parameter_is_explained(document: dict[str, Any]) -> None:
    silent = [
        (name, parameter["name"])
        for name, one in operations(document)
        for parameter in one.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []


def test_every_field_is_explained(document: dict[str, Any]) -> None:
    silent = [
        f"{shape}.{name}"
        for shape, schema in document["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description") and "$ref" not in field
    ]
    assert silent == []


def test_every_answer_says_what_it_is(document: dict[str, Any]) -> None:
    silent = [
        name
        for name, one in operations(document)
        for status, answer in one["responses"].items()
        if status.startswith("2") and status != "204" and not answer.get("content")
    ]
    assert silent == []


def test_every_refusal_is_listed_with_its_status_and_words(document: dict[str, Any]) -> None:
    listed = document["x-problem-types"]
    assert {"not-found", "key-reused", "changed-meanwhile", "not-understood", "other-name"} <= set(
        listed
    )
    for type_, said in listed.items():
        assert 400 <= said["status"] <= 599, type_
        for words in (said["title"], said["detail"]):
            assert set(words) == {"en", "zh"}, type_
            assert words["en"].startswith("{") or words["en"] != words["zh"], type_


def test_every_error_is_named_with_an_example(document: dict[str, Any]) -> None:
    for name, one in operations(document):
        found = {status for status in one["responses"] if status[0] in "45"}
        assert {"401", "503"} <= found, name
        if not name.startswith("GET"):
            assert {"400", "403", "404", "409", "412", "413", "422"} <= found, name
        for status in found:
            problem = one["responses"][status]["content"]["application/problem+json"]
            assert problem["example"]["status"] == int(status), name
            assert problem["example"]["title"], name


def test_every_body_has_an_example_that_its_schema_takes(document: dict[str, Any]) -> None:
    wrong: list[tuple[str, str]] = []
    for name, one in operations(document):
        bodies = [one.get("requestBody", {}), *(one["responses"][s] for s in one["responses"])]
        for body in bodies:
            for media, content in body.get("content", {}).items():
                if "json" not in media or not content.get("schema"):
                    continue
                if "example" not in content:
                    wrong.append((name, "no example"))
                    continue
                schema = {**content["schema"], "components": document["components"]}
                faults = Draft202012Validator(schema).iter_errors(content["example"])
                wrong += [(name, f"{fault.json_path}: {fault.message}") for fault in faults]
    assert wrong == []


UNPAGED = {
    "GET /api/v1/imports/fields/{kind}",
    "GET /api/v1/exports",
}
"""Lists that are bounded by themselves: by the product, or by what runs just now."""


def test_every_list_comes_in_pages(document: dict[str, Any]) -> None:
    unpaged: set[str] = set()
    for name, one in operations(document):
        content = one["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if not name.startswith("GET") or content.get("schema", {}).get("type") != "array":
            continue
        parameters = {parameter["name"]: parameter for parameter in one.get("parameters", ())}
        if not {"limit", "after"} <= parameters.keys():
            unpaged.add(name)
        else:
            assert parameters["limit"]["schema"]["maximum"] <= 500, name
            assert "Lineside-Next" in one["responses"]["200"]["headers"], name
    assert {name for name in unpaged if "{" not in name} <= UNPAGED
