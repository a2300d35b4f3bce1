"""JSON on the wire, strictly: unknown fields, wrong types and naive times are refused."""

from typing import Any, TypeVar

import msgspec

from gateway.contract.job_order import CommandPage, JobOrderCommand, RunningOrders
from gateway.contract.report import GatewayReport
from gateway.contract.totals import KnownTotal
from gateway.contract.uplink import Ack, AgentStatus, FactMessage, IngestReply, IngestRequest

_T = TypeVar("_T")
_ENCODER = msgspec.json.Encoder(decimal_format="string")
_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (
        FactMessage,
        Ack,
        AgentStatus,
        IngestRequest,
        IngestReply,
        JobOrderCommand,
        CommandPage,
        GatewayReport,
        RunningOrders,
        KnownTotal,
    )
}


class Malformed(ValueError):
    """The bytes are not what the contract says; the message names the field."""


def encode(value: msgspec.Struct) -> bytes:
    """Encode one contract value as JSON."""
    return _ENCODER.encode(value)


def decode(data: bytes | bytearray | memoryview, kind: type[_T]) -> _T:
    """Decode one contract value; raises Malformed naming the field that is wrong."""
    try:
        return _DECODERS[kind].decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a valid {kind.__name__}: {error}") from error
