#!/usr/bin/env python3
"""Makes the tokenizer goldens: small tokenizers of each family, texts, and the ids of the references.

Writes to Tests/Goldens/tokenizer:

    bytes.json, pieces.json   vocabulary and merges that families share (byte level, SentencePiece style)
    families.json             tokenizer.json of each family without them
    NAME.json                 texts, the ids that HuggingFace tokenizers gives them, and what those decode to
    NAME.gguf, gguf-NAME.json a llama.cpp vocabulary, and the ids that llama.cpp gives the same texts

The vocabularies are trained without cutting text into words, so that many tokens straddle the places
where a pre-tokenizer cuts: a cut in the wrong place then shows in the ids.

Needs: tokenizers, gguf, llama-cpp-python.  Run: python scripts/goldens/tokenizer.py
"""

import json
import sys
from pathlib import Path

import gguf
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tokenizer_texts import SENTENCES, texts  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "Tests/Goldens/tokenizer"
TEXTS = 240
SEED = 20

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(use_regex, prefix=False):
    return {
        "type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": use_regex,
    }


def split(pattern):
    return {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
            byte_level(False),
        ],
    }


def added(first, *tokens):
    """Added tokens from an id on: special ones written `<|...|>`, with marks for how they match."""
    made = []
    for offset, token in enumerate(tokens):
        content, *flags = token if isinstance(token, tuple) else (token,)
        made.append({
            "id": first + offset, "content": content, "single_word": "single_word" in flags,
            "lstrip": "lstrip" in flags, "rstrip": "rstrip" in flags,
            "normalized": "normalized" in flags, "special": content.startswith(("<|", "<s", "</s", "<u")),
        })
    return made


def begin_with(token, token_id):
    return {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {token: {"id": token, "ids": [token_id], "tokens": [token]}},
    }


