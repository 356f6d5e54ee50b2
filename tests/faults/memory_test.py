# SPDX-License-Identifier: GPL-3.0-or-later
"""Too little memory at any moment of a job: a sentence that says so, no half output, and with memory again
the job comes out as if nothing had happened. The allocations that fail are the large ones, which are what a
machine refuses."""
import random
import resource
import shutil
import subprocess
import unittest

import fault_jobs
from disk_test import SHORT_TRAIN, SHORT_TUNE
from fault_jobs import FaultTest, Index
from support.program import LIBRARY_TALK, PROGRAM, Result

FAILING_MEMORY = next(PROGRAM.parents[1].rglob("libfailing_memory.so"))
SMALLEST = 16 * 1024
A_SAMPLE = 4


def some_of(moments):
    return random.Random(fault_jobs.SEED).sample(moments, min(len(moments), fault_jobs.HOW_OFTEN or A_SAMPLE))


class OutOfMemory(FaultTest):
    def with_little_memory(self, arguments, **settings):
        names = {f"FAILING_MEMORY_{name}": str(value) for name, value in settings.items()}
        return self.run_program(*arguments, LD_PRELOAD=str(FAILING_MEMORY), FAILING_MEMORY_BYTES=str(SMALLEST),
                                **names)

    def calls_of(self, arguments):
        count = self.folder.parent / (self.folder.name + ".count")
        self.addCleanup(lambda: count.unlink(missing_ok=True))
        self.assertEqual(self.with_little_memory(arguments, COUNT=count).status, 0)
        return int(count.read_text())

    def is_told(self, result, moment):
        self.assertEqual(result.status, 1, f"{moment}: {result.err.decode()}")
        self.assertRegex(result.last_line, r"^featurescope: error: .+: .*(not enough memory|memory).*\(.+\)$",
                         str(moment))
        self.assertNotRegex(result.err.decode(), LIBRARY_TALK, str(moment))

    def first_of_the_program(self):
        """Before this one it is the dynamic loader and the libraries' start that ask for memory."""
        return self.calls_of(("--version",)) + 1

    def survives(self, job):
        calls = self.calls_of(job.start)
        expected = job.outcome(self.folder)
        self.remove(job)
        moments = range(self.first_of_the_program(), calls + 1)
        moments = some_of(moments)
        told = 0
        for moment in moments:
            with self.subTest(job=job.name, moment=moment):
                result = self.with_little_memory(job.start, FROM=moment)
                if result.status != 0:
                    told += 1
                    self.is_told(result, moment)
                    self.leaves_nothing_half(job)
                    if not self.is_done(job):
                        self.done(*self.go_on(job))
                self.assertEqual(job.outcome(self.folder), expected)
            self.remove(job)
        print(f"{job.name}: {len(moments)} moments of {calls} tried, {told} told, the others harmless")

    def test_training(self):
        self.survives(SHORT_TRAIN)

    def test_fine_tuning(self):
        self.survives(SHORT_TUNE)

    def test_index(self):
        self.survives(Index)

    def reads(self, *arguments):
        """A verb that writes nothing."""
        calls = self.calls_of(arguments)
        moments = range(self.first_of_the_program(), calls + 1)
        moments = some_of(moments)
        for moment in moments:
            with self.subTest(verb=arguments[0], moment=moment):
                result = self.with_little_memory(arguments, FROM=moment)
                if result.status != 0:
                    self.is_told(result, moment)
        print(f"{arguments[0]}: {len(moments)} moments of {calls} tried")

    def test_verbs_that_read(self):
        self.done(*Index.start)
        model = ("--model", "model", "--sae", "sae")
        self.reads("evaluate", *model, "--layers", "0-1", "--text", "text.txt", "--context", "32", "--tokens", 256,
                   "--quiet")
        self.reads("attribute", *model, 3)
        self.reads("features", "i.sqlite")
        self.reads("search", "i.sqlite", "--regex", "river")
        self.reads("tokenize", "--model", "model", "text.txt")

    def test_a_lowered_limit(self):
        """The kernel refuses, not a stand-in: the address space of the process is limited."""
        def within(megabytes, *arguments):
            def limit():
                resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
            done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, capture_output=True,
                                  check=False, preexec_fn=limit)
            return Result(done.returncode, done.stdout, done.stderr)

        large = ("train", "--model", "model", "--layer", "1", "--text", "text.txt", "--features", 200_000,
                 "--steps", 2, "--context", "16", "--threads", "1", "--quiet", "--out", "run")
        told = 0
        for megabytes in (32_768, 1024, 1536, 2048, 3072, 4096):
            if within(megabytes, "--version").status != 0:
                continue  # not even the libraries find a place
            result = within(megabytes, *large)
            if result.status != 0:
                told += 1
                self.is_told(result, f"{megabytes} MB")
                self.leaves_nothing_half(SHORT_TRAIN)
            shutil.rmtree(self.folder / "run", ignore_errors=True)
        print(f"a lowered limit: told {told} times")


if __name__ == "__main__":
    unittest.main()
