"""The policies of test/golden, whose numbers PyTorch, transformers and PEFT wrote: the TypeScript engine is held to them too."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from client import GOLDEN, Client, context, decoded, golden, rollout, whole

ENGINE = golden("engine/rows.json")
OBJECTIVES = [name for name, objective in ENGINE["objectives"].items() if objective["options"]]


def contexts_and_rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"contexts": [context(row) for row in rows], "rows": [rollout(i, row) for i, row in enumerate(rows)]}


@pytest.mark.parametrize("name", [folder.name for folder in sorted((GOLDEN / "families").iterdir())])
def test_a_family_gives_the_golden_log_probs(client: Client, name: str) -> None:
    folder = GOLDEN / "families" / name
    case = golden(f"families/{name}/golden.json")
    ids = case["ids"]
    client.open(folder)
    given = client.ask("logProbs", contexts=[{"ids": whole(ids[:3])}], rows=[{"context": 0, "ids": whole(ids[3:])}])
    expected = torch.tensor(case["logits"])[2:-1].log_softmax(-1).gather(1, torch.tensor(ids[3:])[:, None])[:, 0]
    np.testing.assert_allclose(decoded(given["logProbs"][0]), expected, atol=1e-4)
    sampling = {"temperature": 0, "topP": 1, "topK": 0, "maxNewTokens": 12}
    made = client.ask("generate", contexts=[{"ids": whole(ids[:6])}], rows=[{"context": 0, "seed": 1}], sampling=sampling, ends=[])
    assert decoded(made["rows"][0]["ids"]).tolist()[: len(case["greedy"])] == case["greedy"]


# Their config.json says that the head is the embedding's. One's file has another head, which has the last word; the other's no embedding.
@pytest.mark.parametrize(("name", "tied"), [("llama-own-head", False), ("qwen2-head-only", True)])
def test_a_head_is_saved_as_it_is(client: Client, tmp_path: Path, name: str, tied: bool) -> None:  # noqa: FBT001
    folder = GOLDEN / "families" / name
    asked = {"contexts": [{"ids": whole([3, 4, 5])}], "rows": [{"context": 0, "ids": whole([6, 7, 8])}]}
    assert json.loads((folder / "config.json").read_text("utf-8"))["tie_word_embeddings"]
    client.open(folder)
    scores = client.ask("logProbs", **asked)
    client.ask("save", folder=str(tmp_path))
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["tie_word_embeddings"] is tied
    client.open(tmp_path)
    assert client.ask("logProbs", **asked) == scores


def test_the_golden_policy_with_slots_gives_the_golden_log_probs(client: Client) -> None:
    opened = client.open(GOLDEN / "engine")
    assert opened["kind"] == "sample"
    rows = ENGINE["rows"]
    asked = [{"context": i, "ids": whole(row["completionIds"])} for i, row in enumerate(rows)]
    given = client.ask("logProbs", contexts=[context(row) for row in rows], rows=asked)
    for scores, row in zip(given["logProbs"], rows, strict=True):
        np.testing.assert_allclose(decoded(scores), row["logProbs"], atol=1e-5)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("memory", [None, 1])
def test_two_steps_are_the_golden_ones_whole_and_in_parts(client: Client, tmp_path: Path, name: str, memory: int | None) -> None:
    options, settings = ENGINE["objectives"][name], ENGINE["optimiser"]
    optimiser = {"weightDecay": settings["weightDecay"], "beta2": 0.999, "maxGradNorm": settings["maxGradNorm"]}
    client.open(GOLDEN / "engine", optimiser=optimiser, memory=memory)
    asked = {**contexts_and_rows(ENGINE["rows"]), "learningRate": settings["learningRate"], "loss": options["options"]}
    for number, step in enumerate(options["steps"], 1):
        given = client.ask("reinforce", **asked)
        assert given["step"] == number
        for measure, value in step.items():
            assert given[measure] == pytest.approx(value, abs=1e-4), measure
    client.ask("save", folder=str(tmp_path))
    after, saved = load_file(GOLDEN / "engine" / f"{name}.safetensors"), load_file(tmp_path / "model.safetensors")
    names = {key.removeprefix("after/") for key in after if key.startswith("after/")}
    assert set(saved) == names
    for key in names:
        np.testing.assert_allclose(saved[key], after[f"after/{key}"], atol=2e-4, err_msg=key)


@pytest.mark.parametrize("name", [folder.name for folder in sorted((GOLDEN / "lora").iterdir())])
def test_two_steps_of_an_adapter_are_the_golden_ones(client: Client, tmp_path: Path, name: str) -> None:
    case = golden(f"lora/{name}/golden.json")
    settings = case["optimiser"]
    optimiser = {"weightDecay": settings["weightDecay"], "beta2": 0.999, "maxGradNorm": settings["maxGradNorm"]}
    adapter = shutil.copytree(GOLDEN / "lora" / name, tmp_path / "adapter")
    # What it was trained with elsewhere; nothing is dropped here.
    config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    (adapter / "adapter_config.json").write_text(json.dumps({**config, "lora_dropout": 0.5}), "utf-8")
    opened = client.open(GOLDEN / "families" / case["base"], adapter=str(adapter), optimiser=optimiser)
    assert 0 < opened["trained"] < opened["parameters"]
    rows = case["rows"]
    asked = [{"context": 0, "ids": whole(row["completionIds"])} for row in rows]
    frozen = client.ask("logProbs", contexts=[context(rows[0])], rows=asked, reference=True)
    for scores, row in zip(frozen["logProbs"], rows, strict=True):
        np.testing.assert_allclose(decoded(scores), row["refLogProbs"], atol=1e-5)
    for step in case["steps"]:
        rollouts = [rollout(0, row) for row in rows]
        given = client.ask(
            "reinforce", contexts=[context(rows[0])], rows=rollouts, learningRate=settings["learningRate"], loss=case["loss"]
        )
        assert (given["loss"], given["gradNorm"]) == pytest.approx((step["loss"], step["gradNorm"]), rel=1e-4, abs=1e-4)
    client.ask("save", folder=str(tmp_path))
    after = load_file(adapter / "step.safetensors")
    saved = load_file(tmp_path / "adapter_model.safetensors")
    for key, weight in saved.items():
        np.testing.assert_allclose(weight, after[f"after/{key.removeprefix('base_model.model.')}"], atol=2e-4, err_msg=key)
    again = client.ask("logProbs", contexts=[context(rows[0])], rows=asked, reference=True)
    assert again == frozen
