"""ASCII scales that show what their profile's signals say: MT-SICS replies, and Toledo continuous output. Pure."""

from collections.abc import Mapping

from device_profiles.profile import Profile, ScaleAddress, ScaleDialect, ScaleField
from simulators.register_image import RawValue

_DECIMALS = 3
_REST_MAX = 256
"""Bytes kept of a command that is not complete; more is noise."""


class AsciiScale:
    """One scale, in kilograms to three places."""

    def __init__(self, profile: Profile) -> None:
        self._dialect = profile.scale_dialect
        self._fields = {
            signal.address.field: name
            for name, signal in profile.signals.items()
            if isinstance(signal.address, ScaleAddress)
        }
        self._values: dict[str, RawValue] = {}
        self._rest = b""
        self._repeating = False

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """New raw values."""
        self._values.update(values)

    def feed(self, data: bytes) -> bytes:
        """Answer commands; a scale with continuous output takes none."""
        if self._dialect is not ScaleDialect.MT_SICS:
            return b""
        *lines, self._rest = (self._rest + data)[-_REST_MAX:].split(b"\r\n")
        return b"".join(self._answer(line) for line in lines)

    def tick(self) -> bytes:
        """A weight by itself: continuous output, or after SIR."""
        if self._dialect is ScaleDialect.TOLEDO_CONTINUOUS:
            return self._frame()
        return self._weight() if self._repeating else b""

    def _answer(self, command: bytes) -> bytes:
        match command:
            case b"SI" | b"S":
                return self._weight()
            case b"SIR":
                self._repeating = True
                return self._weight()
            case b"TA":
                return f"TA A {self._number(ScaleField.TARE):10.3f} kg\r\n".encode()
            case _:
                return b"ES\r\n"

    def _weight(self) -> bytes:
        if self._is(ScaleField.FAULT):
            return b"S I\r\n"
        if self._is(ScaleField.OVERLOAD) or self._is(ScaleField.UNDERLOAD):
            return b"S +\r\n" if self._is(ScaleField.OVERLOAD) else b"S -\r\n"
        status = "D" if self._is(ScaleField.MOVING) else "S"
        return f"S {status} {self._number(ScaleField.NET):10.3f} kg\r\n".encode()

    def _frame(self) -> bytes:
        """STX, three status words, two weights of six digits, CR, checksum."""
        shown = round(self._number(ScaleField.NET) * 10**_DECIMALS)
        tare = round(self._number(ScaleField.TARE) * 10**_DECIMALS)
        status_b = (
            0x30
            | bool(tare)
            | (shown < 0) << 1
            | self._is(ScaleField.OVERLOAD) << 2
            | self._is(ScaleField.MOVING) << 3
            | self._is(ScaleField.FAULT) << 6
        )
        frame = bytes((0x02, 0x28 | _DECIMALS + 2, status_b, 0x20))
        frame += f"{abs(shown):6d}{abs(tare):6d}\r".encode()
        return frame + bytes((-sum(frame) & 0x7F,))

    def _number(self, field: ScaleField) -> float:
        value = self._values.get(self._fields.get(field, ""), 0.0)
        return float(value) if isinstance(value, int | float) else 0.0

    def _is(self, field: ScaleField) -> bool:
        return bool(self._values.get(self._fields.get(field, ""), False))
