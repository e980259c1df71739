"""Models that see and hear: the thinkers of Qwen2.5-Omni and Qwen3-Omni, and Qwen2.5-VL, which is deaf. Their adapters train."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
import transformers
from torch import Tensor
from transformers import AutoProcessor, PreTrainedConfig, PreTrainedModel

from policy.clip import Seen, read_clip
from policy.model import Placement, Policy, first_line, loaded
from policy.pack import Context
from policy.protocol import Fault
from policy.request import AnyContext, Clip, TextContext

if TYPE_CHECKING:
    from collections.abc import Callable

# Contexts whose frozen work is kept.
KEPT_CONTEXTS = 128
# A video's smallest picture: one place of the towers' grid. Without it the processor's own, 100,352 pixels, would be the least.
LEAST_PIXELS = 28 * 28


@dataclass(frozen=True)
class Towers:
    """What the frozen towers give, each [k, D]: of the frames, of the sound, and what is added to the first layers at the frames."""

    video: Tensor
    sound: Tensor | None = None
    deep: tuple[Tensor, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SeenContext(Context):
    """What was seen, then what was heard, as one `seen` [k, D]; `deep` is of the places of what was seen."""

    seen: Tensor
    deep: tuple[Tensor, ...]


class VisionPolicy(Policy):
    """Qwen2.5-VL: text and video."""

    kind: ClassVar[str] = "vl"
    trains_whole: ClassVar[bool] = False
    # The towers have modules of the same names.
    adapted: ClassVar[str | None] = r".*language_model\.layers\.\d+\.(?:self_attn|mlp)\.(?:{})"
    architecture: ClassVar[str] = "Qwen2_5_VLForConditionalGeneration"

    def __init__(self, folder: Path, config: PreTrainedConfig, placement: Placement, *, trains_all: bool) -> None:
        """Load the folder, its processor too."""
        super().__init__(folder, config, placement, trains_all=trains_all)
        try:
            self.processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, TypeError, KeyError, ImportError) as error:
            cure = "save the processor beside the model with save_pretrained"
            raise Fault("policy", f"{folder} has no processor that can be used: {first_line(error)}; {cure}") from error
        self._kept: Callable[..., Context] = lru_cache(KEPT_CONTEXTS)(self._read)

    def load(self, folder: Path) -> PreTrainedModel:
        """Load the towers and the language model."""
        model = loaded(getattr(transformers, self.architecture), folder, self.weights_dtype)
        return cast("PreTrainedModel", model.to(self.placement.device).eval().requires_grad_(requires_grad=False))

    def forward(self, *, keep: Tensor | int, **inputs: Any) -> Tensor:
        """Logits of the language model alone: what is seen and heard is among the embeddings."""
        inner = self.model.model.language_model(**inputs).last_hidden_state
        return cast("Tensor", self.model.lm_head(inner[:, keep if isinstance(keep, Tensor) else slice(-keep, None)]))

    def context(self, asked: AnyContext, path: str) -> Context:
        """Read a text and its clip; the same ones are read once."""
        if not isinstance(asked, TextContext):
            raise Fault("bad request", f"{path} has ids, this policy takes a text")
        clip = asked.clip
        if clip is not None and (clip.frames < 1 or clip.pixels < LEAST_PIXELS):
            raise Fault("bad request", f"{path}.clip asks for {clip.frames} frames of {clip.pixels} pixels")
        try:
            stamp = None if clip is None else Path(clip.path).stat()
            return self._kept(asked.text, clip, stamp and (stamp.st_mtime_ns, stamp.st_size))
        except (OSError, ValueError) as error:
            raise Fault("bad request", f"{path}.clip.path: {clip and clip.path} cannot be read: {first_line(error)}") from error

    @torch.no_grad()
    def _read(self, text: str, clip: Clip | None, _: tuple[int, int] | None) -> Context:
        if clip is None:
            ids = self.processor.tokenizer(text, return_tensors="pt")["input_ids"][0]
            return Context(ids, torch.arange(len(ids)).expand(3, -1))
        inputs = self.inputs(text, read_clip(Path(clip.path), clip.frames), clip.pixels)
        device = self.placement.device
        inputs = {name: value.to(device) if isinstance(value, Tensor) else value for name, value in inputs.items()}
        ids = inputs["input_ids"]
        positions = self.places(inputs)[:, 0].cpu()
        towers = self.towers(inputs)
        config = self.model.config
        parts = [(config.video_token_id, towers.video)]
        if towers.sound is not None:
            parts.append((config.audio_token_id, towers.sound))
        places = torch.cat([(ids[0] == token).nonzero()[:, 0] for token, _ in parts]).cpu()
        seen = torch.cat([features for _, features in parts]).cpu()
        if len(places) != len(seen):
            raise ValueError(f"the text holds {len(places)} places for it, it fills {len(seen)}")
        return SeenContext(ids[0].cpu(), positions, places, seen=seen, deep=tuple(level.cpu() for level in towers.deep))

    def soft(self, context: Context) -> Tensor | None:
        """Give what was seen and heard; no gradient goes to the towers."""
        return context.seen if isinstance(context, SeenContext) else None

    def deeper(self, contexts: list[list[tuple[int, Context]]], length: int) -> dict[str, Any]:
        """Give what Qwen3's language model adds to its first layers (DeepStack, arXiv 2406.04334)."""
        mask = torch.zeros(len(contexts), length, dtype=torch.bool)
        levels: list[tuple[Tensor, ...]] = []
        for row, starts in enumerate(contexts):
            for start, context in starts:
                if isinstance(context, SeenContext) and context.deep and context.places is not None:
                    mask[row, context.places[: len(context.deep[0])] + start] = True
                    levels.append(context.deep)
        if not levels:
            return {}
        return {"visual_pos_masks": mask, "deepstack_visual_embeds": [torch.cat(level) for level in zip(*levels, strict=True)]}

    def inputs(self, text: str, seen: Seen, pixels: int) -> dict[str, Any]:
        """What the processor makes of a text and a clip."""
        # The processor would take its own size, and 24 frames a second, whatever stands in its folder.
        about = {"total_num_frames": len(seen.frames), "fps": seen.rate, "frames_indices": list(range(len(seen.frames)))}
        return dict(self.processor(text=[text], videos=[seen.frames], video_metadata=[about], **self.sizes(pixels)))

    def sizes(self, pixels: int) -> dict[str, Any]:
        """How large a frame becomes."""
        size = {"shortest_edge": LEAST_PIXELS, "longest_edge": pixels}
        return {"size": size, "cap_pixels_per_frame": False, "do_sample_frames": False, "return_tensors": "pt"}

    def places(self, inputs: dict[str, Any]) -> Tensor:
        """Positions [3, 1, P] of multimodal RoPE."""
        positions, _ = self.model.model.get_rope_index(
            inputs["input_ids"],
            mm_token_type_ids=inputs["mm_token_type_ids"],
            video_grid_thw=inputs["video_grid_thw"],
            second_per_grid_ts=inputs["second_per_grid_ts"],
            attention_mask=inputs["attention_mask"],
        )
        return cast("Tensor", positions)

    def towers(self, inputs: dict[str, Any]) -> Towers:
        """Look at the frames."""
        seen = self.model.get_video_features(inputs["pixel_values_videos"], inputs["video_grid_thw"])
        deep = getattr(seen, "deepstack_features", None) or ()
        return Towers(torch.cat(list(seen.pooler_output)), deep=tuple(torch.cat(list(level)) for level in deep))


