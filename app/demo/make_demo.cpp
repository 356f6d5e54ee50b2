// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/make_demo.h"

#include "app/demo/autoencoder_quality.h"
#include "app/demo/bpe_trainer.h"
#include "app/demo/demo_corpus.h"
#include "app/demo/model_quality.h"
#include "app/demo/ngram_entropy.h"
#include "app/demo/pretrain.h"
#include "core/analysis/build_index.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/compute.h"
#include "core/study/study.h"
#include "core/text/tokenizer.h"
#include "core/train/train_autoencoder.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace featurescope::demo {
namespace {

constexpr std::size_t kHeldOutCharacters = 560'000;
constexpr std::size_t kTokenizerCharacters = 4'000'000;
constexpr std::size_t kVocabulary = 2048;
constexpr std::int64_t kContext = 128;
/// What keeps the shipped study below 12 MB with all postings in its index.
constexpr std::int64_t kIndexedTokens = 60'032;
constexpr std::int64_t kNeighbours = 5;
/// What always guessing the same of the five labels would get right.
constexpr double kChessHeaderChance = 0.2;
constexpr Site kSite{Layer{1}, SiteKind::MlpOut};

/// What the demo is made of, and where its parts go.
class Maker {
 public:
  Maker(const DemoSettings& settings, const JobContext& job)
      : settings_(settings),
        job_(job),
        corpus_(settings.seed),
        heldOut_(corpus_.heldOut(kHeldOutCharacters)),
        training_(corpus_.training(static_cast<std::size_t>(settings.trainingCharacters))) {}

  void writeTexts() const;
  void makeTokenizer() const;
  void makeModel() const;
  void makeAutoencoder() const;
  void makeIndex() const;
  void writeReport() const;
  void writeStudy() const;

 private:
  [[nodiscard]] TrainSettings autoencoderSettings(const std::filesystem::path& run) const;
  [[nodiscard]] Json describeAutoencoder(std::span<const TokenId> heldOut) const;

  [[nodiscard]] std::filesystem::path model() const { return settings_.out / "model"; }
  [[nodiscard]] std::filesystem::path texts() const { return settings_.out / "texts"; }
  [[nodiscard]] std::filesystem::path sae() const { return settings_.out / "sae"; }
  [[nodiscard]] std::filesystem::path index() const { return settings_.out / "index.sqlite"; }
  [[nodiscard]] std::filesystem::path trainingText() const {
    return settings_.work / "training.jsonl";
  }
  [[nodiscard]] ComputeOptions compute() const {
    ComputeOptions options;
    options.threads = settings_.threads;
    options.device = "cpu";
    options.seed = settings_.seed;
    return options;
  }

