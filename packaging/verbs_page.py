#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/verbs.md from what the programs tell of themselves; tests/docs holds the two to each other.

usage: verbs_page.py PROGRAMS OUT.md"""
import pathlib
import sys

import commands

HEAD = """# Every verb and flag

Made from `featurescope help --json` by `./dev docs`; `featurescope VERB --help` and `man featurescope-VERB`
say the same. What the verbs are for, in the order one needs them, stands in the [guide](guide.md).
"""


def table(flags):
    rows = ["| flag | means |", "| --- | --- |"]
    for flag in flags:
        told = flag.help + (" (required)" if flag.required else "")
        told += f" (default `{flag.default}`)" if flag.default else ""
        name = f"{flag.name} {flag.shown}".strip()
        rows.append("| `{}` | {} |".format(name.replace("|", "\\|"), told.replace("|", "\\|")))
    return "\n".join(rows)


def common_flags(programs):
    """The flags of that section that all verbs have."""
    flags = {}
    for verb in programs.verbs:
        flags |= {flag.name: flag for flag in verb.flags if flag.section == "Common flags"}
    return list(flags.values())


def section(verb, command):
    flags = [flag for flag in verb.flags if flag.section != "Common flags"]
    parts = [f"## {verb.name}", f"{verb.summary[0].upper()}{verb.summary[1:]}.",
             f"    {command} {verb.usage}", verb.description]
    if flags:
        parts.append(table(flags))
    parts.append("```\n" + "\n".join(verb.examples) + "\n```")
    return "\n\n".join(parts)


def page(programs):
    parts = [HEAD.strip(), "## Flags of all verbs",
             "`--force` is only with verbs that write.", table(common_flags(programs))]
    parts += [section(verb, f"featurescope {verb.name}") for verb in programs.verbs]
    if programs.window:
        window = section(programs.window, "featurescope-gui")
        parts.append(window.replace("## gui", "## The program featurescope-gui", 1))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_text(page(commands.of(sys.argv[1])), encoding="utf-8")
