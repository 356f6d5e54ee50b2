// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page_colors.h"

#include <QAbstractScrollArea>
#include <QFont>
#include <QRectF>

#include <optional>
#include <vector>

namespace featurescope {

/// A token as it stands in running text.
struct FlowToken {
  QString text;           ///< as displayed: a leading dot is its space
  double strength = 0;    ///< 0 to 1: how much of the colour lies on it
  bool negative = false;  ///< strength is of the other colour (something got worse)
  QString tip;
};

/// Tokens in running text, each on its colour; one is chosen, by mouse or arrow keys. Wrapped to
/// the width, scrolled in height.
class TokenFlow : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit TokenFlow(QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// The chosen token stays chosen where there is one at its place.
  void setTokens(std::vector<FlowToken> tokens);
  [[nodiscard]] const std::vector<FlowToken>& tokens() const { return tokens_; }

  void setCurrent(std::optional<std::size_t> token);
  [[nodiscard]] std::optional<std::size_t> current() const { return current_; }
  /// Where a token is drawn, in the viewport.
  [[nodiscard]] QRect tokenRect(std::size_t token) const;

 signals:
  void currentChanged(std::optional<std::size_t> token);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  void arrange();
  [[nodiscard]] std::optional<std::size_t> tokenAt(const QPoint& position) const;
  void choose(std::size_t token);

  std::vector<FlowToken> tokens_;
  std::vector<QRectF> places_;  ///< in the contents
  std::optional<std::size_t> current_;
  PageColors colors_;
  QFont font_;
};

}  // namespace featurescope
