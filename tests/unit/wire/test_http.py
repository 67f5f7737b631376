"""The protocol's HTTP: limits, tolerance, exact leftovers; h11 as the judge of what we write."""

import tracemalloc

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.wire import http

DATE = "Thu, 01 Jan 1970 00:00:00 GMT"


def _read(data: bytes) -> http.Request | None:
    reader = http.RequestReader()
    reader.feed(data)
    return reader.next()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, DATE),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),  # the example of RFC 9110, section 5.6.7
        (1_709_208_000, "Thu, 29 Feb 2024 12:00:00 GMT"),
    ],
)
def test_dates(seconds: int, expected: str) -> None:
    assert http.http_date(seconds) == expected


def test_a_request_with_next_to_nothing_is_read() -> None:
    request = _read(b"POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 10\r\n\r\nVPNCONNECT")
    assert request is not None
    assert (request.method, request.target, request.version) == ("POST", "/vpnsvc/connect.cgi", "HTTP/1.1")
    assert request.body == b"VPNCONNECT"


def test_bare_line_feeds_and_empty_values_are_tolerated() -> None:
    request = _read(b"GET / HTTP/1.1\nX-Empty:\nX-VPN:  1 \r\nX-VPN: 2\n\n")
    assert request is not None
    assert dict(request.headers) == {"x-empty": "", "x-vpn": "1"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\r\n\r\n", id="no start line"),
        pytest.param(b"GET /\r\n\r\n", id="two tokens"),
        pytest.param(b"GET  / HTTP/1.1\r\n\r\n", id="an empty token"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", id="a field without a colon"),
        pytest.param(b"GET / HTTP/1.1\r\n: value\r\n\r\n", id="a field without a name"),
        pytest.param(b"GET / HTTP/1.1\r\nA: 1\r\n folded: 2\r\n\r\n", id="a folded field"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length : 3\r\n\r\n", id="a blank before the colon"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", id="a length with letters"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", id="a superscript digit"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 21 + b"\r\n\r\n", id="21 digits"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", id="chunked"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", id="a body over the limit"),
        pytest.param(b"G" * 4_097, id="an endless line"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 129 + b"\r\n", id="too many fields"),
        pytest.param(b"GET / HTTP/1.1\r\n" + (b"A: " + b"x" * 4_000 + b"\r\n") * 20, id="too long a head"),
    ],
)
def test_what_is_refused(data: bytes) -> None:
    with pytest.raises(http.HttpError):
        _read(data)


def test_the_limits_themselves_are_allowed() -> None:
    line = b"A: " + b"x" * (4_096 - 3)
    assert _read(b"GET / HTTP/1.1\r\n" + line[:-1] + b"\r\n\r\n") is not None
    assert _read(b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 128 + b"\r\n") is not None
    request = _read(b"POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n" + bytes(65_536))
    assert request is not None
    assert len(request.body) == 65_536


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), max_size=60))
def test_any_cut_gives_the_same_requests_and_the_same_leftover(cuts: list[int]) -> None:
    one = b"GET / HTTP/1.1\r\nX-VPN: 1\r\n\r\n"
    two = http.pack_request("192.0.2.1", b"body", DATE)
    stream = one + two + b"tail\r\n\r\n"
    reader, at = http.RequestReader(), 0
    requests: list[http.Request] = []
    for cut in [*cuts, len(stream)]:
        reader.feed(stream[at : at + cut])
        at += cut
        while len(requests) < 2 and (request := reader.next()) is not None:
            requests.append(request)
    assert [request.raw for request in requests] == [one, two]
    assert [request.body for request in requests] == [b"", b"body"]
    assert reader.leftover == b"tail\r\n\r\n"


@settings(deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\nContent-Length:"]),
)
def test_any_bytes_are_a_message_or_an_error(data: bytes, start: bytes) -> None:
    for reader in (http.RequestReader(), http.ResponseReader()):
        reader.feed(start + data)
        try:
            while reader.next() is not None:
                pass
        except http.HttpError:
            continue
        assert len(reader.leftover) <= len(start) + len(data)


def test_an_announced_body_costs_no_memory() -> None:
    reader = http.RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nContent-Length: 4294967296\r\n\r\n")
    tracemalloc.start()
    with pytest.raises(http.HttpError):
        reader.next()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65_536


def test_a_response_must_say_how_long_it_is() -> None:
    reader = http.ResponseReader()
    reader.feed(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(http.HttpError):
        reader.next()


def test_responses_and_what_follows_them() -> None:
    reader = http.ResponseReader()
    reader.feed(http.pack_response(b"PACK", DATE) + b"HTTP/1.1 abc Odd\r\nContent-Length: 0\r\n\r\nraw")
    first, second = reader.next(), reader.next()
    assert first is not None
    assert second is not None
    assert (first.version, first.status, first.body) == ("HTTP/1.1", 200, b"PACK")
    assert second.status == 0
    assert reader.leftover == b"raw"


def test_another_implementation_reads_our_responses() -> None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "h"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(http.pack_response(b"PACK", DATE))
    response = connection.next_event()
    assert isinstance(response, h11.Response)
    assert response.status_code == 200
    assert (b"date", DATE.encode()) in list(response.headers)
    body = connection.next_event()
    assert isinstance(body, h11.Data)
    assert bytes(body.data) == b"PACK"


@pytest.mark.parametrize("data", [http.signature_request("192.0.2.1"), http.pack_request("::1", b"x", DATE)])
def test_another_implementation_reads_our_requests(data: bytes) -> None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    assert request.method == b"POST"
    assert isinstance(connection.next_event(), h11.Data)
    assert isinstance(connection.next_event(), h11.EndOfMessage)
    assert connection.trailing_data == (b"", False)


def test_the_answer_to_head_has_a_length_but_no_body() -> None:
    answer = http.response(200, {"Content-Type": "text/html"}, b"12345", DATE, without_body=True)
    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("host", ["a\r\nX: 1", "a\nb", "a\0b"])
def test_a_host_can_t_add_lines(host: str) -> None:
    with pytest.raises(http.HttpError):
        http.signature_request(host)


def test_repr_hides_bodies() -> None:
    request = _read(http.pack_request("h", b"hunter2", DATE))
    assert "hunter2" not in repr(request)
