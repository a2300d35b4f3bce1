"""What a broken or hostile device may publish: it makes readings bad, and never ends the driver."""

import pytest

from device_profiles.catalog import BUILTIN, load_profile
from device_profiles.program import SystemClock
from edge.driver import Reading
from edge.mqtt_driver import MqttDriver

PROFILE = load_profile(next(BUILTIN.rglob("mqtt-packing-cell.yaml")))


def decoded(payload: bytes) -> list[Reading]:
    driver = MqttDriver(endpoint="mqtt://h:1883/base", profile=PROFILE, clock=SystemClock())
    return [
        reading
        for topic in driver._signals  # pyright: ignore[reportPrivateUsage]
        for reading in driver._decode(topic, payload)  # pyright: ignore[reportPrivateUsage]
    ]


@pytest.mark.parametrize("payload", [b"[" * 100_000, b"\xff\xfe", b"1" * 5_000, b""])
def test_what_cannot_be_read_is_a_bad_reading(payload: bytes) -> None:
    readings = decoded(payload)
    assert {reading.signal for reading in readings} == PROFILE.signals.keys()
    assert {reading.value for reading in readings} == {None}
