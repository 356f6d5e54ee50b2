// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

#include <QAbstractListModel>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// What a command palette offers for what is typed: the window's actions, then features by id,
/// label and top token. Every word that is typed must be found.
class PaletteModel : public QAbstractListModel {
  Q_OBJECT
 public:
  struct Action {
    QString text, keys;
  };
  enum Role { DetailRole = Qt::UserRole };  ///< the keys of an action, what a feature fires on

  static constexpr int kMostShown = 60;

  PaletteModel(std::vector<Action> actions, std::shared_ptr<const FeatureColumns> features,
               QObject* parent = nullptr);

  void setQuery(const QString& query);
  /// The action's place in the list given to the constructor; nothing for a feature.
  [[nodiscard]] std::optional<std::size_t> action(int row) const;
  [[nodiscard]] std::optional<FeatureId> feature(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  struct Entry {
    bool isAction;
    std::size_t place;  ///< in actions_, or the row of features_
  };
  std::vector<Action> actions_;
  std::shared_ptr<const FeatureColumns> features_;
  std::vector<Entry> shown_;
};

}  // namespace featurescope
