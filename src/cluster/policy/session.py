"""A policy that was opened, and what it is asked for."""

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from policy import checkpoint
from policy.generate import MOST_ROWS, SEEDS, Writing, generate
from policy.learner import Learner, Measured
from policy.memory import Room, total_bytes, used_bytes
from policy.model import Placement, Policy, read_config
from policy.omni import Omni3Policy, OmniPolicy, VisionPolicy
from policy.pack import Context
from policy.peers import Peers, shared
from policy.protocol import Fault, encoded
from policy.request import AnyContext, Completion, Draw, Generate, LogProbs, Nothing, Open, Reinforce, Restore, Sampling, Save
from policy.sample import SamplePolicy

# Tells how much is done, of how much; throws where the request was cancelled.
Told = Callable[[int, int], None]
# AdamW keeps a gradient and two moments of each trained weight, in float32.
TRAINED_BYTES = 12


class Session:
    """The policy and its learner; throws a Fault for what cannot be done."""

    def __init__(self, asked: Open, peers: Peers) -> None:
        """Open a policy; throws "policy", "memory" or "bad request"."""
        self.peers = peers
        if asked.adapter is not None and asked.lora is not None:
            raise Fault("bad request", "adapter and lora are both given: go on with an adapter, or begin a fresh one")
        if asked.threads > 0:
            torch.set_num_threads(asked.threads)
        torch.manual_seed(asked.seed % SEEDS)
        device = _device(asked.device)
        dtype = _dtype(asked.dtype, device)
        folder = Path(asked.policy)
        config = read_config(folder)
        kind = _kind(config.model_type, sees=getattr(config, "audio_visual_prefix", None) is not None)
        trains_all = kind.trains_whole and asked.adapter is None and asked.lora is None
        _weigh(folder, config, device, 4 if trains_all else dtype.itemsize, trains_all=trains_all)
        self.policy = kind(folder, config, Placement(device, dtype), trains_all=trains_all)
        if asked.adapter is not None:
            self.policy.read_adapter(Path(asked.adapter))
        elif asked.lora is not None:
            self.policy.add_adapter(asked.lora)
        elif trains_all:
            self.policy.train_all()
        try:
            self.learner = Learner(self.policy, asked.optimiser, Room(self.policy.model, asked.memory), peers)
        except ValueError as error:
            raise Fault("bad request", f"optimiser: {error}") from error

    def opened(self) -> dict[str, Any]:
        """Say what was opened."""
        model, placement = self.policy.model, self.policy.placement
        trained = sum(weight.numel() for weight in self.policy.trained.values())
        dtype = str(placement.dtype).removeprefix("torch.")
        device = torch.cuda.get_device_name(placement.device) if placement.device.type == "cuda" else "cpu"
        threads = f", {torch.get_num_threads()} threads" if device == "cpu" else ""
        workers = f", {self.peers.size} workers" if self.peers.size > 1 else ""
        return {
            "description": f"PyTorch {torch.__version__.split('+')[0]} on {device}{threads}, {dtype}{workers}",
            "device": str(placement.device),
            "dtype": dtype,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("torch", "transformers", "peft")},
            },
            "parameters": sum(weight.numel() for weight in model.parameters()),
            "trained": trained,
            "positions": self.policy.positions,
            "kind": self.policy.kind,
        }

    def generate(self, asked: Generate, told: Told) -> dict[str, Any]:
        """Sample completions."""
        _check(asked.sampling)
        _check_owners(asked.contexts, asked.rows)
        most = len(asked.rows) * asked.sampling.max_new_tokens
        room = self.learner.room

        def written(mine: list[int]) -> list[dict[str, Any]]:
            contexts = self._contexts(asked.contexts, asked.rows, dict.fromkeys(mine, asked.sampling.max_new_tokens))
            rows = [asked.rows[place] for place in mine]

            def drawn() -> list[Writing]:
                at_once = max(int(MOST_ROWS * room.share), 1)
                return generate(self.policy, contexts, rows, asked.sampling, asked.ends, lambda tokens: told(tokens, most), most=at_once)

            return [
                {
                    "ids": encoded(torch.tensor(row.ids, dtype=torch.int32)),
                    "logProbs": encoded(torch.tensor(row.log_probs, dtype=torch.float32)),
                    "entropies": encoded(torch.tensor(row.entropies, dtype=torch.float32)),
                }
                for row in room.within(drawn, training=False)
            ]

        return {"rows": self.peers.spread(asked.rows, written)}

    def log_probs(self, asked: LogProbs, told: Told) -> dict[str, Any]:
        """Score completions."""
        _check_owners(asked.contexts, asked.rows)
        self._check_ids(asked.rows)

        def scored(mine: list[int]) -> list[dict[str, Any]]:
            contexts = self._contexts(asked.contexts, asked.rows, {place: len(asked.rows[place].ids) for place in mine})
            rows = [(asked.rows[place].context, asked.rows[place].ids.long()) for place in mine]
            scores = self.learner.log_probs(contexts, rows, lambda done: told(done, len(asked.rows)), reference=asked.reference)
            return [encoded(row) for row in scores]

        return {"logProbs": self.peers.spread(asked.rows, scored)}

    def reinforce(self, asked: Reinforce, told: Told) -> dict[str, Any]:
        """Take a step on the policy loss."""
        _check_owners(asked.contexts, asked.rows)
        self._check_ids(asked.rows)
        for i, row in enumerate(asked.rows):
            for name, values in (("weights", row.weights), ("old", row.old), ("ref", row.ref)):
                if values is not None and values.shape != row.ids.shape:
                    raise Fault(
                        "bad request",
                        f"rows[{i}].{name} is of shape {list(values.shape)}, its ids of {list(row.ids.shape)}",
                    )
        if asked.loss.ratio_cap is not None and asked.loss.ratio_cap <= 0:
            raise Fault("bad request", f"loss.ratioCap is {asked.loss.ratio_cap}, not above 0")
        if not self.policy.trained:
            raise Fault("bad request", "nothing of this policy trains: open it with an adapter, or with lora")
        of = len(asked.rows), sum(len(row.ids) for row in asked.rows)
        if of[1] == 0:
            raise Fault("bad request", "rows have no token to learn from")
        rows = {place: asked.rows[place] for place in shared(asked.rows, self.peers.size)[self.peers.rank]}

        def part() -> Measured:
            contexts = self._contexts(asked.contexts, asked.rows, {place: len(row.ids) for place, row in rows.items()})
            return self.learner.gradient(contexts, rows, asked.loss, of, lambda done: told(done, of[0]))

        measured = self.learner.reinforce(part, asked.learning_rate)
        return {
            "loss": measured.loss,
            "policyLoss": measured.policy_loss,
            "kl": measured.kl,
            "gradNorm": measured.grad_norm,
            "entropy": measured.entropy,
            "logProbs": [encoded(measured.log_probs[place]) for place in range(of[0])],
            "step": self.learner.step,
        }

    def save(self, asked: Save, _: Told) -> dict[str, Any]:
        """Write a policy or an adapter, and the optimiser's state."""
        folder = Path(asked.folder)

        def write() -> None:
            if self.peers.rank > 0:
                return
            if not folder.is_dir():
                raise Fault("bad request", f"folder: {folder} is not there")
            checkpoint.save(self.learner, folder)

        self.peers.each(write)
        return {}

    def restore(self, asked: Restore, _: Told) -> dict[str, Any]:
        """Go on from what was saved, here or by the embedded engine."""
        found: dict[str, Tensor] = {}
        self.peers.each(lambda: found.update(checkpoint.read(self.learner, Path(asked.folder))))
        checkpoint.restore(self.learner, found, asked.step)
        return {"step": asked.step}

    def about(self, _: Nothing, __: Told) -> dict[str, Any]:
        """Say how far it is, and what memory it takes, of the GPU or of the process, where that is most."""
        device = self.policy.placement.device
        used, peak, total = max(self.peers.each(lambda: (*used_bytes(device), total_bytes(device))))
        return {"step": self.learner.step, "memory": {"used": used, "peak": peak, "total": total}}

    def _contexts(self, asked: Sequence[AnyContext], rows: Sequence[Draw | Completion], lengths: dict[int, int]) -> dict[int, Context]:
        """Read the contexts of some rows, whose completions' lengths are given, and check that they fit in the policy's positions."""
        owners = sorted({rows[place].context for place in lengths})
        contexts = {owner: self.policy.context(asked[owner], f"contexts[{owner}]") for owner in owners}
        for place, length in lengths.items():
            # The last token predicts nothing, so it is not read.
            positions = len(contexts[rows[place].context].ids) + length - 1
            if self.policy.positions is not None and positions > self.policy.positions:
                raise Fault("bad request", f"rows[{place}] takes {positions} positions, the policy has {self.policy.positions}")
        return contexts

    def _check_ids(self, rows: Sequence[Completion]) -> None:
        for i, row in enumerate(rows):
            if row.ids.dim() != 1:
                raise Fault("bad request", f"rows[{i}].ids is of shape {list(row.ids.shape)}, not of one dimension")
            if len(row.ids):
                self.policy.ids(row.ids, f"rows[{i}].ids")


