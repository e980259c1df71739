"""Holds an adapter that a run wrote against PEFT: python test/golden/adapter.py POLICY ADAPTER [TEXT] (torch, transformers, peft), after npm run build.

Loads the adapter on its policy with PEFT, and the merged export with transformers, and compares their log-probs of the text with the command line's.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

policy, adapter, *rest = sys.argv[1:]
text = rest[0] if rest else "A blue tone sounds at 0:03. Is the red square heard?"


def rollout_lab(*words):
    script = pathlib.Path(__file__).parents[2] / "scripts" / "rollout-lab.mjs"
    return json.loads(subprocess.run(["node", script, *words, "--json"], check=True, capture_output=True).stdout)


def log_probs(model, ids):
    with torch.no_grad():
        scores = model(torch.tensor([ids])).logits[0, :-1].float().log_softmax(-1)
    return scores.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


with tempfile.TemporaryDirectory() as folder:
    merged = str(pathlib.Path(folder) / "merged")
    rollout_lab("export", "policy", "--policy", policy, "--adapter", adapter, "--out", merged)
    ours = rollout_lab("logprobs", "--policy", policy, "--adapter", adapter, "--text", text)
    ids, expected = ours["ids"], torch.tensor(ours["logprobs"])
    base = load(policy)
    print("the adapter changes log-probs by", (log_probs(base, ids) - expected).abs().max().item())
    faults = dict(adapter=log_probs(PeftModel.from_pretrained(base, adapter), ids) - expected, merged=log_probs(load(merged), ids) - expected)
    worst = {name: fault.abs().max().item() for name, fault in faults.items()}
    print("largest differences:", worst)
    sys.exit(max(worst.values()) > 1e-4)
