// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"
#include "ui/plots/layer_losses_plot.h"

#include <filesystem>
#include <memory>
#include <vector>

class QCheckBox;
class QComboBox;
class QLabel;
class QStackedWidget;

namespace featurescope {

class ResultTable;
class Errands;
struct WindowContext;

/// What the SAE costs in each layer: evaluations of the study, of a job here or of
/// `featurescope evaluate --layers A-B --json`, as the paper's figure and as a table.
class LayersPage : public Page {
  Q_OBJECT
 public:
  explicit LayersPage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;

  /// Shows an evaluation's JSON, and keeps it in the list.
  void showEvaluation(const std::filesystem::path& file);

  [[nodiscard]] const LayerLossesPlot& plot() const { return *plot_; }

 private:
  struct Evaluation {
    std::filesystem::path file;
    LayerLossBars bars;
  };

  QWidget* makeBar();
  QWidget* makeEmpty();
  void add(Evaluation evaluation, bool show);
  void read(const std::vector<std::filesystem::path>& files, bool show);
  void openFile();
  void showChosen();

  Errands& errands_;
  std::uint64_t generation_ = 0;  ///< of the open study: an answer for another one is dropped
  std::vector<Evaluation> evaluations_;
  QStackedWidget* body_;
  QComboBox* chosen_;
  QCheckBox* logarithmic_;
  LayerLossesPlot* plot_;
  ResultTable* table_;
};

}  // namespace featurescope
