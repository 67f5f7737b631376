"""PACK: the typed, named values in which peers talk (reference: session protocol, section 3).

Getters behave as stock peers' do: a value of the wrong type is a missing one, a missing number is 0.
Must not interpret: which elements a message needs is the handshake's and the catalog's business.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeVar

from etherloom.wire.element import (
    MINIMUM_ELEMENT_BYTES,
    Element,
    Limits,
    PackError,
    Reader,
    ValueType,
    fold,
    read_element,
    write_element,
)

__all__ = [
    "NETWORK_LIMITS",
    "PADDING",
    "Element",
    "IpAddress",
    "Limits",
    "Pack",
    "PackError",
    "ValueType",
    "decode",
    "encode",
]

IpAddress = IPv4Address | IPv6Address
# Inside the class the plain names are getters.
Number = int
Text = str
Truth = bool
PADDING: Final = "pencore"
# What anybody may send before having logged in: one HTTP body.
NETWORK_LIMITS: Final = Limits(maximum_bytes=65_536, maximum_elements=262_144, maximum_values=262_144)
# Times count from 09:00 UTC of the first day of 1970.
_TIME_OFFSET_MS: Final = 32_400_000
_T = TypeVar("_T", int, bytes, str)


class Pack:
    """An ordered set of elements. Names are compared without regard to case; a name occurs once."""

    __slots__ = ("_elements",)

    def __init__(self, elements: Iterable[Element] = ()) -> None:
        self._elements: dict[str, Element] = {}
        for element in elements:
            self.add(element)

    def __repr__(self) -> str:
        return f"Pack({', '.join(element.name for element in self)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pack) and self._elements == other._elements

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._elements)

    def __iter__(self) -> Iterator[Element]:
        return iter(self._elements.values())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and fold(name) in self._elements

    # --- filling -------------------------------------------------------------------------------------------

    def add(self, element: Element) -> None:
        """Append. Raises PackError for a name that is there already. No values means no element."""
        key = fold(element.name)
        if key in self._elements:
            raise PackError(f"element {element.name!r} occurs twice")
        if element.values:
            self._elements[key] = element

    def add_int(self, name: Text, *values: Number) -> None:
        self.add(Element(name, ValueType.INT, values))

    def add_bool(self, name: Text, *values: Truth) -> None:
        self.add_int(name, *map(int, values))

    def add_int64(self, name: Text, *values: Number) -> None:
        self.add(Element(name, ValueType.INT64, values))

    def add_str(self, name: Text, *values: Text) -> None:
        self.add(Element(name, ValueType.STR, values))

    def add_unistr(self, name: Text, *values: Text) -> None:
        self.add(Element(name, ValueType.UNISTR, values))

    def add_data(self, name: Text, *values: bytes) -> None:
        self.add(Element(name, ValueType.DATA, values))

    def add_time(self, name: Text, *unix_ms: Number) -> None:
        """Unix milliseconds; 0 (and what is older than the wire's own zero) means none."""
        self.add_int64(name, *(max(0, value - _TIME_OFFSET_MS) for value in unix_ms))

    def add_ip(self, name: Text, *addresses: IpAddress) -> None:
        """The four elements of an address; IPv4 goes as a number whose bytes are reversed."""
        four = [address if address.version == 4 else None for address in addresses]
        six = [address if address.version == 6 else None for address in addresses]
        self.add_bool(f"{name}@ipv6_bool", *(address is not None for address in six))
        self.add_data(f"{name}@ipv6_array", *(address.packed if address else bytes(16) for address in six))
        self.add_int(f"{name}@ipv6_scope_id", *(_scope(address) for address in addresses))
        self.add_int(name, *(int.from_bytes(address.packed, "little") if address else 0 for address in four))

    def remove(self, name: Text) -> None:
        """Remove the element, if it is there."""
        self._elements.pop(fold(name), None)

    # --- reading -------------------------------------------------------------------------------------------

    def element(self, name: Text) -> Element | None:
        return self._elements.get(fold(name))

    def count(self, name: Text) -> Number:
        """How many values the element has; 0 if it is missing."""
        element = self.element(name)
        return len(element.values) if element else 0

    def _values(self, name: Text, kind: ValueType, of: type[_T]) -> tuple[_T, ...]:
        element = self.element(name)
        if element is None or element.type is not kind:
            return ()
        return tuple(value for value in element.values if isinstance(value, of))

    def ints(self, name: Text) -> tuple[Number, ...]:
        return self._values(name, ValueType.INT, int)

    def int64s(self, name: Text) -> tuple[Number, ...]:
        return self._values(name, ValueType.INT64, int)

    def strs(self, name: Text) -> tuple[Text, ...]:
        return self._values(name, ValueType.STR, str)

    def unistrs(self, name: Text) -> tuple[Text, ...]:
        return self._values(name, ValueType.UNISTR, str)

    def texts(self, name: Text) -> tuple[Text, ...]:
        return self.strs(name) or self.unistrs(name)

    def datas(self, name: Text) -> tuple[bytes, ...]:
        return self._values(name, ValueType.DATA, bytes)

    def bools(self, name: Text) -> tuple[Truth, ...]:
        return tuple(value != 0 for value in self.ints(name))

    def times(self, name: Text) -> tuple[Number, ...]:
        return tuple(value + _TIME_OFFSET_MS if value else 0 for value in self.int64s(name))

    def int(self, name: Text, index: Number = 0, default: Number = 0) -> Number:
        return _at(self.ints(name), index, default)

    def int64(self, name: Text, index: Number = 0, default: Number = 0) -> Number:
        return _at(self.int64s(name), index, default)

    def str(self, name: Text, index: Number = 0, default: Text = "") -> Text:
        return _at(self.strs(name), index, default)

    def unistr(self, name: Text, index: Number = 0, default: Text = "") -> Text:
        return _at(self.unistrs(name), index, default)

    def text(self, name: Text, index: Number = 0, default: Text = "") -> Text:
        """A STR or a UNISTR, whichever is there."""
        return _at(self.texts(name), index, default)

    def bool(self, name: Text, index: Number = 0) -> Truth:
        return self.int(name, index) != 0

    def data(self, name: Text, index: Number = 0) -> bytes | None:
        values = self.datas(name)
        return values[index] if 0 <= index < len(values) else None

    def time(self, name: Text, index: Number = 0) -> Number:
        """Unix milliseconds, 0 for none."""
        return _at(self.times(name), index, 0)

    def ip(self, name: Text, index: Number = 0) -> IpAddress | None:
        """The address, from the four elements or the bare number; None if there is neither."""
        if self.bool(f"{name}@ipv6_bool", index):
            packed = self.data(f"{name}@ipv6_array", index) or b""
            return _narrow(IPv6Address(packed)) if len(packed) == 16 else None
        values = self.ints(name)
        return IPv4Address(values[index].to_bytes(4, "little")) if 0 <= index < len(values) else None


def _at(values: tuple[_T, ...], index: int, default: _T) -> _T:
    return values[index] if 0 <= index < len(values) else default


def _scope(address: IpAddress) -> int:
    scope = address.scope_id if isinstance(address, IPv6Address) else None
    return int(scope) if scope and scope.isdecimal() else 0


def _narrow(address: IPv6Address) -> IpAddress:
    """Newer peers keep IPv4 addresses in their mapped form."""
    return address.ipv4_mapped or address


def encode(pack: Pack) -> bytes:
    """The bytes of the PACK, in stock order: by name, but the element added last stays last.

    Padding is last of all, wherever it was added. Raises PackError for what has no bytes.
    """
    elements = list(pack)
    # Receivers don't look at the order; imitating it makes captures comparable byte for byte.
    body, last = elements[:-1], elements[-1:]
    body.sort(key=lambda element: fold(element.name))
    ordered = sorted([*body, *last], key=lambda element: fold(element.name) == fold(PADDING))
    return b"".join([len(ordered).to_bytes(4), *map(write_element, ordered)])


def decode(data: bytes, limits: Limits = NETWORK_LIMITS) -> Pack:
    """The PACK in these bytes; what follows it is ignored. Raises PackError.

    Memory is bounded by the size of `data`: nothing is built for a size that `data` can't fill.
    """
    if len(data) > limits.maximum_bytes:
        raise PackError(f"{len(data)} bytes are more than the {limits.maximum_bytes} allowed")
    reader = Reader(data)
    pack = Pack()
    unusable: set[str] = set()
    for _ in range(reader.count(MINIMUM_ELEMENT_BYTES, limits.maximum_elements)):
        name, element = read_element(reader, limits)
        if fold(name) in unusable or name in pack:
            raise PackError(f"element {name!r} occurs twice")
        if element is None:
            unusable.add(fold(name))
        else:
            pack.add(element)
    return pack
