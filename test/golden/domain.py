"""Golden vectors for the formulas of the domain, computed here on their own and never from the TypeScript.

    python3 test/golden/domain.py    writes test/golden/*.json beside this file; needs numpy.
"""

import itertools
import json
import pathlib
import re
from collections import Counter

import numpy as np

HERE = pathlib.Path(__file__).parent


def write(name, cases):
    (HERE / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")


# Group advantage: GRPO, sample standard deviation, 1e-4.
def group_advantage(rewards, scale):
    r = np.array(rewards, float)
    std = r.std(ddof=1) if len(r) > 1 else 0.0
    if std < 1e-6:
        return [0.0] * len(r)
    centred = r - r.mean()
    return (centred / (std + 1e-4) if scale == "std" else centred).tolist()


groups = [
    [1, 0, 1, 0, 0, 1, 1, 1],
    [0.2, 0.6, 1.0, 1.0, 0.2, 0.2, 0.6, 0.0],
    [0.5] * 8,
    [1, 1, 1, 1, 1, 1, 1, 0.9999995],
    [1, 1, 1, 1, 1, 1, 1, 0.999],
    [3.5],
    [0, 1],
    [-2.0, 4.0, 0.25],
]
write(
    "group-advantage",
    [
        {"rewards": g, "scale": s, "advantages": group_advantage(g, s)}
        for g in groups
        for s in ("std", "none")
    ],
)


# Off-policy advantage against the last 20 rewards of the prompt.
def off_policy(reward, pushed, scale):
    window = np.array(pushed[-20:], float)
    sigma = window.std(ddof=1) if len(window) > 1 else 0.0
    if sigma < 1e-6:
        sigma = 1.0
    centred = reward - (window.mean() if len(window) else 0.0)
    return centred / (sigma + 1e-4) if scale == "std" else centred


histories = [
    [],
    [0.5],
    [0.5, 0.5, 0.5],
    [0, 1],
    [1, 0, 0.5, 0.2, 1, 1, 0.7],
    [round((i * 7 % 11) / 10, 1) for i in range(37)],
]
write(
    "off-policy-advantage",
    [
        {"reward": r, "pushed": h, "scale": s, "advantage": off_policy(r, h, s)}
        for h in histories
        for r in (0.0, 0.5, 1.0)
        for s in ("std", "none")
    ],
)


# TAS weights.
def warp(length, first, second):
    """numpy's piecewise-linear interpolation through the labelled boundaries."""
    t = np.arange(length)
    return np.interp(t, [0, first, second, length - 1], [0, 1 / 3, 2 / 3, 1])


def tas(length, scheme, lam, boundaries=None, normalise=False):
    t = np.arange(length) / max(length - 1, 1)
    parabola = (2 * t - 1) ** 2
    shape = {
        "parabolic": lambda: parabola,
        "uniform": lambda: np.zeros(length),
        "linear-decay": lambda: 1 - t,
        "linear-incline": lambda: t,
        "inverse-parabolic": lambda: 1 - parabola,
        "phase-warped": lambda: (2 * warp(length, *boundaries) - 1) ** 2,
        "phase-constant": lambda: np.concatenate(
            [np.ones(boundaries[0]), np.zeros(boundaries[1] - boundaries[0]), np.ones(length - boundaries[1])]
        ),
    }[scheme]()
    w = 1 + lam * shape
    return (w / w.mean() if normalise else w).tolist()


cases = []
for length, lam, normalise in itertools.product((1, 2, 7, 12), (0.3, 0.0, 1.0), (False, True)):
    for scheme in ("parabolic", "uniform", "linear-decay", "linear-incline", "inverse-parabolic"):
        cases.append(dict(length=length, scheme=scheme, lam=lam, normalise=normalise))
for (length, bounds), normalise in itertools.product(
    ((7, [2, 4]), (13, [4, 8]), (20, [3, 16]), (20, [1, 19]), (20, [5, 6])), (False, True)
):
    for scheme in ("phase-warped", "phase-constant"):
        cases.append(dict(length=length, scheme=scheme, lam=0.3, normalise=normalise, boundaries=bounds))
write("tas", [{**c, "weights": tas(**c)} for c in cases])


# Rewards.
def edit_distance(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[:, 0], table[0, :] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i, j in itertools.product(range(len(a)), range(len(b))):
        table[i + 1, j + 1] = min(table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (a[i] != b[j]))
    return int(table[-1, -1])


def f1(common, a, b):
    if common == 0:
        return 0.0
    precision, recall = common / a, common / b
    return 2 * precision * recall / (precision + recall)


def rouge(given, truth):
    a, b = (re.findall(r"[^\W_]+", text.lower()) for text in (given, truth))
    scores = []
    for n in (1, 2):
        x, y = (Counter(zip(*(words[k:] for k in range(n)))) for words in (a, b))
        if x or y:
            scores.append(f1(sum((x & y).values()), sum(x.values()), sum(y.values())))
    subsequences = max(
        (k for k in range(len(a) + 1) if set(itertools.combinations(a, k)) & set(itertools.combinations(b, k))), default=0
    )
    scores.append(f1(subsequences, len(a), len(b)))
    return sum(scores) / len(scores)


texts = [
    ("the red square enters first", "the red square enters first"),
    ("a square enters, then a circle", "the circle enters then the square"),
    ("green", "green"),
    ("green", "blue"),
    ("the low tone", "tone"),
    ("Red RED red", "red"),
    ("", "something"),
]
accuracy = []
for given, truth in texts:
    words = truth.split()
    accuracy.append(dict(type="free-form", given=given, truth=truth, reward=rouge(given, truth) if given else 0.0))
    accuracy.append(
        dict(type="ocr", given=given, truth=truth, reward=max(0.0, 1 - edit_distance(given.split(), words) / len(words)) if given else 0.0)
    )
numbers = [("3", "3"), ("3.002", "3"), ("3.004", "3"), ("about 1,000 m", "1000"), ("-2", "2"), ("0.0005", "0"), ("0.01", "0"), ("2.5", "2"), ("9", "2"), ("1e3", "1000")]
for given, truth in numbers:
    a = {"about 1,000 m": 1000.0}.get(given) or float(given)
    error = abs(a - float(truth)) / (abs(float(truth)) or 1)
    accuracy.append(dict(type="numerical", given=given, truth=truth, reward=float(error < 1e-3)))
    accuracy.append(dict(type="regression", given=given, truth=truth, reward=max(0.0, 1 - error)))
write("accuracy", accuracy)


# Replay buffer: tiers by quantiles of R̄, counts by largest remainder.
def tier_of(value, means):
    q40, q75 = np.quantile(means, [0.4, 0.75])
    return "hard" if value <= q40 else "medium" if value <= q75 else "easy"


mean_lists = [
    [0.5],
    [0.2, 0.9],
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    [0.5, 0.5, 0.5, 1.0],
    [round((i * 13 % 17) / 16, 4) for i in range(40)],
]
write("tier", [{"means": m, "tiers": [tier_of(x, m) for x in m]} for m in mean_lists])


def largest_remainder(n):
    shares = {"easy": 25, "medium": 35, "hard": 40}
    counts = {tier: n * share // 100 for tier, share in shares.items()}
    remainders = {tier: n * share % 100 for tier, share in shares.items()}
    # On a tie the harder tier comes first.
    order = sorted(remainders, key=lambda tier: (-remainders[tier], ["hard", "medium", "easy"].index(tier)))
    for tier in order[: n - sum(counts.values())]:
        counts[tier] += 1
    return counts


write("tier-count", [{"n": n, "counts": largest_remainder(n)} for n in [*range(0, 33), 100, 10_000]])

# Chance of each pick under softmax sampling, and the score it is made of.
scores = [1.2, -0.4, 0.0, 3.0]
write(
    "replay-sampling",
    [
        {"scores": scores, "temperature": t, "chances": (np.exp((np.array(scores) - min(scores)) / t) / np.exp((np.array(scores) - min(scores)) / t).sum()).tolist()}
        for t in (0.5, 1.0, 4.0)
    ],
)


# The loss of one batch, in double precision (docs/algorithm.md, "Loss").
def loss(rows, o):
    terms, kls, clipped, ratios = [], [], [], []
    for row in rows:
        new, old, ref = (np.array(row[k]) for k in ("logProbs", "oldLogProbs", "refLogProbs"))
        a, w = row["advantage"], np.array(row["weights"])
        log_ratio = new - old
        if o["ratio"] == "sequence":
            log_ratio = np.full_like(log_ratio, log_ratio.mean())
        rho = np.exp(log_ratio)
        surrogate = np.minimum(rho * a, np.clip(rho, 1 - o["clipLow"], 1 + o["clipHigh"]) * a)
        if a < 0:
            surrogate = np.maximum(surrogate, row["dualClip"] * a)
        d = ref - new
        k3 = np.exp(d) - d - 1
        terms.append(-w * surrogate + o["klWeight"] * k3)
        kls.append(k3)
        clipped.append((rho > 1 + o["clipHigh"]) if a > 0 else (rho < 1 - o["clipLow"]) if a < 0 else rho < -1)
        ratios.append(rho)
    every = np.concatenate(ratios)
    mean = (lambda parts: float(np.mean([p.mean() for p in parts]))) if o["aggregation"] == "sequence" else (lambda parts: float(np.concatenate(parts).mean()))
    return {
        "loss": mean(terms),
        "kl": mean(kls),
        "clipFraction": float(np.concatenate(clipped).mean()),
        "effectiveSampleSize": float(every.sum() ** 2 / (every**2).sum()),
    }


rng = np.random.default_rng(7)
rows = []
for length, advantage, clip in ((3, 1.0, 4.0), (7, -1.5, 4.0), (5, 0.0, 4.0), (1, 0.6, 4.0), (12, -0.2, 2.0)):
    old = -rng.exponential(1.0, length)
    rows.append(
        {
            "advantage": advantage,
            "dualClip": clip,
            "weights": tas(length, "parabolic", 0.3),
            "oldLogProbs": old.tolist(),
            "logProbs": np.minimum(old + rng.normal(0, 0.6, length), 0).tolist(),
            "refLogProbs": np.minimum(old + rng.normal(0, 0.3, length), 0).tolist(),
        }
    )
rows[1]["logProbs"][2] = rows[1]["oldLogProbs"][2] + 2.0
options = [
    {"clipLow": low, "clipHigh": high, "klWeight": beta, "aggregation": aggregation, "ratio": ratio}
    for (low, high), beta, aggregation, ratio in itertools.product(
        ((0.2, 0.2), (0.1, 0.3)), (0.0, 0.1), ("sequence", "token"), ("token", "sequence")
    )
]
write("loss", {"rows": rows, "cases": [{"options": o, **loss(rows, o)} for o in options]})
