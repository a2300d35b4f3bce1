"""Modbus TCP: coalesced block reads in a fixed rhythm; a link that fails or freezes is thrown away and built anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import structlog
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from device_profiles.profile import ModbusAddress, ModbusTable, Profile, Signal
from device_profiles.program import Clock
from edge.decoding import RawValue, RegisterDecoder, Undecodable, register_decoder, register_words
from edge.driver import Batch, Deliver, DriverError, Reading
from edge.request_plan import Block, plan

TIMEOUT_S = 1.0
RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0
BREAKER_AFTER = 3
"""After so many failed polls in a row a device is asked only every RECONNECT_MAX_S, so that it does not hold up a bus."""

_log = structlog.get_logger(__name__)


class ShortReply(Exception):
    """The device answered with fewer values than were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    block: Block
    decoders: tuple[tuple[str, int, RegisterDecoder], ...]


class ModbusDriver:
    """One unit behind one endpoint, with a connection of its own: a dead neighbour costs it nothing."""

    def __init__(self, *, endpoint: str, profile: Profile, clock: Clock) -> None:
        url = urlsplit(endpoint)
        if url.hostname is None or url.port is None:
            raise ValueError(f"{endpoint!r} is not modbus-tcp://host:port?unit=1")
        self._host, self._port = url.hostname, url.port
        self._unit = int(parse_qs(url.query).get("unit", ["1"])[0])
        self._profile = profile
        self._clock = clock
        self._client: AsyncModbusTcpClient | None = None
        blocks = plan(
            profile.signals.values(),
            gap_max=profile.modbus_gap_max,
            block_max=profile.modbus_block_max,
        )
        self._requests = tuple(_request(block, profile.signals) for block in blocks)

    async def run(self, deliver: Deliver) -> None:
        """Poll for ever, until cancelled."""
        failures = 0
        try:
            while True:
                started_s = self._clock.monotonic()
                fault = await self._poll(deliver)
                failures = failures + 1 if fault else 0
                if fault:
                    await deliver(self._batch((), fault))
                    if failures == BREAKER_AFTER:
                        _log.warning("device not answering", endpoint=self._name, fault=fault)
                pause_s = self._profile.poll_ms / 1000
                if failures:
                    pause_s = min(RECONNECT_FIRST_S * failures, RECONNECT_MAX_S)
                if failures >= BREAKER_AFTER:
                    pause_s = RECONNECT_MAX_S
                await self._clock.sleep(max(0.0, started_s + pause_s - self._clock.monotonic()))
        finally:
            self._drop()

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Write holding registers or coils, one signal after the other, and read them back."""
        client = await self._connected()
        try:
            for name, value in values.items():
                await self._write_one(client, self._profile.signals[name], value)
            signals = [self._profile.signals[name] for name in values]
            found: dict[str, RawValue] = {}
            for block in plan(signals, gap_max=0, block_max=self._profile.modbus_block_max):
                request = _request(block, self._profile.signals)
                words = await self._read(client, request.block)
                found.update({name: decode(words, at) for name, at, decode in request.decoders})
        except (ModbusException, ShortReply, Undecodable, OSError) as error:
            raise DriverError(f"The device did not take the set-points: {error}") from error
        return found

    @property
    def _name(self) -> str:
        return f"{self._host}:{self._port}/{self._unit}"

    async def _poll(self, deliver: Deliver) -> str | None:
        """One round over all blocks; returns why nothing at all was read, or None."""
        try:
            client = await self._connected()
        except DriverError as error:
            return str(error)
        readings: list[Reading] = []
        fault: str | None = None
        answered = False
        for request in self._requests:
            try:
                words = await self._read(client, request.block)
            except (ModbusException, OSError) as error:
                # Nothing came in time: whatever comes now would be taken for the answer to the next question.
                self._drop()
                return str(error)
            except ShortReply as error:
                fault = str(error)
                readings.extend(Reading(signal=name, value=None) for name, _, _ in request.decoders)
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

    async def _read(self, client: AsyncModbusTcpClient, block: Block) -> Sequence[int | bool]:
        """Registers or bits of one block; raises ShortReply for an exception answer or a reply of the wrong length."""
        start, count, unit = block.start, block.count, self._unit
        match block.table:
            case ModbusTable.HOLDING:
                reply = await client.read_holding_registers(start, count=count, device_id=unit)
            case ModbusTable.INPUT:
                reply = await client.read_input_registers(start, count=count, device_id=unit)
            case ModbusTable.COIL:
                reply = await client.read_coils(start, count=count, device_id=unit)
            case ModbusTable.DISCRETE:
                reply = await client.read_discrete_inputs(start, count=count, device_id=unit)
        _check(reply)
        if block.table in (ModbusTable.COIL, ModbusTable.DISCRETE):
            if not count <= len(reply.bits) < count + 8:
                raise ShortReply(f"{len(reply.bits)} bits instead of {count}")
            return reply.bits
        if len(reply.registers) != count:
            raise ShortReply(f"{len(reply.registers)} registers instead of {count}")
        return reply.registers

    async def _write_one(
        self, client: AsyncModbusTcpClient, signal: Signal, value: RawValue
    ) -> None:
        address = signal.address
        if not isinstance(address, ModbusAddress) or address.bit is not None:
            raise DriverError(f"{signal.name} cannot be written.")
        match address.table:
            case ModbusTable.COIL:
                reply = await client.write_coil(address.address, bool(value), device_id=self._unit)
            case ModbusTable.HOLDING:
                words = register_words(signal, value)
                reply = await client.write_registers(address.address, words, device_id=self._unit)
            case ModbusTable.INPUT | ModbusTable.DISCRETE:
                raise DriverError(f"{signal.name} is read-only on this device.")
        _check(reply)

    async def _connected(self) -> AsyncModbusTcpClient:
        client = self._client
        if client is not None and client.connected:
            return client
        self._drop()
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=TIMEOUT_S,
            retries=0,
            reconnect_delay=0,
            name=self._name,
        )
        if not await client.connect():
            client.close()
            raise DriverError(f"no connection to {self._name}")
        self._client = client
        return client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _request(block: Block, signals: Mapping[str, Signal]) -> _Request:
    return _Request(
        block=block,
        decoders=tuple(
            (part.signal, part.offset, register_decoder(signals[part.signal]))
            for part in block.parts
        ),
    )


def _decode(words: Sequence[int | bool], request: _Request, add: Callable[[Reading], None]) -> None:
    for name, offset, decode in request.decoders:
        try:
            value: RawValue | None = decode(words, offset)
        except Undecodable:
            value = None
        add(Reading(signal=name, value=value))


def _check(reply: ModbusPDU) -> None:
    if reply.isError():
        raise ShortReply(f"the device answered {reply}")
