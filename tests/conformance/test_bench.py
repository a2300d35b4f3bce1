"""The bench's commands on real servers: probe, browse, and a recording that replays to what the device did."""

import asyncio
import io
from pathlib import Path

import pytest

from device_profiles.catalog import load_plant
from device_profiles.program import SystemClock
from edge.bench.browse import Bounds, NotBrowsable, browse
from edge.bench.record import record
from edge.bench.replay import replay
from edge.bench.trace import read_trace
from edge.compose import main
from edge.ending import end
from gateway.contract.fact import CountFact, StateFact
from gateway.contract.state import EquipmentState
from tests.conformance.device_rigs import MODBUS as TINY
from tests.conformance.device_rigs import Rig, running_rig
from tests.conformance.device_servers import modbus_device, opcua_device
from tests.conformance.modbus_maps import MODBUS
from tests.conformance.opcua_maps import OPCUA
from tests.core.test_reading_rules import PLANT

CLOCK = SystemClock()
pytestmark = pytest.mark.usefixtures("own_logging")


async def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The program in a thread of its own: the device's server runs in this one."""
    status = await asyncio.to_thread(main, arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


async def test_probe_shows_raw_value_quality_and_age_side_by_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with modbus_device(MODBUS["laumas-tlu"]) as endpoint:
        status, out, err = await run(capsys, "probe", "laumas-tlu", endpoint)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["signal", "raw", "decoded", "value", "unit", "quality", "age"]
    assert lines[1][:6] == ["net", "0000", "09C4", "2500", "-2.500", "kg"]
    assert lines[1][6] == "good"
    assert lines[1][8] == "s"


async def test_probe_hints_at_the_word_order_that_would_read_a_plausible_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "wrong.yaml"
    profile.write_text(
        "schema: lineside.profile/1\nid: wrong\nname: {en: Wrong}\nprotocol: modbus-tcp\n"
        "source: {document: a test, verified: a test}\npoll_ms: 100\nlost_after_s: 5\nsignals:\n"
        "  power: {role: process_value, table: input, address: 52, type: f32, word_order: CDAB, unit: W}\n"
    )
    async with modbus_device(MODBUS["eastron-sdm630"]) as endpoint:
        _, out, _ = await run(capsys, "probe", str(profile), endpoint)
    assert "hint: power looks implausible; word_order: ABCD would read 1500" in out


async def test_probe_says_of_each_signal_why_it_is_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant = tmp_path / "plant.yaml"
    async with opcua_device(OPCUA["kepware"]) as endpoint:
        text = PLANT % (endpoint, "")
        words = "parameters: {channel: Line 2, device: Press, good: Missing}, profile: kepware"
        plant.write_text(text.replace("profile: device", words))
        arguments = ("--plant", str(plant), "--device", "one", "--within", "5")
        status, out, _ = await run(capsys, "probe", *arguments)
    assert status == 1
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert "bad: the server has no such node" in rows["good"]
    assert "good" in rows["scrap"].split()


async def test_probe_of_a_silent_device_fails_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint = "modbus-tcp://127.0.0.1:9?unit=1"
    status, out, err = await run(capsys, "probe", "adam-6051", endpoint)
    assert (status, out) == (1, "")
    assert "no connection to 127.0.0.1:9" in err


async def test_browse_prints_names_ids_types_and_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with opcua_device(OPCUA["opcua-machine-tool"]) as endpoint:
        status, out, err = await run(capsys, "browse", endpoint)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    uris = dict(line.split(maxsplit=1) for line in lines[1 : lines.index("0:Objects  i=85")])
    tools = next(i for i, uri in uris.items() if uri == "http://opcfoundation.org/UA/MachineTool/")
    [counter] = [line for line in lines if f"{tools}:PartsProducedInLifetime" in line]
    assert counter.startswith("          ")
    assert counter.endswith("UInt32 = 4294967295")
    assert not any("ServerStatus" in line for line in lines)


async def test_browse_is_bounded_in_depth_and_in_number() -> None:
    shown: list[str] = []
    async with opcua_device(OPCUA["packml-moulder"]) as endpoint:
        bounds = Bounds(depth=1, count=500)
        await browse(endpoint, start=None, bounds=bounds, say=shown.append, clock=CLOCK)
        assert any("Moulder" in line for line in shown)
        assert not any("Status" in line for line in shown)
        few: list[str] = []
        bounds = Bounds(depth=9, count=3)
        assert await browse(endpoint, start=None, bounds=bounds, say=few.append, clock=CLOCK) == 3
    assert few[-1].startswith("… stopped after 3 nodes")


async def test_browse_of_a_node_that_does_not_exist_fails_with_the_reason() -> None:
    async with opcua_device(OPCUA["kepware"]) as endpoint:
        with pytest.raises(NotBrowsable, match="BadNodeIdUnknown"):
            await browse(
                endpoint, start="ns=2;s=Nobody", bounds=Bounds(), say=lambda text: None, clock=CLOCK
            )


async def test_a_recording_replays_to_what_the_device_did(tmp_path: Path) -> None:
    out = io.StringIO()
    async with running_rig("modbus", tmp_path) as rig:
        await rig.show(good=100, running=False)
        recording = asyncio.create_task(
            record({"one": rig.driver()}, site="works", out=out, clock=SystemClock(), seconds=20)
        )
        await _said(out, '"value":100}')
        for good in (101, 104, 110):
            await rig.show(good=good, running=True)
            await _said(out, f'"value":{good}}}')
        await _failed(rig, out)
        await end(recording)
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "plant.yaml").write_text(
        PLANT.replace("profile: device", "profile: tiny")
        % ("modbus-tcp://127.0.0.1:502?unit=3", "")
    )
    plant = load_plant(tmp_path / "plant.yaml")
    header, entries = read_trace(out.getvalue().splitlines())
    facts = [*replay(plant, header, entries)]
    assert [fact.delta for fact in facts if isinstance(fact, CountFact)] == [0, 1, 3, 6]
    states = [fact.state for fact in facts if isinstance(fact, StateFact)]
    assert states == [EquipmentState.DOWN, EquipmentState.RUNNING, EquipmentState.UNKNOWN]


async def _said(out: io.StringIO, text: str) -> None:
    async with asyncio.timeout(10):
        while text not in out.getvalue():
            await asyncio.sleep(0.01)


async def _failed(rig: Rig, out: io.StringIO) -> None:
    """The device goes away until the recording holds three failed polls."""
    await rig.link.cut()
    async with asyncio.timeout(10):
        while out.getvalue().count('"fault"') < 3:
            await asyncio.sleep(0.01)


async def test_record_ends_at_its_number_of_entries_and_writes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, out = tmp_path / "edge.toml", tmp_path / "trace.jsonl"
    async with modbus_device(MODBUS["adam-6051"]) as endpoint:
        plant = PLANT % (endpoint, "")
        (tmp_path / "plant.yaml").write_text(plant.replace("profile: device", "profile: adam-6051"))
        settings.write_text(f'agent = "e1"\nplant = "{tmp_path}/plant.yaml"\n')
        status, said, err = await run(
            capsys, "record", "--config", str(settings), "--out", str(out), "--entries", "5"
        )
    assert (status, err) == (0, "")
    assert said == f"{out}: 5 entries of one\n"
    assert len(out.read_text().splitlines()) == 6
    status, facts, _ = await run(
        capsys, "replay", str(out), "--plant", str(tmp_path / "plant.yaml")
    )
    assert status == 0
    assert '"signal":"produced"' in facts
    assert '"raw":100003' in facts
