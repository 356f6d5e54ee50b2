// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/measured_losses.h"

namespace featurescope {

namespace {

Json toJson(const Variants<double>& figures) {
  return {{"base", figures.base},
          {"sae", figures.sae},
          {"start", figures.start},
          {"fine_tuned", figures.fineTuned},
          {"permuted", figures.permuted}};
}

Variants<double> variantsFromJson(const Json& json, std::string_view what) {
  if (!json.is_object()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "its measured losses are no object");
  }
  return {.base = member<double>(json, "base", what),
          .sae = member<double>(json, "sae", what),
          .start = member<double>(json, "start", what),
          .fineTuned = member<double>(json, "fine_tuned", what),
          .permuted = member<double>(json, "permuted", what)};
}

}  // namespace

Json toJson(const MeasuredLosses& measured) {
  return {{"text", measured.text},
          {"records", measured.records},
          {"targets", measured.targets},
          {"loss", toJson(measured.loss)},
          {"accuracy", measured.accuracy ? toJson(*measured.accuracy) : Json(nullptr)}};
}

MeasuredLosses measuredLossesFromJson(const Json& json, std::string_view what) {
  if (!json.is_object()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "a measured text is no object");
  }
  MeasuredLosses measured{.text = member<std::string>(json, "text", what),
                          .records = member<std::int64_t>(json, "records", what),
                          .targets = member<std::int64_t>(json, "targets", what),
                          .loss = variantsFromJson(json.value("loss", Json()), what),
                          .accuracy = std::nullopt};
  const Json accuracy = json.value("accuracy", Json());
  if (!accuracy.is_null()) measured.accuracy = variantsFromJson(accuracy, what);
  return measured;
}

}  // namespace featurescope
