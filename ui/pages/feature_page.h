// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

#include <QByteArray>

#include <memory>

class QScrollArea;
class QSplitter;

namespace featurescope {

class ExamplesModel;
class ExampleView;
class FeatureHead;
class FeatureSide;
struct WindowContext;

/// One feature: its statistics, its examples in their contexts, and what explains it.
class FeaturePage : public Page {
  Q_OBJECT
 public:
  explicit FeaturePage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;
  /// Null: no feature is chosen.
  void setPage(const std::shared_ptr<const FeaturePageData>& page);
  [[nodiscard]] const ExamplesModel& model() const;

  void editLabel();
  void toggleBookmark();
  void togglePin();
  /// Keeps what is being typed.
  void commit();

  /// Where a person put the border between examples and side, to be remembered.

 signals:
  /// The left (−1) or right (+1) arrow was pressed.
  void stepRequested(int step);
  /// Enter ended the label: the keys are shortcuts again.
  void labelEntered();

 private:
  const WindowContext& context_;
  FeatureHead* head_;
  ExampleView* examples_;
  FeatureSide* side_;
  QScrollArea* scroll_;
  QSplitter* splitter_;
};

}  // namespace featurescope
