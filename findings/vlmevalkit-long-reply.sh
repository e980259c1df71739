#!/usr/bin/env bash
# VLMEvalKit (2026-11) keeps predictions in an Excel workbook unless PRED_FORMAT says otherwise, and scores what it reads from there. A cell holds 32,767
# characters: pandas 3.1.1 cuts a longer reply off, with a Python warning alone, and with its end goes the <answer>. What is run here is
# its `dump_xlsx` (vlmeval/smp/file.py), pandas' to_excel by xlsxwriter 3.3.1, and its `load_xlsx`, pandas' read_excel. PRED_FORMAT=tsv keeps all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet pandas==3.1.1 xlsxwriter==3.3.1 openpyxl==3.1.5
found=$(python/bin/python -W ignore - <<'PY'
import pandas as pd

reply = "<think>" + "Let me look again. " * 1800 + "</think><answer>B</answer>"
frame = pd.DataFrame({"index": [0], "answer": ["B"], "prediction": [reply]})
options = {"options": {"strings_to_formulas": False}}
with pd.ExcelWriter("predictions.xlsx", engine="xlsxwriter", engine_kwargs=options) as writer:
    frame.to_excel(writer, index=False)
frame.to_csv("predictions.tsv", sep="\t", index=False)
sheet = pd.read_excel("predictions.xlsx")["prediction"][0]
table = pd.read_csv("predictions.tsv", sep="\t")["prediction"][0]
print(len(reply), len(sheet), "<answer>" in sheet, table == reply)
PY
)
echo "characters of the reply, in the workbook, <answer> still there, whole in TSV: $found"
[ "$found" = '34233 32767 False True' ]
