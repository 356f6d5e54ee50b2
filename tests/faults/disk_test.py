# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, read-only or broken from any call on, or at any one call: the program says what
failed, why and what next; nothing half stands under a final name; and with the disk well again it comes
out as if nothing had happened."""
import os
import random
import shutil
import subprocess
import unittest

import fault_jobs
from fault_jobs import SHORT_TRAIN, SHORT_TUNE, WRITE_NOTES, FaultTest, Index, Written
from support.program import PROGRAM, SOURCE, Result

FAILING_DISK = next(PROGRAM.parents[1].rglob("libfailing_disk.so"))
# SQLite does not always pass on what the system said.
ERRORS = {"ENOSPC": "full|No space|the disk gives an error", "EROFS": "[Rr]ead-only|the disk gives an error",
          "EIO": "nput/output error|the disk gives an error"}
A_SAMPLE = 3


class FailingDisk(FaultTest):
    def on_a_failing_disk(self, arguments, program=PROGRAM, **settings):
        names = {f"FAILING_DISK_{name}": str(value) for name, value in settings.items()}
        environment = {"LD_PRELOAD": str(FAILING_DISK), "FAILING_DISK": str(self.folder), **names}
        return self.run_other(program, *arguments, **environment)

    def run_other(self, program, *arguments, **environment):
        """As run_program, another program."""
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, cwd=self.folder,
                              env={**os.environ, **environment}, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def calls_of(self, arguments, program=PROGRAM):
        return self.counted(lambda **count: self.on_a_failing_disk(arguments, program, ERROR="EIO", **count))

    def faults(self, calls):
        """(error, from which call on, how many): some of all, every call once before one comes twice."""
        chance = random.Random(fault_jobs.SEED)
        ways = [(error, many) for error in ERRORS for many in (0, 1)]
        of_call = {first: chance.sample(ways, len(ways)) for first in range(1, calls + 1)}
        every = [(error, first, many) for turn in range(len(ways))
                 for first in chance.sample(range(1, calls + 1), calls) for error, many in [of_call[first][turn]]]
        return every[:fault_jobs.HOW_OFTEN or A_SAMPLE]

    def clear_hidden(self):
        for name in self.names():
            if name.startswith("."):
                path = self.folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def survives(self, job, before=lambda: None):
        """`before` makes what the job finds, after the folder is as it was."""
        before()
        calls = self.calls_of(job.start)
        expected = job.outcome(self.folder)
        self.remove(job)
        tried = told = 0
        for fault in self.faults(calls):
            error, first, many = fault
            before()
            old = job.outcome(self.folder) if (self.folder / job.out).exists() else None
            result = self.on_a_failing_disk(job.start, ERROR=error, FROM=first, CALLS=many)
            tried += 1
            with self.subTest(job=job.name, fault=fault):
                if result.status == 0:
                    self.assertEqual(job.outcome(self.folder), expected)
                else:
                    told += 1
                    self.is_told(result, ERRORS[error], fault)
                    if old is not None:
                        self.assertIn(job.outcome(self.folder), (old, expected))
                    elif job.runs:
                        self.leaves_nothing_half(job)
                        self.is_done(job)
                    self.clear_hidden()
                    if job.runs or old is not None or not (self.folder / job.out).exists():
                        self.done(*self.go_on(job))
                    self.assertEqual(job.outcome(self.folder), expected)
            self.remove(job)
            self.clear_hidden()
        print(f"{job.name}: {tried} faults of {6 * calls} tried, in {min(tried, calls)} of {calls} writes, "
              f"{told} told, the others harmless")

    def test_training(self):
        self.survives(SHORT_TRAIN)

    def test_fine_tuning(self):
        self.survives(SHORT_TUNE)

    def test_index(self):
        self.survives(Index)

    def test_an_index_that_replaces_another(self):
        forced = type("Index", (Index,), {"start": (*Index.start, "--force")})
        self.done(*Index.start, "--top", "3")
        old = (self.folder / "i.sqlite").read_bytes()
        self.survives(forced, before=lambda: (self.folder / "i.sqlite").write_bytes(old))

    def test_converting(self):
        for target in ("saelens", "dictionary-learning", "neel"):
            self.survives(Written("converted", "convert", "sae", "converted", "--to", target, flag=None))

    def test_activations_and_features(self):
        self.survives(self.forward())

    def test_tables_and_figures(self):
        self.done(*Index.start)
        self.inputs = self.names()
        self.survives(Written("rows.csv", "features", "i.sqlite", flag="--csv"))
        if (PROGRAM.parent / "featurescope-figure").exists():
            for ending in ("pdf", "svg", "png", "csv") if fault_jobs.HOW_OFTEN else ("pdf",):
                self.survives(Written(f"figure.{ending}", "figure", "cosines", "i.sqlite"))

    @unittest.skipUnless((SOURCE / "resources/demo/study.json").exists(), "no bundled demo")
    def test_the_demo(self):
        self.survives(Written("demo", "demo", "--quiet"))

    def test_notes_and_study(self):
        """What was said to be kept is there, whatever fails afterwards."""
        study = self.folder / "study"
        arguments = (study, 5, 3)

        def fresh():
            shutil.rmtree(study, ignore_errors=True)
            study.mkdir()
            (study / "study.json").write_text('{"name": "notes"}')

        fresh()
        calls = self.calls_of(arguments, WRITE_NOTES)
        tried = 0
        for fault in self.faults(calls):
            error, first, many = fault
            fresh()
            result = self.on_a_failing_disk(arguments, WRITE_NOTES, ERROR=error, FROM=first, CALLS=many)
            tried += 1
            with self.subTest(fault=fault):
                if result.status != 0:
                    self.is_told(result, ERRORS[error], fault)
                for feature in result.text.split():
                    self.assertIn(f'"label": "{feature}"', (study / "notes.json").read_text())
                    self.assertIn(f"texts/{feature}", (study / "study.json").read_text())
                self.assertEqual(self.run_other(WRITE_NOTES, study, 5, 3).status, 0)
        print(f"notes: {tried} faults of {6 * calls} tried, in {min(tried, calls)} of {calls} writes")


if __name__ == "__main__":
    unittest.main()
