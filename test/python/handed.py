"""What tests of exports share: the exports are those of hand-off.ts."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tiny import VOCABULARY

# Steep, so that a policy moves in two steps, and ratios reach the clip.
RATE = 0.02


def module(file: Path) -> ModuleType:
    """Load a file of Python that an export wrote."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    # It may import what lies beside it.
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    spec.loader.exec_module(made)
    return made


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Read the rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def tokenizer(*, chats: bool) -> Any:
    """Give one whose tokens are w0, w1, …: 0 pads, 1 ends."""
    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w2"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    # Not the first two characters of w10.
    special = {name: AddedToken(f"w{i}", single_word=True) for i, name in enumerate(("pad_token", "eos_token"))}
    made = PreTrainedTokenizerFast(tokenizer_object=words, **special)
    if chats:
        made.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    return made
