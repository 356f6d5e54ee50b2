# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope finetune` against a program of transformers and torch.optim.AdamW that follows it
step for step: the loss of each step, c and d at the end, and the losses before and after."""

import csv
import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from comparison import (DATA, Comparison, decode, figures, pre_activations, random_sae, save_sae)

MODULES = {"mlp-pre": ".mlp.dense_h_to_4h", "mlp-out": ".mlp.dense_4h_to_h", "resid": ""}
STEPS, BATCH, RECORDS, LR = 30, 4, 50, 5e-3
WIDTH, INNER = 64, 160
BORDER = 1e-6  # float32's rounding of a pre-activation


def random_model(folder, parallel):
    torch.manual_seed(3)
    config = GPTNeoXConfig(vocab_size=50304, hidden_size=WIDTH, num_hidden_layers=3,
                           num_attention_heads=4, intermediate_size=INNER, rotary_pct=0.25,
                           max_position_embeddings=64, hidden_act="gelu",
                           use_parallel_residual=parallel)
    model = GPTNeoXForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0, 1.0 if "embed_in" in name else 1.5 * weight.shape[1] ** -0.5)
    model.requires_grad_(False)
    model.save_pretrained(folder)
    shutil.copy(DATA / "pythia_tokenizer.json", folder / "tokenizer.json")
    return model


def read_records(path):
    """Each record's ids, and its first token whose last byte belongs to the completion."""
    tokenizer = Tokenizer.from_file(str(DATA / "pythia_tokenizer.json"))
    records = []
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        text = record["context"] + record["completion"]
        encoded = tokenizer.encode(text, add_special_tokens=False)
        begin = next(i for i, (_, end) in enumerate(encoded.offsets) if end > len(record["context"]))
        records.append((encoded.ids, begin))
    return records


class Reference:
    """The fine-tuning of the paper, in the plainest PyTorch."""

    def __init__(self, model, sae, name, records, scope="all", keep_error=False, l1=0.0):
        self.model, self.sae, self.records = model, sae, records
        self.scope, self.keep_error, self.l1 = scope, keep_error, l1
        self.c = torch.ones(sae["b_enc"].shape[0], requires_grad=True)
        self.d = torch.zeros(sae["b_enc"].shape[0], requires_grad=True)
        self.nearest = torch.full_like(self.d, torch.inf).detach()  # of each feature's values to 0
        self.module = dict(model.named_modules())[name]

    def replace(self, x):
        z = pre_activations(self.sae, x)
        values = z * self.c + self.d
        self.nearest = torch.minimum(self.nearest, values.detach().abs().flatten(0, 1).amin(0))
        output = decode(self.sae, values.relu())
        if self.keep_error:
            output = output + (x - decode(self.sae, z.relu()))
        return output

    def loss(self, batch):
        length = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([ids + [0] * (length - len(ids)) for ids, _ in batch])
        labels = torch.full_like(ids, -100)
        for row, (tokens, completion) in enumerate(batch):
            first = completion if self.scope == "completion" else 1
            labels[row, first:len(tokens)] = ids[row, first:len(tokens)]
        handle = self.module.register_forward_hook(lambda _m, _i, output: self.replace(output))
        logits = self.model(ids).logits
        handle.remove()
        return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1),
                                                 labels[:, 1:].flatten())

    def train(self, decay, toward):
        own = 0.0 if toward == "initial" else decay
        optimiser = torch.optim.AdamW([self.c, self.d], lr=LR, weight_decay=own)
        losses = []
        for step in range(STEPS):
            batch = [self.records[(step * BATCH + i) % len(self.records)] for i in range(BATCH)]
            loss = self.loss(batch)
            losses.append(loss.item())
            optimiser.zero_grad()
            (loss + self.l1 * ((self.c - 1).abs().sum() + self.d.abs().sum())).backward()
            if toward == "initial":
                with torch.no_grad():
                    self.c -= LR * decay * (self.c - 1)
                    self.d -= LR * decay * self.d
            optimiser.step()
        return losses


def compare(table, label, folder, model, text, records, site, sae, *flags, architecture=None,
            scope="all", keep_error=False, decay=1e-2, toward="zero", l1=0.0):
    name = f"gpt_neox.layers.1{MODULES[site]}"
    save_sae(folder / "sae", sae, name, **(architecture or {}))
    run = folder / "run"
    result = figures("finetune", "--model", folder / "model", "--sae", folder / "sae", "--layer", 1,
                     "--site", site, "--text", text, "--epochs", 3, "--steps-per-epoch", STEPS // 3,
                     "--batch", BATCH, "--lr", LR, "--no-shuffle", "--log-every", 1,
                     "--measure-tokens", 200, "--out", run, "--force", *flags)
    reference = Reference(model, sae, name, records, scope, keep_error, l1)
    losses = reference.train(decay, toward)
    rows = list(csv.DictReader(open(run / "metrics.csv")))
    table.equal(label, f"{STEPS} steps", [(int(row["step"]), int(row["epoch"])) for row in rows],
                [(step, step // (STEPS // 3)) for step in range(STEPS)])
    table.tensor(label, "loss", torch.tensor([float(row["loss"]) for row in rows]),
                 torch.tensor(losses))
    scales = load_file(run / "scales.safetensors")
    # A value within rounding of 0 may be active in one program only: its feature goes another way.
    clear = reference.nearest > BORDER
    table.add(label, f"{(~clear).sum()} on the border", clear.sum() >= 0.95 * len(clear))
    table.tensor(label, "c", scales["c"][clear], reference.c.detach()[clear])
    table.tensor(label, "d", scales["d"][clear], reference.d.detach()[clear])
    measured = result["measured"][0]
    count = measured["records"]
    with torch.no_grad():
        table.number(label, f"loss after, {count} records", measured["loss"]["fine_tuned"],
                     reference.loss(records[:count]).item(), 1e-4)
    return result


def main():
    table = Comparison()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        text = folder / "questions.jsonl"
        lines = (DATA / "arithmetic_1dc.jsonl").read_text().splitlines()[:RECORDS]
        # A longer one, so that batches are padded.
        longer = json.dumps({"context": "\n\nQ: Naïvely, what is 1 + 1, if anything?\n\nA:",
                             "completion": " 2, or so they say"})
        text.write_text("\n".join(lines[:3] + [longer] + lines[3:-1]) + "\n")
        records = read_records(text)
        for parallel in (True, False):
            model = random_model(folder / "model", parallel)
            kind = "parallel" if parallel else "sequential"
            for site in MODULES if parallel else ("mlp-out",):
                width = INNER if site == "mlp-pre" else WIDTH
                compare(table, f"{kind}, {site}", folder, model, text, records, site,
                        random_sae(width, 2 * width, 7))
        model = random_model(folder / "model", True)
        sae = random_sae(WIDTH, 256, 11)
        common = (folder, model, text, records, "mlp-out", sae)
        compare(table, "completion", *common, "--scope", "completion", scope="completion")
        compare(table, "keep error", *common, "--keep-error", keep_error=True)
        compare(table, "decay toward initial", *common, "--weight-decay", 2.0, "--decay-toward",
                "initial", decay=2.0, toward="initial")
        compare(table, "no decay, L1", *common, "--weight-decay", 0, "--l1-coeff", 3e-3, decay=0.0,
                l1=3e-3)
        compare(table, "topk: no selection", *common,
                architecture={"architecture": "topk", "k": 8})
    table.finish()


if __name__ == "__main__":
    main()