  const DemoSettings& settings_;
  const JobContext& job_;
  DemoCorpus corpus_;
  std::vector<Document> heldOut_, training_;
};

std::string jsonLines(std::span<const Document> documents) {
  std::string lines;
  for (const Document& document : documents) lines += Json{{"text", document.text}}.dump() + '\n';
  return lines;
}

/// The documents joined by <|endoftext|>, as the verbs pack them.
std::vector<TokenId> packed(const Tokenizer& tokenizer, std::span<const Document> documents) {
  TokenEncoder encoder(tokenizer);
  std::vector<TokenId> stream;
  for (const Document& document : documents) {
    if (!stream.empty()) stream.push_back(tokenizer.endOfText().value());
    encoder.encode(document.text, stream);
  }
  return stream;
}

void Maker::writeTexts() const {
  job_.progress.note("writing texts");
  writeFile(trainingText(), jsonLines(training_));
  writeFile(texts() / "heldout.jsonl", jsonLines(heldOut_));

  std::string arithmetic, chess;
  RandomStream random(settings_.seed, "fine-tuning text");
  const std::vector<ArithmeticProblem> problems = allArithmeticProblems();
  for (int i = 0; i < 4000; ++i) {
    const ArithmeticProblem& problem = problems[random.below(problems.size())];
    arithmetic +=
        Json{{"context", problem.question()}, {"completion", problem.completion()}}.dump() + '\n';
  }
  for (const Document& document : heldOut_) {
    if (document.subject == Subject::Chess) chess += document.text;
  }
  writeFile(texts() / "arithmetic.jsonl", arithmetic);
  writeFile(texts() / "chess.txt", chess);
}

void Maker::makeTokenizer() const {
  job_.progress.note("training the tokenizer");
  std::vector<std::string_view> texts;
  std::size_t characters = 0;
  for (const Document& document : training_) {
    if (characters >= kTokenizerCharacters) break;
    texts.push_back(document.text);
    characters += document.text.size();
  }
  writeFile(model() / "tokenizer.json", tokenizerJson(trainBpe(texts, kVocabulary)));
}

void Maker::makeModel() const {
  PretrainSettings settings;
  settings.seed = settings_.seed;
  NeoxConfig& config = settings.model;
  config.layers = 4;
  config.width = 128;
  config.heads = 4;
  config.innerWidth = 512;
  config.vocabulary = kVocabulary;
  // Trained on contexts of half this length; up to here the loss does not rise (measured).
  config.maxPositions = 2 * settings.context;
  config.torchDtype = "float16";
  const std::vector<TokenId> stream = packed(Tokenizer::load(model()), training_);
  job_.progress.note("pre-training on " + std::to_string(stream.size()) + " tokens");
  pretrain(stream, settings, model(), job_);
}

TrainSettings Maker::autoencoderSettings(const std::filesystem::path& run) const {
  TrainSettings settings;
  settings.model = model();
  settings.site = kSite;
  settings.corpus.files = {trainingText()};
  settings.corpus.context = kContext;
  settings.out = run;
  settings.force = true;
  settings.expansion = 8;
  settings.l1Coefficient = 0.8;
  settings.compute = compute();
  return settings;
}

void Maker::makeAutoencoder() const {
  // A hundred steps at far too high a rate leave a part of the features dead, which the demo is to
  // show; the run that follows trains the others.
  TrainSettings rough = autoencoderSettings(settings_.work / "sae-rough");
  rough.steps = 100;
  rough.learningRate = 3e-2;
  trainAutoencoder(rough, job_);

  TrainSettings fine = autoencoderSettings(settings_.work / "sae-run");
  fine.initial = rough.out / "sae" / "sae_weights.safetensors";
  fine.steps = 2500;
  fine.learningRate = 2e-3;
  trainAutoencoder(fine, job_);
  std::filesystem::remove_all(sae());
  std::filesystem::copy(fine.out / "sae", sae(), std::filesystem::copy_options::recursive);
}

void Maker::makeIndex() const {
  IndexRequest request;
  request.model = model();
  request.sae = sae();
  request.site = kSite;
  request.corpus.files = {texts() / "heldout.jsonl"};
  request.corpus.context = kContext;
  request.corpus.maxTokens = kIndexedTokens;
  request.detail.neighbours = kNeighbours;
  request.out = index();
  request.force = true;
  request.compute = compute();
  buildIndex(request, job_);
}

/// The share of problems that always giving the most common answer would solve.
double shareOfCommonestAnswer(std::span<const ArithmeticProblem> problems) {
  std::map<int, int> counts;
  int most = 0;
  for (const ArithmeticProblem& problem : problems) {
    most = std::max(most, ++counts[problem.answer()]);
  }
  return static_cast<double>(most) / static_cast<double>(problems.size());
}

Json Maker::describeAutoencoder(std::span<const TokenId> heldOut) const {
  const AutoencoderQuality quality =
      measureAutoencoder(model(), sae(), kSite, heldOut, kContext, job_);
  return {{"l0", quality.l0},
          {"explained_variance", quality.explainedVariance},
          {"loss_base", quality.lossBase},
          {"loss_with_sae", quality.lossWithAutoencoder},
          {"loss_with_zero", quality.lossWithZero},
          {"recovered", quality.recovered()}};
}

void Maker::writeReport() const {
  job_.progress.note("measuring the model on held-out text");
  const Tokenizer tokenizer = Tokenizer::load(model());
  const std::vector<TokenId> training = packed(tokenizer, training_);
  const std::vector<TokenId> heldOut = packed(tokenizer, heldOut_);
  const NgramCounts counts(training, static_cast<std::int32_t>(kVocabulary));
  std::vector<std::string> chess;
  for (const Document& document : heldOut_) {
    if (document.subject == Subject::Chess) chess.push_back(document.text);
  }
  const std::vector<ArithmeticProblem>& problems = corpus_.heldOutProblems();
  const auto shown = std::span(problems).last(3);
  const auto asked = std::span(problems).first(problems.size() - 3);
  const Accuracy arithmetic = arithmeticAccuracy(model(), asked, shown, job_);
  const Accuracy headers = chessHeaderAccuracy(model(), chess, job_);
  const Json report = {
      {"training_tokens", training.size()},
      {"heldout_tokens", heldOut.size()},
      {"heldout_loss", meanLoss(model(), heldOut, kContext, job_)},
      {"unigram_entropy", counts.unigramEntropy(heldOut)},
      {"bigram_entropy", counts.bigramEntropy(heldOut)},
      {"arithmetic_accuracy", arithmetic.share()},
      {"arithmetic_questions", arithmetic.asked},
      {"arithmetic_chance", shareOfCommonestAnswer(problems)},
      {"chess_header_accuracy", headers.share()},
      {"chess_header_labels", headers.asked},
      {"chess_header_chance", kChessHeaderChance},
      {"sae", describeAutoencoder(heldOut)},
  };
  writeJson(settings_.out / "report.json", report);
}

void Maker::writeStudy() const {
  std::filesystem::remove(settings_.out / "study.json");
  Study study = Study::create(settings_.out, "Demo", true);
  study.models = {{"demo", std::filesystem::absolute(model())}};
  study.saes = {{"layer 1 mlp-out", std::filesystem::absolute(sae())}};
  study.texts = {{"held-out mix", std::filesystem::absolute(texts() / "heldout.jsonl")},
                 {"arithmetic", std::filesystem::absolute(texts() / "arithmetic.jsonl")},
                 {"chess", std::filesystem::absolute(texts() / "chess.txt")}};
  study.indexes = {{"layer 1 mlp-out on held-out mix", std::filesystem::absolute(index())}};
  study.save();
}

}  // namespace

void makeDemo(const DemoSettings& settings, const JobContext& job) {
  ComputeOptions compute;
  compute.threads = settings.threads;
  applyThreads(compute);
  std::filesystem::create_directories(settings.work);
  std::filesystem::create_directories(settings.out / "model");
  const Maker maker(settings, job);
  maker.writeTexts();
  if (!settings.reuseModel) {
    maker.makeTokenizer();
    maker.makeModel();
  }
  maker.makeAutoencoder();
  maker.makeIndex();
  maker.writeReport();
  maker.writeStudy();
}

}  // namespace featurescope::demo
