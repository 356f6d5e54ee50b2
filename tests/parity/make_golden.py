#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/lm: tiny GPT-NeoX models of every layout we read, with the numbers that
transformers computes from them. tests/core/lm compares with these, so that the tests themselves
need no Python torch.

    tests/parity/setup_python && .deps/python/bin/python tests/parity/make_golden.py
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from transformers.utils import logging

FOLDER = Path(__file__).resolve().parents[1] / "data" / "lm"
SIZES = dict(
    vocab_size=24,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=32,
    hidden_act="gelu",
)
ROTARY = dict(rotary_pct=0.5, rotary_emb_base=10000)


def random_model(seed, settings, rotary):
    """A model whose every weight matters: far from the initialisation, where attention is flat."""
    config = GPTNeoXConfig(**{**SIZES, **settings}, **rotary)
    model = GPTNeoXForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            centre = 1.0 if "norm.weight" in name else 0.0
            weight.copy_(centre + 0.3 * torch.randn(weight.shape, generator=generator))
    return model


def write_config(folder, rotary):
    """config.json as the given spelling of the rotary settings has it."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if "rope_parameters" not in rotary:
        del config["rope_parameters"]
        config |= rotary | {"rope_scaling": None}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_expected(folder, model, seed):
    """Logits, loss and every site of a batch of random ids, all in float32."""
    model = model.float()
    ids = torch.randint(0, model.config.vocab_size, (2, 7),
                        generator=torch.Generator().manual_seed(1000 + seed))
    expected = {"ids": ids}
    hooks = []
    for name, module in model.named_modules():
        layer = name.startswith("gpt_neox.layers.") and name.split("gpt_neox.layers.")[1]
        if layer and (layer.isdigit() or "mlp.dense" in layer):
            def keep(_module, _inputs, output, name=name):
                value = output[0] if isinstance(output, tuple) else output
                expected[name] = value.detach().clone().contiguous()
            hooks.append(module.register_forward_hook(keep))
    with torch.no_grad():
        result = model(ids, labels=ids)
    expected["logits"] = result.logits.contiguous()
    expected["loss"] = result.loss
    for hook in hooks:
        hook.remove()
    save_file(expected, folder / "expected.safetensors")


def make(name, seed, settings=None, rotary=None, dtype=torch.float32, shards=None, finish=None):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    rotary = rotary or ROTARY
    model = random_model(seed, settings or {}, rotary).to(dtype)
    model.save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_config(folder, rotary)
    # What transformers reads back from the folder, not what we meant to write, is the truth.
    model = GPTNeoXForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    write_expected(folder, model, seed)
    if finish:
        finish(folder)


def to_pickle(folder):
    """An older checkpoint: a torch zip with masks among the weights and the head's other name."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    weights["lm_head.weight"] = weights.pop("embed_out.weight")
    for layer in range(SIZES["num_hidden_layers"]):
        attention = f"gpt_neox.layers.{layer}.attention."
        weights[attention + "bias"] = torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()
        weights[attention + "masked_bias"] = torch.tensor(-1e9)
        weights[attention + "rotary_emb.inv_freq"] = torch.rand(1)
    torch.save(weights, folder / "pytorch_model.bin")


def to_base_model(folder):
    """The names that GPTNeoXModel (without a head) saves, with a head beside them."""
    path = folder / "model.safetensors"
    weights = load_file(path)
    save_file({name.removeprefix("gpt_neox."): weight for name, weight in weights.items()}, path,
              metadata={"format": "pt"})


def main():
    logging.disable_progress_bar()
    make("parallel", 1)
    make("sequential", 2, {"use_parallel_residual": False})
    make("full_rotary", 3, {}, {"rotary_pct": 1.0, "rotary_emb_base": 500})
    make("rope_parameters", 4, {},
         {"rope_parameters": {"rope_type": "default", "rope_theta": 2000.0,
                              "partial_rotary_factor": 0.5}})
    make("no_attention_bias", 5, {"attention_bias": False})
    make("gelu_new", 6, {"hidden_act": "gelu_new"})
    make("gelu_fast", 7, {"hidden_act": "gelu_fast"})
    make("float16", 8, dtype=torch.float16)
    make("bfloat16", 9, dtype=torch.bfloat16)
    make("sharded", 10, {"num_hidden_layers": 3}, shards="3KB")
    make("tied", 11, {"tie_word_embeddings": True})
    make("pickled", 12, finish=to_pickle)
    make("base_names", 13, finish=to_base_model)


if __name__ == "__main__":
    main()