class OmniPolicy(VisionPolicy):
    """Qwen2.5-Omni's thinker: text, video and the video's sound."""

    kind: ClassVar[str] = "omni"
    architecture: ClassVar[str] = "Qwen2_5OmniThinkerForConditionalGeneration"

    def inputs(self, text: str, seen: Seen, pixels: int) -> dict[str, Any]:
        """What the processor makes of a text and a clip, whose sound stands among its frames."""
        heard: dict[str, Any] = {}
        if seen.sound is not None:
            heard = {"audio": [seen.sound], "audio_from_video_indices": [0], "load_audio_from_video": True}
            # Qwen2.5's processor would drop what is heard after five minutes.
            heard["audio_kwargs"] = {"truncation": False}
        # Without fps the seconds of a place in the grid would be those of 2 frames a second.
        return dict(self.processor(text=[text], videos=[seen.frames], fps=seen.rate, **heard, **self.sizes(pixels)))

    def places(self, inputs: dict[str, Any]) -> Tensor:
        """Positions [3, 1, P] of time-aligned multimodal RoPE (arXiv 2503.20215)."""
        heard = "input_features" in inputs
        positions, _ = self.model.get_rope_index(
            inputs["input_ids"],
            video_grid_thw=inputs["video_grid_thw"],
            attention_mask=inputs["attention_mask"],
            # The processor's word for the same is another: forgotten here, the numbers would be others, silently.
            use_audio_in_video=heard,
            audio_seqlens=inputs["feature_attention_mask"].sum(1) if heard else None,
            second_per_grids=torch.as_tensor(inputs["video_second_per_grid"]),
        )
        return cast("Tensor", positions)

    def towers(self, inputs: dict[str, Any]) -> Towers:
        """Look at the frames, and listen to the sound."""
        seen = super().towers(inputs)
        if "input_features" not in inputs:
            return seen
        features = inputs["input_features"].to(self.weights_dtype)
        return replace(seen, sound=self.model.get_audio_features(features, inputs["feature_attention_mask"]).last_hidden_state)


class Omni3Policy(OmniPolicy):
    """Qwen3-Omni's thinker, a mixture of experts."""

    architecture: ClassVar[str] = "Qwen3OmniMoeThinkerForConditionalGeneration"
