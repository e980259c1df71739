"""Golden values of LoRA, by PEFT: python test/golden/lora.py (torch, transformers, peft), after families.py.

Writes test/golden/lora/NAME/, a PEFT adapter with random A and B on a checkpoint of test/golden/families, and in it golden.json: a text's
logits under the adapter and merged, and one step of the policy loss on it with its KL to the base, with the gradients and the weights of A and B
after each of two steps of AdamW in step.safetensors.
"""
import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

here = pathlib.Path(__file__).parent
out = here / "lora"
shutil.rmtree(out, ignore_errors=True)
torch.set_num_threads(1)

every = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
cases = {
    "qwen2": dict(base="qwen2", r=4, lora_alpha=6, target_modules=every),
    "qwen2-rslora": dict(base="qwen2", r=4, lora_alpha=6, target_modules=["q_proj", "v_proj"], use_rslora=True),
    "llama3": dict(base="llama3", r=3, lora_alpha=8, target_modules=["k_proj", "o_proj", "down_proj"]),
    "qwen2-excluded": dict(base="qwen2", r=2, lora_alpha=6, target_modules=every, exclude_modules=["o_proj", "gate_proj"]),
}
learning_rate, weight_decay, max_norm = 0.005, 0.1, 0.05
clip, beta = 0.2, 0.1
for seed, (name, case) in enumerate(cases.items()):
    torch.manual_seed(seed)
    base = case.pop("base")
    folder = here / "families" / base
    ids = json.loads((folder / "golden.json").read_text())["ids"]
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager"),
        LoraConfig(task_type="CAUSAL_LM", **case))
    trained = {key: p for key, p in model.named_parameters() if p.requires_grad}
    for key, parameter in trained.items():
        parameter.data = (0.2 if "lora_B" in key else 0.5) * torch.randn(parameter.shape)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(out / name)
    (out / name / "README.md").unlink()
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(torch.tensor([ids[:6]]), do_sample=False, max_new_tokens=12)[0, 6:].tolist()

    # Two completions of one prompt, each alone and unpadded.
    rows = [dict(promptIds=ids[:5], completionIds=ids[5:20], advantage=1.2), dict(promptIds=ids[:5], completionIds=ids[9:17], advantage=-0.7)]

    def log_probs(row):
        whole = row["promptIds"] + row["completionIds"]
        scores = model(torch.tensor([whole])).logits[0, len(row["promptIds"]) - 1:-1].log_softmax(-1)
        return scores.gather(1, torch.tensor(row["completionIds"])[:, None])[:, 0]

    with torch.no_grad():
        for row in rows:
            length = len(row["completionIds"])
            row["weights"] = (1 + 0.3 * torch.rand(length)).tolist()
            row["oldLogProbs"] = (log_probs(row) + 0.3 * torch.randn(length)).tolist()
            with model.disable_adapter():
                row["refLogProbs"] = log_probs(row).tolist()
    optimiser = torch.optim.AdamW(trained.values(), lr=learning_rate, weight_decay=weight_decay)
    plain = lambda key: key.removeprefix("base_model.model.").replace(".default", "")
    steps, tensors = [], {}
    for step in range(2):
        optimiser.zero_grad()
        loss = 0.0
        for row in rows:
            current = log_probs(row)
            rho = (current - torch.tensor(row["oldLogProbs"])).exp()
            a = row["advantage"]
            d = torch.tensor(row["refLogProbs"]) - current
            objective = torch.minimum(rho * a, rho.clamp(1 - clip, 1 + clip) * a)
            loss = loss + (-torch.tensor(row["weights"]) * objective + beta * (d.exp() - d - 1)).mean() / len(rows)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained.values(), max_norm)
        if step == 0:
            tensors |= {f"gradient/{plain(key)}": p.grad.clone() for key, p in trained.items()}
        optimiser.step()
        steps.append(dict(loss=loss.item(), gradNorm=float(norm)))
    tensors |= {f"after/{plain(key)}": p.detach().clone() for key, p in trained.items()}
    save_file(tensors, out / name / "step.safetensors")
    rounded = [[round(x, 5) for x in row] for row in logits.tolist()]
    (out / name / "golden.json").write_text(json.dumps(dict(
        base=base, ids=ids, greedy=greedy, logits=rounded, rows=rows, steps=steps,
        optimiser=dict(learningRate=learning_rate, weightDecay=weight_decay, maxGradNorm=max_norm),
        loss=dict(clipLow=clip, clipHigh=clip, klWeight=beta, aggregation="sequence", ratio="token"))) + "\n")
    print(name, len(trained), steps, greedy)
