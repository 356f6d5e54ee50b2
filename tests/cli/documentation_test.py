# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation against the programs: docs/verbs.md is what they tell of themselves, no page names a
verb or flag that does not exist, no link leads nowhere, and the guide's commands run as they stand."""
import os
import re
import subprocess
import sys
import unittest

from support.program import PROGRAM, SOURCE, CliTest

sys.path.insert(0, str(SOURCE / "packaging"))
import commands  # noqa: E402
import verbs_page  # noqa: E402

PAGES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "docs").glob("*.md"))]
WINDOW = (PROGRAM.parent / "featurescope-gui").exists()


def blocks(text):
    """The commands of a page's fenced blocks, one a line; a backslash joins lines."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S):
        yield from block.replace("\\\n", " ").splitlines()


class Documentation(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.programs = commands.of(PROGRAM.parent)
        cls.flags = {verb.name: {flag.name for flag in verb.flags} for verb in cls.programs.verbs}

    def test_the_page_of_all_flags_is_what_the_programs_tell(self):
        if not WINDOW:
            self.skipTest("this build has no window, whose flags the page lists")
        page = (SOURCE / "docs/verbs.md").read_text(encoding="utf-8")
        self.assertEqual(page, verbs_page.page(self.programs), "run ./dev docs")

    def test_commands_name_verbs_and_flags_that_exist(self):
        found = 0
        for page in PAGES:
            for line in blocks(page.read_text(encoding="utf-8")):
                for command in re.findall(r"(?:^|[|;/] ?)featurescope (\S+)([^|;#]*)", line):
                    verb, rest = command[0], re.sub(r"'[^']*'|\"[^\"]*\"", "", command[1])
                    if verb in ("help", "--help", "--version", "VERB"):
                        continue
                    self.assertIn(verb, self.flags, f"{page.name}: {line}")
                    for flag in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", rest):
                        self.assertIn(flag, self.flags[verb], f"{page.name}: {line}")
                    found += 1
        self.assertGreater(found, 30)

    def test_flags_in_sentences_exist(self):
        known = set().union(*self.flags.values()) | {"--version", "--help"}
        if self.programs.window:
            known |= {flag.name for flag in self.programs.window.flags}
        for page in PAGES:
            prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
            for code in re.findall(r"`([^`]+)`", prose):
                if code.startswith(("cmake", "ctest", "git", "apt", "pip")):
                    continue
                for flag in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", code):
                    if WINDOW:
                        self.assertIn(flag, known, f"{page.name}: {code}")

    def test_every_verb_is_in_the_guide_and_the_readme(self):
        for page in ("README.md", "docs/guide.md"):
            words = set(re.findall(r"[a-z]+", " ".join(re.findall(
                r"`([^`\n]+)`|^(?:featurescope) .*", (SOURCE / page).read_text(encoding="utf-8"), re.M))))
            for verb in self.flags:
                self.assertIn(verb, words, page)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
                if not target.startswith("http"):
                    self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_the_commands_of_the_guide_run(self):
        guide = (SOURCE / "docs/guide.md").read_text(encoding="utf-8")
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
        self.done("demo", "--out", "demo")
        for command in blocks(guide.split("\n## The verbs\n")[1].split("\n## ")[0]):
            if command.startswith("featurescope figure") and not WINDOW:
                continue
            done = subprocess.run(["sh", "-ec", command], cwd=self.folder, env={**os.environ, "PATH": path},
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")


if __name__ == "__main__":
    unittest.main()
