"""Golden values of an evaluation's statistics, by other people's code: statsmodels 0.15.0 and scipy 1.17.1.

    python3 test/golden/evaluation.py    writes test/golden/evaluation.json beside this file.
    Needs: pip install statsmodels scipy
"""

import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

HERE = pathlib.Path(__file__).parent


def wilson(right, n):
    low, high = proportion_confint(right, n, method="wilson")
    return {"right": right, "n": n, "low": float(low), "high": float(high)}


def difference(n, seed):
    """Two policies on the same prompts, right or wrong, and the percentile interval of their difference."""
    random = np.random.default_rng(seed)
    a = random.integers(0, 2, n)
    b = np.where(random.random(n) < 0.3, random.integers(0, 2, n), a)
    made = stats.bootstrap(
        (b, a),
        lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=100_000,
        batch=10_000,
        rng=random,
    )
    low, high = made.confidence_interval
    # A mean of n drawn ones has steps of 1/n, and quantiles of 10,000 draws may be a step away.
    return {"a": a.tolist(), "b": b.tolist(), "low": float(low), "high": float(high)}


golden = {
    "wilson": [wilson(right, n) for right, n in ((0, 1), (1, 1), (0, 30), (12, 30), (30, 30), (602, 1000), (1837, 1837))],
    "passAtK": [
        # The chance that k things drawn of n, of which c are marked, have none of these, is hypergeometric.
        {"n": n, "right": right, "k": k, "value": float(1 - stats.hypergeom.pmf(0, n, right, k))}
        for n in (1, 4, 16, 200)
        for right in sorted({0, 1, n // 3, n - 1, n})
        for k in (1, 2, 8, 64)
        if k <= n
    ],
    "mcnemar": [
        {"first": first, "second": second, "p": float(mcnemar([[0, first], [second, 0]], exact=True).pvalue)}
        for first, second in ((0, 0), (1, 0), (3, 3), (2, 11), (11, 2), (40, 64), (600, 700), (1500, 1620))
    ],
    "difference": [difference(n, seed) for n, seed in ((20, 1), (100, 2), (400, 3))],
}
(HERE / "evaluation.json").write_text(json.dumps(golden) + "\n")
