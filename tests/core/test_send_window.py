"""Which facts go next: in sequence, within the credit, and again from the last acknowledgement when in doubt."""

from edge.uplink import PROBE_FACTS, SendWindow
from gateway.contract.uplink import CREDIT_DEFAULT, Ack


def ack(through: int, *, rewind: bool = False, credit: int = CREDIT_DEFAULT) -> Ack:
    return Ack(outbox_epoch=1, through=through, rewind=rewind, credit=credit)


def test_everything_within_the_credit_may_be_sent() -> None:
    window = SendWindow(acknowledged=10)
    assert window.next_range(oldest=11, sendable=20) == (11, 20)
    window.sent = 20
    first, last = window.next_range(oldest=11, sendable=20)
    assert last < first


def test_the_credit_bounds_what_is_unacknowledged() -> None:
    window = SendWindow(acknowledged=0)
    window.take(ack(0, credit=5), newest=100, now_s=0)
    assert window.next_range(oldest=1, sendable=100) == (1, 5)
    window.sent = 5
    window.take(ack(3, credit=5), newest=100, now_s=0)
    assert window.next_range(oldest=4, sendable=100) == (6, 8)


def test_a_gap_rewinds_the_sender_once() -> None:
    window = SendWindow(acknowledged=0)
    window.sent = 50
    assert window.take(ack(20, rewind=True), newest=50, now_s=10.0) is None
    assert window.next_range(oldest=21, sendable=50) == (21, 50)
    window.sent = 50
    window.take(ack(20, rewind=True), newest=50, now_s=10.2)
    assert window.sent == 50
    window.take(ack(20, rewind=True), newest=50, now_s=11.5)
    assert window.sent == 20


def test_after_silence_a_few_are_sent_again_until_something_is_acknowledged() -> None:
    window = SendWindow(acknowledged=0)
    window.sent = 3000
    window.silence()
    assert window.next_range(oldest=1, sendable=3000) == (1, PROBE_FACTS)
    window.take(ack(PROBE_FACTS), newest=3000, now_s=0)
    assert window.next_range(oldest=PROBE_FACTS + 1, sendable=3000) == (PROBE_FACTS + 1, 3000)


def test_an_acknowledgement_of_what_never_was_is_an_error_and_trims_nothing() -> None:
    window = SendWindow(acknowledged=0)
    wrong = window.take(ack(99), newest=50, now_s=0)
    assert wrong is not None
    assert "99" in wrong
    assert window.acknowledged == 0


def test_an_old_acknowledgement_changes_nothing() -> None:
    window = SendWindow(acknowledged=0)
    window.sent = 40
    window.take(ack(30), newest=40, now_s=0)
    window.take(ack(10), newest=40, now_s=0)
    assert (window.acknowledged, window.sent) == (30, 40)


def test_a_server_that_lost_what_it_acknowledged_gets_what_is_held() -> None:
    window = SendWindow(acknowledged=100)
    window.sent = 120
    wrong = window.take(ack(60, rewind=True), newest=120, now_s=0)
    assert wrong is not None
    assert "61" in wrong
    assert window.next_range(oldest=101, sendable=120) == (101, 120)
