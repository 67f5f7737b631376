"""When a client tries again, and after which pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.client.account import RetryRule
from etherloom.client.retry import LONGEST_PAUSE_S, Backoff, GiveUp, Wait
from etherloom.model.errors import ErrorCode

LOST = ErrorCode.DISCONNECTED


def middle() -> float:
    return 0.5


def pause(decision: Wait | GiveUp) -> float:
    assert isinstance(decision, Wait)
    return decision.seconds


def test_pauses_grow_to_a_minute() -> None:
    backoff = Backoff(RetryRule(), middle)
    assert [pause(backoff.failed(LOST)) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=20, max_size=20))
def test_jitter_stays_within_a_fifth(chances: list[float]) -> None:
    draws = iter(chances)
    backoff = Backoff(RetryRule(), lambda: next(draws))
    for expected in (1, 2, 4, 8, 16, 32, 60, 60):
        assert expected * 0.8 <= pause(backoff.failed(LOST)) <= expected * 1.2


def test_settled_session_starts_the_pauses_anew() -> None:
    backoff = Backoff(RetryRule(), middle)
    for _ in range(5):
        backoff.failed(LOST)
    backoff.established()
    assert pause(backoff.failed(LOST, lived_s=3600)) == 1


def test_session_thrown_out_at_once_does_not() -> None:
    backoff = Backoff(RetryRule(), middle)
    pauses = []
    for _ in range(4):
        backoff.established()
        pauses.append(pause(backoff.failed(LOST, lived_s=0.1)))
    assert pauses == [1, 2, 4, 8]


def test_fixed_interval() -> None:
    backoff = Backoff(RetryRule(interval_s=5), middle)
    assert [pause(backoff.failed(LOST)) for _ in range(3)] == [5, 5, 5]


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.CERT_NOT_TRUSTED,
        ErrorCode.SERVER_CERT_EXPIRES,
        ErrorCode.HOSTNAME_MISMATCH,
        ErrorCode.USER_CANCEL,
        ErrorCode.AUTO_DISCONNECTED,
        ErrorCode.DEVICE_DRIVER_ERROR,
    ],
)
def test_what_is_never_retried(code: ErrorCode) -> None:
    backoff = Backoff(RetryRule(stubborn=True), middle)
    backoff.established()
    assert isinstance(backoff.failed(code), GiveUp)


def test_refused_login_stops_before_the_first_success_only() -> None:
    backoff = Backoff(RetryRule(), middle)
    assert isinstance(backoff.failed(ErrorCode.AUTH_FAILED), GiveUp)
    backoff.established()
    assert isinstance(backoff.failed(ErrorCode.AUTH_FAILED), Wait)


def test_stubborn_rule_retries_a_refused_login() -> None:
    assert isinstance(Backoff(RetryRule(stubborn=True), middle).failed(ErrorCode.AUTH_FAILED), Wait)


@pytest.mark.parametrize(
    "code", [ErrorCode.HUB_STOPPING, ErrorCode.HUB_IS_BUSY, ErrorCode.TOO_MANY_USER_SESSION]
)
def test_busy_hub_gets_a_minute(code: ErrorCode) -> None:
    assert pause(Backoff(RetryRule(), middle).failed(code)) == LONGEST_PAUSE_S


def test_attempts_count_failures_in_a_row() -> None:
    backoff = Backoff(RetryRule(attempts=2), middle)
    assert isinstance(backoff.failed(LOST), Wait)
    assert isinstance(backoff.failed(LOST), Wait)
    assert isinstance(backoff.failed(LOST), GiveUp)
    backoff.established()
    assert isinstance(backoff.failed(LOST), Wait)


def test_no_retry_at_all() -> None:
    assert isinstance(Backoff(RetryRule(attempts=0), middle).failed(LOST), GiveUp)
