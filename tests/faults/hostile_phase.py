"""Hostile messages by the thousand through the real broker to the real gateway, while the plant works on."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

import aiomqtt
import msgspec

from gateway.contract.codec import decode, encode
from gateway.contract.uplink import Ack
from simulators.all_in_one.programs import HOST
from tests.conformance.gateway_rig import SITE, message
from tests.faults.hostile import hostile_messages
from tests.faults.soak_plant import SoakPlant

PACE = "pace-setter"
"""An honest stranger: each of its facts is answered only after everything before it was read."""
AT_ONCE = 500
ANSWER_S = 60.0
ASK_AGAIN_S = 2.0
"""A fact that got lost, with the full intake say, is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCount:
    """What was sent, and what the gateway says about it."""

    sent: int
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
    sent, stopped = 0, ""
    async with aiomqtt.Client(
        HOST, plant.layout.ports.mqtt, protocol=aiomqtt.ProtocolVersion.V5, timeout=30
    ) as client:
        await client.subscribe(f"lineside/v1/{SITE}/{PACE}/ack", qos=1)
        answered = await _answered(client, 1)
        for number, (topic, payload) in enumerate(hostile_messages(rng, count), start=1):
            if not answered:
                break
            await client.publish(topic, payload, qos=1)
            sent = number
            if number % AT_ONCE == 0 or number == count:
                answered = await _answered(client, 1 + number)
        if not answered:
            stopped = f"the gateway did not answer any more after {sent} hostile messages"
    await supervisor.take_down("gateway", gently=True)
    counters = parting_counters(plant.log_of("gateway"))
    await supervisor.bring_back("gateway")
    return HostileCount(
        sent=sent, counters=counters, differences=tuple(_faults(sent, counters, stopped))
    )


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
