"""The keys and values behind which completions are written."""

from typing import Any

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import DynamicLayer

# Tokens that there is room for before all is copied again.
MORE = 128


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """A layer's keys and values [B, H, S, D] at the start of tensors with room behind them.

    transformers' own copies all that was read at every token: two fifths of the time that a small policy generates.
    """

    keys: Tensor
    values: Tensor
    rooms: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Write the keys and values of the next tokens [B, H, s, D]; give all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        read = self.get_seq_length()
        size = read + key_states.shape[-2]
        if self.rooms is None or self.rooms[0].shape[-2] < size:
            self.rooms = (_room(self.keys, key_states, read, size), _room(self.values, value_states, read, size))
        keys, values = (room[..., :size, :] for room in self.rooms)
        keys[..., read:, :] = key_states
        values[..., read:, :] = value_states
        self.keys, self.values = keys, values
        return keys, values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows alone, or one of them several times. Of fewer rows only those that move are copied."""
        if self.rooms is None or len(indices) > len(self.keys):
            super().batch_select_indices(indices)
            self.rooms = None
            return
        read = self.get_seq_length()
        moved = (indices != torch.arange(len(indices), device=indices.device)).nonzero()[:, 0]
        for room in self.rooms:
            room[moved, :, :read] = room[indices[moved], :, :read]
        self.rooms = self.rooms[0][: len(indices)], self.rooms[1][: len(indices)]
        self.keys, self.values = (room[..., :read, :] for room in self.rooms)


def _room(held: Tensor, new: Tensor, read: int, size: int) -> Tensor:
    room = new.new_empty(*new.shape[:-2], size + MORE, new.shape[-1])
    if read > 0:
        room[..., :read, :] = held
    return room


def roomy_cache() -> Cache:
    """Give an empty cache, whose layers come as a model asks for them."""
    return Cache(layer_class_to_replicate=RoomyLayer)
