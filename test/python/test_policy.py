"""What a policy generates, scores, learns and saves."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.models.qwen2.modeling_qwen2 import Qwen2MLP

from client import Client, ErrorAnswer, decoded, floats, whole
from policy.cache import MORE, roomy_cache
from policy.generate import draw
from policy.model import Policy
from policy.request import Sampling
from tiny import VOCABULARY, text_model

LORA = {"rank": 4, "alpha": 8, "modules": ["q_proj", "v_proj", "down_proj"]}
LOSS = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0.1, "aggregation": "sequence", "ratio": "token"}
SAMPLING = {"temperature": 1, "topP": 1, "topK": 0, "maxNewTokens": 20}
PROMPTS = [[5, 6, 7, 8, 9], [10, 11], [12] * 12]
CONTEXTS = [{"ids": whole(ids)} for ids in PROMPTS]


@pytest.fixture(params=["qwen2", "llama", "gemma2", "nemotron"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Give a tiny model of a family."""
    return text_model(tmp_path / "policy", request.param)  # type: ignore[return-value]


def drawn(count: int = 4) -> list[dict[str, int]]:
    return [{"context": context, "seed": 100 * context + i} for context in range(len(PROMPTS)) for i in range(count)]


def rollouts(made: dict[str, Any], rows: list[dict[str, int]]) -> list[dict[str, Any]]:
    """Give completions as a batch to learn from."""
    return [
        {
            "context": row["context"],
            "ids": written["ids"],
            "weights": floats([1 + 0.1 * (t % 4) for t in range(written["ids"]["shape"][0])]),
            "advantage": 0 if i == 2 else (-1) ** i,
            "old": floats(decoded(written["logProbs"]) + 0.05 * (i % 3)),
            "ref": None if i == 1 else floats(decoded(written["logProbs"]) - 0.1),
            "dualClip": 4 if i % 2 else None,
        }
        for i, (row, written) in enumerate(zip(rows, made["rows"], strict=True))
    ]


def generate(client: Client, rows: list[dict[str, int]], **changes: Any) -> dict[str, Any]:
    return client.ask("generate", contexts=CONTEXTS, rows=rows, sampling={**SAMPLING, **changes}, ends=[1])


