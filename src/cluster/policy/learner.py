"""Trains a policy: the loss over parts of a batch, clipping by global norm, AdamW (src/training/policy/learner.ts and optimiser.ts)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from policy.loss import policy_loss
from policy.memory import Room
from policy.model import Policy
from policy.pack import Context, packs
from policy.peers import Peers
from policy.protocol import Diverged
from policy.request import LossOptions, Optimiser, Rollout

# Told after each part: the rows that are done. It may throw, to stop.
Told = Callable[[int], None]


@dataclass
class Measured:
    """What a step measured, before it: sums over the batch's parts, and the log-probs [L] of rows, by their places in the batch."""

    log_probs: dict[int, Tensor] = field(default_factory=dict)
    loss: float = 0.0
    policy_loss: float = 0.0
    kl: float = 0.0
    entropy: float = 0.0
    grad_norm: float = 0.0


@dataclass
class Learner:
    """A policy, AdamW's moments of its trained weights, and the steps taken."""

    policy: Policy
    settings: Optimiser
    room: Room
    peers: Peers
    step: int = 0
    # Whether the weights may differ from those that were opened.
    changed: bool = False
    optimiser: torch.optim.AdamW = field(init=False)

    def __post_init__(self) -> None:
        """Weight decay is of matrices only, as Hugging Face's trainer has it: norms and biases are not decayed."""
        weights = list(self.policy.trained.values())
        matrices, vectors = [w for w in weights if w.dim() > 1], [w for w in weights if w.dim() <= 1]
        settings = self.settings
        self.optimiser = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": settings.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            betas=(settings.beta1, settings.beta2),
            eps=settings.epsilon,
            fused=True,
        )

    def reinforce(self, part: Callable[[], Measured], rate: float) -> Measured:
        """Take one step on the gradients that the workers' parts of a batch (`gradient`) leave.

        Throws "diverged", and keeps its state, when the loss or the gradient is not finite.
        """
        weights = list(self.policy.trained.values())
        try:
            measured = _summed(self.peers.each(part))
            self.peers.add(weights)
            measured.grad_norm = float(torch.nn.utils.clip_grad_norm_(weights, self.settings.max_grad_norm))
            if not (math.isfinite(measured.loss) and math.isfinite(measured.grad_norm)):
                raise Diverged(self.step + 1, measured.loss, measured.grad_norm)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            self.optimiser.step()
        finally:
            self.optimiser.zero_grad()
        self.step += 1
        self.changed = True
        return measured

    def gradient(
        self,
        contexts: Mapping[int, Context],
        rows: Mapping[int, Rollout],
        options: LossOptions,
        of: tuple[int, int],
        told: Told,
    ) -> Measured:
        """Leave in the weights the gradient of what rows, by their places in a batch of so many rows and tokens, add to its loss."""
        longest = max((self._bytes(contexts[row.context], row) for row in rows.values()), default=0)
        if longest > self.room.bytes() and not self.room.checkpointing:
            self.room.checkpoint()
        return self.room.within(lambda: self._gradient(contexts, rows, options, of, told), training=True)

    def _bytes(self, context: Context, row: Rollout) -> int:
        tokens = len(context.ids) + len(row.ids)
        return self.room.needed(tokens, 1, tokens, len(row.ids), training=True)

    def _gradient(
        self,
        contexts: Mapping[int, Context],
        rows: Mapping[int, Rollout],
        options: LossOptions,
        of: tuple[int, int],
        told: Told,
    ) -> Measured:
        """Sum the loss and its gradient over parts of the rows."""
        self.optimiser.zero_grad()
        whole = Measured()
        places = list(rows)
        done = 0
        for pack in packs([(row.context, row.ids.long()) for row in rows.values()], contexts, self.room.fits(training=True)):
            told(done)
            part = [rows[places[i]] for i in pack.places]
            distribution = self.policy.distribution(pack)
            log_probs = distribution.gather(1, pack.targets.to(distribution.device)[:, None])[:, 0]
            terms = policy_loss(log_probs, part, options, of=of)
            torch.autograd.backward(terms.loss)
            whole.loss += float(terms.loss.detach())
            whole.policy_loss += terms.policy_loss
            whole.kl += terms.kl
            with torch.no_grad():
                whole.entropy += float(torch.special.entr(distribution.exp()).sum())
            split = torch.split(log_probs.detach().cpu(), [len(row.ids) for row in part])
            for i, scores in zip(pack.places, split, strict=True):
                whole.log_probs[places[i]] = scores
            done += len(part)
        told(done)
        whole.entropy /= of[1]
        return whole

    @torch.no_grad()
    def log_probs(
        self, contexts: Mapping[int, Context], rows: Sequence[tuple[int, Tensor]], told: Told, *, reference: bool
    ) -> list[Tensor]:
        """Log-probs [L] of each (context's index, ids) row, under the current weights or those that were opened."""
        if not reference:
            return self.room.within(lambda: self._scores(contexts, rows, told), training=False)
        with self.policy.reference(changed=self.changed):
            return self.room.within(lambda: self._scores(contexts, rows, told), training=False)

    def _scores(self, contexts: Mapping[int, Context], rows: Sequence[tuple[int, Tensor]], told: Told) -> list[Tensor]:
        scored = [torch.empty(0)] * len(rows)
        done = 0
        for pack in packs(rows, contexts, self.room.fits(training=False)):
            told(done)
            distribution = self.policy.distribution(pack)
            log_probs = distribution.gather(1, pack.targets.to(distribution.device)[:, None])[:, 0].cpu()
            lengths = [len(ids) for group in pack.rows for _, ids in group]
            for place, scores in zip(pack.places, torch.split(log_probs, lengths), strict=True):
                scored[place] = scores
            done += len(lengths)
        told(done)
        return scored


def _summed(parts: Sequence[Measured]) -> Measured:
    whole = Measured()
    for part in parts:
        whole.loss += part.loss
        whole.policy_loss += part.policy_loss
        whole.kl += part.kl
        whole.entropy += part.entropy
        whole.log_probs |= part.log_probs
    return whole
