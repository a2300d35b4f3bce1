"""Hostile messages for the gateway, drawn from a seed: garbage, and real messages that were tampered with. Pure.

None of them is both on a real agent's topic and in its name: that would be a forgery, which the broker's access rules
must stop, not the gateway's reader.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from gateway.contract.codec import encode
from gateway.contract.uplink import AgentStatus
from tests.conformance.gateway_rig import AGENT, SITE, UNIT, message

STRANGERS = 3_000
"""Agents that nobody knows."""
PAYLOAD_BYTES_MAX = 20_000
"""What the demo's broker carries."""
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**64, -(2**80), 1e308, -0.0, 1e-320, "", "\u0000", "\ud7ff\U0010ffff", "NaN", "1e999",
    "-Infinity", "9" * 400, "A" * 3_000, [], {}, [[]], {"a": {"b": [1]}}, "2026-02-30T25:61:00Z",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "../../etc/passwd", "'; drop table event; --", "%s%n", UNIT,
)  # fmt: skip


def hostile_messages(rng: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """(topic, payload) so many times."""
    ways: tuple[Callable[[random.Random, str], tuple[str, bytes]], ...] = (
        _noise, _truncated, _flipped, _spliced, _retyped, _retyped, _nested, _impostor, _status, _plain_stranger,
    )  # fmt: skip
    for _ in range(count):
        name = f"stranger-{rng.randrange(STRANGERS)}"
        channel, payload = rng.choice(ways)(rng, name)
        topic = name if channel in ("facts", "status") else AGENT
        kind = channel if channel in ("facts", "status") else "facts"
        yield f"lineside/v1/{SITE}/{topic}/{kind}", payload[:PAYLOAD_BYTES_MAX]


def _real(rng: random.Random, name: str) -> bytes:
    first = rng.choice((1, 1, 7, 10**6))
    return encode(message(first, first + rng.randrange(12), agent=name))


def _noise(rng: random.Random, name: str) -> tuple[str, bytes]:
    return rng.choice(("facts", "status")), rng.randbytes(rng.choice((0, 1, 7, 300, 19_000)))


def _truncated(rng: random.Random, name: str) -> tuple[str, bytes]:
    payload = _real(rng, name)
    return "facts", payload[: rng.randrange(len(payload))]


def _flipped(rng: random.Random, name: str) -> tuple[str, bytes]:
    payload = bytearray(_real(rng, name))
    for _ in range(rng.randint(1, 8)):
        payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)
    return "facts", bytes(payload)


def _spliced(rng: random.Random, name: str) -> tuple[str, bytes]:
    one, other = _real(rng, name), _real(rng, name)
    return "facts", one[: rng.randrange(len(one))] + other[rng.randrange(len(other)) :]


def _retyped(rng: random.Random, name: str) -> tuple[str, bytes]:
    """One field somewhere holds what nobody expects, or is gone, or is doubled."""
    document: dict[str, Any] = json.loads(_real(rng, name))
    inner = rng.random() < 0.7
    place: dict[str, Any] = rng.choice(document["facts"]) if inner else document
    field = rng.choice([key for key in place if key != "agent"])
    match rng.randrange(4):
        case 0:
            del place[field]
        case 1:
            place[field + "_"] = place[field]
        case _:
            place[field] = rng.choice(VALUES)
    return "facts", json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _nested(rng: random.Random, name: str) -> tuple[str, bytes]:
    depth = rng.choice((10, 500, 9_000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    head = '{"agent":"' + name + '","facts":'
    return "facts", (head + opening * depth + "1" + closing * depth + "}").encode()


def _impostor(rng: random.Random, name: str) -> tuple[str, bytes]:
    """In a stranger's name on a real agent's topic, or the other way round."""
    if rng.random() < 0.5:
        return "theirs", encode(message(1, 3, agent=name))
    return "facts", encode(message(1, 3, agent=AGENT))


def _status(rng: random.Random, name: str) -> tuple[str, bytes]:
    known = rng.choice((name, AGENT))
    status = AgentStatus(
        agent=known, online=rng.random() < 0.5, outbox_epoch=rng.choice((0, -1, 2**62))
    )
    payload = encode(status)
    return "status", payload if rng.random() < 0.7 else payload[: rng.randrange(len(payload))]


def _plain_stranger(rng: random.Random, name: str) -> tuple[str, bytes]:
    """Nothing wrong with it but that nobody knows its agent."""
    return "facts", _real(rng, name)
