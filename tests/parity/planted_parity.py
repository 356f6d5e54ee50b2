# SPDX-License-Identifier: GPL-3.0-or-later
"""Planted dictionaries: `featurescope train` finds the directions that sparse mixtures were made of,
wherever a PyTorch program of the same recipe finds them. The figure is the mean, over the planted
directions, of the largest cosine with a row of W_dec."""

import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, figures

GOOD = 0.95
ROWS, BATCH, CONTEXT, STEPS, LR = 65536, 4, 128, 2500, 2e-3
TOKENS = BATCH * CONTEXT


def planted(width, directions, active, seed):
    """Rows that each mix about `active` of the unit directions, and a little noise."""
    generator = torch.Generator().manual_seed(seed)
    dictionary = torch.nn.functional.normalize(
        torch.randn(directions, width, generator=generator), dim=1)
    chosen = torch.rand(ROWS, directions, generator=generator) < active / directions
    amounts = chosen * (0.5 + torch.rand(ROWS, directions, generator=generator))
    noise = 0.02 * torch.randn(ROWS, width, generator=generator)
    return dictionary, amounts @ dictionary + noise + 0.5


def recovery(dictionary, decoder):
    rows = torch.nn.functional.normalize(decoder, dim=1)
    return (dictionary @ rows.T).max(1).values.mean().item()


def with_pytorch(x, features, l1):
    width = x.shape[1]
    torch.manual_seed(1)
    encoder = torch.nn.init.kaiming_uniform_(torch.empty(width, features))
    decoder = torch.nn.functional.normalize(
        torch.nn.init.kaiming_uniform_(torch.empty(features, width)), dim=1)
    parameters = [encoder, decoder, torch.zeros(features), x[:16384].mean(0)]
    encoder, decoder, encoder_bias, decoder_bias = (p.requires_grad_() for p in parameters)
    adam = torch.optim.Adam([encoder, decoder, encoder_bias, decoder_bias], lr=LR)
    for step in range(STEPS):
        batch = x[torch.arange(step * TOKENS, (step + 1) * TOKENS) % len(x)]
        f = torch.relu((batch - decoder_bias) @ encoder + encoder_bias)
        error = (batch - (f @ decoder + decoder_bias)).square().sum(1).mean()
        adam.zero_grad()
        (error + l1 * f.sum(1).mean()).backward()
        adam.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
    return decoder.detach()


def compare(table, folder, width, directions, active, l1):
    label = f"{directions} directions in {width}, {active} a token"
    dictionary, x = planted(width, directions, active, 2)
    save_file({"activations": x}, folder / "x.safetensors")
    run = folder / "run"
    result = figures("train", "--activations", folder / "x.safetensors", "--features",
                     2 * directions, "--batch", BATCH, "--context", CONTEXT, "--steps", STEPS,
                     "--lr", LR, "--l1-coeff", l1, "--l1-mode", "fixed", "--resample", "none",
                     "--out", run, "--force")
    ours = recovery(dictionary, load_file(run / "sae" / "sae_weights.safetensors")["W_dec"])
    theirs = recovery(dictionary, with_pytorch(x, 2 * directions, l1))
    table.add(label, f"ours {ours:.3f}", ours >= GOOD or theirs < GOOD)
    table.add(label, f"PyTorch {theirs:.3f}", theirs >= GOOD)
    table.add(label, f"l0 {result['l0']:.1f}", True)


def main():
    torch.set_num_threads(2)
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        compare(table, Path(folder), 32, 48, 3, 0.2)
        compare(table, Path(folder), 32, 64, 3, 0.2)
    table.finish()


if __name__ == "__main__":
    main()
