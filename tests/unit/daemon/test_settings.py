"""How an address to listen on is written."""

import pytest

from etherloom.daemon.settings import parse_endpoints
from etherloom.model.errors import Refusal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:5555", ["127.0.0.1:5555"]),
        ("[::1]:5555", ["[::1]:5555"]),
        (":5555", ["0.0.0.0:5555", "[::]:5555"]),
        ("*:0", ["0.0.0.0:0", "[::]:0"]),
        ("localhost:443", ["127.0.0.1:443", "[::1]:443"]),
        ("[0:0::1]:1", ["[::1]:1"]),
    ],
)
def test_good_ones(text: str, expected: list[str]) -> None:
    assert [str(endpoint) for endpoint in parse_endpoints(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5555",
        "host.example:1",
        "::1:5555",
        "[127.0.0.1]:1",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "1.2.3.4:",
        "[::1]",
    ],
)
def test_bad_ones_say_how_it_is_written(text: str) -> None:
    with pytest.raises(Refusal, match="write ADDRESS:PORT"):
        parse_endpoints(text)
