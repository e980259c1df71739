#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 (npm) splits an added token out of longer words although it says "single_word": true;
# tokenizers 0.22.2 (pip) does not, from the same tokenizer.json. Ids of "cats a cat", where the added token "cat" is 3:
#   npm  [3,1,2,3]     pip  [0,2,3]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . @huggingface/tokenizers@0.2.0 >/dev/null
python3 -m venv python && python/bin/pip install --quiet tokenizers==0.22.2
cat >tokenizer.json <<'JSON'
{
  "version": "1.0",
  "added_tokens": [
    { "id": 3, "content": "cat", "single_word": true, "lstrip": false, "rstrip": false, "normalized": false, "special": false }
  ],
  "normalizer": null,
  "pre_tokenizer": { "type": "Whitespace" },
  "post_processor": null,
  "decoder": null,
  "model": { "type": "WordLevel", "vocab": { "cats": 0, "s": 1, "a": 2 }, "unk_token": "a" }
}
JSON
cat >run.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
const tokenizer = new Tokenizer(JSON.parse(readFileSync('tokenizer.json', 'utf8')), {});
console.log(JSON.stringify(tokenizer.encode('cats a cat').ids));
JS
npm=$(node run.mjs)
pip=$(python/bin/python -c 'import json; from tokenizers import Tokenizer
print(json.dumps(Tokenizer.from_file("tokenizer.json").encode("cats a cat").ids, separators=(",", ":")))')
echo "npm $npm, pip $pip"
[ "$npm" = '[3,1,2,3]' ] && [ "$pip" = '[0,2,3]' ]
