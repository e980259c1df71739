#!/usr/bin/env bash
# tgt 1.5 (pip) cuts a label of a long TextGrid at " = ", and takes one character more: of what Praat writes as
#   text = "so n = 3 claps"
# it reads "so", without a word. It writes the same label whole, and reads it from the short form of the same file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet tgt==1.5 numpy==1.26.4
found=$(python/bin/python - <<'PY'
import tgt

grid = tgt.TextGrid()
tier = tgt.IntervalTier(0, 2, "synthesis")
tier.add_interval(tgt.Interval(0, 2, "so n = 3 claps"))
grid.add_tier(tier)
read = {}
for form in ("long", "short"):
    tgt.write_to_file(grid, f"{form}.TextGrid", format=form)
    (interval,) = tgt.read_textgrid(f"{form}.TextGrid").get_tier_by_name("synthesis")
    read[form] = interval.text
print(read)
PY
)
echo "$found"
[ "$found" = "{'long': 'so', 'short': 'so n = 3 claps'}" ]
