"""GRPO in TRL on stored rollouts, with a weight for every token: made for the rollouts.jsonl beside this file. Tested with TRL 1.16.

    from trl import GRPOConfig
    from tas_grpo_trainer import TasGRPOTrainer, stored_groups

    config = GRPOConfig(output_dir="out", num_generations=4, per_device_train_batch_size=4)
    TasGRPOTrainer(model="POLICY", args=config, train_dataset=stored_groups("rollouts.jsonl", 4)).train()

The policy term of token t is min(ρ·Â, clip(ρ)·Â)·w(t): Â of the rewards in the group, as TRL computes it, w(t) the token's `tas_weights`.
Where the file has log-probs, ρ is against the policy that wrote the rollout. A KL term and an entropy bonus have no weights.

A policy that has a processor sees the pictures of a prompt, and `frames` pictures of each of its videos. Sounds, for which TRL has no
place, and for a policy of text all media, are left out with a warning that counts them.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import GRPOTrainer

from stored_media import pictures_of, tell_left_out


def stored_groups(file: str, size: int, *, plain: bool = False) -> Dataset:
    """Read groups of `size` rollouts, which is `num_generations`; `plain` for a policy without a chat template. Says what it leaves out."""
    groups: dict[str, list[dict[str, Any]]] = {}
    with Path(file).open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            groups.setdefault(row["group"], []).append(row)
    rows: list[dict[str, Any]] = []
    for group in groups.values():
        messages = group[0]["prompt"]
        prompt = "".join(f"{message['content']}\n" for message in messages) if plain else messages
        asked = {"prompt": prompt, "media": group[0]["media"]}
        rows += [{**asked, "rollouts": group[at : at + size]} for at in range(0, len(group) - size + 1, size)]
    left = sum(len(group) % size for group in groups.values())
    if not rows:
        raise ValueError(f"{file} has no group of {size} rollouts: choose a smaller num_generations")
    if left > 0:
        warnings.warn(f"{left} rollouts of {file} fill no group of {size} and are left out", stacklevel=2)
    if any(one["log_probs"] is None for row in rows for one in row["rollouts"]):
        warnings.warn(f"log-probs of {file} are not used, for not every rollout has them: each rollout counts as fresh", stacklevel=2)
        rows = [{**row, "rollouts": [{**one, "log_probs": None} for one in row["rollouts"]]} for row in rows]
    used = ("token_ids", "log_probs", "reward", "tas_weights")
    return Dataset.from_list([{**row, "rollouts": [{name: one[name] for name in used} for one in row["rollouts"]]} for row in rows])


def stored_reward(*, reward: list[float | None], **_: Any) -> list[float | None]:
    """Give the rewards that the rollouts have already."""
    return reward


class TasGRPOTrainer(GRPOTrainer):
    """Takes the completions of rows that have `rollouts` from there; those of other rows, as an evaluation's, are TRL's own."""

    def __init__(self, *args: Any, reward_funcs: Any = stored_reward, frames: int = 8, side: int = 448, **more: Any) -> None:
        """Take TRL's arguments, and of how many frames a video's pictures are made, no side longer than `side` pixels."""
        super().__init__(*args, reward_funcs=reward_funcs, **more)
        self._taken: list[dict[str, Any]] | None = None
        self._frames, self._side = frames, side
        media = self.train_dataset["media"] if "media" in (self.train_dataset.column_names or ()) else []
        if self._is_vlm:
            tell_left_out(media, ("audio",), "TRL takes no sound")
        else:
            tell_left_out(media, ("audio", "image", "video"), "the policy has no processor")

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        if "rollouts" not in inputs[0]:
            return super()._generate_and_score_completions(inputs)
        # TRL repeats each row num_generations times, one after the other, over all processes.
        first = self.accelerator.process_index * len(inputs)
        self._taken = [row["rollouts"][(first + at) % self.num_generations] for at, row in enumerate(inputs)]
        asked = [{"prompt": row["prompt"], "reward": one["reward"]} for row, one in zip(inputs, self._taken, strict=True)]
        if self._is_vlm:
            pictures = [pictures_of(row["media"], self._frames, self._side) for row in inputs]
            asked = [{**row, "images": seen} for row, seen in zip(asked, pictures, strict=True)]
        batch = super()._generate_and_score_completions(asked)
        batch["advantages"] = batch["advantages"].unsqueeze(1) * self._padded("tas_weights", batch, 1.0)
        if self._taken[0]["log_probs"] is not None:
            batch["old_per_token_logps"] = self._padded("log_probs", batch, 0.0)
        self._taken = None
        return batch

    def _generate_single_turn(self, *args: Any, **more: Any) -> Any:
        if self._taken is None:
            return super()._generate_single_turn(*args, **more)
        return [one["token_ids"] for one in self._taken], None

    def _padded(self, name: str, batch: dict[str, Any], filling: float) -> torch.Tensor:
        """Give a value for each token [B, L], as long as the completions are padded to."""
        padded = torch.full(batch["completion_ids"].shape, filling, device=batch["completion_ids"].device)
        for row, one in zip(padded, self._taken or [], strict=True):
            row[: len(one[name])] = torch.tensor(one[name])
        return padded
