"""The loop on the pipe: one request a line on stdin, one answer a line on stdout, in order; a reader thread hears `cancel`."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any, BinaryIO, TextIO

from policy.desk import Desk
from policy.peers import Peers
from policy.protocol import Fault, read
from policy.request import Nothing
from policy.session import Told

# What a Ray job of ours is called, in the environment of its processes (rollout_lab_job).
JOB = "ROLLOUT_LAB_JOB"
# Seconds between two tellings of how far a request is.
PROGRESS_SECONDS = 0.5


@dataclass
class Asked:
    """A request that waits or is worked on."""

    id: Any
    operation: Any
    fields: dict[str, Any]
    fault: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


# Answers a request, tells how far that is, and gives up what is cancelled.
Work = Callable[[Asked, Told], dict[str, Any]]


class Service:
    """Answers requests until there are no more, or one says `close`."""

    def __init__(self, requests: BinaryIO, answers: TextIO, work: Work) -> None:
        """Take the pipe's two ends."""
        self._requests = requests
        self._answers = answers
        self._work = work
        self._waiting: Queue[Asked | None] = Queue()
        self._open: dict[Any, Asked] = {}

    def serve(self) -> None:
        """Work on one request at a time, in order."""
        threading.Thread(target=self._listen, daemon=True).start()
        while (asked := self._waiting.get()) is not None:
            self._say(asked.id, self._answer(asked))
            self._open.pop(asked.id, None)
            if asked.operation == "close":
                return

    def _listen(self) -> None:
        for line in self._requests:
            if not line.strip():
                continue
            asked = _parsed(line)
            if asked.operation != "cancel":
                self._open[asked.id] = asked
                self._waiting.put(asked)
            elif asked.id in self._open:
                self._open[asked.id].cancelled.set()
        self._waiting.put(None)

    def _answer(self, asked: Asked) -> dict[str, Any]:
        said = 0.0

        def told(done: int, of: int) -> None:
            nonlocal said
            if time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                self._say(asked.id, {"progress": {"done": done, "of": of}})

        if asked.fault is not None:
            return Fault("bad request", asked.fault).answer()
        if asked.cancelled.is_set():
            return Fault("cancelled", "Cancelled before it began.").answer()
        if asked.operation == "close":
            return _closed(asked)
        return self._work(asked, told)

    def _say(self, number: Any, what: dict[str, Any]) -> None:
        self._answers.write(json.dumps({"id": number, **what}, allow_nan=False) + "\n")
        self._answers.flush()


def _parsed(line: bytes) -> Asked:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Asked(None, None, {}, f"the line is not JSON: {error}")
    if not isinstance(request, dict) or not isinstance(request.get("id"), int | str):
        return Asked(None, None, {}, "the line is not an object with an id")
    return Asked(request.pop("id"), request.pop("op", None), request)


def _closed(asked: Asked) -> dict[str, Any]:
    try:
        read(Nothing, asked.fields)
    except Fault as fault:
        return fault.answer()
    return {"ok": {}}


def alone() -> Work:
    """Give what answers in this process."""
    desk = Desk(Peers())

    def work(asked: Asked, told: Told) -> dict[str, Any]:
        def going(done: int, of: int) -> None:
            if asked.cancelled.is_set():
                raise Fault("cancelled", f"Cancelled at {done} of {of}.")
            told(done, of)

        return desk.answer(asked.operation, asked.fields, going)

    return work


def pipe() -> TextIO:
    """Give the pipe that answers go to. What anything else prints goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def outlive_the_job() -> None:
    """In a Ray job, end with the pipe alone: Ray stops a job by a signal to all of its processes, and the loop has still to save."""
    if JOB in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main() -> None:
    """Serve this process's pipe."""
    answers = pipe()
    outlive_the_job()
    code = 0
    try:
        Service(sys.stdin.buffer, answers, alone()).serve()
    except BrokenPipeError:
        # Who asked is gone.
        code = 1
    # At once: the reader thread waits on stdin, and the interpreter's own end would abort for it.
    os._exit(code)
