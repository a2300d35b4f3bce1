"""Scales that speak text on a serial line or a TCP port: asked in a fixed rhythm, or listened to."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import structlog

from device_profiles.profile import Profile, ScaleAddress, ScaleDialect, ScaleField, Signal
from device_profiles.program import Clock
from edge.byte_stream import ByteStream, open_stream
from edge.decoding import RawValue, Undecodable, coerce
from edge.driver import Batch, Deliver, DriverError, Reading
from edge.scale_dialects import Dialect, Shown, converted, dialect_for

SILENCE_S = 1.5
"""A scale that says nothing for so long is connected anew."""
RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0
_WEIGH_NOW, _WEIGH_ON, _TARE = b"SI\r\n", b"SIR\r\n", b"TA\r\n"

_log = structlog.get_logger(__name__)


class AsciiScaleDriver:
    """One scale. MT-SICS is asked with SI each `poll_ms`, or with `?mode=continuous` sends by itself after SIR."""

    def __init__(self, *, endpoint: str, profile: Profile, clock: Clock) -> None:
        if profile.scale_dialect is None:
            raise ValueError(f"{profile.id} is no ASCII scale")
        self._endpoint = endpoint
        self._profile = profile
        self._clock = clock
        self._fields = {signal.name: _field(signal) for signal in profile.signals.values()}
        options = parse_qs(urlsplit(endpoint).query)
        self._sics = profile.scale_dialect is ScaleDialect.MT_SICS
        self._asked = self._sics and options.get("mode", ["polled"])[0] != "continuous"
        wanted = self._fields.values()
        self._request = _WEIGH_NOW
        if ScaleField.TARE in wanted or ScaleField.GROSS in wanted:
            self._request = _TARE + _WEIGH_NOW
        self._misfits: set[str] = set()

    async def run(self, deliver: Deliver) -> None:
        """Ask or listen for ever, until cancelled."""
        failures = 0
        while True:
            heard = False

            async def deliver_and_note(batch: Batch) -> None:
                nonlocal heard
                heard = True
                await deliver(batch)

            try:
                await self._session(deliver_and_note)
            except (OSError, TimeoutError) as error:
                fault = str(error) or f"nothing heard for {SILENCE_S} s"
            else:
                fault = "the scale stopped"
            failures = 1 if heard else failures + 1
            if failures == 1:
                _log.warning("scale lost", endpoint=self._endpoint, fault=fault)
            await deliver(self._batch((), fault))
            await self._clock.sleep(min(RECONNECT_FIRST_S * failures, RECONNECT_MAX_S))

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Refused: a scale is read only."""
        raise DriverError("This scale takes no set-points.")

    async def _session(self, deliver: Deliver) -> None:
        dialect = dialect_for(self._profile.scale_dialect or ScaleDialect.MT_SICS)
        stream = await open_stream(self._endpoint)
        try:
            if self._asked:
                await self._ask(stream, dialect, deliver)
            else:
                if self._sics:
                    stream.write(_WEIGH_ON)
                await self._listen(stream, dialect, deliver)
        finally:
            stream.close()

    async def _ask(self, stream: ByteStream, dialect: Dialect, deliver: Deliver) -> None:
        """SI in a fixed rhythm. A reply that does not come ends the session, so that none is taken for the next one's."""
        pause_s = self._profile.poll_ms / 1000
        while True:
            started_s = self._clock.monotonic()
            stream.take()
            stream.write(self._request)
            shown: list[Shown] = []
            async with asyncio.timeout(SILENCE_S):
                while not shown:
                    shown = dialect.feed(await stream.read())
            await deliver(self._batch(self._readings(shown[-1]), None))
            await self._clock.sleep(max(0.0, started_s + pause_s - self._clock.monotonic()))

    async def _listen(self, stream: ByteStream, dialect: Dialect, deliver: Deliver) -> None:
        """What the scale sends by itself; damaged frames alone are as good as silence."""
        while True:
            async with asyncio.timeout(SILENCE_S):
                shown: list[Shown] = []
                while not shown:
                    shown = dialect.feed(await stream.read())
            for one in shown:
                await deliver(self._batch(self._readings(one), None))

    def _readings(self, shown: Shown) -> tuple[Reading, ...]:
        signals = self._profile.signals
        return tuple(
            Reading(signal=name, value=self._value(signals[name], field, shown))
            for name, field in self._fields.items()
        )

    def _value(self, signal: Signal, field: ScaleField, shown: Shown) -> RawValue | None:
        match field:
            case ScaleField.NET:
                return self._weight(signal, shown.net, shown.unit)
            case ScaleField.GROSS:
                return self._weight(signal, shown.gross, shown.unit)
            case ScaleField.TARE:
                return self._weight(signal, shown.tare, shown.unit)
            case ScaleField.MOVING:
                return shown.moving
            case ScaleField.OVERLOAD:
                return shown.overload
            case ScaleField.UNDERLOAD:
                return shown.underload
            case ScaleField.ZERO:
                return shown.zero
            case ScaleField.FAULT:
                return shown.fault

    def _weight(self, signal: Signal, weight: Decimal | None, unit: str) -> RawValue | None:
        if weight is None:
            return None
        value = converted(weight, unit, signal.unit)
        if value is None:
            if unit not in self._misfits and len(self._misfits) < 10:
                self._misfits.add(unit)
                _log.warning(
                    "scale shows another unit than its profile", shows=unit, expected=signal.unit
                )
            return None
        try:
            return coerce(signal, float(value))
        except Undecodable:
            return None

    def _batch(self, readings: tuple[Reading, ...], fault: str | None) -> Batch:
        return Batch(
            readings=readings,
            arrived=self._clock.now(),
            monotonic_s=self._clock.monotonic(),
            fault=fault,
        )


def _field(signal: Signal) -> ScaleField:
    if not isinstance(signal.address, ScaleAddress):
        raise ValueError(f"{signal.name} is no signal of an ASCII scale")
    return signal.address.field
