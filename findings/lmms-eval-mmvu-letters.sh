#!/usr/bin/env bash
# lmms-eval 0.7.3 (pip) calls a wrong choice of MMVU right wherever the true letter stands alone in the reply, in either case: the d of "I'd" is
# D, the article "a" is A, and a refusal that names the options is always right. Of a question with the options A to E:
#   true answer D, reply "I'd say B."                       prints B, correct
#   true answer A, reply "This is a case of B."             prints B, correct
#   true answer E, reply "It may be A, B, C, D or E."       prints A, correct
# So one and the same choice is right in a sentence and wrong as a letter alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet --no-deps lmms-eval==0.7.3 loguru==0.7.3 PyYAML==6.0.3 2>/dev/null
python/bin/python - <<'PY'
import importlib.util
import pathlib
import lmms_eval

# The task's own file, without what the package loads beside it (torch, datasets).
path = pathlib.Path(lmms_eval.__path__[0]) / "tasks/mmvu/utils.py"
spec = importlib.util.spec_from_file_location("mmvu", path)
mmvu = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mmvu)
choices = dict(zip("ABCDE", ["osmosis", "diffusion", "mitosis", "budding", "endocytosis"]))
for truth, reply in [("D", "I'd say B."), ("A", "This is a case of B."), ("E", "It may be A, B, C, D or E.")]:
    doc = {"id": "1", "video_path": "videos/Biology/1.mp4", "question_type": "multiple-choice", "question": "Which?", "choices": choices, "answer": truth}
    read = mmvu.mmvu_process_results(doc, [reply])["accuracy"]
    alone = mmvu.mmvu_process_results(doc, [read["pred_answer"]])["accuracy"]
    print(f"{truth}, {reply!r}: prints {read['pred_answer']}, correct {read['correct']}; the letter alone: correct {alone['correct']}")
    assert read["pred_answer"] != truth and read["correct"] == 1 and alone["correct"] == 0
PY
