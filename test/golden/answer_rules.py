"""Golden values of the rules by which evaluations read answers: what the projects' own programs make of the replies below.

    python3 test/golden/answer_rules.py FOLDER    writes answer-rules.json beside this file; needs numpy, PyYAML and loguru.

FOLDER has the projects, none of whose code is kept here. The values were made on 30 November 2026 (Python 3.11, numpy 2.4.6) from:

    Video-Holmes    github.com/TencentARC/Video-Holmes, commit 52ef8da286ccad03036a65e7b67c160bc3a24fb9
    VLMEvalKit      github.com/open-compass/VLMEvalKit, commit e8e78f05f3080fe28154f2130321f17951c3be94
    AVATAR          github.com/yogkul2000/AVATAR, commit b6cc6bb5f7dca226c05595fdd19b3403ada8f208
    OmniBench       github.com/multimodal-art-projection/OmniBench, inference/answer_parsing.py of commit
                    21a7f7523baad7b0ada093ec7d036c0e017bd571 and inference/calculate_metrics.py of 335f0ba58ebb4893bbe85187f16dafe76a78b65f
    lmms_eval       the folder of that name in the wheel of lmms-eval 0.7.3

Each program runs as a whole from the model's reply on: the model, the media and the packages that load them are stood in for here. OmniBench's is
given the true letter where its dataset has the option's text, since it reads that by its own parser too. Of each reply and rule the JSON
has [what is read, whether it is right], with null where the program says that it read nothing; "random" where it draws an option; "raises …"
where it stops.
"""

import contextlib
import importlib.util
import io
import json
import pathlib
import queue
import random
import runpy
import sys
import tempfile
import types
from unittest import mock

HERE = pathlib.Path(__file__).parent