def test_generated_and_forced_log_probs_agree(client: Client, folder: Path) -> None:
    client.open(folder)
    rows = drawn()
    made = generate(client, rows)
    lengths = {written["ids"]["shape"][0] for written in made["rows"]}
    assert len(lengths) > 1, "all rows ended at once, so that none left the batch"
    asked = [{"context": row["context"], "ids": written["ids"]} for row, written in zip(rows, made["rows"], strict=True)]
    forced = client.ask("logProbs", contexts=CONTEXTS, rows=asked)
    model = AutoModelForCausalLM.from_pretrained(folder)
    for row, written, scores in zip(rows, made["rows"], forced["logProbs"], strict=True):
        ids = decoded(written["ids"])
        assert (ids[:-1] != 1).all()
        assert ids[-1] == 1 or len(ids) == SAMPLING["maxNewTokens"]
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
        prompt = PROMPTS[row["context"]]
        with torch.no_grad():
            alone = model(torch.tensor([[*prompt, *ids.tolist()]])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        np.testing.assert_allclose(decoded(scores), alone.gather(1, torch.tensor(ids)[:, None].long())[:, 0], atol=1e-5)
        np.testing.assert_allclose(decoded(written["entropies"]), -(alone.exp() * alone).sum(-1), atol=1e-4)


def test_a_row_is_drawn_by_its_seed_alone(client: Client, tmp_path: Path) -> None:
    client.open(text_model(tmp_path))
    rows = [*drawn(), {"context": 0, "seed": -5}, {"context": 0, "seed": 2**70 + 7}]
    together = [decoded(row["ids"]).tolist() for row in generate(client, rows)["rows"]]
    alone = [decoded(generate(client, [row])["rows"][0]["ids"]).tolist() for row in rows]
    assert alone == together
    assert len(set(map(str, together))) == len(rows)


def test_more_rows_than_are_decoded_at_once_come_back_in_order(client: Client, tmp_path: Path) -> None:
    client.open(text_model(tmp_path))
    rows = [{"context": i % 3, "seed": i // 3} for i in range(70)]
    made = generate(client, rows, maxNewTokens=2)["rows"]
    assert decoded(made[69]["ids"]).tolist() == decoded(generate(client, rows[69:], maxNewTokens=2)["rows"][0]["ids"]).tolist()
    assert client.progress[-1]["progress"]["of"] == 2


def test_a_cache_with_room_holds_what_transformers_own_holds() -> None:
    own, theirs = roomy_cache(), DynamicCache()
    random = torch.Generator().manual_seed(4)

    def both_read(rows: int, tokens: int) -> None:
        keys, values = (torch.randn(rows, 2, tokens, 3, generator=random) for _ in range(2))
        for held, expected in zip(own.update(keys, values, 0), theirs.update(keys, values, 0), strict=True):
            torch.testing.assert_close(held, expected, rtol=0, atol=0)
        assert own.get_seq_length() == theirs.get_seq_length()

    both_read(2, 5)
    for rows in ([0, 0, 1, 1], [0, 3, 2], [2, 0], [1]):
        own.batch_select_indices(torch.tensor(rows))
        theirs.batch_select_indices(torch.tensor(rows))
        for _ in range(MORE + 2):
            both_read(len(rows), 1)


def probabilities(sampling: dict[str, Any]) -> list[float]:
    """Measure how often each of five tokens is drawn."""
    logits = torch.tensor([[0.4, 0.3, 0.15, 0.1, 0.05]]).log().repeat(4000, 1)
    random = torch.Generator().manual_seed(2)
    ids = draw(logits, Sampling(**sampling, max_new_tokens=1), torch.rand(len(logits), generator=random, dtype=torch.float64))
    return (torch.bincount(ids, minlength=5) / len(ids)).tolist()


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        ({"temperature": 1.0, "top_p": 1.0, "top_k": 0}, [0.4, 0.3, 0.15, 0.1, 0.05]),
        ({"temperature": 0.0, "top_p": 0.1, "top_k": 2}, [1, 0, 0, 0, 0]),
        ({"temperature": 1.0, "top_p": 1.0, "top_k": 2}, [4 / 7, 3 / 7, 0, 0, 0]),
        ({"temperature": 1.0, "top_p": 0.75, "top_k": 0}, [0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0, 0]),
        # Top-k is cut first: of 0.4 and 0.3 the first alone reaches a half.
        ({"temperature": 1.0, "top_p": 0.5, "top_k": 2}, [1, 0, 0, 0, 0]),
        ({"temperature": 1.0, "top_p": 0.0, "top_k": 0}, [1, 0, 0, 0, 0]),
        ({"temperature": 0.5, "top_p": 1.0, "top_k": 2}, [16 / 25, 9 / 25, 0, 0, 0]),
    ],
)
def test_tokens_are_drawn_as_the_sampling_says(sampling: dict[str, Any], expected: list[float]) -> None:
    assert probabilities(sampling) == pytest.approx(expected, abs=0.025)


@pytest.mark.parametrize("adapter", [False, True])
def test_a_step_is_that_of_plain_torch(client: Client, folder: Path, adapter: bool) -> None:  # noqa: FBT001
    optimiser = {"weightDecay": 0.1, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "maxGradNorm": 0.5}
    client.open(folder, optimiser=optimiser, lora=LORA if adapter else None)
    rows = drawn()
    batch = rollouts(generate(client, rows), rows)
    client.ask("save", folder=str(made := _made(folder.parent / "before")))
    model = AutoModelForCausalLM.from_pretrained(folder)
    if adapter:
        model = PeftModel.from_pretrained(model, made, is_trainable=True)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.dim() > 1], "weight_decay": 0.1},
        {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0},
    ]
    adamw = torch.optim.AdamW(groups, lr=0.01, betas=(0.8, 0.99), eps=1e-6)
    for _ in range(2):
        loss, kl_sum = torch.tensor(0.0), 0.0
        for row in batch:
            prompt, ids = PROMPTS[row["context"]], torch.tensor(decoded(row["ids"])).long()
            scores = model(torch.tensor([[*prompt, *ids.tolist()]])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            scores = scores.gather(1, ids[:, None])[:, 0]
            rho = (scores - torch.tensor(decoded(row["old"]))).exp()
            surrogate = torch.minimum(rho * row["advantage"], rho.clamp(0.8, 1.2) * row["advantage"])
            if row["dualClip"] and row["advantage"] < 0:
                surrogate = surrogate.clamp(min=row["dualClip"] * row["advantage"])
            d = (torch.tensor(decoded(row["ref"])) if row["ref"] else scores) - scores
            kl = (d.exp() - d - 1).mean() / len(batch)
            loss = loss - (torch.tensor(decoded(row["weights"])) * surrogate).mean() / len(batch) + 0.1 * kl
            kl_sum += float(kl.detach())
        adamw.zero_grad()
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(weights, 0.5)
        adamw.step()
        step = client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.01, loss=LOSS)
        assert (step["loss"], step["kl"], step["gradNorm"]) == pytest.approx(
            (float(loss.detach()), kl_sum, float(norm)), rel=1e-4, abs=1e-5
        )
    client.ask("save", folder=str(after := _made(folder.parent / "after")))
    again = AutoModelForCausalLM.from_pretrained(folder if adapter else after)
    if adapter:
        again = PeftModel.from_pretrained(again, after, is_trainable=True)
    for (name, weight), other in zip(model.named_parameters(), again.parameters(), strict=True):
        np.testing.assert_allclose(weight.detach(), other.detach(), atol=2e-4, err_msg=name)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("lora", [None, LORA])
