"""What real MQTT devices publish, written down by hand from their documents; see `modbus_maps`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttMap:
    """The messages of one device, in this order."""

    base: str
    messages: tuple[tuple[str, str], ...]
    """(topic, payload)."""
    expected: Mapping[str, str]


MQTT: Mapping[str, MqttMap] = {
    "mqtt-packing-cell": MqttMap(
        base="plant/pck1",
        messages=(
            (
                "plant/pck1/status",
                '{"ts": "2026-11-22T08:00:00+00:00", "state": "execute", "cartons": {"total": 120, "rejected": 3}}',
            ),
        ),
        expected={"good": "120", "scrap": "3", "state": "running"},
    ),
    # each message tells only what changed; an event on the same topic tells nothing
    "shelly-gen2": MqttMap(
        base="shellyplusuni-a8032ab12345",
        messages=(
            ("shellyplusuni-a8032ab12345/online", "true"),
            (
                "shellyplusuni-a8032ab12345/events/rpc",
                '{"src":"shellyplusuni-a8032ab12345","dst":"x","method":"NotifyStatus","params":'
                '{"ts":1795334400.25,"input:0":{"id":0,"counts":{"total":100003}}}}',
            ),
            (
                "shellyplusuni-a8032ab12345/events/rpc",
                '{"src":"shellyplusuni-a8032ab12345","dst":"x","method":"NotifyStatus","params":'
                '{"ts":1795334401.5,"switch:0":{"id":0,"apower":15.8,"aenergy":{"total":9492.5}}}}',
            ),
            (
                "shellyplusuni-a8032ab12345/events/rpc",
                '{"src":"shellyplusuni-a8032ab12345","dst":"x","method":"NotifyEvent","params":'
                '{"ts":1795334402.0,"events":[{"component":"input:0","event":"single_push"}]}}',
            ),
        ),
        expected={"good": "100003", "power": "15.8", "energy": "9.4925", "online": "true"},
    ),
    "tasmota": MqttMap(
        base="tele/tasmota_9CF9D1",
        messages=(
            ("tele/tasmota_9CF9D1/LWT", "Online"),
            (
                "tele/tasmota_9CF9D1/SENSOR",
                '{"Time":"2026-11-22T09:00:00","COUNTER":{"C1":100003},'
                '"ENERGY":{"Total":1.234,"Power":42,"Voltage":230}}',
            ),
        ),
        expected={"produced": "100003", "power": "42.0", "online": "Online"},
    ),
}
