# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope evaluate` against transformers: losses with an SAE, zeros and the mean at a site,
layer by layer, the figures of the reconstruction, features ablated one by one, and the bootstrap."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from comparison import DATA, Comparison, decode, figures, pre_activations, random_sae, save_sae

TOKENIZER = DATA / "pythia_tokenizer.json"
MODULES = {"mlp-pre": ".mlp.dense_h_to_4h", "mlp-out": ".mlp.dense_4h_to_h", "resid": ""}
CONTEXT, WIDTH, FEATURES = 24, 64, 200
TEXTS = [
    "The otters come to the banks of the river in spring, and the frogs in winter.\n",
    "Question: What is (2 * 7) + 2? Answer: 16. Score: 1-0\n",
    "a",
    "It rained; the first of them stayed dry, because it had been left out of the batch. " * 3,
]


def random_model(folder, parallel):
    torch.manual_seed(3)
    config = GPTNeoXConfig(vocab_size=50304, hidden_size=WIDTH, num_hidden_layers=3,
                           num_attention_heads=4, intermediate_size=160, rotary_pct=0.25,
                           max_position_embeddings=64, hidden_act="gelu",
                           use_parallel_residual=parallel)
    model = GPTNeoXForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0, 1.0 if "embed_in" in name else 1.5 * weight.shape[1] ** -0.5)
    model.save_pretrained(folder)
    shutil.copy(TOKENIZER, folder / "tokenizer.json")
    return model


def contexts(packing):
    """Token ids of every context, as the contract cuts them."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    documents = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    if packing == "documents":
        return [ids[:CONTEXT] for ids in documents]
    stream = documents[0]
    for ids in documents[1:]:
        stream = stream + [tokenizer.token_to_id("<|endoftext|>")] + ids
    return [stream[i:i + CONTEXT] for i in range(0, len(stream) - CONTEXT + 1, CONTEXT)]


@torch.no_grad()
def run(model, ids, name, replace=None):
    """Log-probabilities of the next token in float64, and the value at the module `name`."""
    kept = []

    def hook(_module, _inputs, output):
        kept.append(output)
        return output if replace is None else replace(output)

    handle = dict(model.named_modules())[name].register_forward_hook(hook)
    logits = model(torch.tensor([ids])).logits[0].double()
    handle.remove()
    return logits.log_softmax(-1), kept[0][0]


class BruteForce:
    def __init__(self, model, batches, name):
        self.model, self.batches, self.name = model, batches, name
        self.base = [run(model, ids, name) for ids in batches]
        self.x = torch.cat([value for _, value in self.base])
        self.predicted = sum(len(ids) - 1 for ids in batches)

    def losses(self, replace=None):
        """Every context's summed loss."""
        sums = []
        for ids in self.batches:
            logs, _ = run(self.model, ids, self.name, replace)
            sums.append(-logs[:-1].gather(1, torch.tensor(ids[1:])[:, None]).sum().item())
        return numpy.array(sums)

    def ablated(self, sae, feature):
        """Mean change of the loss and mean KL when a feature's contribution is taken out."""
        change, divergence = 0.0, 0.0
        for ids, (before, _) in zip(self.batches, self.base):
            def replace(value):
                f = pre_activations(sae, value).relu()[..., feature:feature + 1]
                return value - f * sae["W_dec"][feature]
            after, _ = run(self.model, ids, self.name, replace)
            target = torch.tensor(ids[1:])[:, None]
            change += (before - after)[:-1].gather(1, target).sum().item()
            divergence += (before.exp() * (before - after))[:-1].sum().item()
        return change / self.predicted, divergence / self.predicted


def interval(base, sae, ablated):
    """The percentile bootstrap, with numpy's own random numbers: close, not equal."""
    draws = numpy.random.default_rng(0).integers(len(base), size=(4000, len(base)))
    shares = ((ablated - sae)[draws].sum(1)) / ((ablated - base)[draws].sum(1))
    return numpy.percentile(shares, [2.5, 97.5])


