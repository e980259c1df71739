"""The peer of `npm run bench`: transformers (and peft) in PyTorch. Reads a JSON request a line and answers each with a JSON line."""
import json
import sys
import time
from pathlib import Path

# Lets torchvision be imported beside a torch for the CPU.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cluster"))
import numpy
import policy  # noqa: F401
import torch
import transformers
from peer_memory import forget_peak, peak
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

transformers.logging.set_verbosity_error()
state = {}


def prepare(threads, seed, config, batch, length, lora, products):
    """Builds the model and the batch of a training step; gives the seconds that the step's matrix products take NumPy's BLAS."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    state.clear()
    seconds = sum(count * product_seconds(*shape) for *shape, count in products)
    forget_peak()
    model = Qwen2ForCausalLM(Qwen2Config(**config))
    if lora:
        from peft import LoraConfig, get_peft_model
        modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        model = get_peft_model(model, LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=modules))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    state.update(model=model, weights=weights, optimiser=torch.optim.AdamW(weights, lr=1e-3))
    state["ids"] = torch.randint(config["vocab_size"], (batch, length + 1))
    state["advantage"] = torch.tensor([1.0, -1.0]).repeat(batch // 2)[:, None]
    with torch.no_grad():
        state["old"] = log_probs()
    return {"products": seconds}


def product_seconds(m, k, n):
    a, b = numpy.random.rand(m, k).astype("float32"), numpy.random.rand(k, n).astype("float32")
    times = []
    for _ in range(7 if m * k * n < 1e10 else 1):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def log_probs():
    ids = state["ids"]
    return state["model"](ids[:, :-1]).logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]


def step():
    """One whole policy-gradient step: forward, clipped surrogate, backward, clipping by norm, AdamW."""
    start = time.perf_counter()
    state["optimiser"].zero_grad()
    rho = (log_probs() - state["old"]).exp()
    loss = -torch.minimum(rho * state["advantage"], rho.clamp(0.8, 1.2) * state["advantage"]).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state["weights"], 1.0)
    state["optimiser"].step()
    return {"milliseconds": (time.perf_counter() - start) * 1e3, "peakMemory": peak()}


def load(threads, policy):
    torch.set_num_threads(threads)
    forget_peak()
    state["model"] = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32).eval()
    return {}


def generate(prompts, new_tokens, end, seed):
    """Samples a completion of each prompt (equal lengths) at temperature 1; counts tokens up to and with the end token."""
    torch.manual_seed(seed)
    ids = torch.tensor(prompts)
    start = time.perf_counter()
    with torch.no_grad():
        out = state["model"].generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            max_new_tokens=new_tokens, eos_token_id=end, pad_token_id=end)
    milliseconds = (time.perf_counter() - start) * 1e3
    new = out[:, ids.shape[1]:]
    ended = (new == end).int()
    tokens = int(((ended.cumsum(1) - ended) == 0).sum())
    return {"milliseconds": milliseconds, "tokens": tokens, "peakMemory": peak()}


commands = {"prepare": prepare, "step": step, "load": load, "generate": generate}
print(json.dumps({"version": f"PyTorch {torch.__version__}, transformers {transformers.__version__}"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(commands[request.pop("command")](**request)), flush=True)
