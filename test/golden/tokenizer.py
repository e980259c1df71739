"""Small tokenizers that cut a text into words as Qwen's and Llama 3's do."""
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

corpus = "The red circle sounds high at 0:03. Then a blue square is seen, and the low tone ends! How many sounds are heard after it? A, I, No. It's at 12, 2026: they'd see it.\n"

word = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
digits = {"qwen": r"\p{N}", "llama": r"\p{N}{1,3}"}


def fast_tokenizer(family, specials, eos, bos, size, alphabet=()):
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(word % digits[family]), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator([corpus], trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=list(alphabet)))
    # A begin token that encoding adds by itself, as Llama's does: the engine adds none.
    made.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, specials.index(bos))])
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token=eos, bos_token=bos)
