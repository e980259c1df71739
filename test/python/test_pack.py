"""Which rows stand together."""

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from policy.attention import NAME, attend, layout
from policy.memory import Room
from policy.pack import Context, packs


@pytest.fixture(scope="module")
def room() -> Room:
    shape = {"vocab_size": 64, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    return Room(Qwen2ForCausalLM(Qwen2Config(**shape, num_key_value_heads=2, attn_implementation=NAME)), 2**30)


def sizes(room: Room, contexts: list[int], rows: list[tuple[int, int]]) -> list[list[int]]:
    """Give the places of each pack's rows, of contexts and completions of so many tokens."""
    read = {i: Context(torch.ones(length), torch.arange(length)) for i, length in enumerate(contexts)}
    return [pack.places for pack in packs([(owner, torch.ones(length)) for owner, length in rows], read, room.fits(training=True))]


def test_rows_stand_together_as_far_as_they_fit(room: Room) -> None:
    assert sizes(room, [1000, 1000], [(0, 20), (1, 20), (0, 20), (1, 20)]) == [[0, 2, 1, 3]]
    alone = room.needed(1000 + 19, 1, 1000 + 19, 20, training=True)
    both = room.needed(1000 + 2 * 19, 2, 1000 + 19, 2 * 20, training=True)
    for given, expected in ((alone, [[0], [2], [1], [3]]), (both, [[0, 2], [1, 3]])):
        less = Room(room.model, given)
        assert sizes(less, [1000, 1000], [(0, 20), (1, 20), (0, 20), (1, 20)]) == expected
    # Alone where even one does not fit.
    assert sizes(Room(room.model, 1), [4], [(0, 200), (0, 200)]) == [[0], [1]]


def test_a_token_sees_what_stands_before_it_in_its_context_and_its_completion() -> None:
    random = torch.Generator().manual_seed(6)
    trees = [(3, [2, 0, 4]), (5, [1]), (1, [3, 3])]
    lengths = [length for context, rows in trees for length in (context, *rows)]
    tree = torch.tensor([i for i, (context, rows) in enumerate(trees) for _ in range(context + sum(rows))])
    piece = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))
    context = torch.tensor([part for own, rows in trees for part, length in ((1, own), (0, sum(rows))) for _ in range(length)])
    sees = ((tree[:, None] == tree) & ((piece[:, None] == piece) | (context == 1))).tril()
    states = [torch.randn(1, heads, len(tree), 4, generator=random, requires_grad=True) for heads in (4, 2, 2)]
    query, key, value = states
    module = torch.nn.Module()
    module.num_key_value_groups = 2  # type: ignore[assignment]
    expected = sdpa_attention_forward(module, *states, sees[None, None])[0]
    found = attend(module, query, key, value, None, layout(trees))[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    weights = torch.randn(expected.shape, generator=random)
    gradients = [torch.autograd.grad((made * weights).sum(), states) for made in (found, expected)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    # Completions of one token are predicted by their contexts: nothing of them is read.
    short = attend(module, query, key, value, None, layout([(12, [0, 0]), (len(tree) - 12, [])]))[0]
    assert short.shape == expected.shape


def test_a_long_row_pads_no_short_one() -> None:
    placed = layout([(8, [500, *[3] * 31]), (300, [4])])
    size = len(placed.order)
    assert sum(batch.tokens.numel() for batch in placed.batches) < 2 * size
    assert sum(batch.mask.numel() for batch in placed.batches if batch.mask is not None) < 500 * 508 + 4 * size * 20
