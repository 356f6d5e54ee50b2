// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/inspect.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/lm/model_folder.h"
#include "core/sae/checkpoint.h"
#include "core/store/index_reader.h"
#include "core/study/study.h"
#include "core/train/run_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// As --dtype and the Python libraries name it.
std::string_view torchName(DType dtype) {
  switch (dtype) {
    case DType::F64:
      return "float64";
    case DType::F32:
      return "float32";
    case DType::F16:
      return "float16";
    case DType::BF16:
      return "bfloat16";
    case DType::I64:
      return "int64";
    case DType::I32:
      return "int32";
    case DType::I16:
      return "int16";
    case DType::I8:
      return "int8";
    case DType::U8:
      return "uint8";
    case DType::Bool:
      return "bool";
  }
  return "";
}

/// Old checkpoints also store constants: the causal mask and the rotary frequencies.
bool isConstant(std::string_view name) {
  return name.ends_with(".attention.bias") || name.ends_with(".attention.masked_bias") ||
         name.ends_with(".rotary_emb.inv_freq");
}

/// shapes, parameters, and the dtype that most of them have.
Json describeTensors(const TensorFile& file) {
  Json shapes = Json::object();
  std::int64_t parameters = 0;
  std::map<DType, std::int64_t> byType;
  for (const auto& [name, entry] : file.entries()) {
    if (isConstant(name)) continue;
    shapes[name] = entry.shape;
    std::int64_t count = 1;
    for (const std::int64_t size : entry.shape) count *= size;
    parameters += count;
    byType[entry.dtype] += count;
  }
  Json description{{"shapes", shapes}, {"parameters", parameters}, {"dtype", nullptr}};
  const auto most =
      std::ranges::max_element(byType, {}, [](const auto& type) { return type.second; });
  if (most != byType.end()) description["dtype"] = torchName(most->first);
  return description;
}

Json inspectModel(const fs::path& folder) {
  const ModelFolder model = ModelFolder::open(folder);
  Json description = describeTensors(model.weights);
  const NeoxConfig& config = model.config;
  description.update({{"kind", "model"},
                      {"hash", model.hash()},
                      {"layers", config.layers},
                      {"d_model", config.width},
                      {"d_ff", config.innerWidth},
                      {"vocab", config.vocabulary},
                      {"heads", config.heads},
                      {"max_positions", config.maxPositions},
                      {"parallel_residual", config.parallelResidual},
                      {"weights", model.weights.path().filename().string()},
                      {"tokenizer", fs::exists(folder / "tokenizer.json")}});
  return description;
}

Json inspectSae(const fs::path& path) {
  const CheckpointInfo sae = inspectCheckpoint(path);
  Json description = describeTensors(TensorFile::open(sae.weightsPath));
  description.update({{"kind", "sae"},
                      {"hash", hashCheckpoint(sae)},
                      {"architecture", architectureName(sae)},
                      {"format", name(sae.format)},
                      {"d", sae.width},
                      {"m", sae.features},
                      {"dtype", torchName(sae.dtype)},
                      {"apply_b_dec_to_input", sae.subtractsDecoderBias},
                      {"hook_name", sae.hookName},
                      {"model_name", sae.modelName},
                      {"settings", sae.settings}});
  if (sae.activation.k > 0) description["k"] = sae.activation.k;
  if (sae.normalisation != InputNormalisation::None) {
    description["normalize_activations"] = name(sae.normalisation);
  }
  if (sae.inputFactor != 1) description["activation_scale"] = sae.inputFactor;
  if (sae.biasFactor != 1) description["norm_factor"] = sae.biasFactor;
  if (sae.isTranscoder) description["transcoder"] = true;
  if (!sae.groups.empty()) description["group_sizes"] = sae.groups;
  if (!sae.className.empty()) {
    description["class"] = sae.className;
    description["class_guessed"] = sae.classIsGuessed;
  }
  return description;
}

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> splitAt(const std::string& text, char separator) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// The last whole row of a table of numbers, by its columns; null when there is none.
Json lastRow(const fs::path& csv) {
  if (!fs::is_regular_file(csv)) return nullptr;
  const std::string text = readFile(csv);
  const std::vector<std::string> lines = splitAt(text.substr(0, text.rfind("\r\n") + 1), '\n');
  if (lines.size() < 2) return nullptr;
  const auto fields = [](const std::string& line) {
    return splitAt(line.substr(0, line.find('\r')), ',');
  };
  const std::vector<std::string> columns = fields(lines.front()), values = fields(lines.back());
  if (columns.size() != values.size()) return nullptr;
  Json row = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Json value = Json::parse(values[i], nullptr, /*allow_exceptions=*/false);
    row[columns[i]] = value.is_number() ? value : Json();
  }
  return row;
}

