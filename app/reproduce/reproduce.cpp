// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reproduce_request.h"
#include "app/figure/drawing_application.h"
#include "app/reproduce/report.h"
#include "app/reproduce/steps.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/train/append_file.h"
#include "ui/plots/figure_export.h"

#include <fmt/format.h>

#include <system_error>

namespace featurescope::reproduction {

namespace {

namespace fs = std::filesystem;
using Figures = nlohmann::ordered_json;

/// Says which step it is before what the step says.
class StepProgress final : public ProgressSink {
 public:
  StepProgress(ProgressSink& sink, std::string step) : sink_(sink), step_(std::move(step)) {}

  void update(const ProgressUpdate& update) override {
    stage_ = fmt::format("{}: {}", step_, update.stage);
    ProgressUpdate said = update;
    said.stage = stage_;
    sink_.update(said);
  }
  void note(std::string_view sentence) override { sink_.note(sentence); }

 private:
  ProgressSink& sink_;
  std::string step_, stage_;
};

/// The first place where two values differ, as "training steps"; empty when they are equal.
std::string firstDifference(const Json& before, const Json& now) {
  const Json then = before.flatten(), current = now.flatten();
  for (const Json* side : {&then, &current}) {
    for (const auto& [pointer, value] : side->items()) {
      if (then.value(pointer, Json()) == current.value(pointer, Json())) continue;
      std::string place = pointer.substr(1);
      std::ranges::replace_if(
          place, [](char c) { return c == '/' || c == '_'; }, ' ');
      return place;
    }
  }
  return {};
}

/// The folder as one process works on it.
class Folder {
 public:
  /// Throws UserError{OutputExists} for a folder that holds anything but a reproduction, and
  /// {CannotWrite} where another process is at work on it.
  explicit Folder(const Layout& layout) : layout_(layout), lock_(claimed(layout)) {}

  /// Holds what was begun to be of the same settings, or clears it away with `force`.
  void begin(const Json& identity, bool force) {
    if (force) clear();
    if (!fs::exists(layout_.settings())) {
      writeJson(layout_.settings(), {{"featurescope", programVersion()}, {"settings", identity}});
      return;
    }
    const std::string what = "cannot go on with " + layout_.root.string();
    const Json begun = readJson(layout_.settings());
    const Json settings = begun.is_object() ? begun.value("settings", Json()) : Json();
    if (!settings.is_object()) {
      throw UserError(ErrorCode::BadFile, what, "its reproduce.json holds no settings",
                      "start over with --force");
    }
    const std::string difference = firstDifference(settings, identity);
    if (difference.empty()) return;
    throw UserError(ErrorCode::OutputExists, what,
                    "it was begun with other settings or inputs (" + difference + ")",
                    "choose another --out, or start over with --force");
  }

 private:
  static AppendFile claimed(const Layout& layout) {
    std::error_code error;
    const bool ours = fs::exists(layout.settings(), error) || fs::exists(layout.work(), error);
    const bool empty = !fs::exists(layout.root, error) ||
                       (fs::is_directory(layout.root, error) && fs::is_empty(layout.root, error));
    if (!ours && !empty) {
      throw UserError(ErrorCode::OutputExists, "cannot reproduce into " + layout.root.string(),
                      "it exists and is no reproduction", "choose another --out");
    }
    fs::create_directories(layout.work(), error);
    AppendFile lock(layout.work() / "lock", layout.work() / "lock");
    if (lock.lock()) return lock;
    throw UserError(ErrorCode::CannotWrite, "cannot reproduce into " + layout.root.string(),
                    "another process is at work on it", "wait until it ends, or stop it first");
  }

  void clear() const {
    for (const fs::path& file :
         {layout_.json(), layout_.html(), layout_.markdown(), layout_.settings()}) {
      fs::remove(file);
    }
    fs::remove_all(layout_.figures());
    for (const auto& entry : fs::directory_iterator(layout_.work())) {
      if (entry.path().filename() != "lock") fs::remove_all(entry.path());
    }
  }

