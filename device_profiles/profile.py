"""A device profile: the signals a kind of device offers, where they are, and what they mean.

A profile is data (one YAML file); this module is its shape once it has been checked. `catalog.load_profile` reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from gateway.contract.state import EquipmentState


class Protocol(StrEnum):
    """How the device is spoken to."""

    OPCUA = "opcua"
    MODBUS_TCP = "modbus-tcp"
    MODBUS_RTU = "modbus-rtu"
    """The same registers on a serial line; either word goes with any Modbus endpoint."""
    MQTT = "mqtt"
    SPARKPLUG = "sparkplug"
    """Sparkplug B: metrics of an edge node, or of a device behind one."""
    ASCII_SCALE = "ascii-scale"
    """A scale that speaks text on a serial line or a TCP port; the profile names its dialect."""


MODBUS = (Protocol.MODBUS_TCP, Protocol.MODBUS_RTU)
LISTENED_TO = (Protocol.MQTT, Protocol.SPARKPLUG)
"""Devices that publish by themselves: the profile needs no poll interval."""


class Role(StrEnum):
    """What a signal means to the plant."""

    GOOD = "good"
    """Counter of good pieces."""
    SCRAP = "scrap"
    """Counter of rejected pieces."""
    PRODUCED = "produced"
    """Counter of all pieces made; good = produced - scrap when a unit has no good counter."""
    CONSUMED = "consumed"
    """Weighed material that left the scale; the plant file names the item."""
    STATE = "state"
    PROCESS_VALUE = "process_value"
    SETPOINT = "setpoint"
    """May be written by a job-order download, and is read back."""


class DataType(StrEnum):
    """How raw bytes are read. `bool` on Modbus is a coil or discrete input."""

    BOOL = "bool"
    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"
    STRING = "string"


class WordOrder(StrEnum):
    """Order of the bytes of a 32-bit value ABCD over two registers."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


