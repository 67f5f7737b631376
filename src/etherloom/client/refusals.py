"""What a server's refusal means for the person at the client, and what to do about it. Words only."""

from typing import Final

from etherloom.client.account import Account
from etherloom.handshake.client_login import AnonymousLogin
from etherloom.model.errors import ErrorCode, Refusal

_SENTENCES: Final[dict[ErrorCode, str]] = {
    ErrorCode.SERVER_IS_NOT_VPN: "{host} port {port} doesn't speak this protocol: check host and port",
    ErrorCode.DISCONNECTED: "the connection to {host} was lost",
    ErrorCode.AUTHTYPE_NOT_SUPPORTED: "the server doesn't take this kind of log-in: ask its administrator",
    ErrorCode.HUB_NOT_FOUND: "there is no hub {hub} on {host}: check --hub",
    ErrorCode.AUTH_FAILED: "the server refused user {user} on hub {hub}: check name and password",
    ErrorCode.HUB_STOPPING: "hub {hub} is off line",
    ErrorCode.ACCESS_DENIED: "user {user} may not log in to hub {hub} now (expired, or denied by policy)",
    ErrorCode.SESSION_TIMEOUT: "the server doesn't know this session any more",
    ErrorCode.TOO_MANY_CONNECTION: "the server takes no more connections for this session",
    ErrorCode.HUB_IS_BUSY: "hub {hub} has all the sessions it may have",
    ErrorCode.TOO_MANY_USER_SESSION: "user {user} has all the sessions it may have",
    ErrorCode.NOT_ENOUGH_RIGHT: "user {user} has not enough rights on hub {hub}",
    ErrorCode.NULL_PASSWORD_LOCAL_ONLY: "an empty password is accepted only on the server's own machine",
    ErrorCode.IP_ADDRESS_DENIED: "hub {hub} accepts no log-in from this machine's address",
    ErrorCode.SERVER_CANT_ACCEPT: "the server accepts no log-ins now",
    ErrorCode.VERSION_INVALID: "hub {hub} wants a newer client",
    ErrorCode.CLIENT_ID_REQUIRED: "hub {hub} wants another kind of client",
}


def explain(code: ErrorCode, account: Account, message: str = "") -> Refusal:
    """Return the refusal as a sentence; `message` is what is known about a code without one."""
    sentence = _SENTENCES.get(code)
    if sentence is None:
        text = message or f"the server answered with error {int(code)}"
        return Refusal(code, f"{text} ({code.name.lower().replace('_', ' ')})")
    text = sentence.format(host=account.host, port=account.port, hub=account.hub, user=account.user)
    if code is ErrorCode.AUTH_FAILED and isinstance(account.login, AnonymousLogin):
        text += "; no password was given, use --password-file"
    return Refusal(code, text)
