"""The sample's policy: a text model behind soft tokens of a clip (`audio_visual_prefix` in config.json, weights `prefix.*`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from policy.model import Policy
from policy.pack import Context
from policy.protocol import Fault
from policy.request import AnyContext, TokenContext


@dataclass(frozen=True, kw_only=True)
class SlotContext(Context):
    """Slots come first, then the prompt's tokens."""

    frames: Tensor
    mels: Tensor


class Sense(nn.Module):
    """Soft tokens [n, D] of frames or of sounds [n, values]: linear plus perceptron."""

    def __init__(self, values: int, inner: int, hidden: int) -> None:
        """Make weights to load."""
        super().__init__()
        self.linear = nn.Linear(values, hidden, bias=False)
        self.up = nn.Linear(values, inner)
        self.down = nn.Linear(inner, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Take x [n, values]."""
        return cast("Tensor", self.linear(x) + self.down(functional.gelu(self.up(x))))


class Prefix(nn.Module):
    """What src/training/policy/decoder.ts makes of a clip's slots."""

    def __init__(self, hidden: int, asked: dict[str, Any]) -> None:
        """Take config.json's audio_visual_prefix."""
        super().__init__()
        self.slots: int = asked["max_slots"]
        self.frame = Sense(asked["frame_values"], asked.get("frame_hidden", 96), hidden)
        self.mel = Sense(asked["mel_bands"], asked.get("mel_hidden", 64), hidden)
        self.time = nn.Embedding(self.slots, hidden)
        # A slot's time is a learned embedding, plus that of its second's own number token.
        seconds = asked.get("second_token_ids")
        rate = asked["slots_per_second"]
        self.seconds = seconds and [seconds[min(int(slot / rate), len(seconds) - 1)] for slot in range(self.slots)]

    def forward(self, frames: Tensor, mels: Tensor, words: nn.Module) -> Tensor:
        """Soft tokens [slots, D]; `words` embeds token ids."""
        slots = len(frames)
        soft = self.frame(frames) + self.mel(mels) + self.time.weight[:slots]
        if self.seconds:
            soft = soft + words(torch.tensor(self.seconds[:slots], device=soft.device))
        return cast("Tensor", soft)


class SamplePolicy(Policy):
    """A policy that sees and hears through a prefix, which trains with all the other weights."""

    kind: ClassVar[str] = "sample"

    def load(self, folder: Path) -> PreTrainedModel:
        """Load the decoder, and the prefix beside it as its module `prefix`."""
        model = super().load(folder)
        try:
            prefix = Prefix(self.config.get_text_config().hidden_size, self.config.audio_visual_prefix)
        except (KeyError, TypeError) as error:
            raise Fault("policy", f"{folder / 'config.json'}: audio_visual_prefix is not whole: {error}") from error
        weights: dict[str, Tensor] = {}
        for file in sorted(folder.glob("model*.safetensors")):
            with safe_open(file, framework="pt") as opened:
                names = [name for name in opened.keys() if name.startswith("prefix.")]  # noqa: SIM118
                weights |= {name.removeprefix("prefix."): opened.get_tensor(name) for name in names}
        try:
            prefix.load_state_dict(weights)
        except RuntimeError as error:
            raise Fault("policy", f"{folder}: {' '.join(str(error).split())}") from error
        model.prefix = prefix.to(model.device, model.dtype).requires_grad_(requires_grad=False)
        return model

    def context(self, asked: AnyContext, path: str) -> Context:
        """Put a clip's slots before the tokens."""
        if not isinstance(asked, TokenContext):
            raise Fault("bad request", f"{path} has a text, this policy takes ids")
        ids = self.ids(asked.ids, f"{path}.ids")
        if asked.prefix is None:
            return Context(ids, torch.arange(len(ids)))
        frames, mels = asked.prefix.frames, asked.prefix.mels
        about = self.config.audio_visual_prefix
        slots = len(frames) if frames.dim() else 0
        for name, given, width in (("frames", frames, about["frame_values"]), ("mels", mels, about["mel_bands"])):
            if list(given.shape) != [slots, width]:
                raise Fault("bad request", f"{path}.prefix.{name} is of shape {list(given.shape)}, not {[slots, width]}")
        if slots > about["max_slots"]:
            raise Fault("bad request", f"{path}.prefix has {slots} slots; the policy reads at most {about['max_slots']}")
        ids = torch.cat([torch.zeros(slots, dtype=torch.long), ids])
        return SlotContext(ids, torch.arange(len(ids)), torch.arange(slots), frames=frames, mels=mels)

    def soft(self, context: Context) -> Tensor | None:
        """Give a clip's soft tokens, with their gradient where the prefix trains."""
        if not isinstance(context, SlotContext):
            return None
        prefix = cast("Prefix", self.model.prefix)
        like = prefix.time.weight
        return cast("Tensor", prefix(context.frames.to(like), context.mels.to(like), self.model.get_input_embeddings()))
