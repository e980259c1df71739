"""Golden prompts of chat policies, by transformers: python test/golden/chat.py (transformers, tokenizers; trl for Qwen's templates, Apache-2.0).

Writes test/golden/chat/NAME/: tokenizer.json, tokenizer_config.json and chat_template.jinja as transformers saves them, and golden.json,
the text and ids that apply_chat_template gives for each list of messages at a fixed time.
"""
import datetime
import importlib.util
import json
import pathlib
import shutil
import types

from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

from tokenizer import fast_tokenizer

here = pathlib.Path(__file__).parent
out = here / "chat"
shutil.rmtree(out, ignore_errors=True)
now = datetime.datetime(2026, 3, 7, 5, 4, 9, tzinfo=datetime.timezone.utc)
chat_template_utils.datetime = types.SimpleNamespace(now=lambda: now)

question = "Which tone sounds at 0:03?\nA low\nB high"
chats = [
    [dict(role="user", content=question)],
    [dict(role="system", content="Hint: Look at <|im_end|> a “déjà-vu” <think> of the red square.\n"), dict(role="user", content="  How many sounds are heard?\n")],
]


def published(name):
    package = importlib.util.find_spec("trl").submodule_search_locations[0]
    return (pathlib.Path(package) / "chat_templates" / f"{name}.jinja").read_text()


# Of the shape of Llama 3's: begin token, trimmed contents, today's date, tools that may be none.
llama3 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") if strftime_now is defined else "26 Jul 2024" %}
{%- endif %}
{#- What the user has said comes after what the system says. #}
{%- set system = messages[0]['content'] | trim if messages[0]['role'] == 'system' else '' %}
{%- if tools is not none %}
    {{- raise_exception("No tools here: " + tools | tojson) }}
{%- endif %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: ' + date_string + '\\n\\n' + system + '<|eot_id|>' }}
{%- for message in messages if message.role != 'system' %}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

qwen = dict(family="qwen", specials=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], bos="<|endoftext|>", eos="<|im_end|>", plain=["<think>", "</think>"])
llama = dict(
    family="llama", specials=["<|begin|>", "<|end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], bos="<|begin|>", eos="<|eot_id|>", plain=[])
cases = {
    "qwen2.5": (qwen, published("qwen2_5"), False),
    "qwen3": (qwen, published("qwen3"), True),
    "llama3": (llama, llama3, True),
}
for name, (kind, template, as_file) in cases.items():
    plain = kind["plain"]
    made = {key: value for key, value in kind.items() if key != "plain"}
    tokenizer = fast_tokenizer(**made, size=300, alphabet=ByteLevel.alphabet())
    tokenizer.add_tokens(plain)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(out / name, save_jinja_files=as_file)
    loaded = PreTrainedTokenizerFast.from_pretrained(out / name)
    golden = [
        dict(
            messages=messages,
            text=loaded.apply_chat_template(messages, add_generation_prompt=True, tokenize=False),
            ids=loaded.apply_chat_template(messages, add_generation_prompt=True, return_dict=False),
        )
        for messages in chats
    ]
    (out / name / "golden.json").write_text(json.dumps(dict(now=now.isoformat(), chats=golden), indent=1) + "\n")
    print(name, [len(one["ids"]) for one in golden], golden[1]["text"], sorted(p.name for p in (out / name).iterdir()))
