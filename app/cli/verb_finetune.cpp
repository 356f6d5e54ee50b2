// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fine_tuning_report.h"
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"
#include "core/finetune/fine_tune.h"
#include "core/finetune/fine_tune_settings.h"

namespace featurescope::cli {

namespace {

constexpr std::int64_t kMegabyte = 1'000'000;

class FinetuneVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", settings_.model, "a Hugging Face GPT-NeoX folder").required();
    flags.path("--sae", "PATH", settings_.sae, "the SAE to insert").required();
    site_.declare(flags, "the layer to insert it in");
    flags.path("--out", "RUN", settings_.out, "the run folder to make").required();
    flags.section("Text");
    corpus_.declare(flags);
    flags.choice("--scope", scope_, {"all", "completion"},
                 "which tokens' loss counts: all, or those of the completions");
    flags.number("--held-out-fraction", settings_.heldOutFraction,
                 "share of the records to measure on and never train on", 0, 1);
    flags.paths("--also-measure", "FILE...", settings_.alsoMeasure,
                "other texts on which to measure the loss before and after");
    flags.whole("--measure-tokens", settings_.measureTokens,
                "measure on at most so many tokens of each text");
    flags.section("Fine-tuning");
    flags.whole("--epochs", settings_.epochs, "how often the records are gone through");
    flags.whole("--steps-per-epoch", settings_.stepsPerEpoch, "steps of an epoch");
    flags.whole("--batch", settings_.batch, "records a step");
    flags.toggle("--no-shuffle", noShuffle_,
                 "step t takes records t·batch and on, in the order of the files");
    flags.toggle("--keep-error", settings_.keepError,
                 "add what the SAE loses, so that the model starts unchanged");
    flags.section("Optimiser");
    flags.number("--lr", settings_.learningRate, "AdamW's learning rate");
    flags.number("--beta1", settings_.beta1, "AdamW's decay of the first moment", 0, 1);
    flags.number("--beta2", settings_.beta2, "AdamW's decay of the second moment", 0, 1);
    flags.number("--eps", settings_.epsilon, "AdamW's addend in the denominator");
    flags.number("--weight-decay", settings_.weightDecay, "AdamW's decay of scales and biases");
    flags.choice("--decay-toward", decayToward_, {"zero", "initial"},
                 "what it draws them to: zero, or 1 and 0, where they change nothing");
    flags.number("--l1-coeff", settings_.l1Coefficient,
                 "weight of |scale - 1| and |bias| in what is minimised: fewer features move");
    flags.section("Run");
    flags.whole("--log-every", settings_.logEvery, "steps between rows of metrics.csv");
    flags.whole("--checkpoint-every", settings_.checkpointEvery,
                "steps between saved states, from which `resume` goes on");
    flags.whole("--keep-checkpoints", settings_.keepCheckpoints,
                "how many of them to keep, the newest; 0: all", 0);
    flags
        .whole("--cache-megabytes", cacheMegabytes_,
               "memory for the model's state at the layer, kept over epochs; the rest waits on the "
               "disk",
               0)
        .defaultsTo("2147");
    flags.toggle("--checkpoint-activations", settings_.checkpointActivations,
                 "keep only each block's input for the way back: less memory, more time");
    flags.toggle("--stream-weights", settings_.streamWeights,
                 "convert the model's matrices from the file each time they are used, as happens "
                 "anyway where memory does not hold them all");
  }

  void run(const Session& session) override {
    settings_.corpus = corpus_.options();
    if (settings_.corpus.files.empty()) {
      throw wrongUsage("cannot run `featurescope finetune`", "--text FILE... is missing",
                       "see `featurescope finetune --help`");
    }
    settings_.site = site_.site();
    settings_.scope = choiceNamed<LossScope>(scope_).value();
    settings_.decayToward = choiceNamed<DecayToward>(decayToward_).value();
    settings_.shuffle = !noShuffle_;
    if (cacheMegabytes_) settings_.cacheBytes = *cacheMegabytes_ * kMegabyte;
    settings_.force = session.flags.force;
    settings_.compute = session.flags.compute;
    const FineTuneResult result = fineTune(settings_, session.job());
    reportFineTuning(session, settings_.out, result, "wrote " + settings_.out.string());
  }

 private:
  FineTuneSettings settings_;
  SiteFlags site_;
  CorpusFlags corpus_{Packing::Documents};
  std::string scope_{nameOf(FineTuneSettings().scope)};
  std::string decayToward_{nameOf(FineTuneSettings().decayToward)};
  std::optional<std::int64_t> cacheMegabytes_;
  bool noShuffle_ = false;
};

}  // namespace

const VerbEntry kFinetune{
    .name = "finetune",
    .group = "Models and SAEs",
    .summary = "fine-tune a model through an SAE's features",
    .usage = "--model DIR --sae PATH --layer L --text FILE... --out RUN [FLAGS]",
    .description =
        "Inserts the SAE, gives each feature a scale and a bias, z -> ReLU(scale z + bias), and "
        "learns these alone by AdamW on the model's loss; every other weight stays as it is. Makes "
        "a run folder: run.json (settings, losses before and after, and with the scales given to "
        "other features as a control), metrics.csv, log.txt, checkpoints/ and, at the end, "
        "scales.safetensors and scales.csv. By default each record of the text is a sequence of "
        "its own. A run that was interrupted goes on with `featurescope resume RUN`.",
    .examples =
        "featurescope finetune --model demo/model --sae demo/sae --layer 1 --text "
        "demo/texts/arithmetic.jsonl --epochs 1 --steps-per-epoch 20 --measure-tokens 2000 --out "
        "tuned",
    .writes = true,
    .make = makeVerb<FinetuneVerb>};

}  // namespace featurescope::cli
