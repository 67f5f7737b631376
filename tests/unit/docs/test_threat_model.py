"""The figures of the threat model are those of the code."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from etherloom.auth import attempts
from etherloom.client.retry import LONGEST_PAUSE_S
from etherloom.daemon.reception import Patience
from etherloom.engine.commands import STOCK_QUEUE_BYTES, HubRules, ListenerLimits
from etherloom.handshake import negotiation, server_login
from etherloom.model.hub import Hub
from etherloom.observe.quota import LineQuota
from etherloom.rpc import binary, local
from etherloom.services.admission import MAXIMUM_SESSIONS
from etherloom.store.database import USUAL_LIMITS
from etherloom.wire import http
from etherloom.wire.pack import NETWORK_LIMITS
from tests.unit.docs.pages import ROOT

PAGE = re.sub(r"\s+", " ", (ROOT / "docs/design/threat-model.md").read_text())
LIMITS, PATIENCE, HTTP, HUB = ListenerLimits(), Patience(), http.REQUEST_LIMITS, HubRules()
MIB = 1 << 20


def rust(file: str, name: str) -> int:
    """Return a constant or field of a Rust file: a product of plain numbers."""
    found = re.search(rf"\b{name}(?:: \w+ =|:) ([\d_ *+]+)[;,]", (ROOT / "rust" / file).read_text())
    assert found, f"rust/{file} has no {name}"
    product = 1
    for factor in found[1].replace("_", "").split("*"):
        product *= int(factor)
    return product


@pytest.mark.parametrize(
    "sentence",
    [
        f"at most {LIMITS.unestablished_total:,} connections that have not logged in",
        f"{LIMITS.unestablished_per_source} of one source address",
        f"{LIMITS.deadline_ms // 1000} s for the whole TLS handshake",
        f"{PATIENCE.progress_ms // 1000} s without a byte and {PATIENCE.whole_ms // 1000} s in all",
        f"{PATIENCE.requests_at_once} requests of all peers",
        f"HTTP lines {HTTP.maximum_line:,} bytes, {HTTP.maximum_headers} fields",
        f"heads and bodies {HTTP.maximum_head:,} bytes",
        f"a PACK {NETWORK_LIMITS.maximum_bytes:,} bytes",
        f"HTTP bodies up to {http.RESPONSE_LIMITS.maximum_body // MIB} MiB",
        f"{server_login.CHALLENGE_BYTES} fresh random bytes",
        f"bounded ({STOCK_QUEUE_BYTES:,} bytes)",
        f"{MAXIMUM_SESSIONS:,} sessions a server",
        f"{negotiation.MAXIMUM_CONNECTIONS} connections a session",
        f"time-out {negotiation.MINIMUM_TIMEOUT_MS // 1000} to {negotiation.MAXIMUM_TIMEOUT_MS // 1000} s",
        f"({negotiation.DEFAULT_TIMEOUT_MS // 1000} s unless the policy",
        f"{HUB.mac_entries:,} stations a hub, forgotten after {HUB.mac_age_ms // 1000} s",
        f"{attempts.MAXIMUM_FAILURES} failures of one source (a /64 with IPv6) at once,"
        f" then one every {attempts.SECONDS_A_FAILURE:.0f} s",
        f"{binary.HUB_ADMINISTRATOR_BYTES // MIB} MiB for a hub's administrator",
        f"{binary.SERVER_ADMINISTRATOR_BYTES // MIB} MiB for the server's",
        f"{local.MAXIMUM_CONNECTIONS} at a time, lines of {local.LONGEST_LINE // MIB} MiB",
        f"for {USUAL_LIMITS.age_ms // 86_400_000} days unless it grows",
        f"beyond {USUAL_LIMITS.bytes // MIB} MiB",
        f"TLS records at most {rust('engine/src/tls/record.rs', 'MAX_PLAIN_BYTES'):,} bytes",
        f"messages {rust('engine/src/tls/machine.rs', 'MAX_PENDING') // 1024} KiB",
        f"Frames at most {rust('wire/src/block/decode.rs', 'frame'):,} bytes",
        f"blocks {rust('wire/src/block/decode.rs', 'block'):,},",
        f"keep-alives {rust('wire/src/block/decode.rs', 'keep_alive')};",
        f"all together: {rust('engine/src/budget.rs', 'USUAL_BYTES'):,} bytes, of which a session may have"
        f" 1/{rust('engine/src/budget.rs', 'PART')} of what is free",
        f"at least {rust('engine/src/budget.rs', 'FLOOR_BYTES'):,} bytes",
        f"At most {rust('engine/src/connection.rs', 'STRANGER_UNSENT_BYTES'):,} bytes wait for a peer",
        f"while more than {rust('engine/src/connection.rs', 'UNSENT_BEFORE_READING_BYTES'):,} wait",
        f"At most {rust('engine/src/connection.rs', 'UNSENT_BYTES'):,} bytes of answers",
        f"silent link after {rust('engine/src/worker/connections.rs', 'USER_TIMEOUT_MS') // 1000} s",
    ],
)
def test_figures(sentence: str) -> None:
    assert sentence in PAGE


@dataclass
class Clock:
    """Stands still."""

    def __call__(self) -> float:
        return 0.0


def test_lines_about_our_own_faults() -> None:
    quota = LineQuota(Clock())
    shown = sum(quota.take() is not None for _ in range(100))
    assert f"traces of our own faults {shown} a second" in PAGE


def test_requests_and_no_ops_of_a_connection() -> None:
    source = Path(server_login.__file__).read_text()
    requests, noops = (
        re.search(rf"_MAXIMUM_{name}: Final = (\d+)", source) for name in ("REQUESTS", "NOOPS")
    )
    assert requests
    assert noops
    assert f"{requests[1]} requests and {noops[1]} no-ops a connection" in PAGE


def test_new_hubs_require_encryption() -> None:
    assert Hub("LAB").require_encryption
    assert "New hubs require encryption" in PAGE


def test_the_pauses_of_the_client() -> None:
    guide = (ROOT / "docs/guide/client.md").read_text()
    assert f"1, 2, 4 … {LONGEST_PAUSE_S:.0f} s" in guide
