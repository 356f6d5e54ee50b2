# SPDX-License-Identifier: GPL-3.0-or-later
"""Too little memory at any moment of a job: a sentence that says so, no half output, and with memory again
the job comes out as if nothing had happened. The allocations that fail are the large ones, which are what a
machine refuses."""
import resource
import shutil
import subprocess
import unittest

import fault_jobs
from fault_jobs import SHORT_TRAIN, SHORT_TUNE, FaultTest, Index, Written
from support.program import PROGRAM, Result

FAILING_MEMORY = next(PROGRAM.parents[1].rglob("libfailing_memory.so"))
SMALLEST = 16 * 1024
A_SAMPLE = 4


class OutOfMemory(FaultTest):
    def with_little_memory(self, arguments, **settings):
        names = {f"FAILING_MEMORY_{name}": str(value) for name, value in settings.items()}
        return self.run_program(*arguments, LD_PRELOAD=str(FAILING_MEMORY), FAILING_MEMORY_BYTES=str(SMALLEST),
                                **names)

    def calls_of(self, arguments):
        return self.counted(lambda **count: self.with_little_memory(arguments, **count))

    def moments_of(self, arguments):
        """Some of the moments at which the program asks for memory. Before the first it is the dynamic
        loader and the libraries' start that ask."""
        first = self.calls_of(("--version",)) + 1
        return fault_jobs.some_of(range(first, self.calls_of(arguments) + 1), A_SAMPLE)

    def survives(self, job):
        moments = self.moments_of(job.start)
        expected = job.outcome(self.folder)
        self.remove(job)
        told = 0
        for moment in moments:
            with self.subTest(job=job.name, moment=moment):
                result = self.with_little_memory(job.start, FROM=moment)
                if result.status != 0:
                    told += 1
                    self.is_told(result, "memory", moment)
                    self.leaves_nothing_half(job)
                    if not self.is_done(job):
                        self.done(*self.go_on(job))
                self.assertEqual(job.outcome(self.folder), expected)
            self.remove(job)
        print(f"{job.name}: {len(moments)} moments tried, {told} told, the others harmless")

    def test_training(self):
        self.survives(SHORT_TRAIN)

    def test_fine_tuning(self):
        self.survives(SHORT_TUNE)

    def test_index(self):
        self.survives(Index)

    def test_verbs_that_write_one_file_or_folder(self):
        forward = self.forward()
        self.survives(forward)
        self.done(*forward.start)
        self.done(*Index.start)
        self.inputs = self.names()
        self.survives(Written("codes.safetensors", "encode", "--sae", "sae", "--activations", forward.out,
                              "--tensor", fault_jobs.SITE, "--quiet"))
        self.survives(Written("converted", "convert", "sae", "converted", "--to", "neel", flag=None))
        self.survives(Written("rows.csv", "features", "i.sqlite", flag="--csv"))

    def reads(self, *arguments):
        """A verb that writes nothing."""
        moments = self.moments_of(arguments)
        for moment in moments:
            with self.subTest(verb=arguments[0], moment=moment):
                result = self.with_little_memory(arguments, FROM=moment)
                if result.status != 0:
                    self.is_told(result, "memory", moment)
        print(f"{arguments[0]}: {len(moments)} moments tried")

    def test_verbs_that_read(self):
        self.done(*Index.start)
        model = ("--model", "model", "--sae", "sae")
        self.reads("evaluate", *model, "--layers", "0-1", "--text", "text.txt", "--context", "32", "--tokens", 256,
                   "--quiet")
        self.reads("attribute", *model, 3)
        self.done(*SHORT_TUNE.start)
        self.reads("compare", "run", "--tokens", 256)
        self.reads("inspect", *model, "--layer", 1, "--prompt", "The castle is")
        self.reads("cosines", "i.sqlite")
        self.reads("features", "i.sqlite")
        self.reads("activations", "i.sqlite", 3)
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
                self.is_told(result, "memory", f"{megabytes} MB")
                self.leaves_nothing_half(SHORT_TRAIN)
            shutil.rmtree(self.folder / "run", ignore_errors=True)
        print(f"a lowered limit: told {told} times")


if __name__ == "__main__":
    unittest.main()
