"""Rows as one sequence: each context once, and behind it all its completions, of which each sees its context and itself alone.

So a group shares its prompt, nothing is padded, and a batch is split where it must be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


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

    def mask(self) -> Tensor:
        """Whether a token [S] sees another [S]: what stands before it in its own context, and in its own completion."""
        trees, owners = [], []
        for tree, (context, rows) in enumerate(zip(self.contexts, self.rows, strict=True)):
            lengths = [len(context.ids), *(read(ids) for _, ids in rows)]
            trees.append(torch.full((sum(lengths),), tree))
            owners.append(torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths)))
        whose, owner = torch.cat(trees), torch.cat(owners)
        mine = (owner[:, None] == owner) | (owner == 0)
        return ((whose[:, None] == whose) & mine).tril()

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


def packs(rows: Sequence[tuple[int, Tensor]], contexts: Mapping[int, Context], fits: Callable[[int, int, bool], bool]) -> Iterator[Pack]:
    """Give (context's index, ids) rows as packs of those that `fits` lets stand together.

    It is told the tokens read, those predicted, and whether a row that shares its context spares more than it costs. A row that does not
    fit stands alone.
    """
    pack, size, predicted, latest = Pack(), 0, 0, -1
    # Rows of a context stand together; the sort is stable.
    for place in sorted(range(len(rows)), key=lambda place: rows[place][0]):
        owner, ids = rows[place]
        context = len(contexts[owner].ids)
        more = read(ids) + (0 if owner == latest else context)
        # Attention's mask lets a pack's tokens look at nothing else, but the pairs are computed: of the new ones each with all others and
        # back, but for the context that it sees. Alone, it would read its context again: every pair of it.
        spares = owner == latest and read(ids) * (2 * size - context) <= context * context
        if pack.rows and not fits(size + more, predicted + len(ids), spares):
            yield pack
            pack, size, predicted, latest = Pack(), 0, 0, -1
            more = read(ids) + context
        if owner != latest:
            pack.contexts.append(contexts[owner])
            pack.rows.append([])
        pack.rows[-1].append((place, ids))
        size, predicted, latest = size + more, predicted + len(ids), owner
    if pack.rows:
        yield pack
