"""What ASCII scales send, as values: Mettler Toledo MT-SICS replies and Toledo continuous output. Pure.

Sources: MT-SICS reference manual (Mettler Toledo 11781363: S, SI, SIR, TA, ES, ET, EL); Toledo continuous output as in
the IND560/IND570 technical manuals (status words A, B, C, two weights of six digits, CR, optional checksum).
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Protocol

from device_profiles.profile import ScaleDialect

LINE_BYTES_MAX = 256
"""A longer line is noise."""
STX, CR = 0x02, 0x0D
_FRAME_BYTES = 17
_TOLEDO_UNITS = {1: "g", 2: "t", 3: "oz"}
_GRAMS = {
    "mg": Decimal("0.001"),
    "g": Decimal(1),
    "kg": Decimal(1_000),
    "t": Decimal(1_000_000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
_UCUM = {"[lb_av]": "lb", "[oz_av]": "oz"}
_SAYS = re.compile(r"(?P<word>S|TA|TAC|T) (?P<status>[SDIAL+-])(?: +(?P<rest>.*))?")
_WEIGHT = re.compile(r"(?P<value>[+-]? *\d*\.?\d+) +(?P<unit>[A-Za-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a scale says in one reply or frame."""

    unit: str = ""
    net: Decimal | None = None
    """None: not weighable now, or not asked for."""
    tare: Decimal | None = None
    moving: bool = False
    overload: bool = False
    underload: bool = False
    fault: bool = False

    @property
    def gross(self) -> Decimal | None:
        """Net and tare together."""
        return None if self.net is None or self.tare is None else self.net + self.tare

    @property
    def zero(self) -> bool:
        """True while the weight shown is zero."""
        return self.net is not None and self.net == 0


class Dialect(Protocol):
    """Turns bytes into what the scale showed; keeps what is not complete yet."""

    damaged: int
    """Lines or frames that made no sense, so far."""

    def feed(self, data: bytes) -> list[Shown]:
        """What the scale showed, oldest first."""
        ...


def dialect_for(name: ScaleDialect) -> Dialect:
    """A fresh parser."""
    return MtSics() if name is ScaleDialect.MT_SICS else ToledoContinuous()


def converted(value: Decimal, shown: str, wanted: str) -> Decimal | None:
    """A weight in the unit of the profile; None when the two do not measure the same."""
    wanted = _UCUM.get(wanted, wanted)
    if not wanted or shown == wanted:
        return value
    if shown not in _GRAMS or wanted not in _GRAMS:
        return None
    return value * _GRAMS[shown] / _GRAMS[wanted]


class MtSics:
    """Replies of an MT-SICS scale: `S S     100.00 g`, `S D`, `S I`, `S +`, `S -`, `TA A …`, `ES`."""

    def __init__(self) -> None:
        self.damaged = 0
        self._rest = b""
        self._tare: Decimal | None = None
        self._tare_unit = ""

    def feed(self, data: bytes) -> list[Shown]:
        """One entry for each weight reply; a tare reply is remembered for the next."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LINE_BYTES_MAX:]
        found: list[Shown] = []
        for line in lines:
            shown = self._line(line.decode("ascii", "replace").strip())
            if shown is not None:
                found.append(shown)
        return found

    def _line(self, text: str) -> Shown | None:
        if text in ("ES", "ET", "EL"):
            return Shown(fault=True)
        says = _SAYS.fullmatch(text)
        if says is None:
            self.damaged += bool(text)
            return None
        weight = _weight(says["rest"] or "")
        if says["word"] == "TA":
            if says["status"] == "A" and weight is not None:
                self._tare, self._tare_unit = weight
            return None
        if says["word"] != "S":
            return None
        match says["status"]:
            case "S" | "D" if weight is not None:
                return self._shown(weight, moving=says["status"] == "D")
            case "+":
                return Shown(overload=True)
            case "-":
                return Shown(underload=True)
            case "I":
                return Shown(fault=True)
            case _:
                self.damaged += 1
                return None

    def _shown(self, weight: tuple[Decimal, str], *, moving: bool) -> Shown:
        value, unit = weight
        tare = None if self._tare is None else converted(self._tare, self._tare_unit, unit)
        return Shown(unit=unit, net=value, tare=tare, moving=moving)


def _weight(text: str) -> tuple[Decimal, str] | None:
    found = _WEIGHT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return Decimal(found["value"].replace(" ", "")), found["unit"]
    except InvalidOperation:
        return None


class ToledoContinuous:
    """STX, status words A B C, six digits weight, six digits tare, CR, and a checksum where the scale sends one."""

    def __init__(self) -> None:
        self.damaged = 0
        self._rest = b""
        self._checksum: bool | None = None
        """Whether this scale sends a checksum; None until a frame has shown it."""

    def feed(self, data: bytes) -> list[Shown]:
        """One entry for each whole frame; damaged ones are counted and left out."""
        rest = self._rest + data
        found: list[Shown] = []
        while True:
            start = rest.find(STX)
            if start < 0:
                rest = b""
                break
            rest = rest[start:]
            needed = _FRAME_BYTES if self._checksum is False else _FRAME_BYTES + 1
            if len(rest) < needed:
                break
            shown = self._frame(rest)
            if shown is None:
                self.damaged += 1
                rest = rest[1:]
                continue
            found.append(shown)
            rest = rest[_FRAME_BYTES + bool(self._checksum) :]
        self._rest = rest
        return found

    def _frame(self, data: bytes) -> Shown | None:
        frame = data[:_FRAME_BYTES]
        status_a, status_b, status_c = frame[1:4]
        if frame[-1] != CR or any(word & 0xA0 != 0x20 for word in frame[1:4]):
            return None
        digits = [frame[4:10].replace(b" ", b"0"), frame[10:16].replace(b" ", b"0")]
        if not all(part.isdigit() for part in digits) or not self._sums_up(data):
            return None
        exponent = 2 - (status_a & 0x07)
        shown, tare = (Decimal(int(part)).scaleb(exponent) for part in digits)
        if status_b & 0x02:
            shown = -shown
        is_net = bool(status_b & 0x01)
        result = Shown(
            unit=_toledo_unit(status_b, status_c),
            net=shown if is_net else shown - tare,
            tare=tare,
            moving=bool(status_b & 0x08),
            # Before the first zero after power on, and with ten times the usual digits, nothing is booked.
            fault=bool(status_b & 0x40 or status_c & 0x10),
        )
        if status_b & 0x04:
            return replace(
                result, net=None, overload=not status_b & 0x02, underload=bool(status_b & 0x02)
            )
        return replace(result, net=None) if result.fault else result

    def _sums_up(self, data: bytes) -> bool:
        if self._checksum is False:
            return True
        sums_up = data[_FRAME_BYTES] == checksum(data[:_FRAME_BYTES])
        if self._checksum is None:
            if not sums_up and data[_FRAME_BYTES] != STX:
                return False
            self._checksum = sums_up
            return True
        return sums_up


def checksum(frame: bytes) -> int:
    """Two's complement of the seven low bits of the sum of all bytes from STX to CR."""
    return -sum(frame) & 0x7F


def _toledo_unit(status_b: int, status_c: int) -> str:
    code = status_c & 0x07
    if code == 0:
        return "kg" if status_b & 0x10 else "lb"
    return _TOLEDO_UNITS.get(code, "?")
