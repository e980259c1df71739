"""Golden vectors for agreement, by other people's code: segeval, scikit-learn and krippendorff.

    python3 test/golden/agreement.py    writes test/golden/agreement.json beside this file.
    Needs: pip install segeval==2.0.11 scikit-learn krippendorff numpy
"""

import json
import pathlib
import random

import krippendorff
import numpy as np
import segeval
from sklearn.metrics import cohen_kappa_score

HERE = pathlib.Path(__file__).parent
random.seed(7)


# Boundaries: two segmentations as lists of segment sizes; the first is the hypothesis, as segeval's functions take them.
def compared(name, hypothesis, reference):
    hypothesis, reference = tuple(hypothesis), tuple(reference)
    both_whole = len(hypothesis) == len(reference) == 1
    size = segeval.compute_window_size(reference)
    long_enough = sum(reference) > size
    return {
        "name": name,
        "hypothesis": hypothesis,
        "reference": reference,
        # segeval raises where there is no boundary at all, and divides by nothing where no window fits.
        "boundarySimilarity": None if both_whole else float(segeval.boundary_similarity(hypothesis, reference)),
        "windowSize": size,
        "windowDiff": float(segeval.window_diff(hypothesis, reference)) if long_enough else None,
        "pk": float(segeval.pk(hypothesis, reference)) if long_enough else None,
    }


def both_ways(name, texts):
    for text, coders in texts.items():
        names = sorted(coders)
        for i, a in enumerate(names):
            for b in names[:i] + names[i + 1 :]:
                yield compared(f"{name} {text}: {a} against {b}", coders[a], coders[b])


def masses(units, cuts):
    edges = [0, *sorted(cuts), units]
    return [end - start for start, end in zip(edges, edges[1:])]


def random_segmentations(count):
    for case in range(count):
        units = random.choice((2, 3, 5, 8, 20, 75, 300))
        share = random.choice((0.0, 0.05, 0.2, 0.6))
        a = {at for at in range(1, units) if random.random() < share}
        # Half of them near the first, so that there are near misses.
        b = {at for at in range(1, units) if random.random() < share}
        if case % 2:
            b = {min(max(at + random.choice((-2, -1, 0, 0, 1, 2)), 1), units - 1) for at in a} if units > 1 else set()
        yield compared(f"random {case}", masses(units, a), masses(units, b))


# What segeval's own tests compare: the examples of Fournier 2013, of Scaiano and Inkpen 2012, and of NLTK.
published = [
    ("full miss", [2, 3, 6], [5, 6]),
    ("false positive", [2, 3, 6], [2, 3, 3, 3]),
    ("near miss", [2, 3, 6], [2, 2, 7]),
    ("clustered false positives", [2, 3, 6], [1, 1, 3, 1, 5]),
    ("none against some", [13], [4, 4, 5]),
    ("some against none", [4, 4, 5], [13]),
    ("all against some", [1] * 13, [4, 4, 5]),
    ("all against none", [1] * 13, [13]),
    ("translated", [5, 3, 5], [4, 4, 5]),
    ("extra", [5, 3, 5], [5, 1, 2, 5]),
    ("full miss and misaligned", [4, 4, 5], [5, 1, 2, 5]),
    ("Scaiano b", [12], [6, 6]),
    ("Scaiano c", [5, 7], [6, 6]),
    ("Scaiano d", [1, 5, 6], [6, 6]),
    ("Scaiano e", [5, 1, 1, 5], [6, 6]),
    ("identical", [5, 3, 5], [5, 3, 5]),
    ("no boundary", [13], [13]),
]
segmentations = [
    *(compared(*example) for example in published),
    *both_ways("Hearst 1997", segeval.HEARST_1997_STARGAZER),
    *both_ways("Kazantseva 2012, group 5", segeval.KAZANTSEVA2012_G5),
    *both_ways("Kazantseva 2012, group 2", segeval.KAZANTSEVA2012_G2),
    *both_ways("large disagreement", segeval.LARGE_DISAGREEMENT),
    *random_segmentations(120),
]


# Phases: texts of some length, each labelled by some annotators; an item is a character.
def phases_of(length, boundaries):
    return np.repeat(np.arange(len(boundaries) + 1), np.diff([0, *boundaries, length]))


def finite(value):
    return None if np.isnan(value) else float(value)


def labelled(texts, phases):
    """κ of the pair a, b over the texts that both labelled, and α of all annotators over all texts."""
    shared = [text for text in texts if "a" in text["labels"] and "b" in text["labels"]]
    a, b = (np.concatenate([phases_of(t["length"], t["labels"][name]) for t in shared]) for name in "ab")
    names = sorted({name for text in texts for name in text["labels"]})
    rows = [
        np.concatenate(
            [
                phases_of(t["length"], t["labels"][name]).astype(float) if name in t["labels"] else np.full(t["length"], np.nan)
                for t in texts
            ]
        )
        for name in names
    ]
    used = {int(value) for row in rows for value in row[~np.isnan(row)]}
    alone = len(set(a) | set(b)) < 2
    return {
        "texts": texts,
        "phases": phases,
        "kappa": None if alone else finite(cohen_kappa_score(a, b, labels=range(phases))),
        "alpha": None if len(used) < 2 else finite(krippendorff.alpha(np.array(rows), level_of_measurement="nominal")),
    }


def random_texts(count, phases, annotators):
    texts = []
    for _ in range(count):
        length = random.choice((1, 4, 30, 400))
        names = ["a", "b", *(name for name in annotators if random.random() < 0.6)]
        truth = sorted(random.randint(0, length) for _ in range(phases - 1))
        near = lambda: sorted(min(max(at + random.randint(-length // 8, length // 8), 0), length) for at in truth)
        texts.append({"length": length, "labels": {name: near() for name in names}})
    return texts


cases = [
    labelled([{"length": 10, "labels": {"a": [3, 7], "b": [3, 7]}}], 3),
    labelled([{"length": 10, "labels": {"a": [10, 10], "b": [10, 10]}}], 3),
    labelled([{"length": 10, "labels": {"a": [0, 0], "b": [10, 10]}}], 3),
    labelled([{"length": 10, "labels": {"a": [0, 4], "b": [4, 4]}}], 3),
    *(labelled(random_texts(random.randint(1, 6), phases, "cde"[: case % 4]), phases) for phases in (2, 3, 5) for case in range(12)),
]

# A text a line: short to read, short to compare.
lines = lambda rows: "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]"
(HERE / "agreement.json").write_text(f'{{\n "segmentations": {lines(segmentations)},\n "phases": {lines(cases)}\n}}\n')
