# SPDX-License-Identifier: GPL-3.0-or-later
"""From a text to the table: what each verb writes, held against the verbs before it and plain Python."""
import csv
import io
import json
import math
import re
import sqlite3
import unittest

from support import tensors, tiny_model
from support.program import SOURCE, TINY_TOKENIZER, CliTest

SITE = "gpt_neox.layers.1.mlp.dense_4h_to_h"
CONTEXT = 32
INDEX = ("index", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "text.txt", "--context",
         CONTEXT, "--out", "i.sqlite")


def rows_of(tensor):
    """A tensor of any shape as rows of its last size."""
    shape, values = tensor
    width = shape[-1]
    return [values[i:i + width] for i in range(0, len(values), width)]


class Chain(CliTest):
    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)

    def contexts(self):
        ids = self.done("tokenize", "--model", "model", "text.txt", "--json").json()["ids"]
        whole = len(ids) - len(ids) % CONTEXT
        return [ids[i:i + CONTEXT] for i in range(0, whole, CONTEXT)]

    def features_by_hand(self):
        """f of every token in order, by the verbs forward and encode."""
        (self.folder / "ids.json").write_text(json.dumps(self.contexts()))
        self.done("forward", "--model", "model", "--ids", "ids.json", "--capture", SITE, "--no-logits",
                  "--out", "x.safetensors")
        self.done("encode", "--sae", "sae", "--activations", "x.safetensors", "--tensor", SITE, "--out",
                  "f.safetensors")
        return rows_of(tensors.read(self.folder / "f.safetensors")["features"])

    def test_the_index_holds_what_forward_and_encode_give(self):
        report = self.done(*INDEX, "--json").json()
        values = self.features_by_hand()
        rows = self.done("features", "i.sqlite", "--json").json()["rows"]
        self.assertEqual(report["tokens"], len(values))
        self.assertEqual([row["feature"] for row in rows], list(range(tiny_model.FEATURES)))
        for feature, row in enumerate(rows):
            column = [row_values[feature] for row_values in values]
            active = [value for value in column if value > 0]
            self.assertAlmostEqual(row["active_tokens"], len(active), delta=2)  # on the edge of 0
            self.assertAlmostEqual(row["density"], row["active_tokens"] / len(values), places=12)
            self.assertAlmostEqual(row["max"], max(column), places=4)
            self.assertEqual(row["dead"], not active)
            if active:
                self.assertAlmostEqual(row["mean_active"], sum(active) / len(active), places=2)
                top = self.done("activations", "i.sqlite", feature, "--json").json()["rows"]
                self.assertEqual([entry["rank"] for entry in top], list(range(1, len(top) + 1)))
                for entry, value in zip(top, sorted(column, reverse=True)):
                    self.assertAlmostEqual(entry["activation"], value, places=4)
                    self.assertAlmostEqual(column[entry["position"]], value, places=4)
        self.assertTrue(rows[0]["dead"])
        self.assertEqual((rows[0]["max"], rows[0]["mean_active"], rows[0]["top_token"]), (0, 0, ""))
        self.assertEqual(self.done("activations", "i.sqlite", 0, "--json").json(), {"rows": []})

    def test_str_tokens_and_contexts_are_of_the_text(self):
        self.done(*INDEX)
        ids = [token for context in self.contexts() for token in context]
        for entry in self.done("activations", "i.sqlite", 5, "--json").json()["rows"]:
            array = json.dumps([ids[entry["position"]]]).encode()
            text = self.done("tokenize", "--tokenizer", TINY_TOKENIZER, "--decode", stdin=array).text
            shown = text.replace(" ", "·").replace("\n", "↵")
            self.assertEqual(entry["str_token"], shown)
            self.assertIn(shown, entry["context"])

    def test_tokens_are_whole_contexts_of_at_most_so_many(self):
        report = self.done(*INDEX, "--tokens", 100, "--json").json()
        self.assertEqual((report["tokens"], report["contexts"]), (96, 3))

    def test_the_table_is_sorted_cut_and_filtered(self):
        self.done(*INDEX)
        rows = self.done("features", "i.sqlite", "--sort", "max", "--descending", "--limit", 5, "--where",
                         "density < 0.6 AND NOT dead", "--json").json()["rows"]
        self.assertEqual(len(rows), 5)
        self.assertEqual([row["max"] for row in rows], sorted((row["max"] for row in rows), reverse=True))
        self.assertTrue(all(row["density"] < 0.6 and not row["dead"] for row in rows))
        self.fails(2, "did you mean", "features", "i.sqlite", "--sort", "densty")
        self.fails(2, "densty", "features", "i.sqlite", "--where", "densty > 1")
        self.fails(2, "", "features", "i.sqlite", "--where", "density >")

    def test_csv_and_json_hold_the_same_rows(self):
        self.done(*INDEX)
        for verb in (("features", "i.sqlite"), ("activations", "i.sqlite", 7)):
            said = self.done(*verb, "--csv", "rows.csv", "--force").text
            self.assertRegex(said, r"^wrote rows.csv: \d+ rows\n$")
            raw = (self.folder / "rows.csv").read_bytes()
            self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
            self.assertEqual(raw, self.done(*verb, "--csv", "-").out)
            table = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
            rows = self.done(*verb, "--json").json()["rows"]
            self.assertEqual(len(table), len(rows))
            for written, row in zip(table, rows):
                self.assertEqual(list(written), list(row))
                for key, value in row.items():
                    as_text = "" if value is None else value if isinstance(value, str) else float(value)
                    self.assertEqual(written[key] if isinstance(as_text, str) else float(written[key]), as_text)

    def test_the_views_are_for_anybody_to_query(self):
        self.done(*INDEX)
        database = sqlite3.connect(self.folder / "i.sqlite")
        self.addCleanup(database.close)
        self.assertGreater(database.execute("PRAGMA user_version").fetchone()[0], 0)
        names = [column[1] for column in database.execute("PRAGMA table_info(top_activation)")]
        self.assertEqual(names, "feature rank position token str_token context activation activation_ft".split())
        view = database.execute("SELECT rank, position, str_token, context, activation FROM top_activation "
                                "WHERE feature = 5 ORDER BY rank LIMIT 15").fetchall()
        rows = self.done("activations", "i.sqlite", 5, "--json").json()["rows"]
        self.assertEqual([row[:4] for row in view], [tuple(row.values())[:4] for row in rows])
        for in_view, row in zip(view, rows):
            self.assertTrue(math.isclose(in_view[4], row["activation"], rel_tol=1e-7))
        keys = {key for key, _ in database.execute("SELECT key, value FROM provenance")}
        self.assertTrue(keys)

    def test_the_queries_of_the_documentation_give_rows(self):
        self.done(*INDEX)
        database = sqlite3.connect(self.folder / "i.sqlite")
        self.addCleanup(database.close)
        queries = re.findall(r"```sql\n(.*?)```", (SOURCE / "docs" / "index.md").read_text(), re.DOTALL)
        self.assertTrue(queries)
        for query in queries:
            self.assertTrue(database.execute(query).fetchall(), query)

    def test_the_table_for_people_is_aligned(self):
        self.done(*INDEX)
        lines = self.done("features", "i.sqlite", "--limit", 5).text.splitlines()
        self.assertEqual(len(lines), 6)
        self.assertEqual(lines[0].split()[:4], ["feature", "density", "active_tokens", "max"])
        self.assertEqual({line[:7].strip() for line in lines[1:]}, {"0", "1", "2", "3", "4"})

    def test_the_loss_is_the_mean_negative_log_likelihood_of_the_logits(self):
        contexts = self.contexts()[:3]
        (self.folder / "ids.json").write_text(json.dumps(contexts))
        out = self.done("forward", "--model", "model", "--ids", "ids.json", "--out", "o.safetensors", "--json")
        shape, values = tensors.read(self.folder / "o.safetensors")["logits"]
        self.assertEqual(shape, [3, CONTEXT, tiny_model.vocabulary_size()])
        rows, total = rows_of((shape, values)), 0.0
        for b, context in enumerate(contexts):
            for s in range(CONTEXT - 1):
                logits = rows[b * CONTEXT + s]
                top = max(logits)
                log_sum = top + math.log(sum(math.exp(x - top) for x in logits))
                total += log_sum - logits[context[s + 1]]
        self.assertAlmostEqual(out.json()["loss"], total / (3 * (CONTEXT - 1)), places=4)

    def test_the_sae_output_replaces_the_site(self):
        (self.folder / "ids.json").write_text(json.dumps(self.contexts()[:1]))
        forward = ("forward", "--model", "model", "--ids", "ids.json", "--capture", SITE)
        plain = self.done(*forward, "--out", "a.safetensors", "--json").json()
        replaced = self.done(*forward, "--out", "b.safetensors", "--sae", "sae", "--layer", 1, "--json").json()
        self.assertNotEqual(plain["loss"], replaced["loss"])
        self.done("encode", "--sae", "sae", "--activations", "a.safetensors", "--tensor", SITE, "--out",
                  "f.safetensors")
        expected = tensors.read(self.folder / "f.safetensors")["reconstruction"][1]
        for ours, theirs in zip(tensors.read(self.folder / "b.safetensors")[SITE][1], expected):
            self.assertAlmostEqual(ours, theirs, places=4)

    def test_without_logits_there_is_no_loss(self):
        (self.folder / "ids.json").write_text("[[1, 2, 3]]")
        out = self.done("forward", "--model", "model", "--ids", "ids.json", "--no-logits", "--capture", SITE,
                        "--out", "o.safetensors", "--json").json()
        self.assertIsNone(out["loss"])
        self.assertEqual(list(tensors.read(self.folder / "o.safetensors")), [SITE])


