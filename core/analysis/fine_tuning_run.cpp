// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/fine_tuning_run.h"

#include "core/base/json.h"

namespace featurescope {

namespace {

/// `layer` is a number, or a module's name.
std::string layerText(const Json& run, const std::string& what) {
  const auto found = run.find("layer");
  if (found != run.end() && found->is_number_integer()) return found->dump();
  return memberOr<std::string>(run, "layer", "", what);
}

}  // namespace

FineTuningRun FineTuningRun::load(const std::filesystem::path& run) {
  const auto path = run / "run.json";
  const std::string what = "cannot use the run " + run.string();
  if (!std::filesystem::exists(path)) {
    throw UserError(ErrorCode::NotFound, what, "it has no run.json",
                    "choose the folder of a finetune run");
  }
  const Json json = readJson(path);
  if (!json.is_object()) throw UserError(ErrorCode::BadFile, what, "its run.json is no object");
  FineTuningRun result;
  if (const auto sae = optionalMember<std::string>(json, "sae", what)) {
    // A relative path is seen from where the run was started, or from the run itself.
    const bool besideRun = !std::filesystem::exists(*sae) && std::filesystem::exists(run / *sae);
    result.sae = besideRun ? run / *sae : std::filesystem::path(*sae);
  }
  const std::string layer = layerText(json, what);
  if (!layer.empty()) {
    result.site = Site::fromFlags(layer, memberOr<std::string>(json, "site", "", what));
  }
  result.keepsError = memberOr(json, "keep_error", false, what);
  return result;
}

}  // namespace featurescope
