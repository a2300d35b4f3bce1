"""Which Modbus requests read a set of signals: neighbours are joined over small gaps, nothing is torn apart. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from device_profiles.profile import ModbusAddress, ModbusTable, Signal
from edge.decoding import words

_BITS_PER_REQUEST_MAX = 2_000
_BIT_TABLES = (ModbusTable.COIL, ModbusTable.DISCRETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One signal within a block."""

    signal: str
    offset: int
    """Index of its first register (or bit) in the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One request: `count` registers (or bits) of a table from `start` on."""

    table: ModbusTable
    start: int
    count: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    signal: str
    start: int
    end: int


def plan(signals: Iterable[Signal], *, gap_max: int, block_max: int) -> tuple[Block, ...]:
    """Blocks that read every signal once.

    Up to `gap_max` addresses are read in vain to join two signals; no block exceeds `block_max` registers (or sixteen
    times as many bits, at most 2,000). A value of several registers always lies in one block, so it cannot be torn.
    """
    spans: dict[ModbusTable, list[_Span]] = {}
    for signal in signals:
        address = signal.address
        if not isinstance(address, ModbusAddress):
            raise TypeError(f"{signal.name} is not a Modbus signal")
        end = address.address + words(signal)
        spans.setdefault(address.table, []).append(
            _Span(signal=signal.name, start=address.address, end=end)
        )
    blocks: list[Block] = []
    for table, listed in spans.items():
        limit = min(16 * block_max, _BITS_PER_REQUEST_MAX) if table in _BIT_TABLES else block_max
        blocks.extend(
            _blocks(table, sorted(listed, key=lambda s: (s.start, s.end)), gap_max, limit)
        )
    return tuple(blocks)


def _blocks(table: ModbusTable, spans: list[_Span], gap_max: int, limit: int) -> Iterable[Block]:
    group: list[_Span] = []
    end = 0
    for span in spans:
        joins = (
            group and span.start - end <= gap_max and max(end, span.end) - group[0].start <= limit
        )
        if group and not joins:
            yield _block(table, group, end)
            group = []
        end = max(end, span.end) if group else span.end
        group.append(span)
    if group:
        yield _block(table, group, end)


def _block(table: ModbusTable, group: list[_Span], end: int) -> Block:
    start = group[0].start
    parts = tuple(Part(signal=span.signal, offset=span.start - start) for span in group)
    return Block(table=table, start=start, count=end - start, parts=parts)
