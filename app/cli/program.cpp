// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/program.h"

#include "app/cli/help.h"
#include "app/cli/verb.h"
#include "core/base/cut_short.h"
#include "core/base/error.h"
#include "core/base/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace featurescope::cli {

namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2;

/// A message as one line, whatever a path or a library put into it.
std::string oneLine(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

void lastLine(std::string_view kind, std::string_view text) {
  fmt::print(stderr, "featurescope: {}: {}\n", kind, oneLine(std::string(text)));
}

const VerbEntry& verbNamed(const std::string& name) {
  std::vector<std::string> names;
  for (const VerbEntry* verb : verbs()) {
    if (verb->name == name) return *verb;
    names.emplace_back(verb->name);
  }
  const std::string what = fmt::format("cannot run `featurescope {}`", name);
  if (name.starts_with('-')) {
    throw wrongUsage(what, fmt::format("{} stands where the verb should", name),
                     "a verb's flags come after it; without one there are --help and --version");
  }
  throw wrongUsage(what, fmt::format("there is no verb {}", name),
                   fmt::format("{} see `featurescope --help`", didYouMean(name, names)));
}

/// The common flags as they are typed.
struct TypedCommonFlags {
  std::optional<std::int64_t> threads;
  std::int64_t seed = 0;
  std::string device = "auto", dtype = "auto", config;
  bool help = false, json = false, quiet = false, force = false;

  void declare(Flags& flags, bool writes);
  [[nodiscard]] CommonFlags checked() const;
};

void TypedCommonFlags::declare(Flags& flags, bool writes) {
  flags.section("Common flags");
  flags.toggle("--help", help, "show this");
  flags.toggle("--json", json, "print one JSON object on stdout, and nothing else there");
  flags.toggle("--quiet", quiet, "no progress and no notes on stderr");
  if (writes) flags.toggle("--force", force, "overwrite outputs that exist");
  flags.whole("--threads", threads, "threads to compute with")
      .defaultsTo("the cores this process may use");
  flags.text("--device", "auto|cpu|cuda|cuda:N", device, "where to compute");
  flags.choice("--dtype", dtype, {"auto", "float32", "bfloat16", "float16"},
               "the language model's arithmetic, on a GPU also that of the products of an SAE's "
               "training; auto is float32 on a CPU, bfloat16 on a GPU");
  flags.whole("--seed", seed, "seed of every random choice", 0);
  flags.text(
      "--config", "FILE.json", config,
      "flags that the command line leaves out: an object whose keys are flags' names, with _ "
      "for -");
}

CommonFlags TypedCommonFlags::checked() const {
  constexpr std::int64_t kMostThreads = 4096;
  const std::string_view number =
      std::string_view(device).substr(std::min<std::size_t>(5, device.size()));
  const bool numbered = device.starts_with("cuda:") && !number.empty() && number.size() < 4 &&
                        std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  if (device != "auto" && device != "cpu" && device != "cuda" && !numbered) {
    throw wrongUsage("cannot use --device " + device, "it takes auto, cpu, cuda or cuda:N");
  }
  if (threads.value_or(1) > kMostThreads) {
    throw wrongUsage(fmt::format("cannot use --threads {}", *threads),
                     fmt::format("it takes a whole number from 1 to {}", kMostThreads));
  }
  return {{.threads = static_cast<int>(threads.value_or(0)),
           .device = device,
           .dtype = dtype,
           .seed = static_cast<std::uint64_t>(seed)},
          json,
          quiet,
          force};
}

int runVerb(const VerbEntry& entry, const std::vector<std::string>& arguments) {
  const auto verb = entry.make();
  TypedCommonFlags typed;
  Flags flags(fmt::format("featurescope {}", entry.name));
  verb->declare(flags);
  typed.declare(flags, entry.writes);
  Output output;
  if (asksForHelp(arguments)) {
    output.write(verbHelp(entry, flags));
    output.flush();
    return kDone;
  }
  flags.parse(arguments);
  const CommonFlags common = typed.checked();

  Interruption interruption;
  ProgressDisplay progress(common.quiet);
  try {
    std::vector<std::string> all{std::string(entry.name)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Session session{common, flags, output, progress, interruption, all};
    guarded(fmt::format("{} failed", entry.name), [&] { verb->run(session); });
    progress.clear();
    output.flush();
    return kDone;
  } catch (const OutputClosed&) {
    return kDone;
  } catch (const Interrupted& interrupted) {
    progress.clear();
    lastLine("interrupted", interrupted.resume().empty()
                                ? "nothing was written (run the same command again to start over)"
                                : interrupted.resume());
    return interruption.exitStatus();
  }
}

/// `featurescope help --json`: every verb with its flags.
nlohmann::ordered_json everyVerb() {
  auto described = nlohmann::ordered_json::array();
  for (const VerbEntry* entry : verbs()) {
    TypedCommonFlags typed;
    Flags flags(fmt::format("featurescope {}", entry->name));
    const auto verb = entry->make();
    verb->declare(flags);
    typed.declare(flags, entry->writes);
    described.push_back(verbDescription(*entry, flags));
  }
  return {{"version", programVersion()}, {"verbs", std::move(described)}};
}

int run(const std::vector<std::string>& arguments) {
  Output output;
  if (arguments.empty()) {
    fmt::print(stderr, "{}", programHelp());
    throw wrongUsage("cannot run `featurescope`", "it needs a verb", "see `featurescope --help`");
  }
  const std::string& first = arguments.front();
  if (first == "--version" || first == "--help" || first == "-h") {
    output.write(first == "--version" ? versionLine() : programHelp());
    output.flush();
    return kDone;
  }
  if (first == "help") {
    if (arguments.size() == 2 && arguments[1] == "--json") {
      output.write(everyVerb().dump() + "\n");
      output.flush();
      return kDone;
    }
    output.write(arguments.size() < 2 ? programHelp() : "");
    output.flush();
    return arguments.size() < 2 ? kDone : runVerb(verbNamed(arguments[1]), {"--help"});
  }
  return runVerb(verbNamed(first), {arguments.begin() + 1, arguments.end()});
}

}  // namespace

void Session::report(const nlohmann::ordered_json& figures, std::string_view sentences) const {
  if (flags.json) {
    output.write(figures.dump(-1, ' ', false, Json::error_handler_t::replace));
    output.write("\n");
  } else {
    output.write(sentences);
  }
}

int runProgram(const std::vector<std::string>& arguments) {
  endWhereMappedBytesAreGone();
  try {
    return guarded("featurescope failed", [&] { return run(arguments); });
  } catch (const UserError& error) {
    lastLine("error", error.what());
    return error.code() == ErrorCode::BadUsage ? kWrongUsage : kFailed;
  } catch (const OutputClosed&) {
    return kDone;
  }
}

}  // namespace featurescope::cli
