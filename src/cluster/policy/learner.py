"""Trains a policy: the loss over parts of a batch, clipping by global norm, AdamW (src/training/policy/learner.ts and optimiser.ts)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from policy.loss import policy_loss
from policy.memory import Room
from policy.model import Policy
from policy.pack import Context, packs
from policy.protocol import Diverged, Fault
from policy.request import LossOptions, Optimiser, Rollout

# Told after each part: the rows that are done. It may throw, to stop.
Told = Callable[[int], None]


@dataclass
class Measured:
    """What a step measured, before it: sums over the batch's parts, and each row's log-probs [L]."""

    log_probs: list[Tensor]
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
        )

    def reinforce(self, contexts: Sequence[Context], rows: Sequence[Rollout], rate: float, options: LossOptions, told: Told) -> Measured:
        """Take one step. Throws "diverged", and keeps its state, when the loss or the gradient is not finite."""
        tokens = sum(len(row.ids) for row in rows)
        if tokens == 0:
            raise Fault("bad request", "rows have no token to learn from")
        weights = list(self.policy.trained.values())
        if self._longest(contexts, rows) > self.room.bytes() and not self.room.checkpointing:
            self.room.checkpoint()
        try:
            measured = self.room.within(lambda: self._gradient(contexts, rows, options, (len(rows), tokens), told), training=True)
            measured.entropy /= tokens
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

    def _longest(self, contexts: Sequence[Context], rows: Sequence[Rollout]) -> int:
        """Bytes of the row that takes most."""
        needed = self.room.needed
        return max(needed(len(contexts[row.context].ids) + len(row.ids), len(row.ids), training=True) for row in rows)

    def _gradient(
        self,
        contexts: Sequence[Context],
        rows: Sequence[Rollout],
        options: LossOptions,
        of: tuple[int, int],
        told: Told,
    ) -> Measured:
        """Sum the loss and its gradient over parts of the rows."""
        self.optimiser.zero_grad()
        whole = Measured([torch.empty(0)] * len(rows))
        done = 0
        for pack in packs([(row.context, row.ids.long()) for row in rows], contexts, self.room.fits(training=True)):
            told(done)
            part = [rows[place] for place in pack.places]
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
            for place, scores in zip(pack.places, split, strict=True):
                whole.log_probs[place] = scores
            done += len(part)
        told(done)
        return whole

    @torch.no_grad()
    def log_probs(self, contexts: Sequence[Context], rows: Sequence[tuple[int, Tensor]], told: Told, *, reference: bool) -> list[Tensor]:
        """Log-probs [L] of each (context's index, ids) row, under the current weights or those that were opened."""
        if not reference:
            return self.room.within(lambda: self._scores(contexts, rows, told), training=False)
        with self.policy.reference(changed=self.changed):
            return self.room.within(lambda: self._scores(contexts, rows, told), training=False)

    def _scores(self, contexts: Sequence[Context], rows: Sequence[tuple[int, Tensor]], told: Told) -> list[Tensor]:
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
