# SPDX-License-Identifier: GPL-3.0-or-later
"""The verb figure: every kind in every format, and the numbers it draws held to their sources."""
import csv
import io
import json
import re
import struct
import unittest
import xml.etree.ElementTree

from support import tensors
from support.program import PROGRAM, SOURCE, CliTest

DEMO = SOURCE / "resources/demo/study.json"
WINDOW = (PROGRAM.parent / "featurescope-figure").exists()
KINDS = {
    "activations": ("demo/index.sqlite", 7),
    "histogram": ("demo/index.sqlite", 427),
    "cosines": ("demo/index.sqlite",),
    "layer-losses": ("layers.json",),
    "sparsity": ("run",),
    "l1-coeff": ("run",),
    "l1-loss": ("run",),
    "recon-loss": ("run",),
    "loss": ("run",),
    "dead": ("run",),
    "finetune-loss": ("tuned",),
    "scales": ("tuned",),
    "biases": ("tuned",),
}


def png_size(data):
    return struct.unpack(">II", data[16:24])


@unittest.skipUnless(DEMO.exists(), f"no bundled demo: {DEMO} is missing")
@unittest.skipUnless(WINDOW, "this build has no window")
class Figure(CliTest):
    def setUp(self):
        super().setUp()
        self.done("demo", "--out", "demo")

    def make_layers(self):
        text = self.done("evaluate", "--model", "demo/model", "--sae", "demo/sae", "--layers", "0-2", "--text",
                         "demo/texts/chess.txt", "--tokens", 512, "--json").text
        (self.folder / "layers.json").write_text(text)
        return json.loads(text)

    def make_run(self):
        self.done("train", "--model", "demo/model", "--layer", 1, "--text", "demo/texts/chess.txt", "--features",
                  64, "--steps", 7, "--log-every", 2, "--out", "run")

    def make_tuned(self):
        self.done("finetune", "--model", "demo/model", "--sae", "demo/sae", "--layer", 1, "--text",
                  "demo/texts/arithmetic.jsonl", "--epochs", 1, "--steps-per-epoch", 3, "--log-every", 1, "--out",
                  "tuned")

    def file(self, name, *arguments):
        self.done("figure", *arguments, "--out", name)
        return (self.folder / name).read_bytes()

    def table(self, *arguments):
        text = self.file("figure.csv", *arguments, "--force").decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def metrics(self, run):
        with open(self.folder / run / "metrics.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_every_kind_comes_in_every_format(self):
        self.make_layers()
        self.make_run()
        self.make_tuned()
        for kind, inputs in KINDS.items():
            self.assertTrue(self.file(f"{kind}.pdf", kind, *inputs).startswith(b"%PDF-"), kind)
            picture = xml.etree.ElementTree.fromstring(self.file(f"{kind}.svg", kind, *inputs))
            words = " ".join(text.strip() for node in picture.iter() for text in [node.text or ""])
            self.assertRegex(words, r"[0-9]", kind)  # text is text, not outlines
            png = self.file(f"{kind}.png", kind, *inputs)
            self.assertAlmostEqual(png_size(png)[0], 89 / 25.4 * 300, delta=3)
            self.assertGreater(len(set(png)), 50, kind)
            self.assertTrue(self.table(kind, *inputs), kind)

    def test_activations_are_those_of_the_verb(self):
        rows = self.done("activations", "demo/index.sqlite", 7, "--limit", 20, "--json").json()["rows"]
        drawn = self.table("activations", "demo/index.sqlite", 7, "--limit", 20)
        self.assertEqual([list(row) for row in drawn[:1]], [list(row) for row in rows[:1]])
        self.assertEqual([(int(row["position"]), row["context"], float(row["activation"])) for row in drawn],
                         [(row["position"], row["context"], row["activation"]) for row in rows])

    def test_cosines_are_counted_as_the_verb_lists_them(self):
        rows = self.done("cosines", "demo/index.sqlite", "--json").json()["rows"]
        for name, dead in (("dead", True), ("alive", False)):
            cosines = [row["cosine"] for row in rows if row["dead"] == dead]
            for drawn in self.table("cosines", "demo/index.sqlite"):
                low, high = float(drawn["low"]), float(drawn["high"])
                if any(abs(cosine - edge) < 1e-6 for cosine in cosines for edge in (low, high)):
                    continue  # on an edge rounding decides
                self.assertEqual(int(drawn[name]), sum(low <= cosine < high for cosine in cosines))
        strata = self.table("cosines", "demo/index.sqlite", "--by-density")
        names = [name for name in strata[0] if name.startswith("alive_density_")]
        self.assertGreater(len(names), 1)
        for row in strata:
            self.assertEqual(sum(int(row[name]) for name in names), int(row["alive"]))

    def test_bars_are_those_of_the_evaluation(self):
        evaluation = self.make_layers()
        rows = self.table("layer-losses", "layers.json")
        self.assertEqual([(int(row["layer"]), float(row["loss_sae"]), float(row["loss_zero"])) for row in rows],
                         [(layer["layer"], layer["sae"], layer["zero"]) for layer in evaluation["layers"]])
        self.assertEqual({float(row["loss"]) for row in rows}, {evaluation["loss"]["base"]})

    def test_curves_are_those_of_the_run(self):
        self.make_run()
        self.make_tuned()
        metrics = self.metrics("run")
        for kind, column in (("l1-coeff", "l1_coeff"), ("l1-loss", "l1_loss"), ("recon-loss", "recon_loss")):
            self.assertEqual([(float(row["x"]), float(row["y"])) for row in self.table(kind, "run")],
                             [(float(row["tokens"]), float(row[column])) for row in metrics], kind)
        self.assertEqual([(float(row["x"]), float(row["y"])) for row in self.table("sparsity", "run", "--over", "step")],
                         [(float(row["step"]), float(row["l0"]) / 64) for row in metrics])
        self.assertEqual([(float(row["x"]), float(row["y"])) for row in self.table("finetune-loss", "tuned")],
                         [(float(row["step"]), float(row["loss"])) for row in self.metrics("tuned")])
        both = self.table("recon-loss", "run", "run")
        self.assertEqual(len(both), 2 * len(metrics))

    def test_scales_and_biases_fall(self):
        self.make_tuned()
        with open(self.folder / "tuned/scales.csv", newline="", encoding="utf-8") as file:
            learned = {int(row["feature"]): row for row in csv.DictReader(file)}
        for kind, column in (("scales", "scale"), ("biases", "bias")):
            rows = self.table(kind, "tuned")
            values = [float(row[kind]) for row in rows]
            self.assertEqual(values, sorted(values, reverse=True))
            self.assertEqual({int(row["feature"]): float(row[kind]) for row in rows},
                             {feature: float(row[column]) for feature, row in learned.items()})

    def test_the_same_input_gives_the_same_bytes(self):
        # reproduce_test holds every kind in every format to it.
        for ending in ("pdf", "svg", "png", "csv"):
            made = [self.file(f"{name}.{ending}", "cosines", "demo/index.sqlite", "--title", "T", "--caption")
                    for name in ("first", "second")]
            self.assertTrue(made[0] == made[1], ending)

    def texts(self, svg):
        return " ".join(node.text or "" for node in xml.etree.ElementTree.fromstring(svg).iter()
                        if node.tag.endswith("text"))

    def test_a_table_is_text_for_other_programs(self):
        rows = self.done("activations", "demo/index.sqlite", 427, "--limit", 3, "--json").json()["rows"]
        tex = self.file("a.tex", "activations", "demo/index.sqlite", 427, "--limit", 3).decode("utf-8")
        body = tex.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
        self.assertEqual(len(body), 3)
        # The strongest token has the colour itself, weaker ones are paler.
        self.assertIn("\\colorbox[HTML]{F0964A}{\\textperiodcentered{}the}", body[0])
        self.assertNotIn("{F0964A}", body[1])
        for line, row in zip(body, rows):
            self.assertIn(f"& {row['activation']:.4g}", line)
            self.assertNotRegex(line, r"(?<!\\)[#%_^~]")
        markdown = self.file("a.md", "activations", "demo/index.sqlite", 427, "--limit", 3, "--caption").decode("utf-8")
        lines = markdown.splitlines()
        self.assertEqual({line.count(" | ") for line in lines[0:1] + lines[2:5]}, {4})
        self.assertIn('<mark style="background:#f0964a;color:#000">·the</mark>', lines[2])
        self.assertIn("feature 427", lines[-1])

    def test_captions_define_what_is_drawn(self):
        plain = self.file("p.svg", "histogram", "demo/index.sqlite", 427)
        told = self.file("c.svg", "histogram", "demo/index.sqlite", 427, "--caption")
        self.assertIn("bins of a quarter octave", self.texts(told))
        self.assertNotIn("bins of a quarter octave", self.texts(plain))
        heights = [float(re.search(rb'height="([\d.]+)mm"', svg)[1]) for svg in (plain, told)]
        self.assertGreater(heights[1], heights[0] + 5)  # the plot keeps its room

    def test_text_has_one_size_at_either_width(self):
        for width in ("single", "double"):
            svg = self.file(f"{width}.svg", "cosines", "demo/index.sqlite", "--width", width).decode("utf-8")
            sizes = set(re.findall(r'<g [^>]*font-size="(\d+)"[^>]*>\s*<text', svg))
            # Pixels of 1/96 inch: 11 are 8 points.
            self.assertEqual(sizes, {"11"}, width)
            millimetres = float(re.search(r'width="([\d.]+)mm"', svg)[1])
            self.assertAlmostEqual(millimetres, {"single": 89, "double": 183}[width], delta=0.2)

    def test_styles_change_colours_and_nothing_else(self):
        drawn = {style: self.file(f"{style}.svg", "cosines", "demo/index.sqlite", "--style", style).decode("utf-8")
                 for style in ("paper", "grayscale", "dark")}
        self.assertEqual(len({self.texts(svg.encode("utf-8")) for svg in drawn.values()}), 1)
        colours = {style: set(re.findall(r"#[0-9a-f]{6}", svg)) for style, svg in drawn.items()}
        self.assertIn("#2c5a8c", colours["paper"])
        self.assertTrue(all(c[1:3] == c[3:5] == c[5:7] for c in colours["grayscale"]), colours["grayscale"])
        self.assertIn("#17181a", colours["dark"])

    def make_wide(self, features):
        """A fine-tuning run of so many features, as far as scales and biases read it."""
        run = self.folder / f"wide-{features}"
        run.mkdir()
        (run / "run.json").write_text('{"kind": "finetune", "state": "finished"}')
        values = [1 + i / features for i in range(features)]
        tensors.write(run / "scales.safetensors", {"c": ((features,), values), "d": ((features,), values)})
        return run.name

    def test_more_points_than_programs_draw_well_are_a_picture(self):
        few, many = (self.make_wide(features) for features in (20000, 20001))
        self.assertNotIn(b"<image", self.file("few.svg", "scales", few))
        svg = self.file("many.svg", "scales", many, "--caption", "--width", "double")
        self.assertEqual(svg.count(b"<image"), 1)
        self.assertIn("features, the largest first", self.texts(svg))
        self.assertIn("Dashed: c where weight decay", self.texts(svg))
        self.assertLess(len(svg), 200_000)
        pdf = self.file("many.pdf", "scales", many)
        self.assertIn(b"/Subtype /Image", pdf)
        self.assertIn(b"/Type /Font", pdf)

    def test_size_and_title_are_as_asked(self):
        png = self.file("wide.png", "cosines", "demo/index.sqlite", "--width", "double", "--height", "50.8",
                        "--dpi", 100)
        for got, expected in zip(png_size(png), (183 / 25.4 * 100, 200)):
            self.assertAlmostEqual(got, expected, delta=2)
        titled = self.file("titled.svg", "cosines", "demo/index.sqlite", "--title", "Where the dead point")
        plain = self.file("plain.svg", "cosines", "demo/index.sqlite")
        drawn = [node.text for node in xml.etree.ElementTree.fromstring(titled).iter() if node.tag.endswith("text")]
        self.assertIn("Where the dead point", drawn)
        self.assertNotIn(b"Where the dead point", plain)

    def test_the_file_says_what_it_was_made_from(self):
        provenance = self.file("c.svg", "cosines", "demo/index.sqlite").decode("utf-8")
        for word in ("model_hash: sha256:", "sae_hash: sha256:", "Featurescope"):
            self.assertIn(word, provenance)

    def test_json_tells_what_was_written(self):
        result = self.done("figure", "cosines", "demo/index.sqlite", "--out", "c.csv", "--json").json()
        self.assertEqual((result["kind"], result["out"], result["rows"]), ("cosines", "c.csv", 100))

    def test_what_exists_is_kept_without_force(self):
        (self.folder / "c.pdf").write_text("mine")
        self.fails(1, ["c.pdf", "--force"], "figure", "cosines", "demo/index.sqlite", "--out", "c.pdf")
        self.assertEqual((self.folder / "c.pdf").read_text(), "mine")

    def test_mistakes_are_told(self):
        self.make_tuned()
        index = "demo/index.sqlite"
        self.fails(1, "features", "figure", "activations", index, 100000, "--out", "x.pdf")
        self.fails(2, "cannot use FEATURE x", "figure", "activations", index, "x", "--out", "x.pdf")
        self.fails(1, "featurescope train", "figure", "sparsity", "tuned", "--out", "x.pdf")
        self.fails(1, "nowhere", "figure", "scales", "nowhere", "--out", "x.pdf")
        self.assertNotIn("x.pdf", self.names())


class Usage(CliTest):
    def test_mistakes_of_typing_are_wrong_usage(self):
        self.fails(2, ["cannot use KIND cosine", "did you mean cosines?"], "figure", "cosine", "i", "--out", "x.pdf")
        self.fails(2, "INDEX FEATURE", "figure", "activations", "i.sqlite", "--out", "x.pdf")
        self.fails(2, ".pdf, .svg, .png or .csv", "figure", "cosines", "i.sqlite", "--out", "x.jpg")
        self.fails(2, "only tables", "figure", "cosines", "i.sqlite", "--out", "x.tex")
        self.fails(2, "did you mean", "figure", "histogramm", "i.sqlite", 7, "--out", "x.pdf")
        self.fails(2, "--out", "figure", "cosines", "i.sqlite")
        self.fails(2, "--dpi", "figure", "cosines", "i.sqlite", "--out", "x.png", "--dpi", "100000")

    def test_a_build_without_the_window_says_so(self):
        if WINDOW:
            self.skipTest("this build has a window")
        self.fails(1, "there is no featurescope-figure", "figure", "cosines", "i.sqlite", "--out", "x.pdf")


if __name__ == "__main__":
    unittest.main()
