"""Open items: everything that waits for somebody's judgement, each with the next thing to do. Pure."""

import textwrap
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hmi.views import addresses, no_order
from hmi.views.formatting import Format, millis
from hmi.views.order_detail import order_path
from hmi.views.trace import unit_name
from mes_server.contract.feed import OrderCard, SignalCard, UnitCard
from mes_server.contract.gateways import GatewayState
from mes_server.contract.people import Role
from mes_server.contract.review import (
    NoOrderCount,
    NoOrderWeighing,
    OverUpstream,
    QuarantinedFact,
)
from mes_server.contract.stock import Shortage
from mes_server.contract.webhooks import Webhook

Section = Literal[
    "calls", "shortages", "no_order", "over_upstream", "quarantine", "gateways", "webhooks"
]
ICONS: dict[Section, str] = {
    "calls": "campaign",
    "shortages": "production_quantity_limits",
    "no_order": "help_center",
    "over_upstream": "trending_up",
    "quarantine": "report",
    "gateways": "router",
    "webhooks": "webhook",
}
"""In the order in which they press."""
REASON_SHOWN = 160
"""Characters of why a reading is doubted; the list of the server has it whole."""
MAY_ATTRIBUTE: frozenset[Role] = frozenset({"leader", "admin"})
MAY_ACCEPT: frozenset[Role] = frozenset({"warehouse", "leader", "admin"})
MAY_RESUME: frozenset[Role] = frozenset({"engineer", "admin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the server told; webhooks only to whom they concern."""

    counts: Sequence[NoOrderCount] = ()
    weighings: Sequence[NoOrderWeighing] = ()
    shortages: Sequence[Shortage] = ()
    quarantine: Sequence[QuarantinedFact] = ()
    over_upstream: Sequence[OverUpstream] = ()
    gateways: Sequence[GatewayState] = ()
    webhooks: Sequence[Webhook] = ()


def review_view(
    waiting: Waiting,
    *,
    signals: Iterable[SignalCard],
    orders: Iterable[OrderCard],
    units: Mapping[str, UnitCard],
    roles: Collection[Role],
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """Sections that have something, the most pressing first."""
    rows: dict[Section, list[dict[str, Any]]] = {
        "calls": _calls(signals, roles, now, form),
        "shortages": [_shortage(one, units, now, form) for one in waiting.shortages],
        "no_order": _no_order(waiting, list(orders), units, roles, now, form),
        "over_upstream": [_over_upstream(one, form) for one in waiting.over_upstream],
        "quarantine": _quarantined(waiting.quarantine, units, now, form),
        "gateways": [row for one in waiting.gateways for row in _gateway(one, now, form)],
        "webhooks": [
            _webhook(one, roles, now, form)
            for one in waiting.webhooks
            if one.parked_at is not None or one.failures > 0
        ],
    }
    return [
        {
            "key": key,
            "icon": ICONS[key],
            "title": form.words(f"review.{key}"),
            "hint": form.words(f"review.hint.{key}"),
            "rows": found,
        }
        for key, found in rows.items()
        if found
    ]


def _row(key: str, title: str, **more: Any) -> dict[str, Any]:
    """`do`: what a tap does, as a verb or an address; None: nothing but looking."""
    nothing = {"detail": "", "figure": "", "since": "", "why": None, "do": None, "abnormal": False}
    return {"key": key, "title": title, **nothing, **more}


def _go(href: str, word: str) -> dict[str, Any]:
    return {"kind": "go", "href": href, "word": word}


def _calls(
    signals: Iterable[SignalCard], roles: Collection[Role], now: datetime, form: Format
) -> list[dict[str, Any]]:
    words = form.words
    accept = {"kind": "accept", "word": words("call.do.accept")}
    look = _go("/replenishment", words("review.look"))
    raised = sorted(
        (card for card in signals if card.state == "raised"), key=lambda card: card.raised_at
    )
    return [
        _row(
            f"C{card.number}",
            words.name(card.item_name),
            number=card.number,
            detail=f"{words.name(card.source_name)} → {words.name(card.location_name)}",
            figure=form.quantity(card.quantity, card.unit),
            since=form.moment(card.raised_at, now),
            why=f"why/signals/{card.number}",
            do=accept if MAY_ACCEPT & set(roles) else look,
        )
        for card in raised
    ]


def _shortage(
    one: Shortage, units: Mapping[str, UnitCard], now: datetime, form: Format
) -> dict[str, Any]:
    unit = unit_name(one.equipment, units, form)
    return _row(
        f"S{one.id}",
        form.words.name(one.item_name),
        detail=" · ".join(
            part for part in (form.words.name(one.location_name), unit, one.order) if part
        ),
        figure=form.quantity(one.remaining, one.unit),
        since=form.moment(one.since, now),
        why=f"why/shortages/{one.id}",
        do=_go("/replenishment", form.words("review.bring")),
        abnormal=True,
    )


def _no_order(
    waiting: Waiting,
    orders: Sequence[OrderCard],
    units: Mapping[str, UnitCard],
    roles: Collection[Role],
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    found = no_order.stretches(waiting.counts, waiting.weighings, form.words)
    for path, stretches in found.items():
        choices = no_order.takers(path, orders, form)
        for stretch in stretches:
            may = bool(MAY_ATTRIBUTE & set(roles))
            give = {
                "kind": "attribute",
                "word": form.words("review.attribute"),
                "orders": choices,
                "since": stretch.since.isoformat(),
                "until": stretch.until.isoformat(),
            }
            nobody = _go("/orders", form.words("orders.title"))
            rows.append(
                _row(
                    f"N{path}{millis(stretch.since)}",
                    unit_name(path, units, form),
                    detail=no_order.weighed(stretch, form),
                    figure=form.words(
                        "review.counted",
                        good=form.exact(stretch.good),
                        scrap=form.exact(stretch.scrap),
                    ),
                    since=f"{form.moment(stretch.since, now)} – {form.clock(stretch.until)}",
                    why=addresses.with_query("why/no-order", {"equipment": path}),
                    do=give if may and choices else nobody,
                    locked=not may,
                )
            )
    return rows


def _over_upstream(one: OverUpstream, form: Format) -> dict[str, Any]:
    words, path = form.words, addresses.part(one.number)
    figure = {"operation": one.operation, "figure": "produced"}
    return _row(
        f"O{one.number}/{one.operation}",
        f"{one.number} · {words('order.operation_short', number=one.operation)}",
        detail=words(
            "review.produced",
            place=words.name(one.equipment_name),
            produced=form.exact(one.produced),
            upstream=form.exact(one.upstream_good),
        ),
        figure=form.signed(one.over_upstream),
        why=addresses.with_query(f"why/progress/{path}", figure),
        do=_go(order_path(one.number), words("orders.open")),
    )


def _quarantined(
    facts: Iterable[QuarantinedFact], units: Mapping[str, UnitCard], now: datetime, form: Format
) -> list[dict[str, Any]]:
    """A row a signal, with what its latest reading is doubted for."""
    by_signal: dict[tuple[str, str], list[QuarantinedFact]] = defaultdict(list)
    for one in facts:
        if one.resolved_at is None:
            by_signal[one.equipment, one.signal].append(one)
    rows: list[dict[str, Any]] = []
    for (path, signal), found in by_signal.items():
        latest = max(found, key=lambda one: one.at)
        rows.append(
            _row(
                f"Q{path}/{signal}",
                f"{unit_name(path, units, form)} · {signal}",
                detail=textwrap.shorten(latest.reason, REASON_SHOWN, placeholder=" …"),
                figure=form.words("review.readings", count=len(found)),
                since=form.moment(latest.at, now),
                do=_go(f"/terminal/{addresses.path(path)}", form.words("review.machine")),
            )
        )
    return rows


def _gateway(one: GatewayState, now: datetime, form: Format) -> list[dict[str, Any]]:
    since = form.moment(one.heard_at, now)
    told = [form.words.name(alert) for alert in one.alerts]
    if one.silent and not told:
        told = [form.words("review.silent", time=since)]
    return [
        _row(f"G{one.name}{nr}", one.name, detail=text, since=since, abnormal=True)
        for nr, text in enumerate(told)
    ]


def _webhook(one: Webhook, roles: Collection[Role], now: datetime, form: Format) -> dict[str, Any]:
    parked = one.parked_at
    since = one.last_delivered_at if parked is None else parked
    resume = {"kind": "resume", "word": form.words("review.resume")}
    return _row(
        f"W{one.id}",
        one.name,
        webhook=one.id,
        detail=one.last_error,
        figure=form.words("review.pending", count=one.pending),
        since="" if since is None else form.moment(since, now),
        do=resume if parked is not None and MAY_RESUME & set(roles) else None,
        abnormal=parked is not None,
    )
