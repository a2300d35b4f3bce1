"""What a browser may ask for on a page, and how it is answered: done, or the problem word for word."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import structlog
from pydantic import ValidationError

from hmi.commands import UnknownVerb, request_for
from hmi.pages.visitor import Visitor
from hmi.server_client import Refused, Unreachable
from hmi.views.call_scan import what_a_scan_means
from hmi.views.formatting import millis
from hmi.views.receive import booked_view
from mes_server.contract.stock import Mounted

_log = structlog.get_logger(__name__)

ANSWER_WITHIN_MS = 12_000
"""As long as the browser waits for an answer."""
Answer = dict[str, Any]
Question = Callable[[Mapping[str, Any]], Awaitable[Answer]]
"""What one page can be asked besides commands; raises Refused or Unreachable. Looking needs nobody signed in."""
NO_QUESTIONS: Mapping[str, Question] = {}


async def answer(
    visitor: Visitor,
    message: Mapping[str, Any],
    *,
    unit: str,
    questions: Mapping[str, Question] = NO_QUESTIONS,
) -> Answer:
    """The outcome of one request; never raises for what a person or the network can cause."""
    identity, verb = str(message.get("id", "")), str(message.get("verb", ""))
    body: Mapping[str, Any] = message.get("body") or {}
    if _too_late(visitor, message):
        _log.warning("asked_too_late", verb=verb)
        return _no_words(visitor, identity, "silent")
    try:
        if verb in questions:
            result = await questions[verb](body)
        else:
            result = await _do(visitor, verb, body, key=identity, unit=unit)
    except Refused as refused:
        problem = refused.problem
        return _no(identity, problem.model_dump(exclude={"status"}))
    except Unreachable as error:
        _log.warning("server_unreachable", verb=verb, reason=str(error))
        return _no_words(visitor, identity, "unanswered" if verb in questions else "silent")
    except (UnknownVerb, ValidationError) as error:
        _log.warning("not_understood", verb=verb, reason=str(error)[:300])
        return _no_words(visitor, identity, "not_understood")
    except Locked:
        return _no_words(visitor, identity, "locked")
    except ScanMeansNothing as error:
        return _no_words(visitor, identity, "scan_unknown", code=error.text)
    return {"id": identity, "ok": True, "result": result}


class Locked(Exception):
    """Nobody is signed in at this station."""


class ScanMeansNothing(Exception):
    """A scan that fits no open call."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def _too_late(visitor: Visitor, message: Mapping[str, Any]) -> bool:
    """Sockets keep what was tapped while this process was frozen; the person was told long ago that nobody answers."""
    asked_at = message.get("atMs")
    now = millis(visitor.house.clock.now()) or 0
    return not isinstance(asked_at, int | float) or now - asked_at > ANSWER_WITHIN_MS


async def _do(
    visitor: Visitor, verb: str, body: Mapping[str, Any], *, key: str, unit: str
) -> Answer:
    house, now = visitor.house, visitor.house.clock.monotonic()
    match verb:
        case "touch":
            house.sessions.touch(visitor.station, visitor.browser, now=now)
            return {}
        case "lock":
            house.sessions.close(visitor.station, visitor.browser)
            return {}
        case "sign_in":
            badge = str(body.get("badge", "")).strip()
            pin = str(body.get("pin", ""))
            person = await house.server.sign_in(badge, pin=pin, caller=visitor.caller())
            house.sessions.open(visitor.station, visitor.browser, person, now=now)
            return {}
        case _:
            pass
    if visitor.person() is None:
        raise Locked
    house.sessions.touch(visitor.station, visitor.browser, now=now)
    if verb == "scan":
        return _scan(visitor, body)
    request = request_for(verb, body, unit=unit)
    result = await house.server.command(
        request.path, request.body, key=key, caller=visitor.caller(), seen=request.seen
    )
    return _shown(visitor, verb, body, result, unit=unit)


def _scan(visitor: Visitor, body: Mapping[str, Any]) -> Answer:
    text, selected = str(body.get("text", "")), body.get("selected")
    signals = visitor.house.model.signals.values()
    meaning = what_a_scan_means(
        text, signals, selected=selected if isinstance(selected, int) else None
    )
    if meaning is None:
        raise ScanMeansNothing(text[:40])
    return {
        "step": meaning.step,
        "number": meaning.number,
        "lot": meaning.lot,
        "location": meaning.location,
    }


def _shown(
    visitor: Visitor, verb: str, body: Mapping[str, Any], result: Answer, *, unit: str
) -> Answer:
    """The part of the server's answer that the screen shows."""
    match verb:
        case "scrap":
            visitor.house.reasons.count(unit, str(body.get("reason")))
            return {"id": result.get("id")}
        case "mount":
            form, mounted = visitor.form(), Mounted.model_validate(result)
            return {
                "itemName": form.words.name(mounted.item_name),
                "lot": mounted.lot,
                "quantity": form.quantity(Decimal(mounted.quantity), mounted.unit),
            }
        case "receive" | "receive_loose" | "put_away" | "transfer" | "give_back":
            return booked_view(result, visitor.form())
        case "count" | "approve_count" | "refuse_count":
            return {"state": result.get("state")}
        case "card":
            return {"state": result.get("state"), "call": result.get("call")}
        case "firm":
            return {"order": result.get("order")}
        case _:
            return {}


def _no_words(visitor: Visitor, identity: str, name: str, **values: str) -> Answer:
    words = visitor.words
    said = {part: words(f"{name}.{part}", **values) for part in ("title", "detail")}
    return _no(identity, {**said, "instance": ""})


def _no(identity: str, problem: Mapping[str, Any]) -> Answer:
    return {"id": identity, "ok": False, "problem": problem}
