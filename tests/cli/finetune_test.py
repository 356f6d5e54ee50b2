# SPDX-License-Identifier: GPL-3.0-or-later
"""A fine-tuning is interrupted and killed and goes on to the same end; compare tells what it did."""
import csv
import io
import json
import shutil
import signal
import unittest

from support import tiny_model
from support.run_test import RunTest

STEPS = 60
TUNE = ("finetune", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "sums.jsonl", "--epochs", "4",
        "--steps-per-epoch", "15", "--batch", "4", "--lr", "0.01", "--log-every", "1", "--checkpoint-every", "7",
        "--held-out-fraction", "0.2", "--scope", "completion", "--threads", "1", "--quiet", "--out", "run")


class FineTuning(RunTest):
    def setUp(self):
        super().setUp()
        lines = [json.dumps({"context": f"The castle is {a} and {b}:", "completion": f" {a + b}"})
                 for a in range(1, 9) for b in range(1, 6)]
        (self.folder / "sums.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def description(self):
        return json.loads((self.run_folder / "run.json").read_text())

    def outcome(self):
        """What must not depend on interruptions."""
        description = self.description()
        del description["result"]["steps_per_second"]
        files = ("scales.safetensors", "scales.csv", "metrics.csv")
        return [(self.run_folder / name).read_bytes() for name in files], description["result"], \
            description["measured"]

    def test_a_run_that_was_interrupted_and_killed_goes_on_to_the_same_end(self):
        self.done(*TUNE)
        expected = self.outcome()
        self.assertEqual(self.rows(), STEPS)
        shutil.rmtree(self.run_folder)
        self.assertTrue(self.stop_at(16, signal.SIGINT, *TUNE))
        self.assertRegex(self.last_lines[-1], "^featurescope: interrupted: .*featurescope resume run$")
        self.assertEqual(self.description()["state"], "interrupted")
        self.assertFalse((self.run_folder / "scales.safetensors").exists())
        self.fails(1, ["not finished", "featurescope resume"], "compare", "run")
        self.stop_at(33, signal.SIGKILL, "resume", "run", "--quiet")
        self.done("resume", "run")
        self.assertEqual(self.outcome(), expected)
        self.assertEqual(self.done("resume", "run", "--json").json()["steps"], STEPS)

    def test_memory_is_traded_for_time_without_a_change_of_the_result(self):
        self.done(*TUNE)
        expected = self.outcome()
        told = self.done(*TUNE[:-3], "--checkpoint-activations", "--stream-weights", "--cache-megabytes", "0",
                         "--out", "run", "--force").err.decode()
        self.assertRegex(told, r"needs about [0-9.]+ GB of memory")
        self.assertEqual(self.outcome(), expected)

    def test_compare_lists_the_features_by_what_changed(self):
        self.done(*TUNE)
        found = self.done("compare", "run", "--sort", "feature", "--closer", "2", "--json").json()
        scales = list(csv.DictReader(io.StringIO((self.run_folder / "scales.csv").read_text())))
        self.assertEqual(len(found["rows"]), tiny_model.FEATURES)
        for row, learned in zip(found["rows"], scales):
            self.assertEqual(row["feature"], int(learned["feature"]))
            self.assertAlmostEqual(row["scale"], float(learned["scale"]), 6)
            self.assertAlmostEqual(row["scale_change"], row["scale"] - found["untouched_scale"], 6)
            self.assertAlmostEqual(row["mean_change"], row["mean_ft"] - row["mean"], 6)
        result = self.description()["result"]
        for name in ("enhanced", "inhibited", "untouched"):
            self.assertEqual(found[name], result[name])
        changes = {row["feature"]: row["scale_change"] for row in found["rows"]}
        self.assertEqual(found["most_enhanced"][0]["feature"], max(changes, key=changes.get))
        self.assertEqual(found["most_inhibited"][0]["feature"], min(changes, key=changes.get))
        self.assertEqual(changes[0], 0, "feature 0 never fires")
        sorted_rows = self.done("compare", "run", "--sort", "bias", "--limit", "3", "--json").json()["rows"]
        biases = [row["bias"] for row in sorted_rows]
        self.assertEqual(len(biases), 6)
        self.assertEqual(biases, sorted(biases, reverse=True))

    def test_compare_names_the_features_by_an_index_and_its_notes(self):
        self.done(*TUNE)
        index = ("index", "--model", "model", "--layer", "1", "--text", "text.txt", "--context", "16")
        self.done(*index, "--sae", "sae", "--out", "index.sqlite")
        sae = self.done("info", "sae", "--json").json()["hash"]
        notes = {"version": 1, "saes": {sae: {"3": {"label": "castles", "notes": "", "bookmark": False}}}}
        self.done("features", "index.sqlite", "--csv", "features.csv")
        table = csv.DictReader(io.StringIO((self.folder / "features.csv").read_text(encoding="utf-8")))
        expected = {int(row["feature"]): row["top_token"] for row in table}
        name = "index.sqlite.notes.json"
        (self.folder / name).write_text(json.dumps(notes), encoding="utf-8")
        rows = self.done("compare", "run", "--sort", "feature", "--index", "index.sqlite", "--json").json()["rows"]
        self.assertEqual({row["feature"]: row["index_top_token"] for row in rows}, expected)
        self.assertEqual([row["label"] for row in rows if row["label"]], ["castles"])
        tiny_model.make_sae(self.folder / "other", seed=8)
        self.done(*index, "--sae", "other", "--out", "other.sqlite")
        self.fails(1, ["another SAE"], "compare", "run", "--index", "other.sqlite")
        shutil.rmtree(self.folder / "sae")
        (self.folder / "other").rename(self.folder / "sae")
        self.fails(1, ["not the one it inserted"], "compare", "run")


if __name__ == "__main__":
    unittest.main()
