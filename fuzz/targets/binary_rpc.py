"""Administration calls as PACKs: any bytes are refused, or the call that they name reads them.

What a handler is given has been bounded and typed: the record can be written again, as PACK and as JSON.
"""

from etherloom.rpc import json_codec, pack_codec
from etherloom.rpc.binary import split_frames
from etherloom.rpc.catalog.index import find_call
from etherloom.wire.pack import PackError, decode, encode

_LIMIT = 65_536


def fuzz_one(data: bytes) -> None:
    try:
        packs = [decode(frame) for frame in split_frames(bytearray(data), _LIMIT)]
    except PackError:
        return
    for pack in packs:
        call = find_call(pack.str("function_name"), stock_only=True)
        if call is None:
            continue
        record = pack_codec.decode_record(call.request, pack)
        decode(encode(pack_codec.encode_record(record)))
        json_codec.decode_record(call.request, json_codec.encode_record(record))
