"""The server's socket: answers leave at once."""

import socket
from pathlib import Path

from mes_server.compose import listening, load_config


def test_an_answer_in_two_parts_waits_for_no_acknowledgement(tmp_path: Path) -> None:
    file = tmp_path / "mes.toml"
    file.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    secrets = {"LINESIDE_GATEWAY_TOKEN": "for-the-gateway", "LINESIDE_HMI_TOKEN": "for-screens"}
    config = load_config(file, secrets | {"LINESIDE_DATABASE_URL": "postgresql://"})
    with listening(config) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
