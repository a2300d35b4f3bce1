"""The wire: what one side writes the other reads, and anything else is refused by name."""

import re
import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.equipment import level, parent, parse_path
from gateway.contract.fact import (
    AnyFact,
    Cause,
    CountFact,
    Fact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.job_order import CommandPage, JobOrderCommand
from gateway.contract.state import PACKML_STATES, EquipmentState
from gateway.contract.topic import Topic, every_agent, parse_topic
from gateway.contract.uplink import (
    MESSAGE_BYTES_MAX,
    Ack,
    AgentStatus,
    FactMessage,
    IngestReply,
    IngestRequest,
    SourceBatch,
    SourceMark,
    Verdict,
)

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
instants = st.builds(
    lambda microseconds, zone: (
        datetime(2000, 1, 2, tzinfo=UTC) + timedelta(microseconds=microseconds)
    ).astimezone(zone),
    st.integers(0, 6 * 10**15),
    zones,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
integers = st.integers(-(2**62), 2**62)
pieces = st.integers(0, 10**12 - 1)
steps = st.integers(-(10**11), 10**11)
decimals = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**9
)
common = {
    "equipment": texts,
    "signal": texts,
    "at": instants,
    "arrived": instants,
    "quality": st.sampled_from(Quality),
}
facts: st.SearchStrategy[AnyFact] = st.one_of(
    st.builds(
        CountFact,
        **common,
        epoch=integers,
        total=pieces,
        delta=steps,
        raw=integers,
        cause=st.sampled_from(Cause),
        since=st.none() | instants,
        claimed=steps,
    ),
    st.builds(
        WeightFact,
        **common,
        epoch=integers,
        total=decimals,
        delta=decimals,
        unit=texts,
        cause=st.sampled_from(Cause),
        level=st.none() | decimals,
        since=st.none() | instants,
        claimed=decimals,
    ),
    st.builds(StateFact, **common, state=st.sampled_from(EquipmentState), detail=texts),
    st.builds(
        MeasurementFact,
        **common,
        value=st.floats(allow_nan=False, allow_infinity=False),
        unit=texts,
    ),
    st.builds(JobAnswerFact, **common, command_id=texts, accepted=st.booleans(), reason=texts),
)
verdicts = st.builds(Verdict, seq=integers, reason=texts)
batches = st.builds(
    SourceBatch,
    agent=texts,
    outbox_epoch=integers,
    first_seq=integers,
    facts=st.lists(facts, max_size=4),
    oldest_seq=integers,
    quarantined=st.lists(verdicts, max_size=2),
)
marks = st.builds(
    SourceMark,
    agent=texts,
    outbox_epoch=integers,
    through=integers,
    rewind=st.booleans(),
    credit=integers,
    gap=st.booleans(),
)
commands = st.builds(
    JobOrderCommand,
    position=integers,
    command_id=texts,
    agent=texts,
    equipment=texts,
    work_order=texts,
    operation=integers,
    item=texts,
    target_quantity=integers,
    setpoints=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)
envelopes = st.one_of(
    st.builds(
        FactMessage,
        agent=texts,
        outbox_epoch=integers,
        first_seq=integers,
        facts=st.lists(facts, max_size=4),
        oldest_seq=integers,
    ),
    st.builds(
        Ack,
        outbox_epoch=integers,
        through=integers,
        credit=integers,
        rewind=st.booleans(),
        gap=st.booleans(),
    ),
    st.builds(
        AgentStatus,
        agent=texts,
        online=st.booleans(),
        since=st.none() | instants,
        outbox_epoch=integers,
        backlog=integers,
    ),
    st.builds(IngestRequest, gateway=texts, sources=st.lists(batches, max_size=3)),
    st.builds(IngestReply, marks=st.lists(marks, max_size=3), stored=integers, duplicates=integers),
    commands,
    st.builds(CommandPage, commands=st.lists(commands, max_size=2), position=integers),
)

STATE = StateFact(
    equipment="works/a/l/u",
    signal="state",
    at=datetime(2026, 3, 2, 6, tzinfo=UTC),
    arrived=datetime(2026, 3, 2, 6, tzinfo=UTC),
    state=EquipmentState.RUNNING,
)
MESSAGE = FactMessage(agent="edge-1", outbox_epoch=3, first_seq=7, facts=[STATE])


@given(value=envelopes)
def test_whatever_one_side_writes_the_other_reads_unchanged(value: msgspec.Struct) -> None:
    assert decode(encode(value), type(value)) == value


@given(fact=facts)
def test_times_keep_their_instant_whatever_their_offset(fact: Fact) -> None:
    message = FactMessage(agent="a", outbox_epoch=1, first_seq=1, facts=[fact])  # pyright: ignore[reportArgumentType]
    read = decode(encode(message), FactMessage).facts[0]
    assert (read.at, read.arrived) == (fact.at, fact.arrived)
    assert read.at.utcoffset() is not None


def test_weights_travel_as_text_so_that_no_digit_is_lost() -> None:
    weight = WeightFact(
        equipment="works/a/l/u",
        signal="resin",
        at=STATE.at,
        arrived=STATE.at,
        epoch=1,
        total=Decimal("123456789.123456"),
        delta=Decimal("0.1"),
        unit="kg",
        cause=Cause.STEP,
    )
    message = FactMessage(agent="a", outbox_epoch=1, first_seq=1, facts=[weight])
    assert b'"total":"123456789.123456"' in encode(message)
    assert decode(encode(message), FactMessage) == message


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        (b'"agent":"edge-1"', b'"agent":5', "$.agent"),
        (b'"first_seq":7', b'"first_seq":"7"', "$.first_seq"),
        (b'"first_seq":7,', b"", "first_seq"),
        (b'"first_seq":7', b'"first_seq":7,"sender":"x"', "sender"),
        (b'"signal":"state"', b'"signal":"state","colour":"red"', "colour"),
        (b'"kind":"state"', b'"kind":"mood"', "$.facts[0].kind"),
        (b'"state":"running"', b'"state":"happy"', "$.facts[0].state"),
        (b'"at":"2026-03-02T06:00:00Z"', b'"at":"2026-03-02T06:00:00"', "$.facts[0].at"),
        (b'"at":"2026-03-02T06:00:00Z"', b'"at":"yesterday"', "$.facts[0].at"),
        (b'"at":"2026-03-02T06:00:00Z"', b'"at":1772431200', "$.facts[0].at"),
    ],
)
def test_what_is_wrong_is_refused_by_name(written: bytes, instead: bytes, named: str) -> None:
    data = encode(MESSAGE)
    assert data.count(written) == 1
    with pytest.raises(Malformed, match=re.escape(named)):
        decode(data.replace(written, instead), FactMessage)


