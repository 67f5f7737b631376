"""The official JSON-RPC sample against stock and ours: same shapes, same errors (acceptance 4)."""

import http.client
import json
import socket
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.support.netns import Namespace
from tests.support.peers import Kind
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock, pytest.mark.timeout(180)]

PASSWORD: Final = "microsoft"
SAMPLE: Final = json.loads((Path(__file__).parents[1] / "vectors" / "json_sample.json").read_text())["calls"]
# Elements that newer builds than 5.01.9674 send, or older ones; we send those of all.
MORE: Final = {
    "Chain_bin",
    "DefaultGateway_u32",
    "DefaultSubnet_u32",
    "RadiusRetryTimeout_u32",
    "AddDefaultCA_bool",
    "BindLocalIP_ip",
    "BindLocalPort_u32",
    "ProtocolVersion_str",
    "ProtocolDetails_str",
    "NumConnectionsEatablished_u32",
    "OpenVPNPortList_str",
}
# What stock answers otherwise, and why we don't.
DIFFERENT_CODES: Final = {
    "MakeOpenVpnConfigFile": "OpenVPN is not served yet",
    "ReadLogFile": "nothing writes log files yet, so there is none to ask for",
    "SetDDnsInternetSetting": "5.01.9674 knows the misspelt name only; we serve both",
    "GetDDnsInternetSetting": "the same",
    "ChangeDDnsClientHostname": "nothing of ours calls the original's dynamic DNS",
    "GetDDnsClientStatus": "the same",
    "SetAzureStatus": "the same",
    "GetAzureStatus": "the same",
}


class Api:
    """One HTTPS connection to a server's API."""

    def __init__(self, host: Namespace) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = host.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.settimeout(30)
        plain.connect(("127.0.0.1", 443))
        self._http = http.client.HTTPSConnection("127.0.0.1", 443, context=context)
        self._http.sock = context.wrap_socket(plain, server_hostname="localhost")

    def call(self, method: str, parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": parameters, "id": "1"})
        # 5.01 drops a request with an empty header field, so the server's administrator is named.
        headers = {"X-VPNADMIN-HUBNAME": "administrator", "X-VPNADMIN-PASSWORD": PASSWORD}
        self._http.request("POST", "/api/", body, {**headers, "Content-Type": "application/json"})
        answer = self._http.getresponse()
        assert answer.status == 200, (method, answer.status, answer.read())
        return json.loads(answer.read())

    def close(self) -> None:
        self._http.close()


def make_identity() -> tuple[str, str]:
    """A certificate and its key as the sample sends them: PEM, in base64 once more."""
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    leaf = authority.issue_cert("vpn.example", key_type=trustme.KeyType.RSA)
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return b64encode(leaf.cert_chain_pems[0].bytes()).decode(), b64encode(key).decode()


def play(host: Namespace, certificate: str, key: str) -> dict[str, Any]:
    """Make all calls; return their answers by place and name."""
    known: dict[str, Any] = {"$hub": "Test_1", "$certificate": certificate, "$key": key}
    found: dict[str, Any] = {}
    # The sample asks about the first connection of the list, which must still be there.
    witness = Api(host)
    for place, (method, parameters) in enumerate(SAMPLE):
        # The sample opens a connection for each call; some of them change the certificate.
        api = Api(host)
        try:
            answer = api.call(method, fill(parameters, known))
        finally:
            api.close()
        found[f"{place:03} {method}"] = answer
        known |= learn(method, answer.get("result", {}))
    witness.close()
    return found


def fill(value: Any, known: dict[str, Any]) -> Any:
    match value:
        case dict():
            return {name: fill(inner, known) for name, inner in value.items()}
        case list():
            return [fill(inner, known) for inner in value]
        case str():
            return known.get(value, value)
        case _:
            return value


def learn(method: str, result: Any) -> dict[str, Any]:
    match method:
        case "EnumConnection":
            return {"$connection": result["ConnectionList"][0]["Name_str"]}
        case "EnumCa":
            return {"$authority": result["CAList"][0]["Key_u32"]}
        case "EnumCrl":
            return {"$revocation": result["CRLList"][0]["Key_u32"]}
        case "EnumLogFile" if result["LogFiles"]:
            return {"$log": result["LogFiles"][0]["FilePath_str"]}
        case _:
            return {}


def shape(value: Any) -> Any:
    """Names and types; of a table the names that its rows have."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items() if name not in MORE}
        case list() if value and isinstance(value[0], dict):
            return [shape({name: inner for row in value for name, inner in row.items()})]
        case list():
            return [] if not value else [type(value[0]).__name__]
        case _:
            return type(value).__name__


def same_shape(ours: Any, stock: Any) -> bool:
    if isinstance(ours, dict) and isinstance(stock, dict):
        return ours.keys() == stock.keys() and all(same_shape(ours[name], stock[name]) for name in ours)
    if isinstance(ours, list) and isinstance(stock, list):
        return not ours or not stock or same_shape(ours[0], stock[0])
    return bool(ours == stock)


def test_the_official_sample_sees_what_it_knows(own_world: World) -> None:
    certificate, key = make_identity()
    answers = {}
    for kind in Kind:
        own_world.server(kind).set_admin_password(PASSWORD)
        answers[kind] = play(own_world.host(kind), certificate, key)
    faults = []
    for step, theirs in answers[Kind.STOCK].items():
        ours = answers[Kind.OURS][step]
        codes = [answer.get("error", {}).get("code", 0) for answer in (theirs, ours)]
        if step[4:] in DIFFERENT_CODES:
            continue
        if codes[0] != codes[1]:
            faults.append(f"{step}: stock {codes[0]}, ours {codes[1]} {ours.get('error')}")
        elif not codes[0] and not same_shape(shape(ours["result"]), shape(theirs["result"])):
            faults.append(f"{step}: {describe(ours['result'], theirs['result'])}")
    assert not faults, "\n".join(faults)


def describe(ours: Any, stock: Any) -> str:
    mine, other = shape(ours), shape(stock)
    more = [f"+{name}" for name in mine if name not in other]
    less = [f"-{name}" for name in other if name not in mine]
    kinds = [
        f"{name}: {mine[name]}, not {other[name]}"
        for name in mine
        if name in other and not same_shape(mine[name], other[name])
    ]
    return ", ".join(more + less + kinds)
