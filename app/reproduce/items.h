// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/reproduce/comparison.h"
#include "ui/plots/figure.h"

#include <optional>
#include <string>
#include <vector>

namespace featurescope::reproduction {

/// A figure or a table of the paper, made here.
struct Item {
  std::string id;        ///< of its files
  std::string title;     ///< of the report's section
  std::string measured;  ///< what was measured on what, a sentence
  std::string shows;     ///< what the paper's own shows, sentences; empty: it has none
  std::string section;   ///< of the paper
  Verdict verdict;
  std::string command;           ///< what makes its numbers again, in the reproduction's folder
  std::optional<Figure> figure;  ///< nothing where there is nothing to draw: `measured` says why

  /// The endings of its files: a table comes as text, too.
  [[nodiscard]] std::vector<std::string> endings() const;
};

/// In the paper's order. A QApplication must exist.
[[nodiscard]] std::vector<Item> makeItems(const Settings& settings, const Results& results,
                                          const Layout& layout,
                                          const std::vector<ComparedSetting>& compared);

}  // namespace featurescope::reproduction
