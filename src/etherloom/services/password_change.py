"""A user's change of their own password by the protocol's own method. Administrators use services.users."""

from collections.abc import Sequence
from dataclasses import replace

from etherloom.auth.authenticator import Claim
from etherloom.auth.password import proves
from etherloom.handshake.messages import PasswordAuth, PasswordChange
from etherloom.model.credential import PasswordCredential, PasswordSecret
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.services.options import limit_of
from etherloom.services.policies import effective_policy
from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


async def change_password(
    owner: Owner, request: PasswordChange, challenge: bytes, origin: Origin, now: int
) -> None:
    """Replace the password if the old one was proven and the policy permits it. Raises Refusal."""

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        return _derive(snapshot, request, challenge, now)

    await owner.apply(derive, origin)


def _derive(snapshot: Snapshot, request: PasswordChange, challenge: bytes, now: int) -> Sequence[Operation]:
    if snapshot.hub(request.hub) is None:
        raise Refusal(ErrorCode.HUB_NOT_FOUND, f"there is no hub {request.hub}")
    user = snapshot.user(request.hub, request.user)
    secret = snapshot.password(request.hub, request.user)
    if user is not None and not isinstance(user.credential, PasswordCredential):
        raise Refusal(ErrorCode.USER_AUTHTYPE_NOT_PASSWORD, "the user does not log in by password")
    claim = Claim(request.user, PasswordAuth(request.secure_old_password), challenge, user, secret, None)
    proven = proves(claim, request.user, secret.hashed_key if secret is not None else b"")
    if user is None or not proven:
        raise Refusal(ErrorCode.OLD_PASSWORD_WRONG, "no such user, or the old password is wrong")
    if effective_policy(snapshot, request.hub, user).fix_password:
        raise Refusal(ErrorCode.NOT_ENOUGH_RIGHT, "the policy keeps the user from changing the password")
    if limit_of(snapshot, request.hub, "deny_change_user_password"):
        raise Refusal(ErrorCode.NOT_ENOUGH_RIGHT, "the hub's limits keep users from changing passwords")
    return (
        Put(keys.user_key(request.hub, user.name), replace(user, updated=now)),
        Put(
            keys.password_key(request.hub, user.name),
            PasswordSecret(request.new_hashed_key, request.new_nt_hash),
        ),
    )
