"""Videos of exported rows as the pictures that TRL takes, which has no place for videos and sounds (1.16). Needs PyAV: pip install av.

from datasets import load_dataset
from stored_media import with_frames

data = with_frames(load_dataset("json", data_files="dpo.jsonl", split="train"), frames=8)
"""

import warnings
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import av
from datasets import Dataset, Image, List
from PIL import Image as Pictures


@lru_cache(maxsize=64)
def frames_of(path: str, count: int, side: int) -> tuple[Pictures.Image, ...]:
    """Give what is shown in the middle of each of `count` equal parts of a video, no side longer than `side` pixels."""
    with av.open(path) as box:
        if not box.streams.video or not box.duration:
            raise ValueError(f"{path} has no video, or none whose length is known")
        stream = box.streams.video[0]
        begins = float((stream.start_time or 0) * (stream.time_base or 0))
        wanted = [(i + 0.5) * float(box.duration / av.time_base) / count for i in range(count)]
        made: list[Pictures.Image] = []
        shown = None
        for frame in box.decode(stream):
            while shown is not None and len(made) < count and (frame.time or 0) - begins > wanted[len(made)]:
                made.append(_small(shown.to_image(), side))
            shown = frame
    if shown is None:
        raise ValueError(f"no picture of {path} can be read")
    return tuple(made + [_small(shown.to_image(), side)] * (count - len(made)))


def _small(picture: Pictures.Image, side: int) -> Pictures.Image:
    made = picture.convert("RGB")
    made.thumbnail((side, side))
    return made


def pictures_of(media: list[dict[str, str]], frames: int, side: int) -> list[Pictures.Image]:
    """Give the pictures and the videos' frames of a prompt, in order; its sounds are left out."""
    made: list[Pictures.Image] = []
    for one in media:
        if one["kind"] == "video":
            made += frames_of(one["path"], frames, side)
        elif one["kind"] == "image":
            with Pictures.open(one["path"]) as picture:
                made.append(_small(picture, side))
    return made


def tell_left_out(prompts: Iterable[list[dict[str, str]]], kinds: tuple[str, ...], why: str) -> None:
    """Warn of the media of these kinds that prompts have."""
    counts = Counter(one["kind"] for media in prompts for one in media if one["kind"] in kinds)
    if counts:
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        warnings.warn(f"of prompts is left out, for {why}: {said}", stacklevel=3)


def with_frames(data: Dataset, *, frames: int = 8, side: int = 448) -> Dataset:
    """Give the rows with `images` in place of `media`, as SFTTrainer and DPOTrainer read them for a policy that has a processor."""
    tell_left_out(data["media"], ("audio",), "TRL takes no sound")
    features = data.features.copy()
    del features["media"]
    features["images"] = List(Image())
    return data.map(lambda row: {"images": pictures_of(row["media"], frames, side)}, remove_columns=["media"], features=features)
