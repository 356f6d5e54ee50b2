#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole chain, text → model → SAE → index, against a dense PyTorch program: every feature's
statistics and top activations, as a researcher would recompute them."""
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from comparison import DATA, command

TOKENIZER = DATA / "pythia_tokenizer.json"
TEXT = DATA / "wikitext2_valid.txt"

LAYER, CONTEXT, TOKENS, FEATURES, TOP = 1, 128, 4096, 512, 20
# A value this near to zero may be active for one program and not for the other (float32 sums).
BORDER = 1e-4


def display(token):
    """A token's text as the contract shows it; these texts are ASCII where they are compared."""
    text = token.replace("\n", "↵").replace("\t", "→")
    stripped = text.lstrip(" ")
    return "·" * (len(text) - len(stripped)) + stripped


def write_model(folder, seed=1):
    torch.manual_seed(seed)
    config = GPTNeoXConfig(vocab_size=50304, hidden_size=128, num_hidden_layers=3,
                           num_attention_heads=4, intermediate_size=512, rotary_pct=0.25,
                           max_position_embeddings=2048, hidden_act="gelu")
    model = GPTNeoXForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" not in name:
                weight.copy_(torch.randn_like(weight) * 0.05)
    model.save_pretrained(folder)
    shutil.copy(TOKENIZER, folder / "tokenizer.json")
    return model


def write_sae(folder, activations, seed=2):
    """Random directions whose biases let about 2% of the tokens through; every eighth is dead."""
    torch.manual_seed(seed)
    width = activations.shape[1]
    sae = {
        "W_enc": torch.randn(width, FEATURES) / width**0.5,
        "W_dec": torch.nn.functional.normalize(torch.randn(FEATURES, width), dim=1) * 1.25,
        "b_dec": activations.mean(0),
    }
    projected = (activations - sae["b_dec"]) @ sae["W_enc"]
    sae["b_enc"] = -torch.quantile(projected, 0.98, dim=0)
    sae["b_enc"][::8] = -1e3
    folder.mkdir()
    save_file({name: value.contiguous() for name, value in sae.items()},
              folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps({
        "architecture": "standard", "d_in": width, "d_sae": FEATURES, "dtype": "float32",
        "apply_b_dec_to_input": True, "normalize_activations": "none",
        "reshape_activations": "none", "metadata": {"hook_name": f"blocks.{LAYER}.hook_mlp_out"}}))
    return sae


def site_activations(model, ids):
    captured = []
    module = model.gpt_neox.layers[LAYER].mlp.dense_4h_to_h
    hook = module.register_forward_hook(lambda _m, _i, output: captured.append(output))
    with torch.no_grad():
        for batch in ids.split(8):
            model(batch)
    hook.remove()
    return torch.cat([c.reshape(-1, c.shape[-1]) for c in captured])


