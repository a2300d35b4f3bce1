"""Health checks of the containers: `healthy.py http URL | tcp HOST:PORT ... | mqtt TOPIC`.

Exit status 0 when the program answers, or, for `mqtt`, when the retained message of its presence
topic says that it is online: a program that hangs loses its broker connection, and its last will
then says otherwise.
"""

import asyncio
import json
import os
import socket
import ssl
import sys
import urllib.request
from urllib.parse import urlsplit

import aiomqtt

PATIENCE_S = 4.0


def answers_http(url: str) -> bool:
    """Whether the URL is served with a status below 400."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return answer.status < 400


def listens(address: str) -> bool:
    """Whether something accepts connections at host:port."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), timeout=PATIENCE_S).close()
    return True


def trust() -> ssl.SSLContext:
    """The plant's own authority where one is named."""
    return ssl.create_default_context(cafile=os.environ.get("LINESIDE_MQTT_CA_FILE"))


async def is_online(topic: str) -> bool:
    """Whether the retained JSON object on the topic says `online`."""
    broker = urlsplit(os.environ["LINESIDE_MQTT_URL"])
    async with aiomqtt.Client(
        broker.hostname or "",
        broker.port or (8883 if broker.scheme == "mqtts" else 1883),
        username=os.environ.get("LINESIDE_MQTT_USERNAME"),
        password=os.environ.get("LINESIDE_MQTT_PASSWORD"),
        tls_context=trust() if broker.scheme == "mqtts" else None,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:
        await client.subscribe(topic)
        async for message in client.messages:
            payload = message.payload
            return isinstance(payload, bytes | str) and json.loads(payload).get("online") is True
    return False


def main(words: list[str]) -> int:
    """0 when healthy, 1 when not, with the reason on stderr."""
    try:
        match words:
            case ["http", url]:
                healthy = answers_http(url)
            case ["tcp", *addresses] if addresses:
                healthy = all(listens(address) for address in addresses)
            case ["mqtt", topic]:
                healthy = asyncio.run(asyncio.wait_for(is_online(topic), PATIENCE_S))
            case _:
                sys.stderr.write(f"{__doc__}\n")
                return 2
    except Exception as error:
        sys.stderr.write(f"not healthy: {error!r}\n")
        return 1
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
