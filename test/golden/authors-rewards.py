"""Golden values of the rule `authors`: what the reward functions of AVATAR's authors give on the replies below.

Their plug-in is github.com/yogkul2000/AVATAR, commit 057292b43ce090ede59235ca934fffaa3f628e3c,
ms-swift/examples/train/grpo/plugin/plugin.py. It is not kept here; these values were made once from its three classes
CustomAccuracyReward, FormatRewardORM and SelfRewardORM, copied out of it by hand into a file that was thrown away (29 November 2026; Python 3.11, rouge_score 0.1.2, nltk 3.10.4):

    python3 test/golden/authors-rewards.py PLUGIN.PY    writes authors-rewards.json beside this file; needs rouge_score.

What else the plug-in imports (torch, decord, transformers, ms-swift) is stood in for here, and none of it takes part in these three.
Beside them, `porter.txt` has stems of NLTK's PorterStemmer as rouge_score calls it: every fourth word of the vocabulary that Porter published with his
stemmer, and all words of over three letters that NLTK stems otherwise than he does.

    python3 test/golden/authors-rewards.py --stems VOC.TXT    writes porter.txt
"""

import importlib.util
import json
import pathlib
import sys
import types
from unittest import mock

HERE = pathlib.Path(__file__).parent


def plugin_at(path):
    for name in ("numpy", "torch", "torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        sys.modules.setdefault(name, mock.MagicMock())
    for name in ("decord", "PIL", "transformers", "swift", "swift.utils"):
        sys.modules[name] = mock.MagicMock()
    rewards = types.ModuleType("swift.rewards")
    rewards.ORM, rewards.orms = object, {}
    sys.modules["swift.rewards"] = rewards
    spec = importlib.util.spec_from_file_location("plugin", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tagged(answer):
    return f"<think>because</think><answer>{answer}</answer>"


# Replies by type: the true answer, then what is replied. Each is asked between tags.
REPLIES = {
    "multiple_choice": [
        ("B", ["B", "b", " B ", "\nB\n", "B.", "(B)", "B. green", "green", "A or B", "", "Answer: B", "Β", "A"]),
        ("b", ["B", "b"]),
        ("B. green", ["B. green", "b. GREEN", "B", "B.  green"]),
        ("<answer>C</answer>", ["C", "c", "D"]),
        ("ß", ["SS", "ss", "ß"]),
    ],
    "numerical": [
        ("5", ["5", "5.0", "5.004", "5.005", "5.006", "4.9951", "4.99", "about 5 cats", "5 or 6", "five", "", "+5", "-5", "05", "5.", "5e0"]),
        ("-5", ["5", "-5", "−5", "- 5", "--5", "5-"]),
        ("0", ["0", "0.000009", "0.00001", "0.00002", "-0.000009", "0.0009", "nothing", "1e-9", "0%"]),
        ("0.00000000001", ["0", "0.000005", "0.00001"]),
        ("1,000", ["1000", "1,000", "1.000", "1 000", "1000.9", "1001", "$1,000"]),
        ("0:12", ["12", "0:12", "0.12", "012"]),
        ("3.5", ["3.5", ".35e1", "3.5.", "3..5", "3.5 s", "3.503", "3.504"]),
        (".5", [".5", "0.5", "50%", "1/2"]),
        ("five", ["five", "5", ""]),
        ("1e3", ["1000", "1e3", "13"]),
        ("2024-05-01", ["2024-05-01", "20240501"]),
    ],
    "ocr": [
        ("STOP ahead", ["STOP ahead", "stop AHEAD", "stop", "ahead stop", "stop right ahead", "go", "", "stop ahead now or never again"]),
        ("one two three four", ["one two three four", "one two four", "zero one two three four", "four three two one", "one\ntwo\tthree four"]),
        ("", ["", "word"]),
        ("Straße 5", ["straße 5", "STRASSE 5", "Straße  5"]),
    ],
    "text_recognition": [
        ("EXIT 12", ["exit 12", "EXIT", "EXIT 13", "12 EXIT", ""]),
    ],
    "free_form": [
        ("the red square enters first", ["the red square enters first", "The red square entered first.", "red squares enter", "a circle", ""]),
        ("dogs are barking loudly", ["a dog barks loud", "dogs barked", "the dog is barking", "barking dogs", "DOGS ARE BARKING LOUDLY!"]),
        ("green", ["green", "Green.", "it is green", "greens", "blue"]),
        ("skies", ["sky", "skies", "the skies"]),
        ("it is a généreux café", ["it is a genereux cafe", "it is a généreux café", "g n reux caf"]),
        ("猫在叫", ["猫在叫", "a cat"]),
        ("happily enjoying relational databases", ["happy enjoy relate database", "enjoys happiness", "relational"]),
        ("a b a b a", ["b a b a b", "a a a", "a b"]),
        ("", ["", "word"]),
    ],
    "descriptive": [
        ("A man plays the guitar while singing", ["a man is playing guitar and sings", "a woman dances", "A man plays the guitar while singing", "man"]),
        ("the 2000s", ["the 2000", "2000s", "the two thousands"]),
    ],
    "code": [
        ("x = 1", ["x = 1", "x  =  1", "x = 1 # one", "x=1", "X = 1", "# x = 1", "```python\nx = 1\n```", ""]),
        ("for i in range(3):\n    print(i)", ["for i in range(3): print(i)", "for i in range(3):\n\tprint(i)  # each", "for i in range(4):\n    print(i)"]),
        ("color = '#fff'", ["color = '#fff'", "color = '#000'", "color = '"]),
        ("# nothing", ["", "# all", "pass"]),
        ("a # b\r\nc", ["a c", "a\nc", "a # d\nc"]),
    ],
    "exact": [
        ("Dolly zoom", ["Dolly zoom", "dolly zoom", " Dolly zoom ", "Dolly zoom.", "Dolly  zoom", ""]),
        ("<answer>yes</answer>", ["yes", "Yes", "no"]),
    ],
    "regression": [
        ("2.5", ["2.5", "2.50", "2.4", ""]),
    ],
}

# Whole replies, with or without tags: the type, the true answer, the reply.
WHOLE = [
    ("multiple_choice", "B", "B"),
    ("multiple_choice", "B", "b\n"),
    ("multiple_choice", "B", "The answer is B"),
    ("multiple_choice", "B", "<answer>B</answer><answer>C</answer>"),
    ("multiple_choice", "B", "<answer>C</answer><answer>B</answer>"),
    ("multiple_choice", "B", "<think>no, <answer>C</answer></think><answer>B</answer>"),
    ("multiple_choice", "B", "<answer>B"),
    ("multiple_choice", "B", "B</answer>"),
    ("multiple_choice", "B", "</answer>B<answer>"),
    ("multiple_choice", "B", "</answer><answer>B</answer>"),
    ("multiple_choice", "B", "<answer>A<answer>B</answer>"),
    ("multiple_choice", "B", "<Answer>B</Answer>"),
    ("multiple_choice", "B", "<answer>B</answer><|im_end|>"),
    ("multiple_choice", "B", "<answer>B<|im_end|></answer>"),
    ("multiple_choice", "B", "<answer>\n\n B \n</answer>"),
    ("multiple_choice", "B", "<answer></answer>"),
    ("multiple_choice", "B", ""),
    ("numerical", "5", "5"),
    ("numerical", "5", "I count 5"),
    ("numerical", "5", "At 0:03 I count 5"),
    ("numerical", "5", "<think>3 and 2</think> 5"),
    ("numerical", "5", "<think>3 and 2</think><answer>5</answer>"),
    ("ocr", "STOP", "stop"),
    ("ocr", "STOP", "it says stop"),
    ("free_form", "a dog barks", "I think a dog barks"),
    ("free_form", "a dog barks", "<think>dogs</think><answer>a dog barks</answer>"),
    ("code", "x = 1", "x = 1"),
    ("exact", "yes", "yes"),
    ("exact", "yes", "<think>so</think>yes"),
]

FORMATS = [
    "<think>plan\nmore</think><answer>B</answer>",
    " <think>a</think>\n <answer>B</answer>\n",
    "<think></think><answer></answer>",
    "<answer>B</answer>",
    "<think>a</think>",
    "<think>a</think><answer>B</answer> and more",
    "so <think>a</think><answer>B</answer>",
    "<think>a</think> so <answer>B</answer>",
    "<think>a<think>b</think></think><answer>B</answer>",
    "<think>a</think>b</think><answer>B</answer>",
    "<think>a</think><answer>B</answer><think>a</think><answer>C</answer>",
    "<think>a</think><answer>B</answer> or <answer>C</answer>",
    "<answer>B</answer><think>a</think>",
    "<think>a</think><answer>B</answer><|im_end|>",
    "<think>a</think><answer>B</answer><|im_end|>\n",
    "<|im_start|><think>a</think><answer>B</answer>",
    "<think>a</think><|im_end|><answer>B</answer>",
    "<think>a</think><answer>B</answer><|endoftext|>",
    "<think>a</think><answer>B",
    "<think>a<answer>B</answer>",
    "<THINK>a</THINK><ANSWER>B</ANSWER>",
    "<think></answer>",
    "<think></think><answer>",
    "",
]

GROUPS = [
    [tagged(a) for a in ("3", "4", "3", "3")],
    [tagged(a) for a in ("1", "2", "2", "1", "3")],
    [tagged(a) for a in ("2", "1", "1", "2", "3")],
    [tagged(a) for a in ("a", "b", "c")],
    [tagged(a) for a in ("B", "b", "(B)", "B. green", "B")],
    ["none", "none", tagged("B")],
    ["", "", tagged("B")],
    [tagged(""), tagged("B"), tagged("")],
    [tagged("B"), "B", " B "],
    ["<answer>C</answer><answer>B</answer>", tagged("B"), tagged("C")],
    ["alone"],
]


def main(path):
    plugin = plugin_at(path)
    accuracy, form, self_reward = plugin.CustomAccuracyReward(), plugin.FormatRewardORM(), plugin.SelfRewardORM()
    asked = [
        (kind, truth, tagged(reply)) for kind, cases in REPLIES.items() for truth, replies in cases for reply in replies
    ] + WHOLE
    golden = {
        "accuracy": [
            {"type": kind.replace("_", "-"), "truth": truth, "completion": text, "reward": accuracy([text], [truth], problem_type=[kind])[0]}
            for kind, truth, text in asked
        ],
        "format": [{"completion": text, "reward": form([text])[0]} for text in FORMATS],
        "self": [{"completions": group, "rewards": self_reward(group, ["p"] * len(group))} for group in GROUPS],
    }
    (HERE / "authors-rewards.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
    print({name: len(cases) for name, cases in golden.items()})


def stems(path):
    from nltk.stem.porter import PorterStemmer

    nltk, porter = PorterStemmer(), PorterStemmer(mode=PorterStemmer.MARTIN_EXTENSIONS)
    words = pathlib.Path(path).read_text().split()
    kept = [w for i, w in enumerate(words) if i % 4 == 0 or (len(w) > 3 and nltk.stem(w) != porter.stem(w))]
    (HERE / "porter.txt").write_text("".join(f"{word} {nltk.stem(word)}\n" for word in kept))


if sys.argv[1] == "--stems":
    stems(sys.argv[2])
else:
    main(sys.argv[1])
