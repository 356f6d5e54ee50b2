// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/fine_tune.h"
#include "ui/bridge/form.h"

namespace featurescope {

/// `featurescope finetune`
class FineTuningForm final : public Form {
 public:
  [[nodiscard]] QString verb() const override;
  [[nodiscard]] QString title() const override;
  [[nodiscard]] QString action() const override;
  [[nodiscard]] std::vector<FormSection> sections() const override;
  [[nodiscard]] std::vector<FormPreset> presets() const override;
  [[nodiscard]] FormCheck check(const FormValues& values) const override;
  [[nodiscard]] bool measures() const override { return true; }
  [[nodiscard]] WorkEstimate measure(const FormValues& values,
                                     const JobContext& job) const override;

  /// Throws UserError for values that no run can have.
  [[nodiscard]] static FineTuneSettings settings(const FormValues& values);
};

}  // namespace featurescope
