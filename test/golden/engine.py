"""Golden values of the training engine, by PyTorch and transformers: python test/golden/engine.py (torch, transformers, safetensors).

Writes test/golden/engine/: a tiny random policy, rows.json (rows with their log-probs, and each objective's loss), and for each
objective the clipped gradient and the weights after two steps of AdamW. Every row runs alone, unpadded.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

out = pathlib.Path(__file__).parent / "engine"
out.mkdir(exist_ok=True)
torch.manual_seed(5)
torch.set_num_threads(1)
random = torch.Generator().manual_seed(11)

prefix = dict(slots_per_second=2, frame_values=6, mel_bands=4, max_slots=6, frame_hidden=5, mel_hidden=3, second_token_ids=[4, 5, 6])
decoder = dict(
    vocab_size=20, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=64, rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=True, initializer_range=0.3, eos_token_id=1,
)
model = Qwen2ForCausalLM(Qwen2Config(**decoder, attn_implementation="eager")).float()
weights = {}
for name, parameter in model.named_parameters():
    if parameter.dim() == 1:
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)
    weights[name] = parameter
hidden = decoder["hidden_size"]
for sense, values, width in (("frame", prefix["frame_values"], prefix["frame_hidden"]), ("mel", prefix["mel_bands"], prefix["mel_hidden"])):
    for name, shape in (("linear.weight", (hidden, values)), ("up.weight", (width, values)), ("up.bias", (width,)),
                        ("down.weight", (hidden, width)), ("down.bias", (hidden,))):
        weights[f"prefix.{sense}.{name}"] = (0.4 * torch.randn(shape, generator=random)).requires_grad_()
weights["prefix.time.weight"] = (0.4 * torch.randn((prefix["max_slots"], hidden), generator=random)).requires_grad_()


def soft_tokens(frames, mels):
    def sense(x, name):
        w = lambda rest: weights[f"prefix.{name}.{rest}"]
        up = torch.nn.functional.gelu(x @ w("up.weight").T + w("up.bias"))
        return x @ w("linear.weight").T + up @ w("down.weight").T + w("down.bias")

    slots = frames.shape[0]
    seconds = torch.tensor([prefix["second_token_ids"][int(s / prefix["slots_per_second"])] for s in range(slots)])
    time = weights["prefix.time.weight"][:slots] + weights["model.embed_tokens.weight"][seconds]
    return sense(frames, "frame") + sense(mels, "mel") + time


def log_probs(row):
    ids = torch.tensor(row["promptIds"] + row["completionIds"])
    x = model.model.embed_tokens(ids)
    slots = 0
    if row["prefix"]:
        slots = row["prefix"]["slots"]
        frames = torch.tensor(row["prefix"]["frames"]).view(slots, -1)
        mels = torch.tensor(row["prefix"]["mels"]).view(slots, -1)
        x = torch.cat([soft_tokens(frames, mels), x])
    logits = model(inputs_embeds=x[None]).logits[0]
    start = slots + len(row["promptIds"]) - 1
    scores = logits[start:start + len(row["completionIds"])].log_softmax(-1)
    return scores.gather(1, torch.tensor(row["completionIds"])[:, None])[:, 0]


def uniform(*shape, low=0.0, high=1.0):
    return (low + (high - low) * torch.rand(*shape, generator=random)).tolist()


def integers(count):
    return torch.randint(2, decoder["vocab_size"], (count,), generator=random).tolist()


rows = []
for slots, prompt, length, advantage, dual, ref in ((6, 3, 7, 1.3, None, True), (0, 5, 4, -0.8, None, True), (3, 2, 9, -1.5, 1.1, False), (4, 4, 2, 0.4, 4.0, True)):
    row = dict(
        promptIds=integers(prompt), completionIds=integers(length - 1) + [1],
        prefix=dict(slots=slots, frames=uniform(slots * prefix["frame_values"]), mels=uniform(slots * prefix["mel_bands"])) if slots else None,
        weights=uniform(length, low=1.0, high=1.3), advantage=advantage, dualClip=dual,
    )
    with torch.no_grad():
        row["logProbs"] = log_probs(row).tolist()
    row["oldLogProbs"] = [p + d for p, d in zip(row["logProbs"], uniform(length, low=-0.4, high=0.4))]
    row["refLogProbs"] = [p + d for p, d in zip(row["logProbs"], uniform(length, low=-0.5, high=0.5))] if ref else None
    rows.append(row)


def policy_loss(low, high, beta, aggregation, ratio):
    tokens = sum(len(row["completionIds"]) for row in rows)
    loss, kl_all = 0.0, 0.0
    for row in rows:
        current = log_probs(row)
        behind = current - torch.tensor(row["oldLogProbs"])
        rho = (behind if ratio == "token" else behind.mean().expand_as(behind)).exp()
        a = row["advantage"]
        objective = torch.minimum(rho * a, rho.clamp(1 - low, 1 + high) * a)
        if a < 0 and row["dualClip"]:
            objective = torch.maximum(objective, torch.tensor(row["dualClip"] * a))
        policy = -torch.tensor(row["weights"]) * objective
        kl = torch.zeros_like(policy)
        if row["refLogProbs"]:
            d = torch.tensor(row["refLogProbs"]) - current
            kl = d.exp() - d - 1
        share = 1 / (len(rows) * len(current)) if aggregation == "sequence" else 1 / tokens
        loss = loss + share * policy.sum()
        kl_all = kl_all + share * kl.sum()
    return loss + beta * kl_all, dict(policyLoss=loss.item(), kl=float(kl_all))


def supervised_loss():
    weight = sum(sum(row["weights"]) for row in rows)
    return sum(-(torch.tensor(row["weights"]) * log_probs(row)).sum() for row in rows) / weight, {}


learning_rate, weight_decay, max_norm = 0.02, 0.1, 0.5
start = {name: parameter.detach().clone() for name, parameter in weights.items()}
objectives = {
    "sequence": dict(clipLow=0.2, clipHigh=0.28, klWeight=0.1, aggregation="sequence", ratio="token"),
    "token": dict(clipLow=0.2, clipHigh=0.2, klWeight=0.0, aggregation="token", ratio="token"),
    "gspo": dict(clipLow=0.05, clipHigh=0.05, klWeight=0.1, aggregation="sequence", ratio="sequence"),
    "supervised": None,
}
results = {}
for name, options in objectives.items():
    for key, parameter in weights.items():
        parameter.data.copy_(start[key])
    optimiser = torch.optim.AdamW(
        [dict(params=[p for p in weights.values() if p.dim() > 1], weight_decay=weight_decay),
         dict(params=[p for p in weights.values() if p.dim() == 1], weight_decay=0.0)], lr=learning_rate)
    steps = []
    for step in range(2):
        optimiser.zero_grad()
        loss, parts = policy_loss(*options.values()) if options else supervised_loss()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), max_norm)
        if step == 0:
            gradient = {f"gradient/{key}": p.grad.clone() for key, p in weights.items()}
        optimiser.step()
        steps.append(dict(loss=loss.item(), gradNorm=float(norm), **parts))
    results[name] = dict(options=options, steps=steps)
    after = {f"after/{key}": p.detach().clone() for key, p in weights.items()}
    save_file({**gradient, **after}, out / f"{name}.safetensors")

save_file(start, out / "model.safetensors")
(out / "config.json").write_text(json.dumps(dict(model_type="qwen2", **decoder, audio_visual_prefix=prefix), indent=1) + "\n")
words = ["<pad>", "<eos>", "<think>", "</think>", "0", "1", "2", "red", "green", "blue", "low", "high", "tone", "sounds", "at", "so", "first", "last", "none", "."]
added = [dict(id=i, content=w, single_word=False, lstrip=False, rstrip=False, normalized=False, special=i < 2) for i, w in enumerate(words[:4])]
tokenizer = dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=None, pre_tokenizer=dict(type="WhitespaceSplit"),
                 post_processor=None, decoder=None, model=dict(type="WordLevel", vocab={w: i for i, w in enumerate(words)}, unk_token="<pad>"))
(out / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1) + "\n")
(out / "rows.json").write_text(json.dumps(dict(
    optimiser=dict(learningRate=learning_rate, weightDecay=weight_decay, maxGradNorm=max_norm), rows=rows, objectives=results), indent=1) + "\n")
print({name: result["steps"] for name, result in results.items()})
