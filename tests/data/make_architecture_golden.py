#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/sae/lens: tiny top-k, JumpReLU, gated and batch-top-k SAEs as sae_lens saves them,
beside its own features and reconstruction of tests/data/sae/activations.safetensors. Needs sae-lens
(6.54.12 made the files there).

    python3 tests/data/make_architecture_golden.py
"""
import json
import pathlib
import shutil

import torch
from safetensors.torch import load_file, save_file
from sae_lens import SAE
from sae_lens.saes import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes import GatedSAE, GatedSAEConfig, JumpReLUSAE, JumpReLUSAEConfig
from sae_lens.saes import TopKSAE, TopKSAEConfig

WIDTH, FEATURES, K = 6, 10, 3
DATA = pathlib.Path(__file__).parent / "sae"
X = load_file(DATA / "activations.safetensors")["activations"]


def fill(sae, seed):
    """Random parameters, W_dec's rows of many norms; thresholds are above 0 and below."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(sae.named_parameters()):
            scale = 1.0 if name.startswith("W_") else 0.4
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))


def save(name, write):
    """The checkpoint that `write` makes, and what sae_lens computes once it has read it again."""
    folder = DATA / "lens" / name
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)
    write_expected(folder)
    return folder


def write_expected(folder):
    sae = SAE.load_from_disk(folder)
    with torch.no_grad():
        features = sae.encode(X)
        save_file({"features": features, "reconstruction": sae.decode(features)},
                  folder.parent / f"{folder.name}_expected.safetensors")


def save_flat(name, source):
    """The same weights with the settings of SAELens before version 6."""
    def write(folder):
        folder.mkdir()
        shutil.copy(source / "sae_weights.safetensors", folder)
        (folder / "cfg.json").write_text(json.dumps(settings, indent=2) + "\n")

    settings = {
        "architecture": "standard", "d_in": WIDTH, "d_sae": FEATURES, "dtype": "torch.float32",
        "device": "cpu", "hook_name": "blocks.4.hook_mlp_out", "hook_layer": 4,
        "model_name": "pythia-70m-deduped", "activation_fn_str": "topk",
        "activation_fn_kwargs": {"k": K}, "normalize_activations": "none",
        "apply_b_dec_to_input": False, "context_size": 128, "prepend_bos": False,
        "finetuning_scaling_factor": False, "sae_lens_training_version": None}
    save(name, write)


def main():
    shape = dict(d_in=WIDTH, d_sae=FEATURES)
    for name, sae in (
            ("topk", TopKSAE(TopKSAEConfig(**shape, k=K))),
            ("topk_rescaled", TopKSAE(TopKSAEConfig(**shape, k=K,
                                                    rescale_acts_by_decoder_norm=True))),
            ("jumprelu", JumpReLUSAE(JumpReLUSAEConfig(**shape))),
            ("gated", GatedSAE(GatedSAEConfig(**shape)))):
        fill(sae, len(name))
        folder = save(name, sae.save_model)
        if name == "topk":
            save_flat("topk_flat", folder)
    trained = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**shape, k=K))
    fill(trained, 5)
    trained.topk_threshold.fill_(0.7)
    save("batchtopk", trained.save_inference_model)


if __name__ == "__main__":
    main()
