"""Saves a policy or an adapter with AdamW's moments, and goes on from it."""

import json
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from policy.learner import Learner
from policy.protocol import Fault

ADAPTER = "adapter_model.safetensors"
MOMENTS = "optimiser.safetensors"
# Files of a tokenizer, a chat template, a configuration; and the folder of a chat template's variants.
COMPANIONS = {".json", ".jinja", ".txt", ".model", ".tiktoken"}
TEMPLATES = "additional_chat_templates"
# What PEFT puts before the names of a causal language model's weights.
PEFT_PREFIX = "base_model.model."
# AdamW's moments by torch's names, and by ours.
_moments = {"exp_avg": "moment1", "exp_avg_sq": "moment2"}


def save(learner: Learner, folder: Path) -> None:
    """Write what `read` reads, and what transformers, PEFT and the editor read, into a folder that is there."""
    policy = learner.policy
    if policy.adapter is None:
        _save_policy(learner, folder)
    else:
        # No vocabulary is asked for at a hub: embeddings never train with an adapter.
        policy.adapter.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
    state = learner.optimiser.state
    moments = {
        f"{ours}/{name}": state[weight][theirs].contiguous() if weight in state else torch.zeros_like(weight)
        for name, weight in policy.trained.items()
        for theirs, ours in _moments.items()
    }
    save_file(moments, folder / MOMENTS)


def _save_policy(learner: Learner, folder: Path) -> None:
    policy = learner.policy
    policy.model.save_pretrained(folder, max_shard_size="5GB")
    # What is not weights goes on as it was.
    for file in policy.folder.iterdir():
        if file.suffix in COMPANIONS and not file.name.endswith(".index.json"):
            shutil.copyfile(file, folder / file.name)
    if (policy.folder / TEMPLATES).is_dir():
        shutil.copytree(policy.folder / TEMPLATES, folder / TEMPLATES, dirs_exist_ok=True)
    config = json.loads((policy.folder / "config.json").read_text("utf-8"))
    tied = policy.model.get_output_embeddings().weight is policy.model.get_input_embeddings().weight
    # transformers 4 reads torch_dtype, 5 reads dtype.
    config |= {"tie_word_embeddings": tied, "dtype": "float32", "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def read(learner: Learner, folder: Path) -> dict[str, Tensor]:
    """Give what `restore` takes. Throws "policy" when it is not of this policy, or broken."""
    found = _weights(learner, folder)
    found |= _tensors(folder / MOMENTS)
    for name, weight in learner.policy.trained.items():
        for key in (name, *(f"{ours}/{name}" for ours in _moments.values())):
            if key not in found or found[key].shape != weight.shape:
                raise Fault("policy", f"{folder} lacks {key} of {list(weight.shape)}: it is not a checkpoint of this policy")
            if not found[key].isfinite().all():
                raise Fault(
                    "policy",
                    f"{folder}: {key} holds what is no finite number, and no policy learns from that: "
                    "take a checkpoint from before it broke",
                )
    return found


def restore(learner: Learner, found: dict[str, Tensor], step: int) -> None:
    """Go on from what was saved after so many steps, bit for bit."""
    with torch.no_grad():
        for name, weight in learner.policy.trained.items():
            weight.copy_(found[name])
            learner.optimiser.state[weight] = {
                "step": torch.tensor(float(step), device=weight.device),
                **{theirs: found[f"{ours}/{name}"].to(weight) for theirs, ours in _moments.items()},
            }
    learner.step = step
    learner.changed = True


def _weights(learner: Learner, folder: Path) -> dict[str, Tensor]:
    """The saved weights by their names in the policy."""
    if learner.policy.adapter is None:
        return {name: weight.detach() for name, weight in learner.policy.load(folder).named_parameters()}
    return {name.removeprefix(PEFT_PREFIX): weight for name, weight in _tensors(folder / ADAPTER).items()}


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        raise Fault("policy", f"{file} cannot be read: {error}. Restore from a folder that a run saved") from error
