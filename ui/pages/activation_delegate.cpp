// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/activation_delegate.h"

#include "ui/models/examples_model.h"
#include "ui/models/number_format.h"
#include "ui/pages/running_text.h"

#include <QAbstractItemView>
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
constexpr double kRepeatStrength = 0.4;
constexpr double kFade = 24;  ///< a cut context fades out over so many pixels

/// The peak in its box: without the spaces around it, unless it is nothing else.
QString peakText(const ContextRecord& context) {
  const std::string& token = context.tokens[context.peak];
  const QString text = spacedText(token).trimmed();
  return text.isEmpty() ? QString::fromStdString(token) : text;
}

}  // namespace

ActivationDelegate::ActivationDelegate(QObject* parent) : TableDelegate(parent) {}

void ActivationDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const {
  painter->save();
  const QColor ground = paintGround(*painter, option, index);
  const auto* model = qobject_cast<const ExamplesModel*>(index.model());
  const QString text = index.data(Qt::DisplayRole).toString();
  switch (index.column()) {
    case ExamplesModel::Token:
      paintToken(*painter, option.rect, text, colors().text);
      break;
    case ExamplesModel::Context:
      if (model != nullptr) {
        paintContext(*painter, option.rect, *model, index.row(), ground);
      }
      break;
    case ExamplesModel::Rank:
      paintNumber(*painter, option.rect, text, colors().dim);
      break;
    case ExamplesModel::Difference:
      paintNumber(*painter, option.rect, text,
                  text.startsWith(kMinus) ? colors().negative : colors().positive);
      break;
    default:
      paintNumber(*painter, option.rect, text, colors().text);
  }
  painter->restore();
}

QRectF ActivationDelegate::peakBox(const ContextRecord& context, const QRect& cell) const {
  const double width = words().width(peakText(context)) + 2 * kPeakPadding;
  const double shown = std::min(width, cell.width() * 0.5);
  const double axis = cell.left() + cell.width() * 0.5;
  return {std::round(axis - shown / 2), cell.top() + 3.0, shown, cell.height() - 7.0};
}

/// Only tokens in sight are measured: of a long context most are not.
ActivationDelegate::Line ActivationDelegate::lineOf(const ContextRecord& context,
                                                    const QRect& cell) const {
  Line line{peakBox(context, cell), {}, {}};
  double right = line.peak.left() - kPeakGap;
  for (std::size_t i = context.peak; i-- > 0 && right > cell.left();) {
    const QString text = spacedText(context.tokens[i]);
    const double left = right - words().width(text);
    line.before.push_back({i, text, left, right});
    right = left;
  }
  double left = line.peak.right() + kPeakGap;
  for (std::size_t i = context.peak + 1; i < context.tokens.size() && left < cell.right(); ++i) {
    const QString text = spacedText(context.tokens[i]);
    right = left + words().width(text);
    line.after.push_back({i, text, left, right});
    left = right;
  }
  return line;
}

/// A ground, linear in its activation, behind every token of the context but the peak.
void ActivationDelegate::paintTints(QPainter& painter, const Line& line, const ExamplesModel& model,
                                    int row, const QColor& ground) const {
  const ActivationRow& shown = model.activation(row);
  if (shown.values.size() != shown.context.tokens.size()) return;
  for (const auto* side : {&line.before, &line.after}) {
    for (const PlacedToken& placed : *side) {
      const float value = shown.values[placed.token];
      if (value <= 0) continue;
      const QRectF box(placed.left, line.peak.top(), placed.right - placed.left,
                       line.peak.height());
      painter.fillRect(box, mixed(ground, colors().activation, model.shareOfMax(value)));
    }
  }
}

/// What stands beside the peak, each side in one piece: its letters join across tokens.
void ActivationDelegate::paintSides(QPainter& painter, const Line& line, double baseline) const {
  QString before, after;
  for (const PlacedToken& placed : line.before) before.prepend(placed.text);
  for (const PlacedToken& placed : line.after) after += placed.text;
  words().draw(painter, line.peak.left() - kPeakGap - words().width(before), baseline, before);
  words().draw(painter, line.peak.right() + kPeakGap, baseline, after);
}

void ActivationDelegate::paintContext(QPainter& painter, const QRect& cell,
                                      const ExamplesModel& model, int row,
                                      const QColor& ground) const {
  const ContextRecord& context = model.activation(row).context;
  if (context.tokens.empty()) return;
  painter.setClipRect(cell);
  painter.setRenderHint(QPainter::Antialiasing);
  const Line line = lineOf(context, cell);
  const QRectF& peak = line.peak;
  const double baseline = baselineIn(cell, words().metrics());

  paintTints(painter, line, model, row, ground);
  painter.setPen(model.isRepeat(row) ? colors().faint : colors().dim);
  paintSides(painter, line, baseline);

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
  // A text that was shown above steps back, but its value stays readable.
  const double strength = model.strength(row) * (model.isRepeat(row) ? kRepeatStrength : 1);
  const QColor box = mixed(ground, colors().activation, strength);
  painter.setBrush(box);
  painter.drawRoundedRect(peak, 3, 3);
  painter.setPen(qGray(box.rgb()) > kMidGray ? colors().activationText : colors().text);
  const double room = peak.width() - 2 * kPeakPadding + 1;
  const QString inside = words().elided(peakText(context), room, Qt::ElideMiddle);
  words().draw(painter, peak.center().x() - words().width(inside) / 2, baseline, inside);
}

std::optional<std::size_t> ActivationDelegate::tokenAt(const ContextRecord& context,
                                                       const QRect& cell, int x) const {
  if (context.tokens.empty()) return std::nullopt;
  const Line line = lineOf(context, cell);
  if (x >= line.peak.left() && x <= line.peak.right()) return context.peak;
  // The gap beside the peak is the next token's.
  const bool isBefore = x < line.peak.left();
  for (const PlacedToken& placed : isBefore ? line.before : line.after) {
    if (isBefore ? x >= placed.left : x < placed.right) return placed.token;
  }
  return std::nullopt;
}

bool ActivationDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view,
                                   const QStyleOptionViewItem& option, const QModelIndex& index) {
  const auto* model = qobject_cast<const ExamplesModel*>(index.model());
  if (event->type() != QEvent::ToolTip || model == nullptr || !index.isValid()) {
    return TableDelegate::helpEvent(event, view, option, index);
  }
  const ActivationRow& row = model->activation(index.row());
  std::size_t token = row.context.peak;
  if (index.column() == ExamplesModel::Context) {
    const auto hit = tokenAt(row.context, option.rect, event->pos().x());
    if (!hit) {
      QToolTip::hideText();
      return true;
    }
    token = *hit;
  }
  QString text =
      tr("“%1” · position %2 of the text")
          .arg(token < row.context.tokens.size() ? QString::fromStdString(row.context.tokens[token])
                                                 : QString::fromStdString(row.activation.strToken),
               formatCount(row.context.first + static_cast<Position>(token)));
  if (token == row.context.peak) {
    text += tr(" · activation %1").arg(formatValue(row.activation.activation, 4));
  } else if (token < row.values.size()) {
    text += row.values[token] > 0 ? tr(" · activation %1").arg(formatValue(row.values[token], 4))
            : model->page()->completeAbove > 0
                ? tr(" · not active, or below %1").arg(formatValue(model->page()->completeAbove, 4))
                : tr(" · not active");
  }
  if (model->isRepeat(index.row())) {
    text += tr("\nthe same text as at position %1").arg(formatCount(*row.activation.repeatOf));
  }
  QToolTip::showText(event->globalPos(), text, view);
  return true;
}

}  // namespace featurescope
