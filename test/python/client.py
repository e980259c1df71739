"""A client of the policy service: it says JSON lines and reads the answers."""

from __future__ import annotations

import base64
import json
import math
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import torch

from policy.protocol import encoded
from policy.service import Service, alone

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "test" / "golden"
SAMPLE = ROOT / "media" / "sample"


def _refused(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


class ErrorAnswer(Exception):
    """An answer that is an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error
        self.kind = error["kind"]


class Client:
    """One end of a service's pipe."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self.requests, self.answers = requests, answers
        self.count = 0
        self.progress: list[dict[str, Any]] = []

    def send(self, op: str, **fields: Any) -> int:
        """Ask, and give the request's number."""
        self.count += 1
        self.line(json.dumps({"id": self.count, "op": op, **fields}))
        return self.count

    def line(self, text: str) -> None:
        """Say a line as it is."""
        self.requests.write(text + "\n")
        self.requests.flush()

    def hear(self) -> dict[str, Any]:
        """Give the next line, whatever it is."""
        answer: dict[str, Any] = json.loads(self.answers.readline(), parse_constant=_refused)
        return answer

    def answer(self) -> dict[str, Any]:
        """Give the next answer; throw when it is an error."""
        while "progress" in (answer := self.hear()):
            self.progress.append(answer)
        if "error" in answer:
            raise ErrorAnswer(answer["error"])
        ok: dict[str, Any] = answer["ok"]
        return ok

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Ask and give the answer."""
        self.send(op, **fields)
        return self.answer()

    def open(self, policy: Path | str, **fields: Any) -> dict[str, Any]:
        """Open a policy with settings that a test may change."""
        optimiser = {"weightDecay": 0, "beta2": 0.999, "maxGradNorm": 1}
        asked = {"adapter": None, "lora": None, "seed": 1, "optimiser": optimiser, "device": "cpu", "threads": 1, "memory": None}
        return self.ask("open", policy=str(policy), **{**asked, **fields})


@contextmanager
def local() -> Iterator[Client]:
    """Serve in a thread of this process, on real pipes."""
    requests, ask = os.pipe()
    hear, answers = os.pipe()

    def serve() -> None:
        with os.fdopen(requests, "rb") as asked, os.fdopen(answers, "w") as said:
            Service(asked, said, alone()).serve()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with os.fdopen(hear) as heard:
        with os.fdopen(ask, "w") as said:
            yield Client(said, heard)
        thread.join()


def floats(values: Any) -> dict[str, Any]:
    """Give an array of float32 as the pipe has it."""
    return encoded(torch.tensor(values, dtype=torch.float32))


def whole(values: Any) -> dict[str, Any]:
    """Give an array of int32 as the pipe has it."""
    return encoded(torch.tensor(values, dtype=torch.int32))


def decoded(array: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Read an array of the pipe."""
    values = np.frombuffer(base64.b64decode(array["data"]), {"f32": "<f4", "i32": "<i4"}[array["dtype"]])
    assert math.prod(array["shape"]) == values.size
    return values.reshape(array["shape"])


def golden(name: str) -> Any:
    """Read test/golden/NAME."""
    return json.loads((GOLDEN / name).read_text("utf-8"))


def context(row: dict[str, Any]) -> dict[str, Any]:
    """Give the context of a golden row."""
    prefix = row.get("prefix")
    slots = prefix and {name: floats(torch.tensor(prefix[name]).view(prefix["slots"], -1).tolist()) for name in ("frames", "mels")}
    return {"ids": whole(row["promptIds"]), "prefix": slots}


def rollout(place: int, row: dict[str, Any]) -> dict[str, Any]:
    """Give a golden row as `reinforce` takes it."""
    return {
        "context": place,
        "ids": whole(row["completionIds"]),
        "weights": floats(row["weights"]),
        "advantage": row["advantage"],
        "old": floats(row["oldLogProbs"]),
        "ref": row["refLogProbs"] and floats(row["refLogProbs"]),
        "dualClip": row.get("dualClip"),
    }