def compare(table, folder, kind, packing, parallel, layer):
    label = f"{kind}, {packing}, {'parallel' if parallel else 'sequential'}"
    folder.mkdir()
    model = random_model(folder / "model", parallel)
    (folder / "text.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    name = f"gpt_neox.layers.{layer}{MODULES[kind]}"
    width = 160 if kind == "mlp-pre" else WIDTH
    sae = random_sae(width, FEATURES, 5)
    sae["b_enc"][::7] = -1e4
    save_sae(folder / "sae", sae, name)
    arguments = ("evaluate", "--model", folder / "model", "--sae", folder / "sae", "--site", kind,
                 "--text", folder / "text.jsonl", "--packing", packing, "--context", CONTEXT,
                 "--batch", 3, "--threads", 1)
    ours = figures(*arguments, "--layer", layer, "--ablate", "3,7,20")

    def insert(value):
        return decode(sae, pre_activations(sae, value).relu())

    brute = BruteForce(model, contexts(packing), name)
    mean = brute.x.double().mean(0)
    losses = {
        "base": brute.losses(), "sae": brute.losses(insert),
        "zero": brute.losses(torch.zeros_like),
        "mean": brute.losses(lambda value: mean.float().expand_as(value)),
    }
    table.equal(label, "tokens", ours["tokens"], len(brute.x))
    for key, sums in losses.items():
        table.number(label, key, ours["loss"][key], sums.sum() / brute.predicted)
    for key in ("zero", "mean"):
        share = (losses[key] - losses["sae"]).sum() / (losses[key] - losses["base"]).sum()
        table.number(label, f"recovered {key}", ours["recovered"][key]["value"], share, 1e-3)

    f = pre_activations(sae, brute.x).relu()
    error = (brute.x - decode(sae, f)).double().pow(2).sum(1)
    table.number(label, "l0", ours["l0"], (f > 0).double().sum(1).mean().item(), 1e-4)
    table.number(label, "recon_loss", ours["recon_loss"], error.mean().item())
    spread = (brute.x.double() - mean).pow(2).sum()
    table.number(label, "explained variance", ours["explained_variance"],
                 (1 - error.sum() / spread).item(), 1e-4)
    cosine = torch.nn.functional.cosine_similarity(brute.x, decode(sae, f), dim=1).mean().item()
    table.number(label, "cosine", ours["cosine"], cosine, 1e-4)
    table.equal(label, "dead", ours["dead"], int((f > 0).any(0).logical_not().sum()))
    for entry in ours["ablations"]:
        change, divergence = brute.ablated(sae, entry["feature"])
        # Of the size of the losses: a change is a difference of two of them.
        close = abs(entry["delta"] - change) < 1e-5 and abs(entry["kl"] - divergence) < 1e-5
        table.add(label, f"ablated {entry['feature']} ({change:+.1e}, KL {divergence:.1e})", close)

    layers = figures(*arguments, "--layers", "0-2")["layers"]
    for entry in layers:
        there = BruteForce(model, contexts(packing), name.replace(f".{layer}", f".{entry['layer']}", 1))
        for key, replace in (("sae", insert), ("zero", torch.zeros_like)):
            table.number(label, f"layer {entry['layer']} {key}", entry[key],
                         there.losses(replace).sum() / there.predicted)
    return ours, losses


def compare_intervals(table, ours, losses):
    """On the case with the most contexts; the two bootstraps draw other numbers."""
    low, high = interval(losses["base"], losses["sae"], losses["zero"])
    entry = ours["recovered"]["zero"]
    width = high - low
    text = f"[{entry['low']:.3f}, {entry['high']:.3f}], numpy [{low:.3f}, {high:.3f}]"
    close = abs(entry["low"] - low) < 0.25 * width and abs(entry["high"] - high) < 0.25 * width
    table.add("bootstrap", text, close)


def main():
    if not TOKENIZER.exists():
        sys.exit(f"{TOKENIZER} is missing")
    torch.set_num_threads(1)
    table = Comparison()
    cases = [("mlp-out", "packed", True, 1), ("mlp-out", "documents", False, 1),
             ("mlp-pre", "documents", True, 2), ("resid", "packed", False, 0)]
    with tempfile.TemporaryDirectory() as folder:
        results = [compare(table, Path(folder) / str(i), *case) for i, case in enumerate(cases)]
    compare_intervals(table, *results[0])
    table.finish()


if __name__ == "__main__":
    main()