class Encode(CliTest):
    def test_the_figures_are_those_of_the_definitions(self):
        tiny_model.make_sae(self.folder / "sae")
        weights = tensors.read(self.folder / "sae/sae_weights.safetensors")
        inputs = [[math.sin(7 * i + j) for j in range(tiny_model.WIDTH)] for i in range(40)]
        tensors.write(self.folder / "x.safetensors",
                      {"activations": ((40, tiny_model.WIDTH), [v for row in inputs for v in row])})
        report = self.done("encode", "--sae", "sae", "--activations", "x.safetensors", "--out",
                           "dense.safetensors", "--json").json()
        encoder, decoder = rows_of(weights["W_enc"]), rows_of(weights["W_dec"])
        biases = weights["b_enc"][1]
        active, squared = 0, 0.0
        mean = [sum(column) / 40 for column in zip(*inputs)]
        deviation = sum((v - m) ** 2 for row in inputs for v, m in zip(row, mean))
        written = rows_of(tensors.read(self.folder / "dense.safetensors")["features"])
        for row, features in zip(inputs, written):
            code = [max(0.0, sum(x * encoder[j][m] for j, x in enumerate(row)) + biases[m])
                    for m in range(tiny_model.FEATURES)]
            for ours, value in zip(features, code):
                self.assertAlmostEqual(ours, value, places=4)
            back = [sum(f * decoder[m][j] for m, f in enumerate(code)) for j in range(tiny_model.WIDTH)]
            active += sum(f > 0 for f in code)
            squared += sum((a - b) ** 2 for a, b in zip(row, back))
        self.assertAlmostEqual(report["l0"], active / 40)
        self.assertAlmostEqual(report["recon_loss"], squared / 40, places=3)
        self.assertAlmostEqual(report["explained_variance"], 1 - squared / deviation, places=4)

        self.done("encode", "--sae", "sae", "--activations", "x.safetensors", "--out", "s.safetensors",
                  "--sparse")
        sparse = tensors.read(self.folder / "s.safetensors")
        rebuilt = [[0.0] * tiny_model.FEATURES for _ in range(40)]
        offsets = sparse["indptr"][1]
        for row in range(40):
            indices = sparse["indices"][1][offsets[row]:offsets[row + 1]]
            self.assertEqual(list(indices), sorted(set(indices)))
            for index, value in zip(indices, sparse["values"][1][offsets[row]:offsets[row + 1]]):
                self.assertGreater(value, 0)
                rebuilt[row][index] = value
        self.assertEqual(rebuilt, [list(row) for row in written])


