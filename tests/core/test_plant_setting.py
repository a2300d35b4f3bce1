"""Which plant a program's settings name: every program finds it, and the profiles beside it, in the same way."""

from pathlib import Path

import pytest

from device_profiles.plant_setting import read_plant_setting
from device_profiles.program import Settings, SettingsFaults
from edge.compose import load_config as edge_config
from gateway.settings import load_config as gateway_config
from mes_server.settings import load_config as server_config

PROFILE = """
schema: lineside.profile/1
id: own-press
name: {en: Press}
protocol: modbus-tcp
source: {document: "Press manual, page 3", verified: "nothing on a device yet"}
poll_ms: 200
lost_after_s: 3
signals:
  produced:
    role: produced
    table: holding
    address: 0
    type: u16
    unit: pcs
    counter: {kind: cumulative, modulus: 65536, rate_max_per_s: 5, burst: 20, jitter: 0}
"""
PLANT = """
schema: lineside.plant/1
site: my-works
name: {en: "My works"}
time_zone: Europe/Prague
equipment:
  - {path: pressing, name: {en: Pressing}}
  - {path: pressing/L2, name: {en: "Line 2"}}
  - {path: pressing/L2/P7, name: {en: "Press 7"}, line_side: L2-LS, output: L2-OUT, ideal_cycle_s: 1.5}
devices:
  - {id: p7, equipment: pressing/L2/P7, profile: own-press, endpoint: "modbus-tcp://10.0.0.2:502?unit=1", agent: a1}
"""
SECRETS = {
    "LINESIDE_GATEWAY_TOKEN": "g" * 40,
    "LINESIDE_HMI_TOKEN": "h" * 40,
}


@pytest.fixture
def works(tmp_path: Path) -> Path:
    """A plant file and a profile of its own in one directory, the programs' settings in another."""
    (tmp_path / "plant").mkdir()
    (tmp_path / "plant" / "plant.yaml").write_text(PLANT, encoding="utf-8")
    (tmp_path / "plant" / "press.yaml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "settings").mkdir()
    return tmp_path


def written(works: Path, name: str, text: str) -> Path:
    """A settings file."""
    file = works / "settings" / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_program_reads_a_plant_whose_own_profile_lies_beside_it(works: Path) -> None:
    edge = written(works, "edge.toml", 'agent = "a1"\nplant = "../plant/plant.yaml"\n')
    gateway = written(works, "gateway.toml", '[gateway]\nplant = "../plant/plant.yaml"\n')
    server = written(works, "mes.toml", '[server]\nplant = "../plant/plant.yaml"\n')
    read = [
        edge_config(edge, SECRETS).plant,
        gateway_config(gateway, SECRETS).plant,
        server_config(server, SECRETS).plant,
    ]
    assert [plant.devices["p7"].profile.id for plant in read] == ["own-press"] * 3


def test_an_agent_keeps_its_facts_where_its_settings_are_unless_they_are_here(
    works: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = written(
        works,
        "edge.toml",
        'agent = "a1"\nplant = "../plant/plant.yaml"\ndata_directory = "facts"\n',
    )
    monkeypatch.chdir(works)
    assert edge_config(edge, SECRETS).data_directory == works / "settings" / "facts"
    (works / "facts").mkdir()
    assert edge_config(edge, SECRETS).data_directory == Path("facts")


def test_profiles_may_lie_below_profiles_and_a_directory_of_their_own_comes_first(
    works: Path,
) -> None:
    (works / "plant" / "profiles").mkdir()
    (works / "plant" / "press.yaml").rename(works / "plant" / "profiles" / "press.yaml")
    (works / "other").mkdir()
    (works / "other" / "press.yaml").write_text(
        PROFILE.replace("poll_ms: 200", "poll_ms: 700"), encoding="utf-8"
    )

    def poll_ms(text: str) -> int:
        settings = Settings(text, file=str(works / "settings" / "x.toml"), environment={})
        plant = read_plant_setting(settings, "plant", profiles="profile_directory")
        settings.finish()
        assert plant is not None
        return plant.devices["p7"].profile.poll_ms

    assert poll_ms('plant = "../plant/plant.yaml"\n') == 200
    assert poll_ms('plant = "../plant/plant.yaml"\nprofile_directory = "../other"\n') == 700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('plant = "nowhere"\n', "x.toml:1: no plant is called 'nowhere'; give the path of a"),
        ('plant = "none.yaml"\n', "none.yaml:1: cannot be read"),
        (
            'plant = "kettle-works"\nprofile_directory = "none"\n',
            "x.toml:2: profile_directory: there is no directory 'none'",
        ),
    ],
)
def test_what_is_not_there_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    settings = Settings(text, file=str(tmp_path / "x.toml"), environment={})
    assert read_plant_setting(settings, "plant", profiles="profile_directory") is None
    with pytest.raises(SettingsFaults, match=said.replace("(", r"\(")):
        settings.finish()
