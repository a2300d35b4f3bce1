"""A Sparkplug host built on the library pysparkplug, in an environment of its own: it says what it hears, a JSON line each.

Run as a program by `build/sparkplug-reader/bin/python`: HOST PORT GROUP. Each line on its input is the name of a node to
ask for its birth.
"""

import json
import sys
import threading

import pysparkplug  # pyright: ignore[reportMissingImports]
from pysparkplug import _protobuf  # pyright: ignore[reportMissingImports]

SAYING = threading.Lock()


class Reader(pysparkplug.Client):
    """Also reads what the library leaves out of its metrics: their properties, by the public schema it brings."""

    def _handle_message(self, mqtt_message):
        self.properties = []
        if "/STATE/" not in mqtt_message.topic:
            payload = _protobuf.Payload.FromString(mqtt_message.payload)
            for metric in payload.metrics:
                values = [
                    getattr(value, value.WhichOneof("value")) for value in metric.properties.values
                ]
                self.properties.append(
                    dict(zip(metric.properties.keys, values, strict=True))
                    | {"_types": [value.type for value in metric.properties.values]}
                )
        return super()._handle_message(mqtt_message)


def say(client, message):
    """One message of a node as the library understood it."""
    topic, payload = message.topic, message.payload
    metrics = getattr(payload, "metrics", ()) or (
        [payload.bd_seq_metric] if hasattr(payload, "bd_seq_metric") else ()
    )
    properties = client.properties or [{} for _ in metrics]
    document = {
        "kind": str(topic.message_type.value),
        "node": topic.edge_node_id,
        "device": topic.device_id,
        "seq": getattr(payload, "seq", None),
        "retain": bool(message.retain),
        "metrics": {
            metric.name: {
                "value": metric.value,
                "type": metric.datatype.name,
                "alias": metric.alias,
                "null": metric.is_null,
                "properties": found,
            }
            for metric, found in zip(metrics, properties, strict=True)
        },
    }
    with SAYING:
        print(json.dumps(document, default=str), flush=True)


def main():
    """Read until the input ends."""
    host, port, group = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    client = Reader("independent-reader")
    connected = threading.Event()
    client.connect(host, port=port, callback=lambda _: connected.set())
    assert connected.wait(20)
    everything = pysparkplug.Topic(
        group_id=group, message_type="+", edge_node_id="+", device_id="#"
    )
    client.subscribe(everything, pysparkplug.QoS.AT_LEAST_ONCE, say)
    print(json.dumps({"kind": "listening"}), flush=True)
    for line in sys.stdin:
        wish = pysparkplug.Metric(
            timestamp=pysparkplug.get_current_timestamp(),
            name="Node Control/Rebirth",
            datatype=pysparkplug.DataType.BOOLEAN,
            value=True,
        )
        client.publish(
            pysparkplug.Message(
                topic=pysparkplug.Topic(
                    group_id=group,
                    message_type=pysparkplug.MessageType.NCMD,
                    edge_node_id=line.strip(),
                ),
                payload=pysparkplug.NCmd(
                    timestamp=pysparkplug.get_current_timestamp(), metrics=(wish,)
                ),
                qos=pysparkplug.QoS.AT_MOST_ONCE,
                retain=False,
            ),
            include_dtypes=True,
        )
    client.disconnect()


if __name__ == "__main__":
    main()
