"""Every refusal can be said in both languages, with nothing left open, under a name of its own."""

import importlib
import pkgutil
import string
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

import mes_server.api
import mes_server.domain
from mes_server.api.language import choose_language
from mes_server.domain.refusal import Refusal, words
from mes_server.domain.run_time import (
    InTheFuture,
    RunEndsBeforeStart,
    RunOverlaps,
    check_run_end,
    check_run_start,
)
from mes_server.domain.stock import StockTooLow

for package in (mes_server.domain, mes_server.api):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)

REFUSALS = Refusal.__subclasses__()
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_says_what_happened_and_what_to_do_in_both_languages(
    refusal: type[Refusal],
) -> None:
    given = {field.name for field in fields(refusal)}
    for text in (refusal.title, refusal.detail):
        assert set(text) == {"en", "zh"}
        for template in text.values():
            assert template.strip()
            named = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert named <= given
    assert 400 <= refusal.status < 600


def test_every_refusal_has_a_name_of_its_own() -> None:
    names = [refusal.type for refusal in REFUSALS]
    assert len(names) > 30
    assert len(set(names)) == len(names)


def test_quantities_are_said_as_people_write_them() -> None:
    refusal = StockTooLow(
        item="RESIN",
        lot="R1",
        place=words("Warehouse", "仓库"),
        here=Decimal("1200.000000"),
        reserved=Decimal("0E-6"),
        wanted=Decimal("1200.500000"),
    )
    assert refusal.say("en")[0] == (
        "Warehouse has 1200 of lot R1 of RESIN, 0 of it reserved; 1200.5 cannot be taken."
    )
    assert refusal.say("zh")[0].startswith("仓库现有RESIN批次R1共1200")
    assert refusal.say("fr") == refusal.say("en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.5", "en"),
        ("fr, zh;q=0.3", "zh"),
        ("de", "en"),
        ("zh;q=none", "en"),
    ],
)
def test_the_callers_language_is_chosen_by_weight(header: str, language: str) -> None:
    assert choose_language(header) == language


def test_a_run_begins_after_the_last_one_and_not_tomorrow() -> None:
    hour = timedelta(hours=1)
    assert check_run_start(None, now=NOW, last_end=None) == NOW
    assert check_run_start(None, now=NOW, last_end=NOW + timedelta(seconds=5)) > NOW
    assert check_run_start(NOW - hour, now=NOW, last_end=NOW - hour) == NOW - hour
    with pytest.raises(RunOverlaps):
        check_run_start(NOW - hour, now=NOW, last_end=NOW)
    with pytest.raises(InTheFuture):
        check_run_start(NOW + hour, now=NOW, last_end=None)


def test_a_run_does_not_end_before_it_began() -> None:
    assert check_run_end(None, now=NOW, started=NOW - timedelta(hours=1)) == NOW
    assert check_run_end(NOW, now=NOW, started=None) == NOW
    with pytest.raises(RunEndsBeforeStart):
        check_run_end(NOW - timedelta(hours=1), now=NOW, started=NOW)
