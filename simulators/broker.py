"""The demo's MQTT 5 broker: `python -m simulators.broker --port 1883 --config-file FILE` runs rumqttd in this process.

One MQTT 5 listener on loopback. Payloads may be larger than rumqttd's default of 20,480 bytes, so that a third
program on the same broker is not cut off; our own messages stay below that default anyway. Nothing is kept on disk:
no broker is trusted with durability, the edge's outbox is.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from iotcore import IotCoreBroker

PAYLOAD_BYTES_MAX = 1_048_576
INFLIGHT_MAX = 200
CONNECTIONS_MAX = 500


def broker_config(*, host: str, port: int) -> str:
    """The rumqttd settings (TOML) of one MQTT 5 listener at host:port."""
    return f"""\
id = 0

[router]
id = 0
max_connections = {CONNECTIONS_MAX}
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v5.1]
name = "lineside"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {PAYLOAD_BYTES_MAX}
max_inflight_count = {INFLIGHT_MAX}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; exit status 2 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m simulators.broker", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=1883, help="MQTT 5 port (default 1883)")
    parser.add_argument(
        "--config-file", type=Path, required=True, help="where to write the broker's settings"
    )
    chosen = parser.parse_args(arguments)
    chosen.config_file.write_text(
        broker_config(host=chosen.host, port=chosen.port), encoding="utf-8"
    )
    broker = IotCoreBroker(config_path=str(chosen.config_file))
    try:
        broker.check_ports()
    except OSError as error:
        sys.stderr.write(
            f"MQTT port {chosen.port} is taken ({error}); choose another with --port\n"
        )
        return 2
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # rumqttd reports every packet inside error spans; nothing of that is an error.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    broker.start()
    signal.sigwait(stops)
    os._exit(0)  # the broker's own threads have no shutdown


if __name__ == "__main__":
    sys.exit(main())
