"""A unit that is silent while others speak is asked seldom; a line on which nobody speaks is asked as ever."""

from edge.unit_breaker import BREAKER_AFTER, REST_MAX_S, Line, UnitBreaker


def fail(breaker: UnitBreaker, at_s: float) -> None:
    breaker.attempt(at_s)
    breaker.failed()


def test_a_unit_that_is_silent_while_its_neighbour_speaks_rests() -> None:
    line = Line()
    dead, alive = (UnitBreaker(unit=unit, line=line, timeout_s=0.1) for unit in (1, 2))
    for poll in range(BREAKER_AFTER):
        assert dead.rest_s() == 0
        fail(dead, float(poll))
        alive.succeeded(poll + 0.5)
    assert dead.open
    assert dead.rest_s() == 2.0


def test_the_rest_costs_the_line_a_twentieth_but_is_bounded() -> None:
    line = Line(answered_s={2: 10.0})
    for timeout_s, rest_s in ((0.05, 1.0), (0.25, 5.0), (1.0, REST_MAX_S), (60.0, REST_MAX_S)):
        breaker = UnitBreaker(unit=1, line=line, timeout_s=timeout_s)
        for poll in range(BREAKER_AFTER):
            fail(breaker, float(poll))
        assert breaker.rest_s() == rest_s


def test_nobody_rests_on_a_line_where_all_are_silent() -> None:
    line = Line(answered_s={1: 0.0, 2: 0.5})
    breaker = UnitBreaker(unit=1, line=line, timeout_s=0.1)
    for poll in range(1, 10):
        fail(breaker, float(poll))
        assert breaker.rest_s() == 0


def test_a_unit_alone_never_rests() -> None:
    breaker = UnitBreaker(unit=1, line=Line(answered_s={1: 3.0}), timeout_s=0.1)
    for poll in range(10):
        fail(breaker, float(poll))
    assert breaker.rest_s() == 0


def test_one_answer_closes_the_breaker() -> None:
    breaker = UnitBreaker(unit=1, line=Line(answered_s={2: 10.0}), timeout_s=0.1)
    for poll in range(BREAKER_AFTER):
        fail(breaker, float(poll))
    breaker.succeeded(4.0)
    assert not breaker.open
    assert breaker.rest_s() == 0
