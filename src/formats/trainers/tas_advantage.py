"""GRPO in verl with a weight for every token, as the advantage estimator `tas_grpo`. Tested with verl 0.9.1's core_algos.

    export PYTHONPATH=FOLDER VERL_USE_EXTERNAL_MODULES=tas_advantage
    python3 -m verl.trainer.main_ppo algorithm.adv_estimator=tas_grpo data.train_files=FOLDER/prompts.jsonl …

The advantage of token t is verl's own for GRPO times w(t) = 1 + LAMBDA·shape(t'), where t' goes from 0 at the completion's first token to 1
at its last. verl gives an estimator neither texts nor ids, so that a weight can depend on a token's place alone.
"""

from typing import Any

import torch
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage, register_adv_est

SCHEME = "parabolic"
LAMBDA = 0.3
# Divides by the completion's mean weight.
NORMALISE = False

_SHAPES = {
    "uniform": torch.zeros_like,
    "parabolic": lambda t: (2 * t - 1) ** 2,
    "inverse-parabolic": lambda t: 1 - (2 * t - 1) ** 2,
    "linear-decay": lambda t: 1 - t,
    "linear-incline": lambda t: t,
}


def tas_weights(mask: torch.Tensor) -> torch.Tensor:
    """Give the weight of each token [B, L]; 1 where `mask` is 0."""
    mask = mask.float()
    length = mask.sum(-1, keepdim=True)
    place = ((mask.cumsum(-1) - 1) / (length - 1).clamp(min=1)).clamp(min=0)
    weights = 1 + LAMBDA * _SHAPES[SCHEME](place) * mask
    if NORMALISE:
        weights = torch.where(mask > 0, weights * length / (weights * mask).sum(-1, keepdim=True), weights)
    return weights


@register_adv_est("tas_grpo")
def tas_grpo(
    token_level_rewards: torch.Tensor, response_mask: torch.Tensor, index: Any, config: Any = None, **_: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give advantages and returns [B, L], as verl asks for them."""
    by_std = True if config is None else config.get("norm_adv_by_std_in_grpo", True)
    advantages, returns = compute_grpo_outcome_advantage(
        token_level_rewards, response_mask, index, norm_adv_by_std_in_grpo=by_std, config=config
    )
    return advantages * tas_weights(response_mask), returns
