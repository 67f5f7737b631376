"""What vpncmd says when something fails: a sentence for each of the protocol's error codes.

Scripts look for the line with the number; the short sentences are those they may look for too.
"""

from typing import Final

from etherloom.model.errors import ErrorCode

SUCCESS: Final = "The command completed successfully."
SELECT_A_HUB: Final = (
    "Before executing this command, first select the Virtual Hub to manage using the Hub command."
)
CHOOSE_PASSWORD: Final = "Please enter the password. To cancel press the Ctrl+D key."  # noqa: S105
NO_CERTIFICATE: Final = "Failed to read certificate file."
NO_KEY: Final = "Failed to read private key file."
NOT_SAVED: Final = "Failed to save the file."

_SENTENCES: Final = {
    ErrorCode.CONNECT_FAILED: "Connection to the server failed. Check network connection and make sure that "
    "address and port number of destination server are correct.",
    ErrorCode.SERVER_IS_NOT_VPN: "The destination server is not a VPN server.",
    ErrorCode.DISCONNECTED: "Connection has been disconnected.",
    ErrorCode.PROTOCOL_ERROR: "Protocol error occurred.",
    ErrorCode.USER_CANCEL: "The operation was cancelled by the user.",
    ErrorCode.HUB_NOT_FOUND: "The specified Virtual Hub does not exist on the server.",
    ErrorCode.AUTH_FAILED: "User authentication failed.",
    ErrorCode.HUB_STOPPING: "The specified Virtual Hub is currently stopped.",
    ErrorCode.SESSION_REMOVED: "The session was deleted by an administrator.",
    ErrorCode.ACCESS_DENIED: "Access has been denied.",
    ErrorCode.SESSION_TIMEOUT: "The session timed out.",
    ErrorCode.INTERNAL_ERROR: "An internal error occurred.",
    ErrorCode.OBJECT_NOT_FOUND: "Object not found.",
    ErrorCode.NOT_SUPPORTED: "Unsupported.",
    ErrorCode.INVALID_PARAMETER: "Invalid parameter.",
    ErrorCode.INVALID_VALUE: "The specified value is invalid.",
    ErrorCode.NOT_FARM_CONTROLLER: "The connection destination is not a cluster controller.",
    ErrorCode.FARM_MEMBER_HUB_ADMIN: "Unable to manage the Virtual Hub of the cluster member server.",
    ErrorCode.NULL_PASSWORD_LOCAL_ONLY: "While the password is empty, only the same machine may connect.",
    ErrorCode.NOT_ENOUGH_RIGHT: "Not enough privileges.",
    ErrorCode.LISTENER_NOT_FOUND: "Specified listener not found.",
    ErrorCode.LISTENER_ALREADY_EXISTS: "The listener of the specified port number already exists.",
    ErrorCode.NOT_FARM_MEMBER: "This is not a cluster member server.",
    ErrorCode.CIPHER_NOT_SUPPORTED: "The specified encryption algorithm name is not supported.",
    ErrorCode.HUB_ALREADY_EXISTS: "The Virtual Hub with the specified name already exists on the server.",
    ErrorCode.TOO_MANY_HUBS: "There are too many Virtual Hubs already.",
    ErrorCode.LINK_ALREADY_EXISTS: "The Cascade Connection with the specified name already exists.",
    ErrorCode.LINK_CANT_CREATE_ON_FARM: "A Cascade Connection cannot be created on a server on a cluster.",
    ErrorCode.LINK_IS_OFFLINE: "The specified Cascade Connection is offline. ",
    ErrorCode.TOO_MANY_ACCESS_LIST: "There are too many access lists.",
    ErrorCode.TOO_MANY_USER: "There are too many users.",
    ErrorCode.TOO_MANY_GROUP: "There are too many groups.",
    ErrorCode.GROUP_NOT_FOUND: "The specified group does not exist.",
    ErrorCode.USER_ALREADY_EXISTS: "The user with the specified name already exists on the Virtual Hub.",
    ErrorCode.GROUP_ALREADY_EXISTS: "The group with the specified name already exists on the Virtual Hub.",
    ErrorCode.LINK_CANT_DISCONNECT: "A Cascade Connection's session can't be disconnected: take it offline.",
    ErrorCode.SNAT_CANT_DISCONNECT: "SecureNAT's session can't be disconnected: disable SecureNAT.",
    ErrorCode.SNAT_NOT_RUNNING: "The SecureNAT is not operating.",
    ErrorCode.BRIDGE_CANT_DISCONNECT: "A local bridge's session can't be disconnected: delete the bridge.",
    ErrorCode.LAYER3_CANT_DISCONNECT: "A layer 3 switch's session can't be disconnected: stop the switch.",
    ErrorCode.LAYER3_SW_EXISTS: "A Virtual Layer 3 Switch with the specified name already exists. Specify a "
    "different name.",
    ErrorCode.LAYER3_SW_NOT_FOUND: "Specified Virtual Layer 3 Switch not found.",
    ErrorCode.LAYER3_IF_ADD_FAILED: "The interface can't be added: the switch must be stopped first.",
    ErrorCode.LAYER3_IF_DEL_FAILED: "No such interface can be deleted; the switch must be stopped first.",
    ErrorCode.LAYER3_IF_EXISTS: "The Virtual Layer 3 Switch has an interface in that Virtual Hub already.",
    ErrorCode.LAYER3_TABLE_ADD_FAILED: "The route can't be added: the switch must be stopped first.",
    ErrorCode.LAYER3_TABLE_DEL_FAILED: "No such route can be deleted; the switch must be stopped first.",
    ErrorCode.LAYER3_TABLE_EXISTS: "The specified routing table entry already exists.",
    ErrorCode.LAYER3_CANT_START_SWITCH: "The switch can't start: it needs an interface.",
    ErrorCode.IP_ADDRESS_DENIED: "This address may not administer the server.",
    ErrorCode.BAD_COMMAND_OR_PARAM: "The command or file name is incorrect.",
    ErrorCode.TOO_MANY_ITEMS: "There are too many items.",
    ErrorCode.SNAT_NEED_STANDALONE: "Cannot enable the SecureNAT in a clustering environment.",
    ErrorCode.OBJECT_EXISTS: "The specified object already exists.",
    ErrorCode.OPENVPN_IS_NOT_ENABLED: "The OpenVPN Server function is not enabled.",
}


def describe(code: int) -> str:
    """A sentence for the number; numbers of newer servers get one too."""
    try:
        known = ErrorCode(code)
    except ValueError:
        return "The server gave an error that this program does not know."
    return _SENTENCES.get(known) or known.name.replace("_", " ").capitalize() + "."


def error_lines(code: int) -> str:
    """The error as scripts look for it."""
    return f"Error occurred. (Error code: {int(code)})\n{describe(code)}"
