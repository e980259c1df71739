"""A policy: a causal language model of transformers, what it reads, and the distributions that it gives."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, Cache, PreTrainedConfig, PreTrainedModel

from policy.attention import taught, teach, unteach
from policy.pack import Context, Pack
from policy.protocol import Fault
from policy.request import AnyContext, Lora, TokenContext

# Names of missing weights that a fault tells.
SHOWN = 3


@dataclass(frozen=True)
class Placement:
    """Where a policy is computed, and in which type."""

    device: torch.device
    dtype: torch.dtype


class Policy:
    """A text model. `model` is transformers'; an adapter changes its modules in place."""

    kind: ClassVar[str] = "text"
    # Whether all weights may train.
    trains_whole: ClassVar[bool] = True
    # What of the model may carry an adapter: PEFT's pattern for so many names of modules.
    adapted: ClassVar[str | None] = None

    def __init__(self, folder: Path, config: PreTrainedConfig, placement: Placement, *, trains_all: bool) -> None:
        """Load the folder; throws "policy" that names the file and the cure."""
        self.folder = folder
        self.config = config
        self.placement = placement
        # Trained weights are float32; those beneath an adapter may be narrower.
        self.weights_dtype = torch.float32 if trains_all else placement.dtype
        self.model = self.load(folder)
        self.adapter: PeftModel | None = None
        self._opened: PreTrainedModel | None = None
        text = self.model.config.get_text_config()
        self.layers: int = text.num_hidden_layers
        self.positions = _positions(folder, text)
        self.vocabulary: int = self.model.get_input_embeddings().num_embeddings

    def load(self, folder: Path) -> PreTrainedModel:
        """Load a folder's weights, none of which trains yet."""
        model = loaded(AutoModelForCausalLM, folder, self.weights_dtype)
        return cast("PreTrainedModel", model.to(self.placement.device).eval().requires_grad_(requires_grad=False))

    # The weights that train.

    def train_all(self) -> None:
        """Train every weight."""
        self.model.requires_grad_(requires_grad=True)

    def add_adapter(self, lora: Lora) -> None:
        """Put a fresh adapter on, whose A is drawn from torch's seed and whose B is 0."""
        modules = lora.modules if self.adapted is None else self.adapted.format("|".join(lora.modules))
        config = LoraConfig(
            r=lora.rank,
            lora_alpha=cast("int", lora.alpha),
            target_modules=modules,
            lora_dropout=0.0,
            task_type="CAUSAL_LM",
        )
        try:
            self.adapter = cast("PeftModel", get_peft_model(self.model, config))
        except ValueError as error:
            raise Fault("bad request", f"lora: {error}") from error

    def read_adapter(self, folder: Path) -> None:
        """Put a saved adapter on, in PEFT's form; throws "policy"."""
        if not (folder / "adapter_config.json").is_file():
            raise Fault(
                "policy",
                f"{folder} is not an adapter: it has no adapter_config.json. Name a folder that PEFT or a run wrote",
            )
        try:
            adapter, read = _with_adapter(self.model, folder)
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, SafetensorError) as error:
            raise Fault("policy", f"{folder} is not an adapter of this policy: {first_line(error)}") from error
        # PEFT warns of these at most, and the adapter would change nothing, or not all that it was trained to.
        for wrong, keys in (("lacks", read.missing_keys), ("has, and the policy has no place for,", read.unexpected_keys)):
            if keys:
                raise Fault("policy", f"{folder} is not an adapter of this policy: it {wrong} {', '.join(sorted(keys)[:3])}")
        # Its dropout would draw log-probs anew each time: there is none here.
        self.adapter = adapter.eval()

    @property
    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that train, by their names in the policy: those of the adapter where there is one."""
        names = ((name.replace(".default.", "."), weight) for name, weight in self.model.named_parameters())
        return {name: weight for name, weight in names if weight.requires_grad}

    @contextmanager
    def reference(self, *, changed: bool) -> Iterator[None]:
        """Be the policy that was opened, without its adapter; `changed` says whether steps were taken since."""
        if self.adapter is not None:
            with self.adapter.disable_adapter():
                yield
            return
        if self._opened is None and changed:
            self._opened = self.load(self.folder)
        current = self.model
        self.model = self._opened if changed and self._opened is not None else current
        try:
            yield
        finally:
            self.model = current

    # What is read.

    def context(self, asked: AnyContext, path: str) -> Context:
        """Give what stands before a completion; throws "bad request" for what this policy cannot read."""
        if not isinstance(asked, TokenContext) or asked.prefix is not None:
            raise Fault("bad request", f"{path} has a clip, which a text model cannot read: it takes ids alone")
        ids = self.ids(asked.ids, f"{path}.ids")
        return Context(ids, torch.arange(len(ids)))

    def ids(self, ids: Tensor, path: str) -> Tensor:
        """Give token ids [P] as int64, when all are the policy's and there is one at least."""
        if ids.dim() != 1 or len(ids) == 0:
            raise Fault("bad request", f"{path} is of shape {list(ids.shape)}; at least one token must be there")
        if int(ids.min()) < 0 or int(ids.max()) >= self.vocabulary:
            raise Fault("bad request", f"{path} has a token that is not among the policy's {self.vocabulary}")
        return ids.long()

    def soft(self, context: Context) -> Tensor | None:  # noqa: ARG002
        """Embeddings [k, D] of what is seen and heard, which take the places of `context.places` [k]."""
        return None

    # What is computed.

    def embed(self, ids: Tensor, contexts: list[tuple[int, Context]]) -> Tensor:
        """Embeddings [S, D] of ids [S], among which contexts begin at these places."""
        embeddings = cast("Tensor", self.model.get_input_embeddings()(ids.to(self.placement.device)))
        for start, context in contexts:
            soft = self.soft(context)
            if soft is not None and context.places is not None:
                places = (context.places + start).to(embeddings.device)
                embeddings = embeddings.index_copy(0, places, soft.to(embeddings))
        return embeddings

    def deeper(self, contexts: list[list[tuple[int, Context]]], length: int) -> dict[str, Any]:  # noqa: ARG002
        """What a model takes beside embeddings, of rows of `length` tokens among which contexts begin at these places."""
        return {}

    def logits(
        self, embeddings: Tensor, positions: Tensor, mask: Tensor | None, keep: Tensor | int, cache: Cache | None = None, **deeper: Any
    ) -> Tensor:
        """Logits [B, K, V] in float32 at the places `keep` [K], or at the last ones.

        `embeddings` are [B, S, D], `positions` [B, S] or [3, B, S]; `mask` [B, S, S + cached] says what each may see: all that is before
        it, where there is none.
        """
        device = self.placement.device
        if isinstance(keep, Tensor):
            keep = keep.to(device)
        with self.autocast():
            logits = self.forward(
                inputs_embeds=embeddings,
                position_ids=positions.to(device),
                attention_mask=None if mask is None else self.attended(mask.to(device)),
                cache=cache,
                use_cache=cache is not None,
                keep=keep,
                **deeper,
            )
        return logits.float()

    def attended(self, mask: Tensor) -> Tensor:
        """A mask [B, 1, S, K] as the model's attention takes it: as flags, or as what it adds to its scores where it is its own."""
        flags = mask[:, None]
        if taught(self.model):
            return flags
        added = torch.zeros(flags.shape, dtype=self.placement.dtype, device=flags.device)
        return added.masked_fill(~flags, torch.finfo(added.dtype).min)

    def forward(self, *, keep: Tensor | int, **inputs: Any) -> Tensor:
        """Logits in the model's own type."""
        return cast("Tensor", self.model(**inputs, logits_to_keep=keep).logits)

    def autocast(self) -> Any:
        """Compute in the placement's type where the weights are wider."""
        if self.weights_dtype == self.placement.dtype:
            return nullcontext()
        return torch.autocast(self.placement.device.type, self.placement.dtype)

    def distribution(self, pack: Pack) -> Tensor:
        """Log-probs [ΣL, V] over the vocabulary, in float32, at each token of a pack's completions."""
        tokens, starts, size = [], [], 0
        for context, rows in zip(pack.contexts, pack.rows, strict=True):
            starts.append((size, context))
            tokens += [context.ids, *(ids[:-1] for _, ids in rows)]
            size = sum(map(len, tokens))
        embeddings = self.embed(torch.cat(tokens), starts)[None]
        positions = pack.positions()
        deeper = self.deeper([starts], size)
        placed = pack.layout().to(self.placement.device) if len(pack.places) > 1 else None
        if placed is not None:
            deeper["layout"] = placed
        logits = self.logits(embeddings, positions[..., None, :], None, pack.predicting(), **deeper)
        if placed is not None and len(placed.attended) < self.layers:
            # Layers that were not told (Nemotron's hand nothing on) saw all before a token: from now on each row is read alone.
            unteach(self.model.get_decoder())
            del logits
            return torch.cat([self.distribution(alone) for alone in pack.alone()])
        return logits[0].log_softmax(-1)


