"""Attention over rows that stand as one sequence: a context sees itself, a completion its context and itself.

Nothing else is computed, as it would be with a mask of all pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
class Batch:
    """Sequences that attend beside each other, by the places of their `tokens` [n, L] and of what these may see, `seen` [n, K].

    Shorter ones are padded at their right with any place. `mask` [n, L, K] says what each token sees: without one, all before it.
    """

    tokens: Tensor
    seen: Tensor
    mask: Tensor | None

    def to(self, device: torch.device) -> "Batch":
        """Give it on a device."""
        return Batch(self.tokens.to(device), self.seen.to(device), None if self.mask is None else self.mask.to(device))


@dataclass(frozen=True)
class Layout:
    """Which of a sequence's S tokens see which: contexts, and completions behind theirs.

    `order` [S] has the place of each among the tokens of all batches.
    """

    batches: list[Batch]
    order: Tensor
    # The layers that attended so.
    attended: set[nn.Module] = field(default_factory=set)

    def to(self, device: torch.device) -> "Layout":
        """Give it on a device."""
        return Layout([batch.to(device) for batch in self.batches], self.order.to(device))


def layout(trees: Sequence[tuple[int, Sequence[int]]]) -> Layout:
    """Lay out contexts of so many tokens, each with its completions of so many behind it."""
    lengths = [length for context, rows in trees for length in (context, *rows)]
    size = sum(lengths)
    spans = iter(torch.split(torch.arange(size), lengths))
    # Contexts alone, and completions with theirs. Those of a batch have lengths of as many bits: padding never doubles one.
    alike: dict[tuple[int, ...], list[tuple[Tensor, ...]]] = {}
    for _, rows in trees:
        context = next(spans)
        own = [next(spans) for _ in rows]
        for parts in [(context,), *((context, part) for part in own if len(part) > 0)]:
            alike.setdefault(tuple(len(part).bit_length() for part in parts), []).append(parts)
    batches: list[Batch] = []
    tokens: list[Tensor] = []
    for sequences in alike.values():
        padded = [pad_sequence(list(parts), batch_first=True, padding_value=size) for parts in zip(*sequences, strict=True)]
        mask = None if len(padded) == 1 else _mask(padded[0] < size, padded[1].shape[1])
        batches.append(Batch(padded[-1].clamp(max=size - 1), torch.cat(padded, 1).clamp(max=size - 1), mask))
        tokens.append(padded[-1].flatten())
    return Layout(batches, torch.cat(tokens).argsort()[:size])


def _mask(context: Tensor, length: int) -> Tensor:
    """What each of so many tokens sees [n, L, P + L]: of its context where the flags [n, P] say so, and what stands before it."""
    itself = torch.ones(length, length, dtype=torch.bool).tril().expand(len(context), -1, -1)
    return torch.cat([context[:, None].expand(-1, length, -1), itself], -1)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, layout: Layout | None = None, **more: Any
) -> tuple[Tensor, None]:
    """Attention [1, S, H, D] of a layout's tokens [1, H, S, D]; without one as transformers has it."""
    if layout is None:
        return cast("tuple[Tensor, None]", sdpa_attention_forward(module, query, key, value, attention_mask, **more))
    # One with a mask of its own would see other things.
    if attention_mask is None:
        layout.attended.add(module)
    parts = [
        sdpa_attention_forward(
            module,
            *(_at(states, places) for states, places in ((query, batch.tokens), (key, batch.seen), (value, batch.seen))),
            None if batch.mask is None else batch.mask[:, None],
            **more,
        )[0]
        for batch in layout.batches
    ]
    return _taken(torch.cat([part.flatten(0, 1) for part in parts]), layout.order)[None], None


def _at(states: Tensor, places: Tensor) -> Tensor:
    """Of states [1, H, S, D] those at places [n, L], as [n, H, L, D]."""
    return _taken(states[0].transpose(0, 1), places).transpose(1, 2)


def _taken(rows: Tensor, places: Tensor) -> Tensor:
    """Rows [S, H, D] at places; an embedding's derivative takes less than an index's."""
    return functional.embedding(places, rows.flatten(1)).view(*places.shape, *rows.shape[1:])


AttentionInterface.register(NAME, attend)


def teach(decoder: PreTrainedModel) -> None:
    """Let a language model's layers attend so, where they attend by torch. Whether they are told of a layout is seen as they do."""
    if decoder.is_backend_compatible() and decoder.config._attn_implementation == "sdpa":  # noqa: SLF001
        decoder.set_attn_implementation(NAME)


def unteach(decoder: PreTrainedModel) -> None:
    """Let them attend as transformers has it again."""
    decoder.set_attn_implementation("sdpa")


def taught(model: PreTrainedModel) -> bool:
    """Whether the language model of `model` attends so; if not, each row must be read alone."""
    return bool(model.config.get_text_config()._attn_implementation == NAME)  # noqa: SLF001
