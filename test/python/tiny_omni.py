"""Tiny random models that see and hear, with their processors, made without the hub. Vocabulary 320: bytes, then the special tokens."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2_5OmniProcessor,
    Qwen2_5OmniThinkerConfig,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3OmniMoeProcessor,
    Qwen3OmniMoeThinkerConfig,
    Qwen3OmniMoeThinkerForConditionalGeneration,
    WhisperFeatureExtractor,
)

HEARING = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}
SEEING = {"image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "vision_bos": "<|vision_start|>", "vision_eos": "<|vision_end|>"}
# As the models' chat templates write a turn with a clip.
ASKED = "<|im_start|>user\n{}At which second does a red shape first enter?<|im_end|>\n<|im_start|>assistant\n"
OMNI_TEXT = ASKED.format("<|vision_bos|><|VIDEO|><|vision_eos|>")
VL_TEXT = ASKED.format("<|vision_start|><|video_pad|><|vision_end|>")


def _tokenizer(special: dict[str, str]) -> Any:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>", *special.values()])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", extra_special_tokens=special)


def _text(words: Any) -> dict[str, Any]:
    return {
        "vocab_size": 320,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 8192,
        "max_window_layers": 2,
        "initializer_range": 0.1,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "bos_token_id": None,
        # Sums to half of a head.
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
    }


VISION = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_heads": 2,
    "out_hidden_size": 64,
    "fullatt_block_indexes": [1],
    "window_size": 112,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "initializer_range": 0.1,
}


def omni_model(folder: Path) -> Path:
    """Save a thinker of Qwen2.5-Omni."""
    torch.manual_seed(0)
    words = _tokenizer(HEARING)
    Qwen2_5OmniProcessor(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(),
        feature_extractor=WhisperFeatureExtractor(feature_size=128, chunk_length=300),
        tokenizer=words,
    ).save_pretrained(folder)
    audio = {
        "d_model": 32,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "num_mel_bins": 128,
        "max_source_positions": 1500,
        "n_window": 100,
        "output_dim": 64,
        "initializer_range": 0.1,
    }
    number = words.convert_tokens_to_ids
    config = Qwen2_5OmniThinkerConfig(
        text_config=_text(words),
        vision_config=VISION,
        audio_config=audio,
        image_token_index=number("<|IMAGE|>"),
        video_token_index=number("<|VIDEO|>"),
        audio_token_index=number("<|AUDIO|>"),
        audio_start_token_id=number("<|audio_bos|>"),
        audio_end_token_id=number("<|audio_eos|>"),
        vision_start_token_id=number("<|vision_bos|>"),
        vision_end_token_id=number("<|vision_eos|>"),
        pad_token_id=words.pad_token_id,
        initializer_range=0.1,
    )
    Qwen2_5OmniThinkerForConditionalGeneration(config).save_pretrained(folder)
    return folder


def vl_model(folder: Path) -> Path:
    """Save a Qwen2.5-VL."""
    torch.manual_seed(0)
    words = _tokenizer(SEEING)
    Qwen2_5_VLProcessor(image_processor=Qwen2VLImageProcessor(), video_processor=Qwen2VLVideoProcessor(), tokenizer=words).save_pretrained(
        folder
    )
    number = words.convert_tokens_to_ids
    config = Qwen2_5_VLConfig(
        text_config=_text(words),
        vision_config={**VISION, "tokens_per_second": 2},
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    return folder


def omni3_model(folder: Path) -> Path:
    """Save a thinker of Qwen3-Omni: experts, and a tower that also speaks to the first layers."""
    torch.manual_seed(0)
    words = _tokenizer(HEARING)
    Qwen3OmniMoeProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=16),
        video_processor=Qwen2VLVideoProcessor(patch_size=16),
        feature_extractor=WhisperFeatureExtractor(feature_size=128),
        tokenizer=words,
    ).save_pretrained(folder)
    text = _text(words)
    del text["max_window_layers"], text["bos_token_id"]
    text |= {"head_dim": 16, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "num_hidden_layers": 3}
    text["rope_parameters"] = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 2, 2]}
    vision: dict[str, Any] = {"depth": 3, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64}
    vision |= {"deepstack_visual_indexes": [0, 1], "num_position_embeddings": 2304, "initializer_range": 0.1}
    audio = {"d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 64, "num_mel_bins": 128}
    number = words.convert_tokens_to_ids
    config = Qwen3OmniMoeThinkerConfig(
        text_config=text,
        vision_config=vision,
        audio_config={**audio, "output_dim": 64, "downsample_hidden_size": 16, "initializer_range": 0.1},
        image_token_id=number("<|IMAGE|>"),
        video_token_id=number("<|VIDEO|>"),
        audio_token_id=number("<|AUDIO|>"),
        audio_start_token_id=number("<|audio_bos|>"),
        vision_start_token_id=number("<|vision_bos|>"),
        initializer_range=0.1,
    )
    Qwen3OmniMoeThinkerForConditionalGeneration(config).save_pretrained(folder)
    return folder
