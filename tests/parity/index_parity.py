#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an index keeps of each feature beside the feature table (chain_parity.py has that), against
dense PyTorch: fine-tuned figures, histograms, drawn examples, near misses, tokens, neighbours by
four relations, postings and logits. Read through the documented views alone, and the postings as
the schema says.

A feature with a pre-activation within float32's rounding of zero may be active here and not there:
such features are left out of the comparison of counts, and their number is printed."""
import collections
import pathlib
import sqlite3
import sys
import tempfile
import unittest

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

import chain_parity as chain

TOKENS, CONTEXT, FEATURES = chain.TOKENS, chain.CONTEXT, chain.FEATURES
QUANTILES, PER_QUANTILE, SAMPLES, MISSES, NEIGHBOURS, LOGITS, DRAWN = 4, 3, 8, 5, 10, 5, 256


def postings(blob, first, count):
    """A chunk's positions and values: LEB128 differences, then little-endian float32."""
    positions, at, position = [], 0, first
    for _ in range(count):
        shift = gap = 0
        while True:
            byte = blob[at]
            at += 1
            gap |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        position += gap
        positions.append(position)
    return positions, torch.frombuffer(bytearray(blob[at:]), dtype=torch.float32)


@unittest.skipUnless(chain.TOKENIZER.exists() and chain.TEXT.exists(),
                     f"no {chain.TOKENIZER} and {chain.TEXT}")
