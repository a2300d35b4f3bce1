"""The table of all profiles that come with the product, as the page `docs/device-profiles.md`."""

from pathlib import Path

from device_profiles.catalog import BUILTIN, load_profile
from device_profiles.profile import Profile, Role

HEADING = """\
# Device profiles

Every profile that comes with the product: what it is spoken to by, what it gives, where its facts come from, and what was
verified on what. None of them was tried on a real device yet; each is read in the tests from a server that answers a map
written down by hand from the document named here (`tests/conformance/modbus_maps.py`, `opcua_maps.py`, `mqtt_maps.py`).
Before you rely on one, look into your device with `lineside-edge probe`; [Connect a machine](connect-a-machine.md) shows
how, and how to write a profile of your own.

This page is written by `lineside-edge profiles`; a test keeps it current.
"""
_TITLES = {
    "machines": "Machines",
    "counters": "Counters and input modules",
    "scales": "Scales",
    "energy": "Energy meters",
}
_ROLES = {
    Role.GOOD: "good",
    Role.SCRAP: "scrap",
    Role.PRODUCED: "produced",
    Role.CONSUMED: "weight",
    Role.STATE: "state",
    Role.PROCESS_VALUE: "process values",
    Role.SETPOINT: "set-points",
}


def overview() -> str:
    """The page as Markdown."""
    folders = sorted({file.parent for file in BUILTIN.glob("*/*.yaml")} - {BUILTIN / "plants"})
    return "\n".join((HEADING, *(_section(folder) for folder in folders)))


def _section(folder: Path) -> str:
    rows = [_row(load_profile(file)) for file in sorted(folder.glob("*.yaml"))]
    head = "| profile | protocol | gives | source | verified |\n|---|---|---|---|---|\n"
    title = _TITLES.get(folder.name, folder.name.capitalize())
    return f"## {title}\n\n{head}" + "\n".join(rows) + "\n"


def _row(profile: Profile) -> str:
    roles = {signal.role for signal in profile.signals.values()}
    gives = ", ".join(word for role, word in _ROLES.items() if role in roles)
    source = profile.source.document + (f" ({profile.source.url})" if profile.source.url else "")
    name = f"`{profile.id}`<br>{profile.name['en']}"
    cells = (name, profile.protocol.value, gives, source, profile.source.verified)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
