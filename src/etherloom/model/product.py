"""How we call ourselves, on the wire and to people. One constant each; the rules that stock peers
derive from them are listed in docs/protocol/identity.md and tested one by one."""

from typing import Final

VERSION: Final = "0.1.0"

# Stock peers read capabilities from these numbers (reference: session protocol, section 5.5).
WIRE_VERSION: Final = 501
WIRE_BUILD: Final = 9674
SERVER_PRODUCT: Final = "Etherloom VPN Server"
CLIENT_PRODUCT: Final = "Etherloom VPN Client"
COMMAND_LINE_PRODUCT: Final = "Etherloom vpncmd"
