"""The gateway's Sparkplug node: what it may say, and with which numbers, whatever happens to units and connections."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.sparkplug_node import Died, SparkplugNode, Told
from gateway.contract.sparkplug import BD_SEQ, REBIRTH, DataType, Metric, decode
from gateway.sparkplug_session import Message, NodeSession, Shown

GOOD = Shown(name="Good", datatype=DataType.INT64, value=7, at_ms=1_000, unit="pcs")
STATE = Shown(name="State", datatype=DataType.STRING, value="running", at_ms=1_000)
HEARD = Shown(name="Units/Heard", datatype=DataType.INT32, value=1)


def session() -> NodeSession:
    session = NodeSession(group="works", node="gate", bd_seq=254)
    session.new_life()
    return session


def bd_seq(message: Message) -> object:
    return next(metric.value for metric in message.payload.metrics if metric.name == BD_SEQ)


def test_the_birth_has_the_number_of_the_last_will_and_begins_to_count_at_zero() -> None:
    node = session()
    will, birth = node.death(5), node.node_birth([HEARD], 6)
    assert (will.topic, birth.topic) == ("spBv1.0/works/NDEATH/gate", "spBv1.0/works/NBIRTH/gate")
    assert (bd_seq(will), bd_seq(birth)) == (255, 255)
    assert (will.payload.seq, birth.payload.seq) == (None, 0)
    wish = next(metric for metric in birth.payload.metrics if metric.name == REBIRTH)
    assert (wish.datatype, wish.value) == (DataType.BOOLEAN, False)


def test_each_life_has_its_own_number_and_it_wraps() -> None:
    node = session()
    node.new_life()
    assert bd_seq(node.death(5)) == 0
    assert not node.born


def test_data_are_what_changed_by_alias_without_name_and_datatype() -> None:
    node = session()
    node.node_birth([], 1)
    born = node.device_birth("M1:IMM1", [GOOD, STATE], 2)
    said = node.data("M1:IMM1", [replace(GOOD, value=8, at_ms=3_000), STATE], 3_500)
    assert said is not None
    assert said.topic == "spBv1.0/works/DDATA/gate/M1:IMM1"
    [metric] = decode(said.encoded).metrics
    alias = born.payload.metrics[0].alias
    assert metric == Metric(alias=alias, timestamp_ms=3_000, value=8)
    assert [each.datatype for each in decode(born.encoded).metrics] == [4, 12]


def test_a_value_said_again_is_no_news() -> None:
    node = session()
    node.node_birth([], 1)
    node.device_birth("d", [GOOD], 2)
    assert node.data("d", [replace(GOOD, at_ms=9_000)], 9_000) is None


def test_what_is_not_known_is_null_and_not_zero() -> None:
    node = session()
    node.node_birth([], 1)
    node.device_birth("d", [GOOD], 2)
    said = node.data("d", [replace(GOOD, value=None)], 3)
    assert said is not None
    assert [(m.is_null, m.value) for m in decode(said.encoded).metrics] == [(True, None)]
    assert [(p.name, p.value) for p in said.payload.metrics[0].properties] == [
        ("Quality", 500),
        ("Uncertain", False),
    ]


def test_a_metric_that_no_birth_named_is_born() -> None:
    node = session()
    node.node_birth([], 1)
    node.device_birth("d", [GOOD], 2)
    said = node.data("d", [GOOD, STATE], 3)
    assert said is not None
    assert said.topic == "spBv1.0/works/DBIRTH/gate/d"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("data"), st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 3))),
        st.tuples(st.sampled_from(["birth", "death"]), st.sampled_from("abc"), st.none()),
        st.tuples(st.sampled_from(["rebirth", "life", "node"]), st.none(), st.none()),
    ),
    max_size=400,
)


@given(STEPS)
def test_a_host_that_follows_the_rules_never_misses_anything(
    steps: list[tuple[str, str | None, int | None]],
) -> None:
    """Our own host, which asks for a rebirth at each gap, knows every device as it stands."""
    node, host = session(), SparkplugNode()
    told: dict[tuple[str | None, str | None], object] = {}
    now: dict[str, int | None] = {}

    def publish(message: Message | None) -> None:
        if message is None:
            return
        _, _, kind, _, *device = message.topic.split("/")
        event = host.take(kind, device[0] if device else None, decode(message.encoded))
        assert isinstance(event, Told | Died), event
        if isinstance(event, Told):
            told.update({(event.device, metric.name): metric.value for metric in event.metrics})

    def bear() -> None:
        publish(node.node_birth([HEARD], 1))
        for device, value in now.items():
            publish(node.device_birth(device, [replace(GOOD, value=value)], 1))

    bear()
    for kind, device, value in steps:
        match kind, device:
            case "data" | "birth", str() if device not in now:
                now[device] = value
                publish(node.device_birth(device, [replace(GOOD, value=value)], 2))
            case "data", str():
                now[device] = value
                publish(node.data(device, [replace(GOOD, value=value)], 3))
            case "death", str() if device in now:
                del now[device]
                publish(node.device_death(device, 4))
            case "rebirth" | "life", _:
                if kind == "life":
                    publish(node.death(5))
                    node.new_life()
                bear()
            case "node", _:
                publish(node.data(None, [replace(HEARD, value=len(now))], 6))
            case _:
                pass
        assert {found: told[found, "Good"] for found in now} == now
        assert all(host.is_alive(found) for found in now)