class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.temporary.name)
        cls.model = chain.write_model(folder / "model")
        text = chain.TEXT.read_bytes().decode("utf-8")
        tokenizer = Tokenizer.from_file(str(chain.TOKENIZER))
        cls.vocabulary = tokenizer.get_vocab_size()
        ids = torch.tensor(tokenizer.encode(text).ids[:TOKENS])
        cls.stream = ids
        activations = chain.site_activations(cls.model, ids.reshape(-1, CONTEXT))
        cls.sae = chain.write_sae(folder / "sae", activations)
        cls.z = (activations - cls.sae["b_dec"]) @ cls.sae["W_enc"] + cls.sae["b_enc"]
        cls.f = torch.relu(cls.z)
        (folder / "run").mkdir()
        cls.c, cls.d = torch.linspace(-0.5, 2, FEATURES), torch.linspace(0.05, -0.05, FEATURES)
        save_file({"c": cls.c, "d": cls.d}, folder / "run/scales.safetensors")
        tuned = cls.z * cls.c + cls.d
        cls.tuned = torch.relu(tuned)
        cls.clear = ((cls.z.abs() < chain.BORDER).sum(0) == 0).tolist()
        cls.tuned_clear = ((tuned.abs() < chain.BORDER).sum(0) == 0).tolist()
        print(f"  {FEATURES - sum(cls.clear)} of {FEATURES} features have a value on the border")
        index = folder / "index.sqlite"
        chain.Chain.run_verb(
            "index", "--model", folder / "model", "--sae", folder / "sae", "--layer", chain.LAYER,
            "--text", chain.TEXT, "--out", index, "--tokens", TOKENS, "--finetune", folder / "run",
            "--quantiles", QUANTILES, "--quantile-examples", PER_QUANTILE, "--samples", SAMPLES,
            "--near-misses", MISSES, "--neighbours", NEIGHBOURS, "--logit-tokens", LOGITS, "--json")
        cls.database = sqlite3.connect(index)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def rows(self, query, *values):
        return self.database.execute(query, values).fetchall()

    def active(self, m):
        return torch.nonzero(self.f[:, m] > 0).flatten().tolist()

    def test_fine_tuned_figures_count_every_token(self):
        compared = 0
        for m, active, largest, mean in self.rows(
                "SELECT feature, active_tokens_ft, max_ft, mean_active_ft FROM feature_table"):
            if not self.tuned_clear[m]:
                continue
            column = self.tuned[:, m]
            count = int((column > 0).sum())
            self.assertEqual(active, count, m)
            scale = max(float(column.max()), 1e-3)
            self.assertAlmostEqual(largest, float(column.max()), delta=1e-4 * scale)
            self.assertAlmostEqual(mean, float(column.sum()) / max(count, 1), delta=1e-4 * scale)
            compared += 1
        self.assertGreater(compared, FEATURES // 2)

    def test_histograms_count_all_activations(self):
        edges = self.rows("SELECT low, high FROM histogram_bin ORDER BY bin")
        self.assertEqual(edges[0][0], 0)
        self.assertTrue(all(a[1] == b[0] for a, b in zip(edges, edges[1:])))
        for m in filter(self.clear.__getitem__, range(FEATURES)):
            bins = self.rows("SELECT low, high, count FROM activation_histogram WHERE feature = ?", m)
            self.assertEqual(sum(count for _, _, count in bins), len(self.active(m)))
            for low, high, count in bins:
                column, slack = self.f[:, m], chain.BORDER
                inner = int(((column > low + slack) & (column < high - slack)).sum())
                outer = int(((column > 0) & (column > low - slack) & (column < high + slack)).sum())
                self.assertTrue(inner <= count <= outer, (m, low, high))

    def test_examples_come_from_where_they_say(self):
        for m in filter(self.clear.__getitem__, range(FEATURES)):
            active = self.active(m)
            ranked = sorted((float(self.f[t, m]) for t in active), reverse=True)
            kinds = collections.defaultdict(list)
            for kind, part, position, value in self.rows(
                    "SELECT kind, part, position, activation FROM feature_example "
                    "WHERE feature = ? ORDER BY kind, part, rank", m):
                kinds[kind, part].append((position, value))
                expected = float((self.z if kind == "near miss" else self.f)[position, m])
                self.assertAlmostEqual(value, expected, delta=1e-4 * max(1, abs(expected)))
                self.assertEqual(position in active, kind != "near miss")
            self.assertEqual(len({p for p, _ in kinds["random", 0]}), min(SAMPLES, len(active)))
            n = len(active)
            for q in range(QUANTILES if n <= DRAWN else 0):
                first, last = n * q // QUANTILES, n * (q + 1) // QUANTILES
                drawn = kinds["quantile", q + 1]
                self.assertEqual(len(drawn), min(PER_QUANTILE, last - first))
                for _, value in drawn:
                    self.assertLessEqual(value, ranked[first] + 1e-3)
                    self.assertGreaterEqual(value, ranked[last - 1] - 1e-3)
            # The corpus is shorter than the sample in which near misses are looked for.
            inactive = torch.sort(self.z[:, m][self.z[:, m] <= 0], descending=True).values[:MISSES]
            for (_, value), expected in zip(kinds["near miss", 0], inactive.tolist(), strict=True):
                self.assertAlmostEqual(value, expected, delta=1e-4 * max(1, abs(expected)))

    def test_tokens_have_their_precision_and_recall(self):
        occurrences = collections.Counter(self.stream.tolist())
        for m in filter(self.clear.__getitem__, range(FEATURES)):
            active = self.active(m)
            counts = collections.Counter(int(self.stream[t]) for t in active)
            rows = self.rows("SELECT token, count, precision, recall FROM feature_token "
                             "WHERE feature = ? ORDER BY rank", m)
            expected = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:len(rows)]
            self.assertEqual([row[:2] for row in rows], expected)
            self.assertEqual(len(rows), min(20, len(counts)))
            for token, count, precision, recall in rows:
                self.assertAlmostEqual(precision, count / len(active), places=12)
                self.assertAlmostEqual(recall, count / occurrences[token], places=12)

    def test_neighbours_are_those_of_the_whole_matrices(self):
        f, on = self.f.double(), (self.f > 0).double()
        together, counts = on.T @ on, on.sum(0)
        cosine = lambda rows: torch.nn.functional.normalize(rows.double(), dim=1) @ \
            torch.nn.functional.normalize(rows.double(), dim=1).T
        relations = {
            "decoder cosine": cosine(self.sae["W_dec"]),
            "encoder cosine": cosine(self.sae["W_enc"].T),
            "jaccard": together / (counts[:, None] + counts[None] - together).clamp_min(1),
            "pearson": torch.corrcoef(f.T).nan_to_num(),
        }
        for relation, matrix in relations.items():
            matrix = matrix.clone().fill_diagonal_(-2)
            worst = 0.0
            for m in range(FEATURES):
                rows = self.rows("SELECT other, value FROM neighbour WHERE feature = ? AND relation = ? "
                                 "ORDER BY rank", m, relation)
                ranked = torch.sort(matrix[m], descending=True).values[:len(rows)].tolist()
                if "cosine" in relation:
                    self.assertEqual(len(rows), NEIGHBOURS)
                for (other, value), best in zip(rows, ranked):
                    if "cosine" not in relation and not (self.clear[m] and self.clear[other]):
                        continue
                    worst = max(worst, abs(value - float(matrix[m, other])))
                    if "cosine" in relation:
                        worst = max(worst, abs(value - best))
                if all(self.clear) and rows:
                    self.assertAlmostEqual(rows[0][1], ranked[0], delta=1e-4)
            print(f"  {relation}: worst error {worst:.1e}")
            self.assertLess(worst, 1e-4)

    def test_postings_hold_every_activation(self):
        total = 0
        for m in range(FEATURES):
            positions, values = [], []
            for first, count, blob in self.rows(
                    "SELECT first_position, count, data FROM posting WHERE feature = ? "
                    "ORDER BY first_position", m):
                some, sizes = postings(blob, first, count)
                positions += some
                values += sizes.tolist()
            self.assertEqual(len(positions), len(values))
            total += len(positions)
            if self.clear[m]:
                self.assertEqual(positions, self.active(m))
            column = self.f[:, m].tolist()
            for position, value in zip(positions, values):
                self.assertAlmostEqual(value, column[position], delta=1e-4 * max(1, value))
        density = self.rows("SELECT sum(density) FROM feature_table")[0][0]
        self.assertAlmostEqual(density, total / TOKENS, places=9, msg="densities sum to l0")

    def test_logits_are_those_of_the_unembedding(self):
        embed_out = self.model.get_output_embeddings().weight.detach().double()
        scale = self.model.gpt_neox.final_layer_norm.weight.detach().double()
        logits = (self.sae["W_dec"].double() * scale) @ (embed_out - embed_out.mean(0)).T
        logits = logits[:, :self.vocabulary]
        for m in range(FEATURES):
            for direction, sign in (("promoted", 1), ("suppressed", -1)):
                rows = self.rows("SELECT token, value FROM logit_token WHERE feature = ? AND "
                                 "direction = ? ORDER BY rank", m, direction)
                best = torch.sort(sign * logits[m], descending=True).values[:LOGITS] * sign
                for (token, value), expected in zip(rows, best.tolist(), strict=True):
                    self.assertAlmostEqual(value, expected, places=4)
                    self.assertAlmostEqual(value, float(logits[m, token]), places=4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
