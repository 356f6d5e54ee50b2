# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps a second of fine-tuning c and d by a plain program of transformers and torch.optim.AdamW with
frozen weights and by ours, side by side in one run: Pythia-70m's shape, layer 4, 512 → 2048,
arithmetic lines, 8 a step. Ours is measured over whole epochs, the first one, which fills the cache,
included; and over one epoch alone.

    tests/parity/setup_python && .deps/python/bin/python tests/parity/finetune_speed.py
    FEATURESCOPE_BIN: where featurescope lies (default: build/release/bin)
    FEATURESCOPE_TEST_DATA: the arithmetic questions and Pythia's tokenizer
"""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("FEATURESCOPE_BIN", str(ROOT / "build/release/bin"))
os.environ.setdefault("FEATURESCOPE_TEST_DATA", str(ROOT.parent / "shared/data"))

from comparison import DATA, decode, figures, pre_activations, random_sae, save_sae  # noqa: E402

LAYER, BATCH, DENSITY, EPOCH, PLAIN_STEPS, ROUNDS = 4, 8, 0.02, 100, 12, 3
NAME = f"gpt_neox.layers.{LAYER}.mlp.dense_4h_to_h"


def make_model(folder):
    torch.manual_seed(1)
    config = GPTNeoXConfig(num_hidden_layers=6, hidden_size=512, num_attention_heads=8,
                           intermediate_size=2048, vocab_size=50304, rotary_pct=0.25,
                           hidden_act="gelu")
    model = GPTNeoXForCausalLM(config).eval().requires_grad_(False)
    model.save_pretrained(folder)
    shutil.copy(DATA / "pythia_tokenizer.json", folder / "tokenizer.json")
    return model


def make_sae(model, ids):
    """Random, with about DENSITY of its features active on these sequences."""
    kept = []
    module = dict(model.named_modules())[NAME]
    handle = module.register_forward_hook(lambda _m, _i, output: kept.append(output))
    for sequence in ids:
        model(torch.tensor([sequence]))
    handle.remove()
    x = torch.cat([value[0] for value in kept])
    sae = random_sae(512, 2048, 3)
    sae["b_dec"] = x.mean(0)
    sae["b_enc"] = torch.zeros(2048)
    sae["b_enc"] = -torch.quantile(pre_activations(sae, x), 1 - DENSITY, dim=0)
    return sae


class Plain:
    """What one would write: everything frozen but c and d, a hook for the SAE."""

    def __init__(self, model, sae, records):
        self.model, self.records, self.step = model, records, 0
        self.c = torch.ones(2048, requires_grad=True)
        self.d = torch.zeros(2048, requires_grad=True)
        self.optimiser = torch.optim.AdamW([self.c, self.d], lr=1e-3, weight_decay=1e-2)
        self.replace = lambda _m, _i, x: decode(
            sae, (pre_activations(sae, x) * self.c + self.d).relu())

    def rate(self, steps):
        module = dict(self.model.named_modules())[NAME]
        handle = module.register_forward_hook(self.replace)
        start = time.perf_counter()
        for _ in range(steps):
            first = self.step * BATCH
            batch = [self.records[(first + i) % len(self.records)] for i in range(BATCH)]
            length = max(map(len, batch))
            ids = torch.tensor([ids + [0] * (length - len(ids)) for ids in batch])
            labels = torch.tensor([ids + [-100] * (length - len(ids)) for ids in batch])
            loss = self.model(ids, labels=labels, use_cache=False).loss
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.step += 1
        handle.remove()
        return steps / (time.perf_counter() - start)


def our_rate(folder, epochs):
    figures("finetune", "--model", folder / "model", "--sae", folder / "sae", "--layer", LAYER,
            "--text", DATA / "arithmetic_1dc.jsonl", "--epochs", epochs, "--steps-per-epoch", EPOCH,
            "--batch", BATCH, "--measure-tokens", 1, "--out", folder / "run", "--force")
    return json.loads((folder / "run/run.json").read_text())["result"]["steps_per_second"]


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = Tokenizer.from_file(str(DATA / "pythia_tokenizer.json"))
    lines = [json.loads(line) for line in open(DATA / "arithmetic_1dc.jsonl", encoding="utf-8")]
    records = [tokenizer.encode(line["context"] + line["completion"]).ids for line in lines]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = make_model(folder / "model")
        sae = make_sae(model, records[:50])
        save_sae(folder / "sae", sae, NAME)
        plain = Plain(model, sae, records)
        plain.rate(2)
        print("steps a second    plain   one epoch   ratio   three epochs   ratio")
        for _ in range(ROUNDS):
            theirs, one, three = plain.rate(PLAIN_STEPS), our_rate(folder, 1), our_rate(folder, 3)
            print(f"{theirs:22.1f}{one:12.1f}{one / theirs:8.2f}{three:15.1f}{three / theirs:8.2f}")


if __name__ == "__main__":
    main()
