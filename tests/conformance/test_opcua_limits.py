"""A server that takes few nodes in one request, whether it says so or not, is read all the same."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.internal_session import InternalSession
from asyncua.server.server import Server

from device_profiles.catalog import load_profile
from device_profiles.profile import Profile
from device_profiles.program import SystemClock
from edge.driver import Batch
from edge.ending import end
from edge.opcua_driver import OpcUaDriver
from edge.opcua_session import Operation, Session, learn_limits, new_client
from tests.conformance.device_rigs import HEAD
from tests.conformance.gateway_rig import free_port, until

LIMIT, SIGNALS, SETPOINTS = 7, 24, 9
TOLD = {"the limit": LIMIT, "no limit": 0, "nothing": None}


class StrictSession(InternalSession):
    """Refuses every request with more than LIMIT things in it, as an S7-1500 does with more than 1,000."""

    largest: dict[str, int]
    refused: list[str]

    def _judge(self, kind: str, asked: list[Any]) -> None:
        if len(asked) > LIMIT:
            self.refused.append(kind)
            raise ua.uaerrors.BadTooManyOperations
        self.largest[kind] = max(self.largest.get(kind, 0), len(asked))

    async def read(self, params: ua.ReadParameters) -> list[ua.DataValue]:
        self._judge("read", params.NodesToRead)
        return await super().read(params)

    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        self._judge("write", params.NodesToWrite)
        return await super().write(params)

    async def browse(self, params: ua.BrowseParameters) -> list[ua.BrowseResult]:
        self._judge("browse", params.NodesToBrowse)
        return await super().browse(params)

    async def translate_browsepaths_to_nodeids(
        self, params: list[ua.BrowsePath]
    ) -> list[ua.BrowsePathResult]:
        self._judge("translate", params)
        return await super().translate_browsepaths_to_nodeids(params)

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        self._judge("monitor", params.ItemsToCreate)
        return await super().create_monitored_items(params)


class StrictServer:
    """A machine with SIGNALS counters, by path and by identifier, and SETPOINTS set-points."""

    def __init__(self, told: int | None) -> None:
        self.endpoint = f"opc.tcp://127.0.0.1:{free_port()}/strict"
        self.largest: dict[str, int] = {}
        self.refused: list[str] = []
        self._told = told
        self._server = Server()

    async def start(self) -> None:
        server = self._server
        await server.init()
        server.set_endpoint(self.endpoint)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace("urn:strict")
        machine = await server.nodes.objects.add_object(index, "M")
        for number in range(SIGNALS):
            node_id = f"ns={index};s=c{number}"
            zero = ua.Variant(0, ua.VariantType.UInt32)
            await machine.add_variable(node_id, f"{index}:c{number}", zero)
        for number in range(SETPOINTS):
            zero = ua.Variant(0, ua.VariantType.Int32)
            await (await machine.add_variable(index, f"t{number}", zero)).set_writable()
        for operation in Operation:
            await self._tell(server.get_node(ua.NodeId(ua.Int32(operation.value))))
        server.iserver.create_session = self._session
        await server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def _tell(self, limit: Node) -> None:
        if self._told is None:
            await limit.delete()
        else:
            await limit.write_value(self._told, ua.VariantType.UInt32)

    def _session(self, *words: Any, **named: Any) -> InternalSession:
        server = self._server.iserver
        made = StrictSession(server, server.aspace, server.subscription_service, *words, **named)
        made.largest, made.refused = self.largest, self.refused
        return made


@contextlib.asynccontextmanager
async def strict_server(told: int | None) -> AsyncIterator[StrictServer]:
    server = StrictServer(told)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _profile(directory: Path) -> Profile:
    counter = "counter: {kind: cumulative, modulus: 4294967296, rate_max_per_s: 100}"
    lines = [
        f"  c{n}: {{role: good, {where}, type: u32, unit: pcs, {counter}}}"
        for n in range(SIGNALS)
        for where in (f'browse_path: "m:M/m:c{n}"' if n % 2 else f'node_id: "m:s=c{n}"',)
    ]
    lines += [
        f'  t{n}: {{role: setpoint, browse_path: "m:M/m:t{n}", type: i32}}'
        for n in range(SETPOINTS)
    ]
    file = directory / "strict.yaml"
    namespaces = 'opcua: {namespaces: {m: "urn:strict"}}'
    head = f"{HEAD}protocol: opcua\nlost_after_s: 5\npoll_ms: 50\n{namespaces}\nsignals:\n"
    file.write_text(head.replace("id: tiny", "id: strict") + "\n".join(lines) + "\n")
    return load_profile(file)


@pytest.mark.parametrize("told", TOLD)
async def test_requests_are_split_as_the_server_says_or_as_it_turns_out(
    told: str, tmp_path: Path
) -> None:
    async with strict_server(TOLD[told]) as server:
        profile = _profile(tmp_path)
        driver = OpcUaDriver(endpoint=server.endpoint, profile=profile, clock=SystemClock())
        values: dict[str, object] = {}
        faults: list[str] = []

        async def deliver(batch: Batch) -> None:
            values.update({reading.signal: reading.value for reading in batch.readings})
            faults.extend([batch.fault] if batch.fault else [])

        reading = asyncio.create_task(driver.run(deliver))
        try:
            await until(lambda: len(values) == SIGNALS + SETPOINTS, "a value of every signal")
            wanted = {f"t{number}": 100 + number for number in range(SETPOINTS)}
            assert await driver.write(wanted) == wanted
        finally:
            await end(reading)
        assert faults == []
        assert all(value == 0 for name, value in values.items() if name.startswith("c"))
        for kind in ("read", "write", "translate", "monitor"):
            assert 1 < server.largest[kind] <= LIMIT
        if told == "the limit":
            assert server.refused == []
        else:
            # 33 items are halved until they fit: 16, 8, 4; what is learnt is kept.
            assert server.refused.count("monitor") == 3


async def test_what_the_library_asks_by_itself_is_split_too() -> None:
    async with strict_server(LIMIT) as server:
        client = new_client(server.endpoint, timeout_s=10)
        await client.connect()
        try:
            await learn_limits(client)
            await client.load_data_type_definitions()
        finally:
            await client.disconnect()
        assert server.refused == []
        assert server.largest["read"] == LIMIT


async def test_a_server_that_refuses_a_single_node_is_not_asked_for_ever() -> None:
    async with strict_server(0) as server:
        client = new_client(server.endpoint, timeout_s=10)
        await client.connect()
        try:
            refusals = 0

            async def refuse(part: list[int]) -> list[int]:
                nonlocal refusals
                refusals += 1
                raise ua.uaerrors.BadTooManyOperations

            session = client.uaclient.session
            assert isinstance(session, Session)
            with pytest.raises(ua.uaerrors.BadTooManyOperations):
                await session.in_parts(Operation.READ, [*range(1_000)], refuse)
        finally:
            await client.disconnect()
        assert refusals == 10
