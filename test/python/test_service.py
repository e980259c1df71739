"""The pipe: order, cancel, faults by kind, and requests that nobody should send."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from client import GOLDEN, ROOT, Client, ErrorAnswer, floats, whole
from tiny import text_model

CONTEXT = {"ids": whole([5, 6, 7])}
SAMPLING = {"temperature": 1, "topP": 1, "topK": 0, "maxNewTokens": 90}
LOSS = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0, "aggregation": "token", "ratio": "token"}
ROW = {
    "context": 0,
    "ids": whole([3, 4]),
    "weights": floats([1, 1]),
    "advantage": 0,
    "old": floats([-3, -3]),
    "ref": None,
    "dualClip": None,
}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Give a tiny model."""
    return text_model(tmp_path / "policy")


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a service in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src" / "cluster"), "OMP_NUM_THREADS": "1"}
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, *words], **pipes, text=True, env=environment) as process:  # noqa: S603
        yield process
        process.kill()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """Give a service in a process of its own."""
    with running("-m", "policy") as process:
        yield process


def client_of(process: subprocess.Popen[str]) -> Client:
    assert process.stdin is not None
    assert process.stdout is not None
    return Client(process.stdin, process.stdout)


def refused(client: Client, op: str, **fields: Any) -> str:
    """Give the text of the "bad request" that this is."""
    with pytest.raises(ErrorAnswer) as thrown:
        client.ask(op, **fields)
    assert thrown.value.kind == "bad request", thrown.value
    return str(thrown.value)


def fault(client: Client, op: str, **fields: Any) -> tuple[str, str]:
    """Give the kind and the text of the error that this is."""
    with pytest.raises(ErrorAnswer) as thrown:
        client.ask(op, **fields)
    return thrown.value.kind, str(thrown.value)


def opening(policy: Path) -> dict[str, Any]:
    optimiser = {"weightDecay": 0, "beta2": 0.999, "maxGradNorm": 1}
    return {"policy": str(policy), "adapter": None, "lora": None, "seed": 0, "optimiser": optimiser, "device": "cpu"}


def test_a_process_answers_in_order_and_closes(process: subprocess.Popen[str], policy: Path) -> None:
    client = client_of(process)
    opened = client.ask("open", **opening(policy))
    assert opened["description"].startswith(f"PyTorch {torch.__version__.split('+')[0]} on cpu, ")
    assert (opened["device"], opened["dtype"], opened["kind"], opened["positions"]) == ("cpu", "float32", "text", 96)
    assert opened["trained"] == opened["parameters"]
    assert set(opened["versions"]) == {"python", "torch", "transformers", "peft"}
    memory = client.ask("about")["memory"]
    assert 0 < memory["used"] <= memory["total"]
    numbers = [client.send("about") for _ in range(3)]
    assert [client.hear()["id"] for _ in numbers] == numbers
    assert client.ask("close") == {}
    assert process.wait(30) == 0
    assert process.stdout is not None
    assert process.stdout.read() == ""


# A service in which a library prints while it works.
LOUD = """
import os
from policy import desk, service
kind, about = desk._operations["about"]
def loud(*asked):
    print("printed", flush=True)
    os.write(1, b"written\\n")
    return about(*asked)
desk._operations["about"] = (kind, loud)
service.main()
"""


def test_what_else_is_printed_goes_to_stderr(policy: Path) -> None:
    with running("-c", LOUD) as process:
        client = client_of(process)
        client.ask("open", **opening(policy))
        assert client.ask("about")["step"] == 0
        assert client.ask("close") == {}
        said, told = process.communicate()
        assert said == ""
        assert "printed\nwritten\n" in told


def test_the_end_of_stdin_ends_it_after_what_was_asked(process: subprocess.Popen[str]) -> None:
    client = client_of(process)
    client.send("about")
    client.requests.close()
    with pytest.raises(ErrorAnswer, match="about before open"):
        client.answer()
    assert process.wait(30) == 0


def test_sigterm_ends_it_at_once(process: subprocess.Popen[str], policy: Path) -> None:
    client = client_of(process)
    client.ask("open", **opening(policy))
    rows = [{"context": 0, "seed": i} for i in range(20_000)]
    client.send("generate", contexts=[CONTEXT], rows=rows, sampling=SAMPLING, ends=[])
    assert "progress" in client.hear()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


