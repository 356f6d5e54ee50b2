# SPDX-License-Identifier: GPL-3.0-or-later
"""`featurescope attribute`, `cosines` and `inspect` against PyTorch on random weights."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from comparison import DATA, Comparison, figures, pre_activations, random_sae, save_sae

TOKENIZER = DATA / "pythia_tokenizer.json"
WIDTH, FEATURES, LAYER, NAMED_TOKENS = 96, 300, 1, 50277
PROMPT = "Question: What is (2 * 7) + 2?\nAnswer: 16"


def random_model(folder, tied):
    torch.manual_seed(4)
    config = GPTNeoXConfig(vocab_size=50304, hidden_size=WIDTH, num_hidden_layers=2,
                           num_attention_heads=4, intermediate_size=4 * WIDTH, rotary_pct=0.25,
                           max_position_embeddings=128, hidden_act="gelu",
                           tie_word_embeddings=tied)
    model = GPTNeoXForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0, 1.2 * weight.shape[1] ** -0.5)
        model.gpt_neox.final_layer_norm.weight.normal_(1, 0.4)
    model.save_pretrained(folder)
    shutil.copy(TOKENIZER, folder / "tokenizer.json")
    return model


def expected_logits(model, row):
    """(W_dec[f] ⊙ γ)(U − mean of U's rows)ᵀ in float64."""
    unembedding = model.get_output_embeddings().weight.detach().double()
    scale = model.gpt_neox.final_layer_norm.weight.detach().double()
    return (unembedding - unembedding.mean(0)) @ (row.double() * scale)


def compare_attribution(table, label, folder, model, sae):
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    common = ("attribute", "--model", folder / "model", "--sae", folder / "sae")
    for feature in (0, 17, FEATURES - 1):
        expected = expected_logits(model, sae["W_dec"][feature])
        rows = figures(*common, feature, "--limit", 12)["rows"]
        named = expected[:NAMED_TOKENS]
        ends = torch.cat([named.topk(12).indices, (-named).topk(12).indices])
        table.equal(label, f"feature {feature}: tokens", [row["id"] for row in rows], ends.tolist())
        table.tensor(label, "values", torch.tensor([row["value"] for row in rows]), expected[ends],
                     1e-5)
        names = [" Answer", " Score", "The", "\n"]
        ids = [tokenizer.encode(name, add_special_tokens=False).ids[0] for name in names]
        rows = figures(*common, feature, "--tokens", ",".join(names))["rows"]
        table.equal(label, "named", [row["id"] for row in rows], ids)
        table.tensor(label, "values", torch.tensor([row["value"] for row in rows]), expected[ids],
                     1e-5)


def compare_cosines(table, label, folder, sae):
    frequency = torch.rand(FEATURES, generator=torch.Generator().manual_seed(1)) * 0.1
    dead = torch.arange(FEATURES) % 5 == 0
    frequency[dead] = 0
    save_file({"sparsity": torch.log10(frequency + 1e-10)}, folder / "sae" / "sparsity.safetensors")
    result = figures("cosines", "--sae", folder / "sae", "--encoder")
    rows = result["rows"]
    table.equal(label, "dead", [row["dead"] for row in rows], dead.tolist())
    for column, weights, name in (("cosine", sae["W_dec"], "decoder"),
                                  ("encoder_cosine", sae["W_enc"].T, "encoder")):
        weights = weights.double()
        expected = torch.nn.functional.cosine_similarity(weights, weights[dead].mean(0)[None], dim=1)
        table.tensor(label, column, torch.tensor([row[column] for row in rows]), expected, 1e-6)
        summary = result["summary"][name]
        table.number(label, "mean dead", summary["dead"]["mean"], expected[dead].mean().item())
        pairs = expected[dead][:, None] - expected[~dead][None]
        table.number(label, "AUC", summary["alive"]["auc"],
                     ((pairs > 0).double() + (pairs == 0).double() / 2).mean().item())
        share = [torch.histc(part, 100, -1, 1) / len(part) for part in (expected[dead], expected[~dead])]
        table.number(label, "overlap", summary["alive"]["overlap"],
                     torch.minimum(*share).sum().item())
    density = torch.tensor([row["density"] for row in rows])
    table.tensor(label, "density", density, frequency)


@torch.no_grad()
def compare_prompt(table, label, folder, model, sae):
    ids = Tokenizer.from_file(str(TOKENIZER)).encode(PROMPT, add_special_tokens=False).ids
    kept = []
    module = model.gpt_neox.layers[LAYER].mlp.dense_4h_to_h
    handle = module.register_forward_hook(lambda _module, _inputs, output: kept.append(output[0]))
    model(torch.tensor([ids]))
    handle.remove()
    f = pre_activations(sae, kept[0]).relu()
    tokens = figures("inspect", "--model", folder / "model", "--sae", folder / "sae", "--layer",
                     LAYER, "--prompt", PROMPT, "--top", FEATURES)["tokens"]
    table.equal(label, "ids", [token["id"] for token in tokens], ids)
    code = torch.zeros(len(ids), FEATURES)
    for position, token in enumerate(tokens):
        for entry in token["features"]:
            code[position, entry["feature"]] = entry["value"]
    table.tensor(label, "features", code, f)
    table.number(label, "active", sum(token["active"] for token in tokens), int((f > 0).sum()), 1e-3)


def main():
    torch.set_num_threads(1)
    table = Comparison()
    with tempfile.TemporaryDirectory() as parent:
        for tied in (False, True):
            folder = Path(parent) / str(tied)
            folder.mkdir()
            model = random_model(folder / "model", tied)
            sae = random_sae(WIDTH, FEATURES, 6)
            save_sae(folder / "sae", sae, f"gpt_neox.layers.{LAYER}.mlp.dense_4h_to_h")
            compare_attribution(table, "tied" if tied else "attribute", folder, model, sae)
        compare_cosines(table, "cosines", folder, sae)
        compare_prompt(table, "inspect", folder, model, sae)
    table.finish()


if __name__ == "__main__":
    main()
