"""Which certificates a client accepts: good and bad ones of public kind, and what stock servers make."""

import datetime
import hashlib
import ipaddress
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from etherloom.client import certificate
from etherloom.client.account import CaTrust, ExactTrust, NoTrust, PinTrust, SystemTrust, Trust
from etherloom.client.certificate import fingerprint, judge, parse_fingerprint, read_certificates
from etherloom.model.errors import ErrorCode, Refusal

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC) + DAY / 4  # later than what is issued during the tests
LATE = datetime.datetime(4000, 1, 1, tzinfo=datetime.UTC)


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


@dataclass(frozen=True)
class Shown:
    """A private CA, and what a server with a certificate of it shows."""

    ca: bytes
    chain: tuple[bytes, ...]


@pytest.fixture(scope="module")
def public() -> Shown:
    """A CA as public ones are: names, key identifiers, an intermediate."""
    root = trustme.CA()
    intermediate = root.create_child_ca()
    issued = intermediate.issue_cert("vpn.example.org", "*.wild.example.org", "192.0.2.1")
    chain = tuple(der(blob.bytes()) for blob in issued.cert_chain_pems)
    return Shown(der(root.cert_pem.bytes()), chain)


def openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """As stock programs make them: CA true, serial 0, no alternative name; the server's has version 1."""
    at = tmp_path_factory.mktemp("stock")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(
        at,
        *("req", "-x509", *new_key, "-keyout", "ca.key", "-outform", "DER", "-out", "ca.der"),
        *("-days", "300", "-set_serial", "0", "-subj", "/CN=lab/O=lab/OU=lab/C=US"),
    )
    openssl(at, "x509", "-inform", "DER", "-in", "ca.der", "-out", "ca.pem")
    openssl(at, "req", *new_key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=vpn.example.org")
    openssl(
        at,
        *("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "0"),
        *("-days", "200", "-outform", "DER", "-out", "leaf.der"),
    )
    return Shown((at / "ca.der").read_bytes(), ((at / "leaf.der").read_bytes(),))


def refusal(chain: tuple[bytes, ...], host: str, trust: Trust, now: datetime.datetime = NOW) -> Refusal:
    with pytest.raises(Refusal) as caught:
        judge(chain, host, trust, now)
    assert "\n" not in caught.value.message
    return caught.value


# -- a CA by file


@pytest.mark.parametrize("host", ["vpn.example.org", "VPN.Example.org", "a.wild.example.org", "192.0.2.1"])
def test_signed_by_the_ca_in_the_file(public: Shown, host: str) -> None:
    judge(public.chain, host, CaTrust((public.ca,)), NOW)


@pytest.mark.parametrize(
    "host", ["other.example.org", "a.b.wild.example.org", "192.0.2.2", "wild.example.org"]
)
def test_name_is_checked(public: Shown, host: str) -> None:
    assert refusal(public.chain, host, CaTrust((public.ca,))).code in (
        ErrorCode.HOSTNAME_MISMATCH,
        ErrorCode.CERT_NOT_TRUSTED,
    )


def test_wrong_name_of_a_directly_signed_certificate_is_called_so() -> None:
    ca = trustme.CA()
    chain = (der(ca.issue_cert("vpn.example.org").cert_chain_pems[0].bytes()),)
    refused = refusal(chain, "other.example.org", CaTrust((der(ca.cert_pem.bytes()),)))
    assert refused.code is ErrorCode.HOSTNAME_MISMATCH
    assert fingerprint(chain[0]) in refused.message


def test_other_ca_in_the_file(public: Shown) -> None:
    other = der(trustme.CA().cert_pem.bytes())
    refused = refusal(public.chain, "vpn.example.org", CaTrust((other,)))
    assert refused.code is ErrorCode.CERT_NOT_TRUSTED
    assert f"--pin {fingerprint(public.chain[0])}" in refused.message


def test_missing_intermediate(public: Shown) -> None:
    assert refusal(public.chain[:1], "vpn.example.org", CaTrust((public.ca,)))


def test_intermediate_alone_is_trust_enough(public: Shown) -> None:
    judge(public.chain[:1], "vpn.example.org", CaTrust(public.chain[1:2]), NOW)


def test_the_certificate_itself_in_the_file_needs_no_name(public: Shown, stock: Shown) -> None:
    judge(public.chain, "anything", CaTrust((public.chain[0],)), NOW)
    judge((stock.ca,), "anything", CaTrust((stock.ca,)), NOW)


def test_expired(public: Shown, stock: Shown) -> None:
    for chain, trust in ((public.chain, public.ca), (stock.chain, stock.ca), ((stock.ca,), stock.ca)):
        refused = refusal(chain, "vpn.example.org", CaTrust((trust,)), LATE)
        assert refused.code is ErrorCode.SERVER_CERT_EXPIRES


def test_not_yet_valid(stock: Shown) -> None:
    refused = refusal(stock.chain, "vpn.example.org", CaTrust((stock.ca,)), NOW - 10 * DAY)
    assert refused.code is ErrorCode.SERVER_CERT_EXPIRES


def test_signed_by_a_stock_ca(stock: Shown) -> None:
    judge(stock.chain, "vpn.example.org", CaTrust((stock.ca,)), NOW)


def test_signed_by_a_stock_ca_for_another_name(stock: Shown) -> None:
    assert refusal(stock.chain, "192.0.2.1", CaTrust((stock.ca,))).code is ErrorCode.HOSTNAME_MISMATCH


def issue(ca: bool, usage: bool = True, server: bool = True) -> tuple[bytes, bytes]:
    """An issuer without the parts that strict verification wants, and what it signed."""
    issuer_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vpn.example.org")])

    def build(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer_name)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
        )

    issuer = build(issuer_name, issuer_key).add_extension(x509.BasicConstraints(ca, None), critical=True)
    issuer = issuer.add_extension(
        x509.KeyUsage(True, False, False, False, False, usage, usage, False, False), critical=True
    )
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    leaf = build(leaf_name, leaf_key).add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    signed = (built.sign(issuer_key, hashes.SHA256()) for built in (issuer, leaf))
    first, second = (built.public_bytes(serialization.Encoding.DER) for built in signed)
    return first, second


def test_private_ca_of_another_make() -> None:
    issuer, leaf = issue(ca=True)
    judge((leaf,), "vpn.example.org", CaTrust((issuer,)), NOW)


@pytest.mark.parametrize("wrong", ["ca", "usage", "server"])
def test_what_may_not_sign_or_serve(wrong: str) -> None:
    issuer, leaf = issue(ca=wrong != "ca", usage=wrong != "usage", server=wrong != "server")
    assert refusal((leaf,), "vpn.example.org", CaTrust((issuer,))).code is ErrorCode.CERT_NOT_TRUSTED


def test_forged_issuer_name() -> None:
    (issuer, _), (_, leaf) = issue(ca=True), issue(ca=True)
    assert refusal((leaf,), "vpn.example.org", CaTrust((issuer,))).code is ErrorCode.CERT_NOT_TRUSTED


# -- the system's CAs


@pytest.fixture
def system(public: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "system_certificates", lambda: (public.ca,))


@pytest.mark.usefixtures("system")
def test_system_ca_with_name(public: Shown) -> None:
    judge(public.chain, "vpn.example.org", SystemTrust(), NOW)
    refused = refusal(public.chain, "other.example.org", SystemTrust())
    assert refused.code is ErrorCode.HOSTNAME_MISMATCH


@pytest.mark.usefixtures("system")
def test_system_ca_does_not_take_stock_certificates(stock: Shown) -> None:
    for chain in ((stock.ca,), stock.chain):
        refused = refusal(chain, "vpn.example.org", SystemTrust())
        assert refused.code is ErrorCode.CERT_NOT_TRUSTED
        assert f"--pin {fingerprint(chain[0])}" in refused.message


@pytest.mark.usefixtures("system")
def test_system_ca_and_an_expired_certificate(public: Shown) -> None:
    refused = refusal(public.chain, "vpn.example.org", SystemTrust(), LATE)
    assert refused.code is ErrorCode.SERVER_CERT_EXPIRES


def test_system_has_certificates() -> None:
    for found in certificate.system_certificates()[:3]:
        assert found[:1] == b"\x30"


# -- pins and the like


def test_pin(stock: Shown) -> None:
    digest = hashlib.sha256(stock.ca).digest()
    judge((stock.ca,), "anything", PinTrust(digest), LATE)
    refused = refusal(stock.chain, "anything", PinTrust(digest))
    assert refused.code is ErrorCode.CERT_NOT_TRUSTED
    assert fingerprint(stock.chain[0]) in refused.message


def test_exact(stock: Shown) -> None:
    judge((stock.ca,), "anything", ExactTrust(stock.ca), NOW)
    assert refusal(stock.chain, "anything", ExactTrust(stock.ca)).code is ErrorCode.CERT_NOT_TRUSTED


def test_insecure(stock: Shown) -> None:
    judge(stock.chain, "anything", NoTrust(), NOW)


def test_no_certificate_at_all() -> None:
    assert refusal((), "anything", NoTrust()).code is ErrorCode.SERVER_IS_NOT_VPN


@given(st.binary(min_size=1, max_size=300))
def test_garbage_is_compared_and_never_trusted_otherwise(leaf: bytes) -> None:
    judge((leaf,), "anything", PinTrust(hashlib.sha256(leaf).digest()), NOW)
    judge((leaf,), "anything", CaTrust((leaf,)), NOW)
    assert refusal((leaf,), "anything", CaTrust((b"other",))).code is ErrorCode.CERT_NOT_TRUSTED


@given(position=st.integers(0, 2000), value=st.integers(0, 255))
def test_damaged_certificates_never_raise_anything_else(
    public: Shown, stock: Shown, position: int, value: int
) -> None:
    for leaf in (public.chain[0], stock.chain[0]):
        damaged = bytearray(leaf)
        damaged[position % len(leaf)] = value
        if bytes(damaged) != leaf:
            refusal((bytes(damaged), *public.chain[1:]), "vpn.example.org", CaTrust((public.ca, stock.ca)))


# -- reading


def test_fingerprints_as_people_write_them() -> None:
    digest = hashlib.sha256(b"x").digest()
    for text in (digest.hex(), digest.hex().upper(), digest.hex(":"), f"sha256:{digest.hex()}"):
        assert parse_fingerprint(text) == digest
    for text in ("", "12", "zz" * 32, digest.hex()[:-2]):
        with pytest.raises(Refusal):
            parse_fingerprint(text)


def test_files(tmp_path: Path, public: Shown) -> None:
    pem, binary, empty = tmp_path / "ca.pem", tmp_path / "ca.der", tmp_path / "empty"
    texts = [ssl.DER_cert_to_PEM_cert(one) for one in (public.ca, public.chain[0])]
    pem.write_text("a comment\n" + "\n".join(texts))
    binary.write_bytes(public.ca)
    empty.write_text("nothing")
    assert read_certificates(pem) == (public.ca, public.chain[0])
    assert read_certificates(binary) == (public.ca,)
    for file in (empty, tmp_path / "absent"):
        with pytest.raises(Refusal, match=str(file)):
            read_certificates(file)


def test_addresses_as_names() -> None:
    ca = trustme.CA()
    chain = tuple(der(blob.bytes()) for blob in ca.issue_cert("2001:db8::1").cert_chain_pems)
    host = str(ipaddress.ip_address("2001:db8:0::1"))
    judge(chain, host, CaTrust((der(ca.cert_pem.bytes()),)), NOW)
