# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope encode` against PyTorch: features, dense and sparse, reconstruction and figures."""

import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, decode, figures, pre_activations, random_sae, save_sae


def compare(table, label, folder, width, features, tokens):
    folder.mkdir()
    sae = random_sae(width, features, 3)
    save_sae(folder / "sae", sae, "gpt_neox.layers.0.mlp.dense_4h_to_h")
    x = torch.randn(tokens, width, generator=torch.Generator().manual_seed(4)) * 2
    save_file({"activations": x}, folder / "in.safetensors")
    f = pre_activations(sae, x).relu()
    reconstruction = decode(sae, f)

    arguments = ("encode", "--sae", folder / "sae", "--activations", folder / "in.safetensors",
                 "--force", "--out", folder / "out.safetensors")
    report = figures(*arguments)
    dense = load_file(folder / "out.safetensors")
    table.tensor(label, "features", dense["features"], f)
    table.tensor(label, "reconstruction", dense["reconstruction"], reconstruction)
    # A value at the edge of zero may fall on either side of it.
    table.number(label, "l0", report["l0"], (f > 0).sum(1).double().mean().item(), 1e-4)
    squares = (x - reconstruction).double().pow(2).sum(1)
    table.number(label, "recon_loss", report["recon_loss"], squares.mean().item())
    spread = (x - x.mean(0)).double().pow(2).sum()
    table.number(label, "explained_variance", report["explained_variance"],
                 (1 - squares.sum() / spread).item(), 1e-4)

    figures(*arguments, "--sparse")
    sparse = load_file(folder / "out.safetensors")
    rows = torch.repeat_interleave(torch.arange(tokens), sparse["indptr"].diff())
    code = torch.zeros(tokens, features)
    code[rows, sparse["indices"].long()] = sparse["values"]
    table.tensor(label, "sparse features", code, dense["features"], 0)
    table.equal(label, "no zeros stored", bool((sparse["values"] > 0).all()), True)


def main():
    table = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        for width, features, tokens in ((512, 2048, 2000), (96, 384, 777), (1, 1, 5)):
            label = f"{width}→{features}"
            compare(table, label, Path(folder) / str(width), width, features, tokens)
    table.finish()


if __name__ == "__main__":
    main()
