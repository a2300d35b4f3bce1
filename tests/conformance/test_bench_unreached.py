"""At the bench: what is not reached is said to be away, by its address, without the password in it."""

import pytest

from edge.compose import main
from tests.conformance.gateway_rig import free_port

PASSWORD = "kettle-and-spoon"


@pytest.mark.parametrize(
    ("command", "scheme", "path"),
    [
        (["probe", "shelly-gen2"], "mqtt", "/plant/shelly"),
        (["browse"], "opc.tcp", "/server"),
    ],
)
def test_the_address_is_told_and_its_password_is_not(
    command: list[str], scheme: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    assert main([*command, f"{scheme}://fitter:{PASSWORD}@127.0.0.1:{port}{path}"]) == 1
    said = "".join(capsys.readouterr())
    assert f"127.0.0.1:{port}{path}: " in said
    assert "Connect call failed" in said
    assert PASSWORD not in said
