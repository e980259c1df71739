"""Attention over rows that stand as one sequence: a context sees itself, a completion its context and itself.

Nothing else is computed, as it would be with a mask of all pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward

# By this name a model's configuration asks for it.
NAME = "rows"


@dataclass(frozen=True)
class Layout:
    """Which of a sequence's S tokens see which, by their places in it; shorter ones are padded at their right with any place.

    `contexts` [C, P]; `completions` [R, L], and `seen` [R, P + L]: a completion's context, then itself, of which `mask` [R, L, P + L] says
    what each token sees. `order` [S] has each token's place among those of all contexts, then of all completions.
    """

    contexts: Tensor
    completions: Tensor
    seen: Tensor
    mask: Tensor
    order: Tensor

    def to(self, device: torch.device) -> "Layout":
        """Give it on a device."""
        return Layout(**{name: places.to(device) for name, places in vars(self).items()})


def layout(trees: Sequence[tuple[int, Sequence[int]]]) -> Layout:
    """Lay out contexts of so many tokens, each with its completions of so many behind it."""
    lengths = [length for context, rows in trees for length in (context, *rows)]
    size = sum(lengths)
    spans = iter(torch.split(torch.arange(size), lengths))
    contexts: list[Tensor] = []
    completions: list[Tensor] = []
    owners: list[int] = []
    for tree, (_, rows) in enumerate(trees):
        contexts.append(next(spans))
        completions += [next(spans) for _ in rows]
        owners += [tree] * len(rows)
    padded = pad_sequence(contexts, batch_first=True, padding_value=size)
    own = pad_sequence(completions, batch_first=True, padding_value=size)
    before = padded[owners]
    length = own.shape[1]
    itself = torch.ones(length, length, dtype=torch.bool).tril().expand(len(own), -1, -1)
    mask = torch.cat([(before < size)[:, None].expand(-1, length, -1), itself], -1)
    order = torch.cat([padded.flatten(), own.flatten()]).argsort()[:size]
    padded, own, seen = (places.clamp(max=size - 1) for places in (padded, own, torch.cat([before, own], 1)))
    return Layout(padded, own, seen, mask, order)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, layout: Layout | None = None, **more: Any
) -> tuple[Tensor, None]:
    """Attention [1, S, H, D] of a layout's tokens [1, H, S, D]; without one as transformers has it."""
    if layout is None:
        return cast("tuple[Tensor, None]", sdpa_attention_forward(module, query, key, value, attention_mask, **more))
    parts = [sdpa_attention_forward(module, *(_at(states, layout.contexts) for states in (query, key, value)), None, **more)[0]]
    if layout.completions.shape[1]:
        states = _at(query, layout.completions), _at(key, layout.seen), _at(value, layout.seen)
        parts.append(sdpa_attention_forward(module, *states, layout.mask[:, None], **more)[0])
    return _taken(torch.cat([part.flatten(0, 1) for part in parts]), layout.order)[None], None


def _at(states: Tensor, places: Tensor) -> Tensor:
    """Of states [1, H, S, D] those at places [n, L], as [n, H, L, D]."""
    return _taken(states[0].transpose(0, 1), places).transpose(1, 2)


def _taken(rows: Tensor, places: Tensor) -> Tensor:
    """Rows [S, H, D] at places; an embedding's derivative takes less than an index's."""
    return functional.embedding(places, rows.flatten(1)).view(*places.shape, *rows.shape[1:])


AttentionInterface.register(NAME, attend)


def teach(decoder: PreTrainedModel) -> None:
    """Let a language model's layers attend so, where they attend by torch and hand on what their model is given."""
    if decoder.is_backend_compatible() and decoder.config._attn_implementation == "sdpa":  # noqa: SLF001
        decoder.set_attn_implementation(NAME)


def taught(model: PreTrainedModel) -> bool:
    """Whether the language model of `model` attends so; if not, each row must be read alone."""
    return bool(model.config.get_text_config()._attn_implementation == NAME)  # noqa: SLF001
