# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the program as a person does and holds what it says to the contract."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("FEATURESCOPE_SOURCE", pathlib.Path(__file__).parents[3]))
PROGRAM = pathlib.Path(os.environ.get("FEATURESCOPE_BIN", SOURCE / "build/release/bin")) / "featurescope"
SHARED_DATA = pathlib.Path(os.environ.get("FEATURESCOPE_TEST_DATA", SOURCE / "../shared/data"))
TINY_TOKENIZER = SOURCE / "tests/data/tiny_tokenizer.json"

# What only we may see: names of libraries, C++ types, source files and back traces.
LIBRARY_TALK = re.compile(
    r"c10|at::|ATen|nlohmann|json\.exception|std::|terminate|what\(\)|\.cpp|CLI::|Traceback|SQLITE_|"
    r"defect of Featurescope")


def verbs():
    """The verbs that `featurescope --help` lists."""
    text = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z]+) {2,}\S", text, re.M)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def text(self):
        return self.out.decode("utf-8")

    @property
    def last_line(self):
        lines = self.err.decode("utf-8").splitlines()
        return lines[-1] if lines else ""

    def json(self):
        value = json.loads(self.text)
        assert isinstance(value, dict), f"not an object: {self.text[:80]}"
        return value


class CliTest(unittest.TestCase):
    """A test with a folder of its own, in which the program runs."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="featurescope-cli-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def run_program(self, *arguments, stdin=b"", folder=None, **environment):
        done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True,
                              cwd=folder or self.folder, env={**os.environ, **environment}, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def start_program(self, *arguments):
        """A running program; its stderr is a pipe of text."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def done(self, *arguments, **rest):
        """Runs what must succeed."""
        result = self.run_program(*arguments, **rest)
        self.assertEqual(result.status, 0, f"{arguments}\n{result.err.decode()}")
        self.assertNotRegex(result.err.decode(), LIBRARY_TALK)
        return result

    def fails(self, status, words, *arguments, **rest):
        """Runs what must end with `status` and a last line that has all of `words`."""
        result = self.run_program(*arguments, **rest)
        self.assertEqual(result.status, status, f"{arguments}\n{result.err.decode()}")
        self.assertEqual(result.out, b"", f"{arguments}: a failed verb prints no result")
        self.assertRegex(result.last_line, r"^featurescope: error: .+: .+")
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.last_line, str(arguments))
        self.assertNotRegex(result.err.decode(), LIBRARY_TALK)
        return result

    def names(self, folder=None):
        """Everything in a folder, hidden files too."""
        return sorted(path.name for path in (folder or self.folder).iterdir())
