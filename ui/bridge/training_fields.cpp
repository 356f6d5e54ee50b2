// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/training_fields.h"

#include "core/train/train_autoencoder.h"
#include "ui/bridge/form_checks.h"

#include <QCoreApplication>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("TrainingForm", text); }

QString shown(double value) { return QString::number(value, 'g', 10); }
QString shown(std::int64_t value) { return QString::number(value); }

template <class Choice>
QStringList namesOf() {
  QStringList names;
  for (const std::string_view name : kNamesOf<Choice>) {
    names.append(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
  }
  return names;
}

const TrainSettings kPaper;

FormSection inputs() {
  return {
      QString(),
      {modelField(), layerField(), siteField(), textField(),
       numberField("--steps", "Steps", "",
                   "How many updates to make. A step takes batch × context tokens, 1,024 by "
                   "default. Give this or the tokens.",
                   "or give tokens"),
       numberField("--tokens", "Tokens", "",
                   "How many tokens to train on, in place of steps; the text is repeated as often "
                   "as they need it.",
                   "or give steps"),
       numberField("--expansion", "Expansion", shown(kPaper.expansion),
                   "Features as a multiple of the site's width. The paper uses 4 and 8: 4 times "
                   "4,096 values are 16,384 features."),
       runFolderField("The folder to make: settings, curves, log, checkpoints, and at the end "
                      "the SAE, which SAELens reads as well.")}};
}

FormSection sparsity() {
  return {translated("Sparsity"),
          {numberField(
               "--target-sparsity", "Target sparsity", shown(kPaper.targetSparsity),
               "The share of all features that should be active on a token. The paper aims at 1%."),
           numberField("--target-l0", "Target l0", "",
                       "The same as a number: active features a token. In place of the share.",
                       "from the target sparsity"),
           choiceField(
               "--l1-mode", "L1 coefficient β", namesOf<L1Mode>(), "until-target",
               "until-target: adjust the weight of the sparsity loss until l0 is near its target, "
               "then hold it still, as the paper does. track: follow the target to the end. fixed: "
               "leave it."),
           numberField(
               "--l1-coeff", "β at the start", "",
               "The weight of the sparsity loss to begin with. Left empty, it is measured on the "
               "first batch.",
               "measured on the first batch"),
           numberField("--l1-adjust-after", "Adjust after", shown(kPaper.l1AdjustAfter),
                       "Tokens before the weight is first adjusted; five million in the paper."),
           numberField("--l1-warmup", "β warm-up", shown(kPaper.l1Warmup),
                       "Steps over which the weight rises from 0.")}};
}

FormSection architecture() {
  return {
      translated("Architecture and size"),
      {choiceField(
           "--architecture", "Architecture", namesOf<Architecture>(), "standard",
           "standard: ReLU with an L1 loss, the paper's. topk and batchtopk keep the strongest "
           "features instead; jumprelu learns a threshold for each; gated decides and measures "
           "separately. A batchtopk SAE is saved as the jumprelu SAE that it is in use."),
       numberField("--k", "k", "",
                   "topk: features a token. batchtopk: the same on average. Otherwise not used.",
                   "the target l0"),
       numberField("--features", "Features", "",
                   "The number of features itself, in place of expansion.", "from the expansion"),
       numberField("--aux-coeff", "Auxiliary loss", shown(kPaper.auxiliaryCoefficient),
                   "topk and batchtopk: weight of the loss that lets dead features explain what is "
                   "left over."),
       numberField("--jumprelu-bandwidth", "JumpReLU bandwidth", "",
                   "jumprelu: how near its threshold a pre-activation moves it.",
                   "measured on the first batch"),
       choiceField(
           "--normalize", "Normalise", namesOf<Normalisation>(), "none",
           "mean-square: train on activations scaled to a mean square of 1; the saved SAE is "
           "for the activations as they are."),
       choiceField(
           "--b-dec-init", "b_dec starts at", namesOf<DecoderBias>(), "median",
           "Where the decoder's bias starts: zero, or the mean or geometric median of a first "
           "sample of activations."),
       {.flag = "--init",
        .kind = FieldKind::Path,
        .label = translated("Start from"),
        .explanation =
            translated("A safetensors file with W_enc, W_dec, b_enc and b_dec to start from."),
        .hint = translated("fresh parameters")}}};
}

FormSection optimiser() {
  return {
      translated("Optimiser"),
      {numberField("--batch", "Batch", shown(kPaper.batch), "Contexts a step; 8 in the paper."),
       contextField(),
       numberField(
           "--lr", "Learning rate", shown(kPaper.learningRate),
           "Adam's learning rate; 0.0001 in the paper. A short run wants more, such as 0.001."),
       numberField("--beta1", "β₁", shown(kPaper.beta1), "Adam's decay of the first moment."),
       numberField("--beta2", "β₂", shown(kPaper.beta2), "Adam's decay of the second moment."),
       numberField("--eps", "ε", shown(kPaper.epsilon), "Adam's addend in the denominator."),
       numberField("--lr-warmup", "Warm-up", shown(kPaper.learningRateWarmup),
                   "Steps over which the learning rate rises from 0."),
       numberField("--lr-decay", "Decay", shown(kPaper.learningRateDecay),
                   "Last steps, over which the learning rate falls to 0."),
       numberField("--clip-gradient", "Clip gradient", "",
                   "The largest norm of all gradients together.", "not clipped"),
       choiceField(
           "--decoder-gradient", "Decoder gradient", {"plain", "project"}, "plain",
           "project takes each decoder row's own direction out of its gradient; rows have unit "
           "norm after every step either way."),
       numberField(
           "--sparse-below", "Sparse below", "",
           "The share of active features below which a step multiplies sparsely. It changes the "
           "speed and, by the order of the sums, the last bits.",
           "measured on this machine"),
       numberField("--screen-below", "Screen below", "",
                   "The share of active features below which the encoder is screened in bfloat16.",
                   "measured on this machine")}};
}

FormSection deadFeatures() {
  return {
      translated("Dead features"),
      {choiceField("--resample", "Resample", namesOf<Resampling>(), "kaiming",
                   "What dead features become: fresh Kaiming-uniform vectors, as in the paper; "
                   "directions of inputs that the SAE reconstructs badly (loss, Anthropic's); or "
                   "nothing else."),
       numberField("--resample-every", "Every", shown(kPaper.resampleEvery),
                   "Steps between resamplings; 10,000 in the paper."),
       numberField("--dead-window", "Dead after", shown(kPaper.deadWindow),
                   "Steps without any activation that make a feature dead; 5,000 in the paper.")}};
}

FormSection run() {
  return {
      translated("Run and held-out text"),
      {numberField("--log-every", "Log every", shown(kPaper.logEvery),
                   "Steps between points of a curve."),
       numberField("--checkpoint-every", "Checkpoint every", shown(kPaper.checkpointEvery),
                   "Steps between saved states, from which an interrupted run goes on."),
       numberField("--keep-checkpoints", "Keep", shown(kPaper.keepCheckpoints),
                   "How many checkpoints to keep, the newest; 0 keeps all."),
       {.flag = "--held-out",
        .kind = FieldKind::Files,
        .label = translated("Held-out text"),
        .explanation = translated(
            "Texts that are not trained on: what the SAE does to the model's loss is measured on "
            "them while it trains. This reads the whole model."),
        .hint = translated("none")},
       numberField("--evaluate-every", "Evaluate every", shown(kPaper.evaluateEvery),
                   "Steps between measurements on the held-out text."),
       numberField("--held-out-tokens", "Held-out tokens", shown(kPaper.heldOutTokens),
                   "Measure on at most so many tokens."),
       packingField(),
       jsonField(),
       toggleField("--no-shuffle", "Take tokens in the order of the text",
                   "Without shuffling, tokens of one step come from the same few documents."),
       numberField("--shuffle-buffer", "Shuffle buffer", "",
                   "Tokens in memory from which each step's are drawn.",
                   "65,536, or what fits into 1 GB"),
       numberField("--seed", "Seed", "0", "Of every random choice: the same seed, the same run."),
       choiceField("--dtype", "Model's arithmetic", {"auto", "float32", "bfloat16", "float16"},
                   "auto",
                   "How the language model computes; auto is float32 on a CPU. The SAE is always "
                   "trained in float32."),
       deviceField(),
       replaceRunField()}};
}

}  // namespace

