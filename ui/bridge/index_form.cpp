// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/index_form.h"

#include "core/base/files.h"
#include "core/text/corpus_size.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>

namespace featurescope {
namespace {

constexpr std::int64_t kMeasuredContexts = 32;

QString translated(const char* text) { return QCoreApplication::translate("IndexForm", text); }

}  // namespace

QString IndexForm::verb() const { return "index"; }
QString IndexForm::title() const { return translated("Build an index"); }
QString IndexForm::action() const { return translated("Build index"); }

std::vector<FormSection> IndexForm::sections() const {
  return {{QString(),
           {modelField(),
            saeField(),
            textField(),
            layerField(),
            siteField(),
            tokenLimitField(),
            {.flag = "--out",
             .kind = FieldKind::NewFile,
             .label = translated("Index"),
             .explanation = translated(
                 "The SQLite file to make: every feature's statistics, examples, histogram, tokens "
                 "and neighbours, and where in the text it fires."),
             .hint = translated("where the index goes, .sqlite"),
             .needed = true},
            {.flag = "--force",
             .kind = FieldKind::Toggle,
             .label = translated("Replace it if it exists"),
             .explanation = translated("Without this an index that exists is never touched.")}}},
          {translated("Text and examples"),
           {contextField(),
            packingField(),
            jsonField(),
            {.flag = "--top",
             .kind = FieldKind::Number,
             .label = translated("Top activations"),
             .explanation = translated("How many of a feature's strongest activations to keep."),
             .initial = "50"},
            {.flag = "--finetune",
             .kind = FieldKind::Folder,
             .label = translated("Fine-tuning"),
             .explanation = translated(
                 "A fine-tuning run of this SAE: each activation is stored before and after its "
                 "scale and bias."),
             .hint = translated("none")}}}};
}

FormCheck IndexForm::check(const FormValues& values) const {
  FormReader reader(values);
  reader.checkModel();
  reader.checkSae();
  reader.checkTexts();
  reader.checkSite();
  reader.checkContext();
  reader.check("--tokens", [&] {
    if (wholeOf(values, "--tokens") < wholeOf(values, "--context", 2)) {
      throw UserError(ErrorCode::OutOfRange, "cannot use it", "it is less than one context");
    }
    return QString();
  });
  reader.check("--top", [&] {
    (void)wholeOf(values, "--top");
    return QString();
  });
  reader.checkOut(values.isOn("--force"));
  FormCheck& result = reader.result();
  if (reader.model() && reader.sae() && result.of("--layer").kind == FieldNote::Kind::Fine) {
    result.memory = inferenceMemory(*reader.model(), *reader.sae(), siteOf(values).layer);
  }
  return std::move(result);
}

IndexRequest IndexForm::request(const FormValues& values) {
  IndexRequest request;
  request.model = toPath(values.of("--model"));
  request.sae = toPath(values.of("--sae"));
  request.site = siteOf(values);
  request.corpus = corpusOf(values);
  request.corpus.maxTokens = optionalWholeOf(values, "--tokens");
  request.detail.top = wholeOf(values, "--top");
  if (values.isOn("--finetune")) request.fineTuning = toPath(values.of("--finetune"));
  request.out = toPath(values.of("--out"));
  request.force = values.isOn("--force");
  return request;
}

WorkEstimate IndexForm::measure(const FormValues& values, const JobContext& job) const {
  IndexRequest sample = request(values);
  const TemporaryFolder folder;
  const double tokens = estimateTokens(Tokenizer::load(sample.model), sample.corpus);
  sample.corpus.maxTokens = kMeasuredContexts * sample.corpus.context;
  sample.out = folder.path() / "sample.sqlite";
  const double speed = measuredSpeed(
      [&](const JobContext& watched) { (void)buildIndex(sample, watched); }, job.stop);
  return {tokens, speed};
}

}  // namespace featurescope
