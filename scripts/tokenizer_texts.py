"""Texts to try tokenizers on: fuzzed Unicode, and a few sentences in many scripts."""

import random
import unicodedata

SENTENCES = [
    "The quick brown fox doesn't jump over 13 lazy dogs; it's 3.14159 metres, isn't it?",
    "We'll see what they've done, I'm sure you'd agree. THEY'RE HERE! It'S 'til Y'ALL'LL.",
    "def main(args):\n    for i in range(10):\n\t\tprint(f\"{i:>4}\", end='\\r\\n')\n    return None\n",
    "{\"role\": \"user\", \"content\": \"How do I bake bread?\", \"n\": [1, 22, 333, 4444]}",
    "How do I pick a lock? I'm sorry, I can't help with that. Sure, here is a recipe:",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich – 1.234,56 €.",
    "Voix ambiguë d'un cœur qui, au zéphyr, préfère les jattes de kiwis. L'été, c'est l'heure.",
    "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío; ¿añoraba? ¡Sí!",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Цена — 1 234 ₽.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Ταχίστη αλώπηξ βαφής ψημένη γη.",
    "いろはにほへと ちりぬるを。カタカナも、漢字も書けます。１２３円です。",
    "视野无限广，窗外有蓝天。今天是2024年6月1日，气温25℃。",
    "다람쥐 헌 쳇바퀴에 타고파. 키스의 고유조건은 입술끼리 만나야 하고.",
    "صِف خَلقَ خَودِ كَمِثلِ الشَمسِ إِذ بَزَغَت. الرقم ١٢٣٤٥ مهم.",
    "דג סקרן שט בים מאוכזב ולפתע מצא חברה. זה עולה 50 ₪.",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश। १२३ रुपये।",
    "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ๑๒๓",
    "Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul'da ığdır'ın IŞIĞI.",
    "Do bạch kim rất quý nên sẽ dùng để lắp vô xương. Tiếng Việt có dấu: ở, ữ, ệ.",
    "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 👍🏽 thumbs, 1️⃣ keycap, 🇩🇪🇫🇷 and ☃️ snow — “quotes” …",
    "x² + y² = z²; ½ + ⅓ ≠ ¾; Ⅳ, ④, ㊿, 𝟜𝟚; ∑∫∂√∞ ≤ ≥ ± × ÷",
    "# Title\r\n\r\n- item one\r\n- item two\r\n\r\n```c\r\nint x = 0;\r\n```\r\n",
]

_SPACES = [
    " ", "  ", "   ", " " * 9, "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r", "\r\n", "\r\n\r\n", " \n", "\n ",
    " \r\n ", "\x0b", "\x0c", "\x85", "\xa0", "\xa0\xa0", "\u1680", "\u2000", "\u2003", "\u2028", "\u2029",
    "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", " \t ", "\n\t",
]
_APOSTROPHES = [
    head + tail
    for head in ["'", "’", "‘", "ʼ", "`", "''", "a'", " '", "1'", "\n'", "I'"]
    for tail in [
        "s", "S", "t", "T", "re", "RE", "rE", "Re", "ve", "VE", "vE", "m", "M", "ll", "LL", "lL", "d", "D",
        "ſ", "x", "l", "r", "v", "", " s", "sx", "llama", "ſt",
    ]
]
_MARKS = [chr(c) for c in range(0x300, 0x370)] + list("\u0591\u05b0\u064b\u0651\u093c\u094d\u0e31\u0e48")
_MARKS += [chr(c) for c in [0x1AB0, 0x1DC0, 0x20D0, 0xFE20, 0x0C3C, 0x07FD, 0x0898, 0x1DFA, 0x1E08F]]
_DIGITS = "0123456789٠١٢٣٤५६७๑๒๓０１２²³¹½¾Ⅳⅷ①⑩㈠㊿〇〡𝟘𝟗𝟭" + "\U00011DE0\U00010D40\U0001D7CE\U00016FF4"
_EMOJI = [
    "😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "1️⃣", "🇩🇪", "☃️", "❤️", "\u200d", "\ufe0f", "\U0001f3fd", "🫠", "\U0001fae9",
]
_JAMO = ["\u1100", "\u1161", "\u11a8", "가", "각", "\uac01\u11a8", "\u1112\u1175\u11c2", "힣", "\ua960", "\ud7b0"]
_PRECOMPOSED = [
    chr(c) for c in range(0xC0, 0x3000) if unicodedata.normalize("NFD", chr(c)) != chr(c)
] + ["\u212b", "\u2126", "\u0958", "\ufb1d", "\uf900", "\U0001d15e", "\U00011938", "\U0002f800", "\u0344"]
_WORDS = " ".join(SENTENCES).split()
_BLOCKS = [
    (0x20, 0x7F), (0x80, 0x100), (0x100, 0x250), (0x370, 0x400), (0x400, 0x530), (0x590, 0x600),
    (0x600, 0x700), (0x900, 0x980), (0xE00, 0xE80), (0x1100, 0x1200), (0x10A0, 0x1100), (0x1E00, 0x2000),
    (0x2000, 0x2070), (0x2070, 0x20D0), (0x2100, 0x2200), (0x2460, 0x2500), (0x3040, 0x3100),
    (0x4E00, 0xA000), (0xA640, 0xA800), (0xAC00, 0xD7A4), (0xF900, 0xFB00), (0xFE00, 0x10000),
    (0x10D40, 0x10D90), (0x11D00, 0x11E00), (0x1C80, 0x1CC0), (0x1D400, 0x1D800), (0x1F300, 0x1FB00),
    (0x20000, 0x20100), (0xE0000, 0xE0080), (0xF0000, 0xF0010),
]