def test_a_step_in_parts_with_checkpointing_is_the_step(client: Client, tmp_path: Path, lora: Any) -> None:
    policy = text_model(tmp_path)
    rows, steps = drawn(), []
    # By default all is one part; then some rows a part; then each alone, its layers computed again in the backward pass.
    for memory in (None, 400_000, 1):
        client.open(policy, lora=lora, memory=memory)
        batch = rollouts(generate(client, rows), rows)
        client.progress.clear()
        steps.append([client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.01, loss=LOSS) for _ in range(3)])
        # Layers that are computed again in a backward pass still fill the cache of a generation.
        made = generate(client, rows)["rows"]
        asked = [{"context": row["context"], "ids": written["ids"]} for row, written in zip(rows, made, strict=True)]
        for written, scores in zip(made, client.ask("logProbs", contexts=CONTEXTS, rows=asked)["logProbs"], strict=True):
            np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
    for other in steps[1:]:
        for one, two in zip(steps[0], other, strict=True):
            for measure in ("loss", "policyLoss", "kl", "gradNorm", "entropy"):
                assert two[measure] == pytest.approx(one[measure], rel=1e-4, abs=1e-5), measure
    assert 0 < steps[0][0]["entropy"] < math.log(VOCABULARY)


@pytest.mark.parametrize(("memory", "times"), [(None, 1), (1, 2)])
def test_layers_are_computed_again_where_one_row_does_not_fit(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int | None, times: int
) -> None:
    client.open(text_model(tmp_path), memory=memory)
    rows = drawn(1)[:1]
    batch = rollouts(generate(client, rows), rows)
    calls = 0
    forward = Qwen2MLP.forward

    def counted(self: Qwen2MLP, x: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return forward(self, x)  # type: ignore[no-any-return]

    monkeypatch.setattr(Qwen2MLP, "forward", counted)
    client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.01, loss=LOSS)
    assert calls == 2 * times


