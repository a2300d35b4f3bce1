"""Profiles and plant files: what is right is read, and everything that is wrong is said at once, with its line."""

from pathlib import Path

import pytest

from device_profiles.catalog import (
    BUILTIN,
    ProfileFaults,
    builtin_plant,
    load_plant,
    load_profile,
    load_profile_by_id,
)
from device_profiles.profile import ModbusAddress, ModbusTable, OpcUaAddress, Role
from gateway.contract.equipment import EquipmentPath
from gateway.contract.state import EquipmentState

PROFILE = """\
schema: lineside.profile/1
id: my-counter
name: {en: Counter}
protocol: modbus-tcp
source: {document: manual, verified: bench}
poll_ms: 100
lost_after_s: 2.5
signals:
  good:
    role: good
    table: holding
    address: 0
    type: u16
    unit: pcs
    counter: {kind: cumulative, modulus: 65536, rate_max_per_s: 20, burst: 10, jitter: 2}
"""

PLANT = """\
schema: lineside.plant/1
site: works
name: {en: Works}
time_zone: Europe/Berlin
equipment:
  - {path: a, name: {en: A}}
  - {path: a/l, name: {en: L}}
  - {path: a/l/u, name: {en: U}, ideal_cycle_s: 2.5}
devices:
  - {id: one, equipment: a/l/u, profile: my-counter, endpoint: "modbus-tcp://127.0.0.1:502?unit=1", agent: e1}
"""


def profile_faults(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(ProfileFaults) as caught:
        load_profile(file)
    return [f"{fault.line}: {fault.wrong}; {fault.right}" for fault in caught.value.faults]


def plant_faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "profile.yaml").write_text(PROFILE)
    file = tmp_path / "plant.yaml"
    file.write_text(text)
    with pytest.raises(ProfileFaults) as caught:
        load_plant(file)
    return [f"{fault.line}: {fault.wrong}; {fault.right}" for fault in caught.value.faults]


def test_every_profile_that_comes_with_the_product_is_right() -> None:
    files = [file for file in BUILTIN.rglob("*.yaml") if file.parent.name != "plants"]
    profiles = [load_profile(file) for file in files]
    assert len({profile.id for profile in profiles}) == len(files) >= 4


def test_a_browse_path_is_resolved_to_namespace_uris_and_packml_states_are_expanded() -> None:
    profile = load_profile_by_id("packml-moulder")
    state = profile.signals["state"]
    uri = "http://lineside.example/moulder"
    assert state.address == OpcUaAddress(
        browse_path=((uri, "Moulder"), (uri, "Status"), (uri, "StateCurrent"))
    )
    assert state.states is not None
    assert state.states["6"] is EquipmentState.RUNNING
    assert state.state_names["11"] == "Held"
    assert profile.download == {"work_order": "job_order", "target_quantity": "job_target"}


def test_the_demo_plant_binds_each_scale_under_its_own_name() -> None:
    plant = load_plant(builtin_plant("kettle-works"))
    scale = plant.devices["resin-scale"]
    assert scale.equipment == EquipmentPath("kettle-works/moulding/M1/IMM1")
    [binding] = scale.bindings
    assert (binding.signal, binding.name, binding.item) == ("net", "resin", "PP-RESIN")
    assert binding.role is Role.CONSUMED
    assert [b.name for b in plant.devices["asm1"].bindings] == ["produced", "scrap", "state"]


def test_a_bit_of_a_status_word_is_an_address() -> None:
    moving = load_profile_by_id("hbm-wtx120-dosing").signals["moving"]
    assert moving.address == ModbusAddress(table=ModbusTable.HOLDING, address=4, bit=4)
    assert moving.role is None


def test_every_fault_is_reported_at_once_with_line_and_nearest_word(tmp_path: Path) -> None:
    text = PROFILE.replace("address: 0", "adress: 0").replace("role: good", "role: goood")
    text = text.replace("poll_ms: 100", "poll_ms: soon")
    assert profile_faults(tmp_path, text) == [
        "6: poll_ms is 'soon'; write a whole number from 10 to 3600000",
        "9: address is missing in good; add `address: …`",
        "10: role is 'goood'; write one of good, scrap, produced, consumed, state, process_value, setpoint"
        " (did you mean 'good'?)",
        "12: unknown key 'adress' in good; remove or correct it (did you mean 'address'?)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("modulus: 65536", "modulus: 65537", "15: modulus 65537 does not fit u16; at most 65536"),
        (
            "jitter: 2",
            "jitter: 2, overflow: ovf",
            "15: overflow names no signal of this profile: 'ovf'",
        ),
        ("type: u16", "type: f32", "15: a counter of type f32; count in whole numbers"),
        ("type: u16", "type: bool", "13: a register is not a bool; add `bit: 0` to `15`"),
        (
            "address: 0",
            "address: 65536",
            "12: address is '65536'; write a whole number from 0 to 65535",
        ),
        ("table: holding", "table: coil", "11: a coil is a single bit; write `type: bool`"),
        ("role: good", "role: state", "10: good has role state but no states; add `states:`"),
        ("name: {en: Counter}", "name: {zh: 计数器}", "3: name has no English text"),
        (
            "    unit: pcs",
            "    unit: pcs\n    unit: kg",
            "15: 'unit' is written twice in good; keep one",
        ),
        ("signals:", "signals: [", "10: not valid YAML"),
    ],
)
def test_a_fault_names_its_line_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert profile_faults(tmp_path, PROFILE.replace(old, new))[0].startswith(expected)


