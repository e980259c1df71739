#!/usr/bin/env bash
# lmms-eval 0.7.3 (pip) scores plain answers of Video-Holmes by a draw among the options: right one time in six, as a refusal is. Drawn, where D
# is true and "The maid" its text, are
#   "D\n"   "D: The maid"   "The maid."   "<answer>D</answer>"   "I cannot tell."
# while "D" and "D. The maid" are read. lmms-eval seeds the draw once, so what a reply scores hangs on how many were drawn before it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet --no-deps lmms-eval==0.7.3 loguru==0.7.3 PyYAML==6.0.3 numpy==2.4.6 2>/dev/null
python/bin/python - <<'PY'
import importlib.util
import pathlib
import lmms_eval

# The task's own file, without what the package loads beside it (torch, datasets).
path = pathlib.Path(lmms_eval.__path__[0]) / "tasks/video_holmes/utils.py"
spec = importlib.util.spec_from_file_location("video_holmes", path)
holmes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(holmes)
options = dict(zip("ABCDEF", ["The cook", "The gardener", "The butler", "The maid", "A stranger", "Nobody"]))
doc = {"Options": options, "Answer": "D", "Question Type": "SR"}

def right(reply, times=600):
    return sum(holmes.video_holmes_process_results(doc, [reply])["video_holmes_accuracy"]["score"] for _ in range(times))

for reply in ["D", "D. The maid", "D\n", "D: The maid", "The maid.", "<answer>D</answer>", "I cannot tell."]:
    count = right(reply)
    print(f"{reply!r}: right {count} times of 600")
    assert count == 600 if reply in ("D", "D. The maid") else 0 < count < 600
PY
