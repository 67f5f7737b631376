"""Ciphers in the names of OpenSSL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.server import ServerSettings
from etherloom.services.encryption import cipher_names, set_ciphers_by_name, set_encryption
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.owner import Owner
from tests.support.configuration import TEST, open_configuration, put


@asynccontextmanager
async def configured(path: Path) -> AsyncIterator[Owner]:
    async with open_configuration(path) as owner:
        await put(owner, Put(keys.SERVER_SETTINGS, ServerSettings(bytes(16))))
        yield owner


@pytest.mark.parametrize(
    ("text", "ciphers"),
    [
        ("ecdhe-rsa-aes128-gcm-sha256", ("AES-128-GCM",)),
        (
            "TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
            ("CHACHA20-POLY1305", "AES-256-GCM"),
        ),
        ("AES-256-GCM", ("AES-256-GCM",)),
        ("~default~", ()),
    ],
)
async def test_what_is_set_acts_and_comes_back(tmp_path: Path, text: str, ciphers: tuple[str, ...]) -> None:
    async with configured(tmp_path / "s") as owner:
        assert await set_ciphers_by_name(owner, text, TEST) == text.upper()
        assert owner.snapshot.server.ciphers == ciphers
        assert cipher_names(owner.snapshot.server) == text.upper()


@pytest.mark.parametrize(
    ("text", "ciphers"),
    [("AES128-SHA", ()), ("ECDHE-RSA-AES128-GCM-SHA256:RC4-MD5", ("AES-128-GCM",))],
)
async def test_retired_names_are_kept_and_choose_nothing(
    tmp_path: Path, text: str, ciphers: tuple[str, ...]
) -> None:
    async with configured(tmp_path / "s") as owner:
        await set_ciphers_by_name(owner, text, TEST)
        assert owner.snapshot.server.ciphers == ciphers
        assert cipher_names(owner.snapshot.server) == text


@pytest.mark.parametrize("text", ["NO-CIPHER", "ECDHE-RSA-AES128-GCM-SHA256:NO-CIPHER", "ALL", " : "])
async def test_what_nobody_knows_is_refused(tmp_path: Path, text: str) -> None:
    async with configured(tmp_path / "s") as owner:
        before = owner.snapshot
        with pytest.raises(Refusal) as refused:
            await set_ciphers_by_name(owner, text, TEST)
        assert refused.value.code is ErrorCode.CIPHER_NOT_SUPPORTED
        assert owner.snapshot is before


async def test_a_choice_of_our_own_names_replaces_the_list(tmp_path: Path) -> None:
    async with configured(tmp_path / "s") as owner:
        await set_ciphers_by_name(owner, "ECDHE-RSA-AES128-GCM-SHA256", TEST)
        await set_encryption(owner, ["aes-256-gcm"], None, TEST)
        names = cipher_names(owner.snapshot.server).split(":")
        assert names[0] == "TLS_AES_256_GCM_SHA384"
        assert all("256-GCM" in name or "256_GCM" in name or "AES256" in name for name in names)
        await set_encryption(owner, None, "1.3", TEST)
        assert owner.snapshot.server.ciphers == ("AES-256-GCM",)
