"""A byte-level BPE tokenizer of 272 tokens: 256 bytes, 12 merges, 4 special tokens."""

import json
import os

from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors)

SPECIAL = ["<|bos|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = [
    ("h", "e"), ("Ġ", "t"), ("i", "n"), ("Ġ", "a"), ("e", "r"), ("o", "n"), ("Ġt", "he"),
    ("r", "e"), ("l", "l"), ("Ġ", "w"), ("in", "g"), ("Ã", "©"),
]
BOS, EOS, TURN_START, TURN_END = 268, 269, 270, 271
VOCABULARY_SIZE = 272

# How Qwen2 and Qwen3 cut text; the llama-like models cut as GPT-2 does.
QWEN_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+")

# ChatML with a system text of the template's own, and every Jinja feature kept simple.
CHAT_TEMPLATE = """\
{%- for message in messages -%}
{%- if loop.first -%}
{{ BOS }}{%- if message['role'] != 'system' -%}
{{ '<|im_start|>system\\nYou are a tiny model.<|im_end|>\\n' }}
{%- endif -%}
{%- endif -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}
"""


def byte_characters():
    """The GPT-2 byte alphabet in byte order: printable bytes stand for themselves."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    other = iter(range(0x100, 0x200))
    return [chr(byte) if byte in plain else chr(next(other)) for byte in range(256)]


def tokens():
    """All token strings by id."""
    return byte_characters() + [a + b for a, b in MERGES] + SPECIAL


def chat_template(adds_bos):
    return CHAT_TEMPLATE.replace("{{ BOS }}", "{{ bos_token }}\n" if adds_bos else "")


def build(adds_bos):
    """Llama-like (adds BOS) or qwen-like (does not)."""
    vocabulary = {token: index for index, token in enumerate(tokens()) if token not in SPECIAL}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=MERGES))
    if adds_bos:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(QWEN_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    if adds_bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|bos|> $A", pair="<|bos|> $A <|bos|> $B", special_tokens=[("<|bos|>", BOS)])
    assert tokenizer.get_vocab_size() == VOCABULARY_SIZE
    assert [tokenizer.token_to_id(token) for token in SPECIAL] == [BOS, EOS, TURN_START, TURN_END]
    return tokenizer


def save(folder, adds_bos):
    """Writes tokenizer.json and tokenizer_config.json."""
    build(adds_bos).save(os.path.join(folder, "tokenizer.json"), pretty=False)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": adds_bos,
        "add_eos_token": False,
        "bos_token": "<|bos|>" if adds_bos else None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": 128,
        "clean_up_tokenization_spaces": False,
        "chat_template": chat_template(adds_bos),
        "added_tokens_decoder": {
            str(BOS + n): {
                "content": token, "lstrip": False, "normalized": False, "rstrip": False,
                "single_word": False, "special": True,
            }
            for n, token in enumerate(SPECIAL)
        },
    }
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2, ensure_ascii=False)
        file.write("\n")
