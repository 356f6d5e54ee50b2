#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/sae: a tiny standard SAE in SAELens' and Neel Nanda's layouts, activations, and
PyTorch's features and reconstruction of them. Needs numpy, torch and safetensors.

    python3 tests/data/make_sae_golden.py
"""
import collections
import json
import pathlib

import numpy
import torch
from safetensors.torch import save_file

WIDTH, FEATURES, TOKENS = 6, 10, 7
FOLDER = pathlib.Path(__file__).parent / "sae"


def random_parameters(seed: int) -> dict[str, torch.Tensor]:
    random = numpy.random.default_rng(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(random.normal(size=shape).astype(numpy.float32))

    return collections.OrderedDict(
        W_enc=normal(WIDTH, FEATURES), b_enc=0.3 * normal(FEATURES),
        W_dec=normal(FEATURES, WIDTH), b_dec=0.5 * normal(WIDTH))


def encode_decode(p, x: torch.Tensor, subtract: bool = True) -> dict[str, torch.Tensor]:
    centred = x - p["b_dec"] if subtract else x
    features = torch.relu(centred @ p["W_enc"] + p["b_enc"])
    return {"features": features, "reconstruction": features @ p["W_dec"] + p["b_dec"]}


def write_json(path: pathlib.Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def main() -> None:
    (FOLDER / "saelens").mkdir(parents=True, exist_ok=True)
    (FOLDER / "saelens_flat").mkdir(exist_ok=True)
    (FOLDER / "neel").mkdir(exist_ok=True)
    parameters = random_parameters(seed=1)
    random = numpy.random.default_rng(2)
    x = torch.from_numpy(random.normal(size=(TOKENS, WIDTH)).astype(numpy.float32))
    save_file({"activations": x}, FOLDER / "activations.safetensors")
    save_file({"activations": x.to(torch.bfloat16)}, FOLDER / "activations_bf16.safetensors")
    save_file(encode_decode(parameters, x), FOLDER / "expected.safetensors")
    save_file(encode_decode(parameters, x.to(torch.bfloat16).to(torch.float32)),
              FOLDER / "expected_bf16.safetensors")
    save_file(encode_decode(parameters, x, subtract=False),
              FOLDER / "expected_without_subtraction.safetensors")

    save_file(dict(parameters), FOLDER / "saelens" / "sae_weights.safetensors")
    write_json(FOLDER / "saelens" / "cfg.json", {
        "architecture": "standard", "d_in": WIDTH, "d_sae": FEATURES, "dtype": "float32",
        "device": "cpu", "apply_b_dec_to_input": True, "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {"sae_lens_version": "6.12.1", "model_name": "pythia-70m-deduped",
                     "hook_name": "blocks.4.hook_mlp_out", "context_size": 128,
                     "prepend_bos": False}})
    # The flat cfg.json of SAELens before version 6.
    save_file(dict(parameters), FOLDER / "saelens_flat" / "sae_weights.safetensors")
    write_json(FOLDER / "saelens_flat" / "cfg.json", {
        "d_in": WIDTH, "d_sae": FEATURES, "dtype": "torch.float32", "hook_point":
        "blocks.4.hook_mlp_out", "hook_point_layer": 4, "activation_fn_str": "relu",
        "model_name": "pythia-70m-deduped", "normalize_activations": False,
        "apply_b_dec_to_input": False})
    torch.save(parameters, FOLDER / "neel" / "25.pt")
    write_json(FOLDER / "neel" / "25_cfg.json", {
        "seed": 49, "batch_size": 4096, "dict_mult": 2, "site": "mlp_out", "layer": 4,
        "model_name": "pythia-70m-deduped", "act_size": WIDTH, "dict_size": FEATURES})


if __name__ == "__main__":
    main()
