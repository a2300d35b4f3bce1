"""Both languages say everything the screens ask for, and nothing else."""

import json
import re
from pathlib import Path
from typing import get_args

from hmi.i18n import LANGUAGES, Words, catalog, language_from
from hmi.pages.panel_page import TITLES
from hmi.scrap_reasons import DEFAULT_REASONS
from hmi.views.orders import ACTIONS, Risk
from hmi.views.stock import Level
from mes_server.contract.feed import OrderState, SignalState, State
from mes_server.contract.people import Role

HMI = Path(__file__).parents[2] / "hmi"
SCREENS = HMI / "components" / "screens"
FAMILIES = (
    "state.",
    "order_state.",
    "unit.",
    "role.",
    "reason.",
    "risk.",
    "stock.level.",
    "call.state.",
    "call.step.",
    "call.do.",
    "call.said.",
    "orders.group.",
    "orders.col.",
    "do.",
    "order.do.",
    "order.note.",
    "order.relation.",
    "order.changed.",
    "order.went.",
    "order.incoming.",
    "form.reason.",
    "posting.",
    "reports.",
    "review.",
    "trace.tab.",
    "quality.",
    "ready.",
    "said.",
    "scrap.",
    "rework.",
    "count.state.",
    "count.said.",
    "count.reason.",
    "plan.method.",
    "plan.kind.",
    "plan.rule.",
    "plan.card.",
    "plan.purchase.",
    "plan.tab.",
    "plan.reason.",
    "plan.said.",
    "where.do.",
    "where.reason.",
    "where.why.",
    "where.said.",
)
"""Keys that are put together from a word of the data."""
ASKED_IN_PYTHON = re.compile(r'words(?:\.optional)?\(\s*f?"([a-z_.{}]+)"')
ASKED_IN_A_SCREEN = re.compile(r"\bt\(([^)]*)|(?:title|what): (\"[a-z_.]+\")")
QUOTED = re.compile(r"[\"']([a-z_0-9.]+)[\"']")
NO_KEYS = {"en", "unknown"}
"""Compared with inside a call that asks for words."""
SAID_AS_PROBLEM = ("silent", "unanswered", "not_understood", "locked", "scan_unknown")


def keys_asked_for() -> set[str]:
    """Every whole key that a screen or a view names."""
    asked = {f"{name}.{part}" for name in SAID_AS_PROBLEM for part in ("title", "detail")}
    asked.update(TITLES.values())
    for path in HMI.rglob("*.py"):
        asked.update(key for key in ASKED_IN_PYTHON.findall(path.read_text()) if "{" not in key)
    for path in SCREENS.rglob("*.js"):
        for call, door in ASKED_IN_A_SCREEN.findall(path.read_text()):
            found = QUOTED.findall(call.partition("{")[0] + door)
            asked.update(key for key in found if key.strip(".") == key and key not in NO_KEYS)
    return asked


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_keys() -> None:
    assert set(catalog("en")) == set(catalog("zh"))


def test_both_languages_fill_in_the_same_values() -> None:
    en, zh = catalog("en"), catalog("zh")
    assert {key: zh[key] for key in en if placeholders(en[key]) != placeholders(zh[key])} == {}


def test_every_key_that_is_asked_for_is_there() -> None:
    assert keys_asked_for() - set(catalog("en")) == set()


def test_every_word_that_data_may_bring_is_there() -> None:
    families = {
        "state": get_args(State),
        "order_state": get_args(OrderState),
        "call.state": [state for state in get_args(SignalState) if state != "cancelled"],
        "role": get_args(Role),
        "reason": DEFAULT_REASONS,
        "risk": get_args(Risk),
        "stock.level": get_args(Level),
        "do": {verb for verbs in ACTIONS.values() for verb in verbs},
    }
    keys = {f"{family}.{word}" for family, words in families.items() for word in words}
    assert keys - set(catalog("en")) == set()


def test_no_key_is_left_over() -> None:
    asked = keys_asked_for()
    unused = {key for key in catalog("en") if key not in asked and not key.startswith(FAMILIES)}
    assert unused == set()


def test_no_sentence_is_empty_and_chinese_is_chinese() -> None:
    same = {"unit.Cel", "unit.kg", "stock.rate"}
    zh = catalog("zh")
    assert all(text.strip() for language in LANGUAGES for text in catalog(language).values())
    assert [
        k for k, v in zh.items() if not re.search(r"[\u4e00-\u9fff]", v) and k not in same
    ] == []


def test_catalogs_are_sorted_so_that_translators_find_their_way() -> None:
    for language in LANGUAGES:
        text = (HMI / "i18n" / f"{language}.json").read_text(encoding="utf-8")
        keys = list(json.loads(text))
        assert keys == sorted(keys)


def test_a_name_is_told_in_the_visitors_language_or_else_in_english() -> None:
    zh = Words(language="zh")
    assert zh.name({"en": "Moulder", "zh": "注塑机"}) == "注塑机"
    assert zh.name({"en": "Moulder"}) == "Moulder"
    assert zh.name({}) == ""


def test_a_language_nobody_speaks_becomes_the_default() -> None:
    assert language_from("zh", "en") == "zh"
    assert language_from("tlh", "en") == "en"
    assert language_from(None, "zh") == "zh"
