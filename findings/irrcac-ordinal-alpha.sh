#!/usr/bin/env bash
# irrCAC 0.4.4 and krippendorff 0.9.0 (both pip) give Krippendorff's alpha of the same ratings of two people. Where these are
# names, intervals or ratios (irrCAC's weights identity, quadratic and ratio) they agree to five digits. Where they are ordered
# they do not: 0.957 and 0.945. Krippendorff's ordinal difference counts the ratings given between two categories; irrCAC's
# ordinal weights count the categories alone. The third number is Krippendorff's, computed here from his definition.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet irrCAC==0.4.4 krippendorff==0.9.0 numpy==1.26.4 pandas==2.3.3
found=$(python/bin/python - <<'PY'
from collections import Counter

import krippendorff
import pandas
from irrCAC.raw import CAC

hers, his = [1, 2, 3, 3, 2, 1, 4, 1, 2, 5], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5]


def theirs(weights):
    return CAC(pandas.DataFrame({"hers": hers, "his": his}), weights=weights).krippendorff()["est"]["coefficient_value"]


def by_definition():
    given = Counter(hers + his)

    def difference(one, other):
        low, high = sorted((one, other))
        return (sum(given[rating] for rating in range(low, high + 1)) - (given[low] + given[high]) / 2) ** 2

    seen = sum(2 * difference(*pair) for pair in zip(hers, his))
    by_chance = sum(given[one] * given[other] * difference(one, other) for one in given for other in given)
    return 1 - (given.total() - 1) * seen / by_chance


for level, weights in {"nominal": "identity", "interval": "quadratic", "ratio": "ratio", "ordinal": "ordinal"}.items():
    alpha = krippendorff.alpha([hers, his], level_of_measurement=level)
    print(f"{level}: irrCAC {theirs(weights):.5f}, krippendorff {alpha:.5f}")
print(f"ordinal by the definition: {by_definition():.5f}")
PY
)
echo "$found"
[ "$found" = "nominal: irrCAC 0.87417, krippendorff 0.87417
interval: irrCAC 0.96931, krippendorff 0.96931
ratio: irrCAC 0.90778, krippendorff 0.90778
ordinal: irrCAC 0.95730, krippendorff 0.94493
ordinal by the definition: 0.94493" ]
