// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/activation_delegate.h"

#include "ui/models/number_format.h"
#include "ui/models/top_activations_model.h"
#include "ui/pages/fonts.h"

#include <QAbstractItemView>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QLinearGradient>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace featurescope {
namespace {

constexpr double kPeakPadding = 5;
constexpr double kPeakGap = 2;
constexpr int kMidGray = 105;  ///< the dark text reads better on a brighter box
constexpr double kFade = 24;   ///< a cut context fades out over so many pixels

/// A token as running text: its leading dots are the spaces they stand for.
QString asText(const std::string& token) {
  QString text = QString::fromStdString(token);
  for (qsizetype i = 0; i < text.size() && text[i] == QChar(0x00B7); ++i) text[i] = u' ';
  return text;
}

/// The peak in its box: without the spaces around it, unless it is nothing else.
QString peakText(const ContextRecord& context) {
  const std::string& token = context.tokens[context.peak];
  const QString text = asText(token).trimmed();
  return text.isEmpty() ? QString::fromStdString(token) : text;
}

/// The text just before the peak, not much more than fits: shaping what nobody sees is what costs.
QString textBefore(const ContextRecord& context, qsizetype longest) {
  QString text;
  for (std::size_t i = context.peak; i-- > 0 && text.size() < longest;) {
    text.prepend(asText(context.tokens[i]));
  }
  return text;
}

QString textAfter(const ContextRecord& context, qsizetype longest) {
  QString text;
  for (std::size_t i = context.peak + 1; i < context.tokens.size() && text.size() < longest; ++i) {
    text += asText(context.tokens[i]);
  }
  return text;
}

}  // namespace

ActivationDelegate::ActivationDelegate(QObject* parent)
    : TableDelegate(parent), contextFont_(textFont(12)) {}

void ActivationDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const {
  painter->save();
  const QColor ground = paintGround(*painter, option, index);
  const auto* model = qobject_cast<const TopActivationsModel*>(index.model());
  const QString text = index.data(Qt::DisplayRole).toString();
  switch (index.column()) {
    case TopActivationsModel::Token:
      paintToken(*painter, option.rect, text, colors().text);
      break;
    case TopActivationsModel::Context:
      if (model != nullptr) {
        paintContext(*painter, option.rect, model->activation(index.row()).context,
                     model->strength(index.row()), ground);
      }
      break;
    case TopActivationsModel::Rank:
      paintNumber(*painter, option.rect, text, colors().dim);
      break;
    case TopActivationsModel::Difference:
      paintNumber(*painter, option.rect, text,
                  text.startsWith(kMinus) ? colors().negative : colors().positive);
      break;
    default:
      paintNumber(*painter, option.rect, text, colors().text);
  }
  painter->restore();
}

QRectF ActivationDelegate::peakBox(const ContextRecord& context, const QRect& cell) const {
  const double width =
      QFontMetricsF(contextFont_).horizontalAdvance(peakText(context)) + 2 * kPeakPadding;
  const double shown = std::min(width, cell.width() * 0.5);
  const double axis = cell.left() + cell.width() * 0.5;
  return {std::round(axis - shown / 2), cell.top() + 3.0, shown, cell.height() - 7.0};
}

void ActivationDelegate::paintContext(QPainter& painter, const QRect& cell,
                                      const ContextRecord& context, double strength,
                                      const QColor& ground) const {
  if (context.tokens.empty()) return;
  painter.setClipRect(cell);
  painter.setFont(contextFont_);
  painter.setRenderHint(QPainter::Antialiasing);
  const QFontMetricsF metrics(contextFont_);
  const QRectF peak = peakBox(context, cell);
  const double baseline = cell.top() + (cell.height() - metrics.height()) / 2 + metrics.ascent();
  const auto longest = static_cast<qsizetype>(cell.width() / metrics.averageCharWidth());

  painter.setPen(colors().dim);
  const QString before = textBefore(context, longest);
  const double beforeBegin = peak.left() - kPeakGap - metrics.horizontalAdvance(before);
  painter.drawText(QPointF(beforeBegin, baseline), before);
  painter.drawText(QPointF(peak.right() + kPeakGap, baseline), textAfter(context, longest));

  // Over empty ground the fade is invisible, so nobody needs to know where the text ends.
  const auto fade = [&](double from, double to) {
    QLinearGradient gradient(from, 0, to, 0);
    QColor clear = ground;
    clear.setAlpha(0);
    gradient.setColorAt(0, ground);
    gradient.setColorAt(1, clear);
    painter.fillRect(QRectF(std::min(from, to), cell.top(), kFade, cell.height() - 1.0), gradient);
  };
  fade(cell.left(), cell.left() + kFade);
  fade(cell.right() + 1, cell.right() + 1 - kFade);

  painter.setPen(Qt::NoPen);
  const QColor box = mixed(ground, colors().activation, strength);
  painter.setBrush(box);
  painter.drawRoundedRect(peak, 3, 3);
  painter.setPen(qGray(box.rgb()) > kMidGray ? colors().activationText : colors().text);
  const QRectF inside = peak.adjusted(kPeakPadding - 1, 0, 1 - kPeakPadding, 0);
  painter.drawText(inside, Qt::AlignCenter | Qt::TextSingleLine,
                   metrics.elidedText(peakText(context), Qt::ElideMiddle, inside.width() + 1));
}

std::optional<std::size_t> ActivationDelegate::tokenAt(const ContextRecord& context,
                                                       const QRect& cell, int x) const {
  if (context.tokens.empty()) return std::nullopt;
  const QFontMetricsF metrics(contextFont_);
  const QRectF peak = peakBox(context, cell);
  if (x >= peak.left() && x <= peak.right()) return context.peak;
  if (x < peak.left()) {
    double right = peak.left() - kPeakGap;
    for (std::size_t i = context.peak; i-- > 0;) {
      right -= metrics.horizontalAdvance(asText(context.tokens[i]));
      if (x >= right) return i;
    }
    return std::nullopt;
  }
  double left = peak.right() + kPeakGap;
  for (std::size_t i = context.peak + 1; i < context.tokens.size(); ++i) {
    left += metrics.horizontalAdvance(asText(context.tokens[i]));
    if (x < left) return i;
  }
  return std::nullopt;
}

bool ActivationDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view,
                                   const QStyleOptionViewItem& option, const QModelIndex& index) {
  const auto* model = qobject_cast<const TopActivationsModel*>(index.model());
  if (event->type() != QEvent::ToolTip || model == nullptr || !index.isValid()) {
    return TableDelegate::helpEvent(event, view, option, index);
  }
  const ActivationRow& row = model->activation(index.row());
  Position position = row.activation.position;
  QString token = QString::fromStdString(row.activation.strToken);
  if (index.column() == TopActivationsModel::Context) {
    const auto hit = tokenAt(row.context, option.rect, event->pos().x());
    if (!hit) {
      QToolTip::hideText();
      return true;
    }
    position = row.context.first + static_cast<Position>(*hit);
    token = QString::fromStdString(row.context.tokens[*hit]);
  }
  QToolTip::showText(event->globalPos(),
                     tr("“%1” · position %2 of the text").arg(token, formatCount(position)), view);
  return true;
}

}  // namespace featurescope