class ModbusTable(StrEnum):
    """The four Modbus tables."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"


class CounterKind(StrEnum):
    """What one reading of a counter says."""

    CUMULATIVE = "cumulative"
    """The reading is a running count (it may wrap at `modulus` and may be reset)."""
    PULSE = "pulse"
    """Each rising edge is one piece."""
    PER_CYCLE = "per_cycle"
    """Each message or cycle says how many pieces it made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """How a counter behaves; see the rules of the totalizer."""

    kind: CounterKind
    modulus: int | None
    """Counts after which it starts again at zero; None when it never wraps."""
    rate_max_per_s: float
    """Fastest plausible rate in counts per second."""
    burst: int
    """Counts that may come at once on top of the rate."""
    jitter: int
    """Backward steps up to this size are stale reads."""
    overflow: str | None = None
    """Name of another signal of the profile (bool or bit) that is true after the device's counter overflowed."""
    lowest: int = 0
    """Smallest value the device shows; a counter from -99,999,999 to 99,999,999 has the modulus 199,999,999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRules:
    """When a reading counts as bad although the device sent it."""

    low: Decimal | None = None
    high: Decimal | None = None
    """Valid range of the scaled value, in the signal's unit; both ends belong to it."""
    bad_values: tuple[str, ...] = ()
    """Raw values (as text) by which the device says that it has no value."""
    require: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other signal of the profile -> raw value (as text) that it must show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decimals:
    """Where a device says how many decimal places its whole numbers have."""

    signal: str
    places: Mapping[str, int] = field(default_factory=dict[str, int])
    """Raw value (as text) of that signal -> places; empty when the raw value is the number of places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How a scale's reading becomes captured weighings; see the rules of weighing."""

    mode: str
    """`capture`: each load placed is captured once. `loss_in_weight`: what left the hopper is captured at each stable
    level, from the device's own total (`total` names its signal) where it has one, else from the drop in level.
    `registered`: the scale registers each load itself, and its registrations differ in their source time."""
    division: Decimal
    """Scale division e, in `unit`."""
    settle_ms: int
    samples_min: int
    total: str | None = None
    moving: str | None = None
    """Names of bit signals: in motion, fault (any of), overload."""
    stable: str | None = None
    """Name of a bit signal that is true while the scale stands still, where it has that instead of `moving`."""
    faults: tuple[str, ...] = ()
    tare: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusAddress:
    """Where a value lies: 0-based address within its table."""

    table: ModbusTable
    address: int
    bit: int | None = None
    """Single bit of a register, 0 = least significant."""
    bits: int = 1
    """Width of the bit field that begins at `bit`."""
    length: int = 0
    """Registers of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcUaAddress:
    """A browse path from Objects, `m:Moulder/m:Admin/m:AccCount`, or a node id, `m:s="DB"."Tag"`.

    Namespaces are named by the profile's prefixes and held by their URI: indexes move.
    """

    browse_path: tuple[tuple[str, str], ...] = ()
    """(namespace URI, browse name) pairs; empty with a node id."""
    node_id: tuple[str, str] | None = None
    """(namespace URI, identifier with its kind, e.g. `s=Channel1.Device1.Good` or `i=2042`)."""
    value_path: str | None = None
    """Path into an array or structure: `[0].AccCount`, `Text`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttAddress:
    """A topic below the endpoint's base topic, and a path into its JSON: `cartons.total`, `items[0].n`."""

    topic: str
    json_path: str | None
    """None: the payload itself is the value."""
    time_path: str | None = None
    """Path of the source time (ISO 8601, or seconds since 1970) in the same payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkplugAddress:
    """A metric of a Sparkplug B edge node or device, by its full name: `Counts/Good`."""

    metric: str


class ScaleDialect(StrEnum):
    """How an ASCII scale speaks."""

    MT_SICS = "mt-sics"
    """Mettler Toledo Standard Interface Command Set: asked with SI (or SIR), answered with a line."""
    TOLEDO_CONTINUOUS = "toledo-continuous"
    """Toledo continuous output: 17 or 18 bytes from STX on, several times a second, unasked."""


class ScaleField(StrEnum):
    """What an ASCII scale says. Weights come in the signal's unit, whatever the scale displays."""

    NET = "net"
    GROSS = "gross"
    TARE = "tare"
    MOVING = "moving"
    OVERLOAD = "overload"
    UNDERLOAD = "underload"
    ZERO = "zero"
    """True while the weight shown is zero."""
    FAULT = "fault"
    """True while the scale cannot weigh: it says so, or has not been zeroed since power came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleAddress:
    """One field of what a scale says."""

    field: ScaleField


Address = ModbusAddress | OpcUaAddress | MqttAddress | SparkplugAddress | ScaleAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One value of a device."""

    name: str
    role: Role | None
    """None: read only because another signal refers to it (status bits, totals)."""
    address: Address
    data_type: DataType
    word_order: WordOrder = WordOrder.ABCD
    scale: Decimal = Decimal(1)
    """value = raw x scale + offset."""
    offset: Decimal = Decimal(0)
    unit: str = ""
    """UCUM-like unit of the scaled value: pcs, kg, Cel, s."""
    counter: Counter | None = None
    weighing: Weighing | None = None
    states: Mapping[str, EquipmentState] | None = None
    """Raw value (as text) -> state; `packml` in YAML expands to the PackML map."""
    state_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Raw value (as text) -> the machine's own word, e.g. PackML `Held`; empty when the raw value is that word."""
    debounce_ms: int = 0
    deadband: float = 0.0
    """Process values only: smaller changes make no fact."""
    sign: str | None = None
    """Bit signal that is true when this value, sent without a sign, is negative."""
    decimals: Decimals | None = None
    """value = raw x scale / 10^places + offset, with the places the device says."""
    quality: QualityRules | None = None
    sample_ms: int | None = None
    """How often this signal is read; None: every `poll_ms` of the profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a profile's facts come from, and what was verified on what."""

    document: str
    verified: str
    url: str | None = None
    """Where the document can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """How a device says that it is there, e.g. `Online` in its last will's topic."""

    signal: str
    says: str
    """Raw value (as text) while it is there; with any other the device is lost at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of device."""

    id: str
    name: Mapping[str, str]
    """Language -> name; `en` and `zh`."""
    protocol: Protocol
    source: Source
    signals: Mapping[str, Signal]
    poll_ms: int
    """Poll interval (Modbus) or sampling and publishing interval (OPC UA); unused for MQTT and Sparkplug."""
    lost_after_s: float
    """Silence after which the device is lost and its state unknown."""
    scale_dialect: ScaleDialect | None = None
    """ASCII scales only."""
    modbus_gap_max: int = 8
    """Registers that may be read in vain to join two blocks."""
    modbus_block_max: int = 125
    """Registers the device answers in one request."""
    mqtt_partial: bool = False
    """A message tells only what changed: what is missing in it is unchanged, not bad."""
    alive: Alive | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Word written `{word}` in addresses -> its text unless the plant file gives another; see `placement.placed`."""
    setpoints_allowed: tuple[EquipmentState, ...] = ()
    """States in which set-points may be written."""
    download: Mapping[str, str] = field(default_factory=dict[str, str])
    """Field of a job order (`work_order`, `target_quantity`, or a recipe set-point's name) -> signal to write."""
