// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/build_index.h"
#include "ui/bridge/form.h"

namespace featurescope {

/// `featurescope index`
class IndexForm final : public Form {
 public:
  [[nodiscard]] QString verb() const override;
  [[nodiscard]] QString title() const override;
  [[nodiscard]] QString action() const override;
  [[nodiscard]] std::vector<FormSection> sections() const override;
  [[nodiscard]] FormCheck check(const FormValues& values) const override;
  [[nodiscard]] bool measures() const override { return true; }
  [[nodiscard]] WorkEstimate measure(const FormValues& values,
                                     const JobContext& job) const override;

  /// Throws UserError{BadUsage} for what is not a number or a site.
  [[nodiscard]] static IndexRequest request(const FormValues& values);
};

}  // namespace featurescope
