// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/fine_tuning_form.h"

#include "core/finetune/fine_tune_estimate.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/train/available_memory.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/form_settings.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("FineTuningForm", text); }

FormSection inputs() {
  FormField text = textField();
  text.explanation =
      translated("The task: .jsonl with context and completion, or text; a record a sequence.");
  return {
      QString(),
      {modelField(), saeField(), layerField(), siteField(), text,
       choiceField("--scope", "Loss of", {"all", "completion"}, "all",
                   "all: every token but a record's first. completion: only the tokens of the "
                   "answer."),
       numberField("--epochs", "Epochs", "10",
                   "How often the records are gone through; 10 in the paper."),
       numberField("--steps-per-epoch", "Steps an epoch", "200",
                   "Updates an epoch; 200 in the paper."),
       toggleField(
           "--keep-error", "Start from the unchanged model",
           "Adds what the SAE loses of each activation, so that at the start the model is what "
           "it was, and every change is the fine-tuning's."),
       runFolderField("The folder to make: settings, the loss curve, checkpoints, and at the end "
                      "the scales and biases.")}};
}

FormSection optimiser() {
  return {translated("Optimiser"),
          {numberField("--batch", "Batch", "8", "Records a step; 8 in the paper."),
           numberField("--lr", "Learning rate", "0.001", "AdamW's; 0.001 in the paper."),
           numberField("--weight-decay", "Weight decay", "0.01",
                       "Decoupled decay of scales and biases; 0.01 in the paper."),
           choiceField("--decay-toward", "Decay toward", {"zero", "initial"}, "zero",
                       "zero, as in the paper; or initial: scales to 1 and biases to 0, where they "
                       "change nothing."),
           numberField("--l1-coeff", "L1 of the change", "0",
                       "Weight of |c − 1| and |d| in what is minimised: fewer features move."),
           numberField("--beta1", "β₁", "0.9", "AdamW's decay of the first moment."),
           numberField("--beta2", "β₂", "0.999", "AdamW's decay of the second moment."),
           numberField("--eps", "ε", "1e-08", "AdamW's addend in the denominator.")}};
}

FormSection measuring() {
  return {
      translated("Text and measuring"),
      {contextField(),
       packingField("documents"),
       jsonField(),
       toggleField("--no-shuffle", "Take records in the order of the files",
                   "Step t takes the records from t · batch on."),
       numberField("--held-out-fraction", "Held-out share", "0",
                   "Share of the records that is measured and never trained on."),
       {.flag = "--also-measure",
        .kind = FieldKind::Files,
        .label = translated("Also measure on"),
        .explanation = translated(
            "Other texts on which to measure the loss before and after: did the tuning harm them?"),
        .hint = translated("none")},
       numberField("--measure-tokens", "Measured tokens", "16384",
                   "Measure on at most so many tokens of each text.")}};
}

FormSection run() {
  return {
      translated("Run"),
      {toggleField("--checkpoint-activations", "Compute activations twice",
                   "Keeps only each block's input for the way back: less memory, more time."),
       numberField("--log-every", "Log every", "10", "Steps between points of the curve."),
       numberField("--checkpoint-every", "Checkpoint every", "200",
                   "Steps between saved states, from which an interrupted run goes on."),
       numberField("--keep-checkpoints", "Keep", "2", "How many checkpoints to keep; 0 keeps all."),
       numberField("--seed", "Seed", "0", "Of every random choice."), deviceField(),
       replaceRunField()}};
}

}  // namespace

QString FineTuningForm::verb() const { return "finetune"; }
QString FineTuningForm::title() const { return translated("Fine-tune through an SAE"); }
QString FineTuningForm::action() const { return translated("Start fine-tuning"); }

std::vector<FormSection> FineTuningForm::sections() const {
  return {inputs(), optimiser(), measuring(), run()};
}

std::vector<FormPreset> FineTuningForm::presets() const {
  FormValues paper;
  for (const FormSection& section : {optimiser(), measuring()}) {
    for (const FormField& field : section.fields) paper.set(field.flag, field.initial);
  }
  paper.set("--also-measure", {});
  paper.set("--scope", "all");
  paper.set("--epochs", "10");
  paper.set("--steps-per-epoch", "200");
  FormValues quick = paper;
  quick.set("--epochs", "2");
  quick.set("--steps-per-epoch", "50");
  quick.set("--lr", "0.01");
  quick.set("--log-every", "1");
  return {
      {translated("Quick look"),
       translated("A hundred steps at a higher learning rate: which features move at all?"), quick},
      {translated("The paper"),
       translated("The paper's recipe: 10 epochs of 200 steps, AdamW at 0.001."), paper}};
}

FineTuneSettings FineTuningForm::settings(const FormValues& values) {
  Json json = toJson(FineTuneSettings{});
  overlay(json, FineTuningForm().sections(), values);
  const Site site = siteOf(values);
  json["layer"] = site.layer.value;
  json["site"] = name(site.kind);
  FineTuneSettings settings = fineTuneSettingsFromJson(json, "cannot fine-tune");
  settings.out = toPath(values.of("--out"));
  settings.force = values.isOn("--force");
  return settings;
}

FormCheck FineTuningForm::check(const FormValues& values) const {
  FormReader reader(values);
  reader.checkModel();
  reader.checkSae();
  reader.checkTexts();
  reader.checkTexts("--also-measure");
  reader.checkSite();
  reader.checkContext();
  reader.checkRun(fields());
  FormCheck& result = reader.result();
  if (reader.sae()) {
    try {
      checkFineTunable(*reader.sae());
    } catch (const UserError& error) {
      result.notes["--sae"] = {FieldNote::Kind::Wrong, QString::fromStdString(error.why())};
    }
  }
  if (!complete(values, result)) return std::move(result);
  reader.checkWhole([&] {
    const auto available = availableMemory();
    const FineTuneEstimate estimate = estimateFineTuning(settings(values), available);
    result.memory = estimate.total();
    result.disk = estimate.disk;
    result.memoryParts = QString::fromStdString(describe(estimate));
    checkFits(estimate, available);
  });
  return std::move(result);
}

WorkEstimate FineTuningForm::measure(const FormValues& values, const JobContext& job) const {
  const FineTuningSpeed speed = measureFineTuningSpeed(settings(values), job);
  return {speed.tokens, speed.tokensPerSecond};
}

}  // namespace featurescope
