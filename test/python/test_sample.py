"""The sample's real policy on real clips: the embedded engine and the service say the same."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client import SAMPLE, Client, context, decoded, rollout, whole


@pytest.fixture(scope="module")
def embedded() -> Any:
    """Ask the embedded engine for rows, their log-probs, and one step."""
    node = shutil.which("node")
    assert node is not None, "node is not on PATH"
    script = Path(__file__).parent / "embedded.ts"
    said = subprocess.run([node, str(script)], check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(said.stdout)


def test_the_sample_policy_is_the_embedded_engines(client: Client, embedded: Any) -> None:
    rows = embedded["rows"]
    opened = client.open(SAMPLE / "policy")
    assert (opened["kind"], opened["positions"]) == ("sample", 256)
    contexts = [context(row) for row in rows]
    asked = [{"context": i, "ids": whole(row["completionIds"])} for i, row in enumerate(rows)]
    given = client.ask("logProbs", contexts=contexts, rows=asked)
    for scores, expected in zip(given["logProbs"], embedded["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(scores), expected, atol=1e-4)
    rollouts = [rollout(i, row) for i, row in enumerate(rows)]
    step = client.ask("reinforce", contexts=contexts, rows=rollouts, learningRate=embedded["learningRate"], loss=embedded["options"])
    for measure, value in embedded["step"].items():
        assert step[measure] == pytest.approx(value, abs=1e-4), measure
    for scores, expected in zip(step["logProbs"], embedded["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(scores), expected, atol=1e-4)
    after = client.ask("logProbs", contexts=contexts, rows=asked)
    for scores, expected, before in zip(after["logProbs"], embedded["after"], embedded["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(scores), expected, atol=1e-3)
        assert np.abs(np.array(expected) - before).max() > 1e-2
    frozen = client.ask("logProbs", contexts=contexts, rows=asked, reference=True)
    assert frozen == given


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
