// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/help.h"

#include "core/base/version.h"
#include "core/lm/compute.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope::cli {

namespace {

/// `text` broken at spaces into lines of at most 100 characters.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::string lines;
  while (text.size() > kWidth) {
    const auto space = text.rfind(' ', kWidth);
    if (space == std::string_view::npos) break;
    lines += fmt::format("{}\n", text.substr(0, space));
    text.remove_prefix(space + 1);
  }
  return lines + std::string(text) + "\n";
}

std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    text += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return text;
}

}  // namespace

bool asksForHelp(const std::vector<std::string>& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
}

std::string programHelp() {
  std::string text =
      "Featurescope: the features of a sparse autoencoder (SAE), what they fire on, and why.\n\n"
      "Usage: featurescope VERB [ARGUMENTS] [FLAGS]\n";
  std::string_view group;
  for (const VerbEntry* verb : verbs()) {
    if (verb->group != group) {
      group = verb->group;
      text += fmt::format("\n{}:\n", group);
    }
    text += fmt::format("  {:<12} {}\n", verb->name, verb->summary);
  }
  text +=
      "\n`featurescope VERB --help` tells a verb's flags and shows how to use it.\n"
      "New here? `featurescope demo --out demo` makes a small study to play with; the examples of\n"
      "every verb use its files.\n"
      "Exit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 interrupted.\n";
  return text;
}

std::string verbHelp(const VerbEntry& entry, const Flags& flags) {
  return fmt::format("featurescope {}: {}\n\nUsage: featurescope {} {}\n\n{}{}\nExamples:\n{}",
                     entry.name, entry.summary, entry.name, entry.usage, wrapped(entry.description),
                     flags.describe(), indented(entry.examples));
}

nlohmann::ordered_json verbDescription(const VerbEntry& entry, const Flags& flags) {
  auto described = nlohmann::ordered_json::array();
  for (const FlagEntry& flag : flags.entries()) {
    described.push_back({{"name", flag.name},
                         {"kind", flag.kind},
                         {"help", flag.help},
                         {"default", flag.defaultText},
                         {"section", flag.section},
                         {"required", flag.required},
                         {"repeats", flag.repeats},
                         {"takes_value", flag.takesValue()}});
  }
  return {{"name", entry.name},
          {"group", entry.group},
          {"summary", entry.summary},
          {"usage", entry.usage},
          {"description", entry.description},
          {"examples", entry.examples},
          {"flags", std::move(described)}};
}

std::string versionLine() {
  return fmt::format("featurescope {} (LibTorch {})\n", programVersion(), torchVersion());
}

}  // namespace featurescope::cli
