// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/form_checks.h"

#include "core/base/files.h"
#include "core/train/run_folder.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/form_settings.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>

#include <chrono>
#include <filesystem>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

QString translated(const char* text) { return QCoreApplication::translate("Form", text); }

[[noreturn]] void fail(ErrorCode code, const std::string& why) {
  throw UserError(code, "cannot use the field", why);
}

bool isText(const QString& path) {
  QString name = path;
  for (const char* packed : {".gz", ".zst"}) {
    if (name.endsWith(QLatin1String(packed))) name.chop(static_cast<int>(std::strlen(packed)));
  }
  return name.endsWith(QLatin1String(".txt")) || name.endsWith(QLatin1String(".jsonl"));
}

QString sized(double bytes) {
  const double megabytes = bytes / 1e6;
  return translated("%1 MB").arg(QString::number(megabytes, 'f', megabytes < 10 ? 1 : 0));
}

}  // namespace

void FormReader::check(const QString& flag, const std::function<QString()>& look) {
  if (values_.of(flag).isEmpty()) return;
  FieldNote& note = result_.notes[flag];
  try {
    note = {FieldNote::Kind::Fine, look()};
  } catch (...) {
    const Failure failure = currentFailure("cannot read it");
    note = {FieldNote::Kind::Wrong, failure.next.isEmpty()
                                        ? failure.why
                                        : failure.why + QStringLiteral(" (") + failure.next + u')'};
  }
}

void FormReader::checkModel() {
  check("--model", [this] {
    model_ = NeoxConfig::load(toPath(values_.of("--model")));
    return translated("%1 layers, width %2").arg(model_->layers).arg(model_->width);
  });
}

void FormReader::checkSae() {
  check("--sae", [this] {
    sae_ = inspectCheckpoint(toPath(values_.of("--sae")));
    if (const auto site = Site::fromName(sae_->hookName)) {
      result_.proposals["--sae"] = {
          {"--layer", QString::number(site->layer.value)},
          {"--site", QString::fromStdString(std::string(name(site->kind)))}};
    }
    QString found = translated("%1, %2 features, width %3")
                        .arg(QString::fromStdString(std::string(architectureName(*sae_))))
                        .arg(sae_->features)
                        .arg(sae_->width);
    if (!sae_->hookName.empty())
      found += QStringLiteral(", ") + QString::fromStdString(sae_->hookName);
    return found;
  });
}

void FormReader::checkTexts(const QString& flag) {
  check(flag, [&] {
    double bytes = 0;
    const QStringList files = values_.files(flag);
    for (const QString& file : files) {
      std::error_code error;
      const auto size = fs::file_size(toPath(file), error);
      if (error) fail(ErrorCode::NotFound, file.toStdString() + " is not a file that can be read");
      bytes += static_cast<double>(size);
    }
    if (flag == QLatin1String("--text")) textBytes_ = bytes;
    return files.size() == 1 ? sized(bytes)
                             : translated("%1 in %2 files").arg(sized(bytes)).arg(files.size());
  });
}

void FormReader::checkSite() {
  check("--layer", [this] {
    const Site site = siteOf(values_);
    QString module = QString::fromStdString(site.moduleName());
    if (!model_) return module;
    if (site.layer.value >= model_->layers) {
      fail(ErrorCode::OutOfRange,
           "the model has layers 0 to " + std::to_string(model_->layers - 1));
    }
    const std::int64_t width = site.width(*model_);
    if (sae_ && sae_->width != width) {
      fail(ErrorCode::ShapeMismatch, "the SAE reads " + std::to_string(sae_->width) +
                                         " values a token, this site has " + std::to_string(width));
    }
    return module + translated(", %1 values a token").arg(width);
  });
}

void FormReader::checkContext() {
  check("--context", [this] {
    const std::int64_t context = wholeOf(values_, "--context", 2);
    if (model_ && context > model_->maxPositions) {
      fail(ErrorCode::OutOfRange,
           "the model was made for at most " + std::to_string(model_->maxPositions) + " tokens");
    }
    return QString();
  });
}

void FormReader::checkOut(bool force) {
  check("--out", [&] {
    checkOutput(toPath(values_.of("--out")), force);
    return QString();
  });
}

