# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops a program at a chosen moment of the run that it makes."""
import os

from support import tiny_model
from support.program import CliTest


class RunTest(CliTest):
    """A test whose program makes the run folder `run` of a tiny model."""

    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)
        self.run_folder = self.folder / "run"

    def rows(self):
        metrics = self.run_folder / "metrics.csv"
        return metrics.read_bytes().count(b"\n") - 1 if metrics.exists() else -1

    def stop_at(self, rows, sent, *arguments):
        """Starts the program and sends the signal once metrics.csv has so many rows. False when the run
        was done before that."""
        process = self.start_program(*arguments)
        while process.poll() is None and self.rows() < rows:
            os.sched_yield()
        process.send_signal(sent)
        self.last_lines = process.stderr.read().splitlines()
        return process.wait() != 0
