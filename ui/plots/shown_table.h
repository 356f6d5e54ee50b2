// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstddef>
#include <utility>
#include <vector>

namespace featurescope {

/// A table as it is shown; every row has as many cells as there are columns. Of a long one the
/// first rows may do: nobody prints thousands.
struct ShownTable {
  struct Column {
    QString title;
    bool right = false;  ///< aligned right, and cut at its left where there is no room
  };
  struct Cell {
    Cell(QString shown = {}, double share = 0) : text(std::move(shown)), strength(share) {}
    QString text;
    /// Of the colour of activations behind the text, as a token in the window: 0 none, 1 all.
    double strength;
  };
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::size_t count = 0;  ///< of all rows
};

}  // namespace featurescope
