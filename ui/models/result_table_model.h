// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace featurescope {

enum class ResultKind {
  Number,
  Token,
  Text,
  Link,     ///< text that leads to what the row stands for
  Context,  ///< text that leads up to what stands beside it: its end counts
};

struct ResultColumn {
  QString title;
  ResultKind kind = ResultKind::Number;
  QString tip;
};

/// One cell as it is shown, and as it is copied.
struct ResultCell {
  QString text;
  QString plain = {};  ///< for the clipboard; empty: the text
  double share = 0;    ///< 0 to 1: how much of the activation colour lies on it
  int tone = 0;        ///< 1: more than before, −1: less
};

/// A number as shown and, for the clipboard, exactly as it is.
[[nodiscard]] ResultCell numberCell(double value, const QString& shown);
/// The same of a value that may be unknown; `format` shows a known one.
[[nodiscard]] ResultCell numberCell(const std::optional<double>& value,
                                    const std::function<QString(double)>& format);
/// A change: with its sign, and the tone of it where it is at least `noticed`.
[[nodiscard]] ResultCell changeCell(double value, const QString& shown, double noticed = 0);

struct ResultRow {
  std::vector<ResultCell> cells;  ///< one a column
  std::int64_t key = -1;          ///< the feature that the row stands for; −1: for none
};

/// A small table that is known whole: built on whatever thread, looked up here.
class ResultTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Role { PlainRole = Qt::UserRole, KeyRole, KindRole, ShareRole, ToneRole };

  using QAbstractTableModel::QAbstractTableModel;

  void setTable(std::vector<ResultColumn> columns, std::vector<ResultRow> rows);
  [[nodiscard]] std::int64_t key(int row) const;
  [[nodiscard]] ResultKind kind(int column) const;
  /// The first row with this key, or −1.
  [[nodiscard]] int rowOf(std::int64_t key) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  std::vector<ResultColumn> columns_;
  std::vector<ResultRow> rows_;
};

}  // namespace featurescope
