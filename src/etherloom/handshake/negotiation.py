"""What a server grants of a client's wishes: pure arithmetic (reference: session protocol, section 6.3)."""

from dataclasses import dataclass, replace
from typing import Final

from etherloom.handshake.messages import SessionWishes
from etherloom.model.policy import Policy

MAXIMUM_CONNECTIONS: Final = 32
DEFAULT_TIMEOUT_MS: Final = 20_000
MINIMUM_TIMEOUT_MS: Final = 5_000
MAXIMUM_TIMEOUT_MS: Final = 60_000
# The version of docs/protocol/super-frames.md.
SUPER_FRAMES_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AgreedModes:
    """How the session will run."""

    max_connection: int
    use_encrypt: bool
    use_compress: bool
    half_connection: bool
    qos: bool
    timeout_ms: int
    super_frames: int = 0


def negotiate(
    wishes: SessionWishes,
    policy: Policy,
    *,
    require_encryption: bool = False,
    deny_qos: bool = False,
    super_frames: bool = True,
) -> AgreedModes:
    """Grant the wishes as far as the session's policy and the hub's options allow.

    Half duplex over one connection is granted as full duplex: a stock client keeps to the one connection
    that it wished for, and on a stock server such a session carries nothing towards it.
    """
    qos = wishes.qos and not (policy.no_qos or deny_qos or wishes.monitor_mode)
    half = wishes.half_connection and (qos or wishes.max_connection > 1)
    encrypt = wishes.use_encrypt or require_encryption
    granted = min(wishes.max_connection, policy.max_connection or MAXIMUM_CONNECTIONS, MAXIMUM_CONNECTIONS)
    return AgreedModes(
        max_connection=max(granted, minimum_connections(qos=qos, half=half)),
        use_encrypt=encrypt,
        use_compress=wishes.use_compress,
        half_connection=half,
        qos=qos,
        timeout_ms=_timeout_ms(policy),
        super_frames=agree_super_frames(
            wishes.super_frames if super_frames else 0, encrypt=encrypt, compress=wishes.use_compress
        ),
    )


def agree_super_frames(peer: int, *, encrypt: bool, compress: bool) -> int:
    """The version of super-frames for a peer that takes `peer`, 0 for none.

    Their checksums are left to the far end, so only TLS may carry them; and a compressed block can't say
    that it holds one.
    """
    return min(peer, SUPER_FRAMES_VERSION) if encrypt and not compress else 0


def minimum_connections(*, qos: bool, half: bool) -> int:
    """Half duplex needs one connection each way, and QoS a second one for each of these.

    This raises the number even above the client's wish and the policy, on both sides.
    """
    return (2 if qos else 1) * (2 if half else 1)


def _timeout_ms(policy: Policy) -> int:
    wanted = policy.time_out * 1_000 if policy.time_out else DEFAULT_TIMEOUT_MS
    return max(MINIMUM_TIMEOUT_MS, min(wanted, MAXIMUM_TIMEOUT_MS))


@dataclass(frozen=True, slots=True)
class Manner:
    """What a session is, whatever its user may do: as its client asked for it, and where that is."""

    bridge_mode: bool = False
    monitor_mode: bool = False
    same_machine: bool = False

    @classmethod
    def wished(cls, wishes: SessionWishes, *, same_machine: bool = False) -> "Manner":
        """As a client wishes it."""
        return cls(wishes.bridge_mode, wishes.monitor_mode, same_machine)


PLAIN_CLIENT: Final = Manner()


def session_policy(policy: Policy, manner: Manner) -> Policy:
    """The policy as it goes for this session: only who asked for bridge mode may bridge or route.

    Clients show the two items as their mode. A session from the server's own machine is never limited.
    Monitoring is for those who asked for it.
    """
    policy = replace(policy, monitor_port=policy.monitor_port and manner.monitor_mode)
    if manner.same_machine:
        return replace(policy, no_bridge=False, no_routing=False)
    if manner.bridge_mode:
        return policy
    return replace(policy, no_bridge=True, no_routing=True)
