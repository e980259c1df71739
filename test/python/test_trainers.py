"""What exports write for trainers and trackers, read by those: TRL and verl train on it, TensorBoard and Trackio show it."""

import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import torch

import policy.vision  # noqa: F401
from handed import RATE, module, rows_of, tokenizer
from tiny import text_model

# TRL, verl and what they import warn of one another.
pytestmark = pytest.mark.filterwarnings("default")


CLIP = 0.2


def trained(trainer: Any, folder: Path, data: Any, *, chats: bool = False, **more: Any) -> Any:
    """Train the tiny policy for two steps on a batch of all eight rollouts."""
    from transformers import AutoModelForCausalLM
    from trl import GRPOConfig

    model = AutoModelForCausalLM.from_pretrained(text_model(folder / "policy"))
    config = GRPOConfig(
        output_dir=str(folder / "out"),
        per_device_train_batch_size=8,
        num_generations=4,
        max_steps=2,
        logging_steps=1,
        learning_rate=RATE,
        epsilon=CLIP,
        loss_type="grpo",
        beta=0.0,
        shuffle_dataset=False,
        report_to="none",
        save_strategy="no",
        use_cpu=True,
        bf16=False,
    )
    made = trainer(model=model, args=config, train_dataset=data, processing_class=tokenizer(chats=chats), **more)
    made.train()
    return made


def measured(trainer: Any) -> list[tuple[float, float]]:
    return [(entry["loss"], entry["grad_norm"]) for entry in trainer.state.log_history if "loss" in entry]


