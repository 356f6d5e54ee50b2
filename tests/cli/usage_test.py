# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person types wrong, and what the program says then."""
import json
import os
import re
import subprocess
import unittest

from support.program import PROGRAM, TINY_TOKENIZER, CliTest, verbs


class Help(CliTest):
    def test_the_program_lists_its_verbs(self):
        text = self.done("--help").text
        for verb in ("info tokenize forward encode train index features activations demo gui").split():
            self.assertRegex(text, rf"(?m)^  {verb} +\S")
        self.assertEqual(text, self.done("-h").text)
        self.assertEqual(text, self.done("help").text)

    def test_every_verb_has_help_with_an_example_of_itself(self):
        for verb in verbs():
            text = self.done(verb, "--help").text
            self.assertIn(f"Usage: featurescope {verb}", text)
            examples = text.split("\nExamples:\n")[1]
            self.assertRegex(examples, rf"(?m)^  (.*\| )?featurescope {verb} ")
            for flag in ("--json", "--quiet", "--threads N", "--device", "--dtype", "--seed N", "--config"):
                self.assertIn(flag, text, verb)
            self.assertTrue(all(len(line) <= 100 for line in text.splitlines()
                                if not line.startswith(("Usage:", "  "))), verb)
            self.assertEqual(text, self.done("help", verb).text)

    def test_programs_are_told_the_same_as_people(self):
        told = self.done("help", "--json").json()["verbs"]
        self.assertEqual([verb["name"] for verb in told], verbs())
        for verb in told:
            text = self.done(verb["name"], "--help").text
            shown = re.findall(r"(?m)^  (--[a-z][a-z0-9-]*|[A-Z]{2,})(?= |$)", text)
            self.assertEqual([flag["name"] for flag in verb["flags"]], shown, verb["name"])

    def test_help_wins_over_everything_else_on_the_line(self):
        self.assertIn("Usage:", self.done("index", "--modle", "x", "--help").text)

    def test_the_version_is_one_line(self):
        self.assertRegex(self.done("--version").text, r"^featurescope \d+\.\d+\.\d+ \(LibTorch [\d.]+\)\n$")


class WrongUsage(CliTest):
    def test_no_verb_is_wrong_usage(self):
        result = self.fails(2, "it needs a verb")
        self.assertIn(b"Usage:", result.err)

    def test_unknown_verbs_name_the_nearest(self):
        self.fails(2, ["there is no verb indx", "did you mean index?"], "indx")
        self.fails(2, "did you mean activations?", "activation", "x.sqlite", "3")
        self.fails(2, ["no verb frobnicate", "the nearest is"], "frobnicate")

    def test_unknown_flags_name_the_nearest(self):
        self.fails(2, ["there is no flag --modle", "did you mean --model?"], "index", "--modle", "x")
        self.fails(2, "did you mean --descending?", "features", "x.sqlite", "--decending")
        self.fails(2, "did you mean --json?", "info", "--jsn", ".")

    def test_every_verb_refuses_a_flag_it_does_not_have(self):
        for verb in verbs():
            self.fails(2, "there is no flag --no-such-flag", verb, "--no-such-flag")

    def test_what_is_missing_is_named(self):
        self.fails(2, ["--model DIR", "--sae PATH", "--out INDEX.sqlite", "missing"], "index")
        self.fails(2, ["INDEX is missing"], "features")
        self.fails(2, "--model needs a value", "index", "--model")
        self.fails(2, "--model needs a value", "index", "--model=", "--json")

    def test_what_is_too_much_is_named(self):
        self.fails(2, "it has no use for b", "info", "a", "b")
        self.fails(2, "--limit is given twice", "features", "x", "--limit", "1", "--limit", "2")

    def test_values_of_the_wrong_kind_are_refused(self):
        for value in ("0", "-3", "1.5", "many", ""):
            self.fails(2, f"cannot use --threads {value}", "info", ".", "--threads", value)
        for value in ("nan", "inf", "-1", "x", "1e999"):
            self.fails(2, f"cannot use --lr {value}", "train", "--out", "r", "--lr", value)
        self.fails(2, "--device gpu", "info", ".", "--device", "gpu")
        self.fails(2, "it takes auto, float32, bfloat16, float16", "info", ".", "--dtype", "float64")
        self.fails(2, "cannot use FEATURE x", "activations", "i.sqlite", "x")

    def test_flags_that_exclude_or_need_each_other(self):
        self.fails(2, "it needs --steps or --tokens", "train", "--activations", "a", "--out", "r")
        self.fails(2, "--steps and --tokens exclude", "train", "--activations", "a", "--out", "r",
                   "--steps", "1", "--tokens", "9")
        self.fails(2, "--model and --activations exclude", "train", "--activations", "a", "--model", "m",
                   "--out", "r", "--steps", "1")
        self.fails(2, "--text FILE... is missing", "train", "--model", "m", "--layer", "0", "--out", "r",
                   "--steps", "1")
        self.fails(2, "--model or --tokenizer is missing", "tokenize")
        self.fails(2, "disagree", "index", "--model", "m", "--sae", "s", "--text", "t", "--out", "i",
                   "--layer", "1", "--site", "gpt_neox.layers.0.mlp.dense_4h_to_h")
        self.fails(2, "no layer is given", "index", "--model", "m", "--sae", "s", "--text", "t",
                   "--out", "i")


class ConfigFile(CliTest):
    def config(self, **keys):
        path = self.folder / "c.json"
        path.write_text(json.dumps(keys))
        return path

    def test_unknown_keys_name_the_nearest(self):
        self.fails(2, ["c.json", "there is no key contxt", "did you mean context?"],
                   "index", "--config", self.config(contxt=3))

    def test_keys_are_flags_with_underscores(self):
        self.fails(2, "there is no key log-every", "train", "--config", self.config(**{"log-every": 3}))
        self.fails(2, "cannot use --log-every 0", "train", "--config", self.config(log_every=0))

    def test_values_of_the_wrong_kind_are_refused(self):
        self.fails(2, ["quiet", "true or false"], "info", ".", "--config", self.config(quiet=1))
        self.fails(2, ["threads", "text or a number"], "info", ".", "--config", self.config(threads={}))
        self.fails(2, "it takes a path", "train", "--config", self.config(out=""))
        self.fails(2, "given twice", "train", "--config", self.config(steps=[1, 2]))

    def test_a_file_that_is_no_config_is_refused(self):
        self.fails(1, "no such file", "info", ".", "--config", "nowhere.json")
        (self.folder / "c.json").write_text("{")
        self.fails(1, "not JSON", "info", ".", "--config", "c.json")
        (self.folder / "c.json").write_text("[1]")
        self.fails(2, "not a JSON object", "info", ".", "--config", "c.json")

    def test_flags_win_over_the_file(self):
        (self.folder / "text").write_text("x")
        config = self.config(tokenizer="nowhere.json", lines=True)
        self.fails(1, "nowhere.json", "tokenize", "text", "--config", config)
        ids = self.done("tokenize", "text", "--config", config, "--tokenizer", TINY_TOKENIZER).text
        self.assertEqual(len(json.loads(ids)), 1)


class StandardOutput(CliTest):
    def test_a_full_device_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot write to standard output", done.stderr.splitlines()[-1])

    def test_a_reader_that_has_gone_is_none(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([PROGRAM, "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_closed_stdout_is_an_error_and_no_file_takes_its_place(self):
        done = subprocess.run([PROGRAM, "--help"], stderr=subprocess.PIPE, check=False,
                              preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot write to standard output", done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
