// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/neox_config.h"
#include "core/lm/site.h"
#include "core/sae/checkpoint.h"
#include "core/text/corpus.h"
#include "ui/bridge/form.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace featurescope {

/// The checks and readings that forms share, under the flags' usual names. They read the heads of
/// files: not for the GUI thread.
class FormReader {
 public:
  explicit FormReader(const FormValues& values) : values_(values) {}

  /// --model, --sae (which proposes its site), --text, --layer with --site, --context.
  void checkModel();
  void checkSae();
  void checkTexts(const QString& flag = QStringLiteral("--text"));
  /// The site must exist in the model and, where there is an SAE, be as wide as what it reads.
  void checkSite();
  void checkContext();
  void checkOut(bool force);
  /// --out as the folder of a run, and every number among the fields that nothing else looked at.
  void checkRun(const std::vector<FormField>& fields);
  /// `look` returns a finding; what it throws is what is wrong. Nothing typed, nothing said.
  void check(const QString& flag, const std::function<QString()>& look);
  /// What `look` throws is wrong with the form as a whole.
  void checkWhole(const std::function<void()>& look);

  [[nodiscard]] const std::optional<NeoxConfig>& model() const { return model_; }
  [[nodiscard]] const std::optional<CheckpointInfo>& sae() const { return sae_; }
  [[nodiscard]] double textBytes() const { return textBytes_; }
  [[nodiscard]] FormCheck& result() { return result_; }

 private:
  const FormValues& values_;
  FormCheck result_;
  std::optional<NeoxConfig> model_;
  std::optional<CheckpointInfo> sae_;
  double textBytes_ = 0;
};

/// The three below throw UserError{BadUsage} for what is not one.
[[nodiscard]] std::int64_t wholeOf(const FormValues& values, const QString& flag,
                                   std::int64_t least = 1);
[[nodiscard]] std::optional<std::int64_t> optionalWholeOf(const FormValues& values,
                                                          const QString& flag,
                                                          std::int64_t least = 1);
[[nodiscard]] Site siteOf(const FormValues& values);
/// --text, --field, --packing, --context and --tokens as a corpus.
[[nodiscard]] CorpusOptions corpusOf(const FormValues& values);

/// Fields of one kind; texts as they are to be translated.
[[nodiscard]] FormField numberField(const char* flag, const char* label, const QString& initial,
                                    const char* explanation, const char* hint = "");
[[nodiscard]] FormField choiceField(const char* flag, const char* label, const QStringList& choices,
                                    const QString& initial, const char* explanation);
[[nodiscard]] FormField toggleField(const char* flag, const char* label, const char* explanation);

/// Fields that several forms have, explained once.
[[nodiscard]] FormField modelField();
[[nodiscard]] FormField saeField();
[[nodiscard]] FormField textField();
[[nodiscard]] FormField layerField();
[[nodiscard]] FormField siteField();
[[nodiscard]] FormField contextField();
[[nodiscard]] FormField packingField(const QString& initial = QStringLiteral("packed"));
[[nodiscard]] FormField jsonField();
[[nodiscard]] FormField tokenLimitField();
[[nodiscard]] FormField runFolderField(const char* explanation);
[[nodiscard]] FormField replaceRunField();
[[nodiscard]] FormField deviceField();

/// "--model" for a model's folder, "--sae" for a checkpoint, "--text" for a text, by what it is.
[[nodiscard]] QString usualFlagFor(const QString& path);

/// Bytes that a model, up to a layer or whole, and an SAE take in float32, with the program.
[[nodiscard]] double inferenceMemory(const NeoxConfig& model, const CheckpointInfo& sae,
                                     std::optional<Layer> upTo);

/// A job's speed from what it reports: tokens a second of its last stage, which is where the time
/// goes. `work` does a little of the job.
[[nodiscard]] double measuredSpeed(const std::function<void(const JobContext&)>& work,
                                   const std::stop_token& stop);

}  // namespace featurescope
