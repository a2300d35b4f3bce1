"""Hostile messages as Hypothesis strategies: built from what the wire knows, with anything in the place of anything.

`fuzzed` draws as many as are wanted, the same for the same seed, a chunk at a time so that memory stays bounded. As in
`tests/faults/hostile.py`, none is both on a real agent's topic and in its name.
"""

import json
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gateway.contract.codec import encode
from gateway.contract.fact import Cause, Quality
from gateway.contract.state import EquipmentState
from tests.conformance.gateway_rig import AGENT, SITE, UNIT, message
from tests.faults.hostile import PAYLOAD_BYTES_MAX, STRANGERS, VALUES

CHUNK = 500
"""Messages drawn at a time."""
AHEAD = 4
"""Chunks drawn ahead."""
Message = tuple[str, bytes]

_strangers = st.integers(0, STRANGERS - 1).map(lambda number: f"stranger-{number}")
_scalars: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(VALUES),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.booleans(),
)
_anything: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)
_times = st.sampled_from(
    ("2026-03-02T06:00:00Z", "2026-03-02T06:00:00", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00")
)  # fmt: skip
_numbers = st.integers(-(2**70), 2**70) | st.sampled_from(("1.5", "NaN", "1e9999", "-0", "０"))

_GONE = object()
_changes = st.lists(st.tuples(st.integers(0, 10_000), st.just(_GONE) | _anything), min_size=1, max_size=3)  # fmt: skip


def _mostly(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What belongs there, or now and then anything at all."""
    return st.one_of(right, right, right, _anything)


_facts: st.SearchStrategy[Any] = _mostly(
    st.fixed_dictionaries(
        {
            "kind": _mostly(st.sampled_from(("count", "weight", "state", "measurement", "job_answer"))),
            "equipment": _mostly(st.just(UNIT)),
            "signal": _mostly(st.sampled_from(("good", "scrap", "state", "resin"))),
            "at": _mostly(_times),
            "arrived": _mostly(_times),
        },
        optional={
            "quality": _mostly(st.sampled_from([*Quality])),
            "cause": _mostly(st.sampled_from([*Cause])),
            "state": _mostly(st.sampled_from([*EquipmentState])),
            "epoch": _mostly(_numbers),
            "total": _mostly(_numbers),
            "delta": _mostly(_numbers),
            "raw": _mostly(_numbers),
            "claimed": _mostly(_numbers),
            "level": _mostly(_numbers),
            "value": _mostly(_numbers),
            "since": _mostly(_times),
            "unit": _mostly(st.just("pcs")),
            "detail": _mostly(st.text(max_size=20)),
            "reason": _mostly(st.text(max_size=20)),
            "command_id": _mostly(st.uuids().map(str)),
            "accepted": _mostly(st.booleans()),
            "surprise": _anything,
        },
    )
)  # fmt: skip
_sequences = st.integers(1, 50) | st.sampled_from((0, -1, 2**62, 2**63, 2**200))


@st.composite
def _documents(draw: st.DrawFn) -> Message:
    """A message like a real one, of a stranger, in which any part may be anything."""
    name = draw(_strangers)
    document: dict[str, Any] = {
        "agent": draw(st.one_of(st.just(name), st.just(name), _anything, st.just(AGENT))),
        "outbox_epoch": draw(_mostly(_sequences)),
        "first_seq": draw(_mostly(_sequences)),
        "facts": draw(_mostly(st.lists(_facts, min_size=1, max_size=3))),
    }
    if draw(st.booleans()):
        document["oldest_seq"] = draw(_mostly(_sequences))
    if draw(st.integers(0, 9)) == 0:
        document[draw(st.text(max_size=8))] = draw(_anything)
    return _topic(name, "facts"), _bytes(document)


@st.composite
def _tampered(draw: st.DrawFn) -> Message:
    """A real message of a stranger in which a few fields hold anything, or are gone."""
    name = draw(_strangers)
    document: dict[str, Any] = json.loads(encode(message(1, draw(st.integers(1, 4)), agent=name)))
    for place, value in draw(_changes):
        inner = document["facts"] if isinstance(document.get("facts"), list) else []
        target = inner[place % len(inner)] if inner and place % 3 else document
        if not isinstance(target, dict):
            continue
        fields = [field for field in target if field != "agent"]
        if not fields:
            continue
        if value is _GONE:
            del target[fields[place // 5 % len(fields)]]
        else:
            target[fields[place // 5 % len(fields)]] = value
    return _topic(name, "facts"), _bytes(document)


@st.composite
def _statuses(draw: st.DrawFn) -> Message:
    name = draw(_strangers)
    document = {
        "agent": draw(_mostly(st.just(name))),
        "online": draw(_mostly(st.booleans())),
        "since": draw(_mostly(_times)),
        "outbox_epoch": draw(_mostly(_sequences)),
        "backlog": draw(_mostly(_sequences)),
    }
    return _topic(name, "status"), _bytes(document)


@st.composite
def _impostors(draw: st.DrawFn) -> Message:
    """In a stranger's name on a real agent's topic, or the other way round."""
    name, first = draw(_strangers), draw(st.integers(1, 50))
    says, where = draw(st.sampled_from(((name, AGENT), (AGENT, name))))
    sent = message(first, first + draw(st.integers(0, 3)), agent=says)
    return _topic(where, "facts"), encode(sent)


@st.composite
def _noise(draw: st.DrawFn) -> Message:
    """Bytes, or a real message with bytes in it, even on a real agent's topic."""
    name = draw(_strangers)
    real = encode(message(1, draw(st.integers(1, 3)), agent=name))
    cut, put = draw(st.integers(0, len(real))), draw(st.binary(max_size=40))
    left_out = draw(st.integers(0, 40))
    payload = draw(
        st.sampled_from((put, real[:cut] + put, real[:cut] + put + real[cut + left_out :]))
    )
    where = draw(st.sampled_from((name, name, AGENT, "näme", "x" * 65, "a b")))
    return _topic(where, draw(st.sampled_from(("facts", "facts", "status")))), payload  # fmt: skip


_ways = (
    *(_tampered(), _tampered(), _tampered(), _tampered(), _noise(), _noise()),
    *(_statuses(), _impostors(), _documents()),
)
hostile: st.SearchStrategy[Message] = st.one_of(*_ways).map(
    lambda drawn: (drawn[0], drawn[1][:PAYLOAD_BYTES_MAX])
)
"""One hostile message: topic and payload."""


def chunk(begin: str, count: int) -> list[Message]:
    """So many messages drawn from a seed, always the same for the same seed."""
    drawn: list[Message] = []

    @seed(begin)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    @given(hostile)
    def draw(one: Message) -> None:
        drawn.append(one)

    draw()
    return drawn[:count]


def fuzzed(begin: str, count: int, *, at_once: int = CHUNK) -> Generator[list[Message]]:
    """So many messages, a chunk at a time, drawn ahead in a process of its own while those before are at work. That
    process is always a fresh one: what Hypothesis draws depends on the constants of the modules that are loaded, too."""
    sizes = deque(min(at_once, count - first) for first in range(0, count, at_once))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        ahead: deque[Future[list[Message]]] = deque()
        number = 0
        while sizes or ahead:
            while sizes and len(ahead) < AHEAD:
                ahead.append(elsewhere.submit(chunk, f"{begin}/{number}", sizes.popleft()))
                number += 1
            yield ahead.popleft().result()


def _topic(agent: str, channel: str) -> str:
    return f"lineside/v1/{SITE}/{agent}/{channel}"


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
