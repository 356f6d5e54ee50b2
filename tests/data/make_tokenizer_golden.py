#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tokenizer tests' golden data with Hugging Face's `tokenizers` (pip install tokenizers).

    make_tokenizer_golden.py SHARED_DATA

SHARED_DATA holds pythia_tokenizer.json and wikitext2_valid.txt. Writes beside this script:
tiny_tokenizer.json   a small tokenizer of the same form, trained here on sentences of our own
tokenizer_golden.json ids of difficult texts, by the Pythia tokenizer and by the tiny one
character_classes.json the class of every code point in the pre-tokenizer's pattern
"""
import hashlib
import json
import pathlib
import struct
import sys
import unicodedata

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent

SENTENCES = [
    "The small bird sings in the morning, and the old tree listens.",
    "Question: What is (2 * 7) + 2? Answer: 16",
    "She doesn't know that they've gone; we'll tell her, and I'm sure he'd come.",
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 Score: 0.3",
    "Über den Wolken — café, naïve, façade, señor, smörgåsbord.",
    "Привет, мир! 日本語のテスト。 שלום עולם. 👋🏽",
    "    if (x == 1) {\n        return y;\n    }",
]

TEXTS = {
    "nothing": "",
    "words": "Hello world, this is a test.",
    "two spaces": "a  b",
    "runs of spaces": "".join("x" + " " * n for n in range(1, 52)) + "x",
    "leading and trailing spaces": "   a   ",
    "spaces only": " " * 100,
    "tabs and spaces": "\ta\t\tb \t c\t ",
    "line ends": "a\nb\n\nc\r\nd\r\n\r\ne\n \n f\n",
    "vertical tab and form feed": "a\x0bb\x0c\x0cc",
    "information separators are no spaces": "a\x1cb\x1d \x1ec\x1f\x1f",
    "contractions": "I'm you're he's we'll they'd I've don't 'S 'LL ''s '''t !'s it's's",
    "contraction at the end": "they'",
    "digits": "12345 1 23 a1b2 3.14 1,000",
    "unicode digits": "٣٤٥ १२३ Ⅷ ½ ² ①",
    "unicode spaces": "a\u00a0b\u2003c\u3000d\u2028e\u2029f\u1680g\u202fh\u205fi \u00a0 j\u0085k",
    "spaces that are none": "a\u180eb\u200bc\u2060d\ufeffe",
    "composed and decomposed": "é e\u0301 ñ n\u0303 Å \u212b \u2126 ü u\u0308",
    "order of marks": "a\u0315\u0300\u05ae\u0062 q\u0307\u0323 q\u0323\u0307 \u1e0b\u0323",
    "marks without a base": "\u0301\u0301 \u0327",
    "compositions that are excluded": "\u0958 \u2adc \ufb1d \u0344 \u0f73",
    "vowel signs": "\u09c7\u09be \u0b47\u0b56 \u0bc6\u0bd7 \u1025\u102e",
    "hangul": "한국어 \u1112\u1161\u11ab \u1100\u1161 가\u11a8 \u1161\u11a8",
    "special tokens": "a<|endoftext|>b <|endoftext|> c<|padding|><|padding|>",
    "almost special tokens": "<|endoftext|<|endoftext|>> <|endoftex <|ENDOFTEXT|> <|padding",
    "spaces around special tokens": "a <|endoftext|>  b   <|endoftext|>\n\n<|endoftext|> ",
    "a mark after a special token": "<|endoftext|>\u0301a",
    "added tokens of the tiny tokenizer": "a<mark>b ñu n\u0303u nu <mark><mar <mark>",
    "look-ahead stops at a piece": "a \n <|endoftext|>b\n  c \t  d",
    "emoji": "👨‍👩‍👧‍👦 🇩🇪 👋🏽 ❤️ 🏳️‍🌈",
    "chinese and japanese": "你好，世界。これはテストです。ｱｲｳ",
    "cyrillic": "Привет, мир! й и\u0306 ё е\u0308",
    "right to left": "שלום עולם مرحبا بالعالم \u202eabc\u202c",
    "thai and devanagari": "สวัสดีครับ नमस्ते",
    "symbols of bytes": "Ġthe Ċ Ń ĠĠ",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f",
    "a nul byte": "a\0b",
    "byte order mark": "\ufefftext",
    "code": "    for (int i = 0; i < 10; ++i) {\n\t\tx[i] += 2;\n    }\n\n\n",
    "punctuation": "\"Wait...\" -- (he said) [sic] {x} $5.00 50% #1 @a a_b a/b\\c ~`^",
    "private use and unassigned": "\ue000 \U000f0000 \U0010ffff \ufffe",
    "mathematical letters": "𝒜𝓑 𝟘𝟙 ℵ ∑∫",
}

BYTES = {
    "stray bytes": b"a\xffb\xfe \x80 c\xbf",
    "overlong forms": b"\xc0\x80 \xc1\xbf \xe0\x80\x80 \xf0\x80\x80\x80",
    "surrogates": b"\xed\xa0\x80 \xed\xbf\xbf",
    "beyond unicode": b"\xf4\x90\x80\x80 \xf5\x80\x80\x80 \xf8\x88\x80\x80\x80",
    "cut characters": b"\xe2\x82 \xf0\x9f\x98 \xc3 \xe2\x82",
    "maximal subparts": b"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
    "latin-1": "café crème".encode("latin-1"),
    "utf-16": "hi".encode("utf-16"),
}


def random_letters(count):
    """Letters from a linear congruential generator that the tests repeat."""
    state, letters = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        letters.append("abcdefghijklmnopqrstuvwxyz"[(state >> 33) % 26])
    return "".join(letters)


def summary(ids):
    packed = b"".join(struct.pack("<i", i) for i in ids)
    return {"count": len(ids), "sha256": "sha256:" + hashlib.sha256(packed).hexdigest()}


def train_tiny():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    tokenizer.add_tokens([AddedToken(" " * n, normalized=True) for n in range(4, 1, -1)])
    tokenizer.add_tokens([AddedToken("<mark>", normalized=False), AddedToken("ñu", normalized=True)])
    return tokenizer


def golden_of(tokenizer, cases):
    return {name: tokenizer.encode(data.decode("utf-8", "replace")).ids for name, data in cases.items()}


def generated(tokenizer):
    return {
        "one letter": summary(tokenizer.encode("a" * 100_000).ids),
        "random letters": summary(tokenizer.encode(random_letters(100_000)).ids),
        "spaces": summary(tokenizer.encode(" " * 1_000_000).ids),
    }


def corpus(tokenizer, path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    by_line = [i for line in lines for i in tokenizer.encode(line).ids]
    return {"whole": summary(tokenizer.encode(text).ids), "lines": summary(by_line)}


def character_classes():
    """[first code point, class] of every run of one class: L \\p{L}, N \\p{N}, S \\s, O others."""
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def joins(companion, character):
        return len(words.pre_tokenize_str(companion + character)) == 1

    runs = []
    for code_point in range(0x110000):
        if 0xD800 <= code_point < 0xE000:
            continue
        character = chr(code_point)
        name = next((k for k, c in (("L", "a"), ("N", "1"), ("O", "!")) if joins(c, character)), "S")
        if not runs or runs[-1][1] != name:
            runs.append([code_point, name])
    return runs


def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main():
    shared = pathlib.Path(sys.argv[1])
    pythia = Tokenizer.from_file(str(shared / "pythia_tokenizer.json"))
    tiny = train_tiny()
    (HERE / "tiny_tokenizer.json").write_text(tiny.to_str(pretty=False) + "\n")

    cases = {name: text.encode() for name, text in TEXTS.items()} | BYTES
    for text in TEXTS.values():  # where its old tables are wrong it is no reference
        assert pythia.normalizer.normalize_str(text) == unicodedata.normalize("NFC", text), text
    write("tokenizer_golden.json", {
        "cases": {name: data.hex() for name, data in cases.items()},
        "pythia": golden_of(pythia, cases),
        "tiny": golden_of(tiny, cases),
        "pythia_generated": generated(pythia),
        "tiny_generated": generated(tiny),
        "pythia_wikitext2": corpus(pythia, shared / "wikitext2_valid.txt"),
    })
    write("character_classes.json", character_classes())


if __name__ == "__main__":
    main()
