"""Rows as one sequence: each context once, and behind it all its completions, of which each sees its context and itself alone.

So a group shares its prompt, nothing is padded, and a batch is split where it must be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from policy.attention import Layout, layout


@dataclass(frozen=True)
class Context:
    """What stands before a completion.

    Token `ids` [P], any where something seen or heard stands; `positions` [P], or [3, P] of multimodal RoPE; the `places` [k] of what is
    seen or heard.
    """

    ids: Tensor
    positions: Tensor
    places: Tensor | None = None

    @property
    def next_position(self) -> int:
        """The position of a completion's first token."""
        return int(self.positions.max()) + 1


@dataclass
class Pack:
    """Contexts, and the rows of each: their places in the batch, and their completions' ids [L]."""

    contexts: list[Context] = field(default_factory=list)
    rows: list[list[tuple[int, Tensor]]] = field(default_factory=list)

    @property
    def places(self) -> list[int]:
        """The rows' places in the batch, in the order in which the pack has them."""
        return [place for rows in self.rows for place, _ in rows]

    @property
    def targets(self) -> Tensor:
        """The ids [ΣL] of all completions."""
        return torch.cat([ids for rows in self.rows for _, ids in rows])

    def positions(self) -> Tensor:
        """Of every token: [S], or [3, S] of multimodal RoPE. A completion's last token predicts nothing, so it is not there."""
        parts = []
        for context, rows in zip(self.contexts, self.rows, strict=True):
            parts.append(context.positions)
            for _, ids in rows:
                follow = context.next_position + torch.arange(read(ids))
                parts.append(follow.expand(*context.positions.shape[:-1], -1))
        return torch.cat(parts, -1)

    def layout(self) -> Layout:
        """Which token sees which: what stands before it in its own context, and in its own completion."""
        return layout([(len(context.ids), [read(ids) for _, ids in rows]) for context, rows in zip(self.contexts, self.rows, strict=True)])

    def alone(self) -> "list[Pack]":
        """Give each row as a pack of its own, in order."""
        return [Pack([context], [[row]]) for context, rows in zip(self.contexts, self.rows, strict=True) for row in rows]

    def predicting(self) -> Tensor:
        """The places [ΣL] of the tokens that predict the completions' ids: the context's last, then the completion's own."""
        places, start = [], 0
        for context, rows in zip(self.contexts, self.rows, strict=True):
            last = start + len(context.ids) - 1
            start = last + 1
            for _, ids in rows:
                places.append(torch.cat([torch.tensor([last]), torch.arange(start, start + read(ids))])[: len(ids)])
                start += read(ids)
        return torch.cat(places)


def read(ids: Tensor) -> int:
    """How many tokens of a completion are read."""
    return max(len(ids) - 1, 0)


def packs(
    rows: Sequence[tuple[int, Tensor]], contexts: Mapping[int, Context], fits: Callable[[int, int, int, int], bool]
) -> Iterator[Pack]:
    """Give (context's index, ids) rows as packs of those that `fits` lets stand together.

    It is told the tokens read, the rows, the tokens of the longest with its context, and the tokens predicted. A row that does not fit
    stands alone.
    """
    pack, size, longest, predicted, latest = Pack(), 0, 0, 0, -1
    # Rows of a context stand together; the sort is stable.
    for place in sorted(range(len(rows)), key=lambda place: rows[place][0]):
        owner, ids = rows[place]
        alone = len(contexts[owner].ids) + read(ids)
        more = read(ids) if owner == latest else alone
        if pack.rows and not fits(size + more, len(pack.places) + 1, max(longest, alone), predicted + len(ids)):
            yield pack
            pack, size, longest, predicted, latest = Pack(), 0, 0, 0, -1
            more = alone
        if owner != latest:
            pack.contexts.append(contexts[owner])
            pack.rows.append([])
        pack.rows[-1].append((place, ids))
        size, longest, predicted, latest = size + more, max(longest, alone), predicted + len(ids), owner
    if pack.rows:
        yield pack
