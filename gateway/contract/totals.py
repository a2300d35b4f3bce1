"""What is known of a running counter beside its agent: `.../totals/{unit}:{signal}`, retained, told by the gateway."""

from gateway.contract.fact import CountFact, Instant, Pieces
from gateway.contract.uplink import Envelope


class KnownTotal(Envelope, frozen=True, kw_only=True):
    """A counter's running total and the raw reading that belongs to it.

    An agent that lost its own memory goes on from here in the same totalizer epoch. The pair may be old: as long as the
    counter was not reset in between, the difference of the readings is the difference of the totals.
    """

    equipment: str
    signal: str
    epoch: int
    total: Pieces
    raw: int
    at: Instant
    """Machine time of the fact that said it."""
    arrived: Instant
    """The agent's clock when it read the value."""


def known_total(fact: CountFact) -> KnownTotal:
    """What a fact lets us know."""
    return KnownTotal(
        equipment=fact.equipment,
        signal=fact.signal,
        epoch=fact.epoch,
        total=fact.total,
        raw=fact.raw,
        at=fact.at,
        arrived=fact.arrived,
    )
