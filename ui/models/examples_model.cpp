// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/examples_model.h"

#include "core/base/numbers.h"
#include "ui/models/number_format.h"

#include <algorithm>
#include <utility>

namespace featurescope {

ExamplesModel::ExamplesModel(QObject* parent) : QAbstractTableModel(parent) {}

void ExamplesModel::setPage(std::shared_ptr<const FeaturePageData> page) {
  beginResetModel();
  page_ = std::move(page);
  fineTuned_ = page_ && std::any_of(page_->activations.begin(), page_->activations.end(),
                                    [](const ActivationRow& row) {
                                      return row.activation.activationFineTuned.has_value();
                                    });
  endResetModel();
}

void ExamplesModel::setKind(ExampleKind kind) {
  if (kind == kind_) return;
  beginResetModel();
  kind_ = kind;
  endResetModel();
}

const std::vector<ActivationRow>& ExamplesModel::rows() const {
  static const std::vector<ActivationRow> kNone;
  return page_ ? page_->examples(kind_) : kNone;
}

const ActivationRow& ExamplesModel::activation(int row) const {
  return rows()[static_cast<std::size_t>(row)];
}

double ExamplesModel::shareOfMax(double value) const {
  const double largest = page_->feature.max;
  return largest > 0 ? std::clamp(value / largest, 0.0, 1.0) : 0.0;
}

int ExamplesModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows().size());
}

int ExamplesModel::columnCount(const QModelIndex& parent) const {
  if (parent.isValid()) return 0;
  return fineTuned_ ? ColumnCount : static_cast<int>(FineTuned);
}

QVariant ExamplesModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ActivationRow& row = activation(index.row());
  switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
      return display(row, index.column());
    case PlainRole:
      return plain(row, index.column());
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(
          (index.column() == Token || index.column() == Context ? Qt::AlignLeft : Qt::AlignRight) |
          Qt::AlignVCenter);
    default:
      return {};
  }
}

QString ExamplesModel::display(const ActivationRow& row, int column) const {
  const ActivationRecord& record = row.activation;
  const int decimals = decimalsFor(page_->feature.max);
  switch (column) {
    case Rank:
      // Of the quantiles the part tells where a row comes from, of the others the rank.
      return QString::number(kind_ == ExampleKind::Quantile ? record.part : record.rank);
    case Token:
      return QString::fromStdString(record.strToken);
    case Context:
      return QString::fromStdString(record.context);
    case Activation:
      return formatValue(record.activation, decimals);
    case FineTuned:
      return record.activationFineTuned ? formatValue(*record.activationFineTuned, decimals)
                                        : kDash;
    case Difference:
      return record.activationFineTuned
                 ? formatSigned(*record.activationFineTuned - record.activation, decimals)
                 : kDash;
    default:
      return {};
  }
}

QString ExamplesModel::plain(const ActivationRow& row, int column) const {
  const ActivationRecord& record = row.activation;
  const auto number = [](double value) { return QString::fromStdString(shortest(value)); };
  switch (column) {
    case Activation:
      return number(record.activation);
    case FineTuned:
      return record.activationFineTuned ? number(*record.activationFineTuned) : QString();
    case Difference:
      return record.activationFineTuned ? number(*record.activationFineTuned - record.activation)
                                        : QString();
    default:
      return display(row, column);
  }
}

QVariant ExamplesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  if (role == Qt::TextAlignmentRole) {
    const Qt::Alignment horizontal = section == Token     ? Qt::AlignLeft
                                     : section == Context ? Qt::AlignHCenter
                                                          : Qt::AlignRight;
    return QVariant::fromValue(horizontal | Qt::AlignVCenter);
  }
  if (role == Qt::ToolTipRole) {
    switch (section) {
      case Rank:
        return kind_ == ExampleKind::Quantile
                   ? tr("Which of the parts with equally many activations, 1 the strongest")
                   : QString();
      case Activation:
        return kind_ == ExampleKind::NearMiss ? tr("The value before the nonlinearity: not above "
                                                   "0, the token does not activate it")
                                              : tr("The feature's value at the token");
      case FineTuned:
        return tr("The value after fine-tuning, ReLU(c·z + d), at the same token");
      case Difference:
        return tr("feature (FT) − feature");
      default:
        return {};
    }
  }
  if (role != Qt::DisplayRole && role != PlainRole) return {};
  switch (section) {
    case Rank:
      if (kind_ == ExampleKind::Quantile) return tr("part");
      return role == PlainRole ? tr("rank") : tr("#");
    case Token:
      return tr("str_tokens");
    case Context:
      return tr("context");
    case Activation:
      return tr("feature");
    case FineTuned:
      return tr("feature (FT)");
    case Difference:
      return role == PlainRole ? tr("difference") : QStringLiteral("Δ");
    default:
      return {};
  }
}

}  // namespace featurescope
