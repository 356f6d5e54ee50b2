// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/model_quality.h"

#include "core/lm/language_model_torch.h"
#include "core/text/tokenizer.h"

#include <algorithm>
#include <array>

namespace featurescope::demo {
namespace {

/// Tokens [begin, end) of a sequence are to be foretold from those before them.
struct Question {
  std::vector<TokenId> tokens;
  std::size_t begin = 0, end = 0;
};

TokenBatch paddedBatch(std::span<const Question> questions) {
  TokenBatch batch;
  for (const Question& question : questions) {
    batch.length = std::max(batch.length, std::ssize(question.tokens));
  }
  for (const Question& question : questions) {
    batch.tokens.insert(batch.tokens.end(), question.tokens.begin(), question.tokens.end());
    batch.lengths.push_back(static_cast<std::int32_t>(question.tokens.size()));
    batch.tokens.resize(batch.lengths.size() * static_cast<std::size_t>(batch.length));
  }
  return batch;
}

/// A question is right when each of its tokens is the most likely one after the right ones before.
Accuracy ask(const LanguageModel& model, std::span<const Question> questions,
             const JobContext& job) {
  constexpr std::size_t kRows = 64;
  const at::NoGradGuard noGrad;
  Accuracy accuracy;
  for (std::size_t first = 0; first < questions.size(); first += kRows) {
    job.throwIfStopped();
    const auto part = questions.subspan(first, std::min(kRows, questions.size() - first));
    const at::Tensor tokens = toTorch(paddedBatch(part), model);
    const at::Tensor hidden = model.forward(tokens, {}, std::nullopt, true).hidden;
    const at::Tensor likeliest = model.logits(hidden).argmax(-1).contiguous();
    const auto* guesses = likeliest.const_data_ptr<std::int64_t>();
    for (std::size_t row = 0; row < part.size(); ++row) {
      const Question& question = part[row];
      const auto* guess = guesses + static_cast<std::int64_t>(row) * likeliest.size(1);
      bool right = true;
      for (std::size_t i = question.begin; i < question.end; ++i) {
        right = right && guess[i - 1] == question.tokens[i].value;
      }
      accuracy.right += right ? 1 : 0;
      ++accuracy.asked;
    }
  }
  return accuracy;
}

}  // namespace

double meanLoss(const std::filesystem::path& model, std::span<const TokenId> stream,
                std::int64_t context, const JobContext& job) {
  const LanguageModel opened = LanguageModel::open(model, {});
  const at::NoGradGuard noGrad;
  const std::int64_t contexts = std::ssize(stream) / context;
  constexpr std::int64_t kRows = 16;
  double sum = 0;
  for (std::int64_t first = 0; first < contexts; first += kRows) {
    job.throwIfStopped();
    const std::int64_t rows = std::min(kRows, contexts - first);
    const auto part = stream.subspan(static_cast<std::size_t>(first * context),
                                     static_cast<std::size_t>(rows * context));
    const TokenBatch batch{
        {part.begin(), part.end()},
        std::vector(static_cast<std::size_t>(rows), static_cast<std::int32_t>(context)),
        context};
    const at::Tensor tokens = toTorch(batch, opened);
    const at::Tensor hidden = opened.forward(tokens, {}, std::nullopt, true).hidden;
    sum += opened.tokenLosses(hidden, tokens).sum().item<double>();
  }
  return sum / static_cast<double>(contexts * (context - 1));
}

Accuracy arithmeticAccuracy(const std::filesystem::path& model,
                            std::span<const ArithmeticProblem> problems,
                            std::span<const ArithmeticProblem> shown, const JobContext& job) {
  const Tokenizer tokenizer = Tokenizer::load(model);
  std::string solved;
  for (const ArithmeticProblem& problem : shown) {
    solved += problem.question() + problem.completion() + '\n';
  }
  std::vector<Question> questions;
  for (const ArithmeticProblem& problem : problems) {
    const std::string asked = solved + problem.question();
    const std::size_t begin = tokenizer.encode(asked).size();
    std::vector<TokenId> tokens = tokenizer.encode(asked + problem.completion() + '\n');
    const std::size_t end = tokens.size();
    questions.push_back({std::move(tokens), begin, end});
  }
  return ask(LanguageModel::open(model, {}), questions, job);
}

Accuracy chessHeaderAccuracy(const std::filesystem::path& model,
                             std::span<const std::string> chessTexts, const JobContext& job) {
  const Tokenizer tokenizer = Tokenizer::load(model);
  const LanguageModel opened = LanguageModel::open(model, {});
  std::vector<std::vector<TokenId>> labels;
  for (const std::string_view label : {"Score:", " White:", " Black:", " Opening:", " Moves:"}) {
    labels.push_back(tokenizer.encode(label));
  }
  constexpr std::ptrdiff_t kShownTokens = 100;
  std::vector<Question> questions;
  for (const std::string& text : chessTexts) {
    const std::vector<TokenId> tokens = tokenizer.encode(text);
    for (const std::vector<TokenId>& label : labels) {
      // What stands first in a text could not be foretold.
      for (auto from = tokens.begin() + 1; from < tokens.end(); ++from) {
        from = std::search(from, tokens.end(), label.begin(), label.end());
        if (from == tokens.end()) break;
        const auto shown = std::min(kShownTokens, from - tokens.begin());
        const auto begin = static_cast<std::size_t>(shown);
        questions.push_back(
            {{from - shown, from + std::ssize(label)}, begin, begin + label.size()});
      }
    }
  }
  return ask(opened, questions, job);
}

}  // namespace featurescope::demo
