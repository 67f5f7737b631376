"""A port at a hub for your own program: frames in and out as bytes (docs/guide/programs.md).

Runs beside the server, as root or as its user. Looks into no frame.
"""

from etherloom.hub.port import Port, attach
from etherloom.model.errors import Refusal
from etherloom.model.program import PortClosed
from etherloom.rpc.client import ClientError

__all__ = ["ClientError", "Port", "PortClosed", "Refusal", "attach"]