void FormReader::checkWhole(const std::function<void()>& look) {
  try {
    look();
  } catch (...) {
    const Failure failure = currentFailure("cannot start");
    result_.wrong.append(failure.next.isEmpty() ? failure.why : failure.why + u'\n' + failure.next);
  }
}

void FormReader::checkRun(const std::vector<FormField>& fields) {
  check("--out", [&] {
    checkRunFolder(toPath(values_.of("--out")), values_.isOn("--force"));
    return QString();
  });
  for (const FormField& field : fields) {
    if (field.kind != FieldKind::Number || result_.notes.contains(field.flag)) continue;
    check(field.flag, [&] {
      (void)numberOf(values_.of(field.flag));
      return QString();
    });
  }
}

std::int64_t wholeOf(const FormValues& values, const QString& flag, std::int64_t least) {
  bool ok = false;
  const qlonglong value = values.of(flag).toLongLong(&ok);
  if (!ok || value < least) {
    fail(ErrorCode::BadUsage, "it must be a whole number, " + std::to_string(least) + " or more");
  }
  return value;
}

std::optional<std::int64_t> optionalWholeOf(const FormValues& values, const QString& flag,
                                            std::int64_t least) {
  if (values.of(flag).isEmpty()) return std::nullopt;
  return wholeOf(values, flag, least);
}

Site siteOf(const FormValues& values) {
  return Site::fromFlags(values.of("--layer").toStdString(), values.of("--site").toStdString());
}

CorpusOptions corpusOf(const FormValues& values) {
  CorpusOptions options;
  for (const QString& file : values.files("--text")) options.files.push_back(toPath(file));
  if (!values.of("--field").isEmpty()) options.field = values.of("--field").toStdString();
  options.packing =
      values.of("--packing") == QLatin1String("documents") ? Packing::Documents : Packing::Packed;
  options.context = wholeOf(values, "--context", 2);
  return options;
}

FormField numberField(const char* flag, const char* label, const QString& initial,
                      const char* explanation, const char* hint) {
  return {.flag = flag,
          .kind = FieldKind::Number,
          .label = translated(label),
          .explanation = translated(explanation),
          .initial = initial,
          .hint = translated(hint)};
}

FormField choiceField(const char* flag, const char* label, const QStringList& choices,
                      const QString& initial, const char* explanation) {
  return {.flag = flag,
          .kind = FieldKind::Choice,
          .label = translated(label),
          .explanation = translated(explanation),
          .initial = initial,
          .choices = choices};
}

FormField toggleField(const char* flag, const char* label, const char* explanation) {
  return {.flag = flag,
          .kind = FieldKind::Toggle,
          .label = translated(label),
          .explanation = translated(explanation)};
}

FormField modelField() {
  return {.flag = "--model",
          .kind = FieldKind::Folder,
          .label = translated("Model"),
          .explanation = translated(
              "A Hugging Face folder of a GPT-NeoX model, such as any Pythia: config.json, "
              "tokenizer.json and the weights. Only the weights that the job needs are read."),
          .hint = translated("a folder with config.json"),
          .needed = true};
}

FormField saeField() {
  return {
      .flag = "--sae",
      .kind = FieldKind::Path,
      .label = translated("SAE"),
      .explanation = translated("A checkpoint's folder or file, or a training run. Its format and "
                                "architecture are recognised by its contents."),
      .hint = translated("a checkpoint's folder or file"),
      .needed = true};
}

FormField textField() {
  return {.flag = "--text",
          .kind = FieldKind::Files,
          .label = translated("Text"),
          .explanation = translated(
              "What to run through the model: .txt (one document a file) or .jsonl (a document a "
              "line), either also .gz or .zst. Several files are taken in this order."),
          .hint = translated(".txt or .jsonl, also .gz or .zst; several with ;"),
          .needed = true};
}

FormField layerField() {
  return {.flag = "--layer",
          .kind = FieldKind::Number,
          .label = translated("Layer"),
          .explanation = translated("The transformer block to look at, from 0."),
          .hint = translated("from 0"),
          .needed = true};
}

