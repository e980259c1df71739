#!/usr/bin/env bash
# webvtt-py 0.6.0 (pip) takes tags out of a cue's text, and leaves the escapes for what is no tag: WebVTT's "n &lt; 3" is read
# as it stands, where a browser or ffmpeg shows "n < 3". It writes a "<" of a text as it is, too, and then reads the rest of
# the line up to a ">" as a tag: of "if n < 3, look; if n > 3, listen" it brings back "if n  3, listen", and of
# "<think>count</think>" "count".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet webvtt-py==0.6.0
printf 'WEBVTT\n\n00:00.000 --> 00:02.000\nif n &lt; 3, look &amp; listen\n' > escaped.vtt
found=$(python/bin/python - <<'PY'
import webvtt

print(webvtt.read("escaped.vtt")[0].text)
for text in ("if n < 3, look; if n > 3, listen", "<think>count</think>"):
    captions = webvtt.WebVTT()
    captions.captions.append(webvtt.Caption("00:00:00.000", "00:00:02.000", text))
    captions.save("written.vtt")
    print(webvtt.read("written.vtt")[0].text)
PY
)
echo "$found"
[ "$found" = "if n &lt; 3, look &amp; listen
if n  3, listen
count" ]
