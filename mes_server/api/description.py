"""The description of the API, complete: every parameter explained, every error named, every body with an example."""

import re
from collections.abc import Mapping
from threading import Lock
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.routing import Route

from mes_server.api.examples import example_of
from mes_server.api.field_words import FIELDS
from mes_server.contract.headers import NEXT
from mes_server.contract.problem import Problem
from mes_server.domain.refusal import Refusal

ABOUT = """Orders, materials, ledger and replenishment of one plant.

Every request carries `Authorization: Bearer …`. Commands (POST, PUT, DELETE) carry an `Idempotency-Key`, a UUID that the
caller mints, and in the name of a person the badge in `Lineside-Badge`. Lists come in pages: ask again with `after=` what
the answer's header `Lineside-Next` says. Errors are problem+json (RFC 9457) in the language of `Accept-Language`
(`en`, `zh`); `x-problem-types` in this document lists every `type` with its status, what it says and what to do then. docs/api.md takes you through it with examples that run."""

PARAMETERS: Mapping[str, str] = {
    "after": "Where the page begins: what `Lineside-Next` of the page before said",
    "limit": "Rows of one page",
    "item": "Code of an item",
    "lot": "Code of a lot",
    "location": "Code of a location",
    "order": "Number of a work order",
    "number": "Number: of a work order, or of a replenishment call",
    "operation": "Number of an operation within its order",
    "equipment": "Path of a unit, or of anything above it",
    "path": "Path: of a unit, `site/area/line/unit`, or of a list",
    "line": "Path of a line or of anything above it",
    "state": "Only those in one of these states",
    "kind": "Only those of this kind",
    "since": "Only from this time on (inclusive)",
    "until": "Only before this time (exclusive)",
    "at": "The time that is asked about",
    "badge": "Badge of a person",
    "token": "Name of a program's token",
    "station": "Terminal or unit that it came from",
    "target": "What it was about: an order, a unit, a lot, a badge",
    "outcome": "`done` or `refused`",
    "verb": "What is to be done",
    "step": "The next step",
    "verdict": "Only rows with this verdict",
    "source": "Where it comes from",
    "last-event-id": "Position of the last event that a browser saw; it sends this by itself",
    "wait_s": "How long to wait for something new before answering with nothing",
    "Idempotency-Key": "UUID; the same key books once, with other content it is refused",
    "code": "Its code",
    "revision": "Revision of a bill or routing",
    "item_class": "Only items of this class",
    "abc_class": "A, B or C: by what is consumed of it",
    "gtin": "GTIN of 8 to 14 digits",
    "procurement": "Only what is made here, or what is bought",
    "barcode": "The scanned text as it is: GS1 or plain",
    "below": "Also the places inside the location, or only those inside it",
    "active": "true: only what is in use; false: only what is not",
    "open": "true: only what is still open",
    "serial": "Serial number of a piece",
    "from": "Code of the location that it comes from",
    "direction": "`back`: what went in; `forward`: what it went into",
    "method": "Only loops with this rule",
    "service_level": "Share of cycles that shall not run out, above 0.5",
    "kanban_safety": "Share that is added to the cards",
    "supplier": "Code of a supplier",
    "run": "Number of a planning run",
    "figure": "Which figure",
    "decision": "How it is decided",
    "import_id": "Number of the import",
    "token_id": "Number of the token",
    "shipment": "Number of the shipment",
    "list_id": "Number of the count list",
    "line_id": "Number of the line of the count list",
    "reservation": "Number of the reservation",
    "adjustment": "Number of the adjustment",
    "movement": "Number of the row in the ledger",
    "movement_id": "Number of the row in the ledger",
    "report_id": "Number of the scrap entry",
    "proposal": "Number of the proposal",
    "signal_id": "Number of the replenishment call",
    "shortage_id": "Number of the entry in the shortage queue",
    "webhook_id": "Number of the webhook",
    "message_id": "Number of the message",
    "document_id": "Id of the document",
    "thing": "What it is",
    "format": "CSV in UTF-8, or an Excel workbook",
    "lineside-badge": "Badge of the person",
}
"""Parameter -> what it means, wherever its route does not say more."""

