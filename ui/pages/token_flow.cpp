// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/token_flow.h"

#include "ui/pages/fonts.h"
#include "ui/pages/running_text.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace featurescope {
namespace {

constexpr double kMargin = 14, kPadding = 3, kGap = 1, kLineGap = 5;
constexpr int kTextPixels = 14;
constexpr int kMidGray = 105;         ///< the dark text reads better on a brighter box
constexpr double kLeastShare = 0.08;  ///< an active token is never quite white

bool endsLine(const FlowToken& token) { return token.text.endsWith(QChar(0x21B5)); }

}  // namespace

TokenFlow::TokenFlow(QWidget* parent) : QAbstractScrollArea(parent), font_(textFont(kTextPixels)) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  viewport()->setMouseTracking(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void TokenFlow::setColors(const PageColors& colors) {
  colors_ = colors;
  viewport()->update();
}

void TokenFlow::setTokens(std::vector<FlowToken> tokens) {
  tokens_ = std::move(tokens);
  arrange();
  if (current_ && *current_ >= tokens_.size()) setCurrent(std::nullopt);
}

void TokenFlow::setCurrent(std::optional<std::size_t> token) {
  if (token && *token >= tokens_.size()) token.reset();
  if (token == current_) return;
  current_ = token;
  viewport()->update();
  emit currentChanged(current_);
}

void TokenFlow::arrange() {
  const QFontMetricsF metrics(font_);
  const double height = metrics.height() + 2 * kPadding;
  const double right = viewport()->width() - kMargin;
  double x = kMargin;
  double y = kMargin;
  places_.clear();
  places_.reserve(tokens_.size());
  for (const FlowToken& token : tokens_) {
    const double width =
        std::max(metrics.horizontalAdvance(spacedText(token.text)), 4.0) + 2 * kPadding;
    if (x + width > right && x > kMargin) {
      x = kMargin;
      y += height + kLineGap;
    }
    places_.emplace_back(x, y, width, height);
    x += width + kGap;
    if (endsLine(token)) {
      x = kMargin;
      y += height + kLineGap;
    }
  }
  const double bottom = places_.empty() ? 0 : places_.back().bottom() + kMargin;
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setSingleStep(static_cast<int>(height + kLineGap));
  verticalScrollBar()->setRange(
      0, std::max(0, static_cast<int>(std::ceil(bottom)) - viewport()->height()));
  viewport()->update();
}

void TokenFlow::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(viewport());
  painter.fillRect(viewport()->rect(), colors_.background);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(font_);
  painter.translate(0, -verticalScrollBar()->value());
  const double top = verticalScrollBar()->value();
  const double bottom = top + viewport()->height();
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const QRectF& place = places_[i];
    if (place.bottom() < top || place.top() > bottom) continue;
    const FlowToken& token = tokens_[i];
    QColor ink = colors_.text;
    if (token.strength > 0) {
      const double share = kLeastShare + (1 - kLeastShare) * std::min(token.strength, 1.0);
      const QColor box =
          mixed(colors_.background, token.negative ? colors_.negative : colors_.activation, share);
      painter.setPen(Qt::NoPen);
      painter.setBrush(box);
      painter.drawRoundedRect(place, 3, 3);
      if (qGray(box.rgb()) > kMidGray && qGray(ink.rgb()) > kMidGray) ink = colors_.activationText;
    }
    if (current_ == i) {
      painter.setBrush(Qt::NoBrush);
      painter.setPen(QPen(colors_.accent, hasFocus() ? 2 : 1.2));
      painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    }
    painter.setPen(ink);
    painter.drawText(place.adjusted(kPadding, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     spacedText(token.text));
  }
}

void TokenFlow::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  arrange();
}

QRect TokenFlow::tokenRect(std::size_t token) const {
  return places_.at(token).translated(0, -verticalScrollBar()->value()).toRect();
}

std::optional<std::size_t> TokenFlow::tokenAt(const QPoint& position) const {
  const QPointF point = QPointF(position) + QPointF(0, verticalScrollBar()->value());
  const auto found =
      std::ranges::find_if(places_, [&](const QRectF& place) { return place.contains(point); });
  if (found == places_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - places_.begin());
}

void TokenFlow::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  if (const auto token = tokenAt(event->pos())) setCurrent(token);
}

void TokenFlow::choose(std::size_t token) {
  setCurrent(token);
  const QRectF& place = places_[token];
  QScrollBar* bar = verticalScrollBar();
  if (place.top() < bar->value()) bar->setValue(static_cast<int>(place.top() - kMargin));
  if (place.bottom() > bar->value() + viewport()->height()) {
    bar->setValue(static_cast<int>(place.bottom() + kMargin) - viewport()->height());
  }
}

void TokenFlow::keyPressEvent(QKeyEvent* event) {
  if (tokens_.empty() || event->modifiers() != Qt::NoModifier) {
    return QAbstractScrollArea::keyPressEvent(event);
  }
  const std::size_t last = tokens_.size() - 1;
  switch (event->key()) {
    case Qt::Key_Right:
      return choose(current_ ? std::min(*current_ + 1, last) : 0);
    case Qt::Key_Left:
      return choose(current_ && *current_ > 0 ? *current_ - 1 : 0);
    case Qt::Key_Home:
      return choose(0);
    case Qt::Key_End:
      return choose(last);
    default:
      QAbstractScrollArea::keyPressEvent(event);
  }
}

bool TokenFlow::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto token = tokenAt(help->pos());
    if (token && !tokens_[*token].tip.isEmpty()) {
      QToolTip::showText(help->globalPos(), tokens_[*token].tip, viewport(), tokenRect(*token));
    } else {
      QToolTip::hideText();
    }
    return true;
  }
  return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace featurescope