def _check_owners(contexts: Sequence[AnyContext], rows: Sequence[Draw | Completion]) -> None:
    for i, row in enumerate(rows):
        if not 0 <= row.context < len(contexts):
            raise Fault("bad request", f"rows[{i}].context is {row.context}, there are {len(contexts)} contexts")


def _check(sampling: Sampling) -> None:
    """Throw for what cannot be drawn by."""
    for name, good in (
        ("temperature", sampling.temperature >= 0),
        ("topP", 0 <= sampling.top_p <= 1),
        ("topK", sampling.top_k >= 0),
        ("maxNewTokens", sampling.max_new_tokens >= 1),
    ):
        if not good:
            raise Fault("bad request", f"sampling.{name} is out of its range")


_kinds: dict[str, type[Policy]] = {
    "qwen2_5_omni": OmniPolicy,
    "qwen2_5_omni_thinker": OmniPolicy,
    "qwen2_5_vl": VisionPolicy,
    "qwen3_omni_moe": Omni3Policy,
    "qwen3_omni_moe_thinker": Omni3Policy,
}


def _kind(model_type: str, *, sees: bool) -> type[Policy]:
    """Give the class that reads a model of this type; `sees` says that it has a prefix."""
    return SamplePolicy if sees else _kinds.get(model_type, Policy)


def _device(asked: str) -> torch.device:
    if asked == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise Fault("bad request", f"device: {asked} cannot be used here: {str(error).splitlines()[0]}") from error
    return device


def _dtype(asked: str, device: torch.device) -> torch.dtype:
    narrow = asked == "bfloat16" or (asked == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported())
    return torch.bfloat16 if narrow else torch.float32


def _weigh(folder: Path, config: PreTrainedConfig, device: torch.device, width: int, *, trains_all: bool) -> None:
    """Throw "memory" for weights that cannot fit, at so many bytes a weight."""
    stored = config.dtype.itemsize if isinstance(config.dtype, torch.dtype) else 4
    weights = sum(file.stat().st_size for file in folder.glob("model*.safetensors")) // stored
    needed, had = weights * (width + (TRAINED_BYTES if trains_all else 0)), total_bytes(device)
    if needed > had:
        cure = "train an adapter instead of all weights, or take a smaller policy" if trains_all else "take a smaller policy"
        raise Fault("memory", f"{folder} needs {needed / 2**30:.1f} GiB, {device} has {had / 2**30:.1f} GiB: {cure}")
