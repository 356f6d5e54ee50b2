// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"

#include <QAbstractTableModel>

#include <memory>

namespace featurescope {

/// Examples of a feature of one kind, as in the paper's tables: str_tokens, context, feature, and
/// with a fine-tuning feature (FT) and their difference.
class ExamplesModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Rank, Token, Context, Activation, FineTuned, Difference, ColumnCount };
  enum Role { PlainRole = Qt::UserRole };

  explicit ExamplesModel(QObject* parent = nullptr);

  /// Null: none. The kind stays.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  void setKind(ExampleKind kind);
  [[nodiscard]] ExampleKind kind() const { return kind_; }
  [[nodiscard]] const std::shared_ptr<const FeaturePageData>& page() const { return page_; }
  [[nodiscard]] const ActivationRow& activation(int row) const;
  [[nodiscard]] bool fineTuned() const { return fineTuned_; }
  /// Activation / the feature's largest, from 0 to 1: how strong a row is painted.
  [[nodiscard]] double strength(int row) const {
    return shareOfMax(activation(row).activation.activation);
  }
  [[nodiscard]] double shareOfMax(double value) const;
  /// Another example of this feature has the same tokens around it.
  [[nodiscard]] bool isRepeat(int row) const {
    return activation(row).activation.repeatOf.has_value();
  }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  [[nodiscard]] QString display(const ActivationRow& row, int column) const;
  [[nodiscard]] QString plain(const ActivationRow& row, int column) const;

  std::shared_ptr<const FeaturePageData> page_;
  ExampleKind kind_ = ExampleKind::Top;
  bool fineTuned_ = false;

  [[nodiscard]] const std::vector<ActivationRow>& rows() const;
};

}  // namespace featurescope
