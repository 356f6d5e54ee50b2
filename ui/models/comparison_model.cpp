// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/comparison_model.h"

#include "core/base/numbers.h"
#include "ui/models/number_format.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace featurescope {

namespace {

bool isToken(int column) {
  return column == ComparisonModel::TokenHere || column == ComparisonModel::TokenThere;
}

}  // namespace

ComparisonModel::ComparisonModel(QObject* parent) : QAbstractTableModel(parent) {}

void ComparisonModel::setIndexes(std::shared_ptr<const FeatureColumns> here,
                                 std::shared_ptr<const FeatureColumns> there) {
  beginResetModel();
  here_ = std::move(here);
  there_ = std::move(there);
  pairs_.clear();
  if (here_ && there_) {
    std::unordered_map<FeatureId, std::int32_t> rows;
    for (std::size_t row = 0; row < there_->size(); ++row) {
      rows[there_->feature(row)] = static_cast<std::int32_t>(row);
    }
    for (std::size_t row = 0; row < here_->size(); ++row) {
      const auto found = rows.find(here_->feature(row));
      if (found != rows.end()) pairs_.push_back({static_cast<std::int32_t>(row), found->second});
    }
  }
  order();
  endResetModel();
}

double ComparisonModel::value(const Pair& pair, int column) const {
  const auto here = static_cast<std::size_t>(pair.here);
  const auto there = static_cast<std::size_t>(pair.there);
  switch (column) {
    case Feature:
      return here_->value(FeatureColumn::Feature, here);
    case TokenHere:
      return here_->value(FeatureColumn::TopToken, here);
    case TokenThere:
      return there_->value(FeatureColumn::TopToken, there);
    case DensityHere:
      return here_->value(FeatureColumn::Density, here);
    case DensityThere:
      return there_->value(FeatureColumn::Density, there);
    case DensityDifference:
      return there_->value(FeatureColumn::Density, there) -
             here_->value(FeatureColumn::Density, here);
    case MaxHere:
      return here_->value(FeatureColumn::Max, here);
    case MaxThere:
      return there_->value(FeatureColumn::Max, there);
    default:
      return there_->value(FeatureColumn::Max, there) - here_->value(FeatureColumn::Max, here);
  }
}

/// Differences by their size, whatever their sign; what has no value comes last.
void ComparisonModel::order() {
  const bool bySize = sortColumn_ == DensityDifference || sortColumn_ == MaxDifference;
  const bool descending = sortOrder_ == Qt::DescendingOrder;
  const auto key = [&](const Pair& pair) {
    const double raw = value(pair, sortColumn_);
    if (std::isnan(raw)) return std::numeric_limits<double>::infinity();
    const double sized = bySize ? std::abs(raw) : raw;
    return descending ? -sized : sized;
  };
  std::vector<std::pair<double, Pair>> keyed;
  keyed.reserve(pairs_.size());
  for (const Pair& pair : pairs_) keyed.emplace_back(key(pair), pair);
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.here < b.second.here;
  });
  for (std::size_t i = 0; i < pairs_.size(); ++i) pairs_[i] = keyed[i].second;
}

void ComparisonModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= ColumnCount) return;
  beginResetModel();
  sortColumn_ = column;
  sortOrder_ = order;
  this->order();
  endResetModel();
}

FeatureId ComparisonModel::feature(int row) const {
  return here_->feature(static_cast<std::size_t>(pairs_[static_cast<std::size_t>(row)].here));
}

std::optional<int> ComparisonModel::rowOf(FeatureId feature) const {
  for (int row = 0; row < rowCount(); ++row) {
    if (this->feature(row) == feature) return row;
  }
  return std::nullopt;
}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(pairs_.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Pair& pair = pairs_[static_cast<std::size_t>(index.row())];
  if (role == Qt::TextAlignmentRole) {
    return QVariant::fromValue((isToken(index.column()) ? Qt::AlignLeft : Qt::AlignRight) |
                               Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole && role != PlainRole) return {};
  if (isToken(index.column())) {
    return index.column() == TokenHere ? here_->topTokens[static_cast<std::size_t>(pair.here)]
                                       : there_->topTokens[static_cast<std::size_t>(pair.there)];
  }
  const double number = value(pair, index.column());
  if (role == PlainRole) return QString::fromStdString(shortest(number));
  switch (index.column()) {
    case Feature:
      return QString::number(static_cast<std::int64_t>(number));
    case DensityHere:
    case DensityThere:
      return formatPercent(number);
    case DensityDifference:
      return QString((number < 0 ? QString(kMinus) : QStringLiteral("+")) +
                     formatPercent(std::abs(number)));
    case MaxDifference:
      return formatSigned(number);
    default:
      return formatValue(number);
  }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant::fromValue((isToken(section) ? Qt::AlignLeft : Qt::AlignRight) |
                               Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole && role != PlainRole) return {};
  switch (section) {
    case Feature:
      return tr("id");
    case TokenHere:
      return tr("token here");
    case TokenThere:
      return tr("token there");
    case DensityHere:
      return tr("density here");
    case DensityThere:
      return tr("there");
    case DensityDifference:
      return tr("Δ density");
    case MaxHere:
      return tr("max here");
    case MaxThere:
      return tr("there");
    default:
      return tr("Δ max");
  }
}

}  // namespace featurescope
