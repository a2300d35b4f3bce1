"""What is wrong with a field is said in both languages, with the field's name and what would be right."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from mes_server.api.validation_words import say_fault
from mes_server.contract.bills import BillChange
from mes_server.contract.imports import ImportMapping
from mes_server.contract.items import ItemChange
from mes_server.contract.order_changes import OrderChange
from mes_server.contract.purchasing import PurchaseOrderNew
from mes_server.contract.replenishment import LoopSetting
from mes_server.contract.webhooks import WebhookChange
from mes_server.contract.work_orders import NewWorkOrder

CONTRACT = Path(__file__).parents[2] / "mes_server" / "contract"
WRONG: list[Any] = [
    None, True, "", "x" * 5_000, "?", -1, 10**30, 1.5, "NaN", [], [1] * 300, {}, "2026-13-01", "2026-03-02T12:00:00",
]  # fmt: skip


def chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


def faults_of(shape: type[BaseModel], body: Any) -> list[dict[str, Any]]:
    try:
        TypeAdapter(shape).validate_json(json.dumps(body))
    except ValidationError as error:
        return [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
    return []


@pytest.mark.parametrize(
    "shape",
    [
        ItemChange, BillChange, NewWorkOrder, OrderChange, PurchaseOrderNew, LoopSetting, WebhookChange,
        ImportMapping,
    ],
)  # fmt: skip
def test_every_fault_of_a_body_names_its_field_in_both_languages(shape: type[BaseModel]) -> None:
    bodies: list[Any] = [*WRONG, {"unknown": 1}]
    bodies += [{name: value} for name in shape.model_fields for value in WRONG]
    found = [fault for body in bodies for fault in faults_of(shape, body)]
    assert len(found) > 20
    for fault in found:
        english, other = say_fault(fault, "en"), say_fault(fault, "zh")
        field = ".".join(str(part) for part in fault["loc"][1:]) or "body"
        rule = fault["type"] == "value_error"
        assert rule or (field in english and field in other), (fault, english, other)
        assert "{" not in english.replace("{}", "") or "pattern" in fault["type"], english
        assert chinese(other), (fault, other)
        assert not re.search("not right", english), fault


def test_every_rule_of_the_contract_is_said_in_chinese() -> None:
    rules = [
        node.exc.args[0].value
        for path in sorted(CONTRACT.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id == "ValueError"
        and isinstance(node.exc.args[0], ast.Constant)
    ]
    assert rules
    for rule in rules:
        fault = {"type": "value_error", "loc": ("body",), "msg": rule, "ctx": {"error": ValueError(rule)}}  # fmt: skip
        assert not re.search("[a-z]{3} ", say_fault(fault, "zh").replace(" valid_from", "").replace("valid_until ", "")), rule  # fmt: skip