def _with_adapter(model: PreTrainedModel, folder: Path) -> tuple[PeftModel, Any]:
    """Put a saved adapter on, and give what of it and of the model found no counterpart; throws what PEFT does."""
    config = PeftConfig.from_pretrained(str(folder))
    # What else trains has names in a checkpoint that no resume finds again, or is not in the adapter's file.
    if not isinstance(config, LoraConfig) or config.use_dora or config.modules_to_save or config.bias != "none":
        raise ValueError("it is more than LoRA: DoRA, biases, modules_to_save and other kinds of adapters are not supported")
    if config.init_lora_weights not in (True, False, "gaussian"):
        raise ValueError(f"init_lora_weights {config.init_lora_weights} changes the base: convert it to plain LoRA when you save it")
    config.inference_mode = False
    adapter = PeftModel(model, config)
    # As PEFT's own from_pretrained does, which tells nobody what it found.
    mapping = getattr(model, "_checkpoint_conversion_mapping", {})
    return adapter, adapter.load_adapter(str(folder), "default", is_trainable=True, local_files_only=True, key_mapping=mapping)


def _positions(folder: Path, config: PreTrainedConfig) -> int | None:
    """Give the longest sequence that is seen whole; throws "policy" for a model that does not attend to all of it."""
    kinds = set(getattr(config, "layer_types", None) or ())
    other = sorted(kinds - {"full_attention", "sliding_attention"})
    if other:
        raise Fault("policy", f"{folder / 'config.json'}: layers of {', '.join(other)} are not supported, only those of attention")
    limits = [getattr(config, "max_position_embeddings", None)]
    # What no longer sees its beginning could not share it either: a part's mask knows no window.
    if "sliding_attention" in kinds or (not kinds and getattr(config, "use_sliding_window", True)):
        limits.append(getattr(config, "sliding_window", None))
    return min((limit for limit in limits if limit), default=None)


