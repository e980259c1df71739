"""Golden values of real checkpoints, by transformers: python test/golden/families.py (torch, transformers, safetensors, tokenizers).

Writes test/golden/families/NAME/, one Hugging Face folder a case with random weights, and in it golden.json (a text with its ids and the
logits at each position): each case is loaded from what was written, in float32, so what is tested is the folder as others read it.
"""
import json
import pathlib
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config

from tokenizer import fast_tokenizer

out = pathlib.Path(__file__).parent / "families"
shutil.rmtree(out, ignore_errors=True)
torch.set_num_threads(1)

text = "A blue tone sounds at 0:03.\nIs the red square heard? No: it is seen, how high's it at 2026,  then"

specials = ["<|endoftext|>", "<|im_end|>", "<|bos|>"]
tokenizers = {family: fast_tokenizer(family, specials, eos="<|im_end|>", bos="<|bos|>", size=120) for family in ("qwen", "llama")}

small = dict(
    vocab_size=120, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=64, initializer_range=0.3, eos_token_id=1, bos_token_id=None, pad_token_id=None,
)


def rope(kind, **rest):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=1000.0, **rest))


cases = {
    "qwen2": (Qwen2Config(**small, tie_word_embeddings=True), torch.float32, None),
    "qwen2-yarn": (Qwen2Config(**small, tie_word_embeddings=False, **rope("yarn", factor=4.0, original_max_position_embeddings=16)), torch.bfloat16, "40KB"),
    "qwen3": (Qwen3Config(**small, head_dim=12, tie_word_embeddings=True), torch.bfloat16, None),
    "qwen3-bias": (Qwen3Config(**small, head_dim=8, attention_bias=True, tie_word_embeddings=False, **rope("linear", factor=2.0)), torch.float16, None),
    "llama3": (LlamaConfig(**small, tie_word_embeddings=False, **rope(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)), torch.float16, "40KB"),
    "llama-bias": (LlamaConfig(**{**small, "num_key_value_heads": 4}, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
                               **rope("dynamic", factor=2.0)), torch.float32, None),
    "llama-own-head": (LlamaConfig(**small, tie_word_embeddings=True), torch.float32, None),
    "qwen2-head-only": (Qwen2Config(**small, tie_word_embeddings=True), torch.float32, None),
}
embedding, head = "model.embed_tokens.weight", "lm_head.weight"
heads = {
    "llama-own-head": lambda weights: weights | {head: weights[embedding].flip(0).contiguous()},
    "qwen2-head-only": lambda weights: {head if name == embedding else name: weight for name, weight in weights.items()},
}
for seed, (name, (config, dtype, shard)) in enumerate(cases.items()):
    torch.manual_seed(seed)
    folder = out / name
    model = AutoModelForCausalLM.from_config(config).float()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.3 * torch.randn(parameter.shape)
    # Two ends, which only generation_config.json knows.
    model.generation_config.eos_token_id = [1, 0]
    model.to(dtype).save_pretrained(folder, **(dict(max_shard_size=shard) if shard else {}))
    tokenizer = tokenizers["qwen" if name.startswith("qwen") else "llama"]
    tokenizer.save_pretrained(folder)
    if name == "llama3":
        # As transformers 4 wrote it.
        file = folder / "config.json"
        older = json.loads(file.read_text())
        older["rope_scaling"] = older.pop("rope_parameters")
        older["rope_theta"] = older["rope_scaling"].pop("rope_theta")
        older["torch_dtype"] = older.pop("dtype")
        file.write_text(json.dumps(older, indent=2) + "\n")
    if name in heads:
        # What config.json calls tied, though the file has another head than the embedding, or the head alone.
        file = folder / "model.safetensors"
        save_file(heads[name](load_file(file)), file, metadata=dict(format="pt"))
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    ids = tokenizer.encode(text, add_special_tokens=False)
    with torch.no_grad():
        logits = loaded(torch.tensor([ids])).logits[0]
        greedy = loaded.generate(torch.tensor([ids[:6]]), do_sample=False, max_new_tokens=12)[0, 6:].tolist()
    rows = [[round(x, 5) for x in row] for row in logits.tolist()]
    golden = dict(text=text, ids=ids, greedy=greedy, logits=rows)
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
    print(name, len(ids), logits.abs().max().item(), greedy, sorted(p.name for p in folder.iterdir()))
