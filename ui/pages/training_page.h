// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/run_record.h"
#include "ui/pages/page.h"
#include "ui/plots/curve_plot.h"

#include <filesystem>
#include <memory>
#include <vector>

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QListWidget;
class QListWidgetItem;
class QSlider;
class QStackedWidget;

namespace featurescope {

struct WindowContext;

/// The curves of training runs, several over one another, as they grow. Runs are chosen in the list
/// on the left; all plots share their cursor.
class TrainingPage : public Page {
  Q_OBJECT
 public:
  explicit TrainingPage(const WindowContext& context, QWidget* parent = nullptr);

  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;
  /// The runs there are; one that was shown stays shown. The last one is shown at first.
  void setRuns(const std::vector<std::filesystem::path>& runs);
  /// What is known of one of them, now.
  void setRecord(const std::shared_ptr<const RunRecord>& record);
  /// A run that somebody wants to see: it is shown, and the page comes to the front.
  void bringUp(const std::shared_ptr<const RunRecord>& record);

  [[nodiscard]] std::vector<std::filesystem::path> shownRuns() const;
  /// Those that have something to show, in reading order.
  [[nodiscard]] std::vector<CurvePlot*> visiblePlots() const;

 private:
  struct Run {
    std::filesystem::path folder;
    std::shared_ptr<const RunRecord> record;  ///< null until it was read
    bool shown = false;

    [[nodiscard]] bool isOther() const { return record && record->kind() == "finetune"; }
  };

  QWidget* makeBar();
  QWidget* makeList();
  void fillList();
  void describe(QListWidgetItem& item, const Run& run, std::size_t index) const;
  void toggled(QListWidgetItem* item);
  void drawAll();
  void arrange();
  [[nodiscard]] std::vector<Curve> curvesOf(std::size_t plot) const;
  [[nodiscard]] std::vector<CurveMark> marks() const;
  [[nodiscard]] const std::vector<double>* xOf(const RunTable& table) const;
  void showOne();
  [[nodiscard]] double smoothing() const;

  PageColors colors_;
  PlotColors plotColors_;
  std::vector<Run> runs_;
  std::vector<CurvePlot*> plots_;
  QStackedWidget* body_;
  QListWidget* list_;
  QGridLayout* grid_;
  QComboBox* xAxis_;
  QCheckBox *logarithmic_, *logarithmicX_;
  QSlider* smoothing_;
};

}  // namespace featurescope
