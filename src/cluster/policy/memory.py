"""How much of a batch is computed at once."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psutil
import torch
from transformers import PreTrainedModel

from policy.attention import taught
from policy.protocol import Fault

if sys.platform != "win32":
    import resource

# Where there is no GPU, and the caller names no number: as the embedded engine has it.
DEFAULT_BYTES = 2**31
# Of what is free on a GPU, the rest being for what is not counted here.
GPU_SHARE = 0.6
# Of the room, below which a part holds one row anyway.
LEAST_SHARE = 2**-10

Result = TypeVar("Result")


@dataclass
class Room:
    """Bytes that a part of a batch may take beside the weights, and what it takes.

    That is counted by the values that a layer and the distribution over the vocabulary hold for each token.
    """

    model: PreTrainedModel
    given: int | None
    checkpointing: bool = False
    share: float = 1.0

    def __post_init__(self) -> None:
        """Read the model's measures."""
        config = self.model.config.get_text_config()
        self.layers: int = config.num_hidden_layers
        self.hidden: int = config.hidden_size
        self.inner: int = getattr(config, "intermediate_size", None) or 4 * self.hidden
        self.vocabulary: int = config.vocab_size

    def bytes(self) -> float:
        """Give what there is now."""
        if self.given is not None:
            return self.given * self.share
        device = self.model.device
        return self.share * (GPU_SHARE * torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else DEFAULT_BYTES)

    def needed(self, read: int, rows: int, longest: int, predicted: int, *, training: bool) -> int:
        """Give the bytes for tokens read, of so many rows, the longest of which has so many with its context, and for tokens predicted."""
        # A row's keys and values stand for themselves in attention, with a mask for its tokens.
        layer = read * (12 * self.hidden + 6 * self.inner) + rows * longest * 2 * self.hidden + predicted * longest
        if training:
            layer = read * self.hidden * self.layers + layer if self.checkpointing else layer * self.layers
        distribution = 4 * 4 * self.vocabulary * predicted
        width: int = self.model.dtype.itemsize
        return layer * width + distribution

    def fits(self, *, training: bool) -> Callable[[int, int, int, int], bool]:
        """Whether what `needed` takes may stand in one part, by what there is now; for some models each row stands alone."""
        have = self.bytes()
        return lambda *part: taught(self.model) and self.needed(*part, training=training) <= have

    def checkpoint(self) -> None:
        """Let layers be computed again in the backward pass instead of being kept."""
        self.checkpointing = True
        if not self.model.supports_gradient_checkpointing:
            return
        self.model.activation_checkpointing_enable()
        # Only what asks whether it trains in order to be computed again is told so: there is no dropout.
        for module in self.model.modules():
            if getattr(module, "gradient_checkpointing", False):
                module.training = True

    def within(self, work: Callable[[], Result], *, training: bool) -> Result:
        """Do `work` with less at once for as long as it does not fit. Throws "memory" when nothing helps."""
        while True:
            try:
                return work()
            except RuntimeError as error:
                said = str(error).split(". ")[0]
                if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in said:
                    raise
            # Outside of the handler, whose error holds on to the tensors of the failed try.
            torch.cuda.empty_cache()
            if training and not self.checkpointing:
                self.checkpoint()
            elif self.share > LEAST_SHARE:
                self.share /= 2
            else:
                raise Fault("memory", f"One completion does not fit: {said}. Take shorter ones, a smaller policy or more memory")


def total_bytes(device: torch.device) -> int:
    """Give the memory that a device has in all."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(psutil.virtual_memory().total)


def used_bytes(device: torch.device) -> tuple[int, int]:
    """Give what is used of a GPU's memory, or what this process uses, and the most that was."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device), torch.cuda.max_memory_allocated(device)
    used = psutil.Process().memory_info()
    if sys.platform == "win32":
        return used.rss, used.peak_wset
    # In KiB, but on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return used.rss, max(peak, used.rss)