def test_numbers_are_not_taken_from_text_nor_whole_numbers_from_fractions() -> None:
    count = b'{"agent":"a","outbox_epoch":1,"first_seq":1.5,"facts":[]}'
    with pytest.raises(Malformed, match="first_seq"):
        decode(count, FactMessage)


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_malformed_and_never_anything_worse(data: bytes) -> None:
    for kind in (FactMessage, Ack, AgentStatus, IngestRequest, IngestReply, CommandPage):
        with pytest.raises(Malformed):
            decode(data, kind)


@given(cut=st.integers(0, 200), put=st.binary(min_size=1, max_size=4))
def test_a_damaged_message_is_read_or_malformed_and_never_anything_worse(
    cut: int, put: bytes
) -> None:
    data = encode(MESSAGE)
    damaged = data[: cut % len(data)] + put + data[cut % len(data) + len(put) :]
    try:
        message = decode(damaged, FactMessage)
    except Malformed:
        return
    assert isinstance(message, FactMessage)


def test_text_that_is_not_utf_8_and_bottomless_nesting_are_malformed() -> None:
    with pytest.raises(Malformed):
        decode(encode(MESSAGE).replace(b"edge-1", b"edge-\xff"), FactMessage)
    with pytest.raises(Malformed):
        decode(b'{"setpoints":' + b'{"a":' * 10_000, JobOrderCommand)


def test_a_full_message_of_long_names_fits_the_brokers_payload_limit() -> None:
    fact = CountFact(
        equipment="/".join(["electric-kettles"] * 4),
        signal="produced-pieces",
        at=STATE.at + timedelta(microseconds=1),
        arrived=STATE.at + timedelta(microseconds=1),
        epoch=12,
        total=10**9,
        delta=1,
        raw=10**9,
        cause=Cause.STEP,
    )
    one = len(encode(FactMessage(agent="a", outbox_epoch=1, first_seq=1, facts=[fact])))
    assert one < MESSAGE_BYTES_MAX


names = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=20)


@given(site=names, agent=names, channel=st.sampled_from(["facts", "ack", "command", "status"]))
def test_a_topic_is_read_as_it_was_written(site: str, agent: str, channel: str) -> None:
    topic = Topic(site=site, agent=agent, channel=channel)  # pyright: ignore[reportArgumentType]
    assert parse_topic(str(topic)) == topic
    assert every_agent(site, topic.channel).replace("+", agent) == str(topic)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lineside/v1/works/edge-1",
        "lineside/v2/works/edge-1/facts",
        "lineside/v1//edge-1/facts",
        "lineside/v1/works//facts",
        "lineside/v1/works/edge-1/facts/more",
        "lineside/v1/works/edge-1/gossip",
    ],
)
def test_other_topics_are_no_topics_of_the_wire(text: str) -> None:
    with pytest.raises(ValueError, match="not a topic of the wire"):
        parse_topic(text)


def test_equipment_paths_know_their_level_and_what_is_above_them() -> None:
    unit = parse_path("works/moulding/M1/IMM1")
    line = parent(unit)
    assert line == "works/moulding/M1"
    assert (level(unit), level(line)) == ("unit", "line")
    assert parent(parse_path("works")) is None


@pytest.mark.parametrize("text", ["", "/", "works/", "works//M1", "a/b/c/d/e", "works/+", "-works"])
def test_what_is_no_equipment_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="site/area/line/unit"):
        parse_path(text)


def test_every_packml_state_has_a_state_of_the_plant() -> None:
    assert sorted(PACKML_STATES) == list(range(18))
    assert PACKML_STATES[6] == ("Execute", EquipmentState.RUNNING)


def test_programs_of_the_first_version_understand_every_ordinary_acknowledgement() -> None:
    """They refuse fields that they do not know, so a new one is only sent when it says something."""
    assert b"gap" not in encode(Ack(outbox_epoch=1, through=2))
    assert b"gap" not in encode(SourceMark(agent="a", outbox_epoch=1, through=2))
