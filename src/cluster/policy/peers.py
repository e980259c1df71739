"""The workers that hold the same policy and share its work: one alone, or those of a torch process group."""

import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from policy.protocol import Fault
from policy.request import Completion, Draw

# Lines of a traceback that an answer tells.
TRACEBACK_LINES = 6

Result = TypeVar("Result")


class Lost(Exception):
    """Another worker is gone, or this one is no longer like the others: none of them can go on."""


class Peers:
    """A worker that is alone."""

    rank: int = 0
    size: int = 1

    def each(self, work: Callable[[], Result]) -> list[Result]:
        """Let every worker do its part, and give what came of each, by rank. If one's part throws, all throw the same Fault."""
        return [work()]

    def add(self, weights: Sequence[nn.Parameter]) -> None:
        """Let each weight's gradient be the sum of all workers'."""

    def align(self, weights: Iterable[nn.Parameter]) -> None:
        """Let weights be those of rank 0."""

    def spread(self, rows: Sequence[Draw | Completion], work: Callable[[list[int]], list[Result]]) -> list[Result]:
        """Let every worker do its places of `rows`, and give what came of each row, in order."""
        shares = shared(rows, self.size)
        found: list[Any] = [None] * len(rows)
        for share, part in zip(shares, self.each(lambda: work(shares[self.rank])), strict=True):
            for place, result in zip(share, part, strict=True):
                found[place] = result
        return found


class Group(Peers):
    """A worker of torch's process group, in which every one does the same in the same order."""

    def __init__(self) -> None:
        """Read the group that was begun; objects go by a group of their own, on the CPU."""
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._objects = dist.new_group(backend="gloo")

    def each(self, work: Callable[[], Result]) -> list[Result]:  # noqa: D102
        outcome: tuple[Fault | None, Any]
        try:
            outcome = None, work()
        except Lost:
            raise
        except Exception as error:  # noqa: BLE001  Whatever it is, the others must hear of it.
            outcome = as_fault(error), None
        outcomes: list[Any] = [None] * self.size
        try:
            dist.all_gather_object(outcomes, outcome, group=self._objects)
        except RuntimeError as error:
            raise Lost(str(error)) from error
        for fault, _ in outcomes:
            if fault is not None:
                raise fault
        return [result for _, result in outcomes]

    def add(self, weights: Sequence[nn.Parameter]) -> None:  # noqa: D102
        if self.size == 1:
            return
        # What no worker's part reached has no gradient, as with one worker.
        reached = torch.tensor([float(weight.grad is not None) for weight in weights], device=weights[0].device)
        self._reduce([reached])
        gradients = []
        for weight, workers in zip(weights, reached.tolist(), strict=True):
            if workers == 0:
                continue
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            gradients.append(weight.grad)
        self._reduce(gradients)

    def _reduce(self, tensors: Sequence[Tensor]) -> None:
        try:
            for pending in [dist.all_reduce(tensor, async_op=True) for tensor in tensors]:
                pending.wait()
        except RuntimeError as error:
            raise Lost(str(error)) from error

    def align(self, weights: Iterable[nn.Parameter]) -> None:  # noqa: D102
        try:
            for weight in weights:
                dist.broadcast(weight.data, 0)
        except RuntimeError as error:
            raise Lost(str(error)) from error


def as_fault(error: Exception) -> Fault:
    """Give what an answer says of an error."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, MemoryError):
        return Fault("memory", "This machine has no memory left: take fewer rows at once")
    lines = "".join(traceback.format_exception(error)).splitlines()
    return Fault("fault", "\n".join(lines[-TRACEBACK_LINES:]))


def last_line(error: BaseException) -> str:
    """Give what says most of an error that holds others' tracebacks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def shared(rows: Sequence[Draw | Completion], workers: int) -> list[list[int]]:
    """Give each worker its places of `rows`, in order: as many tokens or draws as the others, and the rows of a context together.

    Only what stands at the border of two shares has its context in both.
    """
    order = sorted(range(len(rows)), key=lambda place: rows[place].context)
    sizes = [len(row.ids) if isinstance(row, Completion) else 1 for row in rows]
    whole = max(sum(sizes), 1)
    shares: list[list[int]] = [[] for _ in range(workers)]
    before = 0
    for place in order:
        # By where its middle lies.
        shares[min((2 * before + sizes[place]) * workers // (2 * whole), workers - 1)].append(place)
        before += sizes[place]
    return [sorted(share) for share in shares]
