"""A clip as a model is shown it: so many frames at even times, and the sound, read by PyAV, whose wheel holds FFmpeg."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

# Samples a second, as the models' sound towers were trained.
SOUND_RATE = 16_000


@dataclass(frozen=True)
class Seen:
    """`frames` [N, H, W, 3] of uint8, `rate` of them a second; `sound` [T] of float32 at SOUND_RATE from the first frame on, or None."""

    frames: np.ndarray[Any, np.dtype[np.uint8]]
    rate: float
    sound: np.ndarray[Any, np.dtype[np.float32]] | None


def read_clip(path: Path, count: int) -> Seen:
    """Read a file. Throws OSError or ValueError, which say what is wrong with it."""
    with av.open(path) as box:
        if not box.streams.video:
            raise ValueError("it has no video")
        stream = box.streams.video[0]
        seconds = float(box.duration / av.time_base) if box.duration else float((stream.duration or 0) * (stream.time_base or 0))
        if seconds <= 0:
            raise ValueError("its length is not known")
        # A frame is what is shown in the middle of its share of the clip: the latest that has begun by then.
        wanted = [(i + 0.5) * seconds / count for i in range(count)]
        picked: list[Any] = []
        shown = None
        begins = float((stream.start_time or 0) * (stream.time_base or 0))
        for frame in box.decode(stream):
            while shown is not None and len(picked) < count and (frame.time or 0) - begins > wanted[len(picked)]:
                picked.append(shown.to_ndarray(format="rgb24"))
            shown = frame
        if shown is None:
            raise ValueError("no picture of it can be read")
        last = shown.to_ndarray(format="rgb24")
        picked += [last] * (count - len(picked))
    return Seen(np.stack(picked), count / seconds, _sound(path, begins, seconds))


def _sound(path: Path, begins: float, seconds: float) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    with av.open(path) as box:
        if not box.streams.audio:
            return None
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_RATE)
        parts: list[Any] = []
        late: int | None = None
        for frame in box.decode(box.streams.audio[0]):
            if late is None:
                # It may begin before or after the picture, and is to be heard beside it as players give it.
                late = round(((frame.time or 0) - begins) * SOUND_RATE)
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    if late is None or not parts:
        return None
    sound = np.concatenate(parts)[max(0, -late) :]
    # All of it may be before the picture, or behind its end: by broken times even days, which would be as much silence.
    if len(sound) == 0 or late >= seconds * SOUND_RATE:
        return None
    return np.pad(sound, (max(0, late), 0))
