"""What the service and its workers say to each other: an actor on the service's node, where no worker's death reaches it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError
from ray.train import UserCallback

from policy.peers import last_line

# An operation, and its fields in Ray's store, where each node has them once. In a list, or Ray would give the fields themselves.
Request = tuple[str, list[Any]]


NO_LONGER = "Another group of workers has begun."


@dataclass
class Heard:
    """What there is of a request: how far each worker is, of how much, and the answer when it is there; and what befell workers."""

    done: dict[int, int] = field(default_factory=dict)
    of: int = 0
    answer: dict[str, Any] | None = None
    said: list[str] = field(default_factory=list)


class Mailbox:
    """One request at a time, and what a group of workers that begins must do to be where the one before was.

    A group of workers has a number; what an older one still says is not taken.
    """

    def __init__(self) -> None:
        """Begin without a request."""
        self._wake = asyncio.Condition()
        self._group = 0
        self._number = 0
        self._request: Request | None = None
        self._taken = False
        # What a request that is cancelled is answered where no worker is at it.
        self._cancelled: dict[str, Any] | None = None
        self._heard = Heard()
        # What made the policy what it is: `open`, `restore` where it goes on from a checkpoint, and the steps since.
        self._history: list[Request] = []

    # The service's side.

    async def ask(self, request: Request) -> None:
        """Take the next request; the one before was answered."""
        async with self._wake:
            self._number += 1
            self._request, self._taken, self._cancelled = request, False, None
            self._heard = Heard(said=self._heard.said)
            self._wake.notify_all()

    async def hear(self, seconds: float) -> Heard:
        """Give what there is, as soon as there is an answer or so many seconds have passed."""
        async with self._wake:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait_for(lambda: self._heard.answer is not None), seconds)
            heard = self._heard
            self._heard = Heard(dict(heard.done), heard.of, heard.answer)
            return heard

    async def cancel(self, answer: dict[str, Any]) -> None:
        """Let the request be given up; where no worker is at it, this is the answer."""
        async with self._wake:
            self._cancelled = answer
            self._give_up()

    # The workers' side.

    async def begin(self, workers: int) -> int:
        """Begin a group: give its number."""
        async with self._wake:
            self._group += 1
            self._taken = False
            self._heard.done = {}
            self._heard.said.append(f"{workers} workers began." if workers > 1 else "1 worker began.")
            return self._group

    async def history(self, group: int) -> list[Request]:
        """Give a group what it does first. Each worker asks for itself: Ray's references go from process to process by Ray alone."""
        self._check(group)
        return self._history

    async def take(self, group: int, number: int) -> tuple[int, Request]:
        """Give the first request after this number that waits for an answer, and its own."""
        async with self._wake:
            await self._wake.wait_for(lambda: group != self._group or (self._number > number and self._request is not None))
            if self._request is None or group != self._group:
                raise RuntimeError(NO_LONGER)
            self._taken = True
            return self._number, self._request

    async def told(self, group: int, rank: int, done: int, of: int) -> bool:
        """Hear how far a worker is; say whether the request is cancelled."""
        self._check(group)
        self._heard.done[rank], self._heard.of = done, of
        return self._cancelled is not None

    async def answer(self, group: int, answer: dict[str, Any], saved: dict[str, Any] | None) -> None:
        """Take a group's answer; `saved` are the fields of the `restore` that goes on from here, where that was saved."""
        async with self._wake:
            self._check(group)
            if self._request is not None:
                self._remember(self._request, saved, good="ok" in answer)
                self._settle(answer)

    async def lost(self, what: str) -> None:
        """Hear that the group is lost."""
        async with self._wake:
            self._taken = False
            self._heard.said.append(what)
            self._give_up()

    def _give_up(self) -> None:
        if self._cancelled is not None and self._request is not None and not self._taken:
            self._settle(self._cancelled)

    def _check(self, group: int) -> None:
        if group != self._group:
            raise RuntimeError(NO_LONGER)

    def _settle(self, answer: dict[str, Any]) -> None:
        self._request = None
        self._heard.answer = answer
        self._wake.notify_all()

    def _remember(self, request: Request, saved: dict[str, Any] | None, *, good: bool) -> None:
        operation, _ = request
        if operation == "open":
            self._history = [request] if good else []
        elif not good:
            return
        elif operation == "reinforce":
            self._history.append(request)
        elif operation == "restore":
            self._history = [self._history[0], request]
        elif saved is not None:
            # Put here, for what a worker puts goes with it.
            self._history = [self._history[0], ("restore", [ray.put(saved)])]


class Losses(UserCallback):
    """Ray Train tells what befell a group, where its controller runs."""

    def __init__(self, mailbox: Any) -> None:
        """Take whom to tell."""
        self._mailbox = mailbox

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:  # noqa: ARG002, D102
        # One that is dead makes those fail that add up with it.
        rank, error = min(worker_exceptions.items(), key=lambda item: not isinstance(item[1], RayActorError))
        self._mailbox.lost.remote(f"Worker {rank} was lost: {last_line(error)}")