def test_set_points_and_scales_may_only_name_signals_that_exist(tmp_path: Path) -> None:
    text = PROFILE + (
        "  net:\n    role: consumed\n    table: input\n    address: 0\n    type: i32\n"
        "    weighing: {mode: loss_in_weight, division: 0.001, total: dosd, moving: goood, faults: [err]}\n"
        "setpoints: {allowed_in: [runing], download: {work_order: good, target_quantity: nothing}}\n"
    )
    found = profile_faults(tmp_path, text)
    assert [line.split(";")[0] for line in found] == [
        "21: faults names no signal of this profile: 'err'",
        "21: moving names no signal of this profile: 'goood'",
        "21: total names no signal of this profile: 'dosd'",
        "22: 'runing' is not a state",
        "22: good is not a set-point",
        "22: target_quantity names no signal of this profile: 'nothing'",
    ]


def test_an_unknown_browse_prefix_is_refused(tmp_path: Path) -> None:
    text = PROFILE.replace("modbus-tcp", "opcua").replace(
        "    table: holding\n    address: 0\n", "    browse_path: x:A/m:B\n"
    )
    text = text.replace("poll_ms", 'opcua: {namespaces: {m: "urn:m"}}\npoll_ms')
    assert profile_faults(tmp_path, text) == [
        "12: unknown prefix 'x'; declare it under opcua.namespaces (known: m)"
    ]


def test_a_plant_file_is_read_with_paths_below_its_site(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text(PROFILE)
    (tmp_path / "plant.yaml").write_text(PLANT)
    plant = load_plant(tmp_path / "plant.yaml")
    assert list(plant.equipment) == ["works", "works/a", "works/a/l", "works/a/l/u"]
    assert plant.devices["one"].bindings[0].name == "good"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "my-counter",
            "my-countr",
            "10: no profile has the id 'my-countr'; name a profile that exists (did you mean",
        ),
        (
            "modbus-tcp://127.0.0.1:502?unit=1",
            "opc.tcp://h:1",
            "10: endpoint 'opc.tcp://h:1' does not suit modbus-tcp",
        ),
        ("unit=1", "unit=900", "10: endpoint 'modbus-tcp://127.0.0.1:502?unit=900' does not suit"),
        ("  - {path: a/l, name: {en: L}}\n", "", "7: works/a/l is not listed above works/a/l/u"),
        ("equipment: a/l/u", "equipment: a/l/v", "10: works/a/l/v is not equipment of this plant"),
        (
            "Europe/Berlin",
            "Europe/Atlantis",
            "4: time_zone is 'Europe/Atlantis'; write an IANA name",
        ),
        (
            "agent: e1",
            "agent: e1, signals: {god: {name: x}}",
            "10: unknown key 'god' in signals; remove or correct it (did",
        ),
    ],
)
def test_a_wrong_plant_file_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert plant_faults(tmp_path, PLANT.replace(old, new))[0].startswith(expected)


def test_two_devices_may_not_bind_the_same_name_on_one_unit(tmp_path: Path) -> None:
    second = PLANT.splitlines()[-1].replace("id: one", "id: two") + "\n"
    assert plant_faults(tmp_path, PLANT + second) == [
        "11: works/a/l/u has a signal 'good' from one already; rename it: `signals: {good: {name: …}}`"
    ]


def test_faults_of_the_profiles_a_plant_names_are_reported_with_the_plants_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "profile.yaml").write_text(PROFILE.replace("type: u16", "type: u17"))
    (tmp_path / "plant.yaml").write_text(PLANT.replace("Europe/Berlin", "Nowhere"))
    with pytest.raises(ProfileFaults) as caught:
        load_plant(tmp_path / "plant.yaml")
    assert [(Path(f.file).name, f.line) for f in caught.value.faults] == [
        ("plant.yaml", 4),
        ("profile.yaml", 13),
    ]
