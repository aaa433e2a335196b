#!/usr/bin/env python3
"""Writes the tokenizer's two Unicode tables from the behaviour of the reference tokenizers.

A pre-tokenizer agrees with its reference only if it agrees on what a letter is, and the references do
not use one Unicode version: llama.cpp has its own tables (Unicode 15), HuggingFace tokenizers matches
patterns with Oniguruma (16) and digits with Rust's standard library (17), and normalises with tables of
Unicode 9. So every scalar is asked of the references themselves, and what they answer is packed into

    Sources/Tokenization/UnicodeClassTable.swift
    Sources/Tokenization/CanonicalCompositionTable.swift

Packed numbers are base 32, least significant digit first, one character a digit; a digit of 32...63
says that another follows.

Needs: tokenizers, llama-cpp-python.  Run: python scripts/unicode_tables.py
"""

import ctypes
import glob
import os
import textwrap
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

ROOT = Path(__file__).resolve().parent.parent
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
CLASSES = [
    "other", "word", "upper", "lower", "letter", "mark", "number", "digit", "space", "punctuation",
    "connector",
]


def packed(numbers):
    text = []
    for number in numbers:
        while number >= 32:
            text.append(DIGITS[32 + number % 32])
            number //= 32
        text.append(DIGITS[number])
    return "".join(text)


def surviving(pre_tokenizer):
    """Scalars that a pre-tokenizer which removes its matches leaves over."""
    left = set()
    for start in range(0, len(SCALARS), 50_000):
        text = "".join(map(chr, SCALARS[start : start + 50_000]))
        for piece, _ in pre_tokenizer.pre_tokenize_str(text):
            left.update(map(ord, piece))
    return left


def oniguruma(pattern):
    matcher = pre_tokenizers.Split(Regex(f"(?:{pattern})+"), "removed")
    return set(SCALARS) - surviving(matcher)


def rust_numeric():
    digits = pre_tokenizers.Digits(individual_digits=False)
    found = set()
    for start in range(0, len(SCALARS), 50_000):
        text = "".join(map(chr, SCALARS[start : start + 50_000]))
        for piece, _ in digits.pre_tokenize_str(text):
            if len(digits.pre_tokenize_str("a" + piece[0])) == 2:
                found.update(map(ord, piece))
    return found


def rust_word():
    r"""Scalars that Rust's \w takes: a token that must stand alone is not found beside them."""
    tokenizer = Tokenizer(models.BPE(vocab={"\x01": 0}, merges=[]))
    tokenizer.add_tokens([AddedToken("\x00\x00", single_word=True, normalized=False)])
    return {c for c in SCALARS if not tokenizer.encode("\x00\x00" + chr(c)).ids}


def llama_flags():
    import importlib.util

    folder = os.path.join(os.path.dirname(importlib.util.find_spec("llama_cpp").origin), "lib")
    for name in ["libggml-base.so", "libggml-cpu.so", "libggml.so"]:
        for path in glob.glob(os.path.join(folder, name)):
            ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(os.path.join(folder, "libllama.so"), mode=ctypes.RTLD_GLOBAL)
    function = library._Z26unicode_cpt_flags_from_cptj
    function.restype, function.argtypes = ctypes.c_uint16, [ctypes.c_uint32]
    return {c: function(c) for c in SCALARS}


def class_codes():
    """One code a scalar: edition x 11 + class."""
    category = {name: oniguruma(r"\p{%s}" % name) for name in ["Lu", "Lt", "Ll", "L", "M", "N", "P"]}
    space, word, numeric = oniguruma(r"\s"), rust_word(), rust_numeric()
    llama = llama_flags()
    bit = {"number": 2, "letter": 4, "mark": 16, "punctuation": 32, "space": 256}

    codes = [0] * 0x110000
    for scalar in SCALARS:
        kind = None
        if scalar in space:
            name, kind = "space", "space"
        elif scalar in category["L"]:
            assert scalar in word
            kind = "letter"
            name = "lower" if scalar in category["Ll"] else "letter"
            if scalar in category["Lu"] or scalar in category["Lt"]:
                name = "upper"
        elif scalar in category["M"]:
            assert scalar in word
            name, kind = "mark", "mark"
        elif scalar in category["N"]:
            name, kind = ("digit" if scalar in word else "number"), "number"
        elif scalar in category["P"]:
            name, kind = ("connector" if scalar in word else "punctuation"), "punctuation"
        else:
            name = "word" if scalar in word else "other"
        edition = 0
        if kind:
            assert (scalar in numeric) == (kind == "number")
            known = llama[scalar] & bit[kind]
            edition = 0 if known else 1
            others = sum(b for k, b in bit.items() if k != kind)
            # llama.cpp's flags may add a separator or symbol bit, never another of these kinds
            assert not llama[scalar] & others, hex(scalar)
        elif scalar in numeric:
            name, edition = "number", 2
        else:
            assert not llama[scalar] & sum(bit.values()), hex(scalar)
        codes[scalar] = edition * len(CLASSES) + CLASSES.index(name)
    return codes


