// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/evaluation_form.h"

#include "core/text/corpus_size.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <utility>

namespace featurescope {
namespace {

constexpr std::int64_t kMeasuredContexts = 16;

QString translated(const char* text) { return QCoreApplication::translate("EvaluationForm", text); }

/// "0-5"
std::pair<Layer, Layer> layersOf(const FormValues& values) {
  static const QRegularExpression kRange(QStringLiteral("^(\\d{1,4})-(\\d{1,4})$"));
  const auto match = kRange.match(values.of("--layers"));
  const std::pair<Layer, Layer> layers{Layer{match.captured(1).toInt()},
                                       Layer{match.captured(2).toInt()}};
  if (!match.hasMatch() || layers.second < layers.first) {
    throw UserError(ErrorCode::BadUsage, "cannot use the layers",
                    "it must be two layers joined by -, the smaller first, such as 0-5");
  }
  return layers;
}

}  // namespace

QString EvaluationForm::verb() const { return "evaluate"; }
QString EvaluationForm::title() const { return translated("Evaluate an SAE"); }
QString EvaluationForm::action() const { return translated("Evaluate"); }

std::vector<FormSection> EvaluationForm::sections() const {
  FormField layer = layerField();
  layer.needed = false;
  layer.hint = translated("or layers");
  layer.explanation =
      translated("The layer to insert the SAE at; of no use with a range of layers.");
  return {{QString(),
           {modelField(),
            saeField(),
            textField(),
            layer,
            {.flag = "--layers",
             .kind = FieldKind::Text,
             .label = translated("Layers"),
             .explanation = translated(
                 "The same SAE inserted at each of these layers alone, as 0-5: what it costs where "
                 "it was trained and elsewhere (the Layers page). In place of the layer."),
             .hint = translated("in place of the layer: a range, 0-5")},
            siteField(),
            tokenLimitField(),
            {.flag = "--out",
             .kind = FieldKind::NewFile,
             .label = translated("Result"),
             .explanation = translated("The JSON file to write, for the Layers page and scripts."),
             .hint = translated("a new .json file"),
             .needed = true}}},
          {translated("Text and fine-tuning"),
           {contextField(),
            packingField(),
            jsonField(),
            {.flag = "--finetune",
             .kind = FieldKind::Folder,
             .label = translated("Fine-tuning"),
             .explanation =
                 translated("A fine-tuning run: the SAE is inserted with its scales and biases."),
             .hint = translated("none")}}}};
}

FormCheck EvaluationForm::check(const FormValues& values) const {
  FormReader reader(values);
  reader.checkModel();
  reader.checkSae();
  reader.checkTexts();
  reader.checkSite();
  reader.check("--layers", [&] {
    const auto [first, last] = layersOf(values);
    if (reader.model() && last.value >= reader.model()->layers) {
      throw UserError(ErrorCode::OutOfRange, "cannot use the layers",
                      "the model has layers 0 to " + std::to_string(reader.model()->layers - 1));
    }
    return translated("%1 layers").arg(last.value - first.value + 1);
  });
  reader.checkContext();
  reader.check("--tokens", [&] {
    (void)wholeOf(values, "--tokens");
    return QString();
  });
  reader.checkOut(false);
  FormCheck& result = reader.result();
  if (!values.isOn("--layer") && !values.isOn("--layers")) {
    result.wrong.append(translated("Say where: a layer or layers."));
  }
  if (values.isOn("--layers")) {
    result.proposals.clear();
    result.notes.erase("--layer");
  }
  if (reader.model() && reader.sae()) {
    result.memory = inferenceMemory(*reader.model(), *reader.sae(), std::nullopt);
  }
  return std::move(result);
}

EvaluateRequest EvaluationForm::request(const FormValues& values) {
  EvaluateRequest request;
  request.model = toPath(values.of("--model"));
  request.sae = toPath(values.of("--sae"));
  if (values.isOn("--layers")) {
    const auto [first, last] = layersOf(values);
    request.site = Site::fromFlags(std::to_string(first.value), values.of("--site").toStdString());
    request.lastLayer = last;
  } else {
    request.site = siteOf(values);
  }
  request.corpus = corpusOf(values);
  request.corpus.maxTokens = optionalWholeOf(values, "--tokens");
  if (values.isOn("--finetune")) request.fineTuning = toPath(values.of("--finetune"));
  return request;
}

WorkEstimate EvaluationForm::measure(const FormValues& values, const JobContext& job) const {
  EvaluateRequest sample = request(values);
  const double tokens = estimateTokens(Tokenizer::load(sample.model), sample.corpus);
  sample.corpus.maxTokens = kMeasuredContexts * sample.corpus.context;
  const double speed =
      measuredSpeed([&](const JobContext& watched) { (void)evaluate(sample, watched); }, job.stop);
  return {tokens, speed};
}

QString EvaluationForm::commandLine(const FormValues& values) const {
  FormValues flags = values;
  flags.set("--out", {});
  if (flags.isOn("--layers")) flags.set("--layer", {});
  const QString out = values.of("--out");
  const QString command = Form::commandLine(flags) + QStringLiteral(" --json");
  return out.isEmpty() ? command : command + QStringLiteral(" > ") + shellWord(out);
}

}  // namespace featurescope
