"""The program in tools mode and before it connects: no server is needed."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from etherloom.vpncmd.certificates import certificate_file, describe
from etherloom.vpncmd.main import run

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def vpncmd(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the program with this on its keyboard; returns code and output."""

    def call(*arguments: str, keyboard: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(keyboard))
        code = run(arguments)
        return code, capsys.readouterr().out

    return call


def certificate_options(folder: Path) -> list[str]:
    return [
        *("/CN:a", "/O:none", "/OU:none", "/C:DE", "/ST:none", "/L:none", "/SERIAL:0a0b", "/EXPIRES:100"),
        *(f"/SAVECERT:{folder}/new.cer", f"/SAVEKEY:{folder}/new.key"),
    ]


def test_a_certificate_is_made_and_signs_another(vpncmd: Run, tmp_path: Path) -> None:
    code, output = vpncmd("/TOOLS", "/CSV", "/CMD", "MakeCert2048", *certificate_options(tmp_path))
    assert code == 0, output
    made = x509.load_pem_x509_certificate((tmp_path / "new.cer").read_bytes())
    assert made.serial_number == 0x0A0B
    assert (tmp_path / "new.key").stat().st_mode & 0o777 == 0o600
    signed = [
        *(
            option.replace("new.", "signed.").replace("/CN:a", "/CN:b")
            for option in certificate_options(tmp_path)
        ),
        *(f"/SIGNCERT:{tmp_path}/new.cer", f"/SIGNKEY:{tmp_path}/new.key"),
    ]
    code, output = vpncmd("/TOOLS", "/CSV", "/CMD", "MakeCert2048", *signed)
    assert code == 0, output
    x509.load_pem_x509_certificate((tmp_path / "signed.cer").read_bytes()).verify_directly_issued_by(made)


