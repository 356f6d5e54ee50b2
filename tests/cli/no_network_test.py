# SPDX-License-Identifier: GPL-3.0-or-later
"""No verb and no window opens a socket that leads off the machine (docs/security.md): the first example
of every verb's help runs under strace, which writes down each system call of the network."""
import os
import re
import shutil
import subprocess
import unittest

from support.program import PROGRAM, SOURCE, CliTest, verbs

DEMO = SOURCE / "resources/demo/study.json"
WINDOW = PROGRAM.parent / "featurescope-gui"
FIGURES = (PROGRAM.parent / "featurescope-figure").exists()
STRACE = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=%network", "-e", "signal=none"]
# Local ones (to a display, a session bus) are no network.
OF_A_NETWORK = re.compile(r"\bAF_(?!UNIX\b|LOCAL\b|UNSPEC\b)\w+")


def can_trace():
    if shutil.which("strace") is None:
        return False
    return subprocess.run([*STRACE, "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_trace(), "strace is not installed, or may not trace here")
@unittest.skipUnless(DEMO.exists(), f"no bundled demo: {DEMO} is missing")
class NoNetwork(CliTest):
    def calls(self, command, status=0):
        """The network calls of a shell command and all that it starts."""
        log = self.folder / "calls.log"
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run([*STRACE, "-o", log, "sh", "-c", command], cwd=self.folder, check=False,
                              env={**os.environ, "PATH": path, "QT_QPA_PLATFORM": "offscreen"},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, status, f"{command}\n{done.stderr}")
        return log.read_text()

    def assert_local(self, command):
        self.assertNotRegex(self.calls(command), OF_A_NETWORK, command)

    def test_the_trace_sees_a_socket_where_there_is_one(self):
        script = "import socket; socket.socket(socket.AF_INET).close()"
        self.assertRegex(self.calls(f'python3 -c "{script}"'), OF_A_NETWORK)

    def test_no_verb_uses_one(self):
        self.assert_local("featurescope demo --out demo")
        for verb in verbs():
            if verb in ("demo", "gui") or (verb in ("figure", "reproduce") and not FIGURES):
                continue
            before = set(self.names())
            examples = self.done(verb, "--help").text.split("\nExamples:\n")[1]
            self.assert_local(examples.splitlines()[0].strip())
            for name in set(self.names()) - before:
                path = self.folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    @unittest.skipUnless(WINDOW.exists(), "this build has no window")
    def test_the_window_uses_none(self):
        self.done("demo", "--out", "demo")
        self.assert_local("featurescope-gui --time-start demo")


if __name__ == "__main__":
    unittest.main()
