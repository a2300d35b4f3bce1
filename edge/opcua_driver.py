"""OPC UA: one subscription per device under our own watchdog; a client that falls silent is thrown away.

After a half-open link asyncua says "connected" for ever while its subscription stays dead, so the server's CurrentTime
(i=2258) is subscribed as well: no notification for WATCHDOG_S, or longer on a slow server, means a new client. Namespace
indexes and node ids move when a server restarts, so every connection resolves them anew by URI and browse path.
"""

# asyncua's protocol types are generated and only partly typed; what comes out of them is narrowed by `coerce`.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import structlog
from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node

from device_profiles.endpoint import shown
from device_profiles.profile import CounterKind, DataType, OpcUaAddress, Profile, Signal
from device_profiles.program import Clock
from edge.certificates import CertificateFault
from edge.decoding import JsonPath, RawValue, Undecodable, at_path, coerce, json_path
from edge.driver import Batch, Deliver, DriverError, Reading
from edge.opcua_feed import Feed
from edge.opcua_nodes import resolve
from edge.opcua_publish import Change
from edge.opcua_security import NO_SECURITY, NotSecure, OpcUaSecurity, explained, make_secure
from edge.opcua_session import learn_limits, new_client

WATCHDOG_S = 2.5
PERIODS_MAX = 2.5
"""A server that publishes slower than that is waited for so many of its intervals."""
PUBLISH_MAX_MS = 1000
"""However rarely values are sampled, the server publishes so often: the watchdog wants signs of life."""
REQUEST_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 8.0
RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0
SHOWN_MAX = 5
"""Nodes that a fault names one by one."""
NOT_GOOD = 1 << 30
"""A StatusCode from here on is uncertain or bad."""
OVERFLOW_BITS = 0x0480
"""StatusCode info bits: data value, overflow (OPC 10000-4, 7.39.1)."""
_VARIANTS = {
    DataType.BOOL: ua.VariantType.Boolean,
    DataType.U16: ua.VariantType.UInt16,
    DataType.I16: ua.VariantType.Int16,
    DataType.U32: ua.VariantType.UInt32,
    DataType.I32: ua.VariantType.Int32,
    DataType.U64: ua.VariantType.UInt64,
    DataType.I64: ua.VariantType.Int64,
    DataType.F32: ua.VariantType.Float,
    DataType.F64: ua.VariantType.Double,
    DataType.STRING: ua.VariantType.String,
}

_log = structlog.get_logger(__name__)


class LinkLost(Exception):
    """The connection is dead or cannot be trusted; the text says why."""


