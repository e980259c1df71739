"""TRL trains a policy that sees on what exports say of videos: as pictures, which are all that it takes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import policy.vision  # noqa: F401
from handed import RATE, module, rows_of
from policy.clip import read_clip
from tiny import text_model
from tiny_omni import vl_model

pytestmark = pytest.mark.filterwarnings("default")

TEMPLATE = """{% for message in messages %}<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}\
{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}\
<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
FRAMES = 2
SIDE = 56


@pytest.fixture(scope="module")
def seen(exported: Path) -> Path:
    """Give the export whose prompts are about a clip, a picture and a sound, and about a clip."""
    Image.new("RGB", (80, 40), (200, 30, 30)).save(exported / "picture.png")
    return exported / "seen"


@pytest.fixture(scope="module")
def policy_that_sees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vl_model(tmp_path_factory.mktemp("seeing") / "policy")


def loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration

    # As TRL loads it.
    processor = AutoProcessor.from_pretrained(folder, padding_side="left")
    processor.chat_template = TEMPLATE
    return Qwen2_5_VLForConditionalGeneration.from_pretrained(folder), processor


SETTINGS: dict[str, Any] = {
    "max_steps": 2,
    "logging_steps": 1,
    "learning_rate": RATE,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
}


def test_grpo_sees_frames_of_the_clips(seen: Path, policy_that_sees: Path, tmp_path: Path) -> None:
    from trl import GRPOConfig

    hand_off = module(seen / "tas_grpo_trainer.py")
    rows = rows_of(seen / "rollouts.jsonl")
    assert sorted({tuple(one["kind"] for one in row["media"]) for row in rows}) == [("video",), ("video", "image", "audio")]
    shown: list[tuple[Any, int]] = []

    class Watched(hand_off.TasGRPOTrainer):  # type: ignore[name-defined,misc]
        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            grid = inputs["image_grid_thw"]
            pads = (inputs["prompt_ids"] == self._image_pad_token_id).sum().item()
            shown.append((grid.tolist(), pads))
            return super()._compute_loss(model, inputs)

    with pytest.warns(UserWarning, match="not every rollout has them"):
        groups = hand_off.stored_groups(str(seen / "rollouts.jsonl"), 2)
    config = GRPOConfig(
        output_dir=str(tmp_path), per_device_train_batch_size=4, num_generations=2, shuffle_dataset=False, loss_type="grpo", **SETTINGS
    )
    model, processor = loaded(policy_that_sees)
    with pytest.warns(UserWarning, match="of prompts is left out, for TRL takes no sound: 1 audio"):
        trainer = Watched(model=model, args=config, train_dataset=groups, processing_class=processor, frames=FRAMES, side=SIDE)
    before = model.model.visual.patch_embed.proj.weight.clone()
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2
    # Two frames and a picture, and two frames, for each of two rollouts; a patch of 2 by 2 is a token.
    for grid, pads in shown:
        assert len(grid) == 2 * (FRAMES + 1) + 2 * FRAMES
        assert sum(t * h * w for t, h, w in grid) // 4 == pads
    # What is seen is learned from.
    assert not torch.equal(before, model.model.visual.patch_embed.proj.weight)


def test_frames_are_those_that_a_run_shows(seen: Path) -> None:
    media = module(seen / "stored_media.py")
    clip = rows_of(seen / "rollouts.jsonl")[-1]["media"][0]["path"]
    frames = media.frames_of(clip, 8, 10_000)
    expected = read_clip(Path(clip), 8).frames
    assert [frame.size for frame in frames] == [(expected.shape[2], expected.shape[1])] * 8
    for frame, its in zip(frames, expected, strict=True):
        assert (torch.tensor(its) == torch.frombuffer(bytearray(frame.tobytes()), dtype=torch.uint8).reshape(its.shape)).all()
    assert max(media.frames_of(clip, 1, 32)[0].size) == 32
    with pytest.raises(ValueError, match=r"picture\.png"):
        media.frames_of(str(seen.parent / "picture.png"), 1, 32)


def test_a_policy_of_text_is_told_what_it_does_not_see(seen: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM
    from trl import GRPOConfig

    from handed import tokenizer

    hand_off = module(seen / "tas_grpo_trainer.py")
    groups = hand_off.stored_groups(str(seen / "rollouts.jsonl"), 2)
    model = AutoModelForCausalLM.from_pretrained(text_model(tmp_path / "policy"))
    config = GRPOConfig(output_dir=str(tmp_path / "out"), per_device_train_batch_size=4, num_generations=2, **SETTINGS)
    with pytest.warns(UserWarning, match="the policy has no processor: 1 audio, 1 image, 2 video"):
        hand_off.TasGRPOTrainer(model=model, args=config, train_dataset=groups, processing_class=tokenizer(chats=True))


@pytest.mark.parametrize("way", ["sft", "dpo"])
def test_sft_and_dpo_see_them_too(seen: Path, policy_that_sees: Path, tmp_path: Path, way: str) -> None:
    from datasets import load_dataset
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    media = module(seen / "stored_media.py")
    rows = load_dataset("json", data_files=str(seen.parent / f"seen-{way}.jsonl"), split="train", cache_dir=str(tmp_path / "cache"))
    with pytest.warns(UserWarning, match="TRL takes no sound: 1 audio"):
        data = media.with_frames(rows, frames=FRAMES, side=SIDE)
    assert "media" not in data.column_names
    assert sorted(len(row["images"]) for row in data) == [FRAMES, FRAMES + 1]
    model, processor = loaded(policy_that_sees)
    kind, settings = {"sft": (SFTTrainer, SFTConfig), "dpo": (DPOTrainer, DPOConfig)}[way]
    config = settings(output_dir=str(tmp_path), per_device_train_batch_size=2, max_length=None, **SETTINGS)
    trainer = kind(model=model, args=config, train_dataset=data, processing_class=processor)
    before = model.model.visual.patch_embed.proj.weight.clone()
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[1] < losses[0]
    assert not torch.equal(before, model.model.visual.patch_embed.proj.weight)
