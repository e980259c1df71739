"""Tiny random text models, made without the hub."""

from pathlib import Path

import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    NemotronConfig,
    NemotronForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

VOCABULARY = 40
_measures = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 96,
    "initializer_range": 0.2,
    "eos_token_id": 1,
}


def text_model(folder: Path, family: str = "qwen2") -> Path:
    """Save a model with random weights; its tokens are numbers alone."""
    torch.manual_seed(3)
    tied = family != "llama"
    kind, config = {
        "qwen2": (Qwen2ForCausalLM, Qwen2Config),
        "llama": (LlamaForCausalLM, LlamaConfig),
        # One whose attention is none of torch's.
        "gemma2": (Gemma2ForCausalLM, Gemma2Config),
        # One whose layers do not hand on what their model is given.
        "nemotron": (NemotronForCausalLM, NemotronConfig),
    }[family]
    kind(config(**_measures, tie_word_embeddings=tied)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}\n", "utf-8")
    return folder
