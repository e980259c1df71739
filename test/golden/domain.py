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
