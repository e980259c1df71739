#!/usr/bin/env bash
# rouge_score 0.1.2 (pip, with nltk 3.9.2) says that use_stemmer=True stems as Porter does, but it takes NLTK's own mode, which has further
# rules. By it "dies" matches "dying" and "skies" matches "sky"; by Porter's published algorithm neither pair has a stem in common:
#   dies / dying   ROUGE-1 F1 1.0, published stems "di" and "dy"
#   skies / sky    ROUGE-1 F1 1.0, published stems "ski" and "sky"
# Rewards of another language's Porter stemmer therefore differ from those of a trainer that uses rouge_score.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet rouge-score==0.1.2 nltk==3.9.2 2>/dev/null
python/bin/python - <<'PY'
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
scorer = rouge_scorer.RougeScorer(["rouge1"], use_stemmer=True)
original = PorterStemmer(PorterStemmer.ORIGINAL_ALGORITHM)
for truth, given in [("dies", "dying"), ("skies", "sky")]:
    f1 = scorer.score(truth, given)["rouge1"].fmeasure
    published = [original.stem(word) for word in (truth, given)]
    print(f"{truth} / {given}: rouge_score {f1}, published stems {published}")
    assert f1 == 1.0 and published[0] != published[1]
PY
