"""What a tap becomes on the wire: the verb of a screen as a path and a body of the server's API. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hmi.management_commands import MANAGEMENT, NAMED, VERSION
from hmi.warehouse_commands import PLACES, WAREHOUSE
from mes_server.contract.stock import LotScan, LotUnmount, SignalStep
from mes_server.contract.work_orders import OperationChange, ScrapEntry

ORDER_VERBS = frozenset(
    {"release", "start", "pause", "hold", "resume", "complete", "close", "abort"}
)
SIGNAL_VERBS = frozenset({"accept", "pick", "deliver"})
UNIT_VERBS = frozenset({"mount", "unmount"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """POST `path` under /api/v1 with `body`."""

    path: str
    body: dict[str, Any]
    seen: int | None = None
    """Version of the order that this was decided on; refused when somebody changed it meanwhile."""


class UnknownVerb(Exception):
    """The browser asked for something this page does not do."""


def request_for(verb: str, body: Mapping[str, Any], *, unit: str) -> CommandRequest:
    """The request of a verb; raises pydantic's ValidationError when the body is not in the contract's words."""
    if verb in WAREHOUSE:
        spec = WAREHOUSE[verb]
        places = {name: _segment(body.get(name)) for name in PLACES[verb]}
        rest = {key: value for key, value in body.items() if key not in places}
        given = spec.body.model_validate(rest).model_dump(mode="json", exclude_none=True)
        return _post(spec.path.format(**places), given)
    if verb in MANAGEMENT:
        return _as_entered(verb, body)
    rest = {key: value for key, value in body.items() if key not in ("number", "id")}
    number = _segment(body.get("number"))
    if verb in ORDER_VERBS:
        change = OperationChange.model_validate(rest)
        return _post(f"work-orders/{number}/{verb}", change.model_dump(mode="json"))
    if verb == "scrap":
        entry = ScrapEntry.model_validate(rest)
        return _post(f"work-orders/{number}/scrap", entry.model_dump(mode="json"))
    if verb == "reverse":
        return _post(f"scrap-reports/{_segment(body.get('id'))}/reverse", {})
    if verb in SIGNAL_VERBS:
        step = SignalStep.model_validate(rest)
        return _post(f"replenishments/{number}/{verb}", step.model_dump(mode="json"))
    if verb in UNIT_VERBS and unit:
        shape = LotScan if verb == "mount" else LotUnmount
        scan = shape.model_validate(rest)
        return _post(f"units/{quote(unit)}/{verb}", scan.model_dump(mode="json"))
    raise UnknownVerb(verb)


def _as_entered(verb: str, body: Mapping[str, Any]) -> CommandRequest:
    """What people typed, for the server to judge."""
    names = NAMED[verb]
    path = MANAGEMENT[verb].format(**{name: _segment(body.get(name)) for name in names})
    rest = {key: value for key, value in body.items() if key not in names and key != VERSION}
    seen = body.get(VERSION)
    return CommandRequest(path=path, body=rest, seen=seen if isinstance(seen, int) else None)


def _segment(value: object) -> str:
    return quote(str(value), safe="")


def _post(path: str, body: dict[str, Any]) -> CommandRequest:
    return CommandRequest(path=path, body=body)