_TITLES: Mapping[str, tuple[str, str, str]] = {
    "400": ("key-missing", "The command has no Idempotency-Key.", "Send a new UUID with each command."),
    "401": ("token-wrong", "This program may not ask for that.", "Give it the token that the server knows."),
    "403": ("role-missing", "Operator One may not do this.", "Ask someone who is: planner."),
    "404": ("not-found", "There is no item X-1.", "Check the spelling, or scan the code again."),
    "409": ("wrong-state", "The state of things forbids it.", "What can be done instead stands here."),
    "412": ("changed-meanwhile", "It was changed since you looked.", "Look again, then decide anew."),
    "413": ("too-large", "The request is too large.", "At most 1000000 bytes are taken at once. Send it in parts."),
    "429": ("too-many-attempts", "Too many failed sign-ins with this badge.", "Try again in 60 seconds."),
    "422": ("not-understood", "The request is not right.", "quantity must be greater than 0."),
    "503": ("busy", "The server cannot reach its data just now.", "Try again in a moment; the same key books once."),
}  # fmt: skip
_MEANS = {
    "400": "The command has no usable idempotency key.",
    "401": "No token, a revoked one, or not one that may do this.",
    "403": "The person may not do this, here or at all, or is not signed in.",
    "404": "Something that was named does not exist.",
    "409": "The state of things forbids it; the answer says what can be done.",
    "412": "It was changed since the version that `If-Match` names.",
    "413": "More than one request takes.",
    "422": "The request does not make sense; the answer names the fields.",
    "429": "Too many failed sign-ins; `Retry-After` says for how many seconds.",
    "503": "The database is away or busy; the same request can be sent again.",
}


def describe(app: FastAPI) -> None:
    """Complete the description that FastAPI makes; `app.openapi()` gives it from now on.

    The first time takes two seconds of processor, so whoever asks does so in a thread: facts go on meanwhile.
    """
    made = app.openapi
    described: dict[str, Any] = {}
    one_at_a_time = Lock()

    def openapi() -> dict[str, Any]:
        with one_at_a_time:
            if not described:
                described.update(complete(made()))
            return described

    def description() -> JSONResponse:
        return JSONResponse(openapi())

    app.openapi = openapi
    for route in app.router.routes:
        if isinstance(route, Route) and route.path == app.openapi_url:
            app.router.routes.remove(route)
            break
    # Not `async`: so it is answered from a thread.
    app.add_api_route(app.openapi_url or "", description, include_in_schema=False)


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with summaries, parameters, errors and examples."""
    document["info"]["description"] = ABOUT
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema(mode="serialization")
    document["x-problem-types"] = problem_types()
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if name in FIELDS and "$ref" not in field:
                field.setdefault("description", FIELDS[name])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _operation(path, method, operation, document)
    return document


def problem_types() -> dict[str, dict[str, Any]]:
    """Every refusal that the server knows: type -> status, what happened and what to do, in both languages."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [*Refusal.__subclasses__()]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        found[one.type] = {
            "status": one.status,
            "title": dict(one.title),
            "detail": dict(one.detail),
            "overridable": one.overridable,
        }
    return dict(sorted(found.items()))


def _operation(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> None:
    said = str(operation.get("description", "")).strip()
    operation["summary"] = re.split(r"(?<=[a-z0-9)])[.;:](?=\s|$)", said, maxsplit=1)[0][:120]
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if name in PARAMETERS:
            parameter.setdefault("description", PARAMETERS[name])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and "example" not in body:
        body["example"] = example_of(body["schema"], document)
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            _answer(operation, answer, document)
    operation["responses"].pop("422", None)
    for status in _errors(path, method):
        operation["responses"].setdefault(status, _problem(status))


def _answer(operation: Mapping[str, Any], answer: dict[str, Any], document: dict[str, Any]) -> None:
    if answer.get("description") == "Successful Response":
        answer["description"] = operation["summary"]
    content = answer.get("content", {}).get("application/json")
    if content is None or not content.get("schema"):
        return
    content.setdefault("example", example_of(content["schema"], document))
    names = {one["name"] for one in operation.get("parameters", ())}
    if {"limit", "after"} <= names:
        answer.setdefault("headers", {})[NEXT] = {
            "description": "Ask again with `after=` this for the next page; absent on the last one",
            "schema": {"type": "string"},
        }


def _errors(path: str, method: str) -> list[str]:
    """Statuses with which a route may refuse."""
    found = ["401", "503"]
    if "{" in path:
        found.append("404")
    if method == "get":
        found.append("422")
    else:
        found += ["400", "403", "404", "409", "412", "413", "422"]
    if path.endswith("/sign-in"):
        found.append("429")
    return sorted(set(found))


def _problem(status: str) -> dict[str, Any]:
    type_, title, detail = _TITLES[status]
    example = {
        "type": type_,
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": "5c4b1c3e-7b0b-4e5c-9d5a-0d6f6f1f7a21",
        "overridable": False,
    }
    return {
        "description": _MEANS[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example,
            }
        },
    }
