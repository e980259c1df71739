"""Golden values of AVATAR's own trainer, from its functions as they were released: none of its code is kept here.

    python3 test/golden/authors.py GRPO_TAS_TRAINER.PY OPTIMIZATION.PY    writes test/golden/authors.json; needs numpy.

The first file is ms-swift/swift/rlhf_trainers/grpo_tas_trainer.py of yogkul2000/AVATAR at commit
057292b43ce090ede59235ca934fffaa3f628e3c; the second is src/transformers/optimization.py of huggingface/transformers at commit
005edacb6b5dabbf0843e92c6623de9e07ca6241, whose cosine that trainer's scripts run under. Both were read at those commits and
their functions run on the seeded inputs below. What they import is stood in for: tensors by numpy (float32), the trainer beneath by an
empty class, and generation by rewards drawn here. The gradient steps are taken apart as its data loader does: 4 processes, each with the
8 completions of one prompt as 8 micro-batches of a row, 2 of which are accumulated to a step.
"""

import ast
import importlib.util
import json
import math
import pathlib
import random
import sys
import types

import numpy as np

HERE = pathlib.Path(__file__).parent


class Tensor:
    """As much of a float32 tensor as those functions ask for."""

    device = "cpu"

    def __init__(self, data):
        self.data = np.asarray(data, np.float32)

    def _with(self, other, apply):
        return Tensor(apply(self.data, other.data if isinstance(other, Tensor) else np.float32(other)))

    def __add__(self, other):
        return self._with(other, np.add)

    def __sub__(self, other):
        return self._with(other, np.subtract)

    def __mul__(self, other):
        return self._with(other, np.multiply)

    def __truediv__(self, other):
        return self._with(other, np.divide)

    def std(self):
        return Tensor(self.data.std(ddof=1))

    def mean(self):
        return Tensor(self.data.mean())

    def sum(self, axis):
        return Tensor(self.data.sum(axis))

    def clamp(self, min):
        return Tensor(np.maximum(self.data, min))

    def numel(self):
        return self.data.size

    def item(self):
        return self.data.item()

    def tolist(self):
        return self.data.tolist()

    def detach(self):
        return self

    cpu = detach


class Base:
    """What lies beneath their trainer."""

    def __init__(self, args):
        self.args = args
        self.model = types.SimpleNamespace(training=True)
        self.template = types.SimpleNamespace(sequence_parallel_size=1)
        self.accelerator = types.SimpleNamespace(device="cpu", is_main_process=False)
        self.num_iterations, self._step, self._buffered_inputs = 1, 0, None

    def _preprocess_inputs(self, inputs):
        return inputs


def load(path):
    nothing = lambda *_, **__: None
    stubs = {
        "torch": dict(Tensor=Tensor, tensor=lambda data, **_: Tensor(data), float32=None, is_tensor=lambda x: isinstance(x, Tensor)),
        "accelerate": {},
        "accelerate.utils": dict(gather=nothing, gather_object=nothing),
        "trl": {},
        "trl.trainer": {},
        "trl.trainer.grpo_trainer": dict(nanmax=nothing, nanmin=nothing, nanstd=nothing),
        "swift": {},
        "swift.template": dict(TemplateInputs=None),
        "swift.utils": dict(get_logger=nothing, remove_response=nothing, to_device=lambda batch, _: dict(batch)),
        "theirs": dict(__path__=[]),
        "theirs.grpo_trainer": dict(GRPOTrainer=Base),
        "theirs.rollout_mixin": dict(DataType=list),
        "theirs.utils": dict(compute_chord_loss=nothing, profiling_context=nothing),
    }
    for name, members in stubs.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    spec = importlib.util.spec_from_file_location("theirs.grpo_tas_trainer", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


theirs = load(sys.argv[1])


def cosine(path):
    """Their schedule's function alone: the file's imports are not needed for it. The first of that name is the one of 'cosine'."""
    name = "_get_cosine_schedule_with_warmup_lr_lambda"
    tree = ast.parse(pathlib.Path(path).read_text())
    tree.body = [next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)]
    scope = {"math": math}
    exec(compile(tree, path, "exec"), scope)
    return scope[name]


