"""What gateways say of themselves, and which of their numbers grew since."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.contract.report import GatewayReport

PART = "(part)"
"""Stands for the gateway's own parts where agents are named; no agent can have the name."""

Grew = Mapping[tuple[str, str], datetime]
"""(agent, reason) or (PART, part) -> when the server last saw its number grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One gateway's last report."""

    report: GatewayReport
    at: datetime
    grew: Grew = field(default_factory=dict[tuple[str, str], datetime])


def numbers_of(report: GatewayReport) -> dict[tuple[str, str], int]:
    """What a report counts: by agent and reason, and by PART and part."""
    counted = {
        (agent, reason): count
        for agent, reasons in report.turned_away.items()
        for reason, count in reasons.items()
    }
    return counted | {(PART, part): count for part, count in report.failures.items()}


def heard(before: Heard | None, report: GatewayReport, now: datetime) -> Heard:
    """The gateway after another report; of the first one nobody knows what grew."""
    if before is None:
        return Heard(report=report, at=now)
    # One that started again counts from nothing.
    known = numbers_of(before.report) if before.report.since == report.since else {}
    grew: dict[tuple[str, str], datetime] = {}
    for key, count in numbers_of(report).items():
        if count > known.get(key, 0):
            grew[key] = now
        elif (last := before.grew.get(key)) is not None:
            grew[key] = last
    return Heard(report=report, at=now, grew=grew)
