#!/usr/bin/env bash
# AReaL 1.0.4 (pip), dump_to_file of a conversation with two turns: `completion` is as many tokens at the end of the sequence as were sampled in
# all, so that it holds what the user said in between and lacks the first answer; `head_version` is the prompt's -1, whatever the policy's.
# Of "Q?" "A1" "Sure?" "A2", where A1 and A2 were sampled by version 4:
#   prompt "Q? A1", completion "Sure? A2", head_version -1, tail_version 4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet aiofiles numpy
python/bin/pip download --quiet --no-deps areal==1.0.4
python3 -m zipfile -e areal-*.whl areal
cat >run.py <<'PY'
import ast, asyncio, json, os
from pathlib import Path
from types import SimpleNamespace

import aiofiles, aiofiles.os, numpy

# Its own method; the rest of the package needs PyTorch and a cluster.
source = ast.parse(Path("areal/areal/infra/workflow_executor.py").read_text())
method = next(node for node in ast.walk(source) if getattr(node, "name", None) == "_dump_trajectory")
names = {"os": os, "json": json, "aiofiles": aiofiles, "Any": object, "RTensor": SimpleNamespace(localize=lambda one: one)}
exec(ast.unparse(method), names)
words = ["Q? ", "A1 ", "Sure? ", "A2"]
executor = SimpleNamespace(
    _get_dump_dir=lambda is_eval: "rollout",
    _get_tokenizer=lambda: SimpleNamespace(decode=lambda ids, skip_special_tokens: "".join(words[one] for one in ids)),
)
# As areal/workflow/multi_turn.py gives it: -1 is the version of tokens that were not sampled.
trajectory = {
    "input_ids": numpy.array([[0, 1, 2, 3]]),
    "loss_mask": numpy.array([[0, 1, 0, 1]]),
    "attention_mask": numpy.array([[1, 1, 1, 1]]),
    "versions": numpy.array([[-1, 4, -1, 4]]),
    "rewards": numpy.array([1.0]),
}
asyncio.run(names["_dump_trajectory"](executor, trajectory, 0, False))
print(Path("rollout/4/0.jsonl").read_text())
PY
found=$(python/bin/python run.py)
echo "$found"
[[ $found == *'"prompt": "Q? A1 "'* && $found == *'"completion": "Sure? A2"'* && $found == *'"head_version": -1'* ]]
