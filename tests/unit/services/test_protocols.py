"""Settings of other protocols: kept, and given back as they were set."""

from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.protocol import EtherIpClient, OptionType, ProtocolOption, Protocols, WireguardKey
from etherloom.services.protocols import OPENVPN, SSTP, OptionWish, OtherProtocols
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support.configuration import TEST, open_configuration, put

ON = b"\1\0\0\0"


async def test_options_differ_from_their_defaults_or_are_not_kept(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        protocols = OtherProtocols(owner)
        assert [one.name for one in protocols.options("sstp")] == ["Enabled"]
        assert not protocols.is_enabled(OPENVPN)
        wishes = [OptionWish("obfuscation", 2, ON), OptionWish("ObfuscationMask", 1, b"mask\0rest")]
        await protocols.set_options("openvpn", wishes, TEST)
        values = {one.name: one.value for one in protocols.options("OPENVPN")}
        assert (values["Obfuscation"], values["ObfuscationMask"]) == (ON, b"mask\0")
        assert len(protocols.get().options) == 2
        await protocols.set_options("openvpn", [OptionWish("Obfuscation", 2, bytes(4))], TEST)
        assert [one.name for one in protocols.get().options] == ["ObfuscationMask"]


async def test_options_that_an_import_brought_stay(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        foreign = ProtocolOption("WireGuard", "PresharedKey", OptionType.TEXT, b"x\0")
        await put(owner, Put(keys.PROTOCOLS, Protocols(options=(foreign,))))
        protocols = OtherProtocols(owner)
        await protocols.set_enabled(openvpn=True, sstp=False, origin=TEST)
        assert protocols.is_enabled(OPENVPN)
        assert not protocols.is_enabled(SSTP)
        assert foreign in protocols.get().options


@pytest.mark.parametrize(
    ("protocol", "wish"),
    [
        ("IKE", OptionWish("Enabled", 2, ON)),
        (OPENVPN, OptionWish("None", 2, ON)),
        (OPENVPN, OptionWish("Enabled", 1, b"x\0")),
        (OPENVPN, OptionWish("Enabled", 2, b"\1")),
        (OPENVPN, OptionWish("ObfuscationMask", 1, b"x" * 5_000)),
    ],
)
async def test_one_wrong_option_changes_none(tmp_path: Path, protocol: str, wish: OptionWish) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        protocols = OtherProtocols(owner)
        with pytest.raises(Refusal) as refused:
            await protocols.set_options(protocol, [OptionWish("Obfuscation", 2, ON), wish], TEST)
        assert refused.value.code is ErrorCode.INVALID_PARAMETER
        assert protocols.get() == Protocols()


async def test_udp_ports(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        protocols = OtherProtocols(owner)
        await protocols.set_udp_ports([500, 1194, 500], TEST)
        assert protocols.get().udp_ports == (500, 1194)
        with pytest.raises(Refusal):
            await protocols.set_udp_ports([53, 0], TEST)
        assert protocols.get().udp_ports == (500, 1194)


async def test_devices_are_known_by_their_id_whatever_its_case(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "s") as owner:
        protocols = OtherProtocols(owner)
        await protocols.put_etherip_client(EtherIpClient("x", "A", "user", "pw"), TEST)
        await protocols.put_etherip_client(EtherIpClient("X", "B", "user", "pw"), TEST)
        assert protocols.etherip_clients() == [EtherIpClient("X", "B", "user", "pw")]
        await protocols.delete_etherip_client("x", TEST)
        with pytest.raises(Refusal) as refused:
            protocols.etherip_client("x")
        assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND


async def test_wireguard_keys_are_added_and_deleted_all_or_none(tmp_path: Path) -> None:
    one, two, three = (WireguardKey(f"key{number}=", "LAB", "user") for number in range(3))
    async with open_configuration(tmp_path / "s") as owner:
        protocols = OtherProtocols(owner)
        await protocols.add_wireguard_keys([one, two], TEST)
        for added in ([three, one], [three, three]):
            with pytest.raises(Refusal) as refused:
                await protocols.add_wireguard_keys(added, TEST)
            assert refused.value.code is ErrorCode.OBJECT_EXISTS
        with pytest.raises(Refusal) as refused:
            await protocols.delete_wireguard_keys([one.key, three.key], TEST)
        assert refused.value.code is ErrorCode.OBJECT_NOT_FOUND
        assert protocols.wireguard_keys() == [one, two]
        await protocols.delete_wireguard_keys([one.key], TEST)
        assert protocols.wireguard_keys() == [two]
