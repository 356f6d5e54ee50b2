# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs and the clock do while ours works: a database that somebody locks, files that change
or vanish, a clock that jumps."""
import os
import re
import shutil
import sqlite3
import subprocess
import time
import unittest

import fault_jobs
from fault_jobs import WRITE_NOTES, FaultTest, Index, Train

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class Surroundings(FaultTest):
    def test_a_locked_index_is_told_after_a_bounded_wait(self):
        self.done(*Index.start)
        holder = sqlite3.connect(self.folder / "i.sqlite", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        self.fails(1, ["i.sqlite", "another program holds it", "close"], "features", "i.sqlite")
        self.assertLess(time.monotonic() - began, 60)
        # Replacing it needs nothing of what is locked.
        self.done(*Index.start, "--force")
        holder.execute("ROLLBACK")
        holder.close()
        self.done("features", "i.sqlite")

    def test_locked_notes_are_told_after_a_bounded_wait(self):
        study = self.folder / "study"
        study.mkdir()
        (study / "study.json").write_text('{"name": "held"}')
        holder = subprocess.Popen(["flock", str(study), "sleep", "600"])
        self.addCleanup(holder.wait)
        self.addCleanup(subprocess.run, ["pkill", "-P", str(holder.pid)], check=False)
        while subprocess.run(["flock", "--nonblock", str(study), "true"], check=False).returncode == 0:
            os.sched_yield()
        done = subprocess.run([WRITE_NOTES, study, "1", "1"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: cannot write in .*study: another program holds it")
        self.assertFalse((study / "notes.json").exists())

    def endless_run(self):
        job = fault_jobs.changed(Train, steps=100_000_000, checkpoint_every=50)
        process = self.start_program(*job.start)
        metrics = self.folder / "run/metrics.csv"
        while process.poll() is None and not (metrics.exists() and metrics.read_bytes().count(b"\n") > 3):
            os.sched_yield()
        self.assertIsNone(process.poll(), "it ended early")
        return process

    def test_a_run_whose_folder_is_removed_ends_and_makes_no_other(self):
        process = self.endless_run()
        while (self.folder / "run").exists():
            shutil.rmtree(self.folder / "run", ignore_errors=True)
        last = process.stderr.read().splitlines()[-1]
        self.assertEqual(process.wait(), 1)
        self.assertRegex(last, "^featurescope: error: cannot write run/.*: it was removed while it was written")
        self.assertEqual([name for name in self.names() if not name.startswith(".")], self.inputs)

    def test_a_run_does_not_notice_that_its_inputs_vanish(self):
        """What it reads is open already; what it has to open again is told."""
        process = self.endless_run()
        (self.folder / "text.txt").unlink()
        shutil.rmtree(self.folder / "model")
        errors = process.stderr.read().splitlines()
        self.assertEqual(process.wait(), 1)
        self.assertRegex(errors[-1], "^featurescope: error: .*(text.txt|held-out.txt|model).*no such file")

    @unittest.skipUnless(os.path.exists(FAKETIME), "no libfaketime (Debian: faketime)")
    def test_a_clock_that_jumps_changes_nothing(self):
        expected = self.undisturbed(Train)
        # Two hours back every second, from the far future.
        environment = {"LD_PRELOAD": FAKETIME, "FAKETIME": "@2090-01-01 00:00:00 x-7200", "FAKETIME_NO_CACHE": "1",
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        began = time.monotonic()
        done = self.run_program(*[word for word in Train.start if word != "--quiet"], **environment)
        self.assertEqual(done.status, 0, done.err.decode())
        self.assertLess(time.monotonic() - began, 300)
        self.assertIsNone(re.search(rb"(?<![\w.e])-\d", done.err), done.err.decode())
        self.assertEqual(Train.outcome(self.folder), expected)

    def test_times_of_files_in_past_and_future_change_nothing(self):
        expected = self.undisturbed(Train)
        for number, path in enumerate(sorted(self.folder.rglob("*"))):
            os.utime(path, (0, 0) if number % 2 else (4_000_000_000, 4_000_000_000))
        self.done(*Train.start)
        self.assertEqual(Train.outcome(self.folder), expected)


if __name__ == "__main__":
    unittest.main()
