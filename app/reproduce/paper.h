// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace featurescope::reproduction {

/// What the paper says, as data: "Sparse Autoencoders for a More Interpretable RLHF" (Newhouse and
/// Bashkansky, 2023). Numbers stand as it prints them; `section` is where.

/// A setting that the paper's results hold for.
struct PaperSetting {
  std::string_view id;
  std::string_view name;
  std::string_view value;
  std::string_view section;
};

/// A number of the text or of a figure.
struct PaperNumber {
  std::string_view id;
  std::string_view name;
  std::string_view value;  ///< empty: the paper does not give it
  std::string_view section;
  /// The settings (by id, separated by spaces) that it depends on.
  std::string_view settings;
};

/// A figure or a table.
struct PaperItem {
  std::string_view id;  ///< of our files, too
  std::string_view title;
  std::string_view shows;  ///< sentences: what is to be seen in the paper's own
  std::string_view section;
  std::string_view settings;
};

[[nodiscard]] std::span<const PaperSetting> paperSettings();
[[nodiscard]] std::span<const PaperNumber> paperNumbers();
[[nodiscard]] std::span<const PaperItem> paperItems();

/// Throw std::out_of_range for an id that is not among them.
[[nodiscard]] const PaperSetting& paperSetting(std::string_view id);
[[nodiscard]] const PaperItem& paperItem(std::string_view id);

/// The features that the paper names: the second most frequent one of its first SAE, and the most
/// enhanced and the most inhibited of the one it fine-tunes with.
inline constexpr std::int32_t kTheFeature = 11928, kColonFeature = 1338, kNewlineFeature = 619;

}  // namespace featurescope::reproduction