@unittest.skipUnless(TOKENIZER.exists() and TEXT.exists(), f"no {TOKENIZER} and {TEXT}")
class Chain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = Path(cls.temporary.name)
        cls.tokenizer = Tokenizer.from_file(str(TOKENIZER))
        model = write_model(folder / "model")
        text = TEXT.read_bytes().decode("utf-8")
        ids = torch.tensor(cls.tokenizer.encode(text).ids[:TOKENS])
        cls.stream = ids.tolist()
        activations = site_activations(model, ids.reshape(-1, CONTEXT))
        cls.sae = write_sae(folder / "sae", activations)
        z = (activations - cls.sae["b_dec"]) @ cls.sae["W_enc"] + cls.sae["b_enc"]
        cls.f = torch.relu(z)
        cls.border = (z.abs() < BORDER).sum(0)
        cls.index = folder / "index.sqlite"
        cls.report = cls.run_verb("index", "--model", folder / "model", "--sae", folder / "sae",
                                  "--layer", LAYER, "--text", TEXT, "--out", cls.index,
                                  "--tokens", TOKENS + CONTEXT // 2, "--top", TOP, "--json")
        cls.rows = {row["feature"]: row for row in cls.run_verb("features", cls.index, "--json")["rows"]}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @staticmethod
    def run_verb(*arguments):
        done = subprocess.run(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stderr}")
        return json.loads(done.stdout)

    def test_every_feature_has_a_row_and_only_whole_contexts_count(self):
        self.assertEqual(sorted(self.rows), list(range(FEATURES)))
        stored = sqlite3.connect(self.index).execute("SELECT count(*) FROM corpus_token").fetchone()[0]
        self.assertEqual(stored, TOKENS)

    def test_statistics_equal_those_of_the_dense_code(self):
        worst = 0.0
        for m, row in self.rows.items():
            f = self.f[:, m]
            active = int((f > 0).sum())
            self.assertLessEqual(abs(row["active_tokens"] - active), int(self.border[m]), m)
            self.assertAlmostEqual(row["density"], row["active_tokens"] / TOKENS, places=12)
            self.assertEqual(bool(row["dead"]), row["active_tokens"] == 0)
            scale = max(float(f.max()), 1e-3)
            worst = max(worst, abs(row["max"] - float(f.max())) / scale)
            if row["active_tokens"] == active and active:
                worst = max(worst, abs(row["mean_active"] - float(f.sum()) / active) / scale)
        print(f"  max and mean of {FEATURES} features: worst relative error {worst:.2e}")
        self.assertLess(worst, 1e-4)

    def test_geometry_equals_that_of_the_decoder(self):
        W_dec, b_enc = self.sae["W_dec"], self.sae["b_enc"]
        dead = torch.tensor([bool(self.rows[m]["dead"]) for m in range(FEATURES)])
        self.assertGreaterEqual(int(dead.sum()), FEATURES // 8)
        mean = W_dec[dead].mean(0)
        cosine = torch.nn.functional.cosine_similarity(W_dec, mean[None], dim=1)
        for m, row in self.rows.items():
            self.assertAlmostEqual(row["cosine_to_dead"], float(cosine[m]), places=5)
            self.assertAlmostEqual(row["decoder_norm"], float(W_dec[m].norm()), places=5)
            self.assertAlmostEqual(row["encoder_bias"] / abs(float(b_enc[m])),
                                   float(b_enc[m] / b_enc[m].abs()), places=6)

    def test_top_activations_are_the_largest_at_their_places(self):
        for m in range(0, FEATURES, 7):
            rows = self.run_verb("activations", self.index, m, "--limit", TOP, "--json")["rows"]
            values, _ = torch.sort(self.f[:, m], descending=True)
            values = values[:TOP][values[:TOP] > 0].tolist()
            self.assertLessEqual(abs(len(rows) - len(values)), int(self.border[m]))
            for rank, (row, value) in enumerate(zip(rows, values), 1):
                self.assertEqual(row["rank"], rank)
                self.assertAlmostEqual(row["activation"], value, delta=1e-4 * values[0])
                self.assertAlmostEqual(row["activation"], float(self.f[row["position"], m]),
                                       delta=1e-4 * values[0])
                token = self.tokenizer.decode([self.stream[row["position"]]], skip_special_tokens=False)
                if token.isascii():
                    self.assertEqual(row["str_token"], display(token))
                    self.assertIn(row["str_token"], row["context"])
            if rows:
                self.assertEqual(self.rows[m]["top_token"], rows[0]["str_token"])
            else:
                self.assertEqual(self.rows[m]["top_token"], "")

    def test_the_views_say_the_same_to_any_sqlite(self):
        database = sqlite3.connect(self.index)
        for m in (1, 9, 100):
            rows = self.run_verb("activations", self.index, m, "--limit", TOP, "--json")["rows"]
            seen = database.execute("SELECT rank, position, str_token, context, activation FROM "
                                    "top_activation WHERE feature = ? ORDER BY rank", (m,)).fetchall()
            self.assertEqual(len(seen), len(rows))
            for view, row in zip(seen, rows):
                self.assertEqual(view[:4], (row["rank"], row["position"], row["str_token"], row["context"]))
                self.assertAlmostEqual(view[4], row["activation"], places=5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
