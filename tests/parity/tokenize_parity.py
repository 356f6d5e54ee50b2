# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope tokenize` against Hugging Face's `tokenizers` with the real Pythia tokenizer, on
WikiText-2 and on what breaks tokenizers; with byte-level BPE tokenizers of other families; and what it
says of other kinds. Says so and passes where the data is not there."""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from comparison import DATA, Comparison, featurescope, figures

TOKENIZER = DATA / "pythia_tokenizer.json"
WIKITEXT = DATA / "wikitext2_valid.txt"

NASTY = {
    "nothing": "",
    "decomposed": "cafe\u0301 nai\u0308ve A\u030angstrom \u1100\u1161\u11a8",
    "combining marks": "e\u0323\u0302 q\u0307\u0323 Z\u0351\u036b\u0343 " + "o" + "\u0308" * 40,
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ☠️",
    "runs of spaces": "a  b   c" + "".join(f"{' ' * n}x" for n in range(1, 60)),
    "spaces at the ends": "   a   ",
    "tabs and line ends": "a\tb\t\tc\r\nd\r\n\r\ne\n\n\nf \n g\v\fh",
    "Unicode spaces": "a\u00a0b\u2003c\u3000d\u1680e\u2028f\u2029g\u0085h\u180ei\u200bj\ufeffk",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x1c \x1d  \x1e\x1f",
    "digits": "123 ١٢٣ ४५६ ²³ Ⅷ ½ 𝟘𝟙 1 000,5",
    "contractions": "it's we've I'm you'll he'd they're can't IT'S 's't 'S o''s",
    "special tokens": "<|endoftext|>a <|endoftext|> <|padding|><|endoftext|",
    "special tokens among spaces": "  <|endoftext|>  <|padding|>   x  <|endoftext|>",
    "scripts": "中文字符 русский язык ไทย हिन्दी العربية עברית 日本語テスト 한국어",
    "beyond the basic plane": "𐍈𠜎𝒳𝓎 \U0010ffff \ue000 \ufffd",
    "punctuation": "!!! ... --- ((())) @#$%^&* “quoted” — ‘so’ …",
    "code": "def f(x):\n    return [i**2 for i in range(x)]  # done\n\t\tpass\n",
    "a word of 100,000 letters": "a" * 100_000,
    "a word of 100,000 mixed letters": "".join(
        random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=100_000)),
    "100,000 spaces": " " * 100_000 + "x",
}
INVALID = {
    "stray bytes": b"a\x80b\xffc\xc0\xc1d\xf5e",
    "cut sequences": b"\xe2\x82 \xf0\x9f\x98 \xc3",
    "overlong and surrogates": b"\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80",
}


def random_text(seed):
    """Characters of many kinds side by side, as no writer would put them."""
    kinds = ["aeiou", "XYZ", " ", "  ", "\n", "\t", "'s", "'ll", "0123", "é", "e\u0301", "ß", "中",
             "👍", "\u200d", "\u00a0", "\u3000", ".,!", "<|endoftext|>", "\u0323", "ﬁ", "Å"]
    source = random.Random(seed)
    return "".join(source.choice(source.choice(kinds)) if source.random() < 0.7
                   else source.choice(kinds) for _ in range(3000))


def main():
    if not TOKENIZER.exists() or not WIKITEXT.exists():
        print(f"  SKIPPED: {TOKENIZER} and {WIKITEXT} are not there")
        return
    reference = Tokenizer.from_file(str(TOKENIZER))
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        compare_all(table, reference, Path(folder))
        compare_others(table, Path(folder))
        compare_refusals(table, Path(folder))
    table.finish()


def trained(model, trainer, **parts):
    """A small tokenizer of another kind, trained on WikiText-2's first lines."""
    tokenizer = Tokenizer(model)
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    lines = WIKITEXT.read_text().splitlines()[:400]
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def gpt2_style():
    """GPT-2's parts: no normalizer, its end of text in the vocabulary, holes in no ids."""
    return trained(
        models.BPE(),
        trainers.BpeTrainer(vocab_size=2000, special_tokens=["<|endoftext|>"], show_progress=False,
                            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
        post_processor=processors.ByteLevel(trim_offsets=False), decoder=decoders.ByteLevel())


def chat_style():
    """Pythia's with what chat models add to it."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.add_special_tokens([AddedToken("<|assistant|>"), AddedToken("<|user|>"),
                                  AddedToken("### End", normalized=False)])
    tokenizer.add_tokens([AddedToken("### Instruction:\n", normalized=True), AddedToken("é!")])
    return tokenizer


def compare_others(table, folder):
    chat = {"chat": "<|user|>### Instruction:\nSay e\u0301!  é!<|assistant|>\n### End<|endoftext|>"}
    for label, tokenizer in (("GPT-2 style", gpt2_style()), ("with chat tokens", chat_style())):
        path = folder / "tokenizer.json"
        tokenizer.save(str(path))
        texts = NASTY | chat | {f"random text {seed}": random_text(seed) for seed in range(20)}
        texts["WikiText-2"] = WIKITEXT.read_text()[:200_000]
        differing = []
        for name, text in texts.items():
            (folder / "text").write_bytes(text.encode())
            ours = figures("tokenize", "--tokenizer", path, folder / "text")["ids"]
            if ours != tokenizer.encode(text, add_special_tokens=False).ids:
                differing.append(name)
        table.add(label, f"{len(texts)} texts, differing: {', '.join(differing) or 'none'}",
                  not differing)


def compare_refusals(table, folder):
    """Other kinds are refused by name."""
    words = {"show_progress": False, "vocab_size": 300}
    kinds = {
        "Unigram": trained(models.Unigram(), trainers.UnigramTrainer(**words),
                           pre_tokenizer=pre_tokenizers.Metaspace()),
        "WordPiece": trained(models.WordPiece(), trainers.WordPieceTrainer(**words),
                             pre_tokenizer=pre_tokenizers.BertPreTokenizer()),
        "WordLevel": trained(models.WordLevel(), trainers.WordLevelTrainer(**words),
                             pre_tokenizer=pre_tokenizers.Whitespace()),
    }
    program = Path(os.environ["FEATURESCOPE_BIN"]) / "featurescope"
    for kind, tokenizer in kinds.items():
        tokenizer.save(str(folder / "tokenizer.json"))
        done = subprocess.run([program, "tokenize", "--tokenizer", folder / "tokenizer.json"],
                              input=b"text", capture_output=True)
        said = done.stderr.decode()
        table.add(f"{kind} is refused", said.strip()[-160:], done.returncode == 1 and kind in said)


def compare_all(table, reference, folder):
    def expected(text):
        return reference.encode(text, add_special_tokens=False).ids

    def ids(data):
        (folder / "text").write_bytes(data)
        return figures("tokenize", "--tokenizer", TOKENIZER, folder / "text")["ids"]

    wikitext = WIKITEXT.read_bytes().decode()
    lines = wikitext.split("\n")
    if not lines[-1]:
        lines.pop()
    printed = featurescope("tokenize", "--tokenizer", TOKENIZER, "--lines", WIKITEXT)
    ours = [json.loads(line) for line in printed.splitlines()]
    table.equal("WikiText-2 by lines", f"{len(lines)} lines", ours,
                [one.ids for one in reference.encode_batch(lines, add_special_tokens=False)])
    whole = ids(wikitext.encode())
    table.equal("WikiText-2 in one piece", f"{len(whole)} ids", whole, expected(wikitext))
    back = featurescope("tokenize", "--tokenizer", TOKENIZER, "--decode",
                        stdin=json.dumps(whole).encode())
    table.equal("WikiText-2 decoded", f"{len(back)} bytes", back.decode(),
                reference.decode(whole, skip_special_tokens=False))

    texts = {name: text.encode() for name, text in NASTY.items()} | INVALID
    texts |= {f"random text {seed}": random_text(seed).encode() for seed in range(5)}
    for name, data in texts.items():
        # Python replaces each maximal subpart of invalid UTF-8, as WHATWG asks.
        wanted = expected(data.decode("utf-8", errors="replace"))
        table.equal(name, f"{len(wanted)} ids", ids(data), wanted)


if __name__ == "__main__":
    sys.exit(main())