QUESTIONS = {
    "six": ("Who took the key?", ["The cook", "The gardener", "The butler", "The maid", "A stranger", "Nobody"], "D"),
    "four": ("What is happening?", ["A man plays the violin.", "Two people argue in a car.", "The woman is singing on stage.", "It rains."], "C"),
    "five": ("Which process is shown?", ["Osmosis", "Diffusion", "Active transport", "Cell division (mitosis)", "Endocytosis"], "D"),
    "two": ("Does the bell ring?", ["Yes", "No"], "A"),
    "eight": ("Which hour does the clock show?", ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"], "G"),
    "nested": ("What lies on the grass?", ["Red", "Red ball", "A red ball on grass", "Ball"], "B"),
    "notes": ("Which chord is played?", ["B flat", "A minor", "C sharp", "D major"], "C"),
    "short": ("What is missing?", ["An ox", "It", "Go", "U.S.A."], "B"),
}

# Asked of two of the questions, whose true letter and text {L} and {T} are; {W} is a wrong letter. Of the first in small letters too.
SHAPES = """\
{L}
{W}
{L}.
{L})
({L})
[{L}]
{L}:
"{L}"
**{L}**
\\boxed{{{L}}}
Option {L}
option {L}.
Answer: {L}
Answer: ({L})
The answer is {L}.
The answer is {L}
The correct answer is option ({L}) {T}.
The final answer is $\\boxed{{\\text{{{L}}}}}$.
{L}. {T}
{L}: {T}
{L} {T}
({L}) {T}
[{L}] {T}
{T}
{T}.
It was certainly {T}, I would say.
I think that the one who did it is {T} here.
{L}{L}
{L}, {W}
{W} or {L}
{L} or {W}
Either {W} or {L}.
({W}) or ({L})
({L}), not ({W})
Not {W}, so {L}
Not {W} but {L} it is
{W}. No, {L}.
{W}. No, {L}. Yes.
{W} seems wrong . {L} seems right .
<answer>{L}</answer>
<answer>{W}</answer>
<answer> {L} </answer>
<answer>{L}.</answer>
<answer>({L})</answer>
<answer>[{L}]</answer>
<answer>{L}:</answer>
<answer>{L}. {T}</answer>
<answer>{L}: {T}</answer>
<answer>{T}</answer>
<answer>{W} or {L}</answer>
<answer></answer>
<answer>   </answer>
<answer>none of them</answer>
<answer>The answer is {L}</answer>
<think>A man enters at 0:03.</think><answer>{L}</answer>
<think>A man enters at 0:03.</think><answer>{L}. {T}</answer>
<think>A man enters at 0:03.</think>{L}
<think>First {W}, then {L}.</think><answer>{W}</answer> Wait: <answer>{L}</answer>
<answer>{L}</answer> or <answer>{W}</answer>
<answer>{W} <answer>{L}</answer>
<answer>{L}</answer></answer>
</answer>{L}<answer>
<answer>{L}
<answer>{L}</ans
{L}</answer>
<ANSWER>{L}</ANSWER>
<answer >{L}</answer>
A man enters at 0:03. The answer is {L}.
A man enters. It is {L}
At 0:03 a man enters; so I'd say {L}
I'd say {L}.
I cannot tell from the video.
I'm sorry, but I can't help with that.
As an AI language model, I do not see a video.
The video shows a room in which people talk until
CANNOT TELL
no idea
?
...
42
0:03
{L}1
1{L}
option_{L}
{L}-{T}
{L}'s the one
{L}!
'{L}'
.{L}.
,,{L},,
{L} is right, {W} is wrong
A, B, C, D, E and F are all possible.
All of the above
None of the above, E.g. nobody.
Both {L} and {W}
答案是{L}。
答案：{L}
答案是 {L} 。
答えは{L}です
La réponse est {L}.
La réponse est à revoir : {L}
Ответ: {L}
Ответ: В
ΑΒΓ
réponse d
é{L}é
{L}\u0301
{L}\u00a0
\u2003{L}\u2003
\ufeff{L}\ufeff
\x1f{L}\x1f
{L}\x85
{L}\u200b
assistant\\n{L}
system\\nYou are Helpful.\\nuser\\nWho? A. B. C.\\nassistant\\n{L}
system\\nYou are Helpful.\\nuser\\nWho?\\nassistant\\nno letter
user\\nA or B?\\nassistant\\nassistant\\n{L}
assistant {L}
assistant\\nIt is B.\\nassistant\\n{L}
{L}\\n
\\n{L}\\n
 {L}
{L} \\n {T}
Reasoning: the maid leaves.\\nAnswer:\\n{L}
1. The maid leaves.\\n2. The door shuts.\\n\\nSo {L}
{L}/{W}
{L}&{W}
{L}->{T}
`{L}`
$ {L} $
#### {L}
Final Answer: {L}
Therefore, the final answer is: {L}
Therefore, the final answer is: ${L}
{{"answer": "{L}"}}
<|im_end|>{L}<|im_end|>
\U0001d46b
\U0001f600 {L} \U0001f600
\ud83d""".split("\n")

# Asked of the others as they are.
REPLIES = {
    "four": [
        "C", "c", "C\n", "C ", "(c)", "C. The woman is singing on stage.", "The woman is singing on stage.", "the WOMAN is singing on stage. Truly so",
        "It seems that the woman is singing on stage.", "It rains. The woman is singing on stage.", "it rains. now the woman is singing on stage.",
        "A man plays the violin.", "a man plays the violin. I do not see others", "The answer is C", "Answer C, not A.", "A B C D", "D C B A", "(A)(B)(C)",
        "Looking at the USA map, C is right", "NASA says it", "USA. NBC.", "", " ", "<answer>c</answer>", "<answer>C</answer>", "<answer>\nC\n</answer>",
        "<answer></answer>", "<answer>The woman is singing on stage.</answer>", "E", "N/A", "İİİ the woman is singing on stage. İ so it goes", "x  C  y  A  z",
        "THE WOMAN IS SINGING ON STAGE. SO BE IT", "this is in small letters and says nothing at all", "A.", "A. C.", "C. A.", " C. A. ", "(C", "C)",
    ],
    "five": [
        "D", "d", "I'd go for B.", "I'd go for osmosis", "Cell division (mitosis)", "cell division", "It is mitosis, done", "mitosis", "division", "cell",
        "The cells divide", "Dividing cells", "A cellular thing", "a", "E", "F", "B", "Osmosis", "(D)", "D_", "É D", "The answer is b, or d", "no cell there",
        "<think>A cell splits.</think><answer>D</answer>", "Therefore, the final answer is: D", "Therefore, the final answer is: $D", "", "all of them",
        "nobody knows the mitosis", "It is ＤIFFUSION", "ẚ cell",
    ],
    "two": ["A", "B", "Yes", "No", "yes.", "<answer>A</answer>", "<answer>Yes</answer>", "A bell rings.", "a bell rings and rings and yes it does", "I hear a bell. B"],
    "eight": ["G", "(G)", "G. Seven", "Seven", "<answer>G</answer>", "<answer>G. Seven</answer>", "H", "A clock shows G.", "The clock shows seven I think, truly", "g"],
    "nested": [
        "B", "Red ball", "red ball.", "I see that it is a red ball", "I see that it is a red ball on grass", "it is red and it is round", "a ball which is red lies there",
        "<answer>Red ball</answer>", "<answer>Red</answer>", "A red ball", "ball ball ball ball red red ball ball", "the answer must surely be ball",
    ],
    "notes": [
        "C", "C sharp", "C sharp.", "A minor", "The chord is A minor", "It is a C sharp chord I guess", "<answer>C sharp</answer>", "<answer>C. C sharp</answer>",
        "<answer>A minor</answer>", "B flat, then C sharp", "D major (D)", "First (B) flat, then (C) sharp", "E major", "c sharp", "I hear c sharp, and then a minor",
    ],
    "short": ["B", "It", "It is it, as I said before", "I see an ox on the hill", "U.S.A.", "The U.S.A. is what is missing in here", "go", "you cannot go there without it", "<answer>It</answer>"],
}


def shaped():
    """The questions and their replies, those of the shapes first."""
    for question in ("six", "four"):
        _, texts, truth = QUESTIONS[question]
        for shape in SHAPES:
            reply = shape.replace("\\n", "\n").format(L=truth, T=texts[ord(truth) - 65], W="B")
            yield question, reply
            if question == "six" and len(reply) < 40:
                yield question, reply.lower()
    for question, replies in REPLIES.items():
        for reply in replies:
            yield question, reply


class Stop(Exception):
    """What ends a stood-in draw: the program would go on with an option at random."""


def loaded(path, **stand_ins):
    """A project's file as a module. `stand_ins` by their names in sys.modules, with __ for a point."""
    for name, module in stand_ins.items():
        sys.modules[name.replace("__", ".")] = module
    spec = importlib.util.spec_from_file_location("project", path)
    module = importlib.util.module_from_spec(spec)
    with contextlib.redirect_stdout(io.StringIO()):
        spec.loader.exec_module(module)
    return module


def lettered(texts):
    return {chr(65 + i): text for i, text in enumerate(texts)}


def watched(module, name):
    """Replaces a function by itself; the list takes what it returns."""
    given, function = [], getattr(module, name)

    def watch(*arguments, **named):
        given.append(function(*arguments, **named))
        return given[-1]

    setattr(module, name, watch)
    return given


def quietly(read, *arguments):
    """What a program reads, or the word for how it ended."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(random, "choice", side_effect=Stop):
            return read(*arguments)
    except Stop:
        return "random"
    except Exception as error:
        return f"raises {type(error).__name__}"


def video_holmes(folder, work):
    module = loaded(
        folder / "Video-Holmes/evaluate.py",
        **{name: mock.MagicMock() for name in ("torch", "torchvision", "torchvision__transforms", "torchvision__transforms__functional", "decord", "transformers", "PIL", "tqdm")},
    )
    module.tqdm = list

    def read(reply, texts, truth):
        item = {"video ID": "v", "Question ID": 1, "Question Type": "SR", "Question": "?", "Options": lettered(texts), "Answer": truth, "Explanation": ""}
        asked, out = work / "asked.json", pathlib.Path(tempfile.mkdtemp(dir=work))
        asked.write_text(json.dumps([item]))
        module.predict_gemini = lambda *_: reply
        module.evaluate("videos", asked, out, "gemini", None)
        text = (out / "Results-gemini.json").read_text(encoding="utf-8")
        row = json.loads(text)[0]
        return [None if row["Predicr Answer"] == "WRONG" else row["Predicr Answer"], row["Correct"]]

    return read


def vlmevalkit(folder, work):
    smp = types.ModuleType("vlmeval.smp")
    smp.load = None
    module = loaded(folder / "VLMEvalKit/vlmeval/dataset/utils/videoholmes.py", vlmeval=types.ModuleType("vlmeval"), vlmeval__smp=smp)

    def read(reply, texts, truth):
        letter = module.extract_option(reply)
        return [None if letter == "WRONG" else letter, letter == truth]

    return read


def avatar(folder, work, script, fields, folders):
    """Of the two scripts that work sample by sample on a GPU of their own."""
    names = ("torch", "torch__multiprocessing", "transformers", "qwen_omni_utils", "filelock")
    module = loaded(folder / "AVATAR/eval" / script, **{name: mock.MagicMock() for name in names}, tqdm=mock.MagicMock())
    module.process_mm_info = lambda *_, **__: ([], [], [])
    module.DATA_ROOT = str(work)
    for one in folders:
        (work / one).parent.mkdir(exist_ok=True)
        (work / one).touch()

    def read(reply, texts, truth):
        processor = module.Qwen2_5OmniProcessor.from_pretrained()
        processor.batch_decode.side_effect = lambda *_, **__: [reply]
        results = queue.Queue()
        module.process_samples_on_gpu(0, [fields(texts, truth)], 0, set(), results, queue.Queue())
        row = results.get()[1][0]
        if "error" in row:
            raise RuntimeError(row["error"])
        return [None if row["prediction"] == "?" else row["prediction"], row["correct"]]

    return read


def avatar_mmvu(folder, work):
    def fields(texts, truth):
        return {"question_id": "q", "video_path": "v.mp4", "question": "?", "processed_question": "?", "answer": truth}

    return avatar(folder, work, "eval_omni_mmvu.py", fields, ["v.mp4"])


def avatar_video_holmes(folder, work):
    def fields(texts, truth):
        return {"Question ID": 1, "video ID": "v", "Question": "?", "Options": lettered(texts), "Question Type": "SR", "Answer": truth}

    return avatar(folder, work, "eval_omni_video_holmes.py", fields, ["videos/v.mp4"])


def avatar_omnibench(folder, work):
    names = ("torch", "transformers", "qwen_omni_utils", "tqdm")
    module = loaded(folder / "AVATAR/eval/eval_omnibench.py", **{name: mock.MagicMock() for name in names})
    module.process_mm_info = lambda *_, **__: ([], [], [])
    module.tqdm = lambda data, **_: data
    for kind in ("image", "audio"):
        (work / kind).mkdir()
        (work / kind / "one").touch()

    def read(reply, texts, truth):
        item = {"question": "?", "options": texts, "answer": texts[ord(truth) - 65], "audio_path": "one", "image_path": "one", "task type": "t", "audio type": "speech", "index": 0}
        asked, out = work / "asked.jsonl", work / "out.json"
        asked.write_text(json.dumps(item))
        processor = mock.MagicMock()
        processor.batch_decode.side_effect = lambda *_, **__: [reply]
        arguments = types.SimpleNamespace(json_file_path=asked, media_base_dir=str(work), output_file=out)
        module.run_omnibench_evaluation(mock.MagicMock(), processor, arguments)
        row = json.loads(out.read_text(encoding="utf-8"))[0]
        return [row["parsed_answer"] or None, row["is_correct"]]

    return read


def omnibench(folder, work):
    sys.path.insert(0, str(folder / "OmniBench/inference"))
    import answer_parsing

    given = watched(answer_parsing, "parse_multi_choice_response")

    def read(reply, texts, truth):
        # The script divides by the count of each audio type.
        rows = [{"question": "?", "audio type": kind, "options": texts, "answer": truth} for kind in ("music", "speech", "sound event")]
        asked, results = work / "asked.jsonl", work / "results.json"
        asked.write_text("\n".join(json.dumps(row) for row in rows))
        results.write_text(json.dumps([{"question": "?", "response": reply} for _ in rows]))
        given.clear()
        arguments = ["calculate_metrics.py", "--input-file", str(asked), "--inference-file", str(results)]
        said = io.StringIO()
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(said):
            runpy.run_path(str(folder / "OmniBench/inference/calculate_metrics.py"), run_name="__main__")
        right = "Correct response: 3;" in said.getvalue()
        assert right or "Correct response: 0;" in said.getvalue()
        return [None if given[0] == "N/A" else given[0], right]

    return read


def lmms_eval_mmvu(folder, work):
    sys.path.insert(0, str(folder))
    module = loaded(folder / "lmms_eval/tasks/mmvu/utils.py")

    def read(reply, texts, truth):
        doc = {"id": "q", "video_path": "a/Biology/v.mp4", "question_type": "multiple-choice", "question": "?", "choices": lettered(texts), "answer": truth}
        row = module.mmvu_process_results(doc, [reply])["accuracy"]
        return [None if row["pred_answer"] == "N/A" else row["pred_answer"], row["correct"] == 1]

    return read


def lmms_eval_omnibench(folder, work):
    module = loaded(folder / "lmms_eval/tasks/omni_bench/utils.py")
    given = watched(module, "parse_multi_choice_response")

    def read(reply, texts, truth):
        row = module.omni_bench_process_results({"options": texts, "answer": texts[ord(truth) - 65]}, [reply])
        return [given[-1], row["accuracy"]["overall"] == 1]

    return read


def lmms_eval_video_holmes(folder, work):
    module = loaded(folder / "lmms_eval/tasks/video_holmes/utils.py")
    given = watched(module, "parse_multi_choice_response")

    def read(reply, texts, truth):
        row = module.video_holmes_process_results({"Options": lettered(texts), "Answer": truth}, [reply])
        return [given[-1], row["video_holmes_accuracy"]["score"] == 1]

    return read


PROGRAMS = {
    "video-holmes": video_holmes,
    "vlmevalkit-video-holmes": vlmevalkit,
    "lmms-eval-video-holmes": lmms_eval_video_holmes,
    "avatar-video-holmes": avatar_video_holmes,
    "omnibench": omnibench,
    "lmms-eval-omnibench": lmms_eval_omnibench,
    "avatar-omnibench": avatar_omnibench,
    "lmms-eval-mmvu": lmms_eval_mmvu,
    "avatar-mmvu": avatar_mmvu,
}


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    asked = list(dict.fromkeys(shaped()))
    read = [{} for _ in asked]
    for name, program in PROGRAMS.items():
        with tempfile.TemporaryDirectory() as work:
            reads = program(folder, pathlib.Path(work))
            for (question, reply), row in zip(asked, read):
                _, texts, truth = QUESTIONS[question]
                row[name] = quietly(reads, reply, texts, truth)
    questions = {
        name: {"question": text, "options": [f"{letter}. {one}" for letter, one in lettered(texts).items()], "answer": truth}
        for name, (text, texts, truth) in QUESTIONS.items()
    }
    replies = [{"question": question, "reply": reply, "read": row} for (question, reply), row in zip(asked, read)]
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in replies)
    text = f'{{\n"questions": {json.dumps(questions, indent=1)},\n"replies": [\n{lines}\n]\n}}\n'
    (HERE / "answer-rules.json").write_text(text, encoding="utf-8")
    ends = sorted({row for one in read for row in one.values() if isinstance(row, str)})
    print(len(replies), "replies;", ", ".join(ends))


main()
