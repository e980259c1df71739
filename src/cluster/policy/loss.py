"""The policy loss (docs/algorithm.md, "Loss"): what src/training/policy/objective.ts computes, in torch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from policy.request import LossOptions, Rollout

# exp of a log-ratio beyond this would overflow sums of float32; beyond it the ratio is constant.
MAXIMUM_LOG_RATIO = 20.0
# Of low_var_kl, as verl and ms-swift hold it.
MAXIMUM_KL = 10.0


@dataclass(frozen=True)
class Terms:
    """What a part of a batch adds to its loss; `loss` carries the gradient."""

    loss: Tensor
    policy_loss: float
    kl: float


def _bounded(x: Tensor) -> Tensor:
    return x.clamp(-MAXIMUM_LOG_RATIO, MAXIMUM_LOG_RATIO)


def _straightened(x: Tensor, last: float) -> Tensor:
    """Exp up to `last` and beyond it its tangent: the derivative is min(exp(x), exp(last)), never 0 and never infinite."""
    return x.clamp(max=last).exp() + math.exp(last) * (x - last).relu()


def _estimate(name: str, d: Tensor) -> Tensor:
    """KL(π_θ ‖ π_ref) at a token by d = log π_ref - log π_θ."""
    if name == "low_var_kl":
        return (_bounded(d).exp() - _bounded(d) - 1).clamp(-MAXIMUM_KL, MAXIMUM_KL)
    if name == "k2":
        return d * d * 0.5
    if name == "abs":
        return d.abs()
    # k3 (Schulman): exp(d) - d - 1.
    return _straightened(d, MAXIMUM_LOG_RATIO) - d - 1


def policy_loss(log_probs: Tensor, rows: Sequence[Rollout], options: LossOptions, *, of: tuple[int, int]) -> Terms:
    """Give what `rows`, a part of a batch, add to the loss of it all: the parts add up to the whole.

    `log_probs` [ΣL] are of the rows' completions, one after the other; `of` counts the whole batch's rows and completion tokens.
    """
    lengths = torch.tensor([len(row.ids) for row in rows], device=log_probs.device)
    owners = torch.arange(len(rows), device=log_probs.device).repeat_interleave(lengths)

    def per_token(values: Sequence[float]) -> Tensor:
        return log_probs.new_tensor(values)[owners]

    def joined(values: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(values)).to(log_probs)

    # Each token's share of the mean over its completion, then over completions; or of the mean over all tokens.
    counts = [max(len(row.ids), 1) * of[0] if options.aggregation == "sequence" else of[1] for row in rows]
    share = per_token([1 / count for count in counts])
    old = joined([row.old for row in rows])
    reference = joined([torch.zeros(len(row.ids)) if row.ref is None else row.ref for row in rows])
    advantage = per_token([row.advantage for row in rows])

    behind = log_probs - old
    log_ratio = behind
    if options.ratio == "sequence":
        sums = log_probs.new_zeros(len(rows)).index_add(0, owners, behind)
        log_ratio = (sums / lengths.clamp(min=1))[owners]
    rho = _bounded(log_ratio).exp()
    if options.ratio_cap is None:
        inside = torch.minimum(rho * advantage, rho.clamp(1 - options.clip_low, 1 + options.clip_high) * advantage)
        floors = [-math.inf if row.dual_clip is None or row.advantage >= 0 else row.dual_clip * row.advantage for row in rows]
        surrogate = torch.maximum(inside, per_token(floors))
    else:
        surrogate = _straightened(log_ratio, math.log(options.ratio_cap)) * advantage
    policy = -(joined([row.weights for row in rows]) * share * surrogate).sum()

    d = reference - log_probs
    if options.kl_estimator != "bias_correction_kl":
        estimate = _estimate(options.kl_estimator, d)
    elif options.ratio == "sequence":
        estimate = rho * _estimate("k3", d)
    else:
        # ρ · k3 by r = log π_ref - log π_b: its gradient -ρ d is then no difference of large numbers.
        r = reference - old
        estimate = _bounded(r).exp() - rho * (r - _bounded(log_ratio) + 1)
    kl = (per_token([0.0 if row.ref is None else 1.0 for row in rows]) * share * estimate).sum()
    return Terms(policy + options.kl_weight * kl, float(policy.detach()), float(kl.detach()))
