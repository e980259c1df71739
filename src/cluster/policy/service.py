"""The loop on the pipe: one request a line on stdin, one answer a line on stdout, in order; a reader thread hears `cancel`."""

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any, BinaryIO, TextIO

from policy.protocol import Fault, read
from policy.request import Generate, LogProbs, Nothing, Open, Reinforce, Restore, Save
from policy.session import Session

# Seconds between two tellings of how far a request is.
PROGRESS_SECONDS = 0.5
# Lines of a traceback that an answer tells.
TRACEBACK_LINES = 6

_operations: dict[str, tuple[type[Any], Callable[[Session, Any, Any], dict[str, Any]]]] = {
    "generate": (Generate, Session.generate),
    "logProbs": (LogProbs, Session.log_probs),
    "reinforce": (Reinforce, Session.reinforce),
    "save": (Save, Session.save),
    "restore": (Restore, Session.restore),
    "about": (Nothing, Session.about),
}


@dataclass
class Asked:
    """A request that waits or is worked on."""

    id: Any
    operation: Any
    fields: dict[str, Any]
    fault: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


class Service:
    """Answers requests until there are no more, or one says `close`."""

    def __init__(self, requests: BinaryIO, answers: TextIO) -> None:
        """Take the pipe's two ends."""
        self._requests = requests
        self._answers = answers
        self._session: Session | None = None
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
        try:
            return {"ok": self._work(asked)}
        except Fault as fault:
            return {"error": {"kind": fault.kind, "message": str(fault), **fault.more}}
        except MemoryError:
            return {"error": {"kind": "memory", "message": "This machine has no memory left: take fewer rows at once"}}
        except Exception:  # noqa: BLE001  Whatever it is, the service goes on.
            lines = traceback.format_exc().splitlines()[-TRACEBACK_LINES:]
            return {"error": {"kind": "fault", "message": "\n".join(lines)}}

    def _work(self, asked: Asked) -> dict[str, Any]:
        if asked.fault is not None:
            raise Fault("bad request", asked.fault)
        said = 0.0

        def told(done: int, of: int) -> None:
            nonlocal said
            if asked.cancelled.is_set():
                raise Fault("cancelled", f"Cancelled at {done} of {of}.")
            if time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                self._say(asked.id, {"progress": {"done": done, "of": of}})

        if asked.cancelled.is_set():
            raise Fault("cancelled", "Cancelled before it began.")
        if asked.operation == "close":
            read(Nothing, asked.fields)
            return {}
        if asked.operation == "open":
            wanted = read(Open, asked.fields)
            # The one before makes place first.
            self._session = None
            self._session = Session(wanted)
            return self._session.opened()
        if asked.operation not in _operations:
            raise Fault("bad request", f"op is {asked.operation!r}, not one of open, {', '.join(_operations)}, close")
        kind, operation = _operations[asked.operation]
        wanted = read(kind, asked.fields)
        if self._session is None:
            raise Fault("bad request", f"{asked.operation} before open: no policy is there")
        return operation(self._session, wanted, told)

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


def main() -> None:
    """Serve this process's pipe. What anything else prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    code = 0
    try:
        Service(sys.stdin.buffer, answers).serve()
    except BrokenPipeError:
        # Who asked is gone.
        code = 1
    # At once: the reader thread waits on stdin, and the interpreter's own end would abort for it.
    os._exit(code)
