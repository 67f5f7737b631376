"""Commands against a server in this process, over its Unix socket."""

from pathlib import Path

import pytest

from etherloom.handshake.messages import Welcome
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.wire.digest import hash_administrator_password, hash_password
from tests.support.guest import guest, serving
from tests.unit.cli.support import Shell


async def test_hubs(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        assert await shell.table("hub", "list") == []
        assert "LAB is on line" in (await shell.ok("hub", "create", "LAB", "--max-sessions", "3")).output
        await shell.ok("hub", "create", "open", "--require-encryption", "off", "--hidden", "on")
        assert [hub["hub"] for hub in await shell.table("hub", "list")] == ["LAB", "open"]
        lines = (await shell.ok("hub", "list")).output.splitlines()
        assert lines[0].split() == ["HUB", "STATE", "USERS", "SESSIONS", "MACS", "CREATED"]
        assert lines[1].split()[:6] == ["LAB", "on", "line", "0", "0", "0"]
        shown = await shell.table("hub", "show", "lab")
        assert shown["options"] == {
            "hub": "LAB",
            "maximum_sessions": 3,
            "hidden": False,
            "require_encryption": True,
            "super_frames": True,
            "udp_acceleration": True,
            "udp_acceleration_v1": False,
        }
        assert (await shell.table("hub", "show", "open"))["options"]["require_encryption"] is False
        await shell.ok("hub", "set", "LAB", "--require-encryption", "off", "--max-sessions", "0")
        changed = server.owner.snapshot.hub("LAB")
        assert changed is not None
        assert (changed.require_encryption, changed.maximum_sessions) == (False, 0)
        await shell.ok("hub", "set", "LAB", "--password-stdin", stdin="hubpw\n")
        secret = server.owner.snapshot.administrator("LAB")
        assert secret is not None
        assert secret.hashed == hash_administrator_password("hubpw")
        await shell.ok("hub", "offline", "LAB")
        assert "off line" in (await shell.ok("hub", "list")).output
        await shell.ok("hub", "online", "LAB")
        assert "any number" in (await shell.ok("hub", "show", "LAB")).output
        await shell.ok("hub", "delete", "lab")
        assert server.owner.snapshot.hub("LAB") is None


async def test_what_hubs_cannot_do(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        assert "already" in await shell.refused("hub", "create", "lab")
        assert "no hub" in await shell.refused("hub", "show", "x")
        assert "no hub" in await shell.refused("hub", "delete", "x")
        assert "a/b" in await shell.refused("hub", "create", "a/b")
        assert "nothing to change" in await shell.refused("hub", "set", "LAB", status=2)
        await shell.refused("hub", "create", "x", "--max-sessions", "-1", status=2)
        await shell.refused("hub", "create", "x", "--require-encryption", "perhaps", status=2)


async def test_users(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        await shell.ok("hub", "create", "LAB")
        await shell.ok("user", "create", "LAB", "alice", "--password-stdin", stdin="secret\nmore\n")
        secret = server.owner.snapshot.password("LAB", "alice")
        assert secret is not None
        assert secret.hashed_key == hash_password("secret", "alice")
        await shell.ok(
            *("user", "create", "LAB", "bob", "--anonymous", "--real-name", "Bob", "--note", "n"),
            *("--policy", "maxconnection=4", "--policy", "NoBridge=yes", "--expires", "2027-01-31T12:00:00Z"),
        )
        bob = server.owner.snapshot.user("LAB", "bob")
        assert bob is not None
        assert bob.policy is not None
        assert (bob.real_name, bob.note, bob.expires) == ("Bob", "n", 1_801_396_800_000)
        assert (bob.policy.max_connection, bob.policy.no_bridge, bob.policy.time_out) == (4, True, 20)
        assert [row["name"] for row in await shell.table("user", "list", "lab")] == ["alice", "bob"]
        assert "2027-01-31T12:00:00Z" in (await shell.ok("user", "list", "LAB")).output
        await shell.ok("user", "set", "LAB", "bob", "--expires", "never", "--policy", "TimeOut=9")
        shown = await shell.table("user", "show", "LAB", "bob")
        assert shown["expires"] is None
        assert (shown["policy"]["time_out"], shown["policy"]["max_connection"]) == (9, 4)
        policies = ("--policy", "MaxUpload=8", "--policy", "TimeOut=9")
        await shell.ok("user", "set", "LAB", "bob", *policies)
        assert "TimeOut" in (await shell.ok("user", "show", "LAB", "bob")).output
        await shell.ok("user", "set", "LAB", "bob", "--drop-policy", "--password-stdin", stdin="pw\n")
        bob = server.owner.snapshot.user("LAB", "bob")
        assert bob is not None
        assert bob.policy is None
        await shell.ok("user", "delete", "LAB", "bob")
        assert server.owner.snapshot.user("LAB", "bob") is None


async def test_no_secret_is_shown(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        await shell.ok("user", "create", "LAB", "alice", "--password-stdin", stdin="secret\n")
        key = hash_password("secret", "alice")
        for outcome in (
            await shell.ok("user", "show", "LAB", "alice"),
            await shell.ok("user", "show", "LAB", "alice", "--json"),
        ):
            assert key.hex() not in outcome.output
            assert "hash" not in outcome.output


async def test_what_users_cannot_do(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        create = ("user", "create", "LAB", "eve")
        assert "--password-stdin" in await shell.refused(*create, status=2)
        assert "empty" in await shell.refused(*create, "--password-stdin", stdin="\n", status=2)
        assert "passwords and anonymous" in await shell.refused(*create, "--radius")
        assert "passwords and anonymous" in await shell.refused(*create, "--cert", "x.pem")
        assert "exclude" in await shell.refused(*create, "--anonymous", "--password-stdin", status=2)
        assert "KEY=VALUE" in await shell.refused(*create, "--anonymous", "--policy", "Nonsense=1", status=2)
        wrong = ("--policy", "MaxConnection=33")
        assert "1 to 32" in await shell.refused(*create, "--anonymous", *wrong, status=2)
        wrong = ("--policy", "NoBridge=2")
        assert "yes or no" in await shell.refused(*create, "--anonymous", *wrong, status=2)
        assert "never" in await shell.refused(*create, "--anonymous", "--expires", "soon", status=2)
        assert "nothing to change" in await shell.refused("user", "set", "LAB", "eve", status=2)
        assert "no user" in await shell.refused("user", "set", "LAB", "eve", "--anonymous")
        assert "reserved" in await shell.refused("user", "create", "LAB", "link", "--anonymous")


async def test_encryption(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        assert "the fastest" in (await shell.ok("tls", "show")).output
        await shell.ok("tls", "set", "--ciphers", "chacha20-poly1305, AES-256-GCM", "--minimum", "1.3")
        wanted = {"ciphers": "CHACHA20-POLY1305,AES-256-GCM", "minimum": "1.3"}
        assert await shell.table("tls", "show") == wanted
        assert server.owner.snapshot.server.identifier
        assert "no cipher" in await shell.refused("tls", "set", "--ciphers", "RC4-MD5")
        assert "1.2 or 1.3" in await shell.refused("tls", "set", "--minimum", "1.0")
        assert "--minimum" in await shell.refused("tls", "set", status=2)
        await shell.ok("tls", "set", "--ciphers", "auto")
        assert (await shell.table("tls", "show"))["ciphers"] == ""


async def test_listeners(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        await shell.ok("listener", "create", "40001")
        await shell.ok("listener", "disable", "40001")
        assert "40001  switched off" in (await shell.ok("listener", "list")).output
        await shell.ok("listener", "enable", "40001")
        rows = {row["port"]: row for row in await shell.table("listener", "list")}
        assert set(rows) == {443, 992, 5555, 40_001}
        assert "already" in await shell.refused("listener", "create", "40001")
        await shell.ok("listener", "set", "40001", "--per-source", "5")
        rows = {row["port"]: row for row in await shell.table("listener", "list")}
        assert (rows[40_001]["per_source"], rows[40_001]["total"]) == (5, 1_000)
        assert "--total" in await shell.refused("listener", "set", "40001", status=2)
        assert "40002" in await shell.refused("listener", "set", "40002", "--total", "9")
        await shell.ok("listener", "delete", "40001")
        assert server.owner.snapshot.listener(40_001) is None
        assert "40001" in await shell.refused("listener", "delete", "40001")
        await shell.refused("listener", "create", "0", status=2)


async def test_bridges(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        await shell.ok("hub", "create", "LAB")
        await shell.ok("hub", "offline", "LAB")
        await shell.ok("bridge", "create", "LAB", "--tap", "el-rpc8")
        (row,) = await shell.table("bridge", "list")
        assert (row["hub"], row["device"], row["tap"]) == ("LAB", "el-rpc8", True)
        assert row["problem"]
        assert "el-rpc8" in (await shell.ok("bridge", "list")).output
        await shell.ok("bridge", "delete", "LAB", "el-rpc8")
        assert server.owner.snapshot.bridges() == []
        assert "--tap" in await shell.refused("bridge", "create", "LAB", status=2)
        assert "--tap" in await shell.refused(
            "bridge", "create", "LAB", "--tap", "a", "--device", "b", status=2
        )
        assert "TAP" in await shell.refused("bridge", "create", "LAB", "--device", "eth0")


async def test_sessions(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server, guest(server) as alice:
        await shell.ok("hub", "create", "LAB")
        await shell.ok("user", "create", "LAB", "alice", "--anonymous")
        assert await shell.table("session", "list", "LAB") == []
        assert isinstance(await alice.log_in("LAB", "alice"), Welcome)
        (row,) = await shell.table("session", "list", "LAB")
        assert (row["name"], row["user"]) == ("SID-ALICE-1", "alice")
        assert "SID-ALICE-1  alice  guest  1 of 1" in (await shell.ok("session", "list", "LAB")).output
        shown = await shell.table("session", "show", "LAB", "sid-alice-1")
        assert (shown["plaintext"], len(shown["links"]), shown["drops"]) == (False, 1, [])
        text = (await shell.ok("session", "show", "LAB", "SID-ALICE-1")).output
        assert "TLS" in text
        assert "127.0.0.1:" in text
        assert shown["work"]["reads"] > 0
        assert "system calls" in text
        await shell.ok("session", "disconnect", "LAB", "SID-ALICE-1")
        assert server.sessions.count("LAB") == 0
        assert "no session" in await shell.refused("session", "show", "LAB", "SID-ALICE-1")


async def test_the_server(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path) as server:
        status = await shell.table("status")
        assert (status["hubs"], status["remote_administration"]) == (0, False)
        assert status["started"].endswith("Z")
        assert [socket["problem"] for socket in status["sockets"]] == [""]
        assert "passwd" in (await shell.ok("status")).output
        await shell.ok("passwd", "--password-stdin", stdin="pw\n")
        secret = server.owner.snapshot.administrator(None)
        assert secret is not None
        assert secret.hashed == hash_administrator_password("pw")
        await shell.ok("passwd", "--remove")
        assert server.owner.snapshot.administrator(None) is None
        await shell.refused("passwd", status=2)
        assert "empty" in await shell.refused("passwd", "--password-stdin", stdin="", status=2)


async def test_backup_and_restore(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    live, cold = tmp_path / "live", tmp_path / "cold"
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        await shell.ok("backup", str(live))
        assert "exists already" in await shell.refused("backup", str(live))
        assert "in use" in await shell.refused("restore", str(live))
    monkeypatch.chdir(tmp_path)
    await shell.ok("backup", "cold")
    assert cold.stat().st_mode & 0o777 == 0o600
    outcome = await shell.table("restore", str(cold))
    assert Path(outcome["former"]).parent == shell.state
    async with serving(tmp_path):
        assert [hub["hub"] for hub in await shell.table("hub", "list")] == ["LAB"]
    assert "backup" in await shell.refused("restore", str(tmp_path / "missing"))


async def test_both_places_of_the_shared_options(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETHERLOOM_STATE", str(tmp_path / "nowhere"))
    async with serving(tmp_path):
        for arguments in (
            ("--state", str(shell.state), "--json", "hub", "list"),
            ("hub", "list", "--json", "--state", str(shell.state)),
        ):
            assert (await shell.ok(*arguments)).value == []
        # What one command was told must not stick to the next.
        await shell.refused("hub", "list")


async def test_the_default_policy_has_nothing_to_show(tmp_path: Path, shell: Shell) -> None:
    async with serving(tmp_path):
        await shell.ok("hub", "create", "LAB")
        await shell.ok("user", "create", "LAB", "a", "--anonymous")
        assert "default" in (await shell.ok("user", "show", "LAB", "a")).output
        time_out = f"TimeOut={DEFAULT_POLICY.time_out}"
        await shell.ok("user", "set", "LAB", "a", "--policy", time_out)
        assert "Policy TimeOut" not in (await shell.ok("user", "show", "LAB", "a")).output
