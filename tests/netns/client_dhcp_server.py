"""A DHCP server for tests, made of scapy: one address, and a line for each message that it understood.

Usage: python -m tests.netns.client_dhcp_server DEVICE LEASE_SECONDS
"""

import socket
import sys
from typing import Any

from scapy.layers.dhcp import BOOTP, DHCP

SERVER, ADDRESS = "10.50.0.1", "10.50.0.99"
KINDS = {1: "discover", 3: "request", 7: "release"}


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def answer(message: Any, kind: str, lease_s: int) -> bytes:
    options = [
        ("message-type", kind),
        ("server_id", SERVER),
        ("lease_time", lease_s),
        ("renewal_time", 2),
        ("rebinding_time", lease_s - 2),
        ("subnet_mask", "255.255.255.0"),
        ("router", SERVER),
        ("name_server", SERVER),
        ("domain", "lab.example"),
        (121, bytes.fromhex("18ac1f05") + socket.inet_aton(SERVER)),
        "end",
    ]
    reply = BOOTP(op=2, xid=message.xid, chaddr=message.chaddr, yiaddr=ADDRESS, ciaddr=message.ciaddr)
    return bytes(reply / DHCP(options=options))


def main(device: str, lease_s: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        server.bind(("0.0.0.0", 67))
        tell("ready")
        while True:
            data, (peer, _) = server.recvfrom(2048)
            message = BOOTP(data)
            found = {entry[0]: entry[1] for entry in message[DHCP].options if isinstance(entry, tuple)}
            kind = KINDS.get(found.get("message-type", 0), "other")
            tell(f"{kind} from {peer} has {message.ciaddr} wants {found.get('requested_addr', '-')}")
            if kind in ("discover", "request"):
                target = peer if peer != "0.0.0.0" else "255.255.255.255"
                reply = answer(message, "offer" if kind == "discover" else "ack", lease_s)
                server.sendto(reply, (target, 68))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
