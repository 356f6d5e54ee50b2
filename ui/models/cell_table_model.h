// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <QAbstractTableModel>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace featurescope {

/// One cell of a small table.
struct Cell {
  enum class Kind { Text, Token, Number, Signed, Link };
  Kind kind = Kind::Text;
  QString text;                                     ///< as shown
  QString plain;                                    ///< for the clipboard; `text` where it is empty
  std::optional<FeatureId> feature = std::nullopt;  ///< a click goes there
};

/// A small table that is set whole, as the tokens a feature promotes.
class CellTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Role { PlainRole = Qt::UserRole };

  explicit CellTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Every row has as many cells as there are headers.
  void setTable(const QStringList& headers, std::vector<std::vector<Cell>> rows);
  [[nodiscard]] const Cell& cell(int row, int column) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  QStringList headers_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace featurescope
