#!/usr/bin/env bash
# math-verify 0.9.0 (pip, with latex2sympy2-extended 1.11.0) takes a time for a quotient where it stands in LaTeX, and for its first number where
# it does not. So it calls any two seconds of a minute the same, and one and the same time in two spellings different:
#   true answer $0:45$    reply \boxed{0:12}    right, as 0/45 is 0/12
#   true answer 1:05      reply 1:50            right, as 1 is 1
#   true answer 1:30      reply \boxed{1:30}    wrong, as 1 is not 1/30
# A reward by it for "when does it happen?" (TRL's accuracy_reward, ms-swift's accuracy) teaches that any time of the first minute is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet math-verify==0.9.0 latex2sympy2-extended==1.11.0 sympy==1.14.0 mpmath==1.3.0 antlr4-python3-runtime==4.13.2
python/bin/python - <<'PY'
from math_verify import parse, verify

for truth, reply, expected in [("$0:45$", r"\boxed{0:12}", True), ("1:05", "1:50", True), ("1:30", r"\boxed{1:30}", False)]:
    gold, given = parse(truth), parse(reply)
    found = verify(gold, given)
    print(f"{truth} is {gold[0]}, {reply} is {given[0]}: {'right' if found else 'wrong'}")
    assert gold and given and found is expected
PY
