// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/report.h"

#include "core/base/numbers.h"
#include "core/base/version.h"

#include <fmt/format.h>

#include <set>

namespace featurescope::reproduction {

namespace {

using Run = Document::Run;
using Style = Document::Run::Style;

QString toQString(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

Document::Paragraph sentence(std::string text) { return {{{std::move(text)}}}; }

/// As in a CSV.
std::string fieldOf(const Json& exact) {
  if (exact.is_null()) return {};
  if (exact.is_string()) return exact.get<std::string>();
  return exact.is_number_float() ? shortest(exact.get<double>()) : exact.dump();
}

/// "Here: …"
Document::Paragraph labelled(std::string label, std::string text) {
  return {{{std::move(label) + ":", Style::Strong}, {" " + std::move(text)}}};
}

ShownTable shownNumbers(const std::vector<ComparedNumber>& numbers) {
  ShownTable table{{{"quantity", false},
                    {"paper", true},
                    {"here", true},
                    {"same setting?", false},
                    {"what was measured here", false}},
                   {},
                   numbers.size()};
  for (const ComparedNumber& number : numbers) {
    table.rows.push_back(
        {toQString(number.paper.name),
         number.paper.value.empty() ? QStringLiteral("not given") : toQString(number.paper.value),
         toQString(number.here), toQString(number.verdict.sentence()), toQString(number.measured)});
  }
  return table;
}

ShownTable shownSettings(const std::vector<ComparedSetting>& compared) {
  ShownTable table{{{"setting", false}, {"paper", false}, {"here", false}, {"same?", false}},
                   {},
                   compared.size()};
  for (const ComparedSetting& setting : compared) {
    table.rows.push_back({toQString(setting.paper.name), toQString(setting.paper.value),
                          toQString(setting.here), toQString(name(setting.same))});
  }
  return table;
}

void addItem(Document& document, const Item& item,
             const std::map<std::string, std::string>& pictures) {
  document.blocks.emplace_back(Document::Heading{3, item.title, item.id});
  if (item.figure) {
    if (item.figure->shown) {
      document.blocks.emplace_back(Document::Table{*item.figure->shown});
    } else {
      document.blocks.emplace_back(Document::Picture{
          item.figure->title.toStdString(), "figures/" + item.id + ".svg", pictures.at(item.id)});
    }
  }
  document.blocks.emplace_back(labelled("Here", item.measured));
  if (!item.shows.empty()) {
    document.blocks.emplace_back(labelled("The paper (" + item.section + ")", item.shows));
    document.blocks.emplace_back(labelled("Same setting", item.verdict.sentence()));
  }
  if (!item.figure) return;
  Document::Text files{{"Files:", Style::Strong}, {" "}};
  for (const std::string& ending : item.endings()) {
    files.push_back({ending, Style::Link, "figures/" + item.id + "." + ending});
    files.push_back({" "});
  }
  files.push_back({"· again with "});
  files.push_back({item.command, Style::Code});
  document.blocks.emplace_back(Document::Paragraph{std::move(files)});
}

/// The sections of the paper that tell of the fine-tuning.
bool isOfFineTuning(const Item& item) {
  static const std::set<std::string, std::less<>> kItems{
      "finetune-loss", "biases", "scales", "most-enhanced", "most-inhibited", "changed-features"};
  return kItems.contains(item.id);
}

}  // namespace

Document makeReport(const Settings& settings, const std::vector<Item>& items,
                    const std::vector<ComparedNumber>& numbers,
                    const std::vector<ComparedSetting>& compared,
                    const std::map<std::string, std::string>& pictures) {
  Document document;
  document.title = "Sparse Autoencoders for a More Interpretable RLHF, reproduced";
  auto& blocks = document.blocks;
  blocks.emplace_back(Document::Heading{2, "What this is", "what"});
  blocks.emplace_back(sentence(fmt::format(
      "Every figure, table and number of the paper (Newhouse and Bashkansky, 2023), computed by "
      "Featurescope {} on {}. Each stands beside the paper's own, with what was measured on what. "
      "Where the setting is not the paper's, its numbers are not expected here; what can be "
      "expected is the same shape of things.",
      programVersion(),
      settings.demo ? "the bundled demo: a language model thousands of times smaller than the "
                      "paper's, made from a seed, and an SAE on its layer 1"
                    : "the model, SAE and texts named below")));
  blocks.emplace_back(sentence(
      "A loss is the mean negative log-likelihood of the predicted tokens, in nats. A token "
      "activates a feature when the feature's value is above 0; a feature that no token activates "
      "is dead. In tokens · is a leading space, ↵ a newline and → a tab. An id of a feature means "
      "nothing beyond its own SAE."));
  blocks.emplace_back(Document::Heading{2, "Numbers: paper and here", "numbers"});
  blocks.emplace_back(Document::Table{shownNumbers(numbers)});
  blocks.emplace_back(Document::Paragraph{{{"Files:", Style::Strong},
                                           {" "},
                                           {"csv", Style::Link, "figures/numbers.csv"},
                                           {" · "},
                                           {"everything as JSON", Style::Link, "report.json"}}});
  blocks.emplace_back(Document::Heading{2, "Settings: paper and here", "settings"});
  blocks.emplace_back(Document::Table{shownSettings(compared)});
  blocks.emplace_back(Document::Paragraph{
      {{"Files:", Style::Strong}, {" "}, {"csv", Style::Link, "figures/settings.csv"}}});
  blocks.emplace_back(Document::Heading{2, "Exploring a sparse autoencoder", "exploring"});
  for (const Item& item : items) {
    if (!isOfFineTuning(item)) addItem(document, item, pictures);
  }
  blocks.emplace_back(Document::Heading{2, "Fine-tuning with a sparse autoencoder", "fine-tuning"});
  for (const Item& item : items) {
    if (isOfFineTuning(item)) addItem(document, item, pictures);
  }
  return document;
}

FigureTable numbersTable(const std::vector<ComparedNumber>& numbers) {
  FigureTable table{{"id", "quantity", "paper", "here", "same_setting", "measured"}, {}};
  for (const ComparedNumber& number : numbers) {
    table.rows.push_back({std::string(number.paper.id), std::string(number.paper.name),
                          std::string(number.paper.value), fieldOf(number.exact),
                          number.verdict.sentence(), number.measured});
  }
  return table;
}

FigureTable settingsTable(const std::vector<ComparedSetting>& compared) {
  FigureTable table{{"id", "setting", "paper", "here", "same"}, {}};
  for (const ComparedSetting& setting : compared) {
    table.rows.push_back({std::string(setting.paper.id), std::string(setting.paper.name),
                          std::string(setting.paper.value), setting.here,
                          std::string(name(setting.same))});
  }
  return table;
}

nlohmann::ordered_json toJson(const std::vector<Item>& items,
                              const std::vector<ComparedNumber>& numbers,
                              const std::vector<ComparedSetting>& compared) {
  using Figures = nlohmann::ordered_json;
  Figures json{{"featurescope", programVersion()},
               {"numbers", Figures::array()},
               {"settings", Figures::array()},
               {"items", Figures::array()}};
  for (const ComparedNumber& number : numbers) {
    json["numbers"].push_back({{"id", number.paper.id},
                               {"quantity", number.paper.name},
                               {"paper", number.paper.value},
                               {"paper_section", number.paper.section},
                               {"here", number.exact},
                               {"same_setting", name(number.verdict.same)},
                               {"differing", number.verdict.differing},
                               {"unknown", number.verdict.unknown},
                               {"measured", number.measured}});
  }
  for (const ComparedSetting& setting : compared) {
    json["settings"].push_back({{"id", setting.paper.id},
                                {"setting", setting.paper.name},
                                {"paper", setting.paper.value},
                                {"here", setting.here},
                                {"same", name(setting.same)}});
  }
  for (const Item& item : items) {
    Figures files = Figures::array();
    for (const std::string& ending : item.endings()) {
      files.push_back("figures/" + item.id + "." + ending);
    }
    json["items"].push_back({{"id", item.id},
                             {"title", item.title},
                             {"measured", item.measured},
                             {"paper", item.shows},
                             {"same_setting", name(item.verdict.same)},
                             {"files", std::move(files)}});
  }
  return json;
}

}  // namespace featurescope::reproduction