def arguments(**changed):
    """The Omni script's, and what it leaves to the defaults."""
    values = dict(
        seed=42, tas_enable=True, steps_per_generation=8, tas_off_policy_batches=4, tas_on_policy_batches=4, tas_off_policy_alpha=1.0,
        tas_replay_buffer_size=10000, tas_replay_min_size=10, tas_replay_easy_ratio=0.25, tas_replay_medium_ratio=0.35,
        tas_replay_hard_ratio=0.40, tas_vcrs_window=20, tas_replay_strategy="priority", tas_priority_temperature=1.0,
        tas_priority_reward_weight=1.0, tas_priority_kl_weight=0.1, tas_store_score_threshold=None, tas_hint_key="hint",
        tas_hint_prefix="Hint: ", tas_hint_role="system", tas_hint_zero_patience=3, tas_hint_reward_threshold=None,
        tas_hint_kl_threshold=None, tas_hint_always=False,
    )
    return types.SimpleNamespace(**{**values, **changed})


def trainer(**changed):
    return theirs.GRPOTASTrainer(arguments(**changed))


rng = random.Random(11)
golden = {}

# Tiers: nearest-rank quantiles of R̄ over the prompts seen.
golden["tiers"] = []
for count in (1, 2, 3, 5, 7, 9, 13, 27, 40):
    means = [round(rng.random(), 3) for _ in range(count)]
    one = trainer()
    for i, value in enumerate(means):
        one._vcrs[f"p{i}"].append(value)
    ordered = sorted(means)
    golden["tiers"].append(
        {"means": means, "quantiles": [one._quantile(ordered, 0.40), one._quantile(ordered, 0.75)], "tiers": [one._assign_tier(m) for m in means]}
    )

# A draw of each process: its counts, and the chances within a tier, where the same row may come again.
golden["counts"] = {"n": 4, "counts": trainer()._tas_buffer._target_counts(4)}
golden["draws"] = []


class Recording(random.Random):
    def choices(self, population, weights=None, *, cum_weights=None, k=1):
        golden["draws"].append({"scores": [e.score for e in population], "k": k, "chances": (np.array(weights) / sum(weights)).tolist()})
        return super().choices(population, weights=weights, cum_weights=cum_weights, k=k)


for size, n, temperature in ((1, 2, 1.0), (3, 2, 1.0), (6, 6, 1.0), (6, 4, 0.5), (12, 16, 4.0)):
    buffer = theirs.StratifiedReplayBuffer(10000, 0.25, 0.35, 0.40, "priority", temperature, Recording(size))
    for _ in range(size):
        buffer.add(theirs.TASReplayEntry({}, round(rng.uniform(-2, 2), 3), 0.0, 0.0, 0.0, "hard"))
    drawn = buffer._sample_from_tier("hard", n)
    golden["draws"][-1]["temperature"] = temperature
    golden["draws"][-1]["n"] = n
    assert len(drawn) == golden["draws"][-1]["k"]

# Replayed advantages: σ of a row alone is 1; of a batch of rows that of their rewards.
golden["advantages"] = []
for rows, alpha, window in ((1, 1.0, 20), (1, 0.5, 20), (1, 1.0, 5), (4, 1.0, 20), (16, 1.0, 20), (16, 2.0, 7)):
    one = trainer(tas_off_policy_alpha=alpha, tas_vcrs_window=window)
    seen = {f"p{i}": [rng.choice([0.0, 0.5, 1.0, 1.5]) for _ in range(rng.randrange(0, 33))] for i in range(5)}
    for key, rewards in seen.items():
        for reward in rewards:
            one._vcrs[key].append(reward)
    keys = [f"p{rng.randrange(5)}" for _ in range(rows)]
    rewards = [rng.choice([0.0, 0.5, 1.5]) for _ in range(rows)]
    if rows > 1:
        rewards[:2] = [0.0, 1.5]
    batch = {"prompt_keys": keys, "rewards": Tensor(rewards)}
    one._apply_vcrs_to_replay_batch(batch)
    golden["advantages"].append(
        {"alpha": alpha, "window": window, "seen": seen, "prompts": keys, "rewards": rewards, "advantages": batch["advantages"].tolist()}
    )