FormField siteField() {
  return {.flag = "--site",
          .kind = FieldKind::Choice,
          .label = translated("Site"),
          .explanation = translated(
              "Where in the layer. mlp-out is the output of the MLP, the paper's; mlp-pre the "
              "MLP's hidden layer before its nonlinearity; resid the residual stream after the "
              "block."),
          .initial = "mlp-out",
          .choices = {"mlp-out", "mlp-pre", "resid"}};
}

FormField contextField() {
  return {.flag = "--context",
          .kind = FieldKind::Number,
          .label = translated("Context"),
          .explanation = translated(
              "Tokens the model sees at once. Text is cut into pieces of this length; a token "
              "knows nothing of what lies before its piece."),
          .initial = "128"};
}

FormField packingField(const QString& initial) {
  return {.flag = "--packing",
          .kind = FieldKind::Choice,
          .label = translated("Packing"),
          .explanation = translated(
              "packed: all documents in a row, an end-of-text token between them, cut into "
              "contexts. documents: each by itself, what lies beyond a context dropped."),
          .initial = initial,
          .choices = {"packed", "documents"}};
}

FormField jsonField() {
  return {.flag = "--field",
          .kind = FieldKind::Text,
          .label = translated("Field"),
          .explanation = translated(
              "The field of a .jsonl line that holds its text. Without one of that name, context "
              "and completion are joined."),
          .initial = "text"};
}

FormField tokenLimitField() {
  return {.flag = "--tokens",
          .kind = FieldKind::Number,
          .label = translated("At most"),
          .explanation = translated(
              "Stops after whole contexts of at most this many tokens. Densities of rare features "
              "need many: one in 100,000 is seen about ten times in a million."),
          .hint = translated("all tokens of the text")};
}

FormField runFolderField(const char* explanation) {
  return {.flag = "--out",
          .kind = FieldKind::NewFolder,
          .label = translated("Run folder"),
          .explanation = translated(explanation),
          .hint = translated("a new folder"),
          .needed = true};
}

FormField replaceRunField() {
  return toggleField("--force", "Replace the run folder if it exists",
                     "Without this a run that exists is never touched.");
}

FormField deviceField() {
  return {.flag = "--device",
          .kind = FieldKind::Text,
          .label = translated("Device"),
          .explanation = translated("auto, cpu, cuda or cuda:N."),
          .initial = "auto"};
}

QString usualFlagFor(const QString& path) {
  std::error_code error;
  if (isText(path)) return "--text";
  if (fs::exists(toPath(path) / "tokenizer.json", error)) return "--model";
  try {
    (void)inspectCheckpoint(toPath(path));
    return "--sae";
  } catch (const UserError&) {
    return {};
  }
}

double inferenceMemory(const NeoxConfig& model, const CheckpointInfo& sae,
                       std::optional<Layer> upTo) {
  constexpr double kProgram = 250e6, kFloat = 4;
  const auto product = [](std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) * static_cast<double>(b);
  };
  const double embedding = product(model.vocabulary, model.width);
  const double block =
      4 * product(model.width, model.width) + 2 * product(model.width, model.innerWidth);
  const auto blocks = static_cast<double>(upTo ? upTo->value + 1 : model.layers);
  const double weights = blocks * block + embedding * (upTo ? 1 : 2);
  return kProgram + kFloat * (weights + 2 * product(sae.width, sae.features));
}

namespace {

/// When the last stage began and how far it came.
class StageClock final : public ProgressSink {
 public:
  using Clock = std::chrono::steady_clock;

  void update(const ProgressUpdate& update) override {
    if (update.unit != "tokens") return;
    if (update.stage != stage_) {
      stage_ = update.stage;
      began_ = Clock::now();
      first_ = update.done;
    }
    last_ = Clock::now();
    done_ = update.done;
  }
  void note(std::string_view /*sentence*/) override {}

  [[nodiscard]] double perSecond() const {
    const double seconds = std::chrono::duration<double>(last_ - began_).count();
    return seconds > 0 ? static_cast<double>(done_ - first_) / seconds : 0;
  }

 private:
  std::string stage_;
  Clock::time_point began_, last_;
  std::uint64_t first_ = 0, done_ = 0;
};

}  // namespace

double measuredSpeed(const std::function<void(const JobContext&)>& work,
                     const std::stop_token& stop) {
  StageClock clock;
  work(JobContext{stop, clock});
  return clock.perSecond();
}

}  // namespace featurescope
