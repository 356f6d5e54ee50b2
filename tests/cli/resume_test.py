# SPDX-License-Identifier: GPL-3.0-or-later
"""A training run is killed in every way, goes on, and comes out as if nothing had happened."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import unittest

from support.program import PROGRAM
from support.run_test import RunTest

STEPS = 120
TRAIN = ("train", "--model", "model", "--layer", "1", "--text", "text.txt", "--context", "16", "--batch", "4",
         "--steps", STEPS, "--log-every", "1", "--checkpoint-every", "20", "--shuffle-buffer", "512",
         "--l1-adjust-after", "2000", "--resample-every", "40", "--dead-window", "10", "--threads", "1",
         "--quiet", "--out", "run")


class Resume(RunTest):
    def outcome(self):
        """What must not depend on interruptions: weights, and the metrics but for the speed."""
        rows = (self.run_folder / "metrics.csv").read_bytes().split(b"\r\n")
        return ((self.run_folder / "sae/sae_weights.safetensors").read_bytes(),
                [row.rpartition(b",")[0] for row in rows])

    def uninterrupted(self):
        self.done(*TRAIN)
        outcome = self.outcome()
        self.assertEqual(len(outcome[1]), STEPS + 2)
        shutil.rmtree(self.run_folder)
        return outcome

    def state(self):
        return json.loads((self.run_folder / "run.json").read_text())["state"]

    def test_kill_9_at_any_moment_loses_nothing(self):
        expected = self.uninterrupted()
        moments = random.Random(5)
        at = moments.randint(0, 40)
        killed = self.stop_at(at, signal.SIGKILL, *TRAIN)
        while killed:
            at = max(self.rows(), 0) + moments.randint(5, 60)
            killed = self.stop_at(at, signal.SIGKILL, "resume", "run", "--quiet")
        self.done("resume", "run")
        self.assertEqual(self.outcome(), expected)
        self.assertEqual(self.state(), "finished")

    def test_signals_save_first_and_say_how_to_go_on(self):
        expected = self.uninterrupted()
        self.assertTrue(self.stop_at(31, signal.SIGINT, *TRAIN))
        self.assertRegex(self.last_lines[-1], "^featurescope: interrupted: .*featurescope resume run$")
        self.assertEqual(self.state(), "interrupted")
        self.assertFalse((self.run_folder / "sae").exists())
        self.assertTrue(self.stop_at(97, signal.SIGTERM, "resume", "run", "--quiet"))
        self.assertRegex(self.last_lines[-1], "^featurescope: interrupted: .*featurescope resume run$")
        result = self.done("resume", "run", "--json").json()
        self.assertEqual(result["steps"], STEPS)
        self.assertEqual(self.outcome(), expected)

    def test_a_checkpoint_cut_short_by_a_loss_of_power_is_skipped(self):
        expected = self.uninterrupted()
        self.assertTrue(self.stop_at(60, signal.SIGKILL, *TRAIN))
        newest = sorted((self.run_folder / "checkpoints").glob("step-*"))[-1] / "state.safetensors"
        os.truncate(newest, newest.stat().st_size - 1000)
        with open(self.run_folder / "metrics.csv", "ab") as metrics:
            metrics.write(b"61,39")
        result = self.done("resume", "run")
        self.assertIn(f"skipped {newest.parent.name}", result.err.decode())
        self.assertEqual(self.outcome(), expected)

    def test_a_finished_run_is_left_as_it_is(self):
        self.done(*TRAIN)
        before = {path: path.stat().st_mtime_ns for path in self.run_folder.rglob("*")}
        self.assertEqual(self.done("resume", "run", "--json").json()["steps"], STEPS)
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.run_folder.rglob("*")}, before)

    def test_other_inputs_and_missing_runs_are_refused(self):
        self.assertTrue(self.stop_at(30, signal.SIGKILL, *TRAIN))
        with open(self.folder / "text.txt", "a", encoding="utf-8") as text:
            text.write("More.\n")
        self.fails(1, ["text 0 hash", "not what they were"], "resume", "run")
        self.fails(1, ["no such folder"], "resume", "walk")
        self.fails(1, ["not the folder of a run"], "resume", "model")
        self.fails(2, ["--seed"], "resume", "run", "--seed", "3")

    def test_a_full_disk_ends_the_run_which_goes_on_once_there_is_room(self):
        expected = self.uninterrupted()

        def nothing_larger():
            # A disk that is full for files beyond this size; the error, not the signal.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

        process = subprocess.run([PROGRAM, *map(str, TRAIN)], cwd=self.folder, capture_output=True, text=True,
                                 preexec_fn=nothing_larger, check=False)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(process.stderr.splitlines()[-1],
                         "^featurescope: error: cannot write .*go on with: featurescope resume run")
        self.assertEqual(self.state(), "failed")
        self.assertFalse((self.run_folder / "sae").exists())
        self.assertEqual(list((self.run_folder / "checkpoints").glob("*")), [])
        self.done("resume", "run")
        self.assertEqual(self.outcome(), expected)

    def test_a_run_has_one_writer(self):
        endless = [*TRAIN[:TRAIN.index("--steps") + 1], 100_000_000, *TRAIN[TRAIN.index("--steps") + 2:]]
        process = self.start_program(*endless)
        while process.poll() is None and self.rows() < 3:
            os.sched_yield()
        self.fails(1, ["another process"], "resume", "run")
        self.fails(1, ["another process"], *TRAIN, "--force")
        growing = self.done("info", "run", "--json").json()
        self.assertTrue(growing["being_written"])
        self.assertIsNone(growing["hash"])  # checkpoints come and go while they would be read
        process.kill()
        process.wait()
        stopped = self.done("info", "run", "--json").json()
        self.assertFalse(stopped["being_written"])
        self.assertRegex(stopped["hash"], "^sha256:[0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
