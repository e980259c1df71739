"""Models that see and hear, on the sample's clips: what transformers computes, and the pitfalls that change numbers silently."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import (
    AutoProcessor,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5OmniConfig,
    Qwen2_5OmniForConditionalGeneration,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen3OmniMoeThinkerForConditionalGeneration,
)

from client import SAMPLE, Client, ErrorAnswer, decoded, floats, local, whole
from policy.clip import SOUND_RATE, Seen, read_clip
from policy.omni import OmniPolicy
from tiny_omni import ASKED, OMNI_TEXT, VL_TEXT, omni3_model, omni_model, vl_model

CLIP = SAMPLE / "clips" / "001.mp4"
OTHER = SAMPLE / "clips" / "002.mp4"
# As in the paper.
SHOWN = {"frames": 16, "pixels": 50_176}
LORA = {"rank": 4, "alpha": 8, "modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]}
LOSS = {"clipLow": 0.2, "clipHigh": 0.2, "klWeight": 0.1, "aggregation": "sequence", "ratio": "token"}
SAMPLING = {"temperature": 1, "topP": 1, "topK": 0, "maxNewTokens": 12}


def asked(text: str, clip: Path = CLIP) -> dict[str, Any]:
    return {"text": text, "clip": {"path": str(clip), **SHOWN}}


@pytest.fixture(scope="module")
def omni(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a tiny thinker."""
    return omni_model(tmp_path_factory.mktemp("omni"))


@pytest.fixture(scope="module")
def opened(omni: Path) -> Iterator[Client]:
    """Give a client of the thinker with a fresh adapter."""
    with local() as client:
        client.open(omni, lora=LORA)
        yield client


def whole_forward(
    folder: Path, completion: list[int], frames: int, forgotten: str | None = None, kind: Any = None, clip: Path = CLIP
) -> torch.Tensor:
    """Give the log-probs of a completion by transformers' own forward on text, frames and sound, with a word forgotten."""
    seen = read_clip(clip, frames)
    said = {"size": {"shortest_edge": 784, "longest_edge": 50_176}, "fps": seen.rate}
    said.pop(forgotten or "", None)
    processor = AutoProcessor.from_pretrained(folder)
    heard = seen.sound is not None
    sound = {"audio": [seen.sound], "audio_from_video_indices": [0], "load_audio_from_video": True} if heard else {}
    inputs = processor(text=[OMNI_TEXT], videos=[seen.frames], **sound, **said, return_tensors="pt")
    prompt = inputs["input_ids"].shape[1]
    inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([completion])], 1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    model = (kind or Qwen2_5OmniThinkerForConditionalGeneration).from_pretrained(folder).eval()
    with torch.no_grad():
        logits = model(**inputs, use_audio_in_video=heard and forgotten != "use_audio_in_video").logits[0, prompt - 1 : -1]
    scores: torch.Tensor = logits.log_softmax(-1).gather(1, torch.tensor(completion)[:, None])[:, 0]
    return scores


def test_a_clip_is_sixteen_frames_at_even_times_and_its_sound() -> None:
    seen = read_clip(CLIP, 16)
    assert seen.frames.shape == (16, 240, 320, 3)
    assert seen.rate == pytest.approx(2, abs=0.05)
    assert seen.sound is not None
    assert len(seen.sound) / SOUND_RATE == pytest.approx(8, abs=0.2)
    assert 0.01 < np.abs(seen.sound).max() <= 1.5
    # Every one of two frames is one of four: they are of the same clip.
    assert (read_clip(CLIP, 48).frames[1::3] == seen.frames).all()


@pytest.mark.parametrize("frames", [16, 8])
def test_log_probs_are_those_of_the_whole_forward(opened: Client, omni: Path, frames: int) -> None:
    completion = [40, 50, 60, 70, 258]
    context = {"text": OMNI_TEXT, "clip": {"path": str(CLIP), "frames": frames, "pixels": 50_176}}
    given = opened.ask("logProbs", contexts=[context], rows=[{"context": 0, "ids": whole(completion)}])
    np.testing.assert_allclose(decoded(given["logProbs"][0]), whole_forward(omni, completion, frames), atol=1e-5)