def test_a_generation_is_cancelled_and_the_next_request_is_answered(client: Client, policy: Path) -> None:
    client.open(policy)
    rows = [{"context": 0, "seed": i} for i in range(20_000)]
    asked = {"contexts": [CONTEXT], "rows": rows, "sampling": SAMPLING, "ends": []}
    number, waiting = client.send("generate", **asked), client.send("generate", **asked)
    first = client.hear()
    assert first == {"id": number, "progress": {"done": 0, "of": 20_000 * 90}}
    time.sleep(0.1)
    started = time.monotonic()
    client.line(json.dumps({"op": "cancel", "id": waiting}))
    client.line(json.dumps({"op": "cancel", "id": number}))
    client.line(json.dumps({"op": "cancel", "id": 12345}))
    for _ in (number, waiting):
        with pytest.raises(ErrorAnswer) as thrown:
            client.answer()
        assert thrown.value.kind == "cancelled"
    assert time.monotonic() - started < 30
    assert client.ask("about")["step"] == 0


def test_a_step_that_is_cancelled_leaves_the_policy_as_it_was(client: Client, policy: Path) -> None:
    # Each row is a part of its own.
    client.open(policy, memory=1)
    scored = {"contexts": [CONTEXT], "rows": [{"context": 0, "ids": whole([3, 4])}]}
    before = client.ask("logProbs", **scored)
    rows = [{**ROW, "advantage": 1}] * 2_000
    number = client.send("reinforce", contexts=[CONTEXT], rows=rows, learningRate=1, loss=LOSS)
    assert client.hear() == {"id": number, "progress": {"done": 0, "of": 2_000}}
    client.line(json.dumps({"op": "cancel", "id": number}))
    with pytest.raises(ErrorAnswer, match=r"Cancelled at \d+ of 2000"):
        client.answer()
    assert client.ask("about")["step"] == 0
    assert client.ask("logProbs", **scored) == before
    one = client.ask("reinforce", contexts=[CONTEXT], rows=[ROW], learningRate=0, loss=LOSS)
    assert one["gradNorm"] == 0


def test_a_line_that_is_no_request_is_answered(client: Client) -> None:
    for line in ("{", "[1]", '{"op": "about"}', '{"id": null, "op": "about"}', "[" * 100_000, '{"id": ' + "1" * 5000 + "}"):
        client.line(line)
        with pytest.raises(ErrorAnswer, match="the line is not"):
            client.answer()
    client.line("")
    assert refused(client, "abuot") == "op is 'abuot', not one of open, generate, logProbs, reinforce, save, restore, about, close"
    assert refused(client, "about", more=1) == "more is not known; what may stand there is nothing"
    assert refused(client, "about") == "about before open: no policy is there"


