# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the references of tests/demo with other people's programs: python-chess and Hugging Face's
tokenizers (pip install chess tokenizers).

usage: make_references.py TRAINING_TEXT…    small texts to train the reference tokenizer on
"""
import json
import pathlib
import random
import sys

import chess
import tokenizers

DATA = pathlib.Path(__file__).parents[1] / "data"

TEXTS = [
    "The river flows through the town of Ashford.",
    "Score: 1-0 White: Berg (2210) Black: Silva (1890) Opening: Ruy Lopez Moves: 1. e4 e5 2. Nf3 Nc6",
    "Question: What is (2 * 7) + 2? Answer: 16\nQuestion: What is (3 - 9) * 4? Answer: -24\n",
    "“Zürich”, café – naïve… Σίσυφος 東京 👩‍🔬 cafe\u0301",
    "  leading   runs\t\tof  space \n\n and lines \r\n",
    "it's we'll THEY'VE I'd don't 12345 ½ ٣",
    "<|endoftext|>between<|padding|><|endoftext|>",
    "",
]


def chess_positions():
    """Positions of random games, and some that ask for every way to tell pieces apart."""
    yield "7k/8/8/3Q1Q2/8/3Q1Q2/8/K7 w - - 0 1"
    yield "k7/8/8/1N3N2/8/1N3N2/8/K7 w - - 0 1"
    yield "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
    yield "8/PPP4k/8/8/8/8/4Kppp/8 b - - 0 1"
    yield "7k/5Q2/6K1/8/8/8/8/8 w - - 0 1"
    yield "4k3/8/8/2pPp3/8/8/8/4K3 w - c6 0 2"
    generator = random.Random(7)
    for _ in range(20):
        board = chess.Board()
        for _ in range(generator.randrange(4, 120)):
            moves = list(board.legal_moves)
            if not moves:
                break
            board.push(generator.choice(moves))
        yield board.fen(en_passant="fen")


def write_chess():
    cases = []
    for fen in chess_positions():
        board = chess.Board(fen)
        cases.append({"fen": fen, "moves": sorted(board.san(move) for move in board.legal_moves)})
    lines = ",\n".join(json.dumps(case) for case in cases)
    (DATA / "chess_notation.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def write_tokenizer(training):
    """What Hugging Face's own trainer makes of the texts, and the ids it then gives TEXTS."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.normalizer = tokenizers.normalizers.NFC()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    # Bytes that UTF-8 never holds get no symbol.
    never = {"À", "Á"} | set("õö÷øùúûüýþÿ")
    alphabet = [s for s in tokenizers.pre_tokenizers.ByteLevel.alphabet() if s not in never]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<|endoftext|>", "<|padding|>"], initial_alphabet=alphabet,
        show_progress=False)
    tokenizer.train_from_iterator(training, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    ids = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
    reference = {"training": training, "vocab": model["vocab"], "merges": merges, "encoded": ids}
    (DATA / "demo_bpe.json").write_text(json.dumps(reference, indent=1) + "\n", encoding="utf-8")


def write_shipped_ids():
    """The ids that Hugging Face's tokenizers gives with the tokenizer of resources/demo."""
    demo = DATA.parents[1] / "resources" / "demo"
    tokenizer = tokenizers.Tokenizer.from_file(str(demo / "model" / "tokenizer.json"))
    with open(demo / "texts" / "heldout.jsonl", encoding="utf-8") as lines:
        texts = TEXTS + [json.loads(next(lines))["text"] for _ in range(8)]
    cases = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    lines = ",\n".join(json.dumps(case) for case in cases)
    (DATA / "demo_ids.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write_chess()
    write_shipped_ids()
    if sys.argv[1:]:
        write_tokenizer([pathlib.Path(p).read_text(encoding="utf-8") for p in sys.argv[1:]])
