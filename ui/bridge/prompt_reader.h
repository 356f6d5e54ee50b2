// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/prompt_session.h"
#include "core/base/task_line.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/opened_index.h"

#include <QObject>
#include <QString>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace featurescope {

/// A prompt with what the model and the SAE make of it.
struct PromptAnswer {
  QString prompt;
  PromptResult result;
};

/// Runs prompts through a model and an SAE on a thread of its own, the parts staying loaded. Only
/// the latest prompt counts: one that is stale is stopped, or never begun. Lives on the GUI thread.
class PromptReader : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  ~PromptReader() override;

  /// What prompts run through from now on; loaded with the first prompt. Nothing: none.
  void setParts(std::optional<PromptParts> parts);
  [[nodiscard]] bool hasParts() const { return parts_.has_value(); }

  void ask(const QString& prompt);
  /// Whatever is asked is not wanted any more.
  void drop();

 signals:
  /// A prompt is on its way; `loading`: the parts are read first.
  void started(bool loading);
  void ready(const std::shared_ptr<const featurescope::PromptAnswer>& answer);
  void failed(const featurescope::Failure& failure);

 private:
  void askThere(const PromptParts& parts, std::uint64_t partsNumber, const QString& prompt,
                std::uint64_t question, const std::stop_token& stop);

  std::optional<PromptParts> parts_;
  std::uint64_t partsNumber_ = 0;
  std::atomic<std::uint64_t> latest_{0};
  std::stop_source running_{std::nostopstate};

  std::unique_ptr<PromptSession> session_;  ///< the thread's
  std::uint64_t sessionParts_ = 0;          ///< the thread's: which parts `session_` is of
  TaskLine thread_;                         ///< last: it ends before what it uses
};

/// The model, the SAE, the site and the fine-tuning that an opened index was made with: where its
/// study has them now, else where they were. Nothing for a study without a model and an SAE.
[[nodiscard]] std::optional<PromptParts> promptPartsOf(const OpenedIndex& opened);

}  // namespace featurescope
