"""The sample's real policy on real clips: the embedded engine and the service say the same."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client import SAMPLE, Client, context, decoded, floats, local, rollout, whole

LORA = {"rank": 4, "alpha": 8, "modules": ["q_proj", "v_proj", "down_proj"]}
LOSS = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0, "aggregation": "token", "ratio": "token"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give an adapter and a policy that the service trained and saved."""
    ids = {"ids": whole([5, 6, 7]), "weights": floats([1, 1, 1]), "old": floats([-6, -6, -6])}
    folders = {}
    for name, lora in (("adapter", LORA), ("policy", None)):
        folders[name] = tmp_path_factory.mktemp(name)
        with local() as client:
            client.open(SAMPLE / "policy", lora=lora)
            row = {"context": 0, "advantage": 1, **ids}
            for _ in range(2):
                client.ask("reinforce", contexts=[{"ids": whole([9, 8])}], rows=[row], learningRate=0.01, loss=LOSS)
            client.ask("save", folder=str(folders[name]))
    return folders


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the embedded engine's checkpoint."""
    return tmp_path_factory.mktemp("checkpoint")


@pytest.fixture(scope="module")
def embedded(own: dict[str, Path], checkpoint: Path) -> Any:
    """Ask the embedded engine for rows, their log-probs, and two steps."""
    node = shutil.which("node")
    assert node is not None, "node is not on PATH"
    script = Path(__file__).parent / "embedded.ts"
    words = [node, str(script), str(checkpoint), str(own["adapter"]), str(own["policy"])]
    said = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(said.stdout)


def scored(embedded: Any) -> dict[str, Any]:
    """Give the rows as `logProbs` takes them."""
    rows = embedded["rows"]
    completions = [{"context": i, "ids": whole(row["completionIds"])} for i, row in enumerate(rows)]
    return {"contexts": [context(row) for row in rows], "rows": completions}


def step(client: Client, embedded: Any) -> dict[str, Any]:
    """Take a step as the embedded engine takes it."""
    rows = embedded["rows"]
    batch = {"contexts": [context(row) for row in rows], "rows": [rollout(i, row) for i, row in enumerate(rows)]}
    return client.ask("reinforce", **batch, learningRate=embedded["learningRate"], loss=embedded["options"])


def check(given: list[dict[str, Any]], expected: list[list[float]], atol: float = 1e-4) -> None:
    for scores, values in zip(given, expected, strict=True):
        np.testing.assert_allclose(decoded(scores), values, atol=atol)


def test_the_sample_policy_is_the_embedded_engines(client: Client, embedded: Any) -> None:
    opened = client.open(SAMPLE / "policy")
    assert (opened["kind"], opened["positions"]) == ("sample", 256)
    given = client.ask("logProbs", **scored(embedded))
    check(given["logProbs"], embedded["logProbs"])
    first = step(client, embedded)
    for measure, value in embedded["steps"][0].items():
        assert first[measure] == pytest.approx(value, abs=1e-4), measure
    check(first["logProbs"], embedded["logProbs"])
    check(client.ask("logProbs", **scored(embedded))["logProbs"], embedded["after"], atol=1e-3)
    assert max(np.abs(np.array(after) - before).max() for after, before in zip(embedded["after"], embedded["logProbs"], strict=True)) > 0.01
    assert client.ask("logProbs", **scored(embedded), reference=True) == given


def test_it_goes_on_from_the_embedded_engines_checkpoint(client: Client, embedded: Any, checkpoint: Path) -> None:
    client.open(SAMPLE / "policy")
    assert client.ask("restore", folder=str(checkpoint), step=1) == {"step": 1}
    check(client.ask("logProbs", **scored(embedded))["logProbs"], embedded["after"])
    second = step(client, embedded)
    assert second["step"] == 2
    for measure, value in embedded["steps"][1].items():
        assert second[measure] == pytest.approx(value, abs=1e-4), measure
    check(client.ask("logProbs", **scored(embedded), reference=True)["logProbs"], embedded["logProbs"])


@pytest.mark.parametrize("what", ["adapter", "policy"])
def test_the_embedded_engine_reads_what_the_service_saved(client: Client, embedded: Any, own: dict[str, Path], what: str) -> None:
    if what == "adapter":
        client.open(SAMPLE / "policy", adapter=str(own["adapter"]))
    else:
        client.open(own["policy"])
    given = client.ask("logProbs", **scored(embedded))
    check(given["logProbs"], embedded["own"][what])
    assert np.abs(decoded(given["logProbs"][0]) - embedded["logProbs"][0]).max() > 0.01


def test_the_sample_policy_solves_a_prompt_of_the_sample(client: Client, embedded: Any) -> None:
    client.open(SAMPLE / "policy")
    sampling = {"temperature": 0, "topP": 1, "topK": 0, "maxNewTokens": 80}
    row = embedded["rows"][0]
    made = client.ask("generate", contexts=[context(row)], rows=[{"context": 0, "seed": 0}], sampling=sampling, ends=[0])
    ids = decoded(made["rows"][0]["ids"])
    assert ids[-1] == 0
    assert 30 < len(ids) < 80
    forced = client.ask("logProbs", contexts=[context(row)], rows=[{"context": 0, "ids": made["rows"][0]["ids"]}])
    np.testing.assert_allclose(decoded(made["rows"][0]["logProbs"]), decoded(forced["logProbs"][0]), atol=1e-5)
