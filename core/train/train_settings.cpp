// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_settings.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace featurescope {

namespace {

UserError badUsage(const std::string& why, const std::string& next = {}) {
  return {ErrorCode::BadUsage, "cannot train", why, next};
}

void needPositive(std::string_view flag, double value) {
  if (!(value > 0) || !std::isfinite(value)) {
    throw badUsage(fmt::format("{} is {}", flag, value), "it must be above 0");
  }
}

void needFraction(std::string_view flag, double value) {
  if (!(value >= 0 && value < 1)) {
    throw badUsage(fmt::format("{} is {}", flag, value), "it must be at least 0 and below 1");
  }
}

/// Absolute, so that the run can say later where its inputs were.
Json pathOrNull(const std::filesystem::path& path) {
  if (path.empty()) return nullptr;
  return std::filesystem::absolute(path).lexically_normal().string();
}

template <class T>
Json valueOrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

void checkTrainSettings(const TrainSettings& settings) {
  if (settings.model.empty() == settings.activations.empty()) {
    throw badUsage("exactly one of --model and --activations is needed");
  }
  if (!settings.model.empty() && settings.corpus.files.empty()) {
    throw badUsage("--model needs --text", "name the files to run through the model");
  }
  if (settings.steps.has_value() == settings.tokens.has_value()) {
    throw badUsage("exactly one of --steps and --tokens is needed");
  }
  if (settings.steps) needPositive("--steps", static_cast<double>(*settings.steps));
  if (settings.tokens) needPositive("--tokens", static_cast<double>(*settings.tokens));
  needPositive("--batch", static_cast<double>(settings.batch));
  needPositive("--context", static_cast<double>(settings.corpus.context));
  needPositive("--expansion", static_cast<double>(settings.expansion));
  if (settings.features) needPositive("--features", static_cast<double>(*settings.features));
  needPositive("--log-every", static_cast<double>(settings.logEvery));
  needPositive("--lr", settings.learningRate);
  needPositive("--eps", settings.epsilon);
  needFraction("--beta1", settings.beta1);
  needFraction("--beta2", settings.beta2);
  if (settings.l1Coefficient &&
      !(*settings.l1Coefficient >= 0 && std::isfinite(*settings.l1Coefficient))) {
    throw badUsage(fmt::format("--l1-coeff is {}", *settings.l1Coefficient),
                   "it must be 0 or more");
  }
}

std::int64_t stepsOf(const TrainSettings& settings) {
  if (settings.steps) return *settings.steps;
  return std::max<std::int64_t>(1, settings.tokens.value() / settings.tokensPerStep());
}

Json toJson(const TrainSettings& settings) {
  const bool usesModel = !settings.model.empty();
  Json texts = Json::array();
  for (const auto& file : settings.corpus.files) texts.push_back(pathOrNull(file));
  Json result = {{"model", pathOrNull(settings.model)},
                 {"activations", pathOrNull(settings.activations)},
                 {"expansion", settings.expansion},
                 {"features", valueOrNull(settings.features)},
                 {"batch", settings.batch},
                 {"context", settings.corpus.context},
                 {"steps", valueOrNull(settings.steps)},
                 {"tokens", valueOrNull(settings.tokens)},
                 {"lr", settings.learningRate},
                 {"beta1", settings.beta1},
                 {"beta2", settings.beta2},
                 {"eps", settings.epsilon},
                 {"decoder_gradient", settings.projectDecoderGradient ? "project" : "plain"},
                 {"l1_coeff", valueOrNull(settings.l1Coefficient)},
                 {"init", settings.initial ? pathOrNull(*settings.initial) : Json(nullptr)},
                 {"no_shuffle", !settings.shuffle},
                 {"log_every", settings.logEvery},
                 {"seed", settings.compute.seed},
                 {"threads", settings.compute.threads},
                 {"device", settings.compute.device},
                 {"dtype", settings.compute.dtype}};
  if (usesModel) {
    result["layer"] = settings.site.layer.value;
    result["site"] = name(settings.site.kind);
    result["text"] = std::move(texts);
    result["field"] = settings.corpus.field;
    result["packing"] = settings.corpus.packing == Packing::Packed ? "packed" : "documents";
  }
  return result;
}

}  // namespace featurescope
