# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C and SIGTERM: the status, the last line, and what is left."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from support import tiny_model
from support.program import PROGRAM, TINY_TOKENIZER, CliTest

# More work than a test could wait for.
INDEX = ("index", "--model", "model", "--sae", "sae", "--layer", "1", "--text", *["text.txt"] * 500,
         "--context", "32", "--batch", "1", "--out", "i.sqlite")
TRAIN = ("train", "--model", "model", "--layer", "1", "--text", "text.txt", "--context", "16", "--steps",
         "100000000", "--log-every", "1", "--no-shuffle")


class Interruption(CliTest):
    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)

    def interrupt(self, sent, *arguments, until=lambda: True):
        """Starts the program, sends the signal once it tells of progress and `until` holds, and returns
        the rest of its stderr as lines."""
        process = self.start_program(*arguments)
        self.assertRegex(process.stderr.readline(), "^featurescope: ")
        while process.poll() is None and not until():
            os.sched_yield()
        process.send_signal(sent)
        rest = process.stderr.read().splitlines()
        self.assertEqual(process.wait(), 128 + sent, rest)
        self.assertEqual(process.stdout.read(), "")
        return rest

    def test_an_interrupted_index_leaves_nothing(self):
        before = self.names()
        for sent in (signal.SIGINT, signal.SIGTERM):
            self.assertRegex(self.interrupt(sent, *INDEX)[-1], "^featurescope: interrupted: .*start")
            self.assertEqual(self.names(), before)

    def test_an_interrupted_index_keeps_the_old_one(self):
        (self.folder / "i.sqlite").write_text("mine")
        self.interrupt(signal.SIGINT, *INDEX, "--force")
        self.assertEqual((self.folder / "i.sqlite").read_text(), "mine")

    def test_an_interrupted_run_says_so_and_has_no_sae(self):
        metrics = self.folder / "run/metrics.csv"
        for sent in (signal.SIGINT, signal.SIGTERM):
            lines = self.interrupt(sent, *TRAIN, "--out", "run",
                                   until=lambda: metrics.exists() and metrics.read_text().count("\n") > 2)
            self.assertRegex(lines[-1], "^featurescope: interrupted: .*run")
            self.assertEqual(json.loads((self.folder / "run/run.json").read_text())["state"], "interrupted")
            self.assertFalse((self.folder / "run/sae").exists())
            shutil.rmtree(self.folder / "run")

    def test_a_verb_that_waits_for_input_ends_at_once(self):
        process = subprocess.Popen([PROGRAM, "tokenize", "--lines", "--tokenizer", TINY_TOKENIZER],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Enough lines that some of their ids come out, few enough for a pipe to hold: once the first
        # byte is here, it runs, and waits for more.
        process.stdin.write(b"some words to tokenize\n" * 2500)
        process.stdin.flush()
        process.stdout.read(1)
        process.send_signal(signal.SIGTERM)
        rest = process.communicate()[1]
        self.assertEqual(process.returncode, 143)
        self.assertRegex(rest.splitlines()[-1], b"^featurescope: interrupted: ")


if __name__ == "__main__":
    unittest.main()
