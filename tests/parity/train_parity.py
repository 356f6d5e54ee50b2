# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope train` against a PyTorch program (autograd, torch.optim.Adam) that follows it step for
step: every row of metrics.csv, and the SAE at the end. First with parameters that are handed over,
then with the whole recipe: random start, b_dec from the data, warm-up, decay, clipping, resampling."""

import csv
import json
import math
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, figures, random_sae
from random_stream import RandomStream

NAMES = ("W_enc", "W_dec", "b_enc", "b_dec")
BATCH, CONTEXT, LR, L1 = 2, 64, 3e-4, 0.05
TOKENS = BATCH * CONTEXT
STEPS = 300
RECIPE = {"lr_warmup": 40, "lr_decay": 60, "clip": 0.3, "every": 100, "window": 30, "seed": 3}


def random_start(width, features, seed):
    encoder = RandomStream(seed, "initial encoder").kaiming_uniform(width, features, features)
    decoder = RandomStream(seed, "initial decoder").kaiming_uniform(features, width, width)
    return {"W_enc": encoder, "W_dec": torch.nn.functional.normalize(decoder, dim=1),
            "b_enc": torch.zeros(features), "b_dec": torch.zeros(width)}


def geometric_median(x):
    """By gradient descent with Newton's steps, not by Weiszfeld's iteration."""
    x = x.double()
    median = x.mean(0).requires_grad_()
    search = torch.optim.LBFGS([median], max_iter=500, tolerance_grad=1e-12,
                               tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def distance():
        search.zero_grad()
        total = (x - median).norm(dim=1).mean()
        total.backward()
        return total

    search.step(distance)
    return median.detach().float()


def decoder_bias(start, x):
    return {"zero": torch.zeros(x.shape[1]), "mean": x.mean(0),
            "median": geometric_median(x)}[start]


class Reference:
    """The recipe of the documentation, in the plainest PyTorch."""

    def __init__(self, x, initial, project, recipe=None, resample="none"):
        self.x, self.project, self.recipe, self.resample = x, project, recipe, resample
        self.parameters = {name: initial[name].clone().requires_grad_() for name in NAMES}
        self.adam = torch.optim.Adam(self.parameters.values(), lr=LR, betas=(0.9, 0.999), eps=1e-8)
        self.active = []  # bool [M] of each step
        self.random = RandomStream(recipe["seed"], "resample") if recipe else None
        self.warmup_start, self.batches = 0, []
        self.resampled = []

    def learning_rate(self, step):
        if not self.recipe:
            return LR
        warm = (step - self.warmup_start + 1) / self.recipe["lr_warmup"]
        return LR * min(1, warm) * min(1, (STEPS - step) / self.recipe["lr_decay"])

    def dead(self):
        window = self.recipe["window"] if self.recipe else 5000
        return ~torch.stack(self.active[-window:]).any(0)

    def step(self, step, coefficient):
        """(loss, recon_loss, l1_loss, l0, dead, lr) before the update."""
        p = self.parameters
        batch = self.x[torch.arange(step * TOKENS, (step + 1) * TOKENS) % len(self.x)]
        f = torch.relu((batch - p["b_dec"]) @ p["W_enc"] + p["b_enc"])
        errors = (batch - (f @ p["W_dec"] + p["b_dec"])).square().sum(1)
        l1 = f.abs().sum(1).mean()
        loss = errors.mean() + coefficient * l1
        self.active.append((f > 0).any(0))
        lr = self.learning_rate(step)
        row = (loss.item(), errors.mean().item(), l1.item(),
               (f > 0).sum(1).double().mean().item(), self.dead().sum().item(), lr)
        self.batches = (self.batches + [(batch, errors.detach())])[-8192 // TOKENS:]
        self.adam.zero_grad()
        loss.backward()
        with torch.no_grad():
            self.update(lr)
            if self.recipe and (step + 1) % self.recipe["every"] == 0 and self.resample != "none":
                self.renew(step)
        return row

    def update(self, lr):
        decoder = self.parameters["W_dec"]
        if self.project:
            unit = torch.nn.functional.normalize(decoder, dim=1)
            decoder.grad -= (decoder.grad * unit).sum(1, keepdim=True) * unit
        if self.recipe:
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), self.recipe["clip"])
        self.adam.param_groups[0]["lr"] = lr
        self.adam.step()
        decoder /= decoder.norm(dim=1, keepdim=True)

    def renew(self, step):
        p = self.parameters
        dead = self.dead()
        ids = dead.nonzero().squeeze(1).tolist()
        self.resampled.append((step, ids))
        width, features = p["W_enc"].shape
        if self.resample == "kaiming":
            encoder = self.random.kaiming_uniform(len(ids), width, features)
            decoder = self.random.kaiming_uniform(len(ids), width, width)
            decoder = torch.nn.functional.normalize(decoder, dim=1)
        else:
            rows = torch.cat([batch for batch, _ in self.batches])
            weights = torch.cat([errors for _, errors in self.batches]).double().square().tolist()
            keys = [-math.log1p(-self.random.uniform()) / weight for weight in weights]
            drawn = sorted(range(len(keys)), key=keys.__getitem__)[:len(ids)]
            decoder = torch.nn.functional.normalize(rows[drawn] - p["b_dec"], dim=1)
            encoder = decoder * (0.2 * p["W_enc"][:, ~dead].norm(dim=0).mean())
            self.warmup_start = step + 1 if ids else self.warmup_start
        p["W_enc"][:, ids] = encoder.T
        p["W_dec"][ids] = decoder
        p["b_enc"][ids] = 0
        for moment in ("exp_avg", "exp_avg_sq"):
            self.adam.state[p["W_enc"]][moment][:, ids] = 0
            self.adam.state[p["W_dec"]][moment][ids] = 0
            self.adam.state[p["b_enc"]][moment][ids] = 0


def planted_activations(width):
    generator = torch.Generator().manual_seed(6)
    directions = torch.randn(3 * width, width, generator=generator)
    amounts = torch.relu(torch.randn(1500, 3 * width, generator=generator) - 1)
    return amounts @ directions / width ** 0.5 + 0.2


def read_rows(run):
    with open(run / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


def compare(table, label, run, rows, reference):
    """Weights to 1e-4 wherever both programs activate the same features. A pre-activation within float32's
    rounding of zero may be active in one of them only; Adam then makes a step of the learning rate out of a
    gradient that the other lacks, so such runs, of which the flips are told, are compared to 2e-3."""
    table.equal(label, f"{STEPS} steps", len(rows), STEPS)
    expected = [reference.step(t, float(row["l1_coeff"])) for t, row in enumerate(rows)]
    for index, column in enumerate(("loss", "recon_loss", "l1_loss", "l0")):
        error = max(abs(float(row[column]) - golden[index]) / max(abs(golden[index]), 1e-9)
                    for row, golden in zip(rows, expected))
        table.add(label, f"{column} {error:.1e}", error <= (1e-3 if column == "l0" else 1e-4))
    flips = [round(TOKENS * abs(float(row["l0"]) - golden[3])) for row, golden in zip(rows, expected)]
    first = next((step for step, count in enumerate(flips) if count), STEPS)
    error = max(abs(float(row["loss"]) / golden[0] - 1) for row, golden in zip(rows[:first], expected))
    active = TOKENS * sum(golden[3] for golden in expected)
    table.add(label, f"{sum(flips)} flips, loss {error:.1e} before the first",
              error <= 1e-5 and sum(flips) <= 1e-4 * active)
    tolerance = 2e-3 if sum(flips) else 1e-4
    worst_lr = max(abs(float(row["lr"]) / golden[5] - 1) for row, golden in zip(rows, expected))
    table.add(label, f"lr {worst_lr:.0e}", worst_lr <= 1e-12)
    table.equal(label, f"dead {expected[-1][4]} at the end", [int(row["dead"]) for row in rows],
                [golden[4] for golden in expected])
    sae = load_file(run / "sae" / "sae_weights.safetensors")
    for name in NAMES:
        table.tensor(label, name, sae[name], reference.parameters[name].detach(), tolerance)


def compare_plain(table, folder, width, features, decoder_gradient):
    """Parameters handed over, nothing but the step itself."""
    x = planted_activations(width)
    initial = random_sae(width, features, 5)
    initial["b_enc"][:5] = -100  # dead from the start
    save_file({"activations": x}, folder / "x.safetensors")
    save_file(initial, folder / "init.safetensors")
    run = folder / "run"
    figures("train", "--activations", folder / "x.safetensors", "--init",
            folder / "init.safetensors", "--no-shuffle", "--batch", BATCH, "--context", CONTEXT,
            "--steps", STEPS, "--lr", LR, "--l1-coeff", L1, "--l1-mode", "fixed",
            "--decoder-gradient", decoder_gradient, "--log-every", 1, "--out", run, "--force")
    compare(table, f"{width}→{features} {decoder_gradient}", run, read_rows(run),
            Reference(x, initial, decoder_gradient == "project"))


def compare_recipe(table, folder, width, features, decoder_gradient, resample, start=None):
    """Everything at once; only the L1 coefficient that the control chose is handed over. With a
    `start` of b_dec the run draws its own parameters; without, it is given some that hold dead
    features."""
    label = f"{resample} {decoder_gradient} {start or 'init'}"
    x = planted_activations(width)
    save_file({"activations": x}, folder / "x.safetensors")
    if start:
        initial = random_start(width, features, RECIPE["seed"])
        initial["b_dec"] = decoder_bias(start, x)
        origin = ("--features", features, "--b-dec-init", start)
    else:
        initial = random_sae(width, features, 5)
        initial["b_enc"][10:22] = -100
        save_file(initial, folder / "init.safetensors")
        origin = ("--init", folder / "init.safetensors")
    run = folder / "run"
    figures("train", "--activations", folder / "x.safetensors", *origin, "--no-shuffle", "--batch",
            BATCH, "--context", CONTEXT, "--steps", STEPS, "--lr", LR,
            "--lr-warmup", RECIPE["lr_warmup"], "--lr-decay", RECIPE["lr_decay"],
            "--clip-gradient", RECIPE["clip"], "--l1-coeff", 2 * L1, "--l1-mode", "track",
            "--target-l0", features / 5, "--l1-adjust-after", 50 * TOKENS,
            "--resample", resample, "--resample-every", RECIPE["every"], "--dead-window",
            RECIPE["window"], "--seed", RECIPE["seed"], "--decoder-gradient", decoder_gradient,
            "--log-every", 1, "--out", run, "--force")
    reference = Reference(x, initial, decoder_gradient == "project", RECIPE, resample)
    rows = read_rows(run)
    compare(table, label, run, rows, reference)
    events = [json.loads(line) for line in open(run / "events.jsonl")]
    resampled = [(event["step"], event["features"]) for event in events
                 if event["kind"] == "resampled"]
    table.equal(label, f"resampled {[len(ids) for _, ids in reference.resampled]}", resampled,
                reference.resampled)
    coefficients = [float(row["l1_coeff"]) for row in rows]
    table.equal(label, "l1_coeff constant, then moved",
                (len(set(coefficients[:50])), coefficients[-1] != coefficients[0]), (1, True))


def main():
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        for decoder_gradient in ("plain", "project"):
            compare_plain(table, Path(folder), 64, 256, decoder_gradient)
        compare_plain(table, Path(folder), 33, 70, "plain")
        for resample in ("kaiming", "loss"):
            compare_recipe(table, Path(folder), 64, 256, "project", resample)
        compare_recipe(table, Path(folder), 64, 256, "plain", "kaiming", "median")
        compare_recipe(table, Path(folder), 64, 256, "plain", "none", "mean")
    table.finish()


if __name__ == "__main__":
    main()
