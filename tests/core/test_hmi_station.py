"""Who is signed in at a station, what a tap becomes on the wire, and the program's settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from device_profiles.program import SettingsFaults
from hmi.commands import UnknownVerb, request_for
from hmi.compose import load_config
from hmi.house import ScreenSettings
from hmi.scrap_reasons import ScrapReasons
from hmi.session import Sessions
from mes_server.contract.people import Person
from tests.journeys.feeding_plant import MOULDER, PEOPLE

OPERATOR: Person = PEOPLE["1001"]
SECRETS = {"LINESIDE_HMI_TOKEN": "t"}


def test_a_session_ends_when_the_station_was_not_touched_for_five_minutes() -> None:
    sessions = Sessions(idle_s=300)
    sessions.open(MOULDER, "browser", OPERATOR, now=0)
    sessions.touch(MOULDER, "browser", now=250)
    assert sessions.current(MOULDER, "browser", now=549) == OPERATOR
    assert sessions.current(MOULDER, "browser", now=551) is None
    sessions.touch(MOULDER, "browser", now=552)
    assert sessions.current(MOULDER, "browser", now=552) is None, "a touch signs nobody in"


def test_a_badge_at_one_station_opens_no_other_and_no_other_browser() -> None:
    sessions = Sessions()
    sessions.open(MOULDER, "browser", OPERATOR, now=0)
    assert sessions.current("orders", "browser", now=1) is None
    assert sessions.current(MOULDER, "another", now=1) is None


def test_locking_signs_out() -> None:
    sessions = Sessions()
    sessions.open(MOULDER, "browser", OPERATOR, now=0)
    sessions.close(MOULDER, "browser")
    assert sessions.current(MOULDER, "browser", now=1) is None


def test_a_scrap_entry_goes_to_its_order_in_the_contracts_words() -> None:
    body = {
        "number": "WO-1042",
        "operation": 10,
        "quantity": "3",
        "reason": "flash",
        "disposition": "scrap",
    }
    request = request_for("scrap", body, unit=MOULDER)
    assert request.path == "work-orders/WO-1042/scrap"
    assert request.body == {
        "operation": 10,
        "quantity": "3",
        "unit": None,
        "reason": "flash",
        "disposition": "scrap",
    }


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        ("start", {"number": "WO/1 a", "operation": 10}, "work-orders/WO%2F1%20a/start"),
        ("reverse", {"id": 7}, "scrap-reports/7/reverse"),
        ("mount", {"barcode": "L-1", "override_reason": ""}, f"units/{MOULDER}/mount"),
        ("pick", {"number": 8, "lots": {"L-1": "2.5"}}, "replenishments/8/pick"),
    ],
)
def test_each_verb_has_its_path(verb: str, body: dict[str, object], path: str) -> None:
    assert request_for(verb, body, unit=MOULDER).path == path


def test_nothing_scrapped_is_not_an_entry() -> None:
    with pytest.raises(ValidationError):
        request_for("scrap", {"number": "WO-1", "quantity": "0", "reason": "flash"}, unit=MOULDER)


@pytest.mark.parametrize("verb", ["sign_in", "delete", "", "../admin"])
def test_a_verb_that_no_screen_has_is_refused(verb: str) -> None:
    with pytest.raises(UnknownVerb):
        request_for(verb, {"number": "WO-1"}, unit=MOULDER)


def test_the_reason_used_most_comes_first_at_its_unit() -> None:
    reasons = ScrapReasons(codes=("flash", "scratch"))
    reasons.count(MOULDER, "scratch")
    reasons.count(MOULDER, "made-up")
    assert reasons.ranked(MOULDER) == ["scratch", "flash"]
    assert reasons.ranked("elsewhere") == ["flash", "scratch"]


def test_buttons_are_twenty_millimetres_high_on_a_calibrated_terminal() -> None:
    settings = ScreenSettings(calibrations={MOULDER: 6.5})
    assert settings.action_height_px(MOULDER) == 130
    assert settings.action_height_px("other") == 104


def test_settings_have_defaults_for_everything_but_the_token() -> None:
    config = load_config(None, environment=SECRETS)
    assert (config.host, config.port, config.default_language) == ("127.0.0.1", 8080, "en")
    assert "token" not in repr(config).replace("'t'", "")


def test_all_faults_of_a_settings_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "hmi.toml"
    file.write_text(
        '[listen]\nport = "eighty"\n[screens]\nlanguage = "fr"\n[calibrations]\n"M1" = "wide"\n[sever]\nurl = ""\n'
    )
    with pytest.raises(SettingsFaults) as caught:
        load_config(file, environment={})
    faults = "\n".join(caught.value.faults)
    assert f"{file}:2: listen.port" in faults
    assert f"{file}:4: screens.language must be one of en, zh" in faults
    assert "pixels per millimetre" in faults
    assert "unknown key 'sever.url'; did you mean 'server.url'?" in faults
    assert "LINESIDE_HMI_TOKEN" in faults
