# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs that the fault tests disturb: how each starts, how it goes on, and what must come out as if
nothing had happened. FEATURESCOPE_FAULTS says how often, FEATURESCOPE_SEED where (see ./dev faults)."""
import csv
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))

# pylint: disable=wrong-import-position
from support import tiny_model
from support.program import LIBRARY_TALK, PROGRAM, CliTest

SEED = int(os.environ.get("FEATURESCOPE_SEED", "1"))
# So many faults of each kind in each job; unset: few, which take seconds.
HOW_OFTEN = int(os.environ.get("FEATURESCOPE_FAULTS", "0"))
SITE = "gpt_neox.layers.1.mlp.dense_4h_to_h"
WRITE_NOTES = PROGRAM.parent / "write_notes"
# What a failed program says: WHAT: WHY (what next).
SAID = re.compile(r"^featurescope: error: .+?: (.+) \(.+\)$")


def some_of(every, least):
    """So many as were asked for, of all faults that can be tried; at least `least`."""
    return random.Random(SEED).sample(every, min(len(every), HOW_OFTEN or least))


def rows_of(path):
    """A CSV's rows without what depends on the clock; every line must be whole."""
    data = path.read_bytes()
    assert data.endswith(b"\r\n"), f"{path} ends in the middle of a line"
    rows = list(csv.DictReader(data.decode().splitlines()))
    return [{key: value for key, value in row.items() if key != "tokens_per_second"} for row in rows]


def changed(job, **flags):
    """The job with other values of flags that it gives already."""
    start = list(job.start)
    for name, value in flags.items():
        start[start.index("--" + name.replace("_", "-")) + 1] = str(value)
    return type(job.__name__, (job,), {"start": tuple(start)})


class Train:
    name, out, runs = "train", "run", True
    start = ("train", "--model", "model", "--layer", "1", "--text", "text.txt", "--context", "16", "--batch", "4",
             "--steps", "150", "--log-every", "1", "--checkpoint-every", "25", "--shuffle-buffer", "512",
             "--held-out", "held-out.txt", "--held-out-tokens", "64", "--evaluate-every", "60",
             "--l1-adjust-after", "2000", "--resample-every", "40", "--dead-window", "10", "--threads", "1",
             "--quiet", "--out", "run")
    result = ("sae",)

    @staticmethod
    def outcome(folder):
        run = folder / "run"
        return ((run / "sae/sae_weights.safetensors").read_bytes(), rows_of(run / "metrics.csv"),
                rows_of(run / "held_out.csv"),
                [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()
                 if json.loads(line)["kind"] != "checkpoint"])


class FineTune:
    name, out, runs = "finetune", "run", True
    start = ("finetune", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "sums.jsonl", "--epochs",
             "4", "--steps-per-epoch", "15", "--batch", "4", "--lr", "0.01", "--log-every", "1",
             "--checkpoint-every", "7", "--held-out-fraction", "0.2", "--threads", "1", "--quiet", "--out", "run")
    result = ("scales.safetensors", "scales.csv")

    @staticmethod
    def outcome(folder):
        run = folder / "run"
        description = json.loads((run / "run.json").read_text())
        del description["result"]["steps_per_second"]
        return ([(run / name).read_bytes() for name in ("scales.safetensors", "scales.csv")],
                rows_of(run / "metrics.csv"), description["result"], description["measured"])


class Index:
    name, out, runs = "index", "i.sqlite", False
    start = ("index", "--model", "model", "--sae", "sae", "--layer", "1", "--text", "text.txt", "--context", "32",
             "--threads", "1", "--quiet", "--out", "i.sqlite")
    result = ()

    @staticmethod
    def outcome(folder):
        with sqlite3.connect(f"file:{folder / 'i.sqlite'}?mode=ro", uri=True) as index:
            assert index.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            tables = [name for (name,) in index.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
            rows = {name: index.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        rows["provenance_entry"] = [row for row in rows["provenance_entry"] if row[0] not in ("created", "command")]
        return rows


class Written:
    """A verb that writes one file or folder, which `flag` names. No clock is in it: the same call makes the
    same bytes."""
    runs, result = False, ()

    def __init__(self, out, *start, flag="--out"):
        self.name, self.out, self.start = start[0], out, start if flag is None else (*start, flag, out)

    def outcome(self, folder):
        path = folder / self.out
        if path.is_file():
            return path.read_bytes()
        return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}


JOBS = (Train, FineTune, Index)
SHORT_TRAIN = changed(Train, steps=9, checkpoint_every=4, log_every=3, evaluate_every=5)
SHORT_TUNE = changed(FineTune, epochs=1, steps_per_epoch=5, checkpoint_every=2, log_every=2)


class FaultTest(CliTest):
    """A test whose folder holds what every job needs."""

    def setUp(self):
        super().setUp()
        tiny_model.make_all(self.folder)
        tiny_model.make_text(self.folder / "held-out.txt", words=600, seed=9)
        lines = [json.dumps({"context": f"The castle is {a} and {b}:", "completion": f" {a + b}"})
                 for a in range(1, 9) for b in range(1, 6)]
        (self.folder / "sums.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.inputs = self.names()

    def remove(self, job):
        path = self.folder / job.out
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def undisturbed(self, job):
        self.done(*job.start)
        outcome = job.outcome(self.folder)
        self.remove(job)
        return outcome

    def counted(self, run):
        """What `run(COUNT=file)` counts into the file; nothing fails meanwhile."""
        count = self.folder.parent / (self.folder.name + ".count")
        self.addCleanup(lambda: count.unlink(missing_ok=True))
        done = run(COUNT=count)
        self.assertEqual(done.status, 0, done.err.decode())
        return int(count.read_text())

    def is_told(self, result, why, fault):
        """A sentence that has `why` for its reason, and nothing that only a library would say."""
        self.assertEqual(result.status, 1, f"{fault}: {result.err.decode()}")
        self.assertRegex(result.last_line, SAID, str(fault))
        self.assertRegex(SAID.match(result.last_line)[1], why, str(fault))
        self.assertNotRegex(result.err.decode(), LIBRARY_TALK, str(fault))

    def forward(self):
        """What --capture writes, encode reads."""
        (self.folder / "ids.json").write_text(json.dumps([[1, 2, 3, 4] * 8] * 40))
        self.inputs = self.names()
        return Written("x.safetensors", "forward", "--model", "model", "--ids", "ids.json", "--capture", SITE,
                       "--quiet")

    def go_on(self, job):
        """What a person does next: resume a run that has a folder, else the same again."""
        if job.runs and (self.folder / job.out).exists():
            return ("resume", job.out, "--quiet")
        return job.start

    def is_done(self, job):
        """Whether the job's result is there. Nothing of it may be there before it is done."""
        path = self.folder / job.out
        if not job.runs or not path.exists():
            return path.exists()
        state = json.loads((path / "run.json").read_text())["state"]
        if state == "finished":
            return True
        for name in job.result:
            if (path / name).exists():
                self.assertIn(state, ("running", "failed"))
        for checkpoint in (path / "checkpoints").glob("step-*"):
            self.assertTrue((checkpoint / "state.safetensors").exists(), checkpoint)
        return False

    def leaves_nothing_half(self, job):
        """Whatever stands under a final name can be read."""
        path = self.folder / job.out
        if path.exists() and not isinstance(job, Written):
            self.done("info", job.out)
        if job.runs and path.exists():
            rows_of(path / "metrics.csv")
        self.assertEqual([name for name in self.names() if not name.startswith(".")],
                         sorted(self.inputs + ([job.out] if path.exists() else [])))
