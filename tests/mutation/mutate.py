#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the numerics wrong, one place at a time, and tells which wrong numbers no test notices.

    mutate.py [BUILD [FIRST [COUNT]]]

The sources stay as they are: the changed file is compiled beside the build and linked before the room that
it replaces. A mutation is killed when its tests fail, crash or run for minutes."""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

from mutations import MUTATIONS

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 300


def compile_commands(build):
    entries = json.loads((build / "compile_commands.json").read_text())
    return {str(pathlib.Path(entry["file"])): entry["command"] for entry in entries}


def compiled(command, path, mutant, made):
    words = shlex.split(command)
    words[words.index("-o") + 1] = str(made)
    words[words.index(str(path))] = str(mutant)
    return [word for word in words if word != "-Werror"]


def linked(build, program, made, out):
    """The program's link command with `made` before the archives."""
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", f"bin/{program}"], capture_output=True,
                              text=True, check=True).stdout.splitlines()
    words = shlex.split(commands[-1].removeprefix(": && ").removesuffix(" && :"))
    at = words.index("-o")
    words[at + 1] = str(out)
    return words[:at] + [str(made)] + words[at:]


def run(words, folder, **rest):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, **rest)


def outcome(mutation, build, commands, folder):
    path = SOURCE / "core" / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        return f"STALE: the old text stands there {text.count(mutation.old)} times"
    mutant, made, program = folder / path.name, folder / "mutant.o", folder / "mutant"
    mutant.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    done = run(compiled(commands[str(path)], path, mutant, made), build)
    if done.returncode != 0:
        return "STALE: it does not compile\n" + done.stderr
    room, _, filtered = mutation.tests.partition(":")
    done = run(linked(build, f"test_{room}", made, program), build)
    if done.returncode != 0:
        return "STALE: it does not link\n" + done.stderr
    try:
        done = run([program, f"--gtest_filter={filtered or '*'}", "--gtest_fail_fast", "--gtest_brief=1"], SOURCE,
                   timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return "killed (it runs for minutes)"
    if done.returncode == 0:
        return "STALE: no such tests" if " 0 tests" in done.stdout else "SURVIVED"
    failed = [line.split()[3] for line in done.stdout.splitlines() if line.startswith("[  FAILED  ]")]
    return "killed" + (f" by {failed[0]}" if failed else f" (status {done.returncode})")


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / "build/release").resolve()
    first, count = (int(word) for word in (sys.argv[2:] + ["0", str(len(MUTATIONS))][len(sys.argv[2:]):]))
    commands = compile_commands(build)
    alive = []
    for number, mutation in enumerate(MUTATIONS[first:first + count], first):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="featurescope-mutant-") as folder:
            said = outcome(mutation, build, commands, pathlib.Path(folder))
        print(f"{number:2} core/{mutation.file}: {mutation.old} → {mutation.new}\n   {said} "
              f"[{time.monotonic() - began:.0f} s]", flush=True)
        if not said.startswith("killed"):
            alive.append(number)
    print(f"{len(alive)} not killed: {alive}" if alive else "all killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
