"""Values of configuration files: numbers, texts, times, obscured passwords."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.wire import config_value
from etherloom.wire.config_value import ValueFault


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "$"), ("1194, 5000", "1194,$205000"), ("Hello é", "Hello$20é"), ("a$\tb\x00", "a$24$09b$00")],
)
def test_texts(text: str, word: str) -> None:
    assert config_value.escape(text) == word
    assert config_value.unescape(word) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_one_word_and_comes_back(text: str) -> None:
    word = config_value.escape(text)
    assert word.encode().split() == [word.encode()]
    assert config_value.unescape(word) == text


def test_numbers() -> None:
    assert config_value.read_uint("0x1bb") == 443
    assert config_value.read_uint("4294967295") == 0xFFFF_FFFF
    assert config_value.read_uint64("18446744073709551615") == 0xFFFF_FFFF_FFFF_FFFF
    for wrong in ("", "-1", "+1", "1_0", "٣", "0x", "1" * 30, "4294967296"):
        with pytest.raises(ValueFault):
            config_value.read_uint(wrong)


def test_yes_and_no() -> None:
    yes = [config_value.read_bool(word) for word in ("true", "TRUE", "1", "7")]
    no = [config_value.read_bool(word) for word in ("false", "0")]
    assert (yes, no) == ([True] * 4, [False] * 2)
    assert (config_value.write_bool(True), config_value.write_bool(False)) == ("true", "false")


def test_times_count_from_nine_o_clock() -> None:
    # Vector: reference, administration, section 2.2.
    assert config_value.read_time(1_795_305_961_309) == 1_795_338_361_309
    assert config_value.write_time(1_795_338_361_309) == 1_795_305_961_309
    assert (config_value.read_time(0), config_value.write_time(0)) == (0, 0)


@pytest.mark.parametrize(
    ("stored", "password"), [("HvMFix4=", "plain"), ("HfoHkBVZ", "secret"), ("Hu8=", "pp")]
)
def test_obscured_passwords(stored: str, password: str) -> None:
    # Vectors: reference, administration, section 9.2, and a file of the stock server.
    assert config_value.read_password(binascii.a2b_base64(stored)) == password
    assert config_value.write_bytes(config_value.write_password(password)) == stored


def test_a_password_that_a_program_of_32_bits_obscured() -> None:
    stored = config_value.obscure(b"secret", config_value.PASSWORD_KEY_32)
    assert config_value.read_password(stored) == "secret"


def test_the_password_of_a_device() -> None:
    assert config_value.read_etherip_password(binascii.a2b_base64("nm7t3Els")) == "secret"
    assert config_value.write_bytes(config_value.write_etherip_password("secret")) == "nm7t3Els"


def test_what_no_key_opens_is_refused() -> None:
    with pytest.raises(ValueFault, match="readable"):
        config_value.read_password(bytes(range(40)))
    with pytest.raises(ValueFault, match="readable"):
        config_value.read_etherip_password(bytes(range(40)))
