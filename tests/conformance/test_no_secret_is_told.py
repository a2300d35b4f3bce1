"""The real programs with real secrets, failing in every way we know: nothing they say or show holds a secret."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance.gateway_rig import free_port, holds
from tests.conformance.mosquitto_rig import SafeBroker
from tests.conformance.safe_plant import AGENT, PLANT, Program, program

pytestmark = pytest.mark.mosquitto

TOKEN = "token-of-nobody-0815-4711"
PASSWORD = "password-of-nobody-0815-4711"
DATABASE = f"postgresql://lineside:{PASSWORD}@127.0.0.1:1/lineside?connect_timeout=1"
SECRETS = (TOKEN, PASSWORD)
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SafeBroker]:
    directory = tmp_path_factory.mktemp("broker")
    broker = SafeBroker(directory=directory, plant=str(directory / "plant.yaml"))
    (directory / "plant.yaml").write_text(PLANT.format(port=broker.port))
    broker.prepare()
    broker.certify("issue", "elsewhere", "--host", "elsewhere.plant")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def started() -> Iterator[Callable[[Program], Program]]:
    running: list[Program] = []

    def start(one: Program) -> Program:
        one.start()
        running.append(one)
        return one

    yield start
    for one in running:
        one.kill()


def settings(broker: SafeBroker, directory: Path, kind: str, *, port: int, ca_file: Path) -> Path:
    plant = f"{broker.directory}/plant.yaml"
    mqtt = f'[mqtt]\nurl = "mqtts://127.0.0.1:{port}"\nca_file = "{ca_file}"\n'
    text = {
        "edge": f'agent = "{AGENT}"\nplant = "{plant}"\ndata_directory = "{directory}/data"\n{mqtt}',
        "gateway": f'[gateway]\nplant = "{plant}"\n{mqtt}[server]\nurl = "http://127.0.0.1:{free_port()}"\n',
    }[kind]
    secrets = directory / "secrets.env"
    secrets.touch(mode=0o600)
    user = AGENT if kind == "edge" else "gateway"
    secrets.write_text(
        f"LINESIDE_MQTT_USERNAME={user}\nLINESIDE_MQTT_PASSWORD={PASSWORD}\n"
        f"LINESIDE_GATEWAY_TOKEN={TOKEN}\n"
    )
    file = directory / f"{kind}.toml"
    file.write_text(f'secrets_file = "{secrets}"\nlog_level = "debug"\n{text}')
    if kind == "gateway":
        file.write_text(f'secrets_file = "{secrets}"\n{text}[log]\nlevel = "debug"\n')
    return file


def told(one: Program) -> str:
    shown = one.seen_by_everybody().decode() if one.process is not None else ""
    return one.said() + shown


@pytest.mark.parametrize("kind", ["edge", "gateway"])
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("wrong password", "the broker refuses"),
        ("unknown authority", "not from an authority that is trusted here"),
        ("no TLS there", "does not speak TLS"),
        ("nobody there", "onnect"),
    ],
)
async def test_a_program_that_cannot_reach_the_bus_says_why_and_no_secret(
    broker: SafeBroker,
    tmp_path: Path,
    started: Callable[[Program], Program],
    kind: str,
    trouble: str,
    said: str,
) -> None:
    ca_file, port = broker.ca_file, broker.port
    if trouble == "unknown authority":
        stranger = SafeBroker(directory=tmp_path / "stranger")
        stranger.certify("create-authority")
        ca_file = stranger.ca_file
    elif trouble == "no TLS there":
        port = broker.machines_port
    elif trouble == "nobody there":
        port = free_port()
    file = settings(broker, tmp_path, kind, port=port, ca_file=ca_file)
    command = program(f"{kind}.compose", "--config", str(file))
    one = started(Program(command=command, log=tmp_path / "log"))
    assert await holds(lambda: said in one.said(), PATIENCE_S), one.said()
    text = told(one)
    one.end()
    assert [secret for secret in SECRETS if secret in text + one.said()] == []


@pytest.mark.parametrize("module", ["edge", "gateway", "hmi", "mes_server"])
@pytest.mark.parametrize(
    "trouble", ["open secrets file", "secret in the settings", "secret in the URL"]
)
def test_settings_that_are_wrong_are_explained_without_the_secret(
    tmp_path: Path, started: Callable[[Program], Program], module: str, trouble: str
) -> None:
    secrets = tmp_path / "secrets.env"
    secrets.touch(mode=0o600)
    secrets.write_text(
        f"LINESIDE_MQTT_PASSWORD={PASSWORD}\nLINESIDE_GATEWAY_TOKEN={TOKEN}\n{TOKEN}\n"
        f"LINESIDE_HMI_TOKEN={TOKEN}\nLINESIDE_DATABASE_URL={DATABASE}\n"
    )
    file = tmp_path / "x.toml"
    file.write_text(f'secrets_file = "{secrets}"\nplant = "kettle-works"\n')
    environment: dict[str, str] = {}
    if trouble == "open secrets file":
        secrets.chmod(0o644)
    elif trouble == "secret in the settings":
        file.write_text(f'[mqtt]\npassword = "{PASSWORD}"\n[server]\ntoken = "{TOKEN}"\n')
    else:
        environment["LINESIDE_MQTT_URL"] = f"mqtts://user:{PASSWORD}@127.0.0.1:1"
    command = program(f"{module}.compose", "--config", str(file))
    one = started(Program(command=command, log=tmp_path / "log", environment=environment))
    assert one.process is not None
    assert one.process.wait(PATIENCE_S) == 2
    assert one.said()
    assert [secret for secret in SECRETS if secret in one.said()] == []


def test_a_server_without_its_database_does_not_tell_the_password(
    tmp_path: Path, started: Callable[[Program], Program]
) -> None:
    file = tmp_path / "mes.toml"
    file.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    environment = {
        "LINESIDE_DATABASE_URL": DATABASE,
        "LINESIDE_GATEWAY_TOKEN": TOKEN,
        "LINESIDE_HMI_TOKEN": TOKEN + "h",
    }
    command = program("mes_server.compose", "--config", str(file))
    one = started(Program(command=command, log=tmp_path / "log", environment=environment))
    assert one.process is not None
    assert one.process.wait(PATIENCE_S) != 0
    assert "database" in one.said()
    assert [secret for secret in SECRETS if secret in one.said()] == []


def test_the_commands_that_make_secrets_do_not_say_them(tmp_path: Path) -> None:
    broker = SafeBroker(directory=tmp_path)
    broker.certify("create-authority")
    said = broker.certify("issue", "broker", "--host", "127.0.0.1") + broker.make_files()
    assert broker.password("gateway") not in said
    assert "PRIVATE" not in said
    for public in ("mosquitto.conf", "acl", "machines.acl", "passwords"):
        assert broker.password("gateway") not in (broker.files / public).read_text()
    shutil.rmtree(tmp_path / "certificates" / "authority")
