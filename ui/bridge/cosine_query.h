// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/cosines.h"
#include "ui/bridge/errands.h"
#include "ui/bridge/failure.h"

#include <QObject>

#include <filesystem>
#include <memory>

namespace featurescope {

/// Asks for the cosines of an index to its average dead feature; the latest question's answer
/// counts. Lives on the GUI thread; the file is read on the errands' thread.
class CosineQuery : public QObject {
  Q_OBJECT
 public:
  explicit CosineQuery(Errands& errands, QObject* parent = nullptr);

  void ask(const std::filesystem::path& index);
  /// Answers that are still to come are of no interest.
  void forget() { ++question_; }

 signals:
  void ready(std::shared_ptr<const featurescope::CosinesReport> report);
  void failed(const featurescope::Failure& failure);

 private:
  Errands& errands_;
  int question_ = 0;
};

}  // namespace featurescope
