"""Hostile messages by the thousand through the real broker to the real gateway, while the plant works on."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import aiomqtt
import msgspec

from gateway.contract.codec import decode, encode
from gateway.contract.uplink import Ack
from simulators.all_in_one.programs import HOST
from tests.conformance.gateway_rig import SITE, message
from tests.faults.hostile import hostile_messages
from tests.faults.hostile_strategies import Message, fuzzed
from tests.faults.soak_plant import SoakPlant

PACE = "pace-setter"
"""An honest stranger: each of its facts is answered only after everything before it was read."""
AT_ONCE = 500
ANSWER_S = 60.0
FUZZ_S_MAX = 480.0
"""So long messages are drawn by Hypothesis; what is left then is drawn from the seed alone, which is faster."""
ASK_AGAIN_S = 2.0
"""A fact that got lost, with the full intake say, is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCount:
    """What was sent, and what the gateway says about it."""

    sent: int
    fuzzed: int
    """Of them drawn by Hypothesis; the others are real messages that were tampered with at random."""
    counters: dict[str, int]
    differences: tuple[str, ...]


async def be_hostile(
    plant: SoakPlant, rng: random.Random, count: int, tell: Callable[[str], None]
) -> HostileCount:
    """Send them to a gateway that has just started, and ask it for its counters when it is stopped."""
    tell(f"         {count} hostile messages")
    supervisor = plant.supervisor
    await supervisor.take_down("gateway", gently=True)
    await supervisor.bring_back("gateway")
    sent, fuzzed_of_them, stopped = 0, 0, ""
    async with aiomqtt.Client(
        HOST, plant.layout.ports.mqtt, protocol=aiomqtt.ProtocolVersion.V5, timeout=30
    ) as client:
        await client.subscribe(f"lineside/v1/{SITE}/{PACE}/ack", qos=1)
        answered = await _answered(client, 1)
        with closing(_drawn(rng, count)) as drawn:
            while answered and (found := await asyncio.to_thread(next, drawn, None)) is not None:
                by_hypothesis, messages = found
                for topic, payload in messages:
                    await client.publish(topic, payload, qos=1)
                sent += len(messages)
                fuzzed_of_them += len(messages) if by_hypothesis else 0
                answered = await _answered(client, 1 + sent)
        if not answered:
            stopped = f"the gateway did not answer any more after {sent} hostile messages"
    await supervisor.take_down("gateway", gently=True)
    counters = parting_counters(plant.log_of("gateway"))
    await supervisor.bring_back("gateway")
    return HostileCount(
        sent=sent,
        fuzzed=fuzzed_of_them,
        counters=counters,
        differences=tuple(_faults(sent, counters, stopped)),
    )


def _drawn(rng: random.Random, count: int) -> Generator[tuple[bool, Sequence[Message]]]:
    """Messages AT_ONCE, and whether Hypothesis drew them: as long as it may, and then those of the seed alone."""
    deadline, left = time.monotonic() + FUZZ_S_MAX, count
    with closing(fuzzed(f"hostile/{rng.random()}", count)) as by_hypothesis:
        for messages in by_hypothesis:
            yield True, messages
            left -= len(messages)
            if time.monotonic() > deadline:
                break
    tampered = hostile_messages(rng, left)
    while messages := [*islice(tampered, AT_ONCE)]:
        yield False, messages


async def _answered(client: aiomqtt.Client, seq: int) -> bool:
    """Whether the pace-setter's fact is acknowledged, and with it everything before it was read."""
    topic = f"lineside/v1/{SITE}/{PACE}/facts"
    fact = encode(msgspec.structs.replace(message(seq, seq, agent=PACE), oldest_seq=seq))
    for _ in range(int(ANSWER_S / ASK_AGAIN_S)):
        await client.publish(topic, fact, qos=1)
        try:
            async with asyncio.timeout(ASK_AGAIN_S):
                async for heard in client.messages:
                    if decode(bytes(heard.payload), Ack).through >= seq:
                        return True
        except TimeoutError:
            continue
    return False


def parting_counters(log: str) -> dict[str, int]:
    """What the gateway counted in the run that ended last, from its last words."""
    said = [json.loads(line) for line in log.splitlines() if '"event": "stopped"' in line]
    return {key: value for key, value in said[-1].items() if isinstance(value, int)} if said else {}


def _faults(sent: int, counters: dict[str, int], stopped: str) -> list[str]:
    found = [stopped] if stopped else []
    if counters.get("messages", 0) < sent:
        found.append(f"of {sent} hostile messages the gateway counted {counters.get('messages')}")
    found += [
        f"the gateway counted no hostile message as {kind}"
        for kind in ("malformed", "wrong_agent", "quarantined")
        if sent >= AT_ONCE and not counters.get(kind)
    ]
    found += [
        f"the gateway let {counters[kind]} facts pass over which the server broke ({kind})"
        for kind in ("replaced", "withheld")
        if counters.get(kind)
    ]
    return found
