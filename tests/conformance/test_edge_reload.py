"""SIGHUP: a running agent takes new settings in mid-stream without losing or doubling a piece, and refuses bad ones."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.profile import Protocol
from edge.ending import end
from edge.reload import touched
from tests.conformance.device_rigs import ModbusRig, running_rig
from tests.conformance.gateway_rig import running_broker, until
from tests.conformance.test_edge_path import Committer
from tests.conformance.test_edge_program import Program


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[ModbusRig]:
    async with running_rig("modbus", tmp_path) as rig:
        assert isinstance(rig, ModbusRig)
        await rig.show(good=1000, running=True)
        yield rig


def _hang_up(program: Program) -> None:
    process = program._process  # pyright: ignore[reportPrivateUsage]
    assert process is not None
    process.send_signal(signal.SIGHUP)


async def test_new_settings_in_mid_stream_cost_no_piece_and_bad_ones_are_refused(
    rig: ModbusRig, tmp_path: Path
) -> None:
    with running_broker(tmp_path) as broker:
        server = Committer(port=broker.port)
        listening = asyncio.create_task(server.run())
        program = Program(tmp_path, rig, broker.port)
        settings, log = tmp_path / "edge.toml", tmp_path / "edge.log"
        good = settings.read_text()
        try:
            program.start()
            await until(lambda: len(server.facts) >= 2, "baseline and state")
            await rig.show(good=1100, running=True)
            await until(lambda: server.pieces() == 100, "the first pieces")

            settings.write_text(good + f'[endpoints]\ntiny = "{rig.endpoint}&timeout_ms=900"\n')
            _hang_up(program)
            await rig.show(good=1150, running=True)
            await until(lambda: "new settings taken" in log.read_text(), "they are taken")
            await rig.show(good=1200, running=True)
            await until(lambda: server.pieces() == 200, "the pieces around the change")

            settings.write_text(
                good + '[endpoints]\ntiny = "modbus-tcp://nowhere"\n[mqqt]\na = 1\n'
            )
            _hang_up(program)
            await until(lambda: "new settings refused" in log.read_text(), "they are refused")
            said = log.read_text()
            assert "unknown key 'mqqt.a'" in said
            assert "'modbus-tcp://nowhere' does not suit tiny" in said
            await rig.show(good=1300, running=True)
            await until(lambda: server.pieces() == 300, "the old settings go on")
            assert await asyncio.to_thread(program.end, signal.SIGTERM) == 0
        finally:
            program.stop()
            await end(listening)
    assert sorted(server.facts) == list(range(1, len(server.facts) + 1))


def test_only_what_changed_begins_anew() -> None:
    old = load_plant(builtin_plant("kettle-works")).devices
    moved = replace(old["imm1"], endpoint="opc.tcp://10.0.0.5:4840")
    assert touched(old, old) == frozenset()
    assert touched(old, {**old, "imm1": moved}) == {"imm1"}
    assert touched(old, old, other=frozenset({"imm1"})) == {"imm1"}
    fewer = {name: device for name, device in old.items() if name != "asm1"}
    assert touched(old, fewer) == frozenset()
    assert touched(fewer, old) == {"asm1"}


def test_units_of_one_serial_line_begin_anew_together_whatever_their_profiles_say() -> None:
    devices = load_plant(builtin_plant("kettle-works")).devices
    modbus = next(d for d in devices.values() if d.profile.protocol is Protocol.MODBUS_TCP)
    line = "modbus-rtu:///dev/ttyUSB0?unit="
    old = {f"unit{n}": replace(modbus, id=f"unit{n}", endpoint=f"{line}{n}") for n in (1, 2)}
    moved = replace(old["unit1"], endpoint=f"{line}3")
    assert touched(old, {**old, "unit1": moved}) == {"unit1", "unit2"}
