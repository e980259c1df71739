#!/usr/bin/env bash
# segeval 2.0.11 (pip) compares numbers by identity, so that what it says of phases depends on how large numbers are:
# - WindowDiff of a text of 12,000 characters in three phases ends in an AssertionError; of every hundredth it is 0.08. Its
#   window is half the mean phase, and a large one has never the length that it expects (with CPython 3.11 from 256 on).
# - Pk of segment ids (its position format) that go on from 2,000, as ids of many texts in a row do, is 0, as if two
#   annotators had agreed; the same segments counted from 1 have Pk 0.8. NumPy's integers have Pk 0 whatever they are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet segeval==2.0.11 numpy==2.2.6
found=$(python/bin/python - <<'PY'
import numpy
import segeval
from segeval import BoundaryFormat

hers, his = (3600, 4400, 4000), (4000, 4000, 4000)
few = [[characters // 100 for characters in phases] for phases in (hers, his)]
print(f"every hundredth character: Pk {segeval.pk(*few):.3f}, WindowDiff {segeval.window_diff(*few):.3f}")
print(f"all: Pk {segeval.pk(hers, his):.3f}")
try:
    print(f"all: WindowDiff {segeval.window_diff(hers, his):.3f}")
except AssertionError:
    print("all: WindowDiff AssertionError")


def pk(number, offset=0):
    segments = ("1 1 2 2 2 2 2 2 2 2 3 3", "1 1 1 1 2 2 2 2 3 3 3 3")
    ids = [[number(offset + int(one)) for one in line.split()] for line in segments]
    return segeval.pk(*ids, boundary_format=BoundaryFormat.position)


print(f"ids from 1: Pk {pk(int)}, from 2,001: {pk(int, 2000)}, from 1 in NumPy: {pk(numpy.int64)}")
PY
)
echo "$found"
[ "$found" = "every hundredth character: Pk 0.080, WindowDiff 0.080
all: Pk 0.080
all: WindowDiff AssertionError
ids from 1: Pk 0.8, from 2,001: 0, from 1 in NumPy: 0" ]
