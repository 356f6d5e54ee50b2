# SPDX-License-Identifier: GPL-3.0-or-later
"""The verb reproduce, on the demo: what it writes, that its numbers are those of the verbs, and that it
goes on where it was stopped."""
import csv
import html.parser
import io
import json
import os
import pathlib
import re
import signal
import tempfile
import unittest

from support.program import PROGRAM, SOURCE, CliTest

DEMO = SOURCE / "resources/demo"
WINDOW = (PROGRAM.parent / "featurescope-figure").exists()
TOKENS = 512
SMALL = ("reproduce", "--quick", "--tokens", TOKENS, "--train-steps", 40, "--epochs", 1, "--steps-per-epoch", 20,
         "--layers", "0-1", "--feature", 7)


class Page(html.parser.HTMLParser):
    """What an HTML file loads and links, and its text by element."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.open, self.text = set(), [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.ids.add(named.get("id"))
        if "href" in named:
            self.links.append(named["href"])
        if "src" in named:
            self.loads.append(named["src"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def files_of(folder):
    """Everything that a reproduction shows, by its name."""
    shown = [*folder.glob("report.*"), *(folder / "figures").iterdir()]
    return {path.name: path.read_bytes() for path in shown}


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


@unittest.skipUnless((DEMO / "study.json").exists(), "no bundled demo")
@unittest.skipUnless(WINDOW, "this build has no window")
class Reproduce(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        holder = tempfile.TemporaryDirectory(prefix="featurescope-reproduce-")
        cls.addClassCleanup(holder.cleanup)
        test = cls("run_program")
        test.folder = pathlib.Path(holder.name)
        cls.made = test.folder / "made"
        cls.first = test.done(*SMALL, "--out", cls.made, "--json").json()
        cls.report = json.loads((cls.made / "report.json").read_text(encoding="utf-8"))

    def number(self, name):
        found = [number["here"] for number in self.report["numbers"] if number["id"] == name]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def json_of(self, *arguments):
        return self.done(*arguments, "--json").json()

    def figure(self, name):
        return table(self.made / "figures" / f"{name}.csv")

    def test_every_figure_and_table_of_the_paper_is_there(self):
        items = {item["id"]: item for item in self.report["items"]}
        for name in ("layer-losses sparsity l1-coeff l1-loss recon-loss second-feature cosines finetune-loss biases "
                     "scales most-enhanced most-inhibited changed-features feature-7").split():
            endings = {path.rsplit(".", 1)[1] for path in items[name]["files"]}
            self.assertLessEqual({"csv", "pdf", "svg", "png"}, endings, name)
            for path in items[name]["files"]:
                self.assertGreater((self.made / path).stat().st_size, 60, path)
        self.assertIn("feature-619", items)
        # The demo's SAE has no features of these ids.
        self.assertNotIn("feature-1338", items)
        self.assertNotIn("feature-11928", items)

    def test_the_report_needs_no_other_file(self):
        text = (self.made / "report.html").read_text(encoding="utf-8")
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertGreater(len(page.loads), 8)
        self.assertTrue(all(load.startswith("data:image/svg+xml;base64,") for load in page.loads))
        self.assertNotRegex(text, r"https?://|<script|@import|url\(")
        for link in page.links:
            if link.startswith("#"):
                self.assertIn(link[1:], page.ids)
            else:
                self.assertTrue((self.made / link).exists(), link)
        markdown = (self.made / "report.md").read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)]+)\)", markdown):
            self.assertTrue((self.made / link).exists(), link)

    def test_the_report_shows_the_numbers_of_the_data(self):
        rows = {row["id"]: row for row in self.figure("numbers")}
        page = " ".join(Page((self.made / "report.html").read_text(encoding="utf-8")).text)
        markdown = (self.made / "report.md").read_text(encoding="utf-8")
        self.assertEqual(list(rows), [number["id"] for number in self.report["numbers"]])
        for number in self.report["numbers"]:
            here, row = number["here"], rows[number["id"]]
            self.assertEqual(row["paper"], number["paper"])
            self.assertIn(number["paper"], page)
            if isinstance(here, float):
                self.assertEqual(float(row["here"]), here)
                share = f"{100 * here:.3g}%"
                self.assertTrue(f"{here:.4g}" in page or share in page, number)
                self.assertTrue(f"{here:.4g}" in markdown or share in markdown, number)
            elif here is not None:
                self.assertEqual(row["here"], str(here))
                self.assertIn(str(here), page)

    def test_the_papers_numbers_are_the_papers(self):
        paper = {number["id"]: number["paper"] for number in self.report["numbers"]}
        for name, value in (("loss_base", "3.193"), ("loss_sae", "3.201"), ("loss_zero", "3.227"),
                            ("loss_wrong", "12.586"), ("tune_loss_base", "6.449"), ("tune_loss_sae", "6.270"),
                            ("tune_loss_after", "6.270"), ("second_feature", "11928")):
            self.assertEqual(paper[name], value)

    def test_it_is_honest_about_other_settings(self):
        same = {setting["id"]: setting["same"] for setting in self.report["settings"]}
        for name in ("model", "sae", "text", "wrong_layer", "train_text", "tune_model", "tune_text", "l1_control"):
            self.assertEqual(same[name], "no", name)
        for name in ("site", "train_batch", "train_optimiser", "tune_optimiser", "resampling"):
            self.assertEqual(same[name], "yes", name)
        self.assertTrue(all(number["same_setting"] == "no" for number in self.report["numbers"]))

    def test_the_losses_are_those_of_evaluate(self):
        common = ("evaluate", "--model", DEMO / "model", "--sae", DEMO / "sae", "--text", DEMO / "texts/heldout.jsonl",
                  "--tokens", TOKENS)
        right = self.json_of(*common, "--layer", 1)
        self.assertEqual(json.loads((self.made / "work/evaluation.json").read_text()), right)
        for kind in ("base", "sae", "zero", "mean"):
            self.assertEqual(self.number(f"loss_{kind}"), right["loss"][kind])
        self.assertEqual(self.number("recovered_zero"), right["recovered"]["zero"]["value"])
        self.assertEqual(self.number("loss_wrong"), self.json_of(*common, "--layer", 3)["loss"]["sae"])
        layers = self.json_of(*common, "--layers", "0-1")["layers"]
        self.assertEqual([(int(row["layer"]), float(row["loss_sae"])) for row in self.figure("layer-losses")],
                         [(layer["layer"], layer["sae"]) for layer in layers])

    def test_the_tables_are_those_of_the_verbs(self):
        index = self.made / "work/index.sqlite"
        features = self.json_of("features", index)["rows"]
        second = sorted(features, key=lambda row: (-row["density"], row["feature"]))[1]["feature"]
        self.assertEqual(self.number("second_feature"), second)
        self.assertEqual(self.number("dead"), sum(row["dead"] for row in features))
        dead = [row["cosine_to_dead"] for row in features if row["dead"]]
        self.assertAlmostEqual(self.number("dead_cosine"), sum(dead) / len(dead), places=9)
        tuned = self.made / "work/finetuned.sqlite"
        enhanced = int(self.number("most_enhanced").split(",")[0])
        for name, file, feature in (("second-feature", index, second), ("feature-7", index, 7),
                                    ("feature-619", tuned, 619), ("most-enhanced", tuned, enhanced)):
            rows = self.json_of("activations", file, feature)["rows"]
            if not rows:
                said = {item["id"]: item for item in self.report["items"]}[name]
                self.assertEqual(said["files"], [])
                self.assertIn("none of these tokens activates it", said["measured"])
                continue
            drawn = self.figure(name)
            self.assertEqual([(int(row["position"]), row["str_token"], row["context"]) for row in drawn],
                             [(row["position"], row["str_token"], row["context"]) for row in rows], name)
            for column in {"activation", "activation_ft"} & {key for row in rows for key in row}:
                self.assertEqual([float(row[column]) for row in drawn], [row[column] for row in rows], name)

    def test_the_fine_tuning_is_that_of_its_run(self):
        run = self.made / "work/finetuning"
        measured = json.loads((run / "run.json").read_text())["measured"][0]["loss"]
        self.assertEqual([self.number(f"tune_loss_{when}") for when in ("base", "sae", "after")],
                         [measured["base"], measured["sae"], measured["fine_tuned"]])
        learned = table(run / "scales.csv")
        scale = {int(row["feature"]): float(row["scale"]) for row in learned}
        changed = [int(row["feature"]) for row in self.figure("changed-features")]
        self.assertEqual(scale[changed[0]], max(scale.values()))
        self.assertEqual(scale[changed[-1]], min(scale.values()))
        self.assertEqual(int(self.number("most_enhanced").split(",")[0]), changed[0])
        negative = sum(float(row["bias"]) < 0 for row in learned)
        self.assertEqual(self.number("biases_inhibiting"), negative / len(learned))

    def test_the_curves_are_those_of_its_run(self):
        metrics = table(self.made / "work/training/metrics.csv")
        for name, column in (("l1-coeff", "l1_coeff"), ("l1-loss", "l1_loss"), ("recon-loss", "recon_loss")):
            self.assertEqual([(row["x"], row["y"]) for row in self.figure(name)],
                             [(row["tokens"], row[column]) for row in metrics], name)
        self.assertEqual(self.number("final_l0"), float(metrics[-1]["l0"]))
        self.assertEqual(self.number("final_sparsity"), float(metrics[-1]["l0"]) / 512)

    def test_the_output_tells_what_the_report_tells(self):
        self.assertEqual(self.first["numbers"], self.report["numbers"])
        self.assertFalse(self.first["was_finished"] or any(step["done_before"] for step in self.first["steps"]))

    def test_what_is_finished_is_left_as_it_is(self):
        before = {path: path.stat().st_mtime_ns for path in self.made.rglob("*")}
        again = self.json_of(*SMALL, "--out", self.made)
        self.assertTrue(again["was_finished"] and all(step["done_before"] for step in again["steps"]))
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.made.rglob("*")}, before)
        self.assertEqual(again["numbers"], self.first["numbers"])

    def test_other_settings_are_not_mixed_with_what_is_there(self):
        self.fails(1, ["other settings", "tokens", "--force"], *SMALL[:3], 2048, *SMALL[4:], "--out", self.made)
        (self.folder / "mine").mkdir()
        (self.folder / "mine/thesis.txt").write_text("years of work")
        for force in ((), ("--force",)):
            self.fails(1, ["mine", "no reproduction"], *SMALL, "--out", "mine", *force)
        self.assertEqual(self.names(self.folder / "mine"), ["thesis.txt"])

    def rows_of(self, run):
        metrics = self.folder / "stopped/work" / run / "metrics.csv"
        return metrics.read_bytes().count(b"\n") - 1 if metrics.exists() else 0

    def stop_when(self, run, rows, sent):
        """Goes on and sends the signal once the run's metrics have so many rows."""
        process = self.start_program(*SMALL, "--out", "stopped")
        while process.poll() is None and self.rows_of(run) < rows:
            os.sched_yield()
        process.send_signal(sent)
        lines = process.stderr.read().splitlines()
        return process.wait(), lines

    def test_a_reproduction_that_was_stopped_twice_ends_the_same(self):
        status, lines = self.stop_when("training", 1, signal.SIGINT)
        self.assertEqual(status, 130, lines)
        self.assertRegex(lines[-1], "^featurescope: interrupted: .*stopped.*the same command")
        self.assertFalse((self.folder / "stopped/report.json").exists())
        status, lines = self.stop_when("finetuning", 5, signal.SIGKILL)
        self.assertEqual(status, -signal.SIGKILL, lines)
        kept = {path: path.stat().st_mtime_ns for path in (self.folder / "stopped/work").glob("*.*")}
        last = self.json_of(*SMALL, "--out", "stopped")
        done = {step["step"]: step["done_before"] for step in last["steps"]}
        self.assertTrue(done["training"] and done["evaluation"] and done["index"], done)
        self.assertFalse(done["fine-tuning"] or done["report"], done)
        self.assertEqual({path: path.stat().st_mtime_ns for path in kept}, kept)
        expected, found = files_of(self.made), files_of(self.folder / "stopped")
        self.assertEqual(sorted(found), sorted(expected))
        for name, content in expected.items():
            self.assertTrue(found[name] == content, name)


class Usage(CliTest):
    def test_what_does_not_go_together_is_wrong_usage(self):
        self.fails(2, "--sae is of no use without --model", "reproduce", "--out", "r", "--sae", "s")
        self.fails(2, "--layer is missing", "reproduce", "--out", "r", "--model", "m", "--text", "t")
        self.fails(2, "--text FILE... is missing", "reproduce", "--out", "r", "--model", "m", "--layer", 1)
        self.fails(2, "--training shows a run", "reproduce", "--out", "r", "--training", "t", "--train-steps", 5)
        self.fails(2, "belong together", "reproduce", "--out", "r", "--finetune-model", "m")
        self.fails(2, "cannot use --layers 3-1", "reproduce", "--out", "r", "--layers", "3-1")

    def test_a_build_without_the_window_says_so(self):
        if WINDOW:
            self.skipTest("this build has a window")
        self.fails(1, "there is no featurescope-figure", "reproduce", "--out", "r")


if __name__ == "__main__":
    unittest.main()
