// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure_request.h"
#include "app/cli/verbs.h"
#include "core/base/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace featurescope::cli {

namespace {

/// A kind, what it is made from, and how many of those it takes.
struct Kind {
  const char* name;
  const char* inputs;
  std::size_t least, most;
  bool table = false;
};
constexpr std::size_t kMany = 1000;
constexpr std::array kKinds{
    Kind{"activations", "INDEX FEATURE", 2, 2, true},
    Kind{"histogram", "INDEX FEATURE", 2, 2},
    Kind{"cosines", "INDEX (or --sae PATH)", 0, 1},
    Kind{"layer-losses", "EVALUATION.json", 1, 1},
    Kind{"sparsity", "RUN...", 1, kMany},
    Kind{"l1-coeff", "RUN...", 1, kMany},
    Kind{"l1-loss", "RUN...", 1, kMany},
    Kind{"recon-loss", "RUN...", 1, kMany},
    Kind{"loss", "RUN...", 1, kMany},
    Kind{"dead", "RUN...", 1, kMany},
    Kind{"held-out-loss", "RUN...", 1, kMany},
    Kind{"explained-variance", "RUN...", 1, kMany},
    Kind{"finetune-loss", "RUN...", 1, kMany},
    Kind{"scales", "RUN", 1, 1},
    Kind{"biases", "RUN", 1, 1},
    Kind{"changed-features", "INDEX RUN", 2, 2, true},
};

std::string lowerEnding(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

class FigureVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    std::vector<std::string> kinds;
    kinds.reserve(kKinds.size());
    for (const Kind& kind : kKinds) kinds.emplace_back(kind.name);
    flags.choice("KIND", request_.kind, std::move(kinds), "what to draw, see above").required();
    flags.texts("INPUT", "", request_.inputs, "what it is made from, see above");
    flags
        .path("--out", "FILE.{pdf,svg,png,csv,tex,md}", request_.out,
              "the file to write; its ending says what it is: tables may be LaTeX or Markdown")
        .required();
    flags.path("--sae", "PATH", request_.sae,
               "cosines: of a checkpoint with a sparsity file, in place of an index");
    flags.whole("--limit", request_.limit,
                "activations: at most so many rows; changed-features: at most so many each");
    flags.toggle("--encoder", request_.encoder, "cosines: of encoder columns, not of decoder rows");
    flags.toggle("--by-density", request_.byDensity,
                 "cosines: alive features by decade of density");
    flags.toggle("--shares", request_.shares, "cosines: shares of each group, not counts");
    flags.choice("--over", request_.over, {"tokens", "step"}, "curves: the horizontal axis")
        .defaultsTo("tokens, of a fine-tuning step");
    flags.number("--smoothing", request_.smoothing,
                 "curves: averaged with weights that halve every so many rows back");
    flags.toggle("--log-x", request_.logX, "curves: a logarithmic horizontal axis");
    flags.toggle("--log-y", request_.logY, "curves, layer-losses: a logarithmic vertical axis");
    flags.section("How it is written");
    flags.choice("--width", request_.width, {"single", "double"},
                 "a journal's column (89 mm) or page (183 mm)");
    flags.number("--height", request_.height, "height in mm", 20).defaultsTo("what suits the kind");
    flags.whole(
        "--dpi", request_.dpi,
        "dots an inch of a PNG, and of curves of more than 20000 points, which are a picture "
        "inside a PDF or SVG",
        36);
    flags.choice("--style", request_.style, {"paper", "grayscale", "dark"},
                 "paper: colours that colour-blind eyes tell apart, on white; grayscale: greys and "
                 "dashes, for print without colours; dark: for dark slides");
    flags.toggle("--caption", request_.caption, "the definition of what is drawn, below it");
    flags.text("--title", "TEXT", request_.title,
               "a title above the figure, and in the file's "
               "metadata");
  }

  void run(const Session& session) override {
    check();
    checkOutput(request_.out, session.flags.force);
    makeFigure(request_, session);
  }

 private:
  void check() const {
    const std::string what = "cannot run `featurescope figure`";
    const auto kind = std::ranges::find(kKinds, request_.kind, &Kind::name);
    const std::size_t inputs = request_.inputs.size() + (request_.sae ? 1 : 0);
    const bool takesSae = request_.kind == "cosines";
    if (request_.sae && !takesSae) throw wrongUsage(what, "--sae is for cosines", "leave it out");
    if (inputs < std::max<std::size_t>(kind->least, 1) || inputs > kind->most) {
      throw wrongUsage(what, fmt::format("{} is made from {}", kind->name, kind->inputs),
                       fmt::format("{} given", inputs == 0 ? "nothing is" : "something else is"));
    }
    const std::string ending = lowerEnding(request_.out);
    const bool text = ending == ".tex" || ending == ".md";
    if (!text && ending != ".pdf" && ending != ".svg" && ending != ".png" && ending != ".csv") {
      throw wrongUsage("cannot write " + request_.out.string(),
                       "a figure ends in .pdf, .svg, .png or .csv, a table also in .tex or .md",
                       "choose one of them");
    }
    if (text && !kind->table) {
      throw wrongUsage("cannot write " + request_.out.string(),
                       request_.kind + " is a plot, and only tables end in .tex or .md",
                       "choose .pdf, .svg, .png or .csv");
    }
    constexpr std::int64_t kMostDpi = 2400;
    constexpr double kMostMillimetres = 1000;
    if (request_.dpi > kMostDpi) {
      throw wrongUsage(fmt::format("cannot use --dpi {}", request_.dpi),
                       fmt::format("it takes at most {}", kMostDpi));
    }
    if (request_.height.value_or(0) > kMostMillimetres) {
      throw wrongUsage(fmt::format("cannot use --height {}", *request_.height),
                       fmt::format("it takes at most {}", kMostMillimetres));
    }
  }

  FigureRequest request_;
};

}  // namespace

const VerbEntry kFigure{
    .name = "figure",
    .group = "What features fire on",
    .summary = "a figure or a table for a paper: PDF, SVG, PNG, LaTeX, Markdown or CSV",
    .usage = "KIND INPUT... --out FILE.{pdf,svg,png,csv,tex,md} [FLAGS]",
    .description =
        "KIND and what it is made from: activations INDEX FEATURE, the table of a feature's "
        "strongest activations (of an index with a fine-tuning: before and after). histogram INDEX "
        "FEATURE, how often it has which value. cosines INDEX (or --sae PATH), dead and alive "
        "features by their decoder's cosine to the average dead one. layer-losses "
        "EVALUATION.json, of what `evaluate --layers A-B --json` printed. sparsity, l1-coeff, "
        "l1-loss, recon-loss, loss, dead, held-out-loss and explained-variance RUN..., curves of "
        "training runs. finetune-loss RUN..., of fine-tuning runs. scales RUN and biases RUN, c "
        "and d of a fine-tuning, sorted. changed-features INDEX RUN, the table of the most "
        "enhanced and most inhibited features, of an index that has this fine-tuning. Text is text "
        "of 8 points at either width, and the same input gives the same bytes; what it was made "
        "from stands in the file's metadata.",
    .examples =
        "featurescope figure activations demo/index.sqlite 7 --out feature-7.pdf\n"
        "featurescope figure activations demo/index.sqlite 7 --caption --out feature-7.tex\n"
        "featurescope figure cosines demo/index.sqlite --by-density --width double --out "
        "cosines.svg",
    .writes = true,
    .make = makeVerb<FigureVerb>};

}  // namespace featurescope::cli
