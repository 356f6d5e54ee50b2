#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completions of bash, zsh and fish from what the programs tell of themselves.

usage: completions.py PROGRAMS OUT
PROGRAMS: the folder of the programs; OUT: gets bash/featurescope, zsh/_featurescope, fish/featurescope.fish"""
import pathlib
import sys

import commands


def named(verb):
    return [flag for flag in verb.flags if not flag.positional]


def chosen(verb):
    """What comes right after the verb's name, where that is one of a few words."""
    return next((flag for flag in verb.flags if flag.positional and flag.choices), None)


def bash(programs):
    first = "".join(f"        {verb.name}) words='{' '.join(chosen(verb).choices)}' ;;\n"
                    for verb in programs.verbs if chosen(verb))
    flags = "".join(f"        {verb.name}) words='{' '.join(flag.name for flag in named(verb))}' ;;\n"
                    for verb in programs.verbs)
    values = ""
    for verb in programs.verbs:
        for flag in named(verb):
            if flag.choices:
                values += f"    {verb.name},{flag.name}) words='{' '.join(flag.choices)}' ;;\n"
            elif flag.takes_value and not flag.takes_path:
                values += f"    {verb.name},{flag.name}) COMPREPLY=(); return ;;\n"
            elif flag.takes_path:
                values += f"    {verb.name},{flag.name}) files ;;\n"
    window = ""
    if programs.window:
        window = f"""
_featurescope_gui() {{
  local word=${{COMP_WORDS[COMP_CWORD]}}
  COMPREPLY=()
  [[ $word == -* ]] && mapfile -t COMPREPLY < <(
    compgen -W '{' '.join(flag.name for flag in named(programs.window))}' -- "$word")
}}
complete -o default -F _featurescope_gui featurescope-gui
"""
    files_case = values.replace(") files ;;", ") COMPREPLY=(); compopt -o default; return ;;")
    return f"""# bash completion of featurescope
_featurescope() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} verb=${{COMP_WORDS[1]}} words=
  COMPREPLY=()
  local verbs='{' '.join(verb.name for verb in programs.verbs)}'
  if [[ $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && $verb == help ) ]]; then
    words=$verbs
    [[ $COMP_CWORD -eq 1 ]] && words+=' help --help --version'
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    return
  fi
  case $verb,$before in
{files_case}  esac
  if [[ -z $words ]]; then
    if [[ $word == -* ]]; then
      case $verb in
{flags}      esac
    elif [[ $COMP_CWORD -eq 2 ]]; then
      case $verb in
{first}      esac
    fi
    if [[ -z $words ]]; then
      compopt -o default
      return
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _featurescope featurescope
{window}"""


def zsh(programs):
    def quoted(text):
        return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")

    def argument(flag):
        action = f":{quoted(flag.kind or flag.name)}:"
        if flag.choices:
            action += f"({' '.join(flag.choices)})"
        elif flag.takes_path:
            action += "_files"
        else:
            action += " "
        if flag.positional:
            return f"'{'*' if flag.repeats else ''}{action}'"
        star = "'*'" if flag.repeats else ""
        return f"{star}'{flag.name}[{quoted(flag.help)}]{action if flag.takes_value else ''}'"

    def arguments(verb):
        return " \\\n        ".join(argument(flag) for flag in verb.flags)

    names = "\n".join(f"    '{verb.name}:{quoted(verb.summary)}'" for verb in programs.verbs)
    cases = "\n".join(f"    {verb.name})\n      _arguments \\\n        {arguments(verb)} ;;"
                      for verb in programs.verbs)
    window = ""
    if programs.window:
        window = f"""if [[ $service == featurescope-gui ]]; then
  _arguments \\
        {arguments(programs.window)}
  return
fi
"""
    return f"""#compdef featurescope featurescope-gui
local -a verbs
verbs=(
{names}
    'help:a verb with its flags'
)
{window}if (( CURRENT == 2 )); then
  _describe verb verbs
else
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
{cases}
    help) (( CURRENT == 2 )) && _describe verb verbs ;;
  esac
fi
"""


def fish(programs):
    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def flag_line(command, flag):
        line = f"{command} -l {flag.name.removeprefix('--')} -d {quoted(flag.help)}"
        if flag.choices:
            return line + f" -x -a {quoted(' '.join(flag.choices))}"
        if flag.takes_path:
            return line + " -r -F"
        return line + (" -x" if flag.takes_value else "")

    names = " ".join(verb.name for verb in programs.verbs)
    lines = ["# fish completion of featurescope",
             "complete -c featurescope -n __fish_use_subcommand -a help -d 'a verb with its flags'",
             f"complete -c featurescope -n '__fish_seen_subcommand_from help' -f -a {quoted(names)}",
             "complete -c featurescope -n __fish_use_subcommand -f",
             "complete -c featurescope -n __fish_use_subcommand -l version -d 'the version'",
             "complete -c featurescope -n __fish_use_subcommand -l help -d 'every verb with its line'"]
    for verb in programs.verbs:
        lines.append(f"complete -c featurescope -n __fish_use_subcommand -a {verb.name} "
                     f"-d {quoted(verb.summary)}")
        lines += [flag_line(f"complete -c featurescope -n '__fish_seen_subcommand_from {verb.name}'", flag)
                  for flag in named(verb)]
        if chosen(verb):
            lines.append(f"complete -c featurescope -n '__fish_prev_arg_in {verb.name}' -f "
                         f"-a {quoted(' '.join(chosen(verb).choices))}")
    if programs.window:
        lines += [flag_line("complete -c featurescope-gui", flag) for flag in named(programs.window)]
    return "\n".join(lines) + "\n"


def main():
    programs = commands.of(sys.argv[1])
    out = pathlib.Path(sys.argv[2])
    for name, make in (("bash/featurescope", bash), ("zsh/_featurescope", zsh),
                       ("fish/featurescope.fish", fish)):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(programs), encoding="utf-8")


if __name__ == "__main__":
    main()
