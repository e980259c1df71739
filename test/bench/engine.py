"""The peer's step: transformers' Qwen2 in PyTorch on test/bench/engine.ts's shapes. Each line read is one step; its milliseconds are printed."""
import sys
import time

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
batch, length, vocabulary = 8, 128, 512
model = Qwen2ForCausalLM(Qwen2Config(
    vocab_size=vocabulary, hidden_size=256, intermediate_size=688, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4,
    max_position_embeddings=256, tie_word_embeddings=False))
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
ids = torch.randint(vocabulary, (batch, length + 1))
advantage = torch.tensor([1.0, -1.0]).repeat(batch // 2)[:, None]


def log_probs():
    return model(ids[:, :-1]).logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]


with torch.no_grad():
    old = log_probs()
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    optimiser.zero_grad()
    rho = (log_probs() - old).exp()
    loss = -torch.minimum(rho * advantage, rho.clamp(0.8, 1.2) * advantage).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    print((time.perf_counter() - start) * 1e3, flush=True)
