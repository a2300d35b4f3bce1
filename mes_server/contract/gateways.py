"""`GET /api/v1/gateways`: the gateways that report, and whom they turn away."""

from mes_server.contract.shape import Instant, LocalName, Shape


class TurnedAway(Shape):
    """Messages of one agent that a gateway did not take, for one reason."""

    agent: str
    reason: str
    """too-fast, too-large, no-room, not-json, not-in-contract, bad-sequence, bad-topic, wrong-agent, broke."""
    count: int
    """Since the gateway started."""
    last_at: Instant | None = None
    """When the server last saw it grow; None when it has not since the gateway was first heard."""


class GatewayState(Shape):
    """One gateway as it last reported."""

    name: str
    heard_at: Instant
    silent: bool
    """It has not reported for a minute."""
    since: Instant
    """When it started."""
    messages: int
    facts: int
    quarantined: int
    waiting: int
    """Facts that wait in it for the server."""
    turned_away: list[TurnedAway]
    failures: dict[str, int] = {}
    """Part of the gateway -> how often it failed in a way nobody foresaw and began anew, since the gateway started."""
    alerts: list[LocalName]
    """What somebody should look at now, in every language; empty when all is well."""
