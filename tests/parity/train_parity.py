# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope train` against a PyTorch program (autograd, torch.optim.Adam) that follows it step for
step: every row of metrics.csv, and the SAE at the end."""

import csv
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, figures, random_sae

NAMES = ("W_enc", "W_dec", "b_enc", "b_dec")
BATCH, CONTEXT, LR, L1 = 2, 64, 1e-3, 0.05


def follow(x, initial, steps, project):
    """Rows of (loss, recon_loss, l1_loss, l0, dead) before each update, and the last parameters."""
    parameters = [initial[name].clone().requires_grad_() for name in NAMES]
    encoder, decoder, encoder_bias, decoder_bias = parameters
    optimizer = torch.optim.Adam(parameters, lr=LR, betas=(0.9, 0.999), eps=1e-8)
    tokens = BATCH * CONTEXT
    ever_active = torch.zeros(len(encoder_bias), dtype=torch.bool)
    rows = []
    for step in range(steps):
        batch = x[torch.arange(step * tokens, (step + 1) * tokens) % len(x)]
        f = torch.relu((batch - decoder_bias) @ encoder + encoder_bias)
        recon = (batch - (f @ decoder + decoder_bias)).square().sum(1).mean()
        l1 = f.abs().sum(1).mean()
        loss = recon + L1 * l1
        ever_active |= (f > 0).any(0)
        rows.append((loss.item(), recon.item(), l1.item(), (f > 0).sum(1).double().mean().item(),
                     (~ever_active).sum().item()))
        optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            if project:
                unit = torch.nn.functional.normalize(decoder, dim=1)
                decoder.grad -= (decoder.grad * unit).sum(1, keepdim=True) * unit
            optimizer.step()
            decoder /= decoder.norm(dim=1, keepdim=True)
    return rows, {name: value.detach() for name, value in zip(NAMES, parameters)}


def worst(rows, expected, column, index):
    return max(abs(float(row[column]) - golden[index]) / max(abs(golden[index]), 1e-9)
               for row, golden in zip(rows, expected))


def compare(table, folder, width, features, steps, decoder_gradient):
    label = f"{width}→{features} {decoder_gradient}"
    generator = torch.Generator().manual_seed(6)
    directions = torch.randn(3 * width, width, generator=generator)
    amounts = torch.relu(torch.randn(1500, 3 * width, generator=generator) - 1)
    x = amounts @ directions / width ** 0.5 + 0.2
    initial = random_sae(width, features, 5)
    initial["b_enc"][:5] = -100  # dead from the start
    save_file({"activations": x}, folder / "x.safetensors")
    save_file(initial, folder / "init.safetensors")
    run = folder / "run"
    figures("train", "--activations", folder / "x.safetensors", "--init",
            folder / "init.safetensors", "--no-shuffle", "--batch", BATCH, "--context", CONTEXT,
            "--steps", steps, "--lr", LR, "--l1-coeff", L1, "--decoder-gradient", decoder_gradient,
            "--log-every", 1, "--out", run, "--force")
    expected, parameters = follow(x, initial, steps, decoder_gradient == "project")
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table.equal(label, f"{steps} steps", len(rows), steps)
    for index, (column, tolerance) in enumerate(
            (("loss", 1e-4), ("recon_loss", 1e-4), ("l1_loss", 1e-4), ("l0", 1e-3))):
        error = worst(rows, expected, column, index)
        table.add(label, f"{column} {error:.1e}", error <= tolerance)
    table.equal(label, f"dead {expected[-1][4]} at the end", [int(row["dead"]) for row in rows],
                [golden[4] for golden in expected])
    sae = load_file(run / "sae" / "sae_weights.safetensors")
    for name in NAMES:
        table.tensor(label, name, sae[name], parameters[name], 1e-3)


def main():
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        for decoder_gradient in ("plain", "project"):
            compare(table, Path(folder), 64, 256, 150, decoder_gradient)
        compare(table, Path(folder), 33, 70, 40, "plain")
    table.finish()


if __name__ == "__main__":
    main()
