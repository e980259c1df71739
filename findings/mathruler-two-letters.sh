#!/usr/bin/env bash
# mathruler 0.1.0 (pip), which EasyR1 and trainers made from it take for rewards, multiplies the letters of a short answer: of
# two letters their order says nothing. Which came first, "AB" or "BA", is right either way, and "on" is right for "no". Three
# letters are compared as they stand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
# What it imports without asking pip for it, too.
python/bin/pip install --quiet mathruler==0.1.0 sympy==1.14.0 pylatexenc==2.10 tqdm==4.67.1
found=$(python/bin/python - <<'PY'
from mathruler.grader import extract_boxed_content, grade_answer

for said, answer in (("AB", "BA"), ("on", "no"), ("ABC", "CBA"), ("A", "B")):
    print(said, answer, grade_answer(extract_boxed_content(f"So \\boxed{{{said}}}."), answer))
PY
)
echo "$found"
[ "$found" = "AB BA True
on no True
ABC CBA False
A B False" ]
