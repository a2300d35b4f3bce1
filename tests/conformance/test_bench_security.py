"""Probe and browse on a server that wants certificates and a log-in: with an agent's settings they have both."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asyncua import ua

from edge.certificates import CertificateDirectory
from tests.conformance.device_rigs import OPCUA
from tests.conformance.test_bench import run
from tests.conformance.test_opcua_security import Plc
from tests.core.test_reading_rules import PLANT

pytestmark = pytest.mark.usefixtures("own_logging")


def settings(directory: Path, plc: Plc) -> str:
    """An agent's settings for the server, whose endpoint differs from the plant file's."""
    (directory / "tiny.yaml").write_text(OPCUA)
    plant = PLANT.replace("profile: device", "profile: tiny") % ("opc.tcp://127.0.0.1:9/tiny", "")
    (directory / "plant.yaml").write_text(plant)
    file = directory / "edge.toml"
    file.write_text(
        f'agent = "e1"\nplant = "{directory}/plant.yaml"\nprofile_directory = "{directory}"\n'
        f'certificates = "{directory}/edge"\n[endpoints]\none = "{plc.endpoint}"\n'
        '[security.one]\nmode = "sign-and-encrypt"\nuser = "lineside"\n'
    )
    return str(file)


async def test_with_an_agents_settings_a_secured_server_is_probed_and_browsed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINESIDE_OPCUA_PASSWORD_ONE", "s3cret")
    plc = Plc(tmp_path)
    plc.users.anybody = False
    plc.tokens = [ua.UserNameIdentityToken]
    config = settings(tmp_path, plc)
    ours = CertificateDirectory(tmp_path / "edge")
    ours.create(name="edge-1", host="edge-pc", now=datetime.now(UTC))
    await plc.start()
    try:
        status, _, err = await run(capsys, "browse", "--config", config, "--device", "one")
        assert status == 1
        assert "certificate is not trusted" in err
        assert "lineside-edge certificate" in err
        ours.trust(str(plc.certificates.certificate_file))
        status, out, err = await run(capsys, "browse", "--config", config, "--device", "one")
        assert (status, err) == (0, "")
        assert "UInt32 = 7" in out
        status, out, err = await run(capsys, "probe", "--config", config, "--device", "one")
        assert (status, err) == (0, "")
        assert out.splitlines()[1].split()[:5] == ["good", "7", "7", "7", "pcs"]
    finally:
        await plc.stop()
