"""What may be asked of the service: each request's fields, in the pipe's names once `max_new_tokens` is read as maxNewTokens."""

from dataclasses import dataclass
from typing import Literal

from policy.protocol import F32, I32


@dataclass(frozen=True)
class Prefix:
    """A clip's slots: `frames` [slots, frame_values] and `mels` [slots, mel_bands]."""

    frames: F32
    mels: F32


@dataclass(frozen=True)
class TokenContext:
    """What stands before a completion of a text model, or behind a clip's slots in the sample's policy: `ids` [P]."""

    ids: I32
    prefix: Prefix | None = None


@dataclass(frozen=True)
class Clip:
    """A video file, and what is seen of it: so many frames, each of at most so many pixels."""

    path: str
    frames: int
    pixels: int


@dataclass(frozen=True)
class TextContext:
    """What stands before a completion of a model that sees: its chat template's text, with one placeholder for the clip."""

    text: str
    clip: Clip | None = None


AnyContext = TokenContext | TextContext


@dataclass(frozen=True)
class Lora:
    """A fresh adapter on these modules of every layer; what it adds counts alpha / rank."""

    rank: int
    alpha: float
    modules: list[str]


@dataclass(frozen=True)
class Optimiser:
    """AdamW's settings, and the global norm that gradients are clipped to."""

    weight_decay: float
    beta2: float
    max_grad_norm: float
    beta1: float = 0.9
    epsilon: float = 1e-8


@dataclass(frozen=True)
class Open:
    """A policy to load. `memory` is in bytes: what a step may hold until its backward pass, beside the weights."""

    policy: str
    adapter: str | None
    lora: Lora | None
    seed: int
    optimiser: Optimiser
    device: str = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: int = 0
    memory: int | None = None


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn: temperature 0 is greedy, topP 1 and topK 0 keep all; top-k is cut before top-p."""

    temperature: float
    top_p: float
    top_k: int
    max_new_tokens: int


@dataclass(frozen=True)
class Draw:
    """A completion wanted. Its own seed makes it the same in whatever batch it is drawn."""

    context: int
    seed: int


@dataclass(frozen=True)
class Generate:
    """Completions to sample; `ends` are the ids that end one."""

    contexts: list[AnyContext]
    rows: list[Draw]
    sampling: Sampling
    ends: list[int]


@dataclass(frozen=True)
class Completion:
    """A completion `ids` [L] of a context."""

    context: int
    ids: I32


@dataclass(frozen=True)
class LogProbs:
    """Completions to score, by the current policy or by the one that was opened, without its adapter."""

    contexts: list[AnyContext]
    rows: list[Completion]
    reference: bool = False


@dataclass(frozen=True)
class Rollout(Completion):
    """A completion as the loss reads it: TAS weights, the behaviour's and the reference's log-probs, all [L]; δ of the dual clip."""

    weights: F32
    advantage: float
    old: F32
    ref: F32 | None = None
    dual_clip: float | None = None


@dataclass(frozen=True)
class LossOptions:
    """docs/algorithm.md, "Loss". `ratio_cap` takes the place of both clips."""

    clip_low: float
    clip_high: float
    kl_weight: float
    aggregation: Literal["sequence", "token"]
    ratio: Literal["token", "sequence"]
    kl_estimator: Literal["k3", "low_var_kl", "bias_correction_kl", "k2", "abs"] = "k3"
    ratio_cap: float | None = None


@dataclass(frozen=True)
class Reinforce:
    """One optimiser step on the policy loss."""

    contexts: list[AnyContext]
    rows: list[Rollout]
    learning_rate: float
    loss: LossOptions


@dataclass(frozen=True)
class Save:
    """A folder to save to, which exists."""

    folder: str


@dataclass(frozen=True)
class Restore:
    """A checkpoint to go on from, and the optimiser steps that it was saved after."""

    folder: str
    step: int


@dataclass(frozen=True)
class Nothing:
    """A request that asks nothing more than its name says."""