class Train(CliTest):
    COLUMNS = "step,tokens,loss,recon_loss,l1_loss,l1_coeff,l0,dead,lr,tokens_per_second"

    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)

    def train(self, *flags):
        return self.done("train", "--model", "model", "--layer", 1, "--text", "text.txt", "--context", 16,
                         "--batch", 4, "--features", 24, "--out", "run", "--json", *flags).json()

    def test_a_run_folder_has_what_the_contract_says(self):
        result = self.train("--steps", 25, "--seed", 3)
        self.assertEqual((result["steps"], result["tokens"]), (25, 25 * 64))
        run = json.loads((self.folder / "run/run.json").read_text())
        self.assertEqual(run["state"], "finished")
        lines = (self.folder / "run/metrics.csv").read_text().splitlines()
        self.assertEqual(lines[0], self.COLUMNS)
        self.assertEqual([line.split(",")[0] for line in lines[1:]], ["0", "10", "20", "24"])
        self.assertEqual([line.split(",")[1] for line in lines[1:]], ["64", "704", "1344", "1600"])
        self.assertTrue((self.folder / "run/log.txt").exists())
        self.assertEqual(self.done("info", "run", "--json").json()["kind"], "run")
        sae = self.done("info", "run/sae", "--json").json()
        self.assertEqual((sae["kind"], sae["d"], sae["m"], sae["format"], sae["architecture"]),
                         ("sae", 16, 24, "saelens", "standard"))
        decoder = rows_of(tensors.read(self.folder / "run/sae/sae_weights.safetensors")["W_dec"])
        for row in decoder:
            self.assertAlmostEqual(sum(x * x for x in row), 1.0, places=5)

    def test_tokens_are_rounded_down_to_whole_steps_and_at_least_one(self):
        self.assertEqual(self.train("--tokens", 200)["steps"], 3)
        self.assertEqual(self.train("--tokens", 1, "--force")["steps"], 1)

    def test_the_trained_sae_can_be_indexed(self):
        self.train("--steps", 5)
        report = self.done(*INDEX[:4], "run", *INDEX[5:], "--json").json()
        self.assertEqual(report["features"], 24)

    def test_the_same_seed_gives_the_same_sae(self):
        weights = []
        for flags in (["--seed", 1], ["--seed", 1, "--force"], ["--seed", 2, "--force"]):
            self.train("--steps", 3, "--threads", 1, *flags)
            weights.append((self.folder / "run/sae/sae_weights.safetensors").read_bytes())
        self.assertEqual(weights[0], weights[1])
        self.assertNotEqual(weights[0], weights[2])

    def test_settings_may_come_from_a_config_file(self):
        (self.folder / "c.json").write_text(json.dumps(
            {"model": "model", "layer": 1, "text": ["text.txt"], "context": 16, "batch": 4, "features": 8,
             "steps": 4, "out": "other", "lr": 1e-3, "no_shuffle": True, "log_every": 1}))
        result = self.done("train", "--config", "c.json", "--steps", 2, "--json").json()
        self.assertEqual((result["run"], result["steps"]), ("other", 2))

    def test_training_on_a_file_of_activations(self):
        values = [math.sin(i * 0.37) for i in range(400 * 8)]
        tensors.write(self.folder / "x.safetensors", {"activations": ((400, 8), values)})
        result = self.done("train", "--activations", "x.safetensors", "--context", 10, "--batch", 2,
                           "--steps", 30, "--no-shuffle", "--l1-coeff", 0, "--out", "run", "--json").json()
        self.assertEqual((result["tokens"], result["l1_coeff"]), (600, 0))


