"""Modbus: coalesced block reads in a fixed rhythm, over TCP or a serial line; what is silent is asked anew, seldom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import structlog

from device_profiles.profile import ModbusAddress, ModbusTable, Profile, Signal
from device_profiles.program import Clock
from edge.decoding import RawValue, RegisterDecoder, Undecodable, register_decoder, register_words
from edge.driver import Batch, Deliver, DriverError, Reading
from edge.modbus_link import TIMEOUT_S, ModbusLink, NoAnswer, ShortReply, TcpLink
from edge.request_plan import Block, plan
from edge.rtu_bus import RtuBus
from edge.unit_breaker import BREAKER_AFTER, Line, UnitBreaker

RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    block: Block
    decoders: tuple[tuple[str, int, RegisterDecoder], ...]
    every: int = 1
    """Asked every so many rounds."""


class ModbusLinks:
    """The wires of one agent: a serial line is one for all its units, a TCP endpoint only knows who answers on it."""

    def __init__(self) -> None:
        self._buses: dict[str, RtuBus] = {}
        self._lines: dict[str, Line] = {}

    def link(self, endpoint: str) -> ModbusLink:
        """The wire to an endpoint."""
        url = urlsplit(endpoint)
        if url.scheme == "modbus-tcp":
            if url.hostname is None or url.port is None:
                raise ValueError(f"{endpoint!r} is not modbus-tcp://host:port?unit=1")
            timeout_ms = parse_qs(url.query).get("timeout_ms", [str(1000 * TIMEOUT_S)])[-1]
            line = self._lines.setdefault(url.netloc, Line())
            return TcpLink(url.hostname, url.port, line=line, timeout_s=float(timeout_ms) / 1000)
        where = f"{url.scheme}://{url.netloc}{url.path}"
        if where not in self._buses:
            self._buses[where] = RtuBus(endpoint)
        return self._buses[where]


class ModbusDriver:
    """One unit. On TCP it has a connection of its own; on a serial line it takes its turn with the others."""

    def __init__(
        self, *, endpoint: str, profile: Profile, clock: Clock, links: ModbusLinks | None = None
    ) -> None:
        self._link = (links or ModbusLinks()).link(endpoint)
        self._unit = int(parse_qs(urlsplit(endpoint).query).get("unit", ["1"])[-1])
        self._profile = profile
        self._clock = clock
        self._breaker = UnitBreaker(
            unit=self._unit, line=self._link.line, timeout_s=self._link.timeout_s
        )
        self._requests = _requests(profile)
        self._round = 0

    async def run(self, deliver: Deliver) -> None:
        """Poll for ever, until cancelled."""
        breaker, poll_s = self._breaker, self._profile.poll_ms / 1000
        due_s = self._clock.monotonic()
        try:
            while True:
                started_s, due = self._clock.monotonic(), self._due()
                fault: str | None = None
                if due:
                    breaker.attempt(started_s)
                    fault = await self._poll(due, deliver)
                if fault:
                    breaker.failed()
                    await deliver(self._batch((), fault))
                    if breaker.failures == BREAKER_AFTER:
                        _log.warning("device not answering", endpoint=self._name, fault=fault)
                    pause_s = min(RECONNECT_FIRST_S * breaker.failures, RECONNECT_MAX_S)
                    if breaker.open:
                        pause_s = max(RECONNECT_MAX_S, breaker.rest_s())
                    due_s = started_s + pause_s
                else:
                    if due:
                        breaker.succeeded(self._clock.monotonic())
                    due_s = _next_due(due_s, poll_s, self._clock.monotonic())
                await self._clock.sleep(max(0.0, due_s - self._clock.monotonic()))
        finally:
            self._link.release()

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Write holding registers or coils, one signal after the other, and read them back; nothing when one does not fit."""
        try:
            orders = [_order(self._profile.signals[name], value) for name, value in values.items()]
            for address, words in orders:
                if isinstance(words, bool):
                    await self._link.write_coil(self._unit, address, words)
                else:
                    await self._link.write_registers(self._unit, address, words)
            signals = [self._profile.signals[name] for name in values]
            found: dict[str, RawValue] = {}
            for block in plan(signals, gap_max=0, block_max=self._profile.modbus_block_max):
                request = _request(block, self._profile.signals)
                words = await self._link.read(self._unit, request.block)
                found.update({name: decode(words, at) for name, at, decode in request.decoders})
        except (NoAnswer, ShortReply, Undecodable) as error:
            raise DriverError(f"The device did not take the set-points: {error}") from error
        return found

    @property
    def _name(self) -> str:
        return f"{self._link.name}/{self._unit}"

    def _due(self) -> list[_Request]:
        """What is to be asked in this round; it may be nothing, which says nothing of the device."""
        due = [request for request in self._requests if self._round % request.every == 0]
        self._round += 1
        return due

    async def _poll(self, due: Sequence[_Request], deliver: Deliver) -> str | None:
        """One round over all blocks; returns why nothing at all was read, or None."""
        readings: list[Reading] = []
        fault: str | None = None
        answered = False
        for request in due:
            try:
                words = await self._link.read(self._unit, request.block)
            except NoAnswer as error:
                return str(error)
            except ShortReply as error:
                fault = str(error)
                readings.extend(
                    Reading(signal=name, value=None, why=fault) for name, _, _ in request.decoders
                )
                continue
            answered = True
            _decode(words, request, readings.append)
        if not answered:
            return fault
        await deliver(self._batch(tuple(readings), None))
        return None

    def _batch(self, readings: tuple[Reading, ...], fault: str | None) -> Batch:
        return Batch(
            readings=readings,
            arrived=self._clock.now(),
            monotonic_s=self._clock.monotonic(),
            fault=fault,
        )


