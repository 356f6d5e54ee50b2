# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope encode`, `info` and `convert` on checkpoints that the libraries of others wrote,
against what these compute."""

import subprocess
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from comparison import Comparison, command, featurescope, figures
from sae_libraries import Maker, load_libraries

WIDTH, FEATURES, TOKENS = 48, 192, 300
TARGETS = ("saelens", "sparsify", "dictionary-learning", "neel")


def encode(path, folder):
    """Features and reconstruction of folder/in.safetensors."""
    out = folder / "out.safetensors"
    featurescope("encode", "--sae", path, "--activations", folder / "in.safetensors", "--out", out,
                 "--force", "--quiet")
    tensors = load_file(out)
    return tensors["features"], tensors["reconstruction"]


def compare_case(table, case, folder, x):
    features, reconstruction = case.compute(x)
    ours, output = encode(case.path, folder)
    table.tensor(case.name, "features", ours, features, 1e-5)
    table.tensor(case.name, "reconstruction", output, reconstruction, 1e-5)
    info = figures("info", case.path)
    found = (info["architecture"], info["format"], info["d"], info["m"])
    table.equal(case.name, "info", found, (case.architecture, case.format, WIDTH, FEATURES))


def convert(path, out, target):
    """The folder, or nothing where the layout cannot hold the SAE."""
    result = subprocess.run(
        command("convert", path, out, "--to", target, "--force", "--quiet"),
        capture_output=True, text=True)
    if result.returncode == 0:
        return out
    assert "cannot hold" in result.stderr, result.stderr
    return None


def compare_conversions(table, case, folder):
    """What is written encodes to the same bits, and is what torch and safetensors read."""
    before = encode(case.path, folder)
    for target in TARGETS:
        out = convert(case.path, folder / "converted", target)
        if out is None:
            continue
        after = encode(out, folder)
        table.equal(case.name, target, all(map(torch.equal, before, after)), True)
        for pickle in out.glob("*.pt"):
            state = torch.load(pickle, weights_only=True)
            table.equal(case.name, "weights_only", all(map(torch.is_tensor, state.values())), True)


def main():
    load_libraries()
    table = Comparison()
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = Path(name)
        x = torch.randn(TOKENS, WIDTH, generator=torch.Generator().manual_seed(5)) * 3 + 0.5
        save_file({"activations": x}, folder / "in.safetensors")
        for case in Maker(folder, WIDTH, FEATURES, seed=6).cases():
            compare_case(table, case, folder, x)
            compare_conversions(table, case, folder)
    table.finish()


if __name__ == "__main__":
    main()
