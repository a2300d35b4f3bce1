"""The page "Connect a machine" is true: its files pass, its device is read, and it leaves no key out."""

import re
from pathlib import Path
from textwrap import indent

from device_profiles.broker import Broker
from device_profiles.catalog import load_plant, load_profile
from device_profiles.key_meanings import MEANINGS
from device_profiles.program import SystemClock
from edge.bench.probe import probe, table
from gateway.contract.state import EquipmentState
from tests.conformance.device_servers import modbus_device
from tests.conformance.modbus_maps import ModbusMap

PAGE = Path(__file__).parents[2] / "docs" / "connect-a-machine.md"
TEXT = PAGE.read_text(encoding="utf-8")
YAML = re.findall(r"^```yaml\n(schema: .*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# As the device's documentation numbers them: 45301 activations of input 1, 45302 of input 2, 45311 state of input 3.
GAUGER = ModbusMap(
    holding={45301 - 40001: 1234, 45302 - 40001: 7, 45311 - 40001: 1},
    expected={"produced": "1234", "scrap": "7", "running": "running"},
)

# As a Delta DVP-ES2 has them: D0 is 1000H, M0 is 0800H, the low word of D100 and D101 comes first.
DVP = ModbusMap(
    holding={0x1000 + 100: 0x4240, 0x1000 + 101: 0xF, 0x1000 + 104: 0b11010, 0x1000 + 106: 1285},
    coils={0x0800 + 10: True},
    expected={"good": "1000000", "mode": "setup", "guarded": "true", "pressure": "128.5"},
)


def written(directory: Path) -> tuple[Path, Path]:
    """The page's profile and plant file, as a reader would save them."""
    profile, plant = directory / "gauger.yaml", directory / "my-plant.yaml"
    assert len(YAML) == 2
    profile.write_text(YAML[0], encoding="utf-8")
    plant.write_text(YAML[1], encoding="utf-8")
    return profile, plant


def test_the_pages_files_have_no_faults(tmp_path: Path) -> None:
    profile, plant = written(tmp_path)
    assert load_profile(profile).id == "hardwario-gauger"
    devices = load_plant(plant).devices
    assert [b.name for b in devices["press-7"].bindings] == ["produced", "scrap", "state"]


async def test_the_pages_device_is_read_and_shown_as_the_page_shows_it(tmp_path: Path) -> None:
    _, plant_file = written(tmp_path)
    async with modbus_device(GAUGER, unit=1) as endpoint:
        text = plant_file.read_text(encoding="utf-8")
        plant_file.write_text(text.replace("modbus-tcp://192.168.40.21:502?unit=1", endpoint))
        device = load_plant(plant_file).devices["press-7"]
        nobody = Broker(host="", port=0)
        rows = await probe(device, clock=SystemClock(), broker=nobody, within_s=20)
    assert {row.signal: row.value for row in rows} == GAUGER.expected
    assert re.sub(r"\d\.\d s", "0.0 s", table(rows)) in TEXT


async def test_signals_as_the_page_writes_them_for_a_manual_in_hexadecimal_are_read(
    tmp_path: Path,
) -> None:
    (signals,) = re.findall(r"^```yaml\n(good: .*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    head = YAML[0].partition("signals:\n")[0].replace("hardwario-gauger", "dvp")
    (tmp_path / "dvp.yaml").write_text(head + "signals:\n" + indent(signals, "  "))
    plant = tmp_path / "plant.yaml"
    text = YAML[1].partition("    signals:\n")[0].replace("hardwario-gauger", "dvp")
    async with modbus_device(DVP, unit=1) as endpoint:
        plant.write_text(text.replace("modbus-tcp://192.168.40.21:502?unit=1", endpoint))
        device = load_plant(plant).devices["press-7"]
        nobody = Broker(host="", port=0)
        rows = await probe(device, clock=SystemClock(), broker=nobody, within_s=20)
    assert {row.signal: row.value for row in rows} == DVP.expected


def test_the_page_leaves_no_key_out() -> None:
    fenced = re.findall(r"^```.*?^```$", TEXT, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    words = {*re.findall(r"\w+", " ".join((*fenced, *re.findall(r"`([^`]+)`", prose))))}
    keys = {key.rsplit(".", 1)[-1] for key in MEANINGS}
    assert keys - words == set()


def test_the_page_names_every_command() -> None:
    for command in ("check", "browse", "probe", "record", "replay", "schema", "profiles"):
        assert re.search(rf"`(lineside-edge )?{command}\b", TEXT), command


def test_the_page_names_every_state() -> None:
    assert f"States are {', '.join(f'`{state}`' for state in EquipmentState)}." in TEXT
