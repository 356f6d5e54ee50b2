// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fine_tuning_report.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

using Figures = nlohmann::ordered_json;

Figures figuresOf(const Variants<double>& figures) {
  return {{"base", figures.base},
          {"sae", figures.sae},
          {"start", figures.start},
          {"fine_tuned", figures.fineTuned},
          {"permuted", figures.permuted}};
}

Figures figuresOf(const MeasuredLosses& measured) {
  return {{"text", measured.text},
          {"records", measured.records},
          {"targets", measured.targets},
          {"loss", figuresOf(measured.loss)},
          {"accuracy", measured.accuracy ? figuresOf(*measured.accuracy) : Figures(nullptr)}};
}

std::string row(std::string_view name, const Variants<double>& figures) {
  return fmt::format("    {:<10}{:>10.4f}{:>10.4f}{:>10.4f}{:>12.4f}{:>10.4f}\n", name,
                     figures.base, figures.sae, figures.start, figures.fineTuned, figures.permuted);
}

std::string sentencesOf(const MeasuredLosses& measured) {
  std::string text = fmt::format("  {} ({} records, {} targets)\n", measured.text, measured.records,
                                 measured.targets);
  text += row("loss", measured.loss);
  if (measured.accuracy) text += row("accuracy", *measured.accuracy);
  return text;
}

}  // namespace

void reportFineTuning(const Session& session, const std::filesystem::path& run,
                      const FineTuneResult& result, const std::string& headline) {
  Figures measured = Figures::array();
  std::string text = fmt::format(
      "{}: {} steps, last loss {:.4f}\n"
      "  features: {} enhanced, {} inhibited, {} untouched\n"
      "  {:<12}{:>10}{:>10}{:>10}{:>12}{:>10}\n",
      headline, result.last.step + 1, result.last.loss, result.enhanced, result.inhibited,
      result.untouched, "", "base", "SAE", "start", "fine-tuned", "permuted");
  for (const MeasuredLosses& one : result.measured) {
    measured.push_back(figuresOf(one));
    text += sentencesOf(one);
  }
  session.report({{"run", run.string()},
                  {"steps", result.last.step + 1},
                  {"epoch", result.last.epoch},
                  {"loss", result.last.loss},
                  {"lr", result.last.learningRate},
                  {"enhanced", result.enhanced},
                  {"inhibited", result.inhibited},
                  {"untouched", result.untouched},
                  {"measured", measured}},
                 text);
}

}  // namespace featurescope::cli
