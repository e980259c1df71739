#!/usr/bin/env bash
# decord 0.6.0 (pip) counts frames of an MP4 that its edit list hides, as a clip has them that was cut out without encoding it anew (`-c copy`), and
# gives the last frame again for each that it then lacks. Of a clip of 3 s and 30 frames, cut 5 s behind a key frame:
#   len(vr)                                        80
#   eight frames at even indices, by second        0 1 2 2 2 2 2 2, of which the last six are one and the same picture
# So a policy whose frames are picked by `linspace(0, len(vr) - 1, n)` or by `len(vr)` and `get_avg_fps()` sees the beginning of such a clip, and then a
# still, and its loader takes the clip for 8 s. Needs ffmpeg.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet decord==0.6.0 numpy==1.26.4
# Each second of the whole video is brighter than the one before, by 20 of 220 steps.
ffmpeg -v error -f lavfi -i "color=black:s=64x64:r=10:d=10,format=yuv420p,geq=lum='16+20*floor(T)':cb=128:cr=128" -c:v libx264 -g 100 -bf 0 whole.mp4
ffmpeg -v error -ss 5 -i whole.mp4 -t 3 -c copy clip.mp4
shown=$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames,duration -of csv=p=0 clip.mp4)
found=$(python/bin/python - 2>/dev/null <<'PY'
import decord
import numpy

reader = decord.VideoReader("clip.mp4", num_threads=1)
frames = reader.get_batch(numpy.linspace(0, len(reader) - 1, 8).astype(int)).asnumpy()
seconds = [round(float(frame.mean()) / 255 * 219 / 20) - 5 for frame in frames]
print(len(reader), f"{len(reader) / reader.get_avg_fps():g}", seconds, bool((frames[2:] == frames[2]).all()))
PY
)
echo "ffprobe's seconds and frames: $shown; decord's frames and seconds, what eight of them show, whether the last six are one: $found"
[ "$shown" = '3.000000,30' ] && [ "$found" = '80 8 [0, 1, 2, 2, 2, 2, 2, 2] True' ]