class OpcUaDriver:
    """One device on one server."""

    def __init__(
        self,
        *,
        endpoint: str,
        profile: Profile,
        clock: Clock,
        security: OpcUaSecurity = NO_SECURITY,
    ) -> None:
        self._endpoint = endpoint
        self._security = security
        self._said = ""
        self._profile = profile
        self._clock = clock
        self._client: Client | None = None
        self._nodes: dict[str, Node] = {}
        self._missing: tuple[str, ...] = ()
        self._value_paths = {name: _value_path(s) for name, s in profile.signals.items()}

    async def run(self, deliver: Deliver) -> None:
        """Subscribe, and subscribe again, for ever, until cancelled."""
        backoff_s = RECONNECT_FIRST_S
        while True:
            connected_s = self._clock.monotonic()
            try:
                await self._session(deliver)
            except (
                LinkLost,
                NotSecure,
                CertificateFault,
                OSError,
                ua.UaError,
                TimeoutError,
            ) as error:
                fault = explained(error, self._security)
                if fault != self._said:
                    _log.warning("device link lost", endpoint=shown(self._endpoint), fault=fault)
                    self._said = fault
                await deliver(self._batch((), fault))
            if self._clock.monotonic() - connected_s > CONNECT_TIMEOUT_S:
                backoff_s = RECONNECT_FIRST_S
            await self._clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, RECONNECT_MAX_S)

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Write all values, in one request where the server takes it, and read them back."""
        client = self._client
        if client is None or any(name not in self._nodes for name in values):
            raise DriverError("The machine is not connected, or has no such set-point.")
        nodes = [self._nodes[name] for name in values]
        written = [
            ua.DataValue(ua.Variant(value, _VARIANTS[self._profile.signals[name].data_type]))
            for name, value in values.items()
        ]
        try:
            results = await client.uaclient.write_attributes(
                [node.nodeid for node in nodes], written, ua.AttributeIds.Value
            )
            for result in results:
                result.check()
            found: Sequence[object] = await client.read_values(nodes)
            return {
                name: coerce(self._profile.signals[name], value)
                for name, value in zip(values, found, strict=True)
            }
        except (ua.UaError, OSError, TimeoutError, Undecodable) as error:
            raise DriverError(f"The machine did not take the set-points: {error}") from error

    async def _session(self, deliver: Deliver) -> None:
        client = new_client(self._endpoint, timeout_s=REQUEST_TIMEOUT_S)
        client.session_timeout = 30_000
        stopping = True
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await make_secure(
                    client,
                    self._endpoint,
                    self._security,
                    now=self._clock.now(),
                    timeout_s=REQUEST_TIMEOUT_S,
                )
                await client.connect()
                await learn_limits(client)
                feed, signals = await self._subscribe(client)
            self._client = client
            self._said = ""
            _log.info("device connected", endpoint=shown(self._endpoint), missing=self._missing)
            if self._missing:
                why = "the server has no such node"
                bad = tuple(Reading(signal=name, value=None, why=why) for name in self._missing)
                await deliver(self._batch(bad, None))
            stopping = False
            await self._listen(feed, signals, deliver)
        except asyncio.CancelledError:
            stopping = True
            raise
        finally:
            self._client = None
            await _throw_away(client, politely=stopping)

    async def _subscribe(self, client: Client) -> tuple[Feed, Mapping[int, Sequence[Signal]]]:
        """Resolve, subscribe all nodes and CurrentTime; returns the feed and the signals of each item's handle."""
        if any(self._value_paths.values()):
            await client.load_data_type_definitions()
        self._nodes = await resolve(client, self._profile)
        self._missing = tuple(name for name in self._profile.signals if name not in self._nodes)
        if not self._nodes:
            raise LinkLost("none of the profile's nodes exists on this server")
        period_ms = min(self._profile.poll_ms, PUBLISH_MAX_MS)
        feed = Feed(client, period_ms)
        await feed.init()
        told: dict[str, list[Signal]] = {}
        for name, node in self._nodes.items():
            told.setdefault(node.nodeid.to_string(), []).append(self._profile.signals[name])
        current_time = client.get_node(ua.ObjectIds.Server_ServerStatus_CurrentTime)
        items = [feed.watch(current_time, period_ms)]
        items += [self._item(feed, client.get_node(at), signals) for at, signals in told.items()]
        handles = await feed.create_monitored_items(items)
        failed = [
            f"{node_id} ({handle.name})"
            for node_id, handle in zip(("CurrentTime", *told), handles, strict=True)
            if isinstance(handle, ua.StatusCode)
        ]
        if failed:
            more = f" and {len(failed) - SHOWN_MAX} more" if len(failed) > SHOWN_MAX else ""
            raise LinkLost(f"not subscribed: {', '.join(failed[:SHOWN_MAX])}{more}")
        by_handle = (int(item.RequestedParameters.ClientHandle) for item in items[1:])
        return feed, dict(zip(by_handle, told.values(), strict=True))

    def _item(
        self, feed: Feed, node: Node, signals: Sequence[Signal]
    ) -> ua.MonitoredItemCreateRequest:
        """How to watch a node that tells some signals: as often as the most eager of them wants."""
        sample_ms = min(signal.sample_ms or self._profile.poll_ms for signal in signals)
        return feed.watch(node, sample_ms, by_time=any(_counts_by_time(s) for s in signals))

    async def _listen(
        self, feed: Feed, signals: Mapping[int, Sequence[Signal]], deliver: Deliver
    ) -> None:
        paths, quiet_s = self._value_paths, max(WATCHDOG_S, PERIODS_MAX * feed.period_s)
        while True:
            try:
                async with asyncio.timeout(quiet_s):
                    publish = await feed.publishes.get()
            except TimeoutError:
                raise LinkLost(f"no notification for {quiet_s:g} s") from None
            if feed.overflowed:
                raise LinkLost("more notifications than can be taken; starting from current values")
            if feed.unreadable is not None:
                raise LinkLost(f"a notification could not be read ({feed.unreadable})")
            for other in publish.others:
                if isinstance(other, ua.StatusChangeNotification):
                    raise LinkLost(f"subscription ended: {other.Status}")
            readings = tuple(
                _reading(signal, paths[signal.name], change)
                for change in publish.changes
                for signal in signals.get(change.handle, ())
            )
            await deliver(self._batch(readings, None))

    def _batch(self, readings: tuple[Reading, ...], fault: str | None) -> Batch:
        return Batch(
            readings=readings,
            arrived=self._clock.now(),
            monotonic_s=self._clock.monotonic(),
            fault=fault,
        )


def _reading(signal: Signal, path: JsonPath, change: Change) -> Reading:
    """A monitored value with its quality and source time."""
    found, status, time = change.value, change.status, change.source_time
    if found is None or status >= NOT_GOOD:
        why = f"the server says {_name(status)}" if status else "the server gives no value"
        return Reading(signal=signal.name, value=None, source_time=time, why=why)
    overflow = status & OVERFLOW_BITS == OVERFLOW_BITS
    if overflow:
        _log.warning("values lost in the server's queue", signal=signal.name)
    try:
        value = coerce(signal, at_path(found, path) if path else found)
    except Undecodable as error:
        _log.warning("value does not fit its profile", error=str(error))
        return Reading(signal=signal.name, value=None, source_time=time, why=str(error))
    return Reading(signal=signal.name, value=value, source_time=time, lost_before=overflow)


def _name(status: int) -> str:
    return ua.StatusCode(ua.UInt32(status)).name


def _counts_by_time(signal: Signal) -> bool:
    """Two cycles that made as many pieces, or two loads of the same weight, differ only in their time."""
    per_cycle = signal.counter is not None and signal.counter.kind is CounterKind.PER_CYCLE
    return per_cycle or (signal.weighing is not None and signal.weighing.mode == "registered")


def _value_path(signal: Signal) -> JsonPath:
    """Where the signal lies in its node's value; empty when the value is the signal."""
    address = signal.address
    return json_path(address.value_path or "") if isinstance(address, OpcUaAddress) else ()


async def _throw_away(client: Client, *, politely: bool) -> None:
    """End a client. A link that hangs is not waited for: the socket goes first."""
    with contextlib.suppress(Exception):
        if politely:
            async with asyncio.timeout(0.5):
                await client.disconnect()
            return
    with contextlib.suppress(Exception):
        client.disconnect_socket()
        async with asyncio.timeout(0.5):
            await client.disconnect()
