// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/make_demo.h"
#include "core/base/error.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>

namespace featurescope::demo {
namespace {

/// Says on stderr how far the work is, at most every ten seconds.
class PrintedProgress final : public ProgressSink {
 public:
  void update(const ProgressUpdate& update) override {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::seconds(10)) return;
    last_ = now;
    std::cerr << seconds() << " s: " << update.stage << ": " << update.done;
    if (update.total > 0) std::cerr << " of " << update.total;
    std::cerr << ' ' << update.unit;
    if (!update.detail.empty()) std::cerr << ", " << update.detail;
    std::cerr << std::endl;
  }
  void note(std::string_view sentence) override {
    std::cerr << seconds() << " s: " << sentence << std::endl;
  }

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::int64_t seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start_).count();
  }
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

int run(int argc, char** argv) {
  DemoSettings settings;
  settings.work = "build/demo-work";
  CLI::App app(
      "Makes the demo study that featurescope ships: writes a text, trains a tokenizer, a language "
      "model and a sparse autoencoder on it and indexes the held-out part.\n\n"
      "Example (in the source folder, about a quarter of an hour on 2 cores):\n"
      "  build/release/bin/featurescope-make-demo --out resources/demo");
  app.add_option("--out", settings.out, "The study folder")->required();
  app.add_option("--work", settings.work, "A folder for what is needed on the way only")
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "Decides everything random")->capture_default_str();
  app.add_option("--threads", settings.threads, "0: the cores this process may use")
      ->capture_default_str();
  app.add_option("--characters", settings.trainingCharacters, "Length of the training text")
      ->capture_default_str();
  app.add_flag("--reuse-model", settings.reuseModel, "Keep the tokenizer and model of --out");
  CLI11_PARSE(app, argc, argv);

  PrintedProgress progress;
  try {
    guarded("cannot make the demo", [&] { makeDemo(settings, {{}, progress}); });
  } catch (const std::exception& error) {
    std::cerr << "featurescope-make-demo: error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace featurescope::demo

int main(int argc, char** argv) { return featurescope::demo::run(argc, argv); }