def array(**changes: Any) -> dict[str, Any]:
    return {**whole([5, 6, 7]), **changes}


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (floats([5, 6, 7]), "contexts[0].ids.dtype is 'f32', not 'i32'"),
        (array(dtype="i64"), "contexts[0].ids.dtype is 'i64', not 'i32'"),
        (array(shape=[4]), "contexts[0].ids.data has 12 bytes, a shape of [4] asks for 16"),
        (array(shape=[-1, -3]), "contexts[0].ids.data has 12 bytes, a shape of [-1, -3] asks for 12"),
        (array(shape=[1.5]), "contexts[0].ids.shape[0] is '1.5', not a whole number"),
        (array(shape=3), "contexts[0].ids.shape is not a list"),
        (array(data=base64.b64encode(b"12345678901").decode()), "contexts[0].ids.data has 11 bytes, a shape of [3] asks for 12"),
        (array(data="????"), "contexts[0].ids.data is not base64: Only base64 data is allowed"),
        (array(more=1), "contexts[0].ids is not an array: an object of dtype, shape and data"),
        ([5, 6, 7], "contexts[0].ids is not an array: an object of dtype, shape and data"),
        (whole([[5, 6]]), "contexts[0].ids is of shape [1, 2]; at least one token must be there"),
        (whole([]), "contexts[0].ids is of shape [0]; at least one token must be there"),
        (whole([5, 40]), "contexts[0].ids has a token that is not among the policy's 40"),
        (whole([-1]), "contexts[0].ids has a token that is not among the policy's 40"),
        (whole([5] * 90), "rows[0] takes 109 positions, the policy has 96"),
    ],
)
def test_an_array_that_is_not_as_it_should_be_is_named(client: Client, policy: Path, ids: Any, text: str) -> None:
    client.open(policy)
    sampling = {**SAMPLING, "maxNewTokens": 20}
    assert refused(client, "generate", contexts=[{"ids": ids}], rows=[{"context": 0, "seed": 1}], sampling=sampling, ends=[]) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rows": [{"context": 1, "seed": 1}]}, "rows[0].context is 1, there are 1 contexts"),
        ({"rows": [{"context": -1, "seed": 1}]}, "rows[0].context is -1, there are 1 contexts"),
        ({"rows": [{"context": 0}]}, "rows[0].seed is missing"),
        ({"rows": [{"context": 0, "seed": 1, "hint": 2}]}, "rows[0].hint is not known; what may stand there is context, seed"),
        ({"rows": {}}, "rows is not a list"),
        ({"rows": [3]}, "rows[0] is not an object"),
        ({"ends": [True]}, "ends[0] is 'True', not a whole number"),
        ({"ends": ["0"]}, "ends[0] is '0', not a whole number"),
        ({"sampling": {**SAMPLING, "temperature": "1"}}, "sampling.temperature is '1', not a finite number"),
        ({"sampling": {**SAMPLING, "temperature": -1}}, "sampling.temperature is out of its range"),
        ({"sampling": {**SAMPLING, "maxNewTokens": 0}}, "sampling.maxNewTokens is out of its range"),
        ({"sampling": {**SAMPLING, "maxNewTokens": 94.5}}, "sampling.maxNewTokens is '94.5', not a whole number"),
        ({"sampling": {**SAMPLING, "maxNewTokens": 95}}, "rows[0] takes 97 positions, the policy has 96"),
        ({"contexts": [{"ids": whole([5]), "prefix": {"frames": floats([[1]]), "mels": floats([[1]])}}]},
         "contexts[0] has a clip, which a text model cannot read: it takes ids alone"),
        ({"contexts": [{"text": "When?", "clip": None}]}, "contexts[0] has a clip, which a text model cannot read: it takes ids alone"),
        ({"contexts": [{}]}, "contexts[0].ids is missing"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_as_it_should_be_is_named(client: Client, policy: Path, changes: dict[str, Any], text: str) -> None:
    client.open(policy)
    asked = {"contexts": [CONTEXT], "rows": [{"context": 0, "seed": 1}], "sampling": SAMPLING, "ends": [], **changes}
    assert refused(client, "generate", **asked) == text


@pytest.mark.parametrize(
    ("row", "loss", "text"),
    [
        ({"old": floats([-3])}, {}, "rows[0].old is of shape [1], its ids of [2]"),
        ({"weights": floats([[1, 1]])}, {}, "rows[0].weights is of shape [1, 2], its ids of [2]"),
        ({"ref": whole([1, 1])}, {}, "rows[0].ref.dtype is 'i32', not 'f32'"),
        ({"ids": whole([3, 41])}, {}, "rows[0].ids has a token that is not among the policy's 40"),
        ({"advantage": None}, {}, "rows[0].advantage is 'None', not a finite number"),
        ({}, {"ratio": "row"}, "loss.ratio is 'row', not one of token, sequence"),
        ({}, {"klEstimator": "k1"}, "loss.klEstimator is 'k1', not one of k3, low_var_kl, bias_correction_kl, k2, abs"),
        ({}, {"ratioCap": 0}, "loss.ratioCap is 0.0, not above 0"),
        ({name: floats([]) for name in ("weights", "old")} | {"ids": whole([])}, {}, "rows have no token to learn from"),
    ],
)
def test_a_batch_that_is_not_as_it_should_be_is_named(client: Client, policy: Path, row: Any, loss: Any, text: str) -> None:
    client.open(policy)
    asked = {"contexts": [CONTEXT], "rows": [{**ROW, **row}], "learningRate": 0, "loss": {**LOSS, **loss}}
    assert refused(client, "reinforce", **asked) == text
    # JavaScript writes 0 for 0.0: what may be a fraction is one, whatever it looks like.
    step = client.ask("reinforce", contexts=[CONTEXT], rows=[ROW, {**ROW, "advantage": 1}], learningRate=0, loss={**LOSS, "klWeight": 0})
    assert step["step"] == 1


def test_a_completion_without_tokens_counts_nothing(client: Client, policy: Path) -> None:
    client.open(policy)
    none = {**ROW, "ids": whole([]), "weights": floats([]), "old": floats([])}
    rows = [{**ROW, "advantage": 1}, none]
    step = client.ask("reinforce", contexts=[CONTEXT], rows=rows, learningRate=0, loss={**LOSS, "aggregation": "sequence"})
    assert step["logProbs"][1]["shape"] == [0]
    alone = client.ask("reinforce", contexts=[CONTEXT], rows=rows[:1], learningRate=0, loss={**LOSS, "aggregation": "sequence"})
    assert step["loss"] == pytest.approx(alone["loss"] / 2)


def test_slots_that_the_sample_policy_cannot_read_are_named(client: Client) -> None:
    client.open(GOLDEN / "engine")
    for frames, mels, text in (
        (floats([[0] * 5]), floats([[0] * 4]), "contexts[0].prefix.frames is of shape [1, 5], not [1, 6]"),
        (floats([[0] * 6]), floats([[0] * 4] * 2), "contexts[0].prefix.mels is of shape [2, 4], not [1, 4]"),
        (floats(0), floats(0), "contexts[0].prefix.frames is of shape [], not [0, 6]"),
        (floats([[0] * 6] * 7), floats([[0] * 4] * 7), "contexts[0].prefix has 7 slots; the policy reads at most 6"),
    ):
        contexts = [{"ids": whole([5]), "prefix": {"frames": frames, "mels": mels}}]
        assert refused(client, "logProbs", contexts=contexts, rows=[{"context": 0, "ids": whole([1])}]) == text


def test_a_folder_that_is_no_policy_is_named_with_its_cure(client: Client, policy: Path, tmp_path: Path) -> None:
    def opened(folder: Path, **fields: Any) -> str:
        kind, text = fault(client, "open", **{**opening(folder), **fields})
        assert kind == "policy"
        return text

    assert (
        opened(tmp_path / "none")
        == f"{tmp_path / 'none' / 'config.json'} is not there: name the folder that save_pretrained or a run wrote"
    )
    adapter = tmp_path / "adapter"
    assert opened(policy, adapter=str(adapter)).startswith(f"{adapter} is not an adapter: it has no adapter_config.json")
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"]}', "utf-8")
    assert opened(policy, adapter=str(adapter)).startswith(f"{adapter} is not an adapter of this policy: ")
    weights = policy / "model.safetensors"
    whole_file = load_file(weights)
    save_file({name: weight for name, weight in whole_file.items() if "layers.1.mlp" not in name}, weights, {"format": "pt"})
    assert "lacks model.layers.1.mlp.down_proj.weight, model.layers.1.mlp.gate_proj.weight" in opened(policy)
    weights.write_bytes(b"not safetensors")
    assert opened(policy).startswith(f"{policy} cannot be used: ")
    weights.unlink()
    assert opened(policy) == f"{policy} has no model.safetensors: save the policy with save_pretrained, whose weights are safetensors"
    (policy / "config.json").write_text('{"model_type": "nothing"}', "utf-8")
    assert opened(policy).startswith(f"{policy / 'config.json'} cannot be used: ")
    (policy / "config.json").write_text("{", "utf-8")
    assert opened(policy).startswith(f"{policy / 'config.json'} cannot be used: ")
    # What failed to open is not there.
    assert refused(client, "about") == "about before open: no policy is there"


def test_an_adapter_that_does_not_fit_is_named(client: Client, policy: Path, tmp_path: Path) -> None:
    client.open(policy, lora={"rank": 2, "alpha": 2, "modules": ["q_proj"]})
    client.ask("save", folder=str(tmp_path))
    weights, config = tmp_path / "adapter_model.safetensors", tmp_path / "adapter_config.json"
    whole_file, settings = load_file(weights), json.loads(config.read_text("utf-8"))

    def opened(folder: Path) -> str:
        kind, text = fault(client, "open", **{**opening(policy), "adapter": str(folder)})
        assert kind == "policy"
        return text.removeprefix(f"{folder} is not an adapter of this policy: ")

    foreign = {name.replace(".layers.", ".thinker.layers."): weight for name, weight in whole_file.items()}
    save_file(foreign, weights)
    assert opened(tmp_path).startswith("it lacks base_model.model.model.layers.0.self_attn.q_proj.lora_A.")
    save_file({**whole_file, "base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight": torch.zeros(2, 32)}, weights)
    assert opened(tmp_path).startswith("it has, and the policy has no place for, base_model.model.model.layers.9.")
    save_file(whole_file, weights)
    for change in ({"use_dora": True}, {"modules_to_save": ["embed_tokens"]}, {"bias": "lora_only"}, {"peft_type": "IA3"}):
        config.write_text(json.dumps({**settings, **change}), "utf-8")
        assert opened(tmp_path).startswith("it is more than LoRA: ")
    config.write_text(json.dumps({**settings, "init_lora_weights": "pissa"}), "utf-8")
    assert opened(tmp_path).startswith("init_lora_weights pissa changes the base")
    config.write_text(json.dumps(settings), "utf-8")
    client.open(policy, adapter=str(tmp_path))


def test_what_cannot_be_opened_is_a_bad_request(client: Client, policy: Path) -> None:
    lora = {"rank": 2, "alpha": 2, "modules": ["q_proj"]}
    assert refused(client, "open", **opening(policy), dtype="float16") == "dtype is 'float16', not one of auto, float32, bfloat16"
    assert refused(client, "open", **{**opening(policy), "device": "abacus"}).startswith("device: abacus cannot be used here: ")
    assert refused(client, "open", **{**opening(policy), "adapter": "a", "lora": lora}).startswith("adapter and lora are both given")
    assert refused(client, "open", **{**opening(policy), "lora": {**lora, "modules": ["x_proj"]}}).startswith(
        "lora: Target modules {'x_proj'}"
    )


def test_a_checkpoint_of_another_policy_is_named(client: Client, policy: Path, tmp_path: Path) -> None:
    client.open(policy)
    missing = tmp_path / "missing"
    assert refused(client, "save", folder=str(missing)) == f"folder: {missing} is not there"
    missing.mkdir()
    assert fault(client, "restore", folder=str(missing), step=1)[0] == "policy"
    other = tmp_path / "other"
    other.mkdir()
    client.open(policy, lora={"rank": 2, "alpha": 2, "modules": ["q_proj"]})
    client.ask("save", folder=str(other))
    client.open(policy, lora={"rank": 4, "alpha": 2, "modules": ["q_proj"]})
    kind, text = fault(client, "restore", folder=str(other), step=1)
    assert kind == "policy"
    assert text == f"{other} lacks model.layers.0.self_attn.q_proj.lora_A.weight of [4, 32]: it is not a checkpoint of this policy"
    client.open(policy, lora={"rank": 2, "alpha": 2, "modules": ["q_proj"]})
    moments = load_file(other / "optimiser.safetensors")
    key = "moment2/model.layers.0.self_attn.q_proj.lora_A.weight"
    moments[key][1, 2] = torch.inf
    save_file(moments, other / "optimiser.safetensors")
    assert fault(client, "restore", folder=str(other), step=1) == (
        "policy",
        f"{other}: {key} holds what is no finite number, and no policy learns from that: take a checkpoint from before it broke",
    )
    (other / "optimiser.safetensors").unlink()
    kind, text = fault(client, "restore", folder=str(other), step=1)
    assert (kind, "Restore from a folder that a run saved" in text) == ("policy", True)


def test_a_policy_that_cannot_fit_is_told_before_it_is_read(client: Client, policy: Path) -> None:
    # A sparse file: no byte of it is written.
    with (policy / "model.safetensors").open("r+b") as file:
        file.truncate(2**43)
    kind, text = fault(client, "open", **opening(policy))
    assert kind == "memory"
    assert text.startswith(f"{policy} needs 32768.0 GiB, cpu has ")
    assert text.endswith("GiB: train an adapter instead of all weights, or take a smaller policy")


def test_a_fault_of_the_service_tells_its_traceback(client: Client, policy: Path) -> None:
    client.open(policy)
    (policy / "config.json").unlink()
    (policy / "config.json").mkdir()
    folder = policy.parent / "saved"
    folder.mkdir()
    kind, text = fault(client, "save", folder=str(folder))
    assert kind == "fault"
    assert "IsADirectoryError" in text
    assert client.ask("about")["step"] == 0
