# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs' verbs and flags as they tell them themselves: what man pages, completions and the
test of the documentation are made from."""
import json
import os
import pathlib
import re
import subprocess
from dataclasses import dataclass


@dataclass
class Flag:
    name: str  # "--log-every"; without dashes a positional argument
    kind: str  # its value's name, or its choices as a|b; empty for a toggle
    help: str
    default: str = ""
    section: str = "Flags"
    required: bool = False
    repeats: bool = False
    takes_value: bool = False

    @property
    def positional(self):
        return not self.name.startswith("-")

    @property
    def shown(self):
        """Its value's name. A positional argument's own name is that."""
        return "" if self.positional else self.kind

    @property
    def choices(self):
        """The words that it takes, where these can be listed. cuda:N stands for many and is none."""
        return [word for word in self.kind.split("|") if word.islower()] if "|" in self.kind else []

    @property
    def takes_path(self):
        words = f"{self.kind or self.name}".upper()
        return re.match(r"(DIR|FILE|PATH|RUN|INDEX|STUDY|SAE|OUT|INPUT|MODEL)\b", words) is not None


@dataclass
class Verb:
    name: str
    group: str
    summary: str
    usage: str
    description: str
    examples: list
    flags: list


@dataclass
class Programs:
    version: str
    verbs: list
    window: Verb | None  # featurescope-gui, where this build has it


def of(folder):
    """The programs of a folder."""
    folder = pathlib.Path(folder)
    told = json.loads(_output(folder / "featurescope", "help", "--json"))
    verbs = [Verb(verb["name"], verb["group"], verb["summary"], verb["usage"], verb["description"],
                  verb["examples"].strip().splitlines(), [Flag(**flag) for flag in verb["flags"]])
             for verb in told["verbs"]]
    window = folder / "featurescope-gui"
    return Programs(told["version"], verbs,
                    _window(_output(window, "--help")) if window.exists() else None)


def _window(text):
    """What Qt's help text of the window tells. An option: two spaces, its names and its value's name,
    then what it does, on lines of their own further right."""
    head, options = text.split("\nOptions:\n")
    options, _, arguments = options.partition("\nArguments:\n")
    flags = []
    for part, positional in ((options, False), (arguments, True)):
        for match in re.finditer(r"^  (\S.*?)(?:  +(.*(?:\n {3,}\S.*)*))?(?=\n|\Z)", part, re.M):
            names, kind = match[1], ""
            if not positional:
                names, _, kind = names.partition(" <")
                names = names.split(", ")[-1]
            told = " ".join((match[2] or "").split()).rstrip(".")
            flags.append(Flag(names, kind.rstrip(">"), told, takes_value=bool(kind) or positional))
    lines = head.splitlines()[1:]
    description = " ".join(line for line in lines if not line.startswith("Example:"))
    examples = [line.removeprefix("Example: ") for line in lines if line.startswith("Example:")]
    return Verb("gui", "", "the window of Featurescope", "[OPTIONS] [STUDY]", description, examples,
                flags)


def _output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
