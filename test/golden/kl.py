"""Golden values of the KL terms that trainers have, by PyTorch's autograd in double precision: python test/golden/kl.py (torch).

Writes test/golden/kl.json: for one completion's log-probs, and for each estimator and ratio, the term at each token and the gradient of its
mean by each log-prob. As TRL 1.16 (grpo_trainer), verl 0.9 (core_algos, kl_penalty) and ms-swift 4.6 (grpo_trainer) compute them.
"""
import json
import pathlib

import torch

distances = [-30.0, -12.0, -10.5, -5.0, -1.0, -0.1, 0.0, 0.1, 1.0, 2.6, 2.7, 5.0, 12.0, 19.0]
policy = torch.tensor([-(0.3 + 0.7 * i % 5) for i in range(len(distances))], dtype=torch.float64)
old = policy - torch.tensor([((i * 5) % 7 - 3) / 4 for i in range(len(distances))], dtype=torch.float64)
reference = policy + torch.tensor(distances, dtype=torch.float64)


def k3(d):
    return d.exp() - d - 1


def ratio_of(current, ratio):
    behind = current - old
    return (behind if ratio == "token" else behind.mean()).exp()


terms = {
    "k3": lambda current, ratio: k3(reference - current),
    "low_var_kl": lambda current, ratio: k3((reference - current).clamp(-20, 20)).clamp(-10, 10),
    "bias_correction_kl": lambda current, ratio: k3(reference - current) * ratio_of(current, ratio),
    "k2": lambda current, ratio: 0.5 * (reference - current).square(),
    "abs": lambda current, ratio: (reference - current).abs(),
}
cases = []
for estimator, term in terms.items():
    for ratio in ("token", "sequence"):
        current = policy.clone().requires_grad_()
        value = term(current, ratio)
        value.mean().backward()
        cases.append(dict(klEstimator=estimator, ratio=ratio, kl=value.tolist(), gradient=current.grad.tolist()))
rows = dict(logProbs=policy.tolist(), oldLogProbs=old.tolist(), refLogProbs=reference.tolist())
(pathlib.Path(__file__).parent / "kl.json").write_text(json.dumps(dict(**rows, cases=cases), indent=1) + "\n")
