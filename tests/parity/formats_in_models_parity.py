# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints of every library inside of a model: `forward --sae`, `evaluate`, `index` and `finetune`
against transformers with the library's own SAE hooked in. One of each library and architecture, with
--all each that formats_parity.py knows."""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from comparison import DATA, Comparison, featurescope, figures
from finetune_parity import read_records
from sae_libraries import Maker, load_libraries

WIDTH, FEATURES, CONTEXT, LAYER = 48, 192, 32, 1
MODULE = f"gpt_neox.layers.{LAYER}.mlp.dense_4h_to_h"
STEPS, BATCH, LR = 4, 4, 5e-3
TEXT = "The otters come to the banks of the river in spring, and the frogs in winter. " * 12


def random_model(folder):
    torch.manual_seed(3)
    config = GPTNeoXConfig(vocab_size=50304, hidden_size=WIDTH, num_hidden_layers=3,
                           num_attention_heads=3, intermediate_size=96, rotary_pct=0.25,
                           max_position_embeddings=64, hidden_act="gelu")
    model = GPTNeoXForCausalLM(config).eval()
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            weight.data.normal_(0, 1.0 if "embed_in" in name else 1.5 * weight.shape[1] ** -0.5)
    model.requires_grad_(False)
    model.save_pretrained(folder)
    shutil.copy(DATA / "pythia_tokenizer.json", folder / "tokenizer.json")
    return model


def run(model, ids, replace=None):
    """Logits, and what the site gave before `replace` had its turn."""
    kept = []

    def hook(_module, _inputs, output):
        kept.append(output)
        if replace is not None:
            return replace(output.flatten(0, 1)).reshape(output.shape)

    handle = model.get_submodule(MODULE).register_forward_hook(hook)
    logits = model(ids).logits
    handle.remove()
    return logits, kept[0].flatten(0, 1)


def mean_loss(logits, ids):
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).double(), ids[:, 1:].flatten())


def compare_inserted(table, case, folder, model, ids):
    """The same text through forward, evaluate and index."""
    logits, x = run(model, ids, lambda flat: case.compute(flat)[1])
    features, reconstruction = case.compute(x)
    sae = ("--model", folder / "model", "--sae", case.path, "--layer", LAYER)

    out = folder / "out.safetensors"
    featurescope("forward", *sae, "--ids", folder / "ids.json", "--out", out, "--force", "--quiet")
    table.tensor(case.name, "forward", load_file(out)["logits"], logits)

    text = ("--text", folder / "text.txt", "--context", CONTEXT)
    ours = figures("evaluate", *sae, *text)
    table.number(case.name, "loss", ours["loss"]["sae"], mean_loss(logits, ids).item(), 1e-5)
    error = (x - reconstruction).double().pow(2).sum(1).mean().item()
    table.number(case.name, "recon", ours["recon_loss"], error, 1e-4)
    table.number(case.name, "l0", ours["l0"], (features > 0).double().sum(1).mean().item(), 1e-3)

    index = folder / "index.sqlite"
    featurescope("index", *sae, *text, "--out", index, "--force", "--quiet")
    rows = figures("features", index)["rows"]
    table.tensor(case.name, "index max", torch.tensor([row["max"] for row in rows]), features.amax(0))
    mean = features.double().sum(0) / (features > 0).sum(0).clamp_min(1)
    table.tensor(case.name, "mean", torch.tensor([row["mean_active"] for row in rows]), mean, 1e-3)


def train(case, model, records):
    """Each step's loss, c and d, by torch.optim.AdamW."""
    c = torch.ones(FEATURES, requires_grad=True)
    d = torch.zeros(FEATURES, requires_grad=True)
    optimiser = torch.optim.AdamW([c, d], lr=LR, weight_decay=1e-2)
    losses = []
    for step in range(STEPS):
        batch = [records[(step * BATCH + i) % len(records)][0] for i in range(BATCH)]
        length = max(map(len, batch))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in batch])
        labels = torch.tensor([row + [-100] * (length - len(row)) for row in batch])
        logits, _ = run(model, ids, lambda x: case.decode((case.pre(x) * c + d).relu(), x))
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses, c.detach(), d.detach()


def compare_fine_tuning(table, case, folder, model, records):
    arguments = ("finetune", "--model", folder / "model", "--sae", case.path, "--layer", LAYER, "--text",
                 folder / "questions.jsonl", "--epochs", 1, "--steps-per-epoch", STEPS, "--batch", BATCH,
                 "--lr", LR, "--no-shuffle", "--log-every", 1, "--measure-tokens", 100, "--out",
                 folder / "run", "--force", "--quiet")
    if case.architecture == "gated":
        program = Path(os.environ["FEATURESCOPE_BIN"]) / "featurescope"
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
        refused = done.returncode == 1 and "it is gated" in done.stderr
        table.equal(case.name, "finetune refuses it", refused, True)
        return
    featurescope(*arguments)
    with torch.enable_grad():
        losses, c, d = train(case, model, records)
    with open(folder / "run/metrics.csv") as file:
        ours = [float(row["loss"]) for row in csv.DictReader(file)]
    table.tensor(case.name, "finetune loss", torch.tensor(ours), torch.tensor(losses))
    # A value or a gradient within rounding of 0 sends its feature another way, by a step each time.
    scales = load_file(folder / "run/scales.safetensors")
    for name, expected in (("c", c), ("d", d)):
        near = (scales[name] - expected).abs() < 1e-4
        table.add(case.name, f"{name} {near.float().mean():.0%}", near.float().mean() > 0.97)


def main():
    load_libraries()
    table = Comparison()
    everything = "--all" in sys.argv
    chosen = [name for name in sys.argv[1:] if not name.startswith("--")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = random_model(folder / "model")
        tokenizer = Tokenizer.from_file(str(DATA / "pythia_tokenizer.json"))
        stream = tokenizer.encode(TEXT).ids
        ids = torch.tensor(stream[:len(stream) // CONTEXT * CONTEXT]).reshape(-1, CONTEXT)
        (folder / "text.txt").write_text(TEXT)
        (folder / "ids.json").write_text(str(ids.tolist()))
        lines = (DATA / "arithmetic_1dc.jsonl").read_text().splitlines()[:BATCH * STEPS]
        (folder / "questions.jsonl").write_text("\n".join(lines) + "\n")
        records = read_records(folder / "questions.jsonl")
        seen = set()
        for case in Maker(folder, WIDTH, FEATURES, seed=6).cases():
            kind = (case.format, case.architecture)
            if chosen and case.name not in chosen or not (chosen or everything) and kind in seen:
                continue
            seen.add(kind)
            with torch.no_grad():
                compare_inserted(table, case, folder, model, ids)
            compare_fine_tuning(table, case, folder, model, records)
    table.finish()


if __name__ == "__main__":
    main()
