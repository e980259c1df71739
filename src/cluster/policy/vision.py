"""torchvision, imported whatever build of torch stands beside it.

PyPI's wheel for Linux is linked to CUDA: beside a CPU build of torch its operators do not load, its import dies of "operator
torchvision::nms does not exist", and with it every model class of transformers. Its import needs no more than their declaration, and
the processors of transformers use none of them. Where torch and torchvision match, nothing is done. Import this before transformers.
"""

import contextlib
from typing import Any, cast

import torch

_declared: list[Any] = []


def _import() -> None:
    try:
        import torchvision  # noqa: PLC0415
    except RuntimeError:
        library = cast("Any", torch.library).Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        # A declaration lives as long as its library.
        _declared.append(library)
        import torchvision  # noqa: F401, PLC0415


# Text models do without it.
with contextlib.suppress(ImportError):
    _import()
