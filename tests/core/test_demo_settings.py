"""`lineside-demo --config FILE`: the file is read strictly, and options win over it."""

from pathlib import Path

import pytest

from simulators.all_in_one.compose import main


def test_every_fault_of_the_file_is_said_at_once_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "demo.toml"
    file.write_text('api_prt = 8001\nspeed = "fast"\n')
    assert main(["--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert f"{file}:1: unknown key 'api_prt'; did you mean 'api_port'?" in said
    assert f"{file}:2: speed must be a number" in said


def test_the_files_speed_counts_until_an_option_says_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "demo.toml"
    file.write_text("speed = 99.0\n")
    assert main(["--config", str(file)]) == 2
    assert "--speed must be from" in capsys.readouterr().err
    assert main(["--config", str(file), "--speed", "1", "--score", "--seconds", "0"]) == 2
    assert "--seconds must be from" in capsys.readouterr().err
