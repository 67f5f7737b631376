"""What a service manager is told, by its own small protocol. Does nothing where there is none."""

import os
import socket


def notify(message: str) -> None:
    """Send a message such as READY=1 to the service manager, if one listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(address)
        channel.sendall(message.encode())
