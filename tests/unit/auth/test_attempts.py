"""Sources that fail too often are not listened to for a while."""

from ipaddress import ip_address

from etherloom.auth.attempts import MAXIMUM_FAILURES, SECONDS_A_FAILURE, Attempts

HERE = ip_address("192.0.2.1")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def failed(attempts: Attempts, times: int, address: str = "192.0.2.1") -> Attempts:
    for _ in range(times):
        attempts.fail(ip_address(address))
    return attempts


def test_a_source_may_fail_so_often() -> None:
    attempts = failed(Attempts(Clock()), MAXIMUM_FAILURES - 1)
    assert attempts.allows(HERE)
    assert not failed(attempts, 1).allows(HERE)
    assert attempts.allows(ip_address("192.0.2.2"))


def test_failures_are_forgotten_one_by_one() -> None:
    clock = Clock()
    attempts = failed(Attempts(clock), MAXIMUM_FAILURES)
    clock.now += SECONDS_A_FAILURE
    assert attempts.allows(HERE)
    assert not failed(attempts, 1).allows(HERE)
    clock.now += MAXIMUM_FAILURES * SECONDS_A_FAILURE
    assert failed(attempts, MAXIMUM_FAILURES - 1).allows(HERE)


def test_a_network_of_ipv6_is_one_source() -> None:
    attempts = Attempts(Clock())
    for number in range(MAXIMUM_FAILURES):
        failed(attempts, 1, f"2001:db8::{number:x}")
    assert not attempts.allows(ip_address("2001:db8::ffff"))
    assert attempts.allows(ip_address("2001:db8:0:1::1"))


def test_what_is_kept_is_bounded() -> None:
    attempts = failed(Attempts(Clock()), MAXIMUM_FAILURES)
    for number in range(5_000):
        attempts.fail(ip_address(0x0A00_0000 + number))
    # The one that failed first has been forgotten.
    assert attempts.allows(HERE)
