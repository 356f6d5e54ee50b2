// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/cosine_query.h"

#include <QPointer>

namespace featurescope {

namespace {

/// Of the random dictionary, the command line's default.
constexpr std::uint64_t kSeed = 0;

}  // namespace

CosineQuery::CosineQuery(Errands& errands, QObject* parent) : QObject(parent), errands_(errands) {}

void CosineQuery::ask(const std::filesystem::path& index) {
  const auto report = std::make_shared<CosinesReport>();
  const int question = ++question_;
  errands_.run(
      "cannot read the cosines of " + index.string(),
      [index, report] { *report = cosinesOfIndex(index, kSeed); },
      [self = QPointer(this), report, question](const std::optional<Failure>& failure) {
        if (!self || question != self->question_) return;
        if (failure) {
          emit self->failed(*failure);
        } else {
          emit self->ready(report);
        }
      });
}

}  // namespace featurescope
