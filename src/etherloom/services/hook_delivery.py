"""Hooks at work: each has a queue of its own and does one thing at a time, so none can hold up another.

A full queue drops and counts. Who logs in never waits for a hook.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, assert_never

from etherloom.model.hook import CommandAction, Event, Hook, HookSecret, WebhookAction
from etherloom.model.names import fold
from etherloom.observe.logs import get_log
from etherloom.observe.quota import LineQuota
from etherloom.services.events import Events
from etherloom.services.hook_command import CommandResult, run_command
from etherloom.services.hook_message import make_body, make_environment
from etherloom.services.hooks import HookCounts, find_hook
from etherloom.services.lookups import Lookups
from etherloom.services.webhook import Answer, Receiver
from etherloom.state import keys
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

QUEUE_EVENTS: Final = 256
COMMANDS_AT_ONCE: Final = 8
PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0)
_DELIVERY_BYTES: Final = 8
_log = get_log("hook")


class _Line:
    """One hook: what waits for it, and what came of the rest."""

    def __init__(self, hook: Hook, secret: HookSecret | None, lookups: Lookups) -> None:
        self.hook: Final = hook
        self.secret: Final = secret
        self.receiver: Final = (
            Receiver(hook.action, secret.key if secret else "", lookups)
            if isinstance(hook.action, WebhookAction)
            else None
        )
        self.task: asyncio.Task[None] | None = None
        self.counts = HookCounts()
        self._waiting: Final[deque[Event]] = deque()
        self._wake: Final = asyncio.Event()

    def wants(self, event: Event) -> bool:
        return event.kind in self.hook.events and fold(self.hook.hub) in ("", fold(event.hub))

    def put(self, event: Event) -> bool:
        """False if there is no room."""
        if len(self._waiting) >= QUEUE_EVENTS:
            self.counts = replace(self.counts, dropped=self.counts.dropped + 1)
            return False
        self._waiting.append(event)
        self._wake.set()
        return True

    async def next(self) -> Event:
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        return self._waiting.popleft()

    def state(self) -> HookCounts:
        return replace(self.counts, waiting=len(self._waiting))

    def count(self, problem: str) -> None:
        delivered, failed = self.counts.delivered + (not problem), self.counts.failed + bool(problem)
        self.counts = replace(self.counts, delivered=delivered, failed=failed, problem=problem)


class HookDelivery:
    """Carries events to the hooks of the configuration. `run` must be running."""

    def __init__(
        self, owner: Owner, events: Events, clock: Callable[[], int], pauses: Sequence[float] = PAUSES_SECONDS
    ) -> None:
        """`clock`: Unix milliseconds. `pauses`: between the attempts at a webhook, in seconds."""
        self._owner: Final = owner
        self._events: Final = events
        self._clock: Final = clock
        self._pauses: Final = pauses
        self._lookups: Final = Lookups()
        self._lines: dict[str, _Line] = {}
        self._commands: Final = asyncio.Semaphore(COMMANDS_AT_ONCE)
        self._quota: Final = LineQuota(time.monotonic)

    async def run(self) -> None:
        """Follow the configuration and the events, for ever."""
        async with asyncio.TaskGroup() as tasks:
            changed = asyncio.Event()
            changed.set()
            stops = (
                self._owner.subscribe(lambda _old, _new, _change: changed.set()),
                self._events.subscribe(self._take),
            )
            try:
                while True:
                    await changed.wait()
                    changed.clear()
                    self._reconcile(self._owner.snapshot, tasks)
            finally:
                for stop in stops:
                    stop()

    def state(self, name: str) -> HookCounts:
        """How a hook of the configuration does."""
        line = self._lines.get(keys.hook_key(name))
        return line.state() if line is not None else HookCounts()

    async def test(self, name: str) -> str:
        """Make one attempt with an event that is marked as a test, at once. Returns the problem, or nothing.

        Raises Refusal if there is no such hook.
        """
        snapshot = self._owner.snapshot
        hook = find_hook(snapshot, name)
        line = _Line(hook, snapshot.hook_secret(name), self._lookups)
        event = Event(hook.events[0], self._clock(), hub=hook.hub or "TEST", user="test", test=True)
        return await self._carry_out(line, event, pauses=())

    def _reconcile(self, snapshot: Snapshot, tasks: asyncio.TaskGroup) -> None:
        wanted = {keys.hook_key(hook.name): hook for hook in snapshot.hooks()}
        for key, line in list(self._lines.items()):
            if wanted.get(key) != line.hook or snapshot.hook_secret(line.hook.name) != line.secret:
                del self._lines[key]
                if line.task is not None:
                    line.task.cancel()
        for key in wanted.keys() - self._lines.keys():
            hook = wanted[key]
            self._lines[key] = line = _Line(hook, snapshot.hook_secret(hook.name), self._lookups)
            line.task = tasks.create_task(self._work(line), name=f"hook {hook.name}")

    def _take(self, event: Event) -> None:
        for line in self._lines.values():
            if line.wants(event) and not line.put(event) and (left_out := self._quota.take()) is not None:
                _log.warning("hook is too slow: event dropped", hook=line.hook.name, lines_left_out=left_out)

    async def _work(self, line: _Line) -> None:
        while True:
            event = await line.next()
            try:
                problem = await self._carry_out(line, event, self._pauses)
            except Exception as error:
                _log.exception("hook failed by an error of this program", hook=line.hook.name)
                problem = f"an error of this program: {type(error).__name__}"
            line.count(problem)

    async def _carry_out(self, line: _Line, event: Event, pauses: Sequence[float]) -> str:
        """Returns the problem, or nothing."""
        delivery = secrets.token_hex(_DELIVERY_BYTES)
        match line.hook.action:
            case CommandAction(arguments):
                return await self._run(line.hook, arguments, event, delivery)
            case WebhookAction():
                return await self._post(line, event, delivery, pauses)
            case _:
                assert_never(line.hook.action)

    async def _run(self, hook: Hook, arguments: Sequence[str], event: Event, delivery: str) -> str:
        body, environment = make_body(event, delivery), make_environment(event, delivery)
        async with self._commands:
            result = await run_command(arguments, body, environment, hook.timeout_ms)
        self._log_command(hook, event, result)
        return result.problem

    def _log_command(self, hook: Hook, event: Event, result: CommandResult) -> None:
        left_out = self._quota.take()
        if left_out is None:
            return
        write = _log.warning if result.problem else _log.info
        about = {"hook": hook.name, "kind": event.kind.value, "status": result.status}
        more = {"problem": result.problem, "output": result.output} if result.problem else {}
        write("hook command ended", **about, **more, lines_left_out=left_out)

    async def _post(self, line: _Line, event: Event, delivery: str, pauses: Sequence[float]) -> str:
        assert line.receiver is not None
        body = make_body(event, delivery)
        answer = Answer(False, True)
        for number, pause in enumerate((0.0, *pauses), 1):
            await asyncio.sleep(pause)
            answer = await line.receiver.post(body, self._clock() // 1000, line.hook.timeout_ms)
            self._log_attempt(line.hook, event, number, answer)
            if not answer.again:
                break
        return answer.problem

    def _log_attempt(self, hook: Hook, event: Event, number: int, answer: Answer) -> None:
        left_out = self._quota.take()
        if left_out is None:
            return
        about = {"hook": hook.name, "kind": event.kind.value, "attempt": number}
        if answer.delivered:
            _log.debug("webhook delivered", **about, lines_left_out=left_out)
        else:
            _log.warning("webhook failed", **about, problem=answer.problem, lines_left_out=left_out)
