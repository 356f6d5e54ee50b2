# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments: whatever was written before opens, and what is gone on with ends as if it
had never been killed."""
import json
import random
import subprocess
import time
import unittest

import fault_jobs
from fault_jobs import FaultTest, FineTune, Index, Train, WRITE_NOTES

KILLS = fault_jobs.HOW_OFTEN or 4


class KillStorm(FaultTest):
    def setUp(self):
        super().setUp()
        self.moments = random.Random(fault_jobs.SEED)

    def kill_within(self, seconds, *arguments):
        """Starts the program and kills it at a moment of that time. False when it was done before."""
        process = self.start_program(*arguments)
        try:
            process.wait(self.moments.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait()
        self.assertIn(status, (0, -9), process.stderr.read())
        return status != 0

    def storm(self, job):
        began = time.monotonic()
        expected = self.undisturbed(job)
        whole = time.monotonic() - began
        kills = finished = 0
        while kills < KILLS:
            kills += self.kill_within(whole, *self.go_on(job))
            self.leaves_nothing_half(job)
            if self.is_done(job):
                self.assertEqual(job.outcome(self.folder), expected)
                self.remove(job)
                finished += 1
        self.done(*self.go_on(job))
        self.assertEqual(job.outcome(self.folder), expected)
        if not job.runs:
            hidden = [name for name in self.names() if name.startswith(".")]
            self.assertEqual(hidden, [], "what was killed is cleared away by the next that goes on")
        print(f"{job.name}: {kills} kills survived, {finished + 1} results equal to the undisturbed one")

    def test_training(self):
        self.storm(Train)

    def test_fine_tuning(self):
        self.storm(FineTune)

    def test_index(self):
        self.storm(Index)

    def test_an_index_that_replaces_another_is_the_old_or_the_new_one(self):
        began = time.monotonic()
        new = self.undisturbed(Index)
        whole = time.monotonic() - began
        self.done(*Index.start, "--top", "3")
        old = Index.outcome(self.folder)
        self.assertNotEqual(old, new)
        for _ in range(KILLS):
            self.kill_within(whole, *Index.start, "--force")
            self.assertIn(Index.outcome(self.folder), (old, new))

    def test_notes_of_two_who_write_at_once(self):
        """No note and no part of a study is lost that was said to be kept, whoever is killed."""
        study = self.folder / "study"
        study.mkdir()
        (study / "study.json").write_text('{"name": "two windows"}')
        began = time.monotonic()
        subprocess.run([WRITE_NOTES, study, "0", "1"], check=True, capture_output=True)
        start_up = time.monotonic() - began
        kept, first = {0}, [1, 1_000_000]
        for _ in range(KILLS):
            said = [self.folder / name for name in ("one", "other")]
            writers = []
            for path, start in zip(said, first):
                with open(path, "wb") as out:
                    writers.append(subprocess.Popen([WRITE_NOTES, study, str(start), "100000"], stdout=out))
            killed = self.moments.randrange(2)
            time.sleep(start_up / 2 + self.moments.uniform(0, start_up))
            writers[killed].kill()
            time.sleep(self.moments.uniform(0, 0.02))
            writers[1 - killed].kill()
            for which, writer in enumerate(writers):
                self.assertEqual(writer.wait(), -9)
                lines = [int(line) for line in said[which].read_text().splitlines(True) if line.endswith("\n")]
                kept.update(lines)
                first[which] = max([first[which] - 1, *lines]) + 1
            notes = json.loads((study / "notes.json").read_text()) if (study / "notes.json").exists() else {}
            labels = {int(key): note["label"] for key, note in notes.get("saes", {}).get("sha256:0", {}).items()}
            texts = {part["name"] for part in json.loads((study / "study.json").read_text()).get("texts", [])}
            self.assertEqual(kept - labels.keys(), set())
            self.assertEqual({str(feature) for feature in kept} - texts, set())
            self.assertTrue(all(label == str(feature) for feature, label in labels.items()))
        print(f"notes: {2 * KILLS} kills survived, {len(kept)} notes said to be kept are there")


if __name__ == "__main__":
    unittest.main()
