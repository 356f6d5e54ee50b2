// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"
#include "ui/bridge/form.h"

namespace featurescope {

/// Adds a model, an SAE and texts to a study, or makes one of them. Says what they are; no verb of
/// the command line is needed for it, since verbs take the paths themselves.
class ImportForm final : public Form {
 public:
  [[nodiscard]] QString verb() const override;
  [[nodiscard]] QString title() const override;
  [[nodiscard]] QString action() const override;
  [[nodiscard]] std::vector<FormSection> sections() const override;
  [[nodiscard]] FormCheck check(const FormValues& values) const override;

  /// Opens or makes the study of --out, adds what is not in it yet, and saves it. Reads and
  /// writes: not for the GUI thread. Throws UserError.
  static Study import(const FormValues& values);
};

}  // namespace featurescope