class Info(CliTest):
    def test_models_saes_and_indexes_are_told_apart(self):
        tiny_model.make_all(self.folder)
        model = self.done("info", "model", "--json").json()
        self.assertEqual([model[key] for key in ("kind", "layers", "d_model", "d_ff", "vocab", "dtype")],
                         ["model", 2, 16, 32, tiny_model.vocabulary_size(), "float32"])
        shapes = {name: shape for name, (shape, _) in
                  tensors.read(self.folder / "model/model.safetensors").items()}
        self.assertEqual(model["shapes"], shapes)
        self.assertEqual(model["parameters"], sum(math.prod(shape) for shape in shapes.values()))
        self.assertRegex(model["hash"], r"^sha256:[0-9a-f]{64}$")
        sae = self.done("info", "sae", "--json").json()
        self.assertEqual([sae[key] for key in ("kind", "d", "m", "architecture", "format")],
                         ["sae", 16, 24, "standard", "saelens"])
        self.done(*INDEX)
        self.assertEqual(self.done("info", "i.sqlite", "--json").json()["kind"], "index")
        self.assertRegex(self.done("info", "model").text, r"(?m)^model$[\s\S]*^  layers +2$")

    def test_the_hash_is_of_the_contents_wherever_they_lie(self):
        tiny_model.make_sae(self.folder / "a")
        tiny_model.make_sae(self.folder / "deep/b")
        tiny_model.make_sae(self.folder / "c", seed=9)
        hashes = [self.done("info", path, "--json").json()["hash"] for path in ("a", "deep/b", "c")]
        self.assertEqual(hashes[0], hashes[1])
        self.assertNotEqual(hashes[0], hashes[2])


class JsonPurity(CliTest):
    def test_stdout_holds_one_object_and_stderr_no_json(self):
        tiny_model.make_all(self.folder)
        (self.folder / "ids.json").write_text("[[1, 2, 3]]")
        tensors.write(self.folder / "x.safetensors", {"activations": ((2, 16), [1.0] * 32)})
        for arguments in (INDEX,
                          ("forward", "--model", "model", "--ids", "ids.json", "--out", "o.safetensors"),
                          ("encode", "--sae", "sae", "--activations", "x.safetensors", "--out", "f.safetensors"),
                          ("train", "--activations", "x.safetensors", "--steps", 2, "--out", "run"),
                          ("features", "i.sqlite"), ("activations", "i.sqlite", 3), ("info", "model")):
            result = self.done(*arguments, "--json", "--force") if arguments[0] != "info" else \
                self.done(*arguments, "--json")
            result.json()
            self.assertEqual(result.text.count("\n"), 1, arguments)
            for line in result.err.decode().splitlines():
                self.assertRegex(line, r"^featurescope: ")

    def test_quiet_says_nothing(self):
        tiny_model.make_all(self.folder)
        self.assertEqual(self.done(*INDEX, "--quiet").err, b"")

    def test_progress_is_on_stderr_and_no_more_than_a_line_in_ten_seconds(self):
        tiny_model.make_all(self.folder)
        lines = self.done(*INDEX).err.decode().splitlines()
        progress = [line for line in lines if re.search(r"hashing|indexing|reading", line)]
        self.assertLessEqual(len(progress), 2)


if __name__ == "__main__":
    unittest.main()