def test_what_does_not_fit_is_done_in_smaller_parts(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = text_model(tmp_path)
    rows = drawn()
    asked = {"learningRate": 0.01, "loss": LOSS, "contexts": CONTEXTS}
    client.open(policy)
    made = generate(client, rows)
    batch = rollouts(made, rows)
    expected = client.ask("reinforce", rows=batch, **asked)
    most = 2
    fits = Policy.logits

    def full(self: Policy, embeddings: torch.Tensor, *others: Any, **more: Any) -> torch.Tensor:
        # A GPU's error, where more than two rows are decoded or more than sixty tokens read at once.
        if embeddings.shape[0] > most or embeddings.shape[1] > 30 * most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 is small")
        return fits(self, embeddings, *others, **more)

    monkeypatch.setattr(Policy, "logits", full)
    client.open(policy, memory=2**20)
    assert [row["ids"] for row in generate(client, rows)["rows"]] == [row["ids"] for row in made["rows"]]
    step = client.ask("reinforce", rows=batch, **asked)
    for measure in ("loss", "kl", "gradNorm", "entropy"):
        assert step[measure] == pytest.approx(expected[measure], rel=1e-4, abs=1e-5)
    most = 0
    with pytest.raises(ErrorAnswer, match=r"One completion does not fit: CUDA out of memory\. Take shorter ones") as thrown:
        client.ask("reinforce", rows=batch, **asked)
    assert thrown.value.kind == "memory"
    assert client.ask("about")["step"] == 1


@pytest.mark.parametrize("lora", [None, LORA])
def test_a_run_that_is_resumed_goes_on_bit_for_bit(client: Client, tmp_path: Path, lora: Any) -> None:
    policy = text_model(_made(tmp_path / "policy"))
    rows = drawn()

    def steps(count: int) -> list[dict[str, Any]]:
        told = []
        for _ in range(count):
            batch = rollouts(generate(client, rows), rows)
            told.append(client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.01, loss=LOSS))
        return told

    client.open(policy, lora=lora)
    steps(2)
    client.ask("save", folder=str(saved := _made(tmp_path / "saved")))
    through = steps(2)
    client.open(policy, lora=lora, seed=9)
    assert client.ask("restore", folder=str(saved), step=2) == {"step": 2}
    assert client.ask("about")["step"] == 2
    assert steps(2) == through
    # The reference is the policy that was opened, not the one that was restored.
    row = {"context": 0, "ids": whole([3, 4])}
    frozen = client.ask("logProbs", contexts=CONTEXTS, rows=[row], reference=True)
    client.open(policy)
    assert client.ask("logProbs", contexts=CONTEXTS, rows=[row]) == frozen


def test_what_is_saved_is_a_policy_that_opens(client: Client, tmp_path: Path) -> None:
    policy = text_model(_made(tmp_path / "policy"))
    (_made(policy / "additional_chat_templates") / "tool.jinja").write_text("{{ tool }}", "utf-8")
    (_made(policy / "original") / "weights.pth").write_text("", "utf-8")
    (policy / ".mark").write_text("", "utf-8")
    (policy / "pytorch_model.bin").write_text("", "utf-8")
    client.open(policy)
    rows = drawn()
    batch = rollouts(generate(client, rows), rows)
    client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.01, loss=LOSS)
    asked = {"contexts": CONTEXTS, "rows": [{"context": 1, "ids": whole([4, 5, 6])}]}
    scores = client.ask("logProbs", **asked)
    client.ask("save", folder=str(saved := _made(tmp_path / "saved")))
    config = json.loads((policy / "config.json").read_text("utf-8"))
    assert json.loads((saved / "config.json").read_text("utf-8")) == {**config, "dtype": "float32", "torch_dtype": "float32"}
    assert (saved / "tokenizer.json").read_text("utf-8") == "{}\n"
    # The weights of another format, and what else lies there, do not come along.
    assert {file.name for file in saved.iterdir()} == {
        *("config.json", "generation_config.json", "tokenizer.json", "model.safetensors", "optimiser.safetensors"),
        "additional_chat_templates",
    }
    assert (saved / "additional_chat_templates" / "tool.jinja").read_text("utf-8") == "{{ tool }}"
    client.open(saved)
    assert client.ask("logProbs", **asked) == scores


def test_a_fresh_adapter_changes_nothing_and_depends_on_the_seed(client: Client, tmp_path: Path) -> None:
    policy = text_model(_made(tmp_path / "policy"))
    asked = {"contexts": CONTEXTS, "rows": [{"context": 1, "ids": whole([4, 5, 6])}]}
    client.open(policy)
    plain = client.ask("logProbs", **asked)
    weights: list[bytes] = []
    for seed in (1, 1, 2):
        opened = client.open(policy, lora=LORA, seed=seed)
        assert opened["trained"] == 2 * 4 * (2 * 32 + 32 + 16 + 32 + 48)
        assert client.ask("logProbs", **asked) == plain
        folder = _made(tmp_path / f"adapter{len(weights)}")
        client.ask("save", folder=str(folder))
        weights.append((folder / "adapter_model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_a_step_that_diverges_is_not_taken(client: Client, tmp_path: Path) -> None:
    client.open(text_model(tmp_path))
    rows = drawn()
    batch = rollouts(generate(client, rows), rows)
    before = client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.001, loss=LOSS)
    length = batch[0]["ids"]["shape"][0]
    broken = [{**batch[0], "weights": floats([math.inf] * length)}, *batch[1:]]
    with pytest.raises(ErrorAnswer) as thrown:
        client.ask("reinforce", contexts=CONTEXTS, rows=broken, learningRate=0.001, loss=LOSS)
    error = thrown.value.error
    assert (error["kind"], error["step"], error["gradNorm"]) == ("diverged", 2, "NaN")
    assert error["loss"] in {"Infinity", "-Infinity", "NaN"}
    assert "Lower the learning rate" in error["message"]
    assert client.ask("about")["step"] == before["step"] == 1
    after = client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.001, loss=LOSS)
    client.open(tmp_path)
    rows_again = [client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=0.001, loss=LOSS) for _ in range(2)]
    assert rows_again == [before, after]


