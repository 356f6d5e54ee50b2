// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/build_index.h"

#include <QString>
#include <QStringList>

#include <array>
#include <optional>

namespace featurescope {

/// What a person fills in to build an index, as typed.
struct IndexForm {
  QString model, sae;
  QStringList texts;
  QString layer = QStringLiteral("0");
  QString site = QStringLiteral("mlp-out");
  QString context = QStringLiteral("128");
  QString tokens;  ///< empty: all
  bool documents = false;
  QString out;
  bool force = false;
};

enum class IndexField { Model, Sae, Texts, Site, Context, Tokens, Out };
inline constexpr std::size_t kIndexFieldCount = 7;

/// What there is to say of one field: a finding ("6 layers, width 512") or what is wrong with it.
struct FieldNote {
  enum class Kind { Empty, Fine, Wrong };
  Kind kind = Kind::Empty;
  QString text;
};

struct IndexFormCheck {
  std::array<FieldNote, kIndexFieldCount> notes;
  std::optional<Site> saeSite;  ///< the site that the SAE says it was trained on

  [[nodiscard]] const FieldNote& of(IndexField field) const {
    return notes[static_cast<std::size_t>(field)];
  }
  /// Every field that is needed is there, and nothing is wrong.
  [[nodiscard]] bool complete() const;
};

/// Reads the head of the model and of the SAE and looks for the files: not for the GUI thread.
[[nodiscard]] IndexFormCheck check(const IndexForm& form);

/// Throws UserError{BadUsage} for what is not a number or a site.
[[nodiscard]] IndexRequest toRequest(const IndexForm& form);

/// The command that does the same in a shell.
[[nodiscard]] QString commandLine(const IndexForm& form);

}  // namespace featurescope
