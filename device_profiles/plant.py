"""A plant file: the equipment of one site (ISA-95) and the devices that serve it. `catalog.load_plant` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from device_profiles.profile import Profile, Role
from gateway.contract.equipment import EquipmentPath


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalBinding:
    """A device signal as the plant sees it."""

    signal: str
    """Name in the profile."""
    name: str
    """Name on the equipment, unique there: facts carry it."""
    role: Role
    item: str | None = None
    """Item that a `consumed` signal weighs."""
    ideal_cycle_s: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One connected device."""

    id: str
    profile: Profile
    endpoint: str
    """Where it is reached: `opc.tcp://host:port/path`, `modbus-tcp://host:port?unit=1`; `device_profiles.endpoint` has all."""
    agent: str
    """The edge agent that reads it."""
    equipment: EquipmentPath
    bindings: tuple[SignalBinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """A site, area, line or unit."""

    path: EquipmentPath
    name: Mapping[str, str]
    """Language -> name."""
    line_side: str | None = None
    """Units: code of the storage location they consume from."""
    output: str | None = None
    """Units: code of the storage location their good output goes to."""
    ideal_cycle_s: Decimal | None = None
    """Standard time per piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One site."""

    site: str
    name: Mapping[str, str]
    time_zone: str
    """IANA name; screens and shifts use it."""
    equipment: Mapping[EquipmentPath, Equipment]
    devices: Mapping[str, Device] = field(default_factory=dict[str, Device])