std::vector<FormSection> trainingSections() {
  return {inputs(), sparsity(), architecture(), optimiser(), deadFeatures(), run()};
}

/// A preset sets what it is about and leaves the inputs and the run folder alone.
std::vector<FormPreset> trainingPresets() {
  FormValues paper;
  for (const FormSection& section : {sparsity(), architecture(), optimiser(), deadFeatures()}) {
    for (const FormField& field : section.fields) paper.set(field.flag, field.initial);
  }
  for (const char* flag : {"--log-every", "--checkpoint-every"}) {
    for (const FormField& field : run().fields) {
      if (field.flag == QLatin1String(flag)) paper.set(field.flag, field.initial);
    }
  }
  paper.set("--expansion", "4");
  paper.set("--site", "mlp-out");
  paper.set("--tokens", "");
  FormValues large = paper;
  large.set("--layer", "1");
  large.set("--steps", "100000");
  FormValues small = paper;
  small.set("--steps", "20000");
  FormValues quick = paper;
  quick.set("--steps", "");
  quick.set("--tokens", "500000");
  quick.set("--lr", "0.001");
  quick.set("--l1-adjust-after", "50000");
  quick.set("--resample-every", "200");
  quick.set("--dead-window", "100");
  quick.set("--checkpoint-every", "200");
  quick.set("--log-every", "1");
  return {
      {translated("Quick look"),
       translated("Half a million tokens at a higher learning rate: the curves' shapes in minutes "
                  "on a small model."),
       quick},
      {translated("The paper, 70M"),
       translated("The paper's recipe for a small model: 20,000 steps, its first checkpoint."),
       small},
      {translated("The paper, 6.9B"),
       translated("The paper's recipe: layer 1 of Pythia 6.9B, 16,384 features. It does not say "
                  "how long it trained; 100,000 steps are five of its checkpoints."),
       large}};
}

}  // namespace featurescope
