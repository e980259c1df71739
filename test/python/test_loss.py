"""The loss against the golden vectors that the TypeScript engine is held to."""

from typing import Any

import pytest
import torch

from client import golden
from policy.loss import policy_loss
from policy.protocol import read
from policy.request import LossOptions, Rollout

LOSS = golden("loss.json")
KL = golden("kl.json")


def rows_of(rows: list[dict[str, Any]]) -> list[Rollout]:
    def double(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64)

    return [
        Rollout(
            context=0,
            ids=torch.zeros(len(row["weights"]), dtype=torch.int32),
            weights=double(row["weights"]),
            advantage=row["advantage"],
            old=double(row["oldLogProbs"]),
            ref=double(row["refLogProbs"]),
            dual_clip=row["dualClip"],
        )
        for row in rows
    ]


@pytest.mark.parametrize("case", LOSS["cases"], ids=lambda case: str(case["options"]))
def test_loss_is_that_of_the_golden_vectors_whole_and_in_parts(case: dict[str, Any]) -> None:
    rows, options = rows_of(LOSS["rows"]), read(LossOptions, case["options"])
    scores = [torch.tensor(row["logProbs"], dtype=torch.float64) for row in LOSS["rows"]]
    of = (len(rows), sum(len(row.ids) for row in rows))
    whole = policy_loss(torch.cat(scores), rows, options, of=of)
    assert float(whole.loss) == pytest.approx(case["loss"], abs=1e-9)
    assert whole.kl == pytest.approx(case["kl"], abs=1e-9)
    assert whole.policy_loss + options.kl_weight * whole.kl == pytest.approx(case["loss"], abs=1e-9)
    for cut in range(1, len(rows)):
        parts = [policy_loss(torch.cat(scores[part]), rows[part], options, of=of) for part in (slice(cut), slice(cut, None))]
        assert sum(float(part.loss) for part in parts) == pytest.approx(case["loss"], abs=1e-9)
        assert sum(part.kl for part in parts) == pytest.approx(case["kl"], abs=1e-9)


@pytest.mark.parametrize("case", KL["cases"], ids=lambda case: f"{case['klEstimator']} {case['ratio']}")
def test_kl_and_its_gradient_are_those_of_the_golden_vectors(case: dict[str, Any]) -> None:
    scores = torch.tensor(KL["logProbs"], dtype=torch.float64, requires_grad=True)
    count = len(scores)
    row = {"advantage": 0, "dualClip": None, "weights": [0.0] * count, **KL}
    options = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 1, "aggregation": "token", "klEstimator": case["klEstimator"]}
    terms = policy_loss(scores, rows_of([row]), read(LossOptions, {**options, "ratio": case["ratio"]}), of=(1, count))
    assert terms.kl == pytest.approx(sum(case["kl"]) / count, rel=1e-9)
    (gradient,) = torch.autograd.grad(terms.loss, scores)
    assert gradient.tolist() == pytest.approx(case["gradient"], rel=1e-6, abs=1e-9)


def test_a_dual_clip_bounds_what_a_negative_advantage_counts() -> None:
    row = {"advantage": -1.0, "weights": [1.0], "oldLogProbs": [-9.0], "refLogProbs": [-1.0], "dualClip": 4.0}
    options = read(LossOptions, {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0, "aggregation": "token", "ratio": "token"})
    scores = torch.tensor([-1.0], dtype=torch.float64, requires_grad=True)
    assert policy_loss(scores, rows_of([row]), options, of=(1, 1)).policy_loss == 4
    without = policy_loss(scores, rows_of([{**row, "dualClip": None}]), options, of=(1, 1))
    assert without.policy_loss == pytest.approx(2980.96, abs=0.01)


def test_a_capped_ratio_has_the_cap_as_its_gradient() -> None:
    row = {"advantage": 1.0, "weights": [1.0, 1.0], "oldLogProbs": [-3.0, -1.0], "refLogProbs": [-1.0, -1.0], "dualClip": None}
    asked = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0, "aggregation": "token", "ratio": "token", "ratioCap": 2}
    scores = torch.tensor([-1.0, -1.5], dtype=torch.float64, requires_grad=True)
    terms = policy_loss(scores, rows_of([row]), read(LossOptions, asked), of=(1, 2))
    (gradient,) = torch.autograd.grad(terms.loss, scores)
    assert gradient.tolist() == pytest.approx([-1.0, -0.5 * torch.tensor(-0.5).exp().item()])
