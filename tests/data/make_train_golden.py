#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/train: activations, initial parameters, and what PyTorch's autograd and
torch.optim.Adam make of them in twenty steps, for both kinds of decoder gradient.

    python3 tests/data/make_train_golden.py
"""
import pathlib

import numpy
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "train"
WIDTH, FEATURES, ROWS, BATCH, STEPS = 6, 12, 37, 8, 20
LR, BETAS, EPS, L1 = 1e-2, (0.9, 0.99), 1e-6, 0.25
NAMES = ("W_enc", "W_dec", "b_enc", "b_dec")


def make_inputs() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    random = numpy.random.default_rng(5)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(random.normal(size=shape).astype(numpy.float32))

    # Decoder rows of any norm: --init takes them as they are.
    init = {"W_enc": 0.5 * normal(WIDTH, FEATURES), "W_dec": 0.5 * normal(FEATURES, WIDTH),
            "b_enc": 0.1 * normal(FEATURES), "b_dec": 0.1 * normal(WIDTH)}
    init["b_enc"][3] = -50.0  # a feature that is dead from the start
    return normal(ROWS, WIDTH) + 0.5, init


def train(x: torch.Tensor, init: dict[str, torch.Tensor], project: bool):
    p = {name: init[name].clone().requires_grad_() for name in NAMES}
    optimizer = torch.optim.Adam([p[name] for name in NAMES], lr=LR, betas=BETAS, eps=EPS)
    rows, ever_active = [], torch.zeros(FEATURES, dtype=torch.bool)
    for step in range(STEPS):
        batch = x[torch.arange(step * BATCH, (step + 1) * BATCH) % len(x)]
        features = torch.relu((batch - p["b_dec"]) @ p["W_enc"] + p["b_enc"])
        error = features @ p["W_dec"] + p["b_dec"] - batch
        recon, l1 = error.square().sum(1).mean(), features.sum(1).mean()
        loss = recon + L1 * l1
        ever_active |= (features > 0).any(0)
        rows.append([loss, recon, l1, (features > 0).sum(1).double().mean(),
                     (~ever_active).sum()])
        optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            if project:
                unit = p["W_dec"] / p["W_dec"].norm(dim=1, keepdim=True)
                gradient = p["W_dec"].grad
                gradient -= (gradient * unit).sum(1, keepdim=True) * unit
            optimizer.step()
            p["W_dec"] /= p["W_dec"].norm(dim=1, keepdim=True)
    metrics = torch.tensor([[value.item() for value in row] for row in rows], dtype=torch.float64)
    return metrics, {name: p[name].detach() for name in NAMES}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    x, init = make_inputs()
    save_file({"activations": x}, FOLDER / "activations.safetensors")
    save_file(init, FOLDER / "init.safetensors")
    for name, project in (("plain", False), ("project", True)):
        metrics, final = train(x, init, project)
        save_file({"metrics": metrics, **final}, FOLDER / f"{name}.safetensors")


if __name__ == "__main__":
    main()
