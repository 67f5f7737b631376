"""Hooks at work: queues that are bounded, attempts that end, and none that holds up another."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hook import CommandAction, Event, EventKind, Hook, HookAction, HookSecret, WebhookAction
from etherloom.services.events import Events
from etherloom.services.hook_delivery import COMMANDS_AT_ONCE, QUEUE_EVENTS, HookDelivery
from etherloom.services.hooks import MAXIMUM_HOOKS, Hooks
from etherloom.services.sessions import Sessions
from etherloom.services.switches import Switches
from etherloom.state.owner import Owner
from tests.support import receiver as far
from tests.support.asynchronous import until
from tests.support.configuration import TEST, hub, open_configuration, put
from tests.support.receiver import answer, receiving
from tests.unit.fake_engine import FakeEngine

NOW = 1_700_000_000_000
SECRET = HookSecret("0123456789abcdef")


@dataclass
class Works:
    owner: Owner
    hooks: Hooks
    events: Events
    delivery: HookDelivery

    async def add(self, name: str, action: HookAction, **more: object) -> None:
        hook = Hook(name, action, **more)  # type: ignore[arg-type]
        secret = SECRET if isinstance(action, WebhookAction) else None
        await self.hooks.add(hook, secret, TEST)

    def happen(self, kind: EventKind = EventKind.SESSION_UP, hub: str = "LAB", user: str = "alice") -> None:
        self.events.publish(Event(kind, NOW, hub=hub, user=user))

    async def settled(self, name: str, done: int) -> None:
        def is_settled() -> bool:
            state = self.delivery.state(name)
            return state.delivered + state.failed == done

        await until(is_settled, f"{done} events are dealt with")


@asynccontextmanager
async def works(path: Path) -> AsyncIterator[Works]:
    engine = FakeEngine().facade
    async with open_configuration(path) as owner:
        await put(owner, hub("LAB"), hub("ZOO"))
        events = Events(Sessions(engine, Switches(engine), lambda: NOW), lambda: NOW)
        delivery = HookDelivery(owner, events, lambda: NOW, pauses=(0.01, 0.01))
        running = asyncio.get_running_loop().create_task(delivery.run())
        try:
            await until(lambda: bool(events._subscribers), "it listens")
            yield Works(owner, Hooks(owner), events, delivery)
        finally:
            running.cancel()
            await asyncio.wait([running])


def shell(script: str) -> CommandAction:
    return CommandAction(("/bin/sh", "-c", script))


async def test_a_hook_does_its_events_in_order_and_no_others(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        await at.add(
            "one",
            shell(f"echo $EL_EVENT $EL_USER >> {tmp_path}/done"),
            events=(EventKind.SESSION_UP, EventKind.SESSION_DOWN),
            hub="lab",
        )
        for kind in EventKind:
            at.happen(kind, user="alice")
            at.happen(kind, hub="ZOO")
        await at.settled("one", 2)
        assert (tmp_path / "done").read_text() == "session-up alice\nsession-down alice\n"


async def test_a_hook_that_is_deleted_does_nothing_more(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        await at.add("slow", shell(f"echo $$ >> {tmp_path}/began; exec sleep 1000"))
        at.happen()
        at.happen()
        await until((tmp_path / "began").exists, "it began")
        await at.hooks.delete("SLOW", TEST)
        await at.add("slow", shell(f"echo x >> {tmp_path}/new"))
        at.happen()
        await at.settled("slow", 1)
        assert (tmp_path / "new").read_text() == "x\n"
        assert len((tmp_path / "began").read_text().splitlines()) == 1
        await until(lambda: not Path("/proc", (tmp_path / "began").read_text().strip()).exists(), "it ended")


async def test_a_full_queue_drops_and_counts_and_holds_up_nobody(tmp_path: Path) -> None:
    async with works(tmp_path) as at, receiving(far.silence) as dead:
        await at.add("dead", WebhookAction(dead.url()), timeout_ms=30_000)
        await at.add("quick", shell("exit 0"), events=(EventKind.LOGIN_REFUSED,))
        with capture_logs() as lines:
            at.happen()
            await until(lambda: bool(dead.requests), "the first one is under way")
            for _ in range(QUEUE_EVENTS + 44):
                at.happen()
        state = at.delivery.state("dead")
        assert (state.waiting, state.dropped) == (QUEUE_EVENTS, 44)
        # One line an event at most, and not even that.
        assert 1 <= sum("too slow" in line["event"] for line in lines) <= 20
        at.happen(EventKind.LOGIN_REFUSED)
        await at.settled("quick", 1)
        assert at.delivery.state("quick").delivered == 1


async def test_a_message_is_tried_again_until_it_is_taken(tmp_path: Path) -> None:
    async with works(tmp_path) as at, receiving(answer(500), far.hang_up, answer(200)) as there:
        await at.add("web", WebhookAction(there.url()))
        at.happen()
        await at.settled("web", 1)
        assert at.delivery.state("web").delivered == 1
        bodies = [json.loads(request.body) for request in there.requests]
        assert len(bodies) == 3
        # The same delivery each time, so that a receiver knows it again.
        assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (404, 1), (302, 1)])
async def test_a_message_that_nobody_takes_is_given_up(tmp_path: Path, status: int, attempts: int) -> None:
    async with works(tmp_path) as at, receiving(answer(status)) as there:
        await at.add("web", WebhookAction(there.url()))
        at.happen()
        at.happen()
        await at.settled("web", 2)
        state = at.delivery.state("web")
        assert (state.delivered, state.failed) == (0, 2)
        assert str(status) in state.problem
        assert len(there.requests) == 2 * attempts


async def test_only_so_many_commands_run_at_once(tmp_path: Path) -> None:
    count = COMMANDS_AT_ONCE + 4

    def began() -> int:
        return sum(entry.startswith("run-") for entry in os.listdir(tmp_path))

    async with works(tmp_path) as at:
        # Each waits until it is let go, so all that may run do.
        script = f"mkdir {tmp_path}/run-$EL_DELIVERY; until [ -e {tmp_path}/go ]; do sleep 0.05; done"
        for number in range(count):
            await at.add(f"h{number}", shell(script), timeout_ms=30_000)
        at.happen()
        await until(lambda: began() == COMMANDS_AT_ONCE, "as many as may")
        assert sum(at.delivery.state(f"h{n}").delivered for n in range(count)) == 0
        assert began() == COMMANDS_AT_ONCE
        (tmp_path / "go").touch()
        for number in range(count):
            await at.settled(f"h{number}", 1)
        assert began() == count


async def test_its_end_is_in_the_log(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        with capture_logs() as lines:
            await at.add("bad", shell("echo trouble; exit 7"))
            at.happen()
            await at.settled("bad", 1)
        (line,) = (line for line in lines if line["event"] == "hook command ended")
        assert (line["hook"], line["status"], line["output"]) == ("bad", 7, "trouble")
        assert line["log_level"] == "warning"


async def test_a_test_is_one_attempt_marked_as_such(tmp_path: Path) -> None:
    async with works(tmp_path) as at, receiving(answer(500)) as there:
        await at.add("web", WebhookAction(there.url()))
        assert "500" in await at.delivery.test("WEB")
        (request,) = there.requests
        assert json.loads(request.body)["test"] is True
        assert at.delivery.state("web").failed == 0
        with pytest.raises(Refusal):
            await at.delivery.test("none")


async def test_a_callable_that_fails_costs_the_others_nothing(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        seen: list[Event] = []

        def fail(_event: Event) -> None:
            raise ZeroDivisionError

        at.events.subscribe(fail)
        stop = at.events.subscribe(seen.append)
        at.happen()
        stop()
        at.happen()
        assert [event.user for event in seen] == ["alice"]


async def test_names_of_peers_can_not_break_out(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        await at.add("env", shell(f'printf %s "$EL_USER" > {tmp_path}/user; cat > {tmp_path}/body'))
        at.happen(user="a\0b\nEL_HUB=x\ud800" + "z" * 10_000)
        await at.settled("env", 1)
        user = json.loads((tmp_path / "body").read_text())["user"]
        assert user == (tmp_path / "user").read_text()
        assert user.startswith("a\ufffdb\ufffdEL_HUB=x")
        assert len(user) == 255


async def test_the_number_of_hooks_is_bounded(tmp_path: Path) -> None:
    async with works(tmp_path) as at:
        for number in range(MAXIMUM_HOOKS):
            await at.add(f"h{number}", shell("exit 0"))
        with pytest.raises(Refusal, match="at most"):
            await at.add("one more", shell("exit 0"))
        with pytest.raises(Refusal) as refused:
            await at.add("H0", shell("exit 0"))
        assert refused.value.code is ErrorCode.OBJECT_EXISTS
