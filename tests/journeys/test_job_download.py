"""A start walks down to the machine and its answer climbs back: API → gateway → MQTT → edge → OPC UA, and as a fact."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from device_profiles.broker import Broker
from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.plant import Plant
from device_profiles.program import SystemClock
from edge.compose import Config, compose
from gateway.contract.state import EquipmentState
from simulators.opcua_machine import OpcUaMachine
from tests.conformance.gateway_rig import AGENT, SITE, UNIT, free_port
from tests.faults.fault_rig import TOKENS, Wire, running_wire

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

EXECUTE, IDLE = 6, 4
DEADLINE_S = 60.0


def plant_with(endpoint: str, allowed: tuple[EquipmentState, ...] | None) -> Plant:
    """The demo plant with nothing but the moulder, which takes a job in the states given."""
    plant = load_plant(builtin_plant(SITE))
    moulder = replace(plant.devices["imm1"], endpoint=endpoint)
    if allowed is not None:
        profile = replace(moulder.profile, setpoints_allowed=allowed)
        moulder = replace(moulder, profile=profile)
    return replace(plant, devices={"imm1": moulder})


@dataclass
class Moulding:
    """The whole path with a simulated moulder at its end."""

    wire: Wire
    machine: OpcUaMachine
    http: httpx.AsyncClient

    async def show(self, state: int) -> None:
        """The machine is in this PackML state, and the server knows it."""
        await self.machine.show({"state": state, "good": 0, "scrap": 0})
        word = {EXECUTE: "running", IDLE: "idle"}[state]
        await self.until(
            "select state from equipment_live l join equipment e on e.id = l.equipment_id where e.path = %s",
            UNIT,
            wanted=word,
        )

    async def until(self, query: str, *values: object, wanted: object) -> None:
        """Wait until a query's first value is the wanted one."""
        rows: list[tuple[Any, ...]] = []
        for _ in range(int(DEADLINE_S / 0.1)):
            rows = self.wire.rows(query, *values)
            if rows and rows[0][0] == wanted:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{rows} is not {wanted!r}: {query}")

    async def order(self, number: str, quantity: int) -> None:
        """Create, release and start an order at the moulder."""
        office = self.wire.office
        order = {
            "number": number,
            "item": "KETTLE-BODY",
            "quantity": str(quantity),
            "equipment": UNIT,
            "due_at": "2099-01-01T00:00:00+00:00",
        }
        await office.command("work-orders", order)
        await office.command(f"work-orders/{number}/release", {}, badge="4001")
        await office.command(f"work-orders/{number}/start", {}, badge="2001")

    async def answers(self, number: str) -> list[dict[str, Any]]:
        """The machine's answers as a screen would ask for them, once there is one."""
        for _ in range(int(DEADLINE_S / 0.1)):
            reply = await self.http.get("/api/v1/job-orders", params={"order": number})
            assert reply.status_code == 200, reply.text
            if all(answer["answered_at"] for answer in reply.json()):
                return reply.json()
            await asyncio.sleep(0.1)
        raise AssertionError(f"no answer to {number}")


@contextlib.asynccontextmanager
async def moulding(
    directory: Path, database_url: str, *, allowed: tuple[EquipmentState, ...] | None = None
) -> AsyncIterator[Moulding]:
    endpoint = f"opc.tcp://127.0.0.1:{free_port()}/moulder"
    plant, clock, stop = plant_with(endpoint, allowed), SystemClock(), asyncio.Event()
    url = urlsplit(endpoint)
    machine = OpcUaMachine(
        plant.devices["imm1"].profile,
        host="127.0.0.1",
        port=url.port or 0,
        path=url.path,
        now=clock.now,
    )
    async with running_wire(directory, database_url, seed=0, dice=False) as wire:
        edge = compose(
            Config(
                agent=AGENT,
                plant=plant,
                data_directory=directory / "agent",
                broker=Broker(host="127.0.0.1", port=wire.broker.port),
            ),
            clock,
        )
        await machine.start()
        running = asyncio.create_task(edge.run(stop))
        headers = {"Authorization": f"Bearer {TOKENS['LINESIDE_HMI_TOKEN']}"}
        server = f"http://127.0.0.1:{wire.server_port}"
        try:
            async with httpx.AsyncClient(
                base_url=server, headers=headers, trust_env=False, timeout=30
            ) as http:
                yield Moulding(wire, machine, http)
        finally:
            stop.set()
            await running
            await machine.stop()


async def test_a_start_writes_the_job_to_the_machine_and_its_answer_comes_back(
    tmp_path: Path, database_url: str
) -> None:
    async with moulding(tmp_path, database_url) as plant:
        await plant.show(IDLE)
        await plant.order("WO-1", 250)
        [answer] = await plant.answers("WO-1")
        assert (answer["accepted"], answer["reason"], answer["equipment"]) == (True, "", UNIT)
        assert await plant.machine.job() == "WO-1"
        written = await plant.machine._nodes["job_target"].read_value()  # pyright: ignore[reportPrivateUsage]
        assert written == 250
        assert plant.wire.rows("select accepted from job_command") == [(True,)]


async def test_a_machine_that_may_not_take_the_job_says_why(
    tmp_path: Path, database_url: str
) -> None:
    """The order runs all the same: what the machine shows is for a person to put right."""
    allowed = (EquipmentState.IDLE, EquipmentState.SETUP)
    async with moulding(tmp_path, database_url, allowed=allowed) as plant:
        await plant.show(EXECUTE)
        await plant.order("WO-1", 250)
        [answer] = await plant.answers("WO-1")
        assert answer["accepted"] is False
        assert answer["reason"] == "The machine is running. It takes a job when it is idle, setup."
        assert await plant.machine.job() == ""
        await plant.show(IDLE)
        await plant.wire.office.command("work-orders/WO-1/pause", {}, badge="2001")
        await plant.wire.office.command("work-orders/WO-1/resume", {}, badge="2001")
        second = (await plant.answers("WO-1"))[-1]
        assert second["accepted"] is True
        assert await plant.machine.job() == "WO-1"
