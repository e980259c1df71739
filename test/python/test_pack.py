"""Which rows stand together."""

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from policy.memory import Room
from policy.pack import Context, packs


@pytest.fixture(scope="module")
def room() -> Room:
    shape = {"vocab_size": 64, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    return Room(Qwen2ForCausalLM(Qwen2Config(**shape, num_key_value_heads=2)), 2**30)


def sizes(room: Room, contexts: list[int], rows: list[tuple[int, int]]) -> list[list[int]]:
    """Give the places of each pack's rows, of contexts and completions of so many tokens."""
    read = {i: Context(torch.ones(length), torch.arange(length)) for i, length in enumerate(contexts)}
    return [pack.places for pack in packs([(owner, torch.ones(length)) for owner, length in rows], read, room.fits(training=True))]


def test_a_context_that_is_long_is_read_once_for_all_its_rows(room: Room) -> None:
    assert room.most_tokens == 128
    assert sizes(room, [1000, 1000], [(0, 20), (1, 20), (0, 20), (1, 20)]) == [[0, 2], [1, 3]]


def test_rows_that_spare_nothing_stand_together_up_to_a_limit(room: Room) -> None:
    assert sizes(room, [4], [(0, 41)] * 6) == [[0, 1, 2], [3, 4, 5]]
    assert sizes(room, [4, 4, 4], [(0, 41), (1, 41), (2, 41)]) == [[0, 1], [2]]
    # Alone where even one is too long.
    assert sizes(room, [4], [(0, 200), (0, 200)]) == [[0], [1]]
