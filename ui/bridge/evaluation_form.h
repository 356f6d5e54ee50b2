// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluate.h"
#include "ui/bridge/form.h"

namespace featurescope {

/// `featurescope evaluate … --json > FILE`
class EvaluationForm final : public Form {
 public:
  [[nodiscard]] QString verb() const override;
  [[nodiscard]] QString title() const override;
  [[nodiscard]] QString action() const override;
  [[nodiscard]] std::vector<FormSection> sections() const override;
  [[nodiscard]] FormCheck check(const FormValues& values) const override;
  [[nodiscard]] bool measures() const override { return true; }
  [[nodiscard]] WorkEstimate measure(const FormValues& values,
                                     const JobContext& job) const override;
  [[nodiscard]] QString commandLine(const FormValues& values) const override;

  /// Throws UserError{BadUsage} for what is not a number, a site or a range of layers.
  [[nodiscard]] static EvaluateRequest request(const FormValues& values);
};

}  // namespace featurescope
