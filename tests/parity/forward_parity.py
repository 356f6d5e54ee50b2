# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope forward` against transformers: logits, loss and every site of random models in
Pythia's shapes and in odd ones, with and without an SAE (and its fine-tuning) in place of a site."""

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from transformers.utils import logging

from comparison import (Comparison, decode, figures, pre_activations, random_sae, save_sae)

KINDS = {"mlp-pre": ".mlp.dense_h_to_4h", "mlp-out": ".mlp.dense_4h_to_h", "resid": ""}


def pythia(layers, width, heads):
    return dict(num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
                intermediate_size=4 * width, vocab_size=50304)


SMALL = dict(num_hidden_layers=3, hidden_size=96, num_attention_heads=4, intermediate_size=200,
             vocab_size=1000)
PYTHIA = {
    "pythia-14m": pythia(6, 128, 4),
    "pythia-31m": pythia(6, 256, 8),
    "pythia-70m": pythia(6, 512, 8),
    "pythia-160m": pythia(12, 768, 12),
}
LARGE = {"pythia-410m": pythia(24, 1024, 16)}
# One layer of the larger members, whose heads are of other widths (80, 128, 256).
LARGE_HEADS = {
    "pythia-1b, 1 layer": pythia(1, 2048, 8) | dict(vocab_size=512),
    "pythia-1.4b, 1 layer": pythia(1, 2048, 16) | dict(vocab_size=512),
    "pythia-2.8b, 1 layer": pythia(1, 2560, 32) | dict(vocab_size=512),
}
ODD = {
    "sequential residual": SMALL | dict(use_parallel_residual=False),
    "rotary 1.0": SMALL | dict(rotary_pct=1.0),
    "rotary 0.5, base 500": SMALL | dict(rotary_pct=0.5, rotary_emb_base=500),
    "no attention bias": SMALL | dict(attention_bias=False),
    "gelu_new": SMALL | dict(hidden_act="gelu_new"),
    "gelu_fast": SMALL | dict(hidden_act="gelu_fast"),
    "gelu_pytorch_tanh": SMALL | dict(hidden_act="gelu_pytorch_tanh"),
    "tied embeddings": SMALL | dict(tie_word_embeddings=True),
    "layer norm 1e-3": SMALL | dict(layer_norm_eps=1e-3),
    "one head": SMALL | dict(num_attention_heads=1),
}


def random_model(settings, seed):
    """Weights at which every part matters (the initialisation's attention is nearly flat)."""
    rotary = {key: settings[key] for key in ("rotary_pct", "rotary_emb_base") if key in settings}
    config = GPTNeoXConfig(**{"rotary_pct": 0.25, "hidden_act": "gelu"} | settings | rotary)
    torch.manual_seed(seed)
    with torch.device("meta"):
        model = GPTNeoXForCausalLM(config)
    model = model.to_empty(device="cpu")
    # The rotary frequencies are a buffer outside of the checkpoint: make them anew.
    rotary_class = type(model.gpt_neox.rotary_emb)
    model.gpt_neox.rotary_emb = rotary_class(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0, 1.0 if "embed_in" in name else 1.2 * weight.shape[1] ** -0.5)
            else:
                weight.normal_(1.0 if "norm.weight" in name else 0.0, 0.1)
    model.tie_weights()
    return model.eval()


@contextmanager
def watched(model, replace=None):
    """The values at every site during the passes inside, by module name. `replace` maps a module's
    name to a function of its output, which takes the output's place."""
    values, hooks = {}, []

    def hook(name):
        def keep(_module, _inputs, output):
            if replace and name in replace:
                output = replace[name](output)
            values[name] = output.detach()
            return output
        return keep

    for layer, block in enumerate(model.gpt_neox.layers):
        prefix = f"gpt_neox.layers.{layer}"
        for module, suffix in ((block, ""), (block.mlp.dense_h_to_4h, KINDS["mlp-pre"]),
                               (block.mlp.dense_4h_to_h, KINDS["mlp-out"])):
            hooks.append(module.register_forward_hook(hook(prefix + suffix)))
    try:
        yield values
    finally:
        for registered in hooks:
            registered.remove()


def expected(model, ids, replace=None):
    """(logits, loss, sites) by transformers, in float32."""
    with torch.no_grad(), watched(model, replace) as sites:
        result = model(ids, labels=ids)
    return result.logits, result.loss.item(), sites


def forward(folder, model_folder, ids, captures, *flags):
    """(tensors, figures) by our program."""
    ids_file, out = folder / "ids.json", folder / "out.safetensors"
    ids_file.write_text(json.dumps(ids.tolist()))
    capture_flags = [part for name in captures for part in ("--capture", name)]
    report = figures("forward", "--model", model_folder, "--ids", ids_file, "--out", out, "--force",
                     *capture_flags, *flags)
    return load_file(out), report