# Each of these would go unnoticed: the size of the processor's class and its 2 frames a second are taken, the sound has other positions.
@pytest.mark.parametrize("forgotten", ["size", "fps", "use_audio_in_video"])
def test_what_transformers_would_forget_silently_changes_the_numbers(omni: Path, forgotten: str) -> None:
    completion = [40, 50, 60, 70, 258]
    assert (whole_forward(omni, completion, 8, forgotten) - whole_forward(omni, completion, 8)).abs().max() > 1e-4


def test_a_silent_clip_is_seen_alone(opened: Client, omni: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    with av.open(CLIP) as box, av.open(silent, "w") as written:
        stream = written.add_stream_from_template(box.streams.video[0])
        for packet in box.demux(box.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)
    assert read_clip(silent, 16).sound is None
    completion = [40, 50, 60, 70, 258]
    given = opened.ask("logProbs", contexts=[asked(OMNI_TEXT, silent)], rows=[{"context": 0, "ids": whole(completion)}])
    np.testing.assert_allclose(decoded(given["logProbs"][0]), whole_forward(omni, completion, 16, clip=silent), atol=1e-5)


def test_a_sound_that_begins_late_is_heard_late(tmp_path: Path) -> None:
    late = tmp_path / "late.mp4"
    with av.open(CLIP) as box, av.open(late, "w") as written:
        streams = {stream.index: written.add_stream_from_template(stream) for stream in (box.streams.video[0], box.streams.audio[0])}
        for packet in box.demux(*(box.streams[index] for index in streams)):
            if packet.dts is None or packet.pts is None:
                continue
            if packet.stream.type == "audio":
                packet.pts += round(1 / packet.time_base)
                packet.dts += round(1 / packet.time_base)
            packet.stream = streams[packet.stream.index]
            written.mux(packet)
    sound, given = read_clip(late, 2).sound, read_clip(CLIP, 2).sound
    assert sound is not None
    assert given is not None
    at = int(np.argmax(np.abs(sound) > 0.01)) - int(np.argmax(np.abs(given) > 0.01))
    assert at / SOUND_RATE == pytest.approx(1, abs=0.05)


def test_a_long_sound_is_heard_to_its_end(omni: Path) -> None:
    policy = OmniPolicy.__new__(OmniPolicy)
    policy.processor = AutoProcessor.from_pretrained(omni)
    seen = Seen(np.zeros((2, 56, 56, 3), np.uint8), 2 / 305, np.zeros(305 * SOUND_RATE, np.float32))
    assert policy.inputs(OMNI_TEXT, seen, 3136)["feature_attention_mask"].sum() == 30_500


def test_another_clip_says_something_else(opened: Client) -> None:
    rows = [{"context": i, "ids": whole([40, 50, 60])} for i in range(3)]
    contexts = [asked(OMNI_TEXT), asked(OMNI_TEXT, OTHER), {"text": ASKED.format(""), "clip": None}]
    first, second, third = (decoded(scores) for scores in opened.ask("logProbs", contexts=contexts, rows=rows)["logProbs"])
    assert min(np.abs(first - second).max(), np.abs(first - third).max()) > 1e-4


def test_generated_and_forced_log_probs_agree(opened: Client) -> None:
    contexts = [asked(OMNI_TEXT), {"text": ASKED.format(""), "clip": None}, asked(OMNI_TEXT, OTHER)]
    rows = [{"context": i % 3, "seed": i} for i in range(9)]
    made = opened.ask("generate", contexts=contexts, rows=rows, sampling=SAMPLING, ends=[258])["rows"]
    forced = opened.ask(
        "logProbs",
        contexts=contexts,
        rows=[{"context": row["context"], "ids": written["ids"]} for row, written in zip(rows, made, strict=True)],
    )
    for written, scores in zip(made, forced["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)


def test_a_completion_may_hold_the_tokens_of_sound_and_video(opened: Client, omni: Path) -> None:
    words = AutoProcessor.from_pretrained(omni).tokenizer
    ids = [40, words.audio_token_id, words.video_token_id, words.image_token_id, 50]
    given = opened.ask("logProbs", contexts=[asked(OMNI_TEXT)], rows=[{"context": 0, "ids": whole(ids)}])
    assert np.isfinite(decoded(given["logProbs"][0])).all()
    with pytest.raises(RuntimeError, match="Number of elements of source"):
        whole_forward(omni, ids, 16)


def test_an_adapter_is_on_the_language_model_alone_and_learns(opened: Client, omni: Path, tmp_path: Path) -> None:
    contexts = [asked(OMNI_TEXT)]
    rows = [{"context": 0, "seed": i} for i in range(4)]
    made = opened.ask("generate", contexts=contexts, rows=rows, sampling=SAMPLING, ends=[258])["rows"]
    batch = [
        {
            "context": 0,
            "ids": written["ids"],
            "weights": floats([1.0] * written["ids"]["shape"][0]),
            "advantage": (-1) ** i,
            "old": written["logProbs"],
            "ref": written["logProbs"],
        }
        for i, written in enumerate(made)
    ]
    losses = []
    for _ in range(3):
        step = opened.ask("reinforce", contexts=contexts, rows=batch, learningRate=0.01, loss=LOSS)
        losses.append(step["loss"])
    assert losses[0] == pytest.approx(0, abs=1e-5)
    assert losses[2] < losses[1] < losses[0] - 0.01
    scored = {"contexts": contexts, "rows": [{"context": 0, "ids": written["ids"]} for written in made]}
    reference = opened.ask("logProbs", **scored, reference=True)
    for written, scores in zip(made, reference["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
    opened.ask("save", folder=str(tmp_path))
    saved = load_file(tmp_path / "adapter_model.safetensors")
    assert len(saved) == 2 * 7 * 2
    assert all(name.startswith("base_model.model.model.language_model.layers.") for name in saved)
    assert json.loads((tmp_path / "adapter_config.json").read_text("utf-8"))["peft_type"] == "LORA"
    # What PEFT reads computes what the service computes.
    model = PeftModel.from_pretrained(Qwen2_5OmniThinkerForConditionalGeneration.from_pretrained(omni), tmp_path)
    names = dict(model.named_parameters())
    for name, weight in saved.items():
        assert torch.equal(names[name.replace(".weight", ".default.weight")], weight)
    scores = opened.ask("logProbs", **scored)
    with local() as client:
        client.open(omni, adapter=str(tmp_path))
        for one, other in zip(client.ask("logProbs", **scored)["logProbs"], scores["logProbs"], strict=True):
            np.testing.assert_allclose(decoded(one), decoded(other), atol=1e-6)


def test_what_is_seen_is_read_once(opened: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    scored = {"contexts": [asked(OMNI_TEXT, OTHER)] * 2, "rows": [{"context": 1, "ids": whole([40, 50])}]}
    first = opened.ask("logProbs", **scored)
    monkeypatch.setattr("policy.omni.read_clip", lambda *_: pytest.fail("read again"))
    assert opened.ask("logProbs", **scored) == first


def test_a_clip_that_cannot_be_read_is_named(opened: Client, tmp_path: Path) -> None:
    def refused(context: dict[str, Any]) -> str:
        with pytest.raises(ErrorAnswer) as thrown:
            opened.ask("logProbs", contexts=[context], rows=[{"context": 0, "ids": whole([40])}])
        assert thrown.value.kind == "bad request"
        return str(thrown.value)

    missing, text = tmp_path / "missing.mp4", tmp_path / "text.mp4"
    assert refused(asked(OMNI_TEXT, missing)).startswith(f"contexts[0].clip.path: {missing} cannot be read: ")
    text.write_text("no clip\n", "utf-8")
    assert refused(asked(OMNI_TEXT, text)).startswith(f"contexts[0].clip.path: {text} cannot be read: ")
    assert refused({"ids": whole([1])}) == "contexts[0] has ids, this policy takes a text"
    assert refused({"text": OMNI_TEXT, "clip": {"path": str(CLIP), "frames": 0, "pixels": 50_176}}).startswith(
        "contexts[0].clip asks for 0 frames"
    )
    assert "cannot be read" in refused(asked(ASKED.format("")))


def test_without_an_adapter_nothing_of_it_trains(omni: Path, client: Client) -> None:
    told = client.open(omni)
    assert (told["kind"], told["trained"]) == ("omni", 0)
    row = {"context": 0, "ids": whole([3]), "weights": floats([1]), "advantage": 1, "old": floats([-3])}
    with pytest.raises(ErrorAnswer, match="nothing of this policy trains"):
        client.ask("reinforce", contexts=[asked(OMNI_TEXT)], rows=[row], learningRate=0.1, loss=LOSS)


def test_qwen3_omni_sees_and_hears_what_transformers_shows_it(client: Client, tmp_path: Path) -> None:
    folder = omni3_model(tmp_path)
    assert client.open(folder, lora={**LORA, "modules": ["q_proj", "o_proj"]})["kind"] == "omni"
    # Of clips of two lengths of text, so that a batch is padded, and parts hold more than one context.
    contexts = [asked(OMNI_TEXT), {**asked(OMNI_TEXT, OTHER), "text": "Look. " + OMNI_TEXT}, {"text": ASKED.format(""), "clip": None}]
    completion = [40, 50, 60, 70, 258]
    given = client.ask("logProbs", contexts=contexts, rows=[{"context": i % 2, "ids": whole(completion)} for i in range(2)])
    expected = whole_forward(folder, completion, 16, kind=Qwen3OmniMoeThinkerForConditionalGeneration)
    np.testing.assert_allclose(decoded(given["logProbs"][0]), expected, atol=1e-5)
    made = client.ask("generate", contexts=contexts, rows=[{"context": i % 3, "seed": i} for i in range(6)], sampling=SAMPLING, ends=[258])[
        "rows"
    ]
    rows = [{"context": i % 3, "ids": written["ids"]} for i, written in enumerate(made)]
    for written, scores in zip(made, client.ask("logProbs", contexts=contexts, rows=rows)["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
    batch = [{**row, "weights": floats([1.0] * row["ids"]["shape"][0]), "advantage": (-1) ** i} for i, row in enumerate(rows)]
    batch = [{**row, "old": written["logProbs"]} for row, written in zip(batch, made, strict=True)]
    losses = [client.ask("reinforce", contexts=contexts, rows=batch, learningRate=0.01, loss=LOSS)["loss"] for _ in range(3)]
    assert losses[2] < losses[1] < losses[0]


def test_a_folder_of_the_whole_model_opens_as_its_thinker(client: Client, omni: Path, tmp_path: Path) -> None:
    thinker = Qwen2_5OmniThinkerForConditionalGeneration.from_pretrained(omni)
    model = Qwen2_5OmniForConditionalGeneration(Qwen2_5OmniConfig(thinker_config=thinker.config.to_dict(), enable_audio_output=False))
    model.thinker.load_state_dict(thinker.state_dict())
    model.save_pretrained(tmp_path)
    AutoProcessor.from_pretrained(omni).save_pretrained(tmp_path)
    scores = []
    for folder in (omni, tmp_path):
        assert client.open(folder)["kind"] == "omni"
        scores.append(client.ask("logProbs", contexts=[asked(OMNI_TEXT)], rows=[{"context": 0, "ids": whole([40, 50])}]))
    assert scores[0] == scores[1]


def test_qwen2_5_vl_sees_what_transformers_shows_it(client: Client, tmp_path: Path) -> None:
    folder = vl_model(tmp_path)
    assert client.open(folder, lora=LORA)["kind"] == "vl"
    contexts = [asked(VL_TEXT)]
    seen = read_clip(CLIP, 16)
    about = {"total_num_frames": 16, "fps": seen.rate, "frames_indices": list(range(16))}
    said = {"size": {"shortest_edge": 784, "longest_edge": 50_176}, "video_metadata": [about], "return_tensors": "pt"}
    inputs = AutoProcessor.from_pretrained(folder)(text=[VL_TEXT], videos=[seen.frames], **said)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder).eval()
    length = {"max_new_tokens": 12, "min_new_tokens": 12}
    out = model.generate(**inputs, do_sample=False, **length, output_logits=True, return_dict_in_generate=True)
    greedy = {**SAMPLING, "temperature": 0}
    made = client.ask("generate", contexts=contexts, rows=[{"context": 0, "seed": 0}], sampling=greedy, ends=[])["rows"]
    assert decoded(made[0]["ids"]).tolist() == out.sequences[0, inputs["input_ids"].shape[1] :].tolist()
    logits = torch.cat(out.logits).log_softmax(-1).max(-1).values
    np.testing.assert_allclose(decoded(made[0]["logProbs"]), logits, atol=1e-5)
    rows = [{"context": 0, "seed": i} for i in range(3)]
    made = client.ask("generate", contexts=contexts, rows=rows, sampling=SAMPLING, ends=[258])["rows"]
    forced = client.ask("logProbs", contexts=contexts, rows=[{"context": 0, "ids": row["ids"]} for row in made])
    for written, scores in zip(made, forced["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
