"""May this log-in become a session? The original's order of questions, and the terms for who passes.

Judges only: nothing is opened or counted here (see sessions).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from etherloom.auth.authenticator import Authenticator, Claim, Denied
from etherloom.auth.password import ADMINISTRATOR
from etherloom.handshake.client_facts import ClientFacts
from etherloom.handshake.messages import LoginRequest
from etherloom.handshake.negotiation import PLAIN_CLIENT, AgreedModes, Manner, negotiate, session_policy
from etherloom.model.authority import Address, is_denied
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import Hub, HubMessage
from etherloom.model.policy import Policy
from etherloom.model.user import User
from etherloom.services.options import limit_of, read_options
from etherloom.services.policies import effective_policy
from etherloom.services.sessions import RunningSession, SessionKind, Sessions
from etherloom.state import keys
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_SESSIONS: Final = 32_768
_NOBODY: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class Granted:
    """The terms of a session that may begin. `policy` is the effective one, as it goes for this session."""

    hub: str
    user: str
    group: str
    administrator: bool
    policy: Policy
    modes: AgreedModes
    manner: Manner = PLAIN_CLIENT
    message: str = ""
    udp_acceleration: bool = True
    udp_acceleration_v1: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is for the log; the peer gets `code`, and whether it may keep the password."""

    code: ErrorCode
    reason: str
    no_save_password: bool = False


class Admission:
    """Decides about log-ins, against the newest configuration and the sessions that run."""

    def __init__(
        self, owner: Owner, gate: Authenticator, sessions: Sessions, clock: Callable[[], int]
    ) -> None:
        self._owner: Final = owner
        self._gate: Final = gate
        self._sessions: Final = sessions
        self._clock: Final = clock

    async def decide(
        self, request: LoginRequest, challenge: bytes, source: Address, *, same_machine: bool
    ) -> Granted | Refused:
        """Grant or refuse. What is granted must be used before the next await: limits were counted now."""
        snapshot = self._owner.snapshot
        hub = _open_hub(snapshot, request.hub)
        if isinstance(hub, Refused):
            return hub
        if is_denied(snapshot.sources(hub.name), source):
            return Refused(ErrorCode.IP_ADDRESS_DENIED, f"the hub's source rules deny {source}")
        verdict = await self._gate.authenticate(_claim(snapshot, hub, request, challenge))
        if isinstance(verdict, Denied):
            return Refused(verdict.code, verdict.reason)
        # Asking may have taken a while: what follows goes by the configuration of this moment.
        snapshot = self._owner.snapshot
        hub = _open_hub(snapshot, request.hub)
        if isinstance(hub, Refused):
            return hub
        user = None if verdict.user is None else snapshot.user(hub.name, verdict.user.name)
        if verdict.user is not None and user is None:
            return Refused(ErrorCode.AUTH_FAILED, "the user was deleted meanwhile")
        return self._permit(snapshot, hub, user, request, same_machine)

    def _permit(
        self,
        snapshot: Snapshot,
        hub: Hub,
        user: User | None,
        request: LoginRequest,
        same_machine: bool,
    ) -> Granted | Refused:
        policy = effective_policy(snapshot, hub.name, user)
        manner = Manner.wished(request.wishes, same_machine=same_machine)
        refusal = (
            _check_client(read_options(snapshot, hub.name), request.client)
            or _check_rights(user, policy, manner, self._clock())
            or self._check_log_ins(hub, user, policy, request.client.node_unique_id)
            or self._check_limits(snapshot, hub, user, is_bridge=_is_bridge(policy, manner))
        )
        if refusal is not None:
            return replace(refusal, no_save_password=policy.no_save_password)
        return Granted(
            hub=hub.name,
            user=ADMINISTRATOR if user is None else user.name,
            group="" if user is None else user.group,
            administrator=user is None,
            policy=session_policy(policy, manner),
            manner=manner,
            message=_message(snapshot, hub.name),
            modes=negotiate(
                request.wishes,
                policy,
                require_encryption=hub.require_encryption,
                super_frames=hub.super_frames,
            ),
            udp_acceleration=hub.udp_acceleration,
            udp_acceleration_v1=hub.udp_acceleration_v1,
        )

    def _check_log_ins(self, hub: Hub, user: User | None, policy: Policy, client: bytes) -> Refused | None:
        if user is None or policy.multi_logins == 0:
            return None
        others = sum(_is_other_login(s, client) for s in self._sessions.of_user(hub.name, user.name))
        if others < policy.multi_logins:
            return None
        return Refused(ErrorCode.TOO_MANY_USER_SESSION, f"the user has {others} sessions already")

    def _check_limits(
        self, snapshot: Snapshot, hub: Hub, user: User | None, *, is_bridge: bool
    ) -> Refused | None:
        count = self._sessions.count(hub.name)
        if user is not None and 0 < hub.maximum_sessions <= count:
            return Refused(ErrorCode.HUB_IS_BUSY, f"the hub has {count} sessions, all that it may have")
        if self._sessions.count() >= MAXIMUM_SESSIONS:
            return Refused(ErrorCode.HUB_IS_BUSY, f"the server has {MAXIMUM_SESSIONS} sessions")
        return self._check_log_in_limits(snapshot, hub.name, is_bridge=is_bridge)

    def _check_log_in_limits(self, snapshot: Snapshot, hub: str, *, is_bridge: bool) -> Refused | None:
        """The limits that a hub's administrator can't lift; they count log-ins only."""
        if most := limit_of(snapshot, hub, "max_sessions"):
            count = self._sessions.count_log_ins(hub)
            if count >= most:
                return Refused(ErrorCode.HUB_IS_BUSY, f"the hub has {count} log-ins, all that it may have")
        if not limit_of(snapshot, hub, "max_sessions_client_bridge_apply"):
            return None
        most = limit_of(snapshot, hub, "max_sessions_bridge" if is_bridge else "max_sessions_client")
        count = self._sessions.count_log_ins(hub, is_bridge=is_bridge)
        if count < most:
            return None
        kind = "bridge" if is_bridge else "client"
        return Refused(ErrorCode.HUB_IS_BUSY, f"the hub has {count} {kind} sessions, all that it may have")