def _next_due(due_s: float, poll_s: float, now_s: float) -> float:
    """When to poll next: at the rhythm, which no wake-up that came late shifts; at most one missed poll is made up for."""
    return max(due_s + poll_s, now_s - poll_s)


def _order(signal: Signal, value: RawValue) -> tuple[int, bool | list[int]]:
    """Where and what to write; raises DriverError or Undecodable before anything has been written."""
    address = signal.address
    if not isinstance(address, ModbusAddress) or address.bit is not None:
        raise DriverError(f"{signal.name} cannot be written.")
    match address.table:
        case ModbusTable.COIL:
            return address.address, bool(value)
        case ModbusTable.HOLDING:
            return address.address, register_words(signal, value)
        case ModbusTable.INPUT | ModbusTable.DISCRETE:
            raise DriverError(f"{signal.name} is read-only on this device.")


def _requests(profile: Profile) -> tuple[_Request, ...]:
    """The requests of a round; signals with an interval of their own are asked every so many rounds."""
    rounds: dict[int, list[Signal]] = {}
    for signal in profile.signals.values():
        every = max(1, round((signal.sample_ms or profile.poll_ms) / profile.poll_ms))
        rounds.setdefault(every, []).append(signal)
    return tuple(
        _request(block, profile.signals, every)
        for every, signals in sorted(rounds.items())
        for block in plan(
            signals, gap_max=profile.modbus_gap_max, block_max=profile.modbus_block_max
        )
    )


def _request(block: Block, signals: Mapping[str, Signal], every: int = 1) -> _Request:
    return _Request(
        block=block,
        every=every,
        decoders=tuple(
            (part.signal, part.offset, register_decoder(signals[part.signal]))
            for part in block.parts
        ),
    )


def _decode(words: Sequence[int | bool], request: _Request, add: Callable[[Reading], None]) -> None:
    for name, offset, decode in request.decoders:
        try:
            add(Reading(signal=name, value=decode(words, offset)))
        except Undecodable as error:
            add(Reading(signal=name, value=None, why=str(error)))
