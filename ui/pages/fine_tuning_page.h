// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/run_record.h"
#include "ui/bridge/fine_tuning_result.h"
#include "ui/pages/page.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

class QComboBox;
class QLabel;
class QSplitter;
class QStackedWidget;

namespace featurescope {

class ResultTable;
class CurvePlot;
class Errands;
class IndexSession;
class Selection;
class SortedValuesPlot;
struct FeaturePageData;
struct WindowContext;

/// What a fine-tuning did: its loss, the sorted scales and biases, the features it enhanced and
/// inhibited most, and the chosen feature's strongest activations before and after.
class FineTuningPage : public Page {
  Q_OBJECT
 public:
  explicit FineTuningPage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;

  [[nodiscard]] const std::optional<FineTuningResult>& result() const { return result_; }

 signals:
  /// The scales of the chosen run are on the page.
  void resultShown();

 private:
  QWidget* makeBar();
  QWidget* makePlots();
  QWidget* makeTables();
  QWidget* makeEmpty();
  void takeRuns(const std::vector<std::filesystem::path>& runs);
  void takeRecord(const std::shared_ptr<const RunRecord>& record);
  void fillRuns();
  void bringUp(const std::shared_ptr<const RunRecord>& record);
  void showRun();
  void drawLoss(const RunRecord& record);
  void readResult(const std::filesystem::path& run);
  void showResult();
  void fillChanged(ResultTable& table, bool enhanced);
  void showPage(const std::shared_ptr<const FeaturePageData>& page);
  void showFeature();
  void brush(FeatureColumn column, std::optional<std::pair<double, double>> range);
  void showBrush();
  [[nodiscard]] bool fits() const;
  [[nodiscard]] bool isIndexed() const;
  [[nodiscard]] QString nameOf(std::size_t feature) const;

  Errands& errands_;
  IndexSession& session_;
  Selection& selection_;
  std::shared_ptr<const OpenedIndex> opened_;
  std::map<std::filesystem::path, std::shared_ptr<const RunRecord>> runs_;  ///< fine-tunings alone
  std::filesystem::path shown_;
  std::optional<FineTuningResult> result_;  ///< of `shown_`, once it has one
  std::shared_ptr<const FeaturePageData> page_;
  QStackedWidget* body_;
  QComboBox* chosen_;
  QLabel* summary_;
  CurvePlot* loss_;
  SortedValuesPlot *scales_, *biases_;
  ResultTable *enhanced_, *inhibited_, *examples_;
  QLabel* examplesHead_;
};

}  // namespace featurescope
