"""Publish responses are read as the library that wrote them means them."""

# asyncua's protocol types are generated and only partly typed.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false

from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from edge.opcua_publish import Change, Publish, read_publish

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 2, 6, 0, 0, 123456, tzinfo=UTC)
_VALUES = st.one_of(
    st.tuples(st.booleans(), st.just(ua.VariantType.Boolean)),
    st.tuples(st.integers(0, 2**8 - 1), st.just(ua.VariantType.Byte)),
    st.tuples(st.integers(-(2**7), 2**7 - 1), st.just(ua.VariantType.SByte)),
    st.tuples(st.integers(0, 2**16 - 1), st.just(ua.VariantType.UInt16)),
    st.tuples(st.integers(-(2**15), 2**15 - 1), st.just(ua.VariantType.Int16)),
    st.tuples(st.integers(0, 2**32 - 1), st.just(ua.VariantType.UInt32)),
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.just(ua.VariantType.Int32)),
    st.tuples(st.integers(0, 2**64 - 1), st.just(ua.VariantType.UInt64)),
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.just(ua.VariantType.Int64)),
    st.tuples(st.floats(width=32, allow_nan=False), st.just(ua.VariantType.Float)),
    st.tuples(st.floats(allow_nan=False), st.just(ua.VariantType.Double)),
    st.tuples(st.text(max_size=20), st.just(ua.VariantType.String)),
    st.tuples(st.lists(st.integers(0, 9), max_size=4), st.just(ua.VariantType.UInt32)),
    st.tuples(st.none(), st.just(ua.VariantType.Null)),
)
_TIMES = st.none() | st.integers(0, 10**16).map(lambda us: EPOCH + timedelta(microseconds=us))


@st.composite
def _data_values(draw: st.DrawFn) -> ua.DataValue:
    value, kind = draw(_VALUES)
    return ua.DataValue(
        ua.Variant(value, kind),
        StatusCode=draw(st.none() | st.integers(0, 2**32 - 1).map(ua.StatusCode)),
        SourceTimestamp=draw(_TIMES),
        ServerTimestamp=draw(_TIMES),
    )


def written(*parts: object, sequence: int = 7, available: int = 2) -> bytes:
    """A response as the library writes it."""
    response = ua.PublishResponse()
    response.TypeId = ua.FourByteNodeId(ua.ObjectIds.PublishResponse_Encoding_DefaultBinary)
    response.Parameters.SubscriptionId = ua.IntegerId(3)
    response.Parameters.AvailableSequenceNumbers = [ua.Counter(n) for n in range(available)]
    response.Parameters.NotificationMessage.SequenceNumber = ua.Counter(sequence)
    response.Parameters.NotificationMessage.NotificationData = [*parts]  # pyright: ignore
    return struct_to_binary(response)


def data_change(*items: tuple[int, ua.DataValue]) -> ua.DataChangeNotification:
    return ua.DataChangeNotification(
        MonitoredItems=[
            ua.MonitoredItemNotification(ua.IntegerId(handle), value) for handle, value in items
        ]
    )


def read(*parts: object) -> Publish:
    return read_publish(Buffer(written(*parts)))


def test_a_value_comes_with_its_handle_its_quality_and_its_time() -> None:
    bad = ua.StatusCode(ua.UInt32(ua.StatusCodes.BadSensorFailure))
    counted = ua.DataValue(ua.Variant(41, ua.VariantType.UInt32), SourceTimestamp=AT)
    failed = ua.DataValue(ua.Variant(None), StatusCode=bad, SourceTimestamp=AT)
    publish = read(data_change((201, counted), (202, failed)))
    assert (publish.subscription, publish.sequence, publish.others) == (3, 7, [])
    assert publish.changes == [
        Change(handle=201, value=41, source_time=AT),
        Change(handle=202, value=None, status=ua.StatusCodes.BadSensorFailure, source_time=AT),
    ]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), _data_values()), max_size=8))
def test_whatever_a_value_is_it_is_read_as_the_library_reads_it(
    items: list[tuple[int, ua.DataValue]],
) -> None:
    assert [
        (change.handle, change.value, change.status, change.source_time)
        for change in read(data_change(*items)).changes
    ] == [
        (
            handle,
            data.Value.Value if data.Value else None,
            data.StatusCode.value if data.StatusCode else 0,
            data.SourceTimestamp,
        )
        for handle, data in items
    ]


def test_the_end_of_a_subscription_is_told_beside_the_values() -> None:
    ended = ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadTimeout)))
    publish = read(data_change((1, ua.DataValue(ua.Variant(1, ua.VariantType.Byte)))), ended)
    assert [change.value for change in publish.changes] == [1]
    assert [type(other) for other in publish.others] == [ua.StatusChangeNotification]


def test_a_sign_of_life_says_nothing() -> None:
    assert read().says_nothing
    assert not read(data_change((1, ua.DataValue(ua.Variant(1, ua.VariantType.Byte))))).says_nothing


@given(st.data())
def test_a_response_that_ends_too_soon_is_refused(data: st.DataObject) -> None:
    whole = written(data_change((1, ua.DataValue(ua.Variant(7, ua.VariantType.UInt32)))))
    # Behind the notifications lie only results and diagnostics, which nobody reads: two lists of no length.
    cut = data.draw(st.integers(0, len(whole) - 9))
    with pytest.raises((NotEnoughData, ua.UaError, TypeError)):
        read_publish(Buffer(whole[:cut]))
