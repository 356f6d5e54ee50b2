// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/palette_model.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

bool holdsAll(const QString& text, const QStringList& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

}  // namespace

PaletteModel::PaletteModel(std::vector<Action> actions,
                           std::shared_ptr<const FeatureColumns> features, QObject* parent)
    : QAbstractListModel(parent), actions_(std::move(actions)), features_(std::move(features)) {
  setQuery({});
}

void PaletteModel::setQuery(const QString& query) {
  const QStringList words = query.split(u' ', Qt::SkipEmptyParts);
  beginResetModel();
  shown_.clear();
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    if (holdsAll(actions_[i].text, words)) shown_.push_back({true, i});
  }
  bool isId = false;
  const int id = query.trimmed().toInt(&isId);
  const auto enough = [this] { return shown_.size() >= static_cast<std::size_t>(kMostShown); };
  if (features_ && !words.isEmpty()) {
    // The very id first, then labels, then tokens: what a person made counts more.
    std::vector<Entry> byLabel;
    std::vector<Entry> byToken;
    for (std::size_t row = 0; row < features_->size(); ++row) {
      if (isId && features_->feature(row).value == id) {
        shown_.insert(shown_.begin(), {false, row});
      } else if (!features_->labels[row].isEmpty() && holdsAll(features_->labels[row], words)) {
        byLabel.push_back({false, row});
      } else if (holdsAll(features_->topTokens[row], words)) {
        byToken.push_back({false, row});
      }
    }
    for (const auto* entries : {&byLabel, &byToken}) {
      for (const Entry& entry : *entries) {
        if (enough()) break;
        shown_.push_back(entry);
      }
    }
  }
  endResetModel();
}

std::optional<std::size_t> PaletteModel::action(int row) const {
  const Entry& entry = shown_[static_cast<std::size_t>(row)];
  return entry.isAction ? std::optional(entry.place) : std::nullopt;
}

std::optional<FeatureId> PaletteModel::feature(int row) const {
  const Entry& entry = shown_[static_cast<std::size_t>(row)];
  return entry.isAction ? std::nullopt : std::optional(features_->feature(entry.place));
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Entry& entry = shown_[static_cast<std::size_t>(index.row())];
  if (role == Qt::DisplayRole) {
    if (entry.isAction) return actions_[entry.place].text;
    const QString& label = features_->labels[entry.place];
    const QString id = QString::number(features_->feature(entry.place).value);
    return label.isEmpty() ? tr("Feature %1").arg(id) : tr("Feature %1 · %2").arg(id, label);
  }
  if (role == DetailRole) {
    return entry.isAction ? actions_[entry.place].keys : features_->topTokens[entry.place];
  }
  return {};
}

}  // namespace featurescope
