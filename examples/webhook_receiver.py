"""Receives a server's webhooks, checks who sent them, and says one line for each log-in.

    python examples/webhook_receiver.py --port 8443 --certificate cert.pem --key key.pem < secret

Reads the hook's secret from standard input. Uses only Python itself, so it can run anywhere.
"""

import argparse
import hmac
import json
import ssl
import sys
import threading
import time
from collections import OrderedDict
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONGEST_BODY = 65_536
# Older messages are replays: a server's clock and ours may differ by this much.
OLDEST_SECONDS = 300
REMEMBERED = 10_000
SENTENCES = {
    "login-granted": "{user} logged in to {hub} from {address}",
    "login-refused": "{user} was refused at {hub} from {address}: {reason}",
    "session-up": "{session} of {user} is on {hub}",
    "session-down": "{session} of {user} left {hub}: {reason}",
}


def is_genuine(secret: bytes, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """True if whoever knows the secret wrote this, lately."""
    expected = "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return False
    return abs(now - int(timestamp)) <= OLDEST_SECONDS


def describe(event: dict[str, Any]) -> str:
    """One line for people. What an event doesn't say is left out of it."""
    known = {"user": "?", "hub": "?", "address": "?", "reason": "?", "session": "?"} | event
    sentence = SENTENCES.get(event["event"], event["event"]).format_map(known)
    return f"{event['time']} {'(test) ' if event.get('test') else ''}{sentence}"


class Receiver(ThreadingHTTPServer):
    """A web server that remembers which deliveries it has seen: an attempt may come twice."""

    daemon_threads = True

    def __init__(self, address: str, port: int, secret: bytes) -> None:
        super().__init__((address, port), Handler)
        self.secret = secret
        self.seen: OrderedDict[str, None] = OrderedDict()
        self.lock = threading.Lock()

    def is_new(self, event: dict[str, Any]) -> bool:
        """False if it was here before."""
        with self.lock:
            if event["delivery"] in self.seen:
                return False
            self.seen[event["delivery"]] = None
            if len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
            return True


class Handler(BaseHTTPRequestHandler):
    """One message. Answers 204 for what is genuine: only then the sender is content."""

    server: Receiver
    timeout = 10

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > LONGEST_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(size))
        timestamp = self.headers.get("Etherloom-Timestamp", "")
        signature = self.headers.get("Etherloom-Signature", "")
        if not is_genuine(self.server.secret, timestamp, body, signature, time.time()):
            self.send_error(403)
            return
        event = json.loads(body)
        if self.server.is_new(event):
            print(describe(event), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Only log-ins are worth a line."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Receives webhooks and says one line for each log-in.")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--certificate", help="PEM; without it plain HTTP, for the same machine only")
    parser.add_argument("--key", help="PEM")
    arguments = parser.parse_args()
    address = "" if arguments.certificate else "127.0.0.1"
    receiver = Receiver(address, arguments.port, sys.stdin.readline().strip().encode())
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate, arguments.key)
        # The handshake is done by each connection's own thread: a slow one holds up nobody.
        listening = receiver.socket
        receiver.socket = context.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
    print(f"listening on port {receiver.server_port}", flush=True)
    try:
        receiver.serve_forever()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
