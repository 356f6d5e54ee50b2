# SPDX-License-Identifier: GPL-3.0-or-later
"""SAEs of every library work in every verb, and all verbs mean the same by them: what `encode` computes
from a site's activations (tests/core/sae holds it to the libraries) is what the others insert and count."""
import json
import pathlib
import unittest

from support import tensors, tiny_model
from support.program import SOURCE, CliTest

FORMATS = SOURCE / "tests/data/sae/formats"
WIDTH = 6  # of the SAEs there; the tiny model gets a site of this width
SITE = "gpt_neox.layers.1.mlp.dense_h_to_4h"
# Those that differ in more than their packing.
KINDS = [path.name for path in sorted(FORMATS.iterdir()) if path.is_dir() and
         not path.name.startswith("interrupted-") and not path.name.endswith(("-deflated", "-constant"))]
FORWARD = ("forward", "--model", "model", "--ids", "ids.json", "--force", "--quiet")
GATED = {"lens-gated-layer", "dictionary-GatedAutoEncoder"}


class Formats(CliTest):
    def setUp(self):
        super().setUp()
        inner, tiny_model.INNER = tiny_model.INNER, WIDTH
        tiny_model.make_all(self.folder)
        tiny_model.INNER = inner
        (self.folder / "questions.jsonl").write_text(
            "".join(json.dumps({"context": f"{n} + {n} =", "completion": f" {2 * n}"}) + "\n"
                    for n in range(8)))
        ids = self.done("tokenize", "--model", "model", "text.txt", "--json").json()["ids"]
        contexts = [ids[at:at + 16] for at in range(0, 16 * 8, 16)]
        (self.folder / "ids.json").write_text(json.dumps(contexts))
        self.done(*FORWARD, "--capture", SITE, "--no-logits", "--out", "site.safetensors")
        shape, values = tensors.read(self.folder / "site.safetensors")[SITE]
        self.assertEqual(shape, [8, 16, WIDTH])
        tensors.write(self.folder / "x.safetensors", {"activations": ((128, WIDTH), values)})

    def verbs(self, name):
        sae = ("--model", "model", "--sae", FORMATS / name, "--layer", "1", "--site", "mlp-pre")
        text = (*sae, "--text", "text.txt", "--context", "16", "--tokens", "128")
        code = self.done("encode", "--sae", FORMATS / name, "--activations", "x.safetensors", "--out",
                         "code.safetensors", "--json", "--force").json()
        found = tensors.read(self.folder / "code.safetensors")

        # The site shows what took its place.
        self.done(*FORWARD, *sae[2:], "--capture", SITE, "--out", "o.safetensors")
        _, inserted = tensors.read(self.folder / "o.safetensors")[SITE]
        for ours, expected in zip(inserted, found["reconstruction"][1]):
            self.assertAlmostEqual(ours, expected, delta=1e-4 * max(1, abs(expected)))

        result = self.done("evaluate", *text, "--json").json()
        self.assertAlmostEqual(result["l0"], code["l0"], places=5)
        for figure in ("recon_loss", "explained_variance"):
            self.assertAlmostEqual(result[figure], code[figure], delta=1e-3 * max(1, abs(code[figure])))

        self.done("index", *text, "--out", "i.sqlite", "--force", "--quiet")
        (rows, features), encoded = found["features"]
        for row in self.done("features", "i.sqlite", "--json").json()["rows"]:
            column = encoded[row["feature"]::features]
            self.assertEqual(len(column), rows)
            self.assertEqual(row["active_tokens"], sum(value > 0 for value in column), row)
            self.assertAlmostEqual(row["max"], max(column), delta=1e-4 * max(1, max(column)))

        tune = ("finetune", *sae, "--text", "questions.jsonl", "--epochs", "1", "--steps-per-epoch", "2",
                "--batch", "2", "--measure-tokens", "20", "--out", "run", "--force", "--quiet")
        if name in GATED:
            self.fails(1, "it is gated", *tune)
        else:
            self.done(*tune)
            self.assertEqual(tensors.read(self.folder / "run/scales.safetensors")["c"][0], [features])

    def test_every_format_means_the_same_to_every_verb(self):
        self.assertGreaterEqual(len(KINDS), 15)
        for name in KINDS:
            with self.subTest(name):
                self.verbs(name)

    def test_what_is_unknown_is_refused_by_name(self):
        folder = pathlib.Path(self.folder / "unknown")
        folder.mkdir()
        weights = tensors.read(self.folder / "sae/sae_weights.safetensors")
        tensors.write(folder / "sae_weights.safetensors", weights)
        settings = json.loads((self.folder / "sae/cfg.json").read_text())
        for key, value in (("architecture", "temporal"), ("architecture", "matching_pursuit"),
                           ("architecture", "jumprelu_transcoder"),
                           ("normalize_activations", "covariance_whitening")):
            (folder / "cfg.json").write_text(json.dumps({**settings, key: value}))
            self.fails(1, [key, value], "info", "unknown")
        (folder / "cfg.json").write_text(json.dumps({"trainer": {"dict_class": "CrossCoder"}}))
        tensors.write(folder / "sae_weights.safetensors",
                      {"encoder.weight": ((2, 2), [0.0] * 4), "decoder.weight": ((2, 2), [0.0] * 4)})
        self.fails(1, "CrossCoder", "info", folder / "sae_weights.safetensors")


if __name__ == "__main__":
    unittest.main()