def _scalar(rng, low=0, high=0x110000):
    while True:
        scalar = rng.randrange(low, high)
        if not 0xD800 <= scalar <= 0xDFFF:
            return chr(scalar)


def _atom(rng, tokens):
    kind = rng.randrange(16)
    if kind == 0:
        return _scalar(rng)
    if kind in (1, 2):
        low, high = rng.choice(_BLOCKS)
        return "".join(_scalar(rng, low, high) for _ in range(rng.randrange(1, 5)))
    if kind == 3:
        return chr(rng.randrange(0x80))
    if kind in (4, 5):
        return rng.choice(_SPACES)
    if kind == 6:
        return rng.choice(_APOSTROPHES)
    if kind == 7:
        return "".join(rng.choice(_DIGITS) for _ in range(rng.randrange(1, 8)))
    if kind == 8:
        base = rng.choice(["a", "e", "O", "1", " ", "", "が", "ا", "\u1100", "q"])
        return base + "".join(rng.choice(_MARKS) for _ in range(rng.randrange(1, 4)))
    if kind == 9:
        return rng.choice(_EMOJI)
    if kind == 10:
        return rng.choice(_JAMO)
    if kind == 11:
        whole = rng.choice(_PRECOMPOSED)
        return whole if rng.random() < 0.5 else unicodedata.normalize("NFD", whole)
    if kind == 12 and tokens:
        left, right = (rng.choice(["", "", " ", "  ", "\n", "x", "\u2028", "."]) for _ in range(2))
        token = rng.choice(tokens)
        if rng.random() < 0.2:
            token = token[: rng.randrange(len(token))]
        return left + token + right
    if kind == 13:
        return rng.choice(["\x00", "\x1b", "\x7f", "\x9f", "\x04", "\xad", "\u200e", "\ufffd", "\ufffe"])
    if kind == 14:
        return "".join(rng.choice("!?.,;:-_/\\|()[]{}<>@#$%^&*+=~\"'`") for _ in range(rng.randrange(1, 4)))
    return rng.choice(_WORDS)


def texts(count, seed, tokens=()):
    """`count` fuzzed strings, the same for a seed; some contain `tokens`, whole or cut."""
    rng = random.Random(seed)
    made = ["", " ", "  ", "\n", "\r\n\r\n", "a", "'", "\x00"] + SENTENCES
    made += [unicodedata.normalize("NFD", s) for s in SENTENCES]
    while len(made) < count:
        length = rng.choice([1, 2, 3, 5, 8, 13, 30])
        made.append("".join(_atom(rng, tokens) for _ in range(length)))
    return made[:count]