def read_config(folder: Path) -> PreTrainedConfig:
    """Read config.json; throws "policy"."""
    if not (folder / "config.json").is_file():
        raise Fault("policy", f"{folder / 'config.json'} is not there: name the folder that save_pretrained or a run wrote")
    try:
        return cast("PreTrainedConfig", AutoConfig.from_pretrained(folder, local_files_only=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fault("policy", f"{folder / 'config.json'} cannot be used: {first_line(error)}") from error


def loaded(kind: Any, folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """Load a folder's safetensors as a class of transformers has them; throws "policy" for what lacks."""
    if not any(folder.glob("model*.safetensors")):
        raise Fault(
            "policy",
            f"{folder} has no model.safetensors: save the policy with save_pretrained, whose weights are safetensors",
        )
    try:
        model, told = kind.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, ImportError, AttributeError, SafetensorError) as error:
        raise Fault("policy", f"{folder} cannot be used: {first_line(error)}") from error
    missing = sorted(told["missing_keys"])
    if missing:
        raise Fault(
            "policy",
            f"{folder} lacks {', '.join(missing[:SHOWN])}{' and others' * (len(missing) > SHOWN)}, which config.json asks for",
        )
    teach(model.get_decoder())
    return cast("PreTrainedModel", model)


def first_line(error: BaseException) -> str:
    """Give an error's first line that says something."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