def _open_hub(snapshot: Snapshot, name: str) -> Hub | Refused:
    hub = snapshot.hub(name)
    if hub is None:
        return Refused(ErrorCode.HUB_NOT_FOUND, "no such hub")
    if not hub.online:
        return Refused(ErrorCode.HUB_STOPPING, "the hub is off line")
    return hub


def _claim(snapshot: Snapshot, hub: Hub, request: LoginRequest, challenge: bytes) -> Claim:
    return Claim(
        name=request.user,
        auth=request.auth,
        challenge=challenge,
        user=snapshot.user(hub.name, request.user),
        secret=snapshot.password(hub.name, request.user),
        administrator=snapshot.administrator(hub.name),
    )


def _check_client(options: Mapping[str, int], client: ClientFacts) -> Refused | None:
    """What a client says of itself proves nothing: this is for keeping old programs away, not people."""
    if not client.is_client:
        return None
    if client.build < options["ClientMinimumRequiredBuild"]:
        return Refused(ErrorCode.VERSION_INVALID, f"build {client.build} of the client is too old here")
    wanted = options["RequiredClientId"]
    if wanted not in (0, client.client_id):
        return Refused(
            ErrorCode.CLIENT_ID_REQUIRED, f"the client's id is {client.client_id}, {wanted} is required"
        )
    return None


def _check_rights(user: User | None, policy: Policy, manner: Manner, now: int) -> Refused | None:
    if user is not None and 0 < user.expires <= now:
        return Refused(ErrorCode.ACCESS_DENIED, "the user has expired")
    if not policy.access:
        return Refused(ErrorCode.ACCESS_DENIED, "the policy denies access")
    if manner.monitor_mode and not policy.monitor_port:
        return Refused(ErrorCode.MONITOR_MODE_DENIED, "the policy denies monitoring")
    if manner.bridge_mode and policy.no_bridge and policy.no_routing:
        return Refused(ErrorCode.BRIDGE_MODE_DENIED, "the policy denies bridging and routing")
    return None


def _message(snapshot: Snapshot, hub: str) -> str:
    """What clients are shown."""
    kept = snapshot.find(keys.message_key(hub), HubMessage)
    return kept.text if kept else ""


def _is_bridge(policy: Policy, manner: Manner) -> bool:
    own = session_policy(policy, manner)
    return not (own.no_bridge and own.no_routing)


def _is_other_login(session: RunningSession, client: bytes) -> bool:
    """Reconnects of one installation don't count, nor do sessions that have lost all connections."""
    if session.kind is not SessionKind.CLIENT:
        return False
    theirs = session.client.node_unique_id or _NOBODY
    return (theirs == _NOBODY or theirs != client) and session.connections > 0