@pytest.mark.parametrize(
    ("family", "windows"), [("gemma3_text", {}), ("mistral", {}), ("qwen2", {"use_sliding_window": True, "max_window_layers": 1})]
)
def test_a_sliding_window_bounds_a_sequence(client: Client, tmp_path: Path, family: str, windows: dict[str, Any]) -> None:
    measures = {"hidden_size": 32, "num_attention_heads": 4, "head_dim": 8, "num_key_value_heads": 2, "intermediate_size": 48}
    sizes = {"num_hidden_layers": 2, "max_position_embeddings": 96, "vocab_size": VOCABULARY, "initializer_range": 0.3}
    config = AutoConfig.for_model(family, **measures, **sizes, sliding_window=8, eos_token_id=1, **windows)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    assert client.open(tmp_path)["positions"] == 8
    ids = [3, 4, 5, 6, 7, 8, 9, 10, 11]
    scores = client.ask("logProbs", contexts=[{"ids": whole(ids[:3])}], rows=[{"context": 0, "ids": whole(ids[3:])}])
    with torch.no_grad():
        alone = AutoModelForCausalLM.from_pretrained(tmp_path)(torch.tensor([ids])).logits[0, 2:-1].log_softmax(-1)
    np.testing.assert_allclose(decoded(scores["logProbs"][0]), alone.gather(1, torch.tensor(ids[3:])[:, None])[:, 0], atol=1e-5)
    with pytest.raises(ErrorAnswer, match="takes 9 positions, the policy has 8"):
        client.ask("logProbs", contexts=[{"ids": whole(ids[:4])}], rows=[{"context": 0, "ids": whole(ids[3:])}])


def test_layers_that_do_not_attend_are_refused(client: Client, tmp_path: Path) -> None:
    policy = text_model(tmp_path)
    config = json.loads((policy / "config.json").read_text("utf-8"))
    (policy / "config.json").write_text(json.dumps({**config, "layer_types": ["full_attention", "linear_attention"]}), "utf-8")
    with pytest.raises(ErrorAnswer, match="layers of linear_attention are not supported") as thrown:
        client.open(policy)
    assert thrown.value.kind == "policy"


@pytest.mark.parametrize("lora", [None, LORA])
def test_a_step_in_bfloat16_trains_weights_of_float32(client: Client, tmp_path: Path, lora: Any) -> None:
    told = client.open(text_model(_made(tmp_path / "policy")), lora=lora, dtype="bfloat16")
    assert told["description"].endswith(", bfloat16")
    rows = drawn()
    made = generate(client, rows)
    asked = [{"context": row["context"], "ids": written["ids"]} for row, written in zip(rows, made["rows"], strict=True)]
    for scores, written in zip(client.ask("logProbs", contexts=CONTEXTS, rows=asked)["logProbs"], made["rows"], strict=True):
        np.testing.assert_allclose(decoded(scores), decoded(written["logProbs"]), atol=0.1)
    batch = rollouts(made, rows)
    losses = [client.ask("reinforce", contexts=CONTEXTS, rows=batch, learningRate=1e-3, loss=LOSS)["loss"] for _ in range(4)]
    assert losses[3] < losses[0]
    client.ask("save", folder=str(saved := _made(tmp_path / "saved")))
    weights = load_file(saved / ("model.safetensors" if lora is None else "adapter_model.safetensors"))
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    # A step of 1e-3 is less than bfloat16 could tell in most of them.
    assert any((weight != weight.bfloat16().float()).any() for weight in weights.values())
