"""What a serial line does to its devices: silence of one unit, noise, late answers; and what scales say on it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from device_profiles.catalog import load_profile, load_profile_by_id
from device_profiles.program import SystemClock
from edge.ascii_scale_driver import AsciiScaleDriver
from edge.byte_stream import StreamLost, open_stream, serial_line
from edge.decoding import RawValue
from edge.driver import Batch, Driver
from edge.ending import end
from edge.modbus_driver import ModbusDriver, ModbusLinks
from tests.conformance.gateway_rig import free_port, until
from tests.conformance.line_devices import (
    PtyLine,
    RtuUnits,
    SicsScale,
    TcpLine,
    ToledoScale,
    toledo_frame,
)
from tests.conformance.line_rigs import RTU

DEAD = 9


class Heard:
    """What one driver delivered."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.values: dict[str, RawValue | None] = {}

    async def deliver(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.values.update({reading.signal: reading.value for reading in batch.readings})

    @property
    def good_polls(self) -> int:
        return sum(batch.fault is None for batch in self.batches)

    @property
    def faults(self) -> list[str]:
        return [batch.fault for batch in self.batches if batch.fault]


@contextlib.asynccontextmanager
async def running(*drivers: Driver) -> AsyncIterator[list[Heard]]:
    heard = [Heard() for _ in drivers]
    tasks = [
        asyncio.create_task(driver.run(one.deliver))
        for driver, one in zip(drivers, heard, strict=True)
    ]
    try:
        yield heard
    finally:
        await end(*tasks)


@pytest.fixture
def units() -> RtuUnits:
    units = RtuUnits(3, 4)
    units.registers[3][:2] = [0, 33]
    units.registers[4][:2] = [0, 44]
    return units


@pytest.fixture
async def line(tmp_path: Path, units: RtuUnits) -> AsyncIterator[PtyLine]:
    line = PtyLine(tmp_path / "ttyBus", units)
    await line.start()
    yield line
    await line.stop()


Connect = Callable[[int], ModbusDriver]


@pytest.fixture
def connect(line: PtyLine, tmp_path: Path) -> Connect:
    (tmp_path / "tiny.yaml").write_text(RTU)
    profile, links = load_profile(tmp_path / "tiny.yaml"), ModbusLinks()

    def connect(unit: int) -> ModbusDriver:
        endpoint = f"modbus-rtu://{line.port}?baud=115200&unit={unit}&timeout_ms=100"
        return ModbusDriver(endpoint=endpoint, profile=profile, clock=SystemClock(), links=links)

    return connect


async def test_units_on_one_port_take_turns(connect: Connect, units: RtuUnits) -> None:
    async with running(connect(3), connect(4)) as (third, fourth):
        await until(lambda: third.good_polls > 20 and fourth.good_polls > 20, "polls of both")
        assert third.values["good"] == 33
        assert fourth.values["good"] == 44
        assert third.faults == []
        assert fourth.faults == []


async def test_a_dead_unit_does_not_slow_its_neighbours(connect: Connect, units: RtuUnits) -> None:
    async with running(connect(3), connect(DEAD)) as (healthy, dead):
        await until(lambda: units.asked.count(DEAD) >= 6, "the dead unit asked again and again")
        assert healthy.faults == []
        assert dead.good_polls == 0
    at = [i for i, unit in enumerate(units.asked) if unit == DEAD]
    polls_between = [later - earlier - 1 for earlier, later in pairwise(at[3:])]
    # Two seconds of rest at a poll each 50 ms, and the machine that runs this test may be busy.
    assert all(polls >= 10 for polls in polls_between), polls_between


async def test_a_dead_unit_that_comes_back_is_read(connect: Connect, units: RtuUnits) -> None:
    async with running(connect(3), connect(DEAD)) as (_, dead):
        await until(lambda: len(dead.faults) >= 3, "the breaker")
        units.registers[DEAD] = [0] * 100
        await until(lambda: dead.values.get("good") == 0, "the unit's counter")


async def test_a_line_where_nobody_answers_is_asked_again_at_once(
    connect: Connect, line: PtyLine
) -> None:
    async with running(connect(3), connect(4)) as (third, fourth):
        await until(lambda: third.good_polls > 0 and fourth.good_polls > 0, "polls of both")
        line.powered = False
        await until(lambda: len(third.faults) >= 5 and len(fourth.faults) >= 5, "no answers")
        line.powered = True
        polls = third.good_polls
        await until(lambda: third.good_polls > polls + 5, "polls again")


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(lambda reply: b"\x00\xff\x03" + reply, id="before"),
        pytest.param(lambda reply: reply + b"\x03\x03\x06", id="after"),
        pytest.param(lambda reply: b"\x03\x03\x06\x00" + reply, id="like the beginning of a reply"),
    ],
)
async def test_noise_around_a_reply_is_passed_over(
    connect: Connect, units: RtuUnits, noise: Callable[[bytes], bytes]
) -> None:
    units.garble = noise
    async with running(connect(3)) as (heard,):
        await until(lambda: heard.good_polls > 10, "polls")
        assert heard.values["good"] == 33
        assert heard.faults == []