/// The tensors are those of the run's result, once it has one. While another program writes the
/// run, files come and go between being listed and being read: it has no hash yet.
Json inspectRun(const fs::path& folder) {
  const Json run = readJson(folder / "run.json");
  Json description{{"shapes", Json::object()}, {"parameters", 0}, {"dtype", nullptr}};
  if (fs::exists(folder / "sae")) {
    description.update(
        describeTensors(TensorFile::open(inspectCheckpoint(folder / "sae").weightsPath)));
  } else if (fs::exists(folder / "scales.safetensors")) {
    description.update(describeTensors(TensorFile::open(folder / "scales.safetensors")));
  }
  const bool growing = isBeingWritten(folder);
  description.update({{"kind", "run"},
                      {"hash", growing ? Json() : Json(hashContents(folder))},
                      {"state", run.is_object() ? run.value("state", Json()) : Json()},
                      {"being_written", growing},
                      {"checkpoints", namesIn(folder / "checkpoints")},
                      {"last_metrics", lastRow(folder / "metrics.csv")},
                      {"run", run}});
  return description;
}

Json inspectIndex(const fs::path& path) {
  const IndexReader index = IndexReader::open(path);
  return {{"kind", "index"},
          {"hash", hashFile(path)},
          {"features", index.featureCount()},
          {"tokens", index.tokenCount()},
          {"fine_tuning", index.hasFineTuning()},
          {"columns", index.featureColumns()},
          {"provenance", index.provenance()}};
}

Json describeParts(const std::vector<Study::Part>& parts) {
  Json list = Json::array();
  for (const Study::Part& part : parts) {
    list.push_back(
        {{"name", part.name}, {"path", part.path.string()}, {"exists", fs::exists(part.path)}});
  }
  return list;
}

Json inspectStudy(const fs::path& path) {
  const Study study = Study::open(path);
  return {{"kind", "study"},
          {"hash", hashContents(study.folder)},
          {"name", study.name},
          {"models", describeParts(study.models)},
          {"saes", describeParts(study.saes)},
          {"texts", describeParts(study.texts)},
          {"indexes", describeParts(study.indexes)},
          {"runs", describeParts(study.runs)}};
}

[[noreturn]] void failMissing(const fs::path& path) {
  const fs::path whole = path.has_filename() ? path : path.parent_path();
  const fs::path folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
  const std::string near = nearestName(whole.filename().string(), namesIn(folder));
  throw UserError(ErrorCode::NotFound, "cannot read " + path.string(),
                  "there is no such file or folder",
                  near.empty() ? "check the path"
                               : "did you mean " + (whole.parent_path() / near).string() + "?");
}

[[noreturn]] void failUnknown(const fs::path& path, const std::string& found) {
  throw UserError(
      ErrorCode::Unsupported, "cannot tell what " + path.string() + " is", found,
      "known are: a model folder (config.json and its weights), an SAE checkpoint, a run "
      "folder (run.json), an index (.sqlite), a study folder (study.json)");
}

bool holdsTensorFile(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const fs::path& file) {
    const std::string kind = file.extension().string();
    return kind == ".safetensors" || kind == ".pt" || kind == ".pth" || kind == ".bin" ||
           kind == ".npz";
  });
}

/// dictionary_learning, too, calls its settings config.json.
bool isModelConfig(const fs::path& file) {
  if (!fs::is_regular_file(file)) return false;
  const Json config = readJson(file);
  return !config.is_object() || !config.contains("trainer");
}

Json inspectFolder(const fs::path& folder) {
  if (Study::isStudy(folder)) return inspectStudy(folder);
  if (fs::is_regular_file(folder / "run.json")) return inspectRun(folder);
  if (isModelConfig(folder / "config.json")) return inspectModel(folder);
  const std::vector<std::string> names = namesIn(folder);
  if (holdsTensorFile(names)) return inspectSae(folder);
  constexpr std::size_t kShown = 8;
  const auto shown = std::span(names).first(std::min(kShown, names.size()));
  failUnknown(folder, names.empty() ? "it is an empty folder"
                                    : fmt::format("it is a folder of {}{}", fmt::join(shown, ", "),
                                                  names.size() > kShown ? ", …" : ""));
}

bool isModelWeights(const TensorFile& file) {
  return std::ranges::any_of(file.entries(), [](const auto& entry) {
    return entry.first.find("embed_in.") != std::string::npos ||
           entry.first.find("layers.0.") != std::string::npos;
  });
}

Json inspectFile(const fs::path& path) {
  const MappedFile file(path);
  if (file.text().starts_with("SQLite format 3")) return inspectIndex(path);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string name = path.filename().string();
  // One file of a folder that is a whole.
  static const std::set<std::string_view> kParts{"study.json",
                                                 "run.json",
                                                 "config.json",
                                                 "cfg.json",
                                                 "model.safetensors.index.json",
                                                 "pytorch_model.bin.index.json"};
  if (kParts.contains(name)) return inspectFolder(folder);
  if (name == "tokenizer.json") failUnknown(path, "it is a tokenizer");
  if (holdsTensorFile({name})) {
    return isModelWeights(TensorFile::open(path)) ? inspectModel(folder) : inspectSae(path);
  }
  const bool binary = file.text().substr(0, 4096).find('\0') != std::string_view::npos;
  failUnknown(path, fmt::format("it is a {} file of {} bytes", binary ? "binary" : "text",
                                file.bytes().size()));
}

}  // namespace

Json inspectPath(const fs::path& path) {
  return guarded("cannot read " + path.string(), [&] {
    if (!fs::exists(path)) failMissing(path);
    return fs::is_directory(path) ? inspectFolder(path) : inspectFile(path);
  });
}

}  // namespace featurescope
