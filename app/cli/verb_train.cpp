// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/shared_flags.h"
#include "app/cli/training_report.h"
#include "app/cli/verbs.h"
#include "core/train/train_autoencoder.h"

namespace featurescope::cli {

namespace {

class TrainVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", settings_.model, "a Hugging Face GPT-NeoX folder");
    site_.declare(flags, "the layer to train on");
    flags.path("--activations", "FILE.safetensors", settings_.activations,
               "train on the tensor `activations` [N, d] of a file instead of a model");
    flags.path("--out", "RUN", settings_.out, "the run folder to make").required();
    flags.section("Text");
    corpus_.declare(flags);
    flags.choice("--normalize", normalise_, {"none", "mean-square"},
                 "mean-square: train on activations scaled to a mean square of 1; the saved SAE "
                 "is for the activations as they are");
    flags.section("Size");
    flags.whole("--expansion", settings_.expansion, "features as a multiple of the site's width");
    flags.whole("--features", settings_.features, "the number of features itself");
    flags.whole("--batch", settings_.batch, "contexts a step");
    flags.whole("--steps", settings_.steps, "steps to train");
    flags.whole("--tokens", settings_.tokens, "tokens to train on, in place of --steps");
    flags.section("Architecture");
    flags.choice("--architecture", architecture_,
                 {"standard", "topk", "batchtopk", "jumprelu", "gated"},
                 "how features are made of pre-activations; a batchtopk SAE is saved as the "
                 "jumprelu SAE that it is in use");
    flags.whole("--k", settings_.k, "topk: features a token; batchtopk: on average")
        .defaultsTo("the target l0");
    flags.number("--aux-coeff", settings_.auxiliaryCoefficient,
                 "topk and batchtopk: weight of the dead features' loss");
    flags
        .number("--jumprelu-bandwidth", settings_.jumpReluBandwidth,
                "jumprelu: how near its threshold a pre-activation moves it")
        .defaultsTo("measured on the first batch");
    flags.section("Optimiser");
    flags.number("--lr", settings_.learningRate, "Adam's learning rate");
    flags.number("--beta1", settings_.beta1, "Adam's decay of the first moment", 0, 1);
    flags.number("--beta2", settings_.beta2, "Adam's decay of the second moment", 0, 1);
    flags.number("--eps", settings_.epsilon, "Adam's addend in the denominator");
    flags.choice("--decoder-gradient", decoderGradient_, {"plain", "project"},
                 "project: take each decoder row's own direction out of its gradient");
    flags.whole("--lr-warmup", settings_.learningRateWarmup,
                "steps over which the learning rate rises to --lr", 0);
    flags.whole("--lr-decay", settings_.learningRateDecay,
                "last steps, over which the learning rate falls to 0", 0);
    flags.number("--clip-gradient", settings_.clipGradient,
                 "the largest norm of all gradients together");
    flags.section("Sparsity");
    flags.number("--l1-coeff", settings_.l1Coefficient, "weight of the sparsity loss at the start")
        .defaultsTo("measured on the first batch");
    flags.choice(
        "--l1-mode", l1Mode_, {"until-target", "track", "fixed"},
        "until-target: adjust the weight until l0 is near its target, then hold it; track: "
        "follow the target to the end");
    flags.number("--target-sparsity", settings_.targetSparsity,
                 "the target, active features a token as a share of all", 0, 1);
    flags.number("--target-l0", settings_.targetL0, "the target itself, active features a token");
    flags.whole("--l1-adjust-after", settings_.l1AdjustAfter,
                "tokens before the weight is first adjusted", 0);
    flags.whole("--l1-warmup", settings_.l1Warmup, "steps over which the weight rises from 0", 0);
    flags.section("Dead features");
    flags.choice("--resample", resampling_, {"kaiming", "loss", "none"},
                 "what they become: fresh vectors, directions of inputs drawn by their loss, or "
                 "nothing else");
    flags.whole("--resample-every", settings_.resampleEvery, "steps between resamplings");
    flags.whole("--dead-window", settings_.deadWindow,
                "steps without activation that make a feature dead");
    flags.section("Start");
    flags.path("--init", "FILE.safetensors", settings_.initial,
               "start from these W_enc, W_dec, b_enc and b_dec");
    flags.choice(
        "--b-dec-init", decoderBias_, {"zero", "mean", "median"},
        "where b_dec starts: at zero, or at the mean or geometric median of a first sample");
    flags.section("Run");
    flags.toggle("--no-shuffle", noShuffle_, "take the tokens in the order of the file");
    flags.whole("--shuffle-buffer", settings_.shuffleBuffer, "tokens to draw each step's from")
        .defaultsTo("65536, or what fits into 1 GB");
    flags.whole("--log-every", settings_.logEvery, "steps between rows of metrics.csv");
    flags.whole("--checkpoint-every", settings_.checkpointEvery,
                "steps between saved states, from which `resume` goes on");
    flags.whole("--keep-checkpoints", settings_.keepCheckpoints,
                "how many of them to keep, the newest; 0: all", 0);
    flags
        .number("--sparse-below", settings_.sparseBelow,
                "share of active features below which a step multiplies sparsely; it decides the "
                "order of float32's sums, and with it the last bits")
        .defaultsTo("measured on this machine once");
    flags
        .number("--screen-below", settings_.screenBelow,
                "and below which the encoder is screened in bfloat16")
        .defaultsTo("measured likewise");
    flags.section("Held-out text");
    flags.paths("--held-out", "FILE...", settings_.heldOut,
                "texts on which to measure what the SAE does to the model's loss");
    flags.whole("--evaluate-every", settings_.evaluateEvery, "steps between measurements");
    flags.whole("--held-out-tokens", settings_.heldOutTokens, "measure on at most so many tokens");
  }

