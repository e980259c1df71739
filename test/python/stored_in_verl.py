"""Ask the groups of exports in verl as its trainer does, on this machine: its dataset, agent loop, queue and advantages, printed as JSON.

What it leaves out of a run is the servers that generate, and the workers that hold the policy.
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import ray
import transfer_queue as tq
import verl.trainer.config
from omegaconf import OmegaConf
from tensordict import TensorDict
from transfer_queue import KVBatchMeta
from transformers import AutoTokenizer
from verl.trainer.ppo.v1 import AgentLoopWorkerTQ, get_trainer_cls
from verl.utils import tensordict_utils
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

import tas_stored


def configured(groups: Path, policy: Path, **rollout: Any) -> Any:
    """Give verl's own configuration, with what a run names."""
    config = OmegaConf.load(Path(verl.trainer.config.__file__).parent / "_generated_ppo_trainer.yaml")
    config.data.train_files = str(groups)
    config.data.filter_overlong_prompts = False
    config.data.cache_dir = str(policy)
    config.actor_rollout_ref.model.path = str(policy)
    config.actor_rollout_ref.rollout.update({"name": "vllm", "n": 4, "response_length": 16, "prompt_length": 32, **rollout})
    config.algorithm.adv_estimator = "grpo"
    config.trainer.v1.trainer_mode = "tas_stored"
    return config


async def answered(config: Any) -> list[str]:
    """Let the agent loop answer every group, and give what went wrong."""
    faults: list[str] = []
    policy = config.actor_rollout_ref.model.path
    data = RLHFDataset([config.data.train_files], AutoTokenizer.from_pretrained(policy), config.data)
    batch = collate_fn([data[i] for i in range(len(data))])
    batch["uid"] = np.array([str(uuid.uuid4()) for _ in range(len(data))], dtype=object)
    asked = tensordict_utils.get_tensordict(batch)
    tensordict_utils.assign_non_tensor_data(asked, "global_steps", 1)
    worker_class = AgentLoopWorkerTQ.__ray_metadata__.modified_class
    worker = worker_class(config, llm_client=None)
    run = worker._run_agent_loop

    async def watched(*args: Any, **more: Any) -> Any:
        try:
            return await run(*args, **more)
        except Exception as error:
            faults.append(str(error))
            raise

    worker._run_agent_loop = watched
    await worker.generate_sequences(asked)
    await asyncio.gather(*worker.background_tasks)
    return faults


def advantages(config: Any) -> list[dict[str, Any]]:
    """Give what the trainer would train on."""
    tags = {key: tag for key, tag in tq.kv_list("train")["train"].items() if key.count("_") == 2}
    if not tags:
        return []
    keys = list(tags)
    if config.actor_rollout_ref.rollout.calculate_log_probs:
        # In place of the workers that hold the policy.
        log_probs = tq.kv_batch_get(keys=keys, partition_id="train", select_fields=["rollout_log_probs"])["rollout_log_probs"]
        tq.kv_batch_put(keys=keys, partition_id="train", fields=TensorDict({"old_log_probs": log_probs}, batch_size=len(keys)))
    trainer = object.__new__(get_trainer_cls("tas_stored"))
    trainer.config = config
    batch = trainer._compute_advantage(KVBatchMeta(keys=keys, tags=list(tags.values()), partition_id="train"), {})
    fields = ["group", "prompts", "responses", "advantages", "rm_scores"]
    if config.actor_rollout_ref.rollout.calculate_log_probs:
        fields.append("rollout_log_probs")
    found = tq.kv_batch_get(keys=batch.keys, partition_id="train", select_fields=fields)
    groups = found.pop("group").tolist()
    return [{"group": group, **{name: found[name][i].tolist() for name in fields[1:]}} for i, group in enumerate(groups)]


def main() -> None:
    """Take the policy's folder, and for each case the folder of an export with changes of the configuration of rollouts."""
    policy, cases = Path(sys.argv[1]), json.loads(sys.argv[2])
    ray.init(address="local", num_cpus=8, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False)
    tq.init()
    for folder, changes in cases:
        tas_stored.ROLLOUTS = Path(folder) / "rollouts.jsonl"
        tas_stored._places.cache_clear()
        config = configured(Path(folder) / "groups.jsonl", policy, **changes)
        faults = asyncio.run(answered(config))
        print(json.dumps({"rows": advantages(config), "faults": faults}), flush=True)
        tq.kv_clear(keys=list(tq.kv_list("train")["train"]), partition_id="train")
    ray.shutdown()


main()
