// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/flags.h"
#include "app/cli/interruption.h"
#include "app/cli/output.h"
#include "app/cli/progress_display.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope::cli {

/// The flags that every verb has.
struct CommonFlags {
  ComputeOptions compute;
  bool json = false, quiet = false, force = false;
};

/// What a running verb has around it.
struct Session {
  const CommonFlags& flags;
  const Flags& given;
  Output& output;
  ProgressDisplay& progress;
  Interruption& interruption;
  const std::vector<std::string>& arguments;  ///< as typed, the verb first

  [[nodiscard]] JobContext job() const { return {interruption.token(), progress}; }
  /// The verb's result: `figures` with --json, else `sentences` for a person. Once.
  void report(const nlohmann::ordered_json& figures, std::string_view sentences) const;
};

/// One verb of the command line: its flags, then its work.
class Verb {
 public:
  virtual ~Verb() = default;
  /// Declares its own flags; the common ones are there already.
  virtual void declare(Flags& flags) = 0;
  /// Throws UserError, Interrupted, OutputClosed.
  virtual void run(const Session& session) = 0;
};

/// A verb as `featurescope --help` lists it.
struct VerbEntry {
  std::string_view name, group, summary;
  std::string_view usage;        ///< what follows the name
  std::string_view description;  ///< sentences for `VERB --help`
  std::string_view examples;     ///< one command a line, in a folder that `featurescope demo` made
  bool writes = true;            ///< it has outputs that --force overwrites
  std::unique_ptr<Verb> (*make)();
};

template <class Kind>
std::unique_ptr<Verb> makeVerb() {
  return std::make_unique<Kind>();
}

/// In the order of `featurescope --help`; verbs of one group stand together.
[[nodiscard]] std::span<const VerbEntry* const> verbs();

}  // namespace featurescope::cli
