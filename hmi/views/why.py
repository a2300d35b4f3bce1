"""A figure with the chain behind it, and rows of the ledger, as people read them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hmi.views.formatting import Format
from mes_server.contract.evidence import Batch, PersonCommand, Reading
from mes_server.contract.stock import Posting
from mes_server.contract.trace import Why, WhyInput, WhyLink, WhyPosting, WhyStep

PREFIX = "/api/v1/"
GIVEN_SHOWN = 6
"""Parts of a command that are shown; the reason is always among them."""


def why_view(why: Why, *, now: datetime, form: Format) -> dict[str, Any]:
    """The figure, its rule, whether the chain adds up to it, and each step."""
    explained = why.explained
    return {
        "name": why.name,
        "value": form.amount(why.value, why.unit) if why.unit else form.exact(why.value),
        "unit": form.unit(why.unit) if why.unit else "",
        "rule": why.rule,
        "addsUp": None if explained is None else explained == why.value,
        "explained": None if explained is None else form.exact(explained),
        "steps": [_step(one, why.unit, now=now, form=form) for one in why.steps],
        "next": why.next,
    }


def posting_view(posting: Posting, *, now: datetime, form: Format) -> dict[str, Any]:
    """A row of the ledger."""
    return {
        "id": posting.id,
        "kind": form.words.optional(f"posting.{posting.kind}", posting.kind),
        "item": posting.item,
        "lot": posting.lot,
        "from": posting.from_location,
        "to": posting.to_location,
        "quantity": form.quantity(Decimal(posting.quantity), posting.unit),
        "at": form.moment(posting.at, now),
        "order": posting.order,
        "person": posting.person,
        "reason": posting.reason,
    }


def _step(step: WhyStep, unit: str, *, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "key": step.key,
        "rule": step.rule,
        "inputs": [_input(one, form) for one in step.inputs],
        "result": None
        if step.result is None
        else (form.quantity(step.result, unit) if unit else form.exact(step.result)),
        "postings": [_why_posting(one, now=now, form=form) for one in step.postings],
        "batches": [_batch(one, now=now, form=form) for one in step.batches],
        "commands": [_command(one, now=now, form=form) for one in step.commands],
        "readings": [_reading(one, now=now, form=form) for one in step.readings],
        "links": [_link(one) for one in step.links],
    }


def _input(one: WhyInput, form: Format) -> dict[str, str]:
    return {"label": one.label, "value": _plain(one.value, one.unit, form)}


def _plain(value: str, unit: str, form: Format) -> str:
    """Figures as figures with their unit, words as words."""
    if value in ("true", "false"):
        return form.words(f"said.{value}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return form.quantity(number, unit) if unit else form.exact(number)


def _why_posting(posting: WhyPosting, *, now: datetime, form: Format) -> dict[str, Any]:
    return {**posting_view(posting, now=now, form=form), "batch": posting.ingest_id}


def _batch(batch: Batch, *, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "id": batch.id,
        "at": form.moment_s(batch.received_at, now),
        "gateway": batch.gateway,
        "facts": batch.facts,
    }


def _command(command: PersonCommand, *, now: datetime, form: Format) -> dict[str, Any]:
    words = form.words
    return {
        "what": words.optional(f"command.{command.kind}", command.kind),
        "person": command.person or words("said.program"),
        "station": command.station,
        "at": form.moment_s(command.at, now),
        "given": _given(command.given),
    }


def _given(given: Mapping[str, Any]) -> str:
    """What was asked for, reason last, as `name value` pairs."""
    parts = {key: value for key, value in given.items() if value not in (None, "", [], {})}
    reason = parts.pop("reason", None)
    shown = [f"{key} {value}" for key, value in list(parts.items())[: GIVEN_SHOWN - 1]]
    return " · ".join([*shown, str(reason)] if reason else shown)


def _reading(reading: Reading, *, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "at": form.moment_s(reading.at, now),
        "signal": reading.signal or "?",
        "step": "?" if reading.step is None else form.signed(reading.step),
        "total": "?" if reading.total is None else form.exact(reading.total),
        "quality": reading.quality,
        "qualityWord": form.words(f"quality.{reading.quality}"),
        "arrived": form.moment_s(reading.arrived_at, now),
        "source": f"{reading.agent} #{reading.seq}",
        "detail": reading.detail or "",
    }


def _link(link: WhyLink) -> dict[str, str]:
    """`figure` leads to another chain, `postings` to rows of the ledger."""
    return {"rel": link.rel, "path": link.href.removeprefix(PREFIX)}


def postings_view(
    postings: Iterable[Posting], *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Rows of the ledger in the order given."""
    return [posting_view(one, now=now, form=form) for one in postings]
