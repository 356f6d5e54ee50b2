// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure_style.h"
#include "ui/plots/shown_table.h"

#include <QString>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class QCustomPlot;

namespace featurescope {

/// Exactly the numbers that a figure draws, as text that reads back as the same numbers.
struct FigureTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

[[nodiscard]] std::string toCsv(const FigureTable& table);  ///< RFC 4180
[[nodiscard]] QString toTabSeparated(const FigureTable& table);

/// What numbers come from: ("model_hash", "sha256:…").
using FigureProvenance = std::vector<std::pair<std::string, std::string>>;

/// A picture of numbers: how it is drawn, and as which numbers. Every kind of plot makes one from
/// its data (activation_histogram.h, cosine_histogram.h, …); views show it, figure_export.h writes
/// it.
struct Figure {
  QString name;     ///< of files: "cosines"
  QString title;    ///< a sentence, for metadata and accessibility
  QString caption;  ///< what its quantities are, sentences; drawn below where that is asked for
  /// Into a plot that holds nothing; the plot's size is not changed.
  std::function<void(QCustomPlot&, const FigureStyle&)> draw;
  FigureTable table;
  std::optional<ShownTable> shown;    ///< what `draw` draws, of a table
  double aspect = 0.62;               ///< height / width
  std::optional<double> fixedHeight;  ///< in millimetres, whatever the width: of a table
  FigureProvenance provenance;        ///< for the file's metadata

  [[nodiscard]] double heightAt(double widthMillimetres) const {
    return fixedHeight.value_or(widthMillimetres * aspect);
  }
};

}  // namespace featurescope
