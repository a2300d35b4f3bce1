"""What a gateway says of itself to the server: `POST /api/v1/gateway/report`, every few seconds."""

from gateway.contract.fact import Instant
from gateway.contract.uplink import Envelope

REPORT_EVERY_S = 10.0
REPORTED_AGENTS_MAX = 100
"""Those of whom most was turned away; the others are in the gateway's own log."""


class GatewayReport(Envelope, frozen=True, kw_only=True, omit_defaults=True):
    """Running totals since the gateway started."""

    gateway: str
    since: Instant
    messages: int
    facts: int
    quarantined: int
    waiting: int
    """Facts that wait to be sent to the server now."""
    turned_away: dict[str, dict[str, int]]
    """Agent -> reason (`too-fast`, `too-large`, `not-json`, …) -> messages."""
    failures: dict[str, int] = {}
    """Part of the gateway (`namespace`, `sparkplug`, …) -> how often it failed in a way nobody foresaw, and began anew."""
