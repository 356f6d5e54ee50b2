// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"

#include <QAbstractTableModel>

#include <memory>

namespace featurescope {

/// A feature's strongest activations, as in the paper's tables: str_tokens, context, feature, and
/// with a fine-tuning feature (FT) and their difference.
class TopActivationsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Rank, Token, Context, Activation, FineTuned, Difference, ColumnCount };
  enum Role { PlainRole = Qt::UserRole };

  explicit TopActivationsModel(QObject* parent = nullptr);

  /// Null: none.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  [[nodiscard]] const std::shared_ptr<const FeaturePageData>& page() const { return page_; }
  [[nodiscard]] const ActivationRow& activation(int row) const;
  [[nodiscard]] bool fineTuned() const { return fineTuned_; }
  /// Activation / the feature's largest, from 0 to 1: how strong a row is painted.
  [[nodiscard]] double strength(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  [[nodiscard]] QString display(const ActivationRow& row, int column) const;
  [[nodiscard]] QString plain(const ActivationRow& row, int column) const;

  std::shared_ptr<const FeaturePageData> page_;
  bool fineTuned_ = false;
};

}  // namespace featurescope