# Six iterations of one process: what is replayed, and by which R̄; and the micro-batches of four processes.
golden["iterations"], processes = [], [trainer(seed=seed) for seed in range(4)]
golden["steps"] = []
for iteration in range(6):
    taken = []
    for slot, one in enumerate(processes):
        prompt = f"p{(iteration * 4 + slot) % 6}"
        rewards = [rng.choice([0.0, 0.5, 1.5]) for _ in range(8)]
        spread = np.array(rewards)
        advantages = (spread - spread.mean()) / (spread.std(ddof=1) + 1e-4)
        rows = [
            {"name": f"{iteration}/{slot}/{i}", "prompt_keys": [prompt], "rewards": Tensor([rewards[i]]), "advantages": Tensor([advantages[i]])}
            for i in range(8)
        ]
        one._generate_and_score_completions = lambda _, rows=rows: rows
        micro = [one._prepare_inputs(None) for _ in range(8)]
        taken.append(micro)
        if slot == 0:
            made = {row["name"] for row in rows}
            golden["iterations"].append(
                {
                    "prompt": prompt,
                    "rewards": rewards,
                    "replayed": [
                        {"prompt": row["prompt_keys"][0], "reward": row["rewards"].item(), "advantage": row["advantages"].item()}
                        for row in micro
                        if row["name"] not in made
                    ],
                }
            )
    # By process the rows in the order they are trained; by gradient step which of each process's places it sees.
    fresh = [[place for place, row in enumerate(micro) if row["name"].startswith(f"{iteration}/")] for micro in taken]
    steps = [[[2 * step, 2 * step + 1] for _ in taken] for step in range(4)]
    golden["steps"].append({"fresh": fresh, "steps": steps})

# The hint of a prompt through visits of 8 completions; and by the thresholds of R̄ and KL.
golden["hints"] = []
for chance in (0.0, 0.2, 0.5, 0.9):
    one, visits = trainer(), []
    for visit in range(7):
        item = {"messages": [{"role": "user", "content": "q"}], "hint": "look"}
        one._preprocess_inputs([item])
        hinted = bool(item.get("_tas_hint_applied"))
        totals = [0.0 if rng.random() > chance else rng.choice([0.5, 1.5]) for _ in range(8)]
        key = one._get_prompt_key(item["messages"])
        one._add_to_replay_buffer([{"prompt_keys": [key], "rewards": Tensor([total]), "advantages": Tensor([0.0])} for total in totals])
        visits.append({"hinted": hinted, "totals": totals})
    golden["hints"].append(visits)
golden["thresholds"] = []
for _ in range(24):
    reward, kl = rng.choice([None, 0.3, 0.5]), rng.choice([None, 0.0, 0.01])
    one = trainer(tas_hint_reward_threshold=reward, tas_hint_kl_threshold=kl)
    rbar, distance, zeros = rng.choice([0.0, 0.3, 0.4, 0.5, 0.9]), rng.choice([-0.1, 0.0, 0.01, 0.2]), rng.choice([0, 2, 3])
    one._vcrs["q"].append(rbar)
    one._prompt_stats["q"] = {"rbar": rbar, "kl_mean": distance}
    one._zero_reward_streak["q"] = zeros
    golden["thresholds"].append(
        {"rewardThreshold": reward, "klThreshold": kl, "meanReward": rbar, "kl": distance, "zeroRewards": zeros, "hinted": one._should_apply_hint("q")}
    )

# The learning rate of each gradient step: warm-up over ceil(total * 0.05), then a half cosine.
golden["schedule"] = []
schedule = cosine(sys.argv[2])
for total, warmup in ((1, 0.05), (7, 0.05), (96, 0.05), (400, 0.05), (400, 0.0), (10, 1.0)):
    rising = math.ceil(total * warmup)
    factors = [schedule(step, num_warmup_steps=rising, num_training_steps=total, num_cycles=0.5) for step in range(total + 1)]
    golden["schedule"].append({"total": total, "warmup": warmup, "factors": factors})

(HERE / "authors.json").write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")
