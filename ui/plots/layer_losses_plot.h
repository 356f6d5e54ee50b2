// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

class QCustomPlot;
class QLabel;

namespace featurescope {

/// A model's loss as it is, and with an SAE in one layer at a time; nats a predicted token.
struct LayerLossBars {
  double base = 0;
  std::vector<int> layers;
  std::vector<double> sae, zero;  ///< by layer: with the SAE, and with zeros in the site's place
  std::optional<int> trained;     ///< the layer that the SAE was trained on
};

/// The paper's figure: a bar a layer, the base loss and on it what the SAE adds there. Where the
/// SAE lowers the loss its part hangs down. `logarithmic`: for layers that differ by orders.
void draw(QCustomPlot& plot, const LayerLossBars& bars, const FigureStyle& style, bool logarithmic);

[[nodiscard]] Figure makeFigure(const LayerLossBars& bars, bool logarithmic);

/// That figure, live: the mouse reads a layer's figures.
class LayerLossesPlot : public QWidget {
  Q_OBJECT
 public:
  explicit LayerLossesPlot(QWidget* parent = nullptr);

  void setColors(const PlotColors& colors);
  void setBars(LayerLossBars bars);
  void setLogarithmic(bool logarithmic);
  [[nodiscard]] const LayerLossBars& bars() const { return bars_; }
  /// What the mouse reads over the bar of `layers[index]`.
  [[nodiscard]] QString textOf(std::size_t index) const;

 private:
  void rebuild();

  PlotColors colors_;
  LayerLossBars bars_;
  bool logarithmic_ = false;
  QLabel* readout_;
  QCustomPlot* plot_;
};

}  // namespace featurescope
