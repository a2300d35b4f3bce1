"""The topic rules of a plant's broker, and its password file."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalog import builtin_plant, load_plant
from gateway.plant_security.accounts import (
    Account,
    AccountFault,
    accounts_of,
    acl_text,
    machines_acl_text,
)
from gateway.plant_security.broker_files import Dice, Places, keep_passwords, mosquitto_conf
from gateway.plant_security.password_file import is_password, password_line

PLANT = load_plant(builtin_plant("kettle-works"))
SITE = "lineside/v1/kettle-works"


def rules(account: str) -> dict[str, str]:
    (found,) = [one for one in accounts_of(PLANT, readers=["erp"]) if one.name == account]
    return {rule.topic: rule.right for rule in found.rules}


def test_an_agent_writes_as_itself_and_reads_what_is_meant_for_it() -> None:
    assert rules("edge-moulding") == {
        f"{SITE}/edge-moulding/facts": "write",
        f"{SITE}/edge-moulding/status": "readwrite",
        f"{SITE}/edge-moulding/ack": "read",
        f"{SITE}/edge-moulding/command": "read",
        f"{SITE}/edge-moulding/totals/+": "read",
    }


def test_an_agent_reads_its_own_mqtt_machines() -> None:
    assert rules("edge-assembly")["plant/packing/pck1/#"] == "read"


def test_a_reader_reads_the_namespace_alone() -> None:
    assert rules("erp") == {"lineside/uns/kettle-works/#": "read"}


def test_the_gateway_hears_agents_and_answers_them_but_never_speaks_as_one() -> None:
    found = rules("gateway")
    assert found[f"{SITE}/+/facts"] == "read"
    assert found[f"{SITE}/+/command"] == "write"
    assert found[f"{SITE}/+/totals/+"] == "write"


@pytest.mark.parametrize("name", ["edge 1", "a/b", "+", "#", "x" * 65, "", "a\nuser root", "-a"])
def test_a_name_that_would_mean_more_in_a_rule_is_refused(name: str) -> None:
    with pytest.raises(AccountFault, match="cannot be an account"):
        accounts_of(PLANT, readers=[name])


def test_one_name_for_two_is_refused() -> None:
    with pytest.raises(AccountFault, match="one name for two accounts"):
        accounts_of(PLANT, gateway="edge-moulding")


@pytest.mark.parametrize("base", ["+/x", "a b", "a/+", "+"])
def test_a_machines_topic_with_wildcards_makes_no_rule(base: str) -> None:
    pck1 = replace(PLANT.devices["pck1"], endpoint=f"mqtt://h:1883/{base}")
    with pytest.raises(AccountFault, match="cannot stand in a topic rule"):
        accounts_of(replace(PLANT, devices={"pck1": pck1}))


def test_machines_without_a_password_get_their_own_topics_alone() -> None:
    lines = [line for line in machines_acl_text(PLANT).splitlines() if not line.startswith("#")]
    assert lines == ["topic read $SYS/broker/version", "topic readwrite plant/packing/pck1/#"]


def test_the_acl_file_names_everybody_once() -> None:
    text = acl_text(accounts_of(PLANT, readers=["erp"]))
    users = [line.removeprefix("user ") for line in text.splitlines() if line.startswith("user ")]
    assert users == ["edge-assembly", "edge-moulding", "gateway", "erp"]


@settings(deadline=None, max_examples=25)
@given(st.text(min_size=1, max_size=30), st.binary(min_size=12, max_size=12))
def test_a_password_line_knows_its_password(password: str, salt: bytes) -> None:
    line = password_line("edge-1", password, salt)
    assert is_password(line, password)
    assert not is_password(line, password + "x")


@pytest.mark.parametrize("line", ["", "a:b", "a:$7$x$y$z", "a:$6$1$AAAA$AAAA", "a:$7$1$?$?"])
def test_a_garbled_password_line_is_nobodys(line: str) -> None:
    assert not is_password(line, "p")


class Counting:
    """Passwords that can be told apart."""

    def __init__(self) -> None:
        self.made = 0

    def password(self) -> str:
        self.made += 1
        return f"minted-{self.made}"

    @property
    def dice(self) -> Dice:
        return Dice(password=self.password, salt=bytes)


def test_passwords_are_kept_renewed_and_forgotten(tmp_path: Path) -> None:
    dice = Counting().dice
    a, b, c = (Account(name=name, what="", rules=()) for name in "abc")
    assert keep_passwords(tmp_path, [a, b], renew=[], dice=dice) == ["a", "b"]
    first = (tmp_path / "passwords").read_text()
    assert keep_passwords(tmp_path, [a, b], renew=[], dice=dice) == []
    assert (tmp_path / "passwords").read_text() == first
    assert keep_passwords(tmp_path, [a, c], renew=["a"], dice=dice) == ["a", "c"]
    lines = (tmp_path / "passwords").read_text().splitlines()
    assert [is_password(line, f"minted-{n}") for line, n in zip(lines, (3, 4), strict=True)] == [
        True,
        True,
    ]
    assert sorted(file.name for file in (tmp_path / "secrets").iterdir()) == ["a.env", "c.env"]
    for file in (tmp_path / "passwords", tmp_path / "secrets", tmp_path / "secrets" / "a.env"):
        assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(AccountFault, match="no such account"):
        keep_passwords(tmp_path, [a], renew=["z"], dice=dice)


def test_the_sparkplug_group_is_the_site_unless_it_is_said_otherwise() -> None:
    def topics(group: str | None) -> dict[str, set[str]]:
        found = accounts_of(PLANT, sparkplug_hosts=["scada"], sparkplug_group=group)
        return {one.name: {rule.topic for rule in one.rules} for one in found}

    assert "spBv1.0/kettle-works/NBIRTH/gateway-1" in topics(None)["gateway"]
    own = topics("Works")
    assert "spBv1.0/Works/DDATA/gateway-1/+" in own["gateway"]
    assert own["scada"] == {
        "spBv1.0/Works/+/gateway-1/#",
        "spBv1.0/Works/NCMD/gateway-1",
        "spBv1.0/STATE/scada",
    }
    with pytest.raises(AccountFault):
        topics("Works/#")


def test_the_brokers_settings_demand_tls_and_an_account() -> None:
    places = Places(settings="/s", password_file="/p", certificates="/c")
    text = mosquitto_conf(places)
    assert "allow_anonymous true" not in text
    assert [line for line in text.splitlines() if line.startswith("listener")] == ["listener 8883"]
    assert "require_certificate" not in text
    strict = mosquitto_conf(replace(places, crl_file="/r", machines_port=1884)).splitlines()
    assert {"require_certificate true", "crlfile /r", "listener 1884"} <= set(strict)