  const Layout& layout_;
  AppendFile lock_;
};

/// The file's bytes: plots as wide as a column, tables as a page.
QByteArray rendered(const Figure& figure, const std::string& ending) {
  FigureFile file;
  file.format = formatOf(QString::fromStdString("x." + ending)).value();
  file.widthMillimetres = figure.shown ? kDoubleColumnMillimetres : kSingleColumnMillimetres;
  file.heightMillimetres = figure.heightAt(file.widthMillimetres);
  return renderFile(figure, file);
}

void write(const fs::path& file, const QByteArray& bytes) {
  writeFile(file, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

/// Draws everything and writes the report, report.json last.
void draw(const Settings& settings, const Layout& layout, const JobContext& job) {
  const cli::DrawingApplication application;
  const Results results = readResults(settings, layout);
  const auto compared = compareSettings(settings, results);
  const auto numbers = compareNumbers(settings, results, compared);
  const auto items = makeItems(settings, results, layout, compared);
  std::map<std::string, std::string> pictures;
  std::uint64_t done = 0;
  for (const Item& item : items) {
    job.throwIfStopped();
    job.progress.update({.stage = "drawing",
                         .done = done++,
                         .total = items.size(),
                         .unit = "figures",
                         .detail = item.id});
    for (const std::string& ending : item.endings()) {
      const QByteArray bytes = rendered(*item.figure, ending);
      write(layout.figures() / (item.id + "." + ending), bytes);
      if (ending == "svg") pictures[item.id] = bytes.toStdString();
    }
  }
  writeFile(layout.figures() / "numbers.csv", toCsv(numbersTable(numbers)));
  writeFile(layout.figures() / "settings.csv", toCsv(settingsTable(compared)));
  const Document report = makeReport(settings, items, numbers, compared, pictures);
  writeFile(layout.html(), toHtml(report));
  writeFile(layout.markdown(), toMarkdown(report));
  writeFile(layout.json(), toJson(items, numbers, compared).dump(2) + "\n");
}

/// Does what is not done yet; tells of each step whether it was done before.
Figures work(const Settings& settings, const Layout& layout, const cli::Session& session) {
  std::vector<Step> steps = plan(settings, layout);
  steps.push_back({"report", "drawing the figures", [&] { return fs::exists(layout.json()); },
                   [&](const JobContext& job) { draw(settings, layout, job); }});
  Figures told = Figures::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool before = steps[i].done();
    told.push_back({{"step", steps[i].name}, {"done_before", before}});
    if (before) continue;
    session.job().throwIfStopped();
    const std::string which = fmt::format("step {} of {}", i + 1, steps.size());
    session.progress.note(fmt::format("{}: {}", which, steps[i].doing));
    StepProgress progress(session.progress, which);
    steps[i].run({session.interruption.token(), progress});
  }
  return told;
}

std::string sentencesOf(const Layout& layout, const Json& report, bool wasFinished) {
  std::string text =
      fmt::format("{} {}: {} figures and tables\n", wasFinished ? "finished already:" : "wrote",
                  layout.html().string(), report.at("items").size());
  text += fmt::format("  {:<58}  {:>26}  {}\n", "", "paper", "here");
  for (const Json& number : report.at("numbers")) {
    const std::string paper = number.at("paper").get<std::string>();
    const Json& here = number.at("here");
    text += fmt::format("  {:<58}  {:>26}  {}\n", number.at("quantity").get<std::string>(),
                        paper.empty() ? "not given" : paper,
                        here.is_null()           ? "not defined"
                        : here.is_number_float() ? fmt::format("{:.4g}", here.get<double>())
                        : here.is_string()       ? here.get<std::string>()
                                                 : here.dump());
  }
  return text;
}

}  // namespace

}  // namespace featurescope::reproduction

namespace featurescope::cli {

using namespace reproduction;

void reproduce(const ReproduceRequest& request, const Session& session) {
  applyThreads(session.flags.compute);
  const Layout layout{request.out};
  const Settings settings = settle(request, layout, session.flags.compute);
  const Json identity = identityOf(settings, session.job());
  Folder folder(layout);
  folder.begin(identity, session.flags.force);
  const bool wasFinished = fs::exists(layout.json());
  Figures steps;
  try {
    steps = work(settings, layout, session);
  } catch (const Interrupted&) {
    throw Interrupted(fmt::format("what is finished is kept in {} (go on with the same command{})",
                                  layout.root.string(),
                                  session.flags.force ? ", without --force" : ""));
  }
  const Figures report = Figures::parse(readFile(layout.json()));
  Figures figures{{"out", layout.root.string()},
                  {"report", layout.html().string()},
                  {"was_finished", wasFinished},
                  {"steps", std::move(steps)}};
  figures.update(report);
  session.report(figures, sentencesOf(layout, Json(report), wasFinished));
}

}  // namespace featurescope::cli
