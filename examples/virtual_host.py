"""A host that exists only as a program: it answers ARP and ping at an address on a hub.

    python examples/virtual_host.py LAB 10.0.0.7

Runs until Ctrl-C, or until the hub goes off line. Needs nothing but etherloom.
"""

import argparse
import asyncio
import struct
import sys
from ipaddress import IPv4Address

from etherloom import hub

ARP, IPV4 = 0x0806, 0x0800
ICMP, ECHO_REQUEST, ECHO_REPLY = 1, 8, 0
ETHERNET = struct.Struct("!6s6sH")
ARP_BODY = struct.Struct("!HHBBH6s4s6s4s")


def answer(frame: bytes, station: bytes, address: bytes) -> bytes | None:
    """What the host says to a frame, if anything. Frames come from anybody: check before you read."""
    destination, source, kind = ETHERNET.unpack_from(frame)
    if kind == ARP:
        return answer_arp(frame, station, address)
    if kind == IPV4 and destination == station:
        return answer_ping(frame, source, station, address)
    return None


def answer_arp(frame: bytes, station: bytes, address: bytes) -> bytes | None:
    """Who asks for this address is told that it is here."""
    if len(frame) < ETHERNET.size + ARP_BODY.size:
        return None
    hardware, protocol, _, _, operation, asker, asker_ip, _, wanted = ARP_BODY.unpack_from(frame, 14)
    if (hardware, protocol, operation, wanted) != (1, IPV4, 1, address):
        return None
    body = ARP_BODY.pack(1, IPV4, 6, 4, 2, station, address, asker, asker_ip)
    return ETHERNET.pack(asker, station, ARP) + body


def answer_ping(frame: bytes, source: bytes, station: bytes, address: bytes) -> bytes | None:
    """The same packet back, as a reply."""
    packet = frame[14:]
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    header_bytes, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4])
    fragment = int.from_bytes(packet[6:8]) & 0x3FFF
    if header_bytes < 20 or not header_bytes + 8 <= total <= len(packet) or fragment:
        return None
    message = packet[header_bytes:total]
    if packet[9] != ICMP or packet[16:20] != address or message[0] != ECHO_REQUEST:
        return None
    reply = bytes([ECHO_REPLY, 0, 0, 0]) + message[4:]
    reply = reply[:2] + checksum(reply) + reply[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(reply), 0, 0, 64, ICMP, 0, address, packet[12:16])
    head = head[:10] + checksum(head) + head[12:]
    return ETHERNET.pack(source, station, IPV4) + head + reply


def checksum(data: bytes) -> bytes:
    """The Internet checksum."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2)


async def live(hub_name: str, address: IPv4Address, station: bytes) -> None:
    async with hub.attach(hub_name, name=f"host {address}") as port:
        print(f"{address} is at {station.hex(':')}, session {port.name}", flush=True)
        async for frame in port:
            if (reply := answer(frame, station, address.packed)) is not None:
                await port.send(reply)


def main() -> None:
    parser = argparse.ArgumentParser(description="A host that answers ARP and ping at an address on a hub.")
    parser.add_argument("hub")
    parser.add_argument("address", type=IPv4Address)
    arguments = parser.parse_args()
    # Locally administered, and the same each time.
    station = b"\x02\x00" + arguments.address.packed
    try:
        asyncio.run(live(arguments.hub, arguments.address, station))
    except KeyboardInterrupt:
        return
    except (hub.Refusal, hub.ClientError) as error:
        sys.exit(f"virtual_host: {error}")


if __name__ == "__main__":
    main()
