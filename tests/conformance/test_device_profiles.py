"""Every profile that comes with the product reads its device right: real protocol, hand-written map, real decoder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device_profiles.broker import Broker
from device_profiles.catalog import BUILTIN, load_profile, load_profile_by_id
from device_profiles.placement import placed
from device_profiles.plant import Device
from device_profiles.profile import DataType, Profile, Protocol, WordOrder
from device_profiles.program import SystemClock
from edge.bench.probe import Row, probe
from gateway.contract.equipment import EquipmentPath
from simulators.opcua_machine import OpcUaMachine
from tests.conformance.device_servers import modbus_device, mqtt_device, opcua_device
from tests.conformance.gateway_rig import PlantBroker, free_port, running_broker
from tests.conformance.modbus_maps import MODBUS, STATUS, ModbusMap
from tests.conformance.mqtt_maps import MQTT
from tests.conformance.opcua_maps import OPCUA

WITHIN_S = 20.0
NO_BROKER = Broker(host="127.0.0.1", port=1)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlantBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


async def read(profile: Profile, endpoint: str) -> dict[str, Row]:
    device = Device(
        id="device",
        profile=profile,
        endpoint=endpoint,
        agent="agent",
        equipment=EquipmentPath("site/area/line/unit"),
        bindings=(),
    )
    rows = await probe(device, clock=SystemClock(), broker=NO_BROKER, within_s=WITHIN_S)
    return {row.signal: row for row in rows}


def shown(rows: dict[str, Row]) -> dict[str, str]:
    """Value of each signal; floats without their trailing zeros, as the maps write them."""
    return {name: row.value if row.quality == "good" else row.quality for name, row in rows.items()}


def test_every_profile_that_comes_with_the_product_has_a_map() -> None:
    files = [file for file in BUILTIN.rglob("*.yaml") if file.parent.name != "plants"]
    known = {Protocol.MODBUS_TCP, Protocol.MODBUS_RTU, Protocol.OPCUA, Protocol.MQTT}
    profiles = [load_profile(file) for file in files]
    ids = {profile.id for profile in profiles if profile.protocol in known}
    assert ids == MODBUS.keys() | OPCUA.keys() | MQTT.keys()
    for profile in profiles:
        maps = [m[profile.id] for m in (MODBUS, OPCUA, MQTT) if profile.id in m]
        assert all(m.expected.keys() == profile.signals.keys() for m in maps), profile.id


@pytest.mark.parametrize("profile_id", MODBUS)
async def test_a_modbus_device_is_read_right(profile_id: str) -> None:
    answers = MODBUS[profile_id]
    async with modbus_device(answers) as endpoint:
        rows = await read(load_profile_by_id(profile_id), endpoint)
    assert shown(rows) == answers.expected


CLEAR = ("false", "0", "down")


def with_one_bit(answers: ModbusMap, table: str, address: int, bit: int) -> ModbusMap:
    """A device on which nothing but one bit is set."""
    words = {
        "holding": dict.fromkeys(answers.holding, 0),
        "inputs": dict.fromkeys(answers.inputs, 0),
    }
    bits = {
        "coils": dict.fromkeys(answers.coils, False),
        "discrete": dict.fromkeys(answers.discrete, False),
    }
    if table in bits:
        bits[table][address] = True
    else:
        words[table][address] = 1 << bit
    return ModbusMap(
        holding=words["holding"],
        inputs=words["inputs"],
        coils=bits["coils"],
        discrete=bits["discrete"],
        expected={},
    )


@pytest.mark.parametrize("profile_id", STATUS)
async def test_each_status_bit_says_what_the_document_says_and_nothing_else(
    profile_id: str,
) -> None:
    profile = load_profile_by_id(profile_id)
    said = {signal for signal, _ in STATUS[profile_id].values()}
    bits = {n for n, s in profile.signals.items() if s.data_type is DataType.BOOL}
    assert bits <= said
    for (table, address, bit), (signal, meaning) in STATUS[profile_id].items():
        async with modbus_device(with_one_bit(MODBUS[profile_id], table, address, bit)) as endpoint:
            values = shown(await read(profile, endpoint))
        told = {name: values[name] for name in said if values[name] not in CLEAR}
        assert told == {signal: meaning}, (table, address, bit)


@pytest.mark.parametrize("profile_id", OPCUA)
async def test_an_opcua_server_is_read_right(profile_id: str) -> None:
    answers = OPCUA[profile_id]
    profile = placed(load_profile_by_id(profile_id), answers.parameters)
    async with opcua_device(answers) as endpoint:
        rows = await read(profile, endpoint)
    assert shown(rows) == answers.expected


@pytest.mark.parametrize("profile_id", MQTT)
async def test_an_mqtt_device_is_read_right(profile_id: str, broker: PlantBroker) -> None:
    answers = MQTT[profile_id]
    async with mqtt_device(answers, broker.port) as endpoint:
        rows = await read(load_profile_by_id(profile_id), endpoint)
    assert shown(rows) == answers.expected


async def test_a_profile_with_the_wrong_word_order_or_address_reads_something_else() -> None:
    """What the tests above rely on."""
    profile, answers = load_profile_by_id("moxa-iologik-e1212"), MODBUS["moxa-iologik-e1212"]
    good = replace(profile.signals["good"], word_order=WordOrder.CDAB)
    async with modbus_device(answers) as endpoint:
        rows = await read(replace(profile, signals={**profile.signals, "good": good}), endpoint)
        assert rows["good"].value == str(0x86A3_0001)
        assert "word_order: ABCD would read 100003" in rows["good"].hint


async def test_a_silent_device_is_an_error_with_a_reason(tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:9"):
        await read(load_profile_by_id("adam-6051"), "modbus-tcp://127.0.0.1:9?unit=1")


async def test_a_simulated_machine_has_the_node_ids_of_its_profile() -> None:
    profile = placed(load_profile_by_id("siemens-s7-1500"), {"db": "Press7"})
    clock, port = SystemClock(), free_port()
    machine = OpcUaMachine(profile, host="127.0.0.1", port=port, path="/s7", now=clock.now)
    await machine.start()
    try:
        await machine.show({"state": 6, "good": 41, "scrap": 2})
        rows = await read(profile, f"opc.tcp://127.0.0.1:{port}/s7")
    finally:
        await machine.stop()
    values = shown(rows)
    assert (values["state"], values["good"], values["scrap"]) == ("running", "41", "2")
