# SPDX-License-Identifier: GPL-3.0-or-later
"""Top-k, batch-top-k, JumpReLU and gated SAEs against PyTorch: `featurescope encode` against the
formulas of SAELens, and `featurescope train` against a program (autograd, torch.optim.Adam) that
follows it step for step."""

import csv
import math
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, decode, figures, pre_activations, random_sae, save_sae

HOOK = "gpt_neox.layers.0.mlp.dense_4h_to_h"
WIDTH, FEATURES, BATCH, CONTEXT, STEPS, LR = 32, 128, 2, 64, 60, 1e-3
TOKENS = BATCH * CONTEXT
K, AUX, L1, BANDWIDTH, TARGET = 5, 0.25, 0.1, 0.3, 0.01 * FEATURES


def top_k(z, k):
    values, indices = torch.topk(z, min(k, z.shape[-1]), dim=-1)
    return torch.zeros_like(z).scatter(-1, indices, values.relu())


def vector(seed, scale):
    return torch.randn(512, generator=torch.Generator().manual_seed(seed)) * scale


# Reading and using

def used_by_sae_lens(kind, sae, x):
    if kind == "gated":
        y = (x - sae["b_dec"]) @ sae["W_enc"]
        magnitude = (x - sae["b_dec"]) @ (sae["W_enc"] * sae["r_mag"].exp()) + sae["b_mag"]
        return (y + sae["b_gate"] > 0) * magnitude.relu()
    z = pre_activations(sae, x)
    return top_k(z, 7) if kind == "topk" else z.relu() * (z > sae["threshold"])


def compare_encoding(table, folder, kind):
    label = f"encode {kind}"
    sae = random_sae(96, 512, 3)
    if kind == "jumprelu":
        sae["threshold"] = vector(1, 0.5).abs()
    if kind == "gated":
        sae |= {"r_mag": vector(2, 0.3), "b_mag": vector(3, 0.1), "b_gate": sae.pop("b_enc")}
    save_sae(folder / kind, sae, HOOK, architecture=kind, **({"k": 7} if kind == "topk" else {}))
    x = torch.randn(700, 96, generator=torch.Generator().manual_seed(4)) * 2
    save_file({"activations": x}, folder / "in.safetensors")
    report = figures("encode", "--sae", folder / kind, "--activations", folder / "in.safetensors",
                     "--force", "--out", folder / "out.safetensors")
    ours = load_file(folder / "out.safetensors")
    f = used_by_sae_lens(kind, sae, x)
    table.tensor(label, "features", ours["features"], f)
    table.tensor(label, "reconstruction", ours["reconstruction"], decode(sae, f))
    table.number(label, "l0", report["l0"], (f > 0).sum(1).double().mean().item(), 1e-4)


# Training

class ThroughStep(torch.autograd.Function):
    """z > θ for the JumpReLU paper: its pseudo-derivative by θ is −K((z − θ)/ε)/ε."""

    @staticmethod
    def forward(ctx, z, theta):
        ctx.save_for_backward(z, theta)
        return (z > theta).to(z)

    @staticmethod
    def backward(ctx, gradient):
        z, theta = ctx.saved_tensors
        kernel = ((z - theta).abs() < BANDWIDTH / 2).to(z)
        return None, -(kernel / BANDWIDTH * gradient).sum(0)


class JumpRelu(torch.autograd.Function):
    """z·[z > θ], by θ −(θ/ε) K((z − θ)/ε)."""

    @staticmethod
    def forward(ctx, z, theta):
        ctx.save_for_backward(z, theta)
        return z * (z > theta)

    @staticmethod
    def backward(ctx, gradient):
        z, theta = ctx.saved_tensors
        kernel = ((z - theta).abs() < BANDWIDTH / 2).to(z)
        return gradient * (z > theta), -(theta / BANDWIDTH * kernel * gradient).sum(0)


def mean_square(error):
    return error.square().sum(1).mean()