def test_missing_parameters_are_asked_for(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/CMD", "GetPublicX25519", keyboard="x\n")
    assert "Private key: x\n" in output
    assert code == 38


def test_a_wrong_answer_is_asked_for_again(vpncmd: Run, tmp_path: Path) -> None:
    options = [option for option in certificate_options(tmp_path) if not option.startswith("/EXPIRES")]
    code, output = vpncmd("/TOOLS", "/CMD", "MakeCert2048", *options, keyboard="20000\n10\n")
    assert code == 0
    assert output.count("Expiration Date of Certificate to Create (Days): ") == 2
    assert "Specify the Expiration Date within the range 0 to 10950." in output


def test_nothing_is_asked_for_by_programs(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/PROGRAMMING", "/CMD", "MakeCert", "/CN:x", keyboard="x\n")
    assert code == 38
    assert "Organization" not in output


def test_keyboard_and_prompts(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/PROGRAMMING", keyboard="\nNothing\nMake\nexit\nAbout\n")
    assert code == 117
    assert "[PROMPT:0:VPN Tools>]\nNothing\n" in output
    assert '"Nothing": Command not found. \n' in output
    assert "[PROMPT:117:VPN Tools>]\nMake\n" in output
    assert '"Make": The command-name is ambiguous.\n' in output
    assert " MakeCert2048 - " in output
    assert "Etherloom vpncmd 0.1.0\nAn independent" not in output


def test_a_file_of_commands_and_a_copy(vpncmd: Run, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("\n  \nAbout\nNothing\n")
    code, output = vpncmd("/TOOLS", f"/IN:{tmp_path}/in", f"/OUT:{tmp_path}/out")
    assert code == 117
    assert f'The commands written in the file "{tmp_path}/in" will be used' in output
    assert "VPN Tools>About\nAbout command - " in output
    assert output.endswith("view a list of the available commands.\n")
    assert (tmp_path / "out").read_bytes() == output.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("option", ["/IN:{}/nothing", "/OUT:{}/nothing/file"])
def test_files_that_cannot_be_opened(vpncmd: Run, tmp_path: Path, option: str) -> None:
    _, output = vpncmd("/TOOLS", option.format(tmp_path))
    assert "Error: Unable to" in output


@pytest.mark.parametrize(
    "line",
    [
        "help MakeCert",
        "MakeCert /?",
        "MakeCert?",
        "?MakeCert",
        "MakeCert ?",
        "MakeCert /HELP",
        "man makecert",
    ],
)
def test_help(vpncmd: Run, line: str) -> None:
    code, output = vpncmd("/TOOLS", "/CMD", *line.split())
    assert code == 38
    assert 'Help for command "MakeCert"' in output
    assert "/CN " in output


def test_the_list_of_commands(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/CMD", "help")
    assert code == 0
    assert "You can use the following 8 commands: \n" in output


def test_a_certificate_that_cannot_be(vpncmd: Run, tmp_path: Path) -> None:
    options = [option.replace("/C:DE", "/C:Germany") for option in certificate_options(tmp_path)]
    code, output = vpncmd("/TOOLS", "/CSV", "/CMD", "MakeCert2048", *options)
    assert code == 38
    assert "No certificate can say this" in output
    assert not (tmp_path / "new.cer").exists()


def test_listing_commands_keeps_the_code(vpncmd: Run) -> None:
    assert vpncmd("/TOOLS", keyboard="Nothing\nhelp\n")[0] == 117


def test_json_is_one_value_a_command(vpncmd: Run) -> None:
    assert vpncmd("/TOOLS", "/JSON", "/CMD", "About") == (0, "null\n")
    code, output = vpncmd("/TOOLS", "/JSON", "/CMD", "Nothing")
    assert (code, json.loads(output)["error"]["code"]) == (117, 117)
    code, output = vpncmd("/TOOLS", "/JSON", "/CMD", "MakeCert")
    assert (code, json.loads(output)["error"]["code"]) == (38, 38)


def test_json_is_all_there_is(vpncmd: Run, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("About\nGetPublicX25519 x\n")
    for code, output in (
        vpncmd("/TOOLS", "/JSON", f"/IN:{tmp_path}/in"),
        vpncmd("/TOOLS", "/JSON", keyboard="About\nGetPublicX25519 x\n"),
    ):
        assert code == 38
        first, second = (json.loads(line) for line in output.splitlines())
        assert first is None
        assert second["error"]["code"] == 38
    code, output = vpncmd("127.0.0.1:1", "/SERVER", "/JSON", "/CMD", "About")
    assert (code, json.loads(output)["error"]["code"]) == (1, 1)


def test_unknown_and_ambiguous_parameters(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/CSV", "/CMD", "MakeCert", "/BAD:1")
    assert code == 38
    assert output.splitlines()[-1].startswith('The parameter "/BAD" has been specified. It is not possible')
    code, output = vpncmd("/TOOLS", "/CSV", "/CMD", "MakeCert", "/S:1")
    assert code == 38
    assert '"S": The parameter name is ambiguous.' in output


def test_what_is_not_served_says_what_to_use(vpncmd: Run) -> None:
    code, output = vpncmd("/TOOLS", "/CMD", "TrafficServer")
    assert code == 33
    assert "iperf3" in output
    code, output = vpncmd("localhost", "/CLIENT", "/CMD", "AccountList")
    assert code == 33
    assert "Error occurred. (Error code: 33)" in output


@pytest.mark.parametrize(("keyboard", "code"), [("3\nexit\n", 0), ("4\n", 6), ("", 6), ("2\n", 33)])
def test_the_mode_is_asked_for(vpncmd: Run, keyboard: str, code: int) -> None:
    found, output = vpncmd(keyboard=keyboard)
    assert found == code
    assert "Select 1, 2 or 3: " in output


def test_nobody_there(vpncmd: Run) -> None:
    code, output = vpncmd("127.0.0.1:1", "/SERVER", "/CSV", "/CMD", "About")
    assert code == 1
    assert output.startswith("Error occurred. (Error code: 1)\n")


@pytest.mark.parametrize("arguments", [["/SERVER", "/BAD:1"], ["/?"], ["--help"]])
def test_wrong_use_and_help(vpncmd: Run, arguments: list[str]) -> None:
    code, output = vpncmd(*arguments)
    assert code == 38
    assert "vpncmd" in output


def test_certificates_need_not_be_sound() -> None:
    pem = certificate_file(b"nothing")
    assert pem == b"-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"
    assert describe(b"nothing") == "a certificate that this program can't read"
