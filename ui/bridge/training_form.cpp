// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/training_form.h"

#include "core/train/available_memory.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_settings.h"
#include "core/train/training_speed.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/form_settings.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/training_fields.h"

#include <QCoreApplication>

#include <cmath>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("TrainingForm", text); }

/// What the command line refuses although a run could have it: two answers to one question.
QStringList contradictions(const FormValues& values, const FormValues& initial) {
  QStringList found;
  if (values.isOn("--steps") == values.isOn("--tokens")) {
    found.append(values.isOn("--steps") ? translated("Give steps or tokens, not both.")
                                        : translated("Say how long: steps or tokens."));
  }
  const auto changed = [&](const char* flag) {
    return values.isOn(flag) && values.of(flag) != initial.of(flag);
  };
  if (changed("--expansion") && values.isOn("--features")) {
    found.append(translated("Give the expansion or the number of features, not both."));
  }
  if (changed("--target-sparsity") && values.isOn("--target-l0")) {
    found.append(translated("Give the target sparsity or the target l0, not both."));
  }
  if (changed("--b-dec-init") && values.isOn("--init")) {
    found.append(translated("A start from a file holds b_dec: leave its start alone."));
  }
  return found;
}

/// What a checkpoint holds beside the SAE: Adam's moments, the features' activity.
double diskOf(const TrainSettings& settings, const MemoryEstimate& memory) {
  const double checkpoint = 2 * memory.weights + memory.moments + memory.shuffleBuffer;
  const auto steps = static_cast<double>(stepsOf(settings));
  const double made = std::ceil(steps / static_cast<double>(settings.checkpointEvery));
  const double kept = settings.keepCheckpoints == 0
                          ? made
                          : std::min(made, static_cast<double>(settings.keepCheckpoints));
  return memory.weights + kept * checkpoint;
}

}  // namespace

QString TrainingForm::verb() const { return "train"; }
QString TrainingForm::title() const { return translated("Train an SAE"); }
QString TrainingForm::action() const { return translated("Start training"); }
std::vector<FormSection> TrainingForm::sections() const { return trainingSections(); }
std::vector<FormPreset> TrainingForm::presets() const { return trainingPresets(); }

TrainSettings TrainingForm::settings(const FormValues& values) {
  TrainSettings defaults;
  defaults.model = "model";  // with one, texts and a site are settings too
  Json json = toJson(defaults);
  overlay(json, trainingSections(), values);
  const Site site = siteOf(values);
  json["layer"] = site.layer.value;
  json["site"] = name(site.kind);
  TrainSettings settings = trainSettingsFromJson(json, "cannot train");
  settings.out = toPath(values.of("--out"));
  settings.force = values.isOn("--force");
  return settings;
}

FormCheck TrainingForm::check(const FormValues& values) const {
  FormReader reader(values);
  reader.checkModel();
  reader.checkTexts();
  reader.checkTexts("--held-out");
  reader.checkSite();
  reader.checkContext();
  reader.checkRun(fields());
  FormCheck& result = reader.result();
  result.wrong = contradictions(values, initialValues());
  const bool all = reader.model() && values.isOn("--text") && result.wrong.isEmpty();
  if (!all || !complete(values, result)) return std::move(result);
  reader.checkWhole([&] {
    const TrainSettings typed = settings(values);
    const MemoryEstimate memory = estimateMemory(typed);
    result.memory = memory.total();
    result.memoryParts = QString::fromStdString(describe(memory));
    result.disk = diskOf(typed, memory);
    const auto features =
        typed.features.value_or(typed.expansion * typed.site.width(*reader.model()));
    result.notes["--expansion"] = {FieldNote::Kind::Fine, translated("%1 features").arg(features)};
    checkFits(memory, availableMemory());
  });
  return std::move(result);
}

WorkEstimate TrainingForm::measure(const FormValues& values, const JobContext& job) const {
  const TrainSettings typed = settings(values);
  const auto tokens = static_cast<double>(stepsOf(typed) * typed.tokensPerStep());
  return {tokens, measureTrainingSpeed(typed, job)};
}

}  // namespace featurescope