def compare_model(table, label, folder, model, shape=(2, 64), **save):
    """The whole pass: logits, loss, and the worst of each kind of site."""
    folder.mkdir()
    model_folder = folder / "model"
    model.save_pretrained(model_folder, **save)
    model = GPTNeoXForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    ids = torch.randint(0, model.config.vocab_size, shape)
    logits, loss, sites = expected(model, ids)
    tensors, report = forward(folder, model_folder, ids, sites)
    table.tensor(label, "logits", tensors["logits"], logits)
    table.number(label, "loss", report["loss"], loss)
    for kind, suffix in KINDS.items():
        names = [f"gpt_neox.layers.{n}{suffix}" for n in range(model.config.num_hidden_layers)]
        worst = max(names, key=lambda name: (tensors[name] - sites[name]).abs().max()
                    / sites[name].abs().max())
        table.tensor(label, kind, tensors[worst], sites[worst])
    return model, model_folder, ids, sites


def compare_insertion(table, label, folder, model, model_folder, ids, sites):
    """An SAE at each kind of site of layer 1, plain, fine-tuned, and keeping its error."""
    for kind, suffix in KINDS.items():
        name = f"gpt_neox.layers.1{suffix}"
        width = sites[name].shape[-1]
        sae = random_sae(width, 2 * width, 7)
        save_sae(folder / f"sae-{kind}", sae, name)
        scale, bias = torch.linspace(0.5, 1.5, 2 * width), torch.linspace(-0.3, 0.3, 2 * width)

        def plain(x):
            return decode(sae, pre_activations(sae, x).relu())

        def tuned(x):
            return decode(sae, (pre_activations(sae, x) * scale + bias).relu())

        run = folder / f"run-{kind}"
        run.mkdir()
        save_file({"c": scale, "d": bias}, run / "scales.safetensors")
        insert = ("--sae", folder / f"sae-{kind}", "--layer", 1, "--site", kind)
        for how, flags, replace, keep_error in (
            ("SAE", insert, plain, False),
            ("fine-tuned SAE", ("--finetune", run), tuned, False),
            ("fine-tuned SAE + error", ("--finetune", run), lambda x: tuned(x) + x - plain(x), True),
        ):
            (run / "run.json").write_text(json.dumps({
                "sae": str(folder / f"sae-{kind}"), "layer": 1, "site": kind,
                "keep_error": keep_error}))
            logits, loss, edited = expected(model, ids, {name: replace})
            tensors, report = forward(folder, model_folder, ids, [name], *flags)
            row = f"{label}, {how} at {kind}"
            table.tensor(row, "logits", tensors["logits"], logits)
            table.number(row, "loss", report["loss"], loss)
            table.tensor(row, kind, tensors[name], edited[name])


def compare_truncation(table, label, folder, model_folder, ids, sites):
    """--no-logits gives the same sites, and no loss."""
    for kind, suffix in KINDS.items():
        name = f"gpt_neox.layers.1{suffix}"
        tensors, report = forward(folder, model_folder, ids, [name], "--no-logits")
        row = f"{label}, --no-logits"
        table.tensor(row, kind, tensors[name], sites[name])
        table.equal(row, "alone", (report["loss"], list(tensors)), (None, [name]))


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    table = Comparison()
    models = PYTHIA | (LARGE if "--all" in sys.argv else {}) | LARGE_HEADS | ODD
    for seed, (label, settings) in enumerate(models.items()):
        # Each model's files go before the next is made: the large ones take gigabytes.
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            compared = compare_model(table, label, folder / "a", random_model(settings, seed))
            if label in ("pythia-70m", "sequential residual"):
                model, model_folder, ids, sites = compared
                compare_insertion(table, label, folder / "a", model, model_folder, ids, sites)
                compare_truncation(table, label, folder / "a", model_folder, ids, sites)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for dtype in (torch.float16, torch.bfloat16):
            label = f"stored in {str(dtype).removeprefix('torch.')}"
            compare_model(table, label, folder / label, random_model(SMALL, 50).to(dtype))
        compare_model(table, "sharded", folder / "sharded", random_model(SMALL, 51),
                      max_shard_size="200KB")
        compare_model(table, "two tokens", folder / "short", random_model(SMALL, 52), shape=(3, 2))
        compare_model(table, "all 2048 positions", folder / "long", random_model(SMALL, 53),
                      shape=(1, 2048))
    table.finish()


if __name__ == "__main__":
    main()
