"""verl trains on stored rollouts by the folder that is exported for it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch

from handed import RATE, rows_of, tokenizer
from tiny import text_model

pytestmark = pytest.mark.filterwarnings("default")

HERE = Path(__file__).parent


# Loopback alone, no word to anyone, no token in the home folder; a busy machine may take its time.
RAY = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_raylet_start_wait_time_s": "300",
}
# What each case changes of the first rollout, and of the configuration.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "whole": ({}, {}),
    "other": ({"completion": "w3 something else"}, {"response_length": 8}),
    "bare": ({"log_probs": None}, {"n": 5}),
    "fresh": ({"log_probs": None}, {"calculate_log_probs": False}),
}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # verl knows how Qwen ends a turn, which no token of these says.
    folder = text_model(tmp_path_factory.mktemp("verl") / "policy", "llama")
    tokenizer(chats=True).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def answers(exported: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Give what verl makes of each case: one Ray for all, which takes its time to begin."""
    made, cases = tmp_path_factory.mktemp("cases"), []
    for name, (change, config) in CASES.items():
        shutil.copytree(exported / "verl-stored", made / name)
        first, *others = rows_of(made / name / "rollouts.jsonl")
        (made / name / "rollouts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [first | change, *others]), "utf-8")
        cases.append((str(made / name), config))
    paths = [str(exported / "verl-stored"), str(HERE), str(HERE.parents[1] / "src/cluster")]
    command = [sys.executable, str(HERE / "stored_in_verl.py"), str(policy), json.dumps(cases)]
    # The path of a socket may not be long.
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        modules = {"VERL_USE_EXTERNAL_MODULES": "policy.vision,tas_stored", "PYTHONPATH": os.pathsep.join(paths)}
        env = {**os.environ, **RAY, **modules, "HOME": home, "RAY_TMPDIR": home}
        said = subprocess.run(command, env=env, check=False, capture_output=True, text=True)  # noqa: S603
    assert said.returncode == 0, said.stderr[-4000:]
    lines = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    return dict(zip(CASES, lines, strict=True))


def test_verl_trains_on_stored_rollouts_with_labels_weights(exported: Path, policy: Path, answers: dict[str, dict[str, Any]]) -> None:
    from transformers import AutoModelForCausalLM
    from verl.trainer.ppo.core_algos import compute_policy_loss_vanilla
    from verl.workers.config import FSDPActorConfig

    stored = rows_of(exported / "verl-stored/rollouts.jsonl")
    assert {row["weight_source"] for row in stored} == {"label:ann", "parabolic"}
    found = answers["whole"]
    assert found["faults"] == []
    rows = found["rows"]
    assert len(rows) == len(stored) == 8
    by_ids = {(row["group"], *row["token_ids"]): row for row in stored}
    rewards = {
        group: torch.tensor([row["reward"] for row in stored if row["group"] == group]) for group in {row["group"] for row in stored}
    }
    for row in rows:
        one = by_ids.pop((row["group"], *row["responses"]))
        group = rewards[row["group"]]
        advantage = (one["reward"] - group.mean()) / (group.std() + 1e-6)
        # By the place of the token: the weights are the label's.
        assert row["advantages"] == pytest.approx((advantage * torch.tensor(one["tas_weights"])).tolist(), abs=1e-5)
        assert row["rollout_log_probs"] == pytest.approx(one["log_probs"])
        assert row["rm_scores"] == [0.0] * (len(row["responses"]) - 1) + [one["reward"]]
    assert by_ids == {}

    # Two steps of verl's own loss with them.
    model = AutoModelForCausalLM.from_pretrained(policy)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    actor = FSDPActorConfig(strategy="fsdp", rollout_n=4, ppo_micro_batch_size_per_gpu=1)
    losses = []
    for _ in range(2):
        total = torch.zeros(())
        for row in rows:
            ids = torch.tensor(row["responses"])
            logits = model(torch.tensor([row["prompts"] + row["responses"]])).logits[0, len(row["prompts"]) - 1 : -1]
            log_probs = logits.log_softmax(-1).gather(1, ids[:, None])[None, :, 0]
            mask = torch.ones_like(log_probs)
            advantages = torch.tensor([row["advantages"]])
            loss, _ = compute_policy_loss_vanilla(torch.tensor([row["rollout_log_probs"]]), log_probs, advantages, mask, config=actor)
            total = total + loss / len(rows)
        optimizer.zero_grad()
        torch.autograd.backward(total)
        optimizer.step()
        losses.append(total.item())
    assert losses[1] < losses[0]


def test_verl_is_told_of_a_completion_that_its_tokens_do_not_say(exported: Path, answers: dict[str, dict[str, Any]]) -> None:
    name = rows_of(exported / "verl-stored/rollouts.jsonl")[0]["rollout"]
    found = answers["other"]
    wrong, *others = sorted(found["faults"], key=lambda fault: name not in fault)
    assert f"the token ids of rollout {name} do not say its completion" in wrong
    # Those of nine tokens, one in each group.
    assert [fault.split("has ")[1] for fault in others] == ["9 tokens, and data.max_response_length is 8"] * 2
    assert len(found["rows"]) == 5


def test_verl_is_told_of_missing_log_probs_and_of_groups_that_are_too_small(answers: dict[str, dict[str, Any]]) -> None:
    said = sorted(fault.split(" ", 2)[2] for fault in answers["bare"]["faults"])
    assert said == [
        "has 4 stored rollouts: actor_rollout_ref.rollout.n must be no more than that",
        "has 4 stored rollouts: actor_rollout_ref.rollout.n must be no more than that",
        "has no log-probs: set actor_rollout_ref.rollout.calculate_log_probs=False",
    ]
    assert answers["fresh"]["faults"] == []
    assert len(answers["fresh"]["rows"]) == 8
