"""Samples completions: each context is read once into a key/value cache, then all rows go on one token at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from transformers import Cache

from policy.cache import roomy_cache
from policy.model import Policy
from policy.pack import Context
from policy.request import Draw, Sampling

# Rows decoded at once, where there is room.
MOST_ROWS = 64
# As many as torch knows.
SEEDS = 2**63
# Told after each token: the tokens that all rows have by now. It may throw, to stop.
Told = Callable[[int], None]


@dataclass
class Writing:
    """A completion being written."""

    ids: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)


@torch.inference_mode()
def generate(
    policy: Policy,
    contexts: Mapping[int, Context],
    rows: Sequence[Draw],
    sampling: Sampling,
    ends: Sequence[int],
    told: Told,
    *,
    most: int = MOST_ROWS,
) -> list[Writing]:
    """Give one completion a row; the last id is one of `ends` unless maxNewTokens cut it.

    Log-probs and entropies (nats) are those at temperature 1 of the full distribution, as the loss needs them. A row's draws depend on
    its seed alone.
    """
    written: list[Writing] = []
    for start in range(0, len(rows), most):
        before = sum(len(writing.ids) for writing in written)
        part = rows[start : start + most]
        written += _decode(policy, contexts, part, sampling, ends, partial(_told_of, told, before))
    return written


def _told_of(told: Told, before: int, tokens: int) -> None:
    told(before + tokens)


def _decode(
    policy: Policy,
    contexts: Mapping[int, Context],
    rows: Sequence[Draw],
    sampling: Sampling,
    ends: Sequence[int],
    told: Told,
) -> list[Writing]:
    owners = sorted({row.context for row in rows})
    belongs = torch.tensor([owners.index(row.context) for row in rows])
    cache = roomy_cache()
    logits, padding = _prefill(policy, [contexts[owner] for owner in owners], cache)
    cache.batch_select_indices(belongs.to(logits.device))
    logits = logits[belongs.to(logits.device)]
    follows = torch.tensor([contexts[row.context].next_position for row in rows])
    padded = padding[belongs]
    uniforms = torch.stack([_uniforms(row.seed, sampling.max_new_tokens) for row in rows])
    written = [Writing() for _ in rows]
    going, made = written, 0
    while True:
        told(made)
        ids = draw(logits, sampling, uniforms[:, len(going[0].ids)]).cpu()
        distribution = logits.log_softmax(-1)
        scores = distribution.gather(1, ids.to(logits.device)[:, None])[:, 0].tolist()
        entropies = torch.special.entr(distribution.exp()).sum(-1).tolist()
        for writing, token, score, entropy in zip(going, ids.tolist(), scores, entropies, strict=True):
            writing.ids.append(token)
            writing.log_probs.append(score)
            writing.entropies.append(entropy)
        made += len(going)
        going_on = [not _done(writing, sampling, ends) for writing in going]
        left = sum(going_on)
        if left == 0:
            return written
        if left < len(going):
            # A row that is done stops computing; the last ones take the places of those before them.
            last = iter([i for i in range(left, len(going)) if going_on[i]])
            keep = [i if going_on[i] else next(last) for i in range(left)]
            cache.batch_select_indices(torch.tensor(keep, device=logits.device))
            going = [going[i] for i in keep]
            ids, follows, padded, uniforms = ids[keep], follows[keep], padded[keep], uniforms[keep]
        embeddings = policy.embed(ids, [])[:, None]
        positions = follows[:, None] if contexts[rows[0].context].positions.dim() == 1 else follows[None, :, None].expand(3, -1, -1)
        sees = (torch.arange(cache.get_seq_length() + 1) >= padded[:, None])[:, None] if padded.any() else None
        logits = policy.logits(embeddings, positions, sees, 1, cache)[:, -1]
        follows = follows + 1


def _prefill(policy: Policy, contexts: Sequence[Context], cache: Cache) -> tuple[Tensor, Tensor]:
    """Read contexts into the cache, padded at their left; give what follows each, [C, V], and how far each is padded, [C]."""
    longest = max(len(context.ids) for context in contexts)
    padding = torch.tensor([longest - len(context.ids) for context in contexts])
    embeddings = torch.stack(
        [
            policy.embed(functional.pad(context.ids, (pad, 0)), [(pad, context)])
            for context, pad in zip(contexts, padding.tolist(), strict=True)
        ]
    )
    positions = torch.stack(
        [functional.pad(context.positions, (pad, 0)) for context, pad in zip(contexts, padding.tolist(), strict=True)],
        -2,
    )
    deeper = policy.deeper([[(pad, context)] for context, pad in zip(contexts, padding.tolist(), strict=True)], longest)
    place = torch.arange(longest)
    # What pads sees itself, so that no row of attention is empty.
    sees = ((place >= padding[:, None])[:, None] & (place <= place[:, None])) | torch.eye(longest, dtype=torch.bool)
    return policy.logits(embeddings, positions, sees, 1, cache, **deeper)[:, -1], padding


def _uniforms(seed: int, count: int) -> Tensor:
    """Give the random numbers of a row, one for each token."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed % SEEDS), dtype=torch.float64)


def _done(writing: Writing, sampling: Sampling, ends: Sequence[int]) -> bool:
    return writing.ids[-1] in ends or len(writing.ids) >= sampling.max_new_tokens


def draw(logits: Tensor, sampling: Sampling, uniform: Tensor) -> Tensor:
    """One token id for each row of logits [B, V] by its random number [B] in [0, 1), as src/training/policy/sampler.ts draws it."""
    if sampling.temperature == 0:
        return logits.argmax(-1)
    weights = ((logits.double() - logits.max(-1, keepdim=True).values) / sampling.temperature).exp()
    order = None
    if sampling.top_k > 0 or sampling.top_p < 1:
        weights, order = weights.sort(dim=-1, descending=True, stable=True)
        if sampling.top_k > 0:
            weights[:, sampling.top_k :] = 0
        # The fewest that reach the share, one at least.
        before = weights.cumsum(-1) - weights
        dropped = before >= sampling.top_p * weights.sum(-1, keepdim=True)
        dropped[:, 0] = False
        weights = weights.masked_fill(dropped, 0)
    reached = weights.cumsum(-1)
    wanted = uniform.to(logits.device)[:, None] * reached[:, -1:]
    last = (reached < reached[:, -1:]).sum(-1, keepdim=True)
    place = torch.minimum(torch.searchsorted(reached, wanted, right=True), last)
    return (place if order is None else order.gather(1, place))[:, 0]
