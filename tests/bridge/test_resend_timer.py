"""Time-outs follow the wire: its declared rate at first, what was measured after that."""

import pytest

from firmware_bridge.resend_timer import LEAST_S, UNMEASURED_S, ResendTimer

HELLO, PARAMS, LOOP = 129, 334, 785  # bytes of an exchange


@pytest.mark.parametrize("baud", [1200, 9600, 115_200, None])
def test_the_first_wait_is_longer_than_the_bytes_take_at_the_declared_rate(baud: int | None) -> None:
    on_wire_s = 10 * HELLO / baud if baud else 0.0
    assert UNMEASURED_S + on_wire_s < ResendTimer(baud).wait_s(HELLO) + 1e-12 <= UNMEASURED_S + 2.0 * on_wire_s + 1e-9


@pytest.mark.parametrize("byte_s", [1 / 30, 1 / 120, 1 / 960, 1e-4, 1e-8])
@pytest.mark.parametrize("latency_s", [0.0, 0.016, 0.5])
def test_what_is_measured_decides_whatever_the_declared_rate(byte_s: float, latency_s: float) -> None:
    timer = ResendTimer(115_200)
    for last, size in ((HELLO, PARAMS), (PARAMS, LOOP), (LOOP, LOOP), (LOOP, HELLO)):
        timer.measured(last, latency_s + last * byte_s)
        took_s = latency_s + size * byte_s
        assert timer.wait_s(size) >= max(LEAST_S, min(1.5 * took_s, took_s + 0.5))
    assert timer.wait_s(LOOP) <= max(LEAST_S, 1.5 * (latency_s + LOOP * byte_s) + 0.5)


def test_a_wait_has_no_ceiling_and_three_sendings_fit_before_it_is_given_up() -> None:
    timer = ResendTimer(1200)
    timer.measured(LOOP, 6.5)
    assert timer.wait_s(LOOP) > 6.5
    assert timer.give_up_s(LOOP, 5.0) >= 3 * timer.wait_s(LOOP)
    timer.measured(PARAMS, 0.001)
    assert timer.give_up_s(PARAMS, 5.0) == pytest.approx(5.0 + LEAST_S, rel=1e-6, abs=0.0)


def test_a_second_answer_teaches_the_round_trip_at_once() -> None:
    timer = ResendTimer(115_200)
    timer.measured(LOOP, 0.001)
    timer.late(LOOP, 0.82)
    assert timer.wait_s(LOOP) > 1.2
    for _ in range(40):
        timer.measured(LOOP, 0.001)
    assert timer.wait_s(LOOP) == LEAST_S
    for _ in range(100):  # without a known round trip it is only guessed so far
        timer.late(LOOP, 0.0)
    assert timer.wait_s(LOOP) == 0.5
