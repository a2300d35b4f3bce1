"""A whole plant with everything on: TLS everywhere, accounts, topic rules; the real programs as processes."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from device_profiles.broker import Broker
from device_profiles.trust import client_context
from tests.conformance.gateway_rig import free_port, holds
from tests.conformance.mosquitto_rig import SafeBroker, client

SITE, UNIT, AGENT = "works", "works/packing/P1/PCK1", "edge-1"
PATIENCE_S = 60.0
PLANT = """\
schema: lineside.plant/1
site: works
name: {{en: Works}}
time_zone: UTC
equipment:
  - {{path: packing, name: {{en: Packing}}}}
  - {{path: packing/P1, name: {{en: Line}}}}
  - {{path: packing/P1/PCK1, name: {{en: Cell}}, line_side: P1-LS, output: FG, ideal_cycle_s: 2}}
devices:
  - id: pck1
    equipment: packing/P1/PCK1
    profile: mqtt-packing-cell
    agent: edge-1
    endpoint: "mqtts://127.0.0.1:{port}/plant/pck1"
"""


def program(module: str, *words: str) -> list[str]:
    """What a console script does."""
    return [
        sys.executable,
        "-c",
        f"import sys; from {module} import main; sys.exit(main())",
        *words,
    ]


@dataclass
class Program:
    """One of our programs, with everything it says kept."""

    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.process = None
        return status

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def seen_by_everybody(self) -> bytes:
        """What the list of processes shows of it."""
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes()


@dataclass
class SafePlant:
    """Broker, server, gateway and one edge agent whose machine speaks MQTT."""

    directory: Path
    database_url: str
    broker: SafeBroker
    tokens: dict[str, str] = field(
        default_factory=lambda: {
            name: secrets.token_hex(24)
            for name in ("LINESIDE_GATEWAY_TOKEN", "LINESIDE_HMI_TOKEN", "LINESIDE_ADMIN_TOKEN")
        }
    )
    server_port: int = field(default_factory=free_port)
    made: int = 0

    @classmethod
    def prepare(
        cls, directory: Path, database_url: str, *, client_certificates: bool
    ) -> "SafePlant":
        broker = SafeBroker(
            directory=directory,
            plant=str(directory / "plant.yaml"),
            client_certificates=client_certificates,
        )
        (directory / "plant.yaml").write_text(PLANT.format(port=broker.port))
        broker.prepare()
        broker.certify("issue", "server", "--host", "127.0.0.1")
        for account in (AGENT, "gateway"):
            broker.certify("issue", account)
        plant = cls(directory=directory, database_url=database_url, broker=broker)
        plant.write_settings()
        return plant

    def write_settings(self) -> None:
        """Settings without a secret in them, and secrets files."""
        server = self.broker.certificates / "server"
        (self.directory / "server.toml").write_text(
            f'secrets_file = "server.env"\n[server]\nlisten = "127.0.0.1:{self.server_port}"\n'
            f'plant = "plant.yaml"\ncertificate_file = "{server}/certificate.pem"\n'
            f'key_file = "{server}/key.pem"\n'
        )
        self.keep("server.env", {**self.tokens, "LINESIDE_DATABASE_URL": self.database_url})
        (self.directory / "gateway.toml").write_text(
            f'secrets_file = "gateway.env"\n[gateway]\nplant = "plant.yaml"\n{self.mqtt("gateway")}'
            f'[server]\nurl = "{self.url}"\nca_file = "{self.broker.ca_file}"\n'
        )
        self.keep_gateway(self.tokens["LINESIDE_GATEWAY_TOKEN"])
        (self.directory / "edge.toml").write_text(
            f'agent = "{AGENT}"\nplant = "{self.directory}/plant.yaml"\n'
            f'secrets_file = "{self.broker.secrets_file(AGENT)}"\n'
            f'data_directory = "{self.directory}/data"\n{self.mqtt(AGENT)}'
        )

    def mqtt(self, account: str) -> str:
        """The table `[mqtt]` of an account's program."""
        lines = [
            "[mqtt]",
            f'url = "mqtts://127.0.0.1:{self.broker.port}"',
            f'ca_file = "{self.broker.ca_file}"',
        ]
        if self.broker.client_certificates:
            own = self.broker.certificates / account
            lines += [f'certificate_file = "{own}/certificate.pem"', f'key_file = "{own}/key.pem"']
        return "\n".join(lines) + "\n"

    def keep(self, name: str, values: Mapping[str, str]) -> Path:
        """Write a secrets file."""
        file = self.directory / name
        file.touch(mode=0o600)
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        return file

    def keep_gateway(self, token: str) -> None:
        password = self.broker.password("gateway")
        self.keep(
            "gateway.env",
            {
                "LINESIDE_GATEWAY_TOKEN": token,
                "LINESIDE_MQTT_USERNAME": "gateway",
                "LINESIDE_MQTT_PASSWORD": password,
            },
        )

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"

    def secrets(self) -> list[str]:
        """Everything that nobody may learn."""
        passwords = [self.broker.password(name) for name in (AGENT, "gateway", "historian")]
        return [*passwords, *self.tokens.values()]

    def server(self) -> Program:
        return self._program("mes_server.compose", "server")

    def gateway(self) -> Program:
        return self._program("gateway.compose", "gateway")

    def edge(self) -> Program:
        return self._program("edge.compose", "edge")

    def _program(self, module: str, name: str) -> Program:
        command = program(module, "--config", str(self.directory / f"{name}.toml"))
        return Program(command=command, log=self.directory / f"{name}.log")

    async def server_is_up(self) -> None:
        assert await holds(self._answers, PATIENCE_S), (self.directory / "server.log").read_text()

    def _answers(self) -> bool:
        try:
            with self.office() as http:
                return http.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def office(self, token: str = "") -> httpx.Client:
        """The API over TLS."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token or self.tokens['LINESIDE_ADMIN_TOKEN']}"},
            verify=client_context(self.broker.ca_file),
            trust_env=False,
            timeout=30,
        )

    async def machine_makes(self, pieces: int) -> None:
        """Publish a growing count from the machine's own, open listener until the server has booked all of it."""
        goal = self.made + pieces
        open_line = Broker(host="127.0.0.1", port=self.broker.machines_port)
        deadline = time.monotonic() + PATIENCE_S
        async with client(open_line) as machine:
            while (booked := await asyncio.to_thread(self.booked)) < goal:
                assert time.monotonic() < deadline, f"{booked} of {goal} booked"
                if booked >= 0:  # what the edge heard first is where it counts from
                    self.made = min(goal, self.made + 1)
                document = {
                    "ts": datetime.now(UTC).isoformat(),
                    "state": "execute",
                    "cartons": {"total": 1000 + self.made, "rejected": 0},
                }
                await machine.publish("plant/pck1/status", json.dumps(document), qos=1)
                await asyncio.sleep(0.25)

    def booked(self) -> int:
        """Pieces the server has committed."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            if connection.execute("select to_regclass('signal_total')").fetchone() == (None,):
                return -1
            row = connection.execute(
                "select t.total from signal_total t join signal s on s.id = t.signal_id"
                " join equipment e on e.id = s.equipment_id where e.path = %s and s.name = 'good'",
                [UNIT],
            ).fetchone()
            return int(row[0]) if row else -1
