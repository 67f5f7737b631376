"""A field is added to a call in one place: the example of docs/develop/calls.md."""

from dataclasses import dataclass, replace

from etherloom.rpc import json_codec, pack_codec
from etherloom.rpc.catalog import element, hub
from etherloom.rpc.catalog.hub import HubSettings
from etherloom.rpc.reference import describe_call
from etherloom.wire.pack import decode, encode


@dataclass(frozen=True, slots=True)
class WiderHubSettings(HubSettings):
    """The record with a field more."""

    maker: str = element.text("MakerName", 255)


def test_a_field_more_is_in_every_form_of_a_call() -> None:
    call = replace(hub.GET_HUB, request=WiderHubSettings, reply=WiderHubSettings)
    record = WiderHubSettings(hub="LAB", maker="alice")
    pack = decode(encode(pack_codec.encode_record(record)))
    assert pack.str("MakerName") == "alice"
    assert pack_codec.decode_record(call.reply, pack) == record
    members = json_codec.encode_record(record)
    assert members["MakerName_str"] == "alice"
    assert json_codec.decode_record(call.reply, members) == record
    assert "`MakerName_str`" in describe_call(call)
    assert "`MakerName_str`" not in describe_call(hub.GET_HUB)


def test_who_does_not_know_the_field_reads_the_rest() -> None:
    wide = pack_codec.encode_record(WiderHubSettings(hub="LAB", maker="alice"))
    assert pack_codec.decode_record(HubSettings, wide) == HubSettings(hub="LAB")
    narrow = pack_codec.encode_record(HubSettings(hub="LAB"))
    assert pack_codec.decode_record(WiderHubSettings, narrow).maker == ""