def dead_loss(p, z, error, dead):
    """What the dead features' min(d/2, dead) largest make of the error, taken as given."""
    count = min(WIDTH // 2, int(dead.sum()))
    if count == 0:
        return 0
    a = top_k(z.masked_fill(~dead, -torch.inf), count)
    return AUX * mean_square(error.detach() - a @ p["W_dec"])


def features_and_terms(kind, p, x, dead, coefficient):
    """f, and the loss beyond the reconstruction's."""
    z = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
    if kind in ("topk", "batchtopk"):
        if kind == "topk":
            f = top_k(z, K)
        else:
            f = top_k(z.relu().flatten(), K * TOKENS).view_as(z)
        return f, dead_loss(p, z, x - decode(p, f), dead)
    if kind == "jumprelu":
        theta = p["log_threshold"].exp()
        l0 = ThroughStep.apply(z, theta).sum(1).mean()
        return JumpRelu.apply(z, theta), coefficient * (l0 / TARGET - 1) ** 2
    y = (x - p["b_dec"]) @ p["W_enc"]
    f = (z > 0) * (y * p["r_mag"].exp() + p["b_mag"]).relu()
    by_gate = z.relu() @ p["W_dec"].detach() + p["b_dec"].detach()
    return f, coefficient * z.relu().sum(1).mean() + mean_square(x - by_gate)


def follow(kind, x, initial, coefficient):
    """Rows of (loss, recon_loss, l1_loss, l0, dead) before each update, the last parameters, and
    the batch-top-k threshold."""
    p = {name: value.clone() for name, value in initial.items()}
    zeros = torch.zeros(FEATURES)
    if kind == "jumprelu":
        p["log_threshold"] = zeros + math.log(BANDWIDTH)
    if kind == "gated":
        p |= {"r_mag": zeros.clone(), "b_mag": zeros.clone()}
    for value in p.values():
        value.requires_grad_()
    optimizer = torch.optim.Adam(p.values(), lr=LR)
    ever_active = torch.zeros(FEATURES, dtype=torch.bool)
    rows, threshold = [], None
    for step in range(STEPS):
        batch = x[torch.arange(step * TOKENS, (step + 1) * TOKENS) % len(x)]
        f, terms = features_and_terms(kind, p, batch, ~ever_active, coefficient)
        recon = mean_square(batch - decode(p, f))
        loss = recon + terms
        ever_active |= (f > 0).any(0)
        rows.append((loss.item(), recon.item(), f.sum(1).mean().item(),
                     (f > 0).sum(1).double().mean().item(), (~ever_active).sum().item()))
        smallest = f[f > 0].min().item()
        threshold = smallest if threshold is None else 0.99 * threshold + 0.01 * smallest
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            p["W_dec"] /= p["W_dec"].norm(dim=1, keepdim=True)
    return rows, {name: value.detach() for name, value in p.items()}, threshold


def as_saved(kind, p, threshold):
    """By SAELens' names."""
    if kind == "jumprelu":
        p["threshold"] = p.pop("log_threshold").exp()
    if kind == "batchtopk":
        p["threshold"] = torch.full((FEATURES,), threshold)
    if kind == "gated":
        p["b_gate"] = p.pop("b_enc")
    return p


def compare_training(table, folder, kind, flags):
    label = f"train {kind}"
    generator = torch.Generator().manual_seed(6)
    directions = torch.randn(3 * WIDTH, WIDTH, generator=generator)
    amounts = torch.relu(torch.randn(1500, 3 * WIDTH, generator=generator) - 1)
    x = amounts @ directions / WIDTH ** 0.5 + 0.2
    initial = random_sae(WIDTH, FEATURES, 5)
    initial["b_enc"][:9] = -3  # dead at first
    save_file({"activations": x}, folder / "x.safetensors")
    save_file(initial, folder / "init.safetensors")
    run = folder / "run"
    figures("train", "--activations", folder / "x.safetensors", "--init",
            folder / "init.safetensors", "--no-shuffle", "--batch", BATCH, "--context", CONTEXT,
            "--steps", STEPS, "--lr", LR, "--log-every", 1, "--architecture", kind, *flags,
            "--threads", 1, "--out", run, "--force")
    coefficient = 0 if kind in ("topk", "batchtopk") else L1
    expected, parameters, threshold = follow(kind, x, initial, coefficient)
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table.equal(label, f"{STEPS} steps", len(rows), STEPS)
    table.equal(label, f"l1_coeff {coefficient}", {float(row["l1_coeff"]) for row in rows},
                {coefficient})
    for index, (column, tolerance) in enumerate(
            (("loss", 1e-4), ("recon_loss", 1e-4), ("l1_loss", 1e-4), ("l0", 1e-3))):
        error = max(abs(float(row[column]) - golden[index]) / max(abs(golden[index]), 1e-9)
                    for row, golden in zip(rows, expected))
        table.add(label, f"{column} {error:.1e}", error <= tolerance)
    table.equal(label, f"dead {expected[0][4]}…{expected[-1][4]}",
                [int(row["dead"]) for row in rows], [golden[4] for golden in expected])
    sae = load_file(run / "sae" / "sae_weights.safetensors")
    parameters = as_saved(kind, parameters, threshold)
    table.equal(label, "names", sorted(sae), sorted(parameters))
    for name, value in sorted(parameters.items()):
        table.tensor(label, name, sae[name], value, 1e-3)


def main():
    torch.set_num_threads(1)  # small products
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("topk", "jumprelu", "gated"):
            compare_encoding(table, Path(folder), kind)
        for kind, flags in (("topk", ("--k", K, "--aux-coeff", AUX)),
                            ("batchtopk", ("--k", K, "--aux-coeff", AUX)),
                            ("jumprelu", ("--l1-coeff", L1, "--jumprelu-bandwidth", BANDWIDTH)),
                            ("gated", ("--l1-coeff", L1))):
            compare_training(table, Path(folder), kind, flags)
    table.finish()


if __name__ == "__main__":
    main()
