#!/usr/bin/env bash
# qwen-omni-utils 0.0.9 (pip, with librosa 0.11.0 and audioread 3.1.0) reads the sound of a video from its first sample on, whenever that sample is
# to be heard: where the sound begins later than the picture, all of it comes too early beside the frames. Of a valid MP4 whose sound
# starts a second late, with a beep that players give at 2 s:
#   process_audio_info, use_audio_in_video=True     the beep is at 1.1 s
#   ffmpeg, with the sound's own times kept         the beep is at 2.0 s
# A policy that is trained on such clips learns that a sound comes before what makes it. Needs ffmpeg.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet qwen-omni-utils==0.0.9 librosa==0.11.0 audioread==3.1.0 av==18.1.0 numpy==2.4.6 2>/dev/null
beep='if(between(t,1,1.2),sin(2*PI*1000*t),0)'
ffmpeg -v error -f lavfi -i testsrc=d=4:r=10:s=64x64 -itsoffset 1 -f lavfi -i "aevalsrc='$beep':s=16000:d=3" -map 0:v -map 1:a \
  -c:v libx264 -c:a aac late.mp4
ffmpeg -v error -i late.mp4 -af aresample=async=1:first_pts=0 -ac 1 -ar 16000 -f f32le kept.f32
python/bin/python -W ignore - <<'PY'
import importlib.metadata
import importlib.util
import numpy

# The package's own file, without what it loads beside it for pictures (torch, torchvision).
path = importlib.metadata.distribution("qwen-omni-utils").locate_file("qwen_omni_utils/v2_5/audio_process.py")
spec = importlib.util.spec_from_file_location("audio_process", path)
audio_process = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audio_process)
conversation = [{"role": "user", "content": [{"type": "video", "video": "late.mp4"}]}]
(read,) = audio_process.process_audio_info(conversation, use_audio_in_video=True)
kept = numpy.fromfile("kept.f32", numpy.float32)
at, heard = (float(numpy.argmax(numpy.abs(sound) > 0.3)) / 16000 for sound in (read, kept))
print(f"qwen-omni-utils: the beep is at {at:.2f} s; kept times: at {heard:.2f} s")
assert abs(heard - 2) < 0.05 and 0.85 < heard - at < 1.05
PY
