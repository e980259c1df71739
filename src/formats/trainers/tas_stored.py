"""Stored rollouts in verl's trainer, with a weight for every token: made for the files beside this one. Tested with verl 0.9.1.

    export PYTHONPATH=FOLDER VERL_USE_EXTERNAL_MODULES=tas_stored
    python3 -m verl.trainer.main_ppo trainer.v1.trainer_mode=tas_stored algorithm.adv_estimator=grpo actor_rollout_ref.rollout.n=4 …

data.train_files is FOLDER/groups.jsonl. Where a row of it is asked, its rollouts in rollouts.jsonl answer: ids, log-probs and reward are
the stored ones. The advantage of token t is verl's own, by whichever estimator, times its `tas_weights`. A rollout whose ids do not say
its completion in the policy's tokenizer is refused by name, and with it its group.
"""

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transfer_queue as tq
from omegaconf import open_dict
from tensordict import TensorDict
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop
from verl.trainer.ppo.v1.trainer_base import register_trainer
from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync
from verl.workers.rollout.replica import TokenOutput

ROLLOUTS = Path(__file__).with_name("rollouts.jsonl")


@cache
def _places() -> dict[str, list[int]]:
    """Give the bytes of the file at which the rollouts of each group begin."""
    places: dict[str, list[int]] = {}
    at = 0
    with ROLLOUTS.open("rb") as lines:
        for line in lines:
            places.setdefault(json.loads(line)["group"], []).append(at)
            at += len(line)
    return places


def stored_rollout(group: str, nth: int) -> dict[str, Any]:
    """Read one. Raises ValueError when the group has not so many."""
    places = _places().get(group, [])
    if nth >= len(places):
        raise ValueError(f"group {group} has {len(places)} stored rollouts: actor_rollout_ref.rollout.n must be no more than that")
    with ROLLOUTS.open("rb") as lines:
        lines.seek(places[nth])
        found: dict[str, Any] = json.loads(lines.readline())
        return found


def spells(tokenizer: Any, ids: list[int], completion: str) -> bool:
    """Tell whether the ids say the completion, with or without their special tokens; white space may differ."""

    def plain(text: str) -> str:
        return "".join(unicodedata.normalize("NFC", text).split())

    end = len(ids)
    while end > 0 and ids[end - 1] in tokenizer.all_special_ids:
        end -= 1
    texts = (tokenizer.decode(ids), tokenizer.decode(ids[:end]), tokenizer.decode(ids, skip_special_tokens=True))
    return plain(completion) in map(plain, texts)


class WeighedOutput(AgentLoopOutput):
    """What verl trains on, with a weight for each token of the response."""

    tas_weights: list[float]

    def as_dict(self) -> dict[str, Any]:
        """Give it as verl's queue has it."""
        output: dict[str, Any] = super().as_dict()
        output["tas_weights"] = torch.tensor(output["tas_weights"], dtype=torch.float32)
        return output


class _Stored:
    """Stands for the server that generates."""

    def __init__(self, said: TokenOutput) -> None:
        self._said = said

    async def generate(self, **_: Any) -> TokenOutput:
        return self._said


@register("tas_stored")
class StoredRollouts(SingleTurnAgentLoop):
    """Asks the prompt as verl does, and answers with the stored rollout."""

    async def run(self, sampling_params: dict[str, Any], *, group: str, session_id: int, **asked: Any) -> AgentLoopOutput:
        """Give the rollout of the group that has this number. Raises ValueError, with the cure, when it cannot be trained on."""
        one = stored_rollout(group, session_id)
        name, ids, log_probs, reward = (one[key] for key in ("rollout", "token_ids", "log_probs", "reward"))
        if reward is None:
            raise ValueError(f"rollout {name} has no reward: leave it out of the export (--where reward:>=0 or the like)")
        if len(ids) > self.response_length:
            raise ValueError(f"rollout {name} has {len(ids)} tokens, and data.max_response_length is {self.response_length}")
        if not spells(self.tokenizer, ids, one["completion"]):
            raise ValueError(
                f"the token ids of rollout {name} do not say its completion in this policy's tokenizer: export with --tokenizer"
            )
        if not self.rollout_config.calculate_log_probs:
            log_probs = None
        elif log_probs is None:
            raise ValueError(f"rollout {name} has no log-probs: set actor_rollout_ref.rollout.calculate_log_probs=False")
        # It counts as of this step's policy: verl's limits of staleness are for its own queue.
        step = int(asked.get("global_steps", 0))
        versions = {"min_global_steps": step, "max_global_steps": step}
        self.server_manager = _Stored(TokenOutput(token_ids=ids, log_probs=log_probs, extra_fields=versions))
        output = await super().run(sampling_params, **asked)
        if output.response_ids != ids:
            raise ValueError(f"verl changed the tokens of rollout {name}: its weights would stand beside others")
        made = {field: getattr(output, field) for field in output.model_fields_set}
        return WeighedOutput(**{**made, "reward_score": reward, "tas_weights": one["tas_weights"]})


@register_trainer("tas_stored")
class StoredTrainer(PPOTrainerSync):
    """verl's synchronous trainer, whose advantages have the weights of their tokens."""

    def __init__(self, config: Any) -> None:
        """Begin as the synchronous trainer, whose name verl asks for in places."""
        with open_dict(config):
            config.trainer.v1.trainer_mode = "sync"
        super().__init__(config)

    def _compute_advantage(self, batch: Any, metrics: dict[str, Any]) -> Any:
        batch = super()._compute_advantage(batch, metrics)
        where = {"keys": batch.keys, "partition_id": batch.partition_id}
        data = tq.kv_batch_get(**where, select_fields=["advantages", "tas_weights"])
        # A row that fills up the batch has one token, which counts for nothing, and the weights of the row that it was made of.
        weighed = [one * weights[: len(one)] for one, weights in zip(data["advantages"], data["tas_weights"], strict=True)]
        fields = TensorDict({"advantages": torch.nested.as_nested_tensor(weighed, layout=torch.jagged)}, batch_size=len(batch))
        return tq.kv_batch_put(**where, fields=fields)
