#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/sae/formats: a tiny SAE of each layout, as the library that has it saves it, and
what that library computes from tests/data/sae/activations.safetensors. Needs the Python that
tests/parity/setup_python makes.

    .deps/python/bin/python tests/data/make_format_golden.py
"""
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "parity"))
from sae_libraries import Maker, load_libraries  # noqa: E402

WIDTH, FEATURES = 6, 10


def main() -> None:
    load_libraries()
    folder = HERE / "sae" / "formats"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    x = load_file(HERE / "sae" / "activations.safetensors")["activations"]
    with torch.no_grad():
        for case in Maker(folder, WIDTH, FEATURES, seed=11).cases():
            features, reconstruction = case.compute(x)
            save_file({"features": features.contiguous(), "reconstruction": reconstruction.contiguous()},
                      folder / f"{case.name}_expected.safetensors")


if __name__ == "__main__":
    main()
