"""Commands that need no server: certificates, WireGuard keys."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etherloom.model.errors import ErrorCode
from etherloom.vpncmd import certificates, messages, output, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, Work, main, option, optional
from etherloom.vpncmd.commands.server import ABOUT, CHECK
from etherloom.vpncmd.output import Part

_KEY_BYTES: Final = 32


def _make_certificate(bits: int) -> Work:
    def work(desk: Desk, given: Given) -> None:
        names = {label: given[label] for label in ("CN", "O", "OU", "C", "ST", "L")}
        wanted = certificates.Wanted(names, values.hexadecimal(given["SERIAL"]), given["EXPIRES"], bits)
        signed = given["SIGNCERT"] and given["SIGNKEY"]
        certificate, key = certificates.make(
            wanted, (given["SIGNCERT"], given["SIGNKEY"]) if signed else None
        )
        certificates.save(given["SAVECERT"], certificate, "Failed to save the certificate file.")
        certificates.save(given["SAVEKEY"], key, "Failed to save the private key file.")

    return work


def make_wireguard_key(desk: Desk, given: Given) -> Iterable[Part]:
    return _show_keys(X25519PrivateKey.generate())


def show_public_key(desk: Desk, given: Given) -> Iterable[Part]:
    try:
        private = b64decode(given["private"], validate=True)
    except (ValueError, Base64Error):
        private = b""
    if len(private) != _KEY_BYTES:
        raise Failure(ErrorCode.INVALID_PARAMETER, messages.error_lines(ErrorCode.INVALID_PARAMETER))
    return _show_keys(X25519PrivateKey.from_private_bytes(private))


def _show_keys(key: X25519PrivateKey) -> Iterable[Part]:
    yield output.Text(f"Private key: {b64encode(key.private_bytes_raw()).decode()}")
    yield output.Text(f"Public key: {b64encode(key.public_key().public_bytes_raw()).decode()}")


def measure(desk: Desk, given: Given) -> None:
    raise Failure(
        ErrorCode.NOT_SUPPORTED,
        messages.error_lines(ErrorCode.NOT_SUPPORTED) + "\nUse iperf3 to measure what a network carries.",
    )


_CERTIFICATE: Final = (
    option("CN", "Name of Certificate to Create (CN): "),
    option("O", "Organization of Certificate to Create (O): "),
    option("OU", "Organization Unit of Certificate to Create (OU): "),
    option("C", "Country of Certificate to Create (C): "),
    option("ST", "State of Certificate to Create (ST): "),
    option("L", "Locale of Certificate to Create (L): "),
    option("SERIAL", "Serial Number of Certificate to Create (Hexadecimal): "),
    option(
        "EXPIRES",
        "Expiration Date of Certificate to Create (Days): ",
        values.within(0, 10_950, "Specify the Expiration Date within the range 0 to 10950."),
    ),
    optional("SIGNCERT", "The certificate of the authority that signs.", values.existing_file),
    optional("SIGNKEY", "The key of the authority that signs.", values.existing_file),
    option("SAVECERT", "File Name to Save Certificate to Create: ", values.nonempty),
    option("SAVEKEY", "File Name to Save Private Key to Create: ", values.nonempty),
)
_HELP: Final = "Signed by /SIGNCERT with /SIGNKEY, or by itself. /EXPIRES are days, 0 for ten years."
EVERYWHERE: Final = (
    Command(
        "MakeCert",
        "Make a certificate with a key of 1024 bits",
        _make_certificate(1_024),
        _CERTIFICATE,
        help=_HELP,
    ),
    Command(
        "MakeCert2048",
        "Make a certificate with a key of 2048 bits",
        _make_certificate(2_048),
        _CERTIFICATE,
        help=_HELP,
    ),
    Command(
        "TrafficClient",
        "Measure a network's speed (use iperf3)",
        measure,
        (
            main("host:port", "Measurement Server Name and Port Number (9821 if omitted): "),
            *(optional(name, "Of no use here.") for name in ("NUMTCP", "TYPE", "SPAN", "DOUBLE", "RAW")),
        ),
    ),
    Command(
        "TrafficServer",
        "Serve measurements of a network's speed (use iperf3)",
        measure,
        (optional("port", "Of no use here.", positional=True), optional("NOHUP", "Of no use here.")),
    ),
)
COMMANDS: Final = (
    ABOUT,
    CHECK,
    *EVERYWHERE,
    Command("GenX25519", "Make a key pair for WireGuard", make_wireguard_key),
    Command(
        "GetPublicX25519",
        "Show the public key that belongs to a private one",
        show_public_key,
        (main("private", "Private key: "),),
    ),
)