def test_weights_of_one_are_trls_own_loss(exported: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import GRPOTrainer

    hand_off = module(exported / "trl/tas_grpo_trainer.py")
    with pytest.warns(UserWarning, match="not every rollout has them"):
        groups = hand_off.stored_groups(str(exported / "trl/plain.jsonl"), 4, plain=True)
    ours = trained(hand_off.TasGRPOTrainer, tmp_path / "ours", groups)

    # Stock TRL, which takes the same completions from a function of its own.
    stored = {row["prompt"]: row["rollouts"] for row in groups}

    def roll_out(prompts: list[str], trainer: Any) -> dict[str, Any]:
        taken = [stored[prompt][i % 4] for i, prompt in enumerate(prompts)]
        ids = [trainer.processing_class(prompt)["input_ids"] for prompt in prompts]
        logs = [[0.0] * len(one["token_ids"]) for one in taken]
        return {
            "prompt_ids": ids,
            "completion_ids": [one["token_ids"] for one in taken],
            "logprobs": logs,
            "reward": [one["reward"] for one in taken],
        }

    def reward_of(reward: list[float], **_: Any) -> list[float]:
        return reward

    data = Dataset.from_list([{"prompt": prompt} for prompt in stored])
    stock = trained(GRPOTrainer, tmp_path / "stock", data, rollout_func=roll_out, reward_funcs=reward_of)
    assert len(measured(ours)) == 2
    assert measured(ours) == measured(stock)
    for mine, its in zip(ours.model.parameters(), stock.model.parameters(), strict=True):
        assert torch.equal(mine, its)


def expected_loss(model: Any, rows: list[dict[str, Any]], encode: Any, *, weighed: bool = True) -> tuple[float, int]:
    """Give −mean over rollouts of mean over tokens of min(ρÂ, clip(ρ)Â)·w, and how many tokens are clipped."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["group"]].append(row["reward"])
    total, clipped = 0.0, 0
    for row in rows:
        rewards = torch.tensor(groups[row["group"]])
        advantage = (row["reward"] - rewards.mean()) / (rewards.std() + 1e-4)
        prompt = encode("".join(f"{message['content']}\n" for message in row["prompt"]))["input_ids"]
        ids = torch.tensor([prompt + row["token_ids"]])
        with torch.no_grad():
            logits = model(ids).logits[0, len(prompt) - 1 : -1]
        log_probs = logits.float().log_softmax(-1).gather(1, torch.tensor(row["token_ids"])[:, None])[:, 0]
        ratio = (log_probs - torch.tensor(row["log_probs"])).exp()
        clip = ratio.clamp(1 - CLIP, 1 + CLIP)
        weights = torch.tensor(row["tas_weights"]) if weighed else torch.ones_like(ratio)
        total -= float((torch.minimum(ratio * advantage, clip * advantage) * weights).mean()) / len(rows)
        clipped += int((ratio != clip).sum())
    return total, clipped


@pytest.mark.parametrize("chats", [False, True])
def test_trl_trains_on_stored_rollouts_as_the_equation_says(exported: Path, tmp_path: Path, *, chats: bool) -> None:
    hand_off = module(exported / "trl/tas_grpo_trainer.py")
    rows = rows_of(exported / "trl/rollouts.jsonl")
    assert {row["weight_source"] for row in rows} == {"label:ann", "parabolic"}
    encode = tokenizer(chats=False)
    expected: list[tuple[float, float, int]] = []

    class Watched(hand_off.TasGRPOTrainer):  # type: ignore[name-defined,misc]
        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            loss, clipped = expected_loss(model, rows, encode)
            expected.append((loss, expected_loss(model, rows, encode, weighed=False)[0], clipped))
            return super()._compute_loss(model, inputs)

    groups = hand_off.stored_groups(str(exported / "trl/rollouts.jsonl"), 4, plain=not chats)
    trainer = trained(Watched, tmp_path, groups, chats=chats)
    assert len(expected) == 2
    for (loss, unweighed, clipped), (said, _) in zip(expected, measured(trainer), strict=True):
        assert said == pytest.approx(loss, abs=1e-5)
        assert abs(loss - unweighed) > 1e-3
        assert clipped > 0


def test_groups_that_are_not_full_are_told_of(exported: Path, tmp_path: Path) -> None:
    hand_off = module(exported / "trl/tas_grpo_trainer.py")
    with pytest.warns(UserWarning, match=r"^2 rollouts of .* fill no group of 3 and are left out"):
        assert len(hand_off.stored_groups(str(exported / "trl/rollouts.jsonl"), 3)) == 2
    with pytest.raises(ValueError, match="has no group of 5 rollouts: choose a smaller num_generations"):
        hand_off.stored_groups(str(exported / "trl/rollouts.jsonl"), 5)
    lines = (exported / "trl/rollouts.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "half.jsonl").write_text("\n".join(lines[:6]), "utf-8")
    with pytest.warns(UserWarning, match="2 rollouts"):
        assert len(hand_off.stored_groups(str(tmp_path / "half.jsonl"), 4)) == 1


def parabola(length: int) -> torch.Tensor:
    return 1 + 0.3 * (2 * torch.arange(length) / (length - 1) - 1) ** 2


@pytest.fixture(scope="module")
def estimator(exported: Path) -> ModuleType:
    """Give the file that was exported for verl: it registers its estimator once."""
    return module(exported / "verl/tas_advantage.py")


@pytest.mark.parametrize("chats", [False, True])
def test_trl_prefers_by_dpo_what_people_prefer(exported: Path, tmp_path: Path, *, chats: bool) -> None:
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM
    from trl import DPOConfig, DPOTrainer

    file = exported / ("dpo.jsonl" if chats else "dpo-text.jsonl")
    data = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    stored = {row["rollout"]: row for row in rows_of(exported / "trl/rollouts.jsonl")}
    rewards = [(stored[row["chosen_rollout"]]["reward"], stored[row["rejected_rollout"]]["reward"]) for row in data]
    assert rewards == [(1, 0), (0.5, 0)] * 2
    config = DPOConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=4,
        max_steps=2,
        logging_steps=1,
        learning_rate=RATE,
        beta=0.5,
        report_to="none",
        save_strategy="no",
        use_cpu=True,
        bf16=False,
    )
    model = AutoModelForCausalLM.from_pretrained(text_model(tmp_path / "policy"))
    trainer = DPOTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer(chats=chats))
    # What it learns from is the completions, token by token. Behind a text TRL writes the end mark, which here is one word with its last.
    for row, pair in zip(trainer.train_dataset, data, strict=True):
        for side in ("chosen", "rejected"):
            ids = stored[pair[f"{side}_rollout"]]["token_ids"][: None if chats else -1]
            assert row[f"{side}_ids"][: len(ids)] == ids
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    # Before its first step a policy is its own reference.
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert losses[1] < losses[0]


@pytest.mark.parametrize("chats", [False, True])
def test_trl_learns_by_sft_what_people_corrected(exported: Path, tmp_path: Path, *, chats: bool) -> None:
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    file = exported / ("sft.jsonl" if chats else "sft-text.jsonl")
    data = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(data) == 2
    config = SFTConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=2,
        max_steps=2,
        logging_steps=1,
        learning_rate=RATE,
        report_to="none",
        save_strategy="no",
        use_cpu=True,
        bf16=False,
    )
    model = AutoModelForCausalLM.from_pretrained(text_model(tmp_path / "policy"))
    encode = tokenizer(chats=chats)
    trainer = SFTTrainer(model=model, args=config, train_dataset=data, processing_class=encode)
    # The loss is on the corrected text and not on the prompt.
    for row, corrected in zip(trainer.train_dataset, data, strict=True):
        text = corrected["completion"][0]["content"] if chats else corrected["completion"]
        ids = encode(text)["input_ids"][: None if chats else -1]
        learned = [label for label in row["labels"] if label != -100]
        assert learned[: len(ids)] == ids
        assert len(learned) < len(row["input_ids"])
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[1] < losses[0]


def batch_for_verl(rows: list[dict[str, Any]]) -> Any:
    """Give rollouts as verl's trainer has them."""
    from verl import DataProto

    longest = max(len(row["token_ids"]) for row in rows)
    mask = torch.tensor([[1] * len(row["token_ids"]) + [0] * (longest - len(row["token_ids"])) for row in rows])
    rewards = torch.zeros(mask.shape)
    for line, row in zip(rewards, rows, strict=True):
        line[len(row["token_ids"]) - 1] = row["reward"]
    groups = np.array([row["group"] for row in rows], dtype=object)
    return DataProto.from_dict(tensors={"token_level_rewards": rewards, "response_mask": mask}, non_tensors={"uid": groups})


@pytest.mark.parametrize("by_std", [True, False])
def test_verl_weighs_its_own_advantage_by_the_place_of_a_token(
    exported: Path, estimator: ModuleType, monkeypatch: pytest.MonkeyPatch, *, by_std: bool
) -> None:
    from verl.trainer.config import AlgoConfig
    from verl.trainer.ppo.ray_trainer import compute_advantage

    rows = rows_of(exported / "trl/rollouts.jsonl")
    config = AlgoConfig(norm_adv_by_std_in_grpo=by_std)

    def advantages(name: str) -> torch.Tensor:
        batch = compute_advantage(batch_for_verl(rows), name, norm_adv_by_std_in_grpo=by_std, config=config).batch
        return cast("torch.Tensor", batch["advantages"])

    stock = advantages("grpo")
    weights = torch.ones_like(stock)
    for line, row in zip(weights, rows, strict=True):
        line[: len(row["token_ids"])] = parabola(len(row["token_ids"]))
    torch.testing.assert_close(advantages("tas_grpo"), stock * weights)
    monkeypatch.setattr(estimator, "NORMALISE", True)
    sums = (advantages("tas_grpo") / stock.where(stock != 0, torch.ones(()))).sum(-1)
    assert sums[stock[:, 0] != 0].tolist() == pytest.approx(
        [len(row["token_ids"]) for row, one in zip(rows, stock, strict=True) if one[0] != 0]
    )
    monkeypatch.setattr(estimator, "NORMALISE", False)
    monkeypatch.setattr(estimator, "LAMBDA", 0.0)
    assert torch.equal(advantages("tas_grpo"), stock)


def test_verl_takes_two_steps_with_it(exported: Path, estimator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoModelForCausalLM
    from verl.trainer.config import AlgoConfig
    from verl.trainer.ppo.core_algos import compute_policy_loss_vanilla
    from verl.trainer.ppo.ray_trainer import compute_advantage
    from verl.workers.config import FSDPActorConfig

    rows = rows_of(exported / "trl/rollouts.jsonl")
    actor = FSDPActorConfig(strategy="fsdp", rollout_n=4, ppo_micro_batch_size_per_gpu=1)
    encode = tokenizer(chats=False)

    def steps(name: str, folder: Path) -> list[float]:
        model = AutoModelForCausalLM.from_pretrained(text_model(folder))
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        batch = compute_advantage(batch_for_verl(rows), name, config=AlgoConfig()).batch
        losses = []
        for _ in range(2):
            log_probs = torch.zeros(batch["response_mask"].shape)
            for line, row in enumerate(rows):
                prompt = encode(row["prompt"][0]["content"])["input_ids"]
                logits = model(torch.tensor([prompt + row["token_ids"]])).logits[0, len(prompt) - 1 : -1]
                log_probs[line, : len(row["token_ids"])] = logits.log_softmax(-1).gather(1, torch.tensor(row["token_ids"])[:, None])[:, 0]
            loss, _ = compute_policy_loss_vanilla(log_probs.detach(), log_probs, batch["advantages"], batch["response_mask"], config=actor)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        # At a ratio of 1 verl's loss is −Σ A·w over the tokens.
        mean = -float((batch["advantages"] * batch["response_mask"]).sum() / batch["response_mask"].sum())
        assert losses == pytest.approx([mean, mean], abs=1e-6)
        return [*losses, float(model.get_input_embeddings().weight.sum())]

    stock, weighed = steps("grpo", tmp_path / "stock"), steps("tas_grpo", tmp_path / "weighed")
    assert stock != weighed
    monkeypatch.setattr(estimator, "LAMBDA", 0.0)
    assert steps("tas_grpo", tmp_path / "flat") == stock


def test_verl_finds_the_estimator_by_its_name_alone(exported: Path) -> None:
    code = "import policy.vision; import verl.trainer.ppo.core_algos as c; print(c.get_adv_estimator_fn('tas_grpo').__module__)"
    paths = os.pathsep.join([str(exported / "verl"), str(Path("src/cluster").resolve())])
    env = {**os.environ, "VERL_USE_EXTERNAL_MODULES": "tas_advantage", "PYTHONPATH": paths}
    said = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)  # noqa: S603
    assert said.stdout.split() == ["tas_advantage"]


def test_verl_reads_the_prompts(exported: Path, tmp_path: Path) -> None:
    from omegaconf import OmegaConf
    from verl.utils.dataset.rl_dataset import RLHFDataset

    config = OmegaConf.create({"cache_dir": str(tmp_path), "prompt_key": "prompt", "filter_overlong_prompts": False})
    data = RLHFDataset([str(exported / "verl/prompts.jsonl")], tokenizer(chats=True), config)
    rows = [data[i] for i in range(len(data))]
    assert [row["raw_prompt"] for row in rows] == [[{"content": "w3 w4", "role": "user"}], [{"content": "w5 w6 w7", "role": "user"}]]
    assert {row["reward_model"]["ground_truth"] for row in rows} == {"B"}


def test_tensorboard_shows_what_runs_measured(exported: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folders = sorted((exported / "tensorboard").iterdir())
    assert [folder.name[:6] for folder in folders] == ["a-b", "first", "first-"]
    for folder in folders:
        events = EventAccumulator(str(folder)).Reload()
        assert sorted(events.Tags()["scalars"]) == ["accuracy/train", "kl", "reward"]
        rewards = events.Scalars("reward")
        assert [one.step for one in rewards] == list(range(1, 131))
        assert [one.value for one in rewards] == [np.float32(i / 130) for i in range(1, 131)]
        assert [one.wall_time for one in rewards] == [1_790_000_000 + i * 1.5 for i in range(1, 131)]
        assert [(one.step, one.value) for one in events.Scalars("kl")] == [(i, np.float32(i * 1e-3)) for i in range(10, 131, 10)]


def test_csv_has_them_too(exported: Path) -> None:
    with (exported / "runs.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 390
    assert list(rows[0]) == ["run", "iteration", "accuracy/train", "kl", "reward"]
    assert [(row["run"], row["iteration"], row["kl"]) for row in rows[8:10]] == [("first", "9", ""), ("first", "10", "0.01")]


def test_trackio_takes_them_from_its_inbox_once(exported: Path, tmp_path: Path) -> None:
    code = """
import json
from trackio import fragments
from trackio.sqlite_storage import SQLiteStorage as storage
fragments.import_inbox_dir()
runs = storage.get_run_records("rollout-lab")
logs = [storage.get_logs("rollout-lab", run["name"], run_id=run["id"]) for run in runs]
print(json.dumps([[run["name"], logs] for run, logs in zip(runs, logs)]))
print(json.dumps(storage.get_run_config("rollout-lab", run_id=runs[0]["id"])))
"""
    env = {**os.environ, "TRACKIO_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    for _ in range(2):
        inbox = tmp_path / "inbox/rollout-lab"
        inbox.mkdir(parents=True, exist_ok=True)
        shutil.copy(exported / "runs.jsonl", inbox / "runs.jsonl")
        said = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)  # noqa: S603
        runs, config = map(json.loads, said.stdout.splitlines())
        assert sorted(name for name, _ in runs) == ["a/b", "first", "first"]
        for _, logs in runs:
            assert len(logs) == 130
            assert logs[9]["step"] == 10
            assert (logs[9]["reward"], logs[9]["kl"]) == (10 / 130, 0.01)
            assert logs[9]["timestamp"] == "2026-09-21T14:13:35.000Z"
        assert config["preset"] == "avatar"
