"""What the kernel leaves to an adapter, switched on and off as by `ethtool -K`."""

import array
import fcntl
import socket
import struct
from collections.abc import Iterable

from tests.support.netns import Namespace

_SIOCETHTOOL = 0x8946
_ETHTOOL_GSTRINGS, _ETHTOOL_GFEATURES, _ETHTOOL_SFEATURES, _ETHTOOL_GSSET_INFO = 0x1B, 0x3A, 0x3B, 0x37
_FEATURE_STRINGS = 4
_NAME_BYTES = 32

TCP = ("tx-tcp-segmentation", "tx-tcp6-segmentation")
UDP = ("tx-udp-segmentation",)
CHECKSUM = ("tx-checksum-ip-generic",)
RECEIVE = ("rx-gro",)


def leave_to_kernel(namespace: Namespace, interface: str, features: Iterable[str]) -> None:
    """Switch these features of the adapter off, and all others of this module on, as far as it has them."""
    off = set(features)
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        names = _names(door, interface)
        known = [name for name in (*TCP, *UDP, *CHECKSUM, *RECEIVE) if name in names]
        blocks = (len(names) + 31) // 32
        words = [0] * (2 * blocks)
        for name in known:
            word, bit = divmod(names.index(name), 32)
            words[2 * word] |= 1 << bit
            words[2 * word + 1] |= (name not in off) << bit
        _call(door, interface, struct.pack(f"=II{2 * blocks}I", _ETHTOOL_SFEATURES, blocks, *words))
        active = _active(door, interface, blocks)
    for name in known:
        word, bit = divmod(names.index(name), 32)
        # Without checksums there is no segmentation either.
        wanted = name not in off and not (off & set(CHECKSUM) and name not in RECEIVE)
        assert bool(active[word] >> bit & 1) == wanted, f"{interface}: {name} can't be switched"


def _active(door: socket.socket, interface: str, blocks: int) -> list[int]:
    found = _call(door, interface, struct.pack("=II", _ETHTOOL_GFEATURES, blocks) + bytes(16 * blocks))
    return [struct.unpack_from("=I", found, 8 + 16 * block + 8)[0] for block in range(blocks)]


def _names(door: socket.socket, interface: str) -> list[str]:
    found = _call(door, interface, struct.pack("=IIQI", _ETHTOOL_GSSET_INFO, 0, 1 << _FEATURE_STRINGS, 0))
    count = struct.unpack_from("=I", found, 16)[0]
    head = struct.pack("=III", _ETHTOOL_GSTRINGS, _FEATURE_STRINGS, count)
    found = _call(door, interface, head + bytes(count * _NAME_BYTES))
    starts = range(len(head), len(head) + count * _NAME_BYTES, _NAME_BYTES)
    return [found[start : start + _NAME_BYTES].split(b"\0")[0].decode() for start in starts]


def _call(door: socket.socket, interface: str, request: bytes) -> bytes:
    memory = array.array("B", request)
    address, _ = memory.buffer_info()
    fcntl.ioctl(door, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), address))
    return memory.tobytes()
