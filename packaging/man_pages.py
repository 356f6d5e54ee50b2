#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Man pages from what the programs tell of themselves: featurescope.1, one page a verb, and the
window's.

usage: man_pages.py PROGRAMS OUT      PROGRAMS: the folder of the programs; OUT: gets *.1.gz"""
import gzip
import pathlib
import sys

import commands

EXIT_STATUS = [("0", "done"), ("1", "failed; the last line on standard error says what, why, and what to do"),
               ("2", "wrong usage"), ("130, 143", "interrupted by SIGINT or SIGTERM; what is saved is said")]


def roff(text):
    """Text that troff shows as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return "\\&" + text if text.startswith(".") else text


def bold(text):
    return f"\\fB{roff(text)}\\fR"


def page(name, summary, version, body):
    return "\n".join([f'.TH {roff(name.upper())} 1 "" "Featurescope {version}" "User Commands"', ".ad l",
                      ".SH NAME", f"{roff(name)} \\- {roff(summary)}", *body, ""])


def paragraphs(headline, lines):
    return [f".SH {headline}", *lines]


def flag_lines(flags):
    lines, section = [], None
    for flag in flags:
        if flag.section != section:
            section = flag.section
            lines.append(f'.SH "{roff(section.upper())}"')
        told = flag.help
        if flag.required:
            told += " (required)"
        if flag.default:
            told += f" (default {flag.default})"
        value = f" \\fI{roff(flag.shown)}\\fR" if flag.shown else ""
        lines += [".TP", bold(flag.name) + value, roff(told)]
    return lines


def examples(commands_):
    return [".SH EXAMPLES", ".nf", *(roff(command) for command in commands_), ".fi"]


def program_page(programs):
    body = paragraphs("SYNOPSIS", [f"{bold('featurescope')} \\fIVERB\\fR [\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]"])
    body += paragraphs("DESCRIPTION", [roff(
        "Featurescope shows the features of a sparse autoencoder (SAE) of a language model, what they "
        "fire on, and why. Each verb has a page of its own; featurescope VERB --help says the same.")])
    group = None
    for verb in programs.verbs:
        if verb.group != group:
            group = verb.group
            body.append(f'.SH "{roff(group.upper())}"')
        body += [".TP", f"{bold('featurescope-' + verb.name)}(1)", roff(verb.summary)]
    body += [".SH EXIT STATUS"]
    for status, meaning in EXIT_STATUS:
        body += [".TP", bold(status), roff(meaning)]
    return page("featurescope", "explorer of sparse-autoencoder features of language models",
                programs.version, body)


def verb_page(verb, version, command, see_also):
    body = paragraphs("SYNOPSIS", [f"{bold(command)} {roff(verb.usage)}"])
    body += paragraphs("DESCRIPTION", [roff(verb.description)])
    body += flag_lines(verb.flags) + examples(verb.examples)
    body += paragraphs('"SEE ALSO"', [f"{bold(see_also)}(1)"])
    return page(f"featurescope-{verb.name}", verb.summary, version, body)


def main():
    programs = commands.of(sys.argv[1])
    out = pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    pages = {"featurescope": program_page(programs)}
    for verb in programs.verbs:
        pages[f"featurescope-{verb.name}"] = verb_page(verb, programs.version, f"featurescope {verb.name}",
                                                       "featurescope")
    if programs.window:
        pages["featurescope-gui"] = verb_page(programs.window, programs.version, "featurescope-gui",
                                              "featurescope")
    for name, text in pages.items():
        (out / f"{name}.1.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