async def test_a_reply_with_one_wrong_bit_is_no_reply(connect: Connect, units: RtuUnits) -> None:
    seen = 0

    def flip(reply: bytes) -> bytes:
        nonlocal seen
        seen += 1
        if seen % 5:
            return reply
        bit = seen // 5 % (8 * len(reply))
        return bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(reply))

    units.garble = flip
    async with running(connect(3)) as (heard,):
        await until(lambda: len(heard.faults) >= 6 and heard.good_polls >= 6, "both kinds")
    goods = {r.value for batch in heard.batches for r in batch.readings if r.signal == "good"}
    assert goods == {33}


async def test_a_late_answer_is_not_taken_for_anothers(
    connect: Connect, line: PtyLine, units: RtuUnits
) -> None:
    async with running(connect(3), connect(4)) as (third, fourth):
        await until(lambda: third.good_polls > 0 and fourth.good_polls > 0, "polls of both")
        late: list[bytes] = []

        def hold(reply: bytes) -> bytes:
            if reply[0] == 3 and len(late) < 5:
                late.append(reply)
                asyncio.get_running_loop().call_later(0.12, line.inject, reply)
                return b""
            return reply

        units.garble = hold
        await until(
            lambda: len(late) == 5 and third.good_polls > 10, "late answers, then good ones"
        )
    assert {r.value for b in third.batches for r in b.readings if r.signal == "good"} == {33}
    assert {r.value for b in fourth.batches for r in b.readings if r.signal == "good"} == {44}


async def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StreamLost, match="ttyNone cannot be opened"):
        await open_stream(f"scale+serial://{tmp_path}/ttyNone")


def test_the_settings_of_a_port_are_read_from_its_endpoint() -> None:
    line = serial_line("modbus-rtu:///dev/ttyUSB0?baud=19200&parity=E&stop=2&bits=7&unit=3")
    assert (line.port, line.baud, line.parity, line.stop, line.bits) == (
        "/dev/ttyUSB0",
        19_200,
        "E",
        2,
        7,
    )


@pytest.mark.parametrize("mode", ["", "?mode=continuous"])
async def test_an_mt_sics_scale_says_weight_motion_and_overload(mode: str) -> None:
    scale = SicsScale()
    line = TcpLine(free_port(), scale)
    await line.start()
    driver = AsciiScaleDriver(
        endpoint=f"scale+tcp://127.0.0.1:{line.port}{mode}",
        profile=load_profile_by_id("mettler-mt-sics"),
        clock=SystemClock(),
    )
    try:
        async with running(driver) as (heard,):
            values = heard.values
            scale.weight = 12.345
            await until(lambda: values.get("net") == 12.345, "the weight")
            assert (values["moving"], values["overload"]) == (False, False)
            scale.weight, scale.unit = 12345.0, "g"
            await until(lambda: scale.unit == "g" and values.get("net") == 12.345, "the same in g")
            scale.status = "D"
            await until(lambda: values["moving"] is True, "motion")
            scale.status = "+"
            await until(lambda: values["overload"] is True and values["net"] is None, "overload")
            scale.status = "-"
            await until(lambda: values["underload"] is True, "underload")
            scale.status, scale.weight = "S", 0.0
            await until(lambda: values["zero"] is True, "zero")
            scale.weight, scale.unit = 5.0, "pcs"
            await until(lambda: values["net"] is None, "pieces are no weight")
    finally:
        await line.stop()
    assert ("SI" in scale.asked) == (mode == "")


async def test_a_toledo_scale_says_gross_net_tare_and_faults(tmp_path: Path) -> None:
    scale = ToledoScale()
    line = PtyLine(tmp_path / "ttyScale", scale)
    await line.start()
    driver = AsciiScaleDriver(
        endpoint=f"scale+serial://{line.port}?baud=9600",
        profile=load_profile_by_id("toledo-continuous"),
        clock=SystemClock(),
    )
    try:
        async with running(driver) as (heard,):
            values = heard.values
            scale.frame = toledo_frame(1250, tare=250, decimals=2)
            await until(lambda: values.get("net") == 12.5, "net")
            assert (values["gross"], values["tare"], values["moving"]) == (15.0, 2.5, False)
            line.inject(b"\x02*0 123")
            scale.frame = toledo_frame(-3, moving=True)
            await until(lambda: values["net"] == -3 and values["moving"] is True, "below zero")
            scale.frame = toledo_frame(0, fault=True)
            await until(lambda: values["net"] is None and values["fault"] is True, "no zero yet")
    finally:
        await line.stop()