  void run(const Session& session) override {
    settings_.corpus = corpus_.options();
    checkUsage(session.given);
    if (!settings_.model.empty()) settings_.site = site_.site();
    settings_.projectDecoderGradient = decoderGradient_ == "project";
    settings_.shuffle = !noShuffle_;
    settings_.architecture = choiceNamed<Architecture>(architecture_).value();
    settings_.normalisation = choiceNamed<Normalisation>(normalise_).value();
    settings_.l1Mode = choiceNamed<L1Mode>(l1Mode_).value();
    settings_.resampling = choiceNamed<Resampling>(resampling_).value();
    settings_.decoderBias = choiceNamed<DecoderBias>(decoderBias_).value();
    settings_.force = session.flags.force;
    settings_.compute = session.flags.compute;
    const TrainMetrics last = trainAutoencoder(settings_, session.job());
    reportTraining(session, settings_.out, last, "wrote " + settings_.out.string());
  }

 private:
  void checkUsage(const Flags& given) const {
    const auto fail = [](const char* why) {
      throw wrongUsage("cannot run `featurescope train`", why, "see `featurescope train --help`");
    };
    const bool model = given.given("--model"), activations = given.given("--activations");
    if (model == activations) {
      fail(model ? "--model and --activations exclude each other"
                 : "it needs --model, --layer and --text, or --activations");
    }
    if (model && settings_.corpus.files.empty()) fail("--text FILE... is missing");
    if (activations && (site_.given() || !settings_.corpus.files.empty())) {
      fail("--layer, --site and --text are of no use with --activations");
    }
    if (settings_.steps.has_value() == settings_.tokens.has_value()) {
      fail(settings_.steps ? "--steps and --tokens exclude each other"
                           : "it needs --steps or --tokens");
    }
    if (given.given("--expansion") && settings_.features) {
      fail("--expansion and --features exclude each other");
    }
    if (given.given("--target-sparsity") && settings_.targetL0) {
      fail("--target-sparsity and --target-l0 exclude each other");
    }
    if (given.given("--b-dec-init") && settings_.initial) {
      fail("--b-dec-init is of no use with --init, which holds b_dec");
    }
    if (activations && !settings_.heldOut.empty()) fail("--held-out needs --model");
  }

  TrainSettings settings_;
  SiteFlags site_;
  CorpusFlags corpus_;
  std::string decoderGradient_ = "plain";
  std::string architecture_ = "standard";
  std::string normalise_{nameOf(TrainSettings().normalisation)};
  std::string l1Mode_{nameOf(TrainSettings().l1Mode)};
  std::string resampling_{nameOf(TrainSettings().resampling)};
  std::string decoderBias_{nameOf(TrainSettings().decoderBias)};
  bool noShuffle_ = false;
};

}  // namespace

const VerbEntry kTrain{
    .name = "train",
    .group = "Models and SAEs",
    .summary = "train an SAE on a model's activations",
    .usage =
        "(--model DIR --layer L --text FILE... | --activations FILE.safetensors) "
        "(--steps N | --tokens N) --out RUN [FLAGS]",
    .description =
        "Makes a run folder: run.json (settings and results), metrics.csv, events.jsonl, log.txt, "
        "checkpoints/ and, at the end, sae/, which SAELens reads as well; with --held-out also "
        "held_out.csv. The text is repeated as often as the steps need it. A run that was "
        "interrupted, however that happened, goes on with `featurescope resume RUN`.",
    .examples =
        "featurescope train --model demo/model --layer 1 --text demo/texts/heldout.jsonl --steps "
        "200 "
        "--out run",
    .writes = true,
    .make = makeVerb<TrainVerb>};

}  // namespace featurescope::cli
