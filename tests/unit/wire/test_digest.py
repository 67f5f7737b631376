"""The old digests against published and captured values."""

import pytest

from etherloom.wire import digest


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Reference "session protocol", section 5.2: computed, and accepted by a stock server.
        (b"", "f96cea198ad1dd5617ac084a3d92c6107708c0ef"),
        (b"abc", "0164b8a914cd2a5e74c4f7ff082c4d97f1edf880"),
        (b"secretALICE", "0e782dacdb78918d73007999da81bc408906d451"),
        # FIPS PUB 180 (1993), appendix B: 56 characters, so that the padding takes a second block.
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "d2516ee1acfa5baf33dfc1c471e438449ef134c8",
        ),
    ],
)
def test_sha0(data: bytes, expected: str) -> None:
    assert digest.sha0(data).hex() == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # RFC 1320, appendix A.5.
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (
            b"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "e33b4ddc9c38f2199c3e7b164fcc0536",
        ),
    ],
)
def test_md4(data: bytes, expected: str) -> None:
    assert digest.md4(data).hex() == expected


def test_a_login_that_a_stock_server_accepted() -> None:
    hashed = digest.hash_password("secret", "alice")
    assert hashed == digest.hash_password(b"secret", "ALICE")
    challenge = bytes.fromhex("c884f0e82c581b26a2f2b16d40e598eb6abae398")
    assert digest.secure_password(hashed, challenge).hex() == "888257bb1874c8aef468b88bc85aaae52d82e1ef"


def test_only_ascii_letters_of_a_name_are_upper_cased() -> None:
    assert digest.hash_password("p", "é") != digest.hash_password("p", "É")


def test_an_administrator_s_password_is_hashed_without_a_name() -> None:
    assert digest.hash_administrator_password("abc").hex() == "0164b8a914cd2a5e74c4f7ff082c4d97f1edf880"


def test_the_nt_hash_of_a_known_password() -> None:
    # The published example of MS-NLMP, section 4.2.2.1.2.
    assert digest.nt_hash("Password").hex() == "a4f49c406510bdcab6824ee7c30fd852"
    assert digest.nt_hash(b"Password") == digest.nt_hash("Password")
