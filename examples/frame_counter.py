"""Counts the frames of a hub, by kind and by sender, for some seconds.

python examples/frame_counter.py LAB --seconds 10
"""

import argparse
import asyncio
import sys
from collections import Counter

from etherloom import hub

KINDS = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6", 0x8100: "VLAN"}


def classify(frame: bytes) -> tuple[str, str]:
    """Kind and sender of a frame."""
    number = int.from_bytes(frame[12:14])
    kind = KINDS.get(number, f"0x{number:04x}" if number >= 0x600 else "802.3")
    return kind, frame[6:12].hex(":")


async def count(hub_name: str, seconds: float) -> None:
    frames: Counter[tuple[str, str]] = Counter()
    octets: Counter[tuple[str, str]] = Counter()
    async with hub.attach(hub_name, name="frame counter", queue_frames=4_096, monitor=True) as port:
        print(f"session {port.name} listens", flush=True)
        try:
            async with asyncio.timeout(seconds):
                async for frame in port:
                    what = classify(frame)
                    frames[what] += 1
                    octets[what] += len(frame)
                print("the hub went off line")
        except TimeoutError:
            missed = await asyncio.to_thread(port.dropped)
            print(f"{sum(frames.values())} frames in {seconds:g} s, {missed} missed")
    for (kind, sender), number in frames.most_common():
        print(f"{kind:<8} {sender}  {number} frames  {octets[kind, sender]} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts the frames of a hub.")
    parser.add_argument("hub")
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    try:
        asyncio.run(count(arguments.hub, arguments.seconds))
    except KeyboardInterrupt:
        return
    except (hub.Refusal, hub.ClientError) as error:
        sys.exit(f"frame_counter: {error}")


if __name__ == "__main__":
    main()
