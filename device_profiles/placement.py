"""Profiles that leave names open: `{db}` in an address is filled in by the plant file. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from device_profiles.profile import Address, MqttAddress, OpcUaAddress, Profile, SparkplugAddress

OPEN_WORD = re.compile(r"\{([A-Za-z_]\w*)\}")


def placed(profile: Profile, given: Mapping[str, str] | None = None) -> Profile:
    """The profile with its open words filled in: by `given`, else by their defaults."""
    if not profile.parameters:
        return profile
    words = {**profile.parameters, **(given or {})}
    signals = {
        name: replace(signal, address=_filled(signal.address, words))
        for name, signal in profile.signals.items()
    }
    return replace(profile, signals=signals, parameters=words)


def open_words(address: Address) -> frozenset[str]:
    """The words an address leaves open."""
    return frozenset(word for text in _texts(address) for word in OPEN_WORD.findall(text))


def _texts(address: Address) -> tuple[str, ...]:
    match address:
        case OpcUaAddress():
            steps = tuple(text for step in address.browse_path for text in step)
            return (*steps, *(address.node_id or ()))
        case MqttAddress():
            return (address.topic, address.json_path or "", address.time_path or "")
        case SparkplugAddress():
            return (address.metric,)
        case _:
            return ()


def _filled(address: Address, words: Mapping[str, str]) -> Address:
    def fill(text: str) -> str:
        return OPEN_WORD.sub(lambda found: words.get(found[1], found[0]), text)

    match address:
        case OpcUaAddress():
            node = address.node_id
            return replace(
                address,
                browse_path=tuple((fill(uri), fill(name)) for uri, name in address.browse_path),
                node_id=(fill(node[0]), fill(node[1])) if node else None,
            )
        case MqttAddress():
            return replace(
                address,
                topic=fill(address.topic),
                json_path=fill(address.json_path) if address.json_path else None,
                time_path=fill(address.time_path) if address.time_path else None,
            )
        case SparkplugAddress():
            return replace(address, metric=fill(address.metric))
        case _:
            return address
