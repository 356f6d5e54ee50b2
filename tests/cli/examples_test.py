# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in every verb's help run as they stand, in a folder where `demo` was run before."""
import os
import shlex
import subprocess
import unittest

from support.program import PROGRAM, SOURCE, CliTest, verbs

DEMO = SOURCE / "resources/demo/study.json"
FIGURES = (PROGRAM.parent / "featurescope-figure").exists()


@unittest.skipUnless(DEMO.exists(), f"no bundled demo: {DEMO} is missing")
class Examples(CliTest):
    def shell(self, command):
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(["sh", "-c", command], cwd=self.folder, env={**os.environ, "PATH": path},
                              capture_output=True, text=True, check=False)

    def test_every_example_runs(self):
        self.done("demo", "--out", "demo")
        for verb in verbs():
            if verb in ("demo", "gui") or (verb in ("figure", "reproduce") and not FIGURES):
                continue
            # What they write goes before the next verb's, which may use the same names.
            before = set(self.names())
            for command in self.done(verb, "--help").text.split("\nExamples:\n")[1].splitlines():
                done = self.shell(command.strip())
                self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
            self.shell("rm -rf -- " + " ".join(shlex.quote(name) for name in set(self.names()) - before))

    def test_the_demo_is_a_study_whose_parts_are_told(self):
        result = self.done("demo", "--out", "my demo", "--json").json()
        self.assertEqual(result["study"], "my demo")
        self.assertEqual(self.done("info", "my demo", "--json").json()["kind"], "study")
        for part, kind in (("models", "model"), ("saes", "sae"), ("indexes", "index")):
            for entry in result[part]:
                self.assertEqual(self.done("info", entry["path"], "--json").json()["kind"], kind)
        self.fails(1, ["my demo", "exists", "--force"], "demo", "--out", "my demo")
        self.done("demo", "--out", "my demo", "--force")

    def test_a_folder_that_is_no_study_is_never_replaced(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine/thesis.txt").write_text("years of work")
        self.fails(1, "not a study", "demo", "--out", "mine", "--force")
        self.assertEqual((self.folder / "mine/thesis.txt").read_text(), "years of work")
        self.fails(1, "cannot write", "demo", "--out", "mine/thesis.txt/demo")


class Window(CliTest):
    def test_without_a_window_beside_it_gui_says_so(self):
        if (PROGRAM.parent / "featurescope-gui").exists():
            self.skipTest("this build has a window")
        self.fails(1, "there is no featurescope-gui", "gui")


if __name__ == "__main__":
    unittest.main()
