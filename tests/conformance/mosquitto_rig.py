"""A real mosquitto with the files that `lineside-gateway broker` and `certificates` make, run as commands."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from device_profiles.broker import Broker
from device_profiles.secrets_file import read_secrets
from tests.conformance.gateway_rig import SITE, free_port
from tests.conftest import find_mosquitto

GATEWAY = (sys.executable, "-c", "import sys; from gateway.compose import main; sys.exit(main())")
READER = "historian"


def command(*words: str) -> str:
    """Run a command of lineside-gateway; what it said."""
    done = subprocess.run(
        [*GATEWAY, *words], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class SafeBroker:
    """mosquitto with TLS, accounts and topic rules."""

    directory: Path
    plant: str = SITE
    client_certificates: bool = False
    port: int = field(default_factory=free_port)
    machines_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def certificates(self) -> Path:
        return self.directory / "certificates"

    @property
    def files(self) -> Path:
        return self.directory / "broker"

    @property
    def log(self) -> Path:
        return self.directory / "mosquitto.log"

    @property
    def ca_file(self) -> Path:
        return self.certificates / "trust" / "ca.pem"

    def prepare(self) -> None:
        """The authority, the broker's certificate, accounts and rules."""
        self.certify("create-authority", "--plant", "Kettle works")
        self.certify("issue", "broker", "--host", "127.0.0.1", "--host", "localhost")
        self.make_files()

    def certify(self, *words: str) -> str:
        return command("certificates", "--directory", str(self.certificates), *words)

    def make_files(self, *more: str) -> str:
        """Settings, rules and passwords."""
        words = ["--plant", self.plant, "--directory", str(self.files), "--reader", READER]
        words += ["--certificates", str(self.certificates / "broker"), "--port", str(self.port)]
        words += ["--machines-port", str(self.machines_port)]
        if self.client_certificates:
            revoked = self.certificates / "trust" / "revoked.pem"
            words += ["--client-certificates", str(revoked)]
        said = command("broker", *words, *more)
        if os.geteuid() == 0:
            with (self.files / "mosquitto.conf").open("a") as settings:
                settings.write(
                    "user root\n"
                )  # else it becomes a user who may not read a test's files
        return said

    def start(self) -> None:
        program = find_mosquitto()
        assert program is not None, "mark this test with pytest.mark.mosquitto"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self.files / "mosquitto.conf")], stdout=log, stderr=log
            )
        for port in (self.port, self.machines_port):
            self._wait_for(port)

    def reload(self) -> None:
        """Read accounts and rules again, without a restart."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def secrets_file(self, account: str) -> Path:
        return self.files / "secrets" / f"{account}.env"

    def password(self, account: str) -> str:
        return read_secrets(self.secrets_file(account)).values["LINESIDE_MQTT_PASSWORD"]

    def access(self, account: str) -> Broker:
        """How an account's program connects."""
        return Broker(
            host="127.0.0.1",
            port=self.port,
            tls=True,
            ca_file=self.ca_file,
            username=account,
            password=self.password(account),
        )

    def _wait_for(self, port: int) -> None:
        assert self._process is not None
        for _ in range(400):
            with socket.socket() as probe:
                probe.settimeout(0.05)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError(f"mosquitto does not listen on {port}: {self.log.read_text()}")


@contextlib.contextmanager
def safe_broker(directory: Path, *, client_certificates: bool = False) -> Iterator[SafeBroker]:
    broker = SafeBroker(directory=directory, client_certificates=client_certificates)
    broker.prepare()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def client(access: Broker, *, name: str = "") -> aiomqtt.Client:
    """A client on the broker, not yet connected."""
    return aiomqtt.Client(
        access.host,
        access.port,
        username=access.username,
        password=access.password,
        identifier=name or None,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=access.context(),
        timeout=5,
    )


async def heard(listening: aiomqtt.Client, count: int) -> Sequence[tuple[str, bytes]]:
    """The next messages."""
    found: list[tuple[str, bytes]] = []
    async for message in listening.messages:
        found.append((message.topic.value, bytes(message.payload)))
        if len(found) == count:
            break
    return found


NOT_AUTHORIZED = 135


def answer_to(access: Broker, topic: str, payload: bytes = b"x") -> int:
    """The reason code by which the broker answers a publication; aiomqtt does not tell it."""
    answers: queue.Queue[int] = queue.Queue()
    speaking = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    speaking.username_pw_set(access.username, access.password)
    if (context := access.context()) is not None:
        speaking.tls_set_context(context)
    speaking.on_publish = lambda _client, _data, _mid, code, _properties: answers.put(code.value)
    speaking.on_connect = lambda *_: speaking.publish(topic, payload, qos=1) and None
    speaking.connect(access.host, access.port)
    speaking.loop_start()
    try:
        return answers.get(timeout=20)
    finally:
        speaking.disconnect()
        speaking.loop_stop()