def families(byte_count, piece_count):
    """Everything of each family's tokenizer.json but vocabulary and merges."""
    chat = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    odd = ["<|eot_id|>", ("<|mask|>", "lstrip"), ("<|end|>", "rstrip"), ("[TOOL]", "single_word"), "<think>",
           "<think>>", ("\u212bé", "normalized"), ("  ", "normalized")]
    level, model = {"type": "ByteLevel", **byte_level(True)}, {"type": "BPE", "dropout": None,
        "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
        "byte_fallback": False, "ignore_merges": False}
    spaces = {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
        {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    prepend = {"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
    pieces = {**model, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    ends = added(0, "<unk>", "<s>", "</s>")

    def family(vocabulary, pre, tokens, model=model, normalizer=None, post=None, decoder=level):
        return {"vocabulary": vocabulary, "tokenizer": {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens,
            "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": post, "decoder": decoder,
            "model": model}}

    return {
        "gpt2": family("bytes", byte_level(True), added(byte_count, *chat)),
        "gpt2-prefix": family("bytes", byte_level(True, prefix=True), added(byte_count, *chat, *odd)),
        "llama3": family(
            "bytes", split(CL100K % r"\p{N}{1,3}"), added(byte_count, "<|begin_of_text|>", *chat, *odd),
            model={**model, "ignore_merges": True},
            post={"type": "Sequence", "processors": [
                byte_level(True), begin_with("<|begin_of_text|>", byte_count)]}),
        "qwen2": family(
            "bytes", split(CL100K % r"\p{N}"), added(byte_count, *chat, *odd), normalizer={"type": "NFC"},
            post=byte_level(False)),
        "smollm2": family(
            "bytes",
            {"type": "Sequence", "pretokenizers": [
                {"type": "Digits", "individual_digits": True}, byte_level(True)]},
            added(byte_count, *chat)),
        "tekken": family("bytes", split(TEKKEN), added(byte_count, *chat)),
        "llama2": family(
            "pieces", None, ends + added(piece_count, *odd[1:6]), model=pieces, normalizer=prepend,
            post=begin_with("<s>", 1), decoder=spaces),
        "metaspace": family(
            "pieces", {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False},
            ends, model=pieces, post=begin_with("<s>", 1), decoder=spaces),
        "metaspace-split": family(
            "pieces", {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            ends, model=pieces, post=begin_with("<s>", 1), decoder=spaces),
    }


def train_bytes(size=1300):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.train_from_iterator(
        SENTENCES * 3 + texts(600, 7),
        trainers.BpeTrainer(
            vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False))
    return shared(tokenizer)


def train_pieces(size=1400):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(
        SENTENCES * 3, trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False))
    return shared(tokenizer)


def shared(tokenizer):
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1])]
    assert list(range(len(tokens))) == sorted(model["vocab"].values())
    return {"tokens": tokens, "merges": [" ".join(pair) for pair in model["merges"]]}


def assemble(family, vocabularies):
    """A family's whole tokenizer.json."""
    vocabulary = vocabularies[family["vocabulary"]]
    whole = json.loads(json.dumps(family["tokenizer"]))
    whole["model"]["vocab"] = {token: i for i, token in enumerate(vocabulary["tokens"])}
    whole["model"]["merges"] = vocabulary["merges"]
    return whole


def write_gguf(path, name, vocabulary, special, scores=None, user=(), prepare=None):
    """A file with nothing but a vocabulary; `name` is the pre-tokenizer, None for SentencePiece.

    `prepare` may add other things to the writer; it is told the number of tokens.
    """
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_tokenizer_model("llama" if name is None else "gpt2")
    if name is not None:
        writer.add_tokenizer_pre(name)
    tokens = list(vocabulary["tokens"])
    types = [6 if t.startswith("<0x") and len(t) == 6 else 1 for t in tokens]
    if name is None:
        types[:3] = [2, 3, 3]
        scores = scores or piece_scores(vocabulary)
    tokens += special + list(user)
    types += [3] * len(special) + [4] * len(user)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if name is None:
        writer.add_token_scores(scores + [0.0] * (len(tokens) - len(scores)))
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
    else:
        writer.add_token_merges(vocabulary["merges"])
        writer.add_bos_token_id(len(vocabulary["tokens"]))
        writer.add_eos_token_id(len(vocabulary["tokens"]))
    if prepare:
        prepare(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def piece_scores(vocabulary):
    """Scores as SentencePiece's BPE has them: minus the order in which pieces were made."""
    made = {}
    for rank, merge in enumerate(vocabulary["merges"]):
        made.setdefault("".join(merge.split(" ")), rank)
    return [float(-made[t]) if t in made else -1e6 if i > 258 else 0.0
            for i, t in enumerate(vocabulary["tokens"])]


def dump(name, value):
    path = OUT / name
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


def main():
    import llama_cpp

    OUT.mkdir(parents=True, exist_ok=True)
    vocabularies = {"bytes": train_bytes(), "pieces": train_pieces()}
    made = families(len(vocabularies["bytes"]["tokens"]), len(vocabularies["pieces"]["tokens"]))
    for name, vocabulary in vocabularies.items():
        dump(f"{name}.json", vocabulary)
    dump("families.json", made)
    written = {"tokenizers": tokenizers.__version__, "llama_cpp": llama_cpp.__version__, "seed": SEED}
    for name, family in made.items():
        oracle = Tokenizer.from_str(json.dumps(assemble(family, vocabularies)))
        tokens = [token["content"] for token in family["tokenizer"]["added_tokens"]]
        cases = []
        for text in texts(TEXTS, SEED, tokens):
            ids = oracle.encode(text, add_special_tokens=False).ids
            cases.append([text, ids])
            # An added token with characters of the byte alphabet decodes to garbage in the reference.
            if all(token.isascii() for token in tokens):
                cases[-1].append(oracle.decode(ids, skip_special_tokens=False))
        dump(f"{name}.json", {"made_with": written, "cases": cases})
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    for name, pre in {"llama3": "llama-bpe", "spm": None}.items():
        path = OUT / f"{name}.gguf"
        vocabulary = vocabularies["pieces" if pre is None else "bytes"]
        write_gguf(path, pre, vocabulary, special, user=["[TOOL]"])
        print(path, path.stat().st_size)
    write_llama_cases(written, special + ["[TOOL]"])


def write_llama_cases(written, tokens):
    import llama_cpp

    def cases(path, parse):
        model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
        return [
            [text, model.tokenize(text.encode(), add_bos=False, special=parse)]
            for text in texts(TEXTS, SEED, tokens)
        ]

    for name in ["llama3", "spm"]:
        dump(f"gguf-{name}.json", {"made_with": written, "cases": cases(OUT / f"{name}.gguf", True)})


if __name__ == "__main__":
    main()
