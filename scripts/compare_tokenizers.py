#!/usr/bin/env python3
"""Compares `plumb tokenize` with HuggingFace tokenizers and llama.cpp on fuzzed text.

For every family of pre-tokenizer it builds tokenizers of two vocabularies: the small trained one of the
goldens, and a dense one in which every two bytes are a token and merge at a random rank, so that a cut in
the wrong place almost always changes ids. Each is given to all three programs.

    python scripts/compare_tokenizers.py                       # 5,000 texts each
    python scripts/compare_tokenizers.py --scalars             # and every Unicode scalar
    python scripts/compare_tokenizers.py --gguf MODEL.gguf     # and a model file of your own

`--command` is how ids are asked for: it gets {model}, {file} (JSON lines with `text`) and {special}, and
prints one JSON array of ids a line.

Needs: tokenizers, gguf, llama-cpp-python, numpy, safetensors.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, pre_tokenizers

sys.path.insert(0, str(Path(__file__).resolve().parent / "goldens"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tokenizer as goldens  # noqa: E402
from tokenizer_texts import texts  # noqa: E402

COMMAND = ".build/release/plumb tokenize --raw {special} --model {model} {file}"
PRE_TOKENIZERS = ["gpt-2", "llama-bpe", "smaug-bpe", "qwen2", "smollm", "tekken", "default"]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def dense():
    """All pairs of bytes, merging at random ranks, and a few thousand longer tokens."""
    rng = random.Random(5)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [(a, b) for a in alphabet for b in alphabet]
    rng.shuffle(pairs)
    tokens = alphabet + [a + b for a, b in pairs]
    merges = [" ".join(pair) for pair in pairs]
    known = set(tokens)
    while len(tokens) < 90_000:
        left, right = rng.choice(pairs), rng.choice(pairs)
        whole = "".join(left + right)
        if whole not in known:
            known.add(whole)
            tokens.append(whole)
            merges.insert(rng.randrange(len(merges)), f"{''.join(left)} {''.join(right)}")
    return {"tokens": tokens, "merges": merges}


def write_folder(folder, tokenizer):
    """A model folder with a tokenizer.json and the least of a model that goes with it."""
    count = 1 + max(
        list(tokenizer["model"]["vocab"].values()) + [t["id"] for t in tokenizer["added_tokens"]])
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": count,
        "hidden_size": 2, "intermediate_size": 2, "num_hidden_layers": 1, "num_attention_heads": 1,
        "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "rope_theta": 1e4, "hidden_act": "silu", "tie_word_embeddings": True}))
    save_file({"model.embed_tokens.weight": np.zeros((count, 2), np.float32)},
              folder / "model.safetensors")


def add_least_model(writer, count):
    """The same for a GGUF file."""
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(2)
    writer.add_feed_forward_length(2)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(1e4)
    writer.add_rope_dimension_count(2)
    writer.add_tensor("token_embd.weight", np.zeros((count, 2), np.float32))


def ours(command, model, lines, special, folder):
    file = folder / "texts.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in lines))
    call = command.format(
        model=model, file=file, special="--parse-special" if special else "").split()
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(call)}\n{done.stderr or done.stdout}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(name, lines, found, expected):
    if len(found) != len(expected):
        raise SystemExit(f"{name}: {len(found)} answers to {len(expected)} texts")
    wrong = [i for i in range(len(lines)) if found[i] != expected[i]]
    tokens = sum(map(len, expected))
    print(f"{name:34} {len(lines):8} texts {tokens:9} tokens {len(wrong):6} differ", flush=True)
    for i in sorted(wrong, key=lambda i: len(lines[i]))[:3]:
        print("   ", repr(lines[i])[:150], "\n      ours", found[i][:24], "\n      ref ", expected[i][:24])
    return len(wrong)


def scalar_texts():
    for scalar in range(0x110000):
        if not 0xD800 <= scalar <= 0xDFFF:
            c = chr(scalar)
            yield f"{c}a{c}a{c}{c}1{c}1 {c}  {c}\n{c}!{c}'{c}s {c}A"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", default=COMMAND)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gguf", action="append", default=[])
    parser.add_argument("--scalars", action="store_true")
    parser.add_argument("--only", help="families and pre-tokenizers whose name contains this")
    args = parser.parse_args()
    wrong = 0

    def wanted(name):
        return args.only is None or args.only in name

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        small = {"bytes": goldens.train_bytes(), "pieces": goldens.train_pieces()}
        large = {"bytes": dense()}

        def check(name, model, tokens, reference, special):
            nonlocal wrong
            lines = texts(args.count, args.seed, tokens)
            found = ours(args.command, model, lines, special, folder)
            wrong += report(name, lines, found, [reference(line) for line in lines])
            if args.scalars and "dense" in name:
                lines = list(scalar_texts())
                found = ours(args.command, model, lines, special, folder)
                wrong += report(name + " scalars", lines, found, [reference(s) for s in lines])

        for size, vocabularies in [("small", small), ("dense", large)]:
            counts = [len(vocabularies.get(v, {"tokens": []})["tokens"]) for v in ["bytes", "pieces"]]
            for family, parts in goldens.families(*counts).items():
                if parts["vocabulary"] not in vocabularies or not wanted(family):
                    continue
                tokens = [token["content"] for token in parts["tokenizer"]["added_tokens"]]
                for special in [True, False]:
                    # Literal text has no added tokens: the reference for it is a tokenizer without.
                    if not special and parts["vocabulary"] == "bytes":
                        parts["tokenizer"]["added_tokens"] = []
                        parts["tokenizer"]["post_processor"] = None
                    whole = goldens.assemble(parts, vocabularies)
                    if special or parts["vocabulary"] == "bytes":
                        model = folder / f"{family}-{size}-{special}"
                        write_folder(model, whole)
                        oracle = Tokenizer.from_str(json.dumps(whole))
                        check(f"HF {family} {size} {'parsed' if special else 'literal'}", model, tokens,
                              lambda s: oracle.encode(s, add_special_tokens=False).ids, special)

        import llama_cpp

        def llama(name, path, tokens):
            model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
            for special in [True, False]:
                check(f"llama.cpp {name} {'parsed' if special else 'literal'}", path, tokens,
                      lambda s: model.tokenize(s.encode(), add_bos=False, special=special), special)

        for pre in PRE_TOKENIZERS:
            for size, vocabularies in [("small", small), ("dense", large)]:
                if wanted(pre):
                    path = folder / f"{pre}-{size}.gguf"
                    goldens.write_gguf(
                        path, pre, vocabularies["bytes"], SPECIAL, prepare=add_least_model)
                    llama(f"{pre} {size}", path, SPECIAL)
        if wanted("spm"):
            goldens.write_gguf(
                folder / "spm.gguf", None, small["pieces"], SPECIAL, prepare=add_least_model)
            llama("spm", folder / "spm.gguf", SPECIAL + ["<s>", "</s>"])
        for path in args.gguf:
            llama(Path(path).stem, path, SPECIAL)
    print(f"{wrong} texts differ" if wrong else "all ids agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
