"""Who may do what on the plant's broker: accounts and topic rules, drawn from the plant file. Pure.

An agent publishes as itself and reads what is meant for it; the gateway hears every agent and answers; a reader sees the
unified namespace. What no rule allows is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from device_profiles.plant import Device, Plant
from device_profiles.profile import MqttAddress, Protocol
from gateway.contract.topic import Topic, every_agent, every_total

Right = Literal["read", "write", "readwrite"]
NAMESPACE = "lineside/uns"
HEALTH_TOPIC = "$SYS/broker/version"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOPIC_LEVELS = re.compile(r"[^\s#+\x00-\x1f]+")


class AccountFault(Exception):
    """The plant file or the names given make no safe rules; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of an ACL."""

    right: Right
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody whom the broker knows."""

    name: str
    what: str
    """For people: what it is for."""
    rules: tuple[Rule, ...]


def accounts_of(
    plant: Plant,
    *,
    gateway: str = "gateway",
    readers: Sequence[str] = (),
    sparkplug_hosts: Sequence[str] = (),
    sparkplug_group: str | None = None,
    sparkplug_node: str = "gateway-1",
) -> list[Account]:
    """Every account of a plant's broker; raises AccountFault.

    `sparkplug_group` and `sparkplug_node` are what the gateway's settings say, if they are not the site and gateway-1.
    """
    group = sparkplug_group or plant.site
    agents = sorted({device.agent for device in plant.devices.values()})
    names = [*agents, gateway, *readers, *sparkplug_hosts]
    for name in [plant.site, group, sparkplug_node, *names]:
        if not _NAME.fullmatch(name):
            raise AccountFault(
                f"{name!r} cannot be an account: letters, digits, dot, - and _ only, at most 64"
            )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AccountFault(f"{', '.join(twice)}: one name for two accounts; choose another")
    return [
        *(_agent(plant, agent) for agent in agents),
        _gateway(plant.site, gateway, group, sparkplug_node),
        *(_reader(plant.site, reader) for reader in readers),
        *(_sparkplug_host(group, sparkplug_node, host) for host in sparkplug_hosts),
    ]


def acl_text(accounts: Sequence[Account]) -> str:
    """Mosquitto's ACL file; whoever has no account may do nothing."""
    lines = [
        "# Who may do what on the plant's broker. Made by `lineside-gateway broker` from the plant file: change that",
        "# one, and make this one again.",
    ]
    for account in accounts:
        lines += ["", f"# {account.what}", f"user {account.name}"]
        lines += [f"topic {rule.right} {rule.topic}" for rule in account.rules]
    return "\n".join(lines) + "\n"


def machines_acl_text(plant: Plant) -> str:
    """The ACL of the listener for machines that know no password: below their own base topics, and nowhere else."""
    lines = [
        "# What a machine without a password may read and write. Made by `lineside-gateway broker` from the plant file.",
        f"topic read {HEALTH_TOPIC}",
    ]
    lines += [f"topic readwrite {_base(device)}/#" for device in _own(plant, Protocol.MQTT)]
    for group, node in sorted({_node(device) for device in _own(plant, Protocol.SPARKPLUG)}):
        lines.append(f"topic readwrite spBv1.0/{group}/+/{node}/#")
        lines.append(f"topic readwrite spBv1.0/{group}/+/{node}")
    if _own(plant, Protocol.SPARKPLUG):
        lines.append("topic read spBv1.0/STATE/#")
    return "\n".join(lines) + "\n"


def _agent(plant: Plant, agent: str) -> Account:
    site = plant.site
    rules = [
        Rule(right="write", topic=str(Topic(site=site, agent=agent, channel="facts"))),
        Rule(right="readwrite", topic=str(Topic(site=site, agent=agent, channel="status"))),
        Rule(right="read", topic=str(Topic(site=site, agent=agent, channel="ack"))),
        Rule(right="read", topic=str(Topic(site=site, agent=agent, channel="command"))),
        Rule(right="read", topic=every_total(site, agent)),
    ]
    for device in _own(plant, Protocol.MQTT, agent):
        rules.append(Rule(right="read", topic=f"{_base(device)}/#"))
        for name in sorted(set(device.profile.download.values())):
            address = device.profile.signals[name].address
            if isinstance(address, MqttAddress):
                topic = _safe(f"{_base(device)}/{address.topic}/set", device)
                rules.append(Rule(right="write", topic=topic))
    devices = _own(plant, Protocol.SPARKPLUG, agent)
    for group, node in sorted({_node(device) for device in devices}):
        rules.append(Rule(right="read", topic=f"spBv1.0/{group}/+/{node}/#"))
        rules.append(Rule(right="write", topic=f"spBv1.0/{group}/NCMD/{node}"))
        rules.append(Rule(right="write", topic=f"spBv1.0/{group}/DCMD/{node}/+"))
    if devices:
        rules.append(Rule(right="readwrite", topic=f"spBv1.0/STATE/{agent}"))
    return Account(name=agent, what="an agent: as itself alone", rules=tuple(rules))


def _gateway(site: str, name: str, group: str, node: str) -> Account:
    rules = (
        Rule(right="read", topic=every_agent(site, "facts")),
        Rule(right="read", topic=every_agent(site, "status")),
        Rule(right="write", topic=every_agent(site, "ack")),
        Rule(right="write", topic=every_agent(site, "command")),
        Rule(right="write", topic=every_total(site, "+")),
        Rule(right="readwrite", topic=f"{NAMESPACE}/{site}/#"),
        *(
            Rule(right="write", topic=f"spBv1.0/{group}/{kind}/{node}")
            for kind in ("NBIRTH", "NDATA", "NDEATH")
        ),
        *(
            Rule(right="write", topic=f"spBv1.0/{group}/{kind}/{node}/+")
            for kind in ("DBIRTH", "DDATA", "DDEATH")
        ),
        Rule(right="read", topic=f"spBv1.0/{group}/NCMD/{node}"),
        Rule(right="read", topic="spBv1.0/STATE/+"),
    )
    return Account(name=name, what="the gateway", rules=rules)


def _reader(site: str, name: str) -> Account:
    rules = (Rule(right="read", topic=f"{NAMESPACE}/{site}/#"),)
    return Account(name=name, what="a reader of the unified namespace", rules=rules)


def _sparkplug_host(group: str, node: str, name: str) -> Account:
    rules = (
        Rule(right="read", topic=f"spBv1.0/{group}/+/{node}/#"),
        Rule(right="write", topic=f"spBv1.0/{group}/NCMD/{node}"),
        Rule(right="readwrite", topic=f"spBv1.0/STATE/{name}"),
    )
    return Account(name=name, what="a Sparkplug host that reads the gateway's node", rules=rules)


def _own(plant: Plant, protocol: Protocol, agent: str | None = None) -> list[Device]:
    return [
        device
        for device in plant.devices.values()
        if device.profile.protocol is protocol and agent in (None, device.agent)
    ]


def _base(device: Device) -> str:
    return _safe(urlsplit(device.endpoint).path.strip("/"), device)


def _node(device: Device) -> tuple[str, str]:
    steps = [unquote(step) for step in urlsplit(device.endpoint).path.split("/") if step]
    return _safe(steps[0], device), _safe(steps[1], device)


def _safe(topic: str, device: Device) -> str:
    """A topic that means itself in an ACL file; wildcards or spaces in it would let more through than is meant."""
    if not _TOPIC_LEVELS.fullmatch(topic):
        raise AccountFault(f"device {device.id}: {topic!r} cannot stand in a topic rule")
    return topic
