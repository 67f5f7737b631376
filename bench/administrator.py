"""`python -m bench.administrator`: makes administration calls, paced or as fast as they are answered.

Prints one JSON value: calls, calls a second, and how long the slowest hundredth took at least.
"""

import argparse
import json
import time
from statistics import quantiles

from etherloom.rpc.catalog import hub, server, session, user
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.remote import Login, RemoteClient


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.administrator")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--password", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--rate", type=float, default=0.0, help="calls a second; 0: without a pause")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    client = RemoteClient(Login(options.host, options.port, "", options.password))
    print(json.dumps(_measure(client, options.hub, options.rate, options.seconds)))
    client.close()


def _measure(client: RemoteClient, name: str, rate: float, seconds: float) -> dict[str, float]:
    """Ask and change in turns, as a program would that watches and provisions."""
    took: list[float] = []
    begin = time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        if rate and (due := begin + len(took) / rate) > now:
            time.sleep(due - now)
        started = time.monotonic()
        _call(client, name, len(took))
        took.append(time.monotonic() - started)
    elapsed = time.monotonic() - begin
    return {
        "calls": len(took),
        "rate": len(took) / elapsed,
        "p50_us": quantiles(took, n=100)[49] * 1e6,
        "p99_us": quantiles(took, n=100)[98] * 1e6,
    }


def _call(client: RemoteClient, name: str, number: int) -> None:
    match number % 5:
        case 0:
            client.call(server.GET_SERVER_STATUS, Empty())
        case 1:
            client.call(hub.GET_HUB_STATUS, hub.HubStatus(hub=name))
        case 2:
            client.call(session.ENUM_SESSION, hub.HubName(name))
        case 3:
            client.call(user.ENUM_USER, hub.HubName(name))
        case _:
            online = hub.HubSettings(hub=name, online=True, maximum_sessions=number % 2 * 1_000)
            client.call(hub.SET_HUB, online)


if __name__ == "__main__":
    main()
