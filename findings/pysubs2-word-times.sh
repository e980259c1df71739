#!/usr/bin/env bash
# pysubs2 1.8.1 (pip) takes any line of WebVTT with two times in it for the start of a cue, also a line of three words with times between them, as
# automatic captions of videos have them: its words are lost, and a cue stands there that nobody wrote. Of a cue from 0 to 4 s with the line
#   it<00:00:01.000><c> barks</c><00:00:02.000><c> twice</c>
# it makes two, of 0 to 4 s without text, and of 1 to 2 s with the name of the next cue as its text. Lines of two or four words are kept.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet pysubs2==1.8.1
cat >captions.vtt <<'VTT'
WEBVTT

first
00:00:00.000 --> 00:00:04.000
it<00:00:01.000><c> barks</c><00:00:02.000><c> twice</c>

second
00:00:04.000 --> 00:00:06.000
and sleeps
VTT
found=$(python/bin/python -W ignore -c 'import pysubs2
print([(cue.start, cue.end, cue.plaintext) for cue in pysubs2.load("captions.vtt")])')
echo "$found"
[ "$found" = "[(0, 4000, ''), (1000, 2000, 'second'), (4000, 6000, 'and sleeps')]" ]