def runs(codes):
    numbers, start = [], 0
    for scalar in range(1, len(codes) + 1):
        if scalar == len(codes) or codes[scalar] != codes[start]:
            numbers.append((scalar - start - 1) * 33 + codes[start])
            start = scalar
    return numbers


def composition():
    """Runs of combining classes, then every decomposition, as the reference normaliser has them."""
    compose, decompose = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str

    def is_known(scalar):
        """Whether the reference reorders this combining mark; those newer than its tables stay put."""
        rank = unicodedata.combining(chr(scalar))
        if rank < 2:
            return rank == 1 and decompose("a\u0345" + chr(scalar))[1] == chr(scalar)
        return decompose("a" + chr(scalar) + "\u0334")[1] == "\u0334"

    ranks = [
        unicodedata.combining(chr(c)) if unicodedata.combining(chr(c)) and is_known(c) else 0
        for c in range(0x110000)
    ]
    for scalar in SCALARS:  # nothing that Python holds for a starter is reordered by the reference
        if not unicodedata.combining(chr(scalar)) and decompose(chr(scalar)) == chr(scalar):
            assert decompose("a\u0345" + chr(scalar)) == "a\u0345" + chr(scalar), hex(scalar)

    numbers, start = [], 0
    for scalar in range(1, 0x110001):
        if scalar == 0x110000 or ranks[scalar] != ranks[start]:
            numbers += [scalar - start, ranks[start]]
            start = scalar

    pairs, previous = [], 0
    for scalar in SCALARS:
        if 0xAC00 <= scalar <= 0xD7A3 or decompose(chr(scalar)) == chr(scalar):
            continue
        parts = [int(p, 16) for p in unicodedata.decomposition(chr(scalar)).split()]
        assert 1 <= len(parts) <= 2
        composes = compose(decompose(chr(scalar))) == chr(scalar)
        assert not composes or len(parts) == 2
        pairs += [(scalar - previous) * 2 + composes, parts[0], parts[1] if len(parts) == 2 else 0]
        previous = scalar
    return [len(numbers) // 2] + numbers + [len(pairs) // 3] + pairs


def write(name, summary, numbers):
    lines = textwrap.wrap(packed(numbers), 96)
    body = "\\\n".join("    " + line for line in lines)
    path = ROOT / "Sources/Tokenization" / f"{name}.swift"
    path.write_text(
        f"// Written by scripts/unicode_tables.py (tokenizers {tokenizers.__version__}); do not edit.\n\n"
        + "".join(f"/// {line}\n" if line else "///\n" for line in summary)
        + f'enum {name} {{\n  static let packed = """\n{body}\n    """\n}}\n'
    )
    print(path, len(lines), "lines")


if __name__ == "__main__":
    write(
        "UnicodeClassTable",
        [
            "The class of every Unicode scalar, as runs.",
            "",
            "A run is `(length - 1) × 33 + edition × 11 + class`; `UnicodeClass` has the classes,",
            "`UnicodeEdition` the editions.",
        ],
        runs(class_codes()),
    )
    write(
        "CanonicalCompositionTable",
        [
            "Combining classes and canonical decompositions of Unicode 9, which the reference uses.",
            "",
            "A count and that many runs of `length, combining class`; then a count and that many",
            "decompositions: `(distance from the last) × 2 + (1 if it composes)`, first, second or 0.",
        ],
        composition(),
    )
