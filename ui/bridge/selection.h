// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "ui/bridge/feature_columns.h"
#include "ui/bridge/navigation_history.h"

#include <QObject>
#include <QString>

#include <chrono>
#include <functional>
#include <optional>

namespace featurescope {

/// A range of one column, marked in a picture: the feature table shows only what lies in it.
struct Brush {
  FeatureColumn column = FeatureColumn::Density;
  double low = 0, high = 0;  ///< both included
  bool operator==(const Brush&) const = default;
};

/// What the whole window looks at: one feature, where it was before, a pinned feature to compare
/// with, a range marked by brushing. Every page reads it, changes it and hears of changes. Lives on
/// the GUI thread.
class Selection : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  /// Another index is open: nothing is chosen, pinned or brushed, and the history is empty.
  void reset();

  /// Goes to a feature that exists; it becomes part of the history.
  void choose(FeatureId feature);
  void goBack();
  void goForward();
  [[nodiscard]] bool canGoBack() const { return history_.canGoBack(); }
  [[nodiscard]] bool canGoForward() const { return history_.canGoForward(); }
  [[nodiscard]] std::optional<FeatureId> feature() const { return feature_; }

  /// Nothing: no feature is pinned any more.
  void pin(std::optional<FeatureId> feature);
  [[nodiscard]] std::optional<FeatureId> pinned() const { return pinned_; }

  /// Nothing: the table is not narrowed by a picture any more.
  void setBrush(std::optional<Brush> brush);
  [[nodiscard]] const std::optional<Brush>& brush() const { return brush_; }

  /// A token was clicked somewhere: the table shows the features that fire on it most.
  void chooseToken(const QString& strToken) { emit tokenChosen(strToken); }
  /// A text is to be looked at on the Prompt page.
  void sendToPrompt(const QString& text) { emit promptRequested(text); }

  /// Tells the time that decides whether a feature was visited or passed by; the steady clock
  /// unless told otherwise.
  void setClock(std::function<NavigationHistory::Time()> clock) { clock_ = std::move(clock); }

 signals:
  void featureChanged(featurescope::FeatureId feature);
  void pinnedChanged();
  void brushChanged();
  void tokenChosen(const QString& strToken);
  void promptRequested(const QString& text);

 private:
  void show(FeatureId feature);

  std::optional<FeatureId> feature_, pinned_;
  std::optional<Brush> brush_;
  NavigationHistory history_;
  std::function<NavigationHistory::Time()> clock_ = std::chrono::steady_clock::now;
};

}  // namespace featurescope
