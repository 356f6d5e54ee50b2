// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/shared_flags.h"
#include "app/cli/terminal.h"
#include "app/cli/text_input.h"
#include "app/cli/verbs.h"
#include "core/analysis/inspect_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace featurescope::cli {

namespace {

using Figures = nlohmann::ordered_json;

/// The strongest activation of the prompt, of one feature where one is given.
float strongest(const std::vector<PromptToken>& tokens, std::optional<FeatureId> feature) {
  float most = 0;
  for (const PromptToken& token : tokens) {
    for (const PromptActivation& activation : token.activations) {
      if (!feature || activation.feature == *feature) most = std::max(most, activation.value);
    }
  }
  return most;
}

float valueOf(const PromptToken& token, FeatureId feature) {
  const auto found = std::ranges::find(token.activations, feature, &PromptActivation::feature);
  return found == token.activations.end() ? 0 : found->value;
}

/// White to orange, linear in the value: black text on it is readable throughout.
std::string tinted(const std::string& text, float value, float most, bool styles) {
  if (!styles || value <= 0 || most <= 0) return text;
  const float share = std::min(value / most, 1.0F);
  const auto toward = [share](float end) {
    return static_cast<int>(std::lround(255 + (end - 255) * share));
  };
  return fmt::format("\x1b[30;48;2;255;{};{}m{}\x1b[0m", toward(140), toward(0), text);
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t width = displayWidth(text);
  return text + std::string(columns > width ? columns - width : 0, ' ');
}

class InspectVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("FILE", "", file_, "a file whose whole text is the prompt");
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder").required();
    flags.path("--sae", "PATH", request_.sae, "the SAE's checkpoint, or a training run").required();
    site_.declare(flags, "the layer the SAE reads");
    flags.text("--prompt", "STR", request_.prompt, "the prompt");
    flags.whole("--top", top_, "at most so many features of a token, the strongest");
    flags.whole("--feature", feature_, "show this feature alone, over the whole prompt", 0);
  }

  void run(const Session& session) override {
    const bool prompt = session.given.given("--prompt");
    if (prompt == file_.has_value()) {
      throw wrongUsage(
          "cannot run `featurescope inspect`",
          prompt ? "a FILE and --prompt are both given" : "neither a FILE nor --prompt is given",
          "give one of them");
    }
    if (file_) readPrompt();
    request_.site = site_.site();
    request_.compute = session.flags.compute;
    const std::vector<PromptToken> tokens = inspectPrompt(request_, session.job());
    session.report(figuresOf(tokens), feature_ ? prompted(tokens) : listed(tokens));
  }

 private:
  void readPrompt() {
    TextInput input(file_);
    input.forEachPiece([](std::string_view, std::size_t) { return true; },
                       [this](std::string_view piece) { request_.prompt += piece; });
  }

  [[nodiscard]] std::optional<FeatureId> chosen() const {
    if (!feature_) return std::nullopt;
    return FeatureId{static_cast<std::int32_t>(
        std::min<std::int64_t>(*feature_, std::numeric_limits<std::int32_t>::max()))};
  }
  /// What is shown of a token.
  [[nodiscard]] std::vector<PromptActivation> shown(const PromptToken& token) const {
    std::vector<PromptActivation> result;
    for (const PromptActivation& activation : token.activations) {
      if (std::ssize(result) == top_) break;
      if (!feature_ || activation.feature == chosen()) result.push_back(activation);
    }
    return result;
  }

  [[nodiscard]] Figures figuresOf(const std::vector<PromptToken>& tokens) const {
    Figures rows = Figures::array();
    std::size_t active = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      Figures features = Figures::array();
      for (const auto& [feature, value] : shown(tokens[i])) {
        features.push_back({{"feature", feature.value}, {"value", value}});
      }
      active += tokens[i].activations.size();
      rows.push_back({{"position", i},
                      {"id", tokens[i].token.value},
                      {"str_token", tokens[i].strToken},
                      {"active", tokens[i].activations.size()},
                      {"features", std::move(features)}});
    }
    return {{"l0", static_cast<double>(active) / static_cast<double>(tokens.size())},
            {"tokens", std::move(rows)}};
  }

  /// A line a token: how many features are active, and the strongest of them.
  [[nodiscard]] std::string listed(const std::vector<PromptToken>& tokens) const {
    const bool styles = showsStyles(STDOUT_FILENO);
    const float most = strongest(tokens, std::nullopt);
    std::size_t width = 0;
    for (const PromptToken& token : tokens) width = std::max(width, displayWidth(token.strToken));
    std::string text = "position  token, features active, the strongest and their values\n";
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto features = shown(tokens[i]);
      const float value = features.empty() ? 0 : features.front().value;
      text += fmt::format("{:8}  {}  {:6} ", i,
                          tinted(padded(tokens[i].strToken, width), value, most, styles),
                          tokens[i].activations.size());
      for (const auto& [feature, strength] : features) {
        text += "  " +
                tinted(fmt::format("{} {:.3g}", feature.value, strength), strength, most, styles);
      }
      text += "\n";
    }
    return text;
  }

  /// The whole prompt, tinted by one feature; then the tokens that activate it.
  [[nodiscard]] std::string prompted(const std::vector<PromptToken>& tokens) const {
    const FeatureId feature = chosen().value_or(FeatureId{});
    const bool styles = showsStyles(STDOUT_FILENO);
    const float most = strongest(tokens, feature);
    std::string text, rows;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const float value = valueOf(tokens[i], feature);
      text += tinted(tokens[i].strToken, value, most, styles);
      if (value > 0) rows += fmt::format("{:8}  {:<8.4g}  {}\n", i, value, tokens[i].strToken);
    }
    if (rows.empty()) return fmt::format("{}\nfeature {} is active nowhere\n", text, feature.value);
    return fmt::format("{}\nposition  value     token\n{}", text, rows);
  }

  InspectRequest request_;
  std::optional<std::filesystem::path> file_;
  SiteFlags site_;
  std::int64_t top_ = 5;
  std::optional<std::int64_t> feature_;
};

}  // namespace

const VerbEntry kInspect{
    .name = "inspect",
    .group = "What features fire on",
    .summary = "which features each token of a prompt activates",
    .usage = "(--prompt STR | FILE) --model DIR --sae PATH --layer L [FLAGS]",
    .description =
        "Runs one prompt through the model and the SAE, as a single sequence from position 0 "
        "without any token added, and shows for each token how many features are active and the "
        "strongest of them. On a terminal, colour is linear in the value, white to orange.",
    .examples =
        "featurescope inspect --model demo/model --sae demo/sae --layer 1 --prompt 'In winter the "
        "frogs come to the banks.'\n"
        "featurescope inspect --model demo/model --sae demo/sae --layer 1 --prompt 'In winter the "
        "frogs come to the banks.' --feature 555",
    .writes = false,
    .make = makeVerb<InspectVerb>};

}  // namespace featurescope::cli
