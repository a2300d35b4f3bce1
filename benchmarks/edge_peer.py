"""The same devices read by thingsboard-gateway: its settings at their fastest, and what came of it.

It runs unchanged in an environment of its own (`make bench-edge-peer` makes one) and publishes to an MQTT 5 broker as to
its platform; what a subscriber gets there is counted. It is given what it knows of coalescing: one wide Modbus range with
the largest requests, OPC UA subscriptions, no rate limits, large packs, and a queue in memory, not on disk.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from benchmarks.edge_lab import HOST, NAMESPACE_INDEX, Lab, Process
from benchmarks.edge_modbus import TAG_SPACING
from benchmarks.edge_tally import Tally

TELEMETRY = "v1/gateway/telemetry"
_RUN = "from thingsboard_gateway.tb_gateway import main; main()"
_LIMITS = ("rateLimits", "dpRateLimits", "messagesRateLimits")


@dataclass
class PlatformSink(Tally):
    """The platform that thingsboard-gateway believes to talk to: takes everything and counts it."""

    port: int = 0
    _newest: dict[str, int] = field(default_factory=dict[str, int])

    async def run(self) -> None:
        """Listen until cancelled."""
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client(HOST, self.port, protocol=v5, timeout=5) as client:
            await client.subscribe([(TELEMETRY, 1), ("v1/devices/me/rpc/request/+", 1)])
            async for message in client.messages:
                topic = message.topic.value
                if topic == TELEMETRY:
                    self._take(json.loads(message.payload), time.time())
                else:
                    answer = topic.replace("request", "response")
                    await client.publish(answer, json.dumps({"rateLimits": {}}), qos=1)

    def _take(self, devices: dict[str, list[dict[str, object]]], arrived: float) -> None:
        for packs in devices.values():
            for pack in packs:
                values = pack["values"]
                assert isinstance(values, dict)
                for tag, value in values.items():
                    self._value(tag, int(value), arrived, float(str(pack["ts"])) / 1000)

    def _value(self, tag: str, value: int, arrived: float, ts: float) -> None:
        step = value % TAG_SPACING
        if step <= self._newest.get(tag, 0):
            return
        self._newest[tag] = step
        self.note(step, alone=True, changed=ts, arrived=arrived)


def start_peer(plant: Lab, *, python: str, protocol: str, tags: int, endpoint: str) -> Process:
    """Write its settings and start it."""
    config = plant.directory / "peer"
    config.mkdir()
    (plant.directory / "logs").mkdir()
    kind = "opcua" if protocol == "opcua" else "modbus"
    own = _opcua(tags, endpoint) if kind == "opcua" else _modbus(tags, endpoint)
    connector = {"name": "bench", "type": kind, "configuration": "connector.json"}
    for name, content in (
        ("connector.json", {**own, "name": "bench", "logLevel": "ERROR"}),
        ("tb_gateway.json", {**_gateway(plant.broker_port), "connectors": [connector]}),
        ("logs.json", _logs(plant.directory)),
    ):
        (config / name).write_text(json.dumps(content))
    return plant.start("edge", python, "-c", _RUN, TB_GW_CONFIG_DIR=str(config))


def _gateway(port: int) -> dict[str, object]:
    limits = {
        key: "0:0," for name in _LIMITS for key in (name, f"device{name[0].upper()}{name[1:]}")
    }
    return {
        "thingsboard": {
            "host": HOST,
            "port": port,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "maxPayloadSizeBytes": 65_000,
            "minPackSendDelayMS": 10,
            "minPackSizeToSend": 500,
            "handleDeviceRenaming": False,
            "checkingDeviceActivity": {"checkDeviceInactivity": False},
            "security": {"type": "accessToken", "accessToken": "bench"},
            "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            **limits,
        },
        "storage": {"type": "memory", "read_records_count": 1000, "max_records_count": 1_000_000},
        "grpc": {"enabled": False},
    }


def _modbus(tags: int, endpoint: str) -> dict[str, object]:
    port = int(endpoint.split("?")[0].rpartition(":")[2])
    values = {
        "tag": "t${address}",
        "type": "32uint",
        "functionCode": 3,
        "objectsCount": 2,
        "address": f"0-{2 * tags - 1}",
        "maxRegistersPerRequest": 124,
    }
    device = {
        "host": HOST,
        "port": port,
        "type": "tcp",
        "method": "socket",
        "unitId": 1,
        "deviceName": "Bench",
        "timeout": 5,
        "byteOrder": "BIG",
        "wordOrder": "BIG",
        "pollPeriod": 100,
        "attributes": [],
        "timeseries": [values],
        "attributeUpdates": [],
        "rpc": [],
    }
    return {"master": {"slaves": [device]}}


def _opcua(tags: int, endpoint: str) -> dict[str, object]:
    server = {
        "url": endpoint,
        "timeoutInMillis": 5000,
        "scanPeriodInMillis": 3_600_000,
        "enableSubscriptions": True,
        "subCheckPeriodInMillis": 100,
        "subDataMaxBatchSize": 2000,
        "subDataMinBatchCreationTimeMs": 100,
        "showMap": False,
        "security": "None",
        "identity": {"type": "anonymous"},
    }
    info = {
        "deviceNameExpression": "Bench",
        "deviceNameExpressionSource": "constant",
        "deviceProfileExpression": "default",
        "deviceProfileExpressionSource": "constant",
    }
    nodes = [
        {"key": f"t{tag}", "type": "identifier", "value": f"${{ns={NAMESPACE_INDEX};s=t{tag}}}"}
        for tag in range(tags)
    ]
    mapping = {
        "deviceNodeSource": "path",
        "deviceNodePattern": "Root\\.Objects\\.Bench",
        "deviceInfo": info,
        "attributes": [],
        "timeseries": nodes,
        "rpc_methods": [],
        "attributes_updates": [],
    }
    return {"server": server, "mapping": [mapping]}


def _logs(directory: Path) -> dict[str, object]:
    handler = {"class": "logging.FileHandler", "filename": str(directory / "peer-errors.log")}
    names = (
        "database",
        "service",
        "connector",
        "converter",
        "tb_connection",
        "storage",
        "extension",
    )
    quiet = {"handlers": ["errors"], "level": "ERROR", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"errors": handler},
        "loggers": dict.fromkeys(names, quiet),
        "root": {"level": "ERROR", "handlers": ["errors"]},
    }
