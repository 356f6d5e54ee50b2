// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/reproduce/paper.h"
#include "app/reproduce/results.h"

#include <string>
#include <vector>

namespace featurescope::reproduction {

enum class Same { Yes, No, Unknown };
[[nodiscard]] std::string_view name(Same same);  ///< "yes", "no", "cannot be told"

/// A setting of the paper beside ours.
struct ComparedSetting {
  PaperSetting paper;
  std::string here;
  Same same = Same::No;
};

/// Whether the settings that something depends on are the paper's.
struct Verdict {
  Same same = Same::Yes;
  std::vector<std::string> differing, unknown;  ///< names of settings
  [[nodiscard]] std::string sentence() const;   ///< "no: model, SAE"
};

/// A number of the paper beside ours.
struct ComparedNumber {
  PaperNumber paper;
  Json exact;            ///< ours, as its data has it: a number, a text, or null
  std::string here;      ///< as it is shown
  std::string measured;  ///< what was measured on what
  Verdict verdict;
};

/// Honest about what cannot be told: whether a file is WikiText-103 does not stand in it.
[[nodiscard]] std::vector<ComparedSetting> compareSettings(const Settings& settings,
                                                           const Results& results);
/// `settings`: a PaperNumber's or PaperItem's list of ids.
[[nodiscard]] Verdict verdictOn(std::string_view settings,
                                const std::vector<ComparedSetting>& compared);
[[nodiscard]] std::vector<ComparedNumber> compareNumbers(
    const Settings& settings, const Results& results, const std::vector<ComparedSetting>& compared);

/// "heldout.jsonl and 2 more"
[[nodiscard]] std::string namesOf(const std::vector<std::filesystem::path>& files);

}  // namespace featurescope::reproduction
