// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/train_settings.h"

#include <fmt/format.h>

#include <limits>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

Json written(const fs::path& path) {
  // Absolute, so that the run can say later where its inputs were.
  return path.empty() ? Json(nullptr) : Json(fs::absolute(path).lexically_normal().string());
}

template <class T>
Json written(const T& value) {
  if constexpr (IsOptional<T>::value) {
    return value ? written(*value) : Json(nullptr);
  } else if constexpr (IsVector<T>::value) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(written(item));
    return list;
  } else if constexpr (std::is_enum_v<T>) {
    return nameOf(value);
  } else {
    return value;
  }
}

/// Fills a JSON object with the settings that it is shown.
class Writer {
 public:
  template <class T>
  void field(const char* key, const T& value) {
    result[key] = written(value);
  }
  void inverted(const char* key, bool value) { result[key] = !value; }
  void choice(const char* key, bool value, const char* without, const char* with) {
    result[key] = value ? with : without;
  }

  Json result = Json::object();
};

/// Fills the settings that it is shown from a JSON object.
class Reader {
 public:
  Reader(const Json& from, std::string_view what) : from_(from), what_(what) {}

  template <class T>
  void field(const char* key, T& value) {
    read(at(key), key, value);
  }
  void inverted(const char* key, bool& value) {
    field(key, value);
    value = !value;
  }
  void choice(const char* key, bool& value, const char* without, const char* with) {
    std::string text;
    field(key, text);
    if (text != without && text != with) fail(key, text);
    value = text == with;
  }

  void refuseUnknown() const {
    for (const auto& [key, value] : from_.items()) {
      if (!known_.contains(key)) {
        throw UserError(ErrorCode::BadFile, what_, fmt::format("\"{}\" is no setting", key));
      }
    }
  }

 private:
  const Json& at(const char* key) {
    known_.insert(key);
    const auto found = from_.find(key);
    if (found != from_.end()) return *found;
    throw UserError(ErrorCode::BadFile, what_, fmt::format("it has no setting \"{}\"", key));
  }

  [[noreturn]] void fail(const char* key, const std::string& value) const {
    throw UserError(ErrorCode::BadFile, what_,
                    fmt::format("its setting \"{}\" cannot be {}", key, value.substr(0, 40)));
  }

  template <class T>
  void read(const Json& json, const char* key, T& value) const {
    bool fits = false;
    if constexpr (IsOptional<T>::value) {
      if (json.is_null()) return value.reset();
      return read(json, key, value.emplace());
    } else if constexpr (IsVector<T>::value) {
      fits = json.is_array();
      value.clear();
      for (std::size_t i = 0; fits && i < json.size(); ++i)
        read(json[i], key, value.emplace_back());
    } else if constexpr (std::is_same_v<T, fs::path>) {
      fits = json.is_string() || json.is_null();
      if (fits) value = json.is_null() ? fs::path() : fs::path(json.get<std::string>());
    } else if constexpr (std::is_enum_v<T>) {
      const auto choice =
          json.is_string() ? choiceNamed<T>(json.get_ref<const std::string&>()) : std::nullopt;
      fits = choice.has_value();
      value = choice.value_or(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      fits = json.is_boolean();
      if (fits) value = json.get<bool>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      fits = json.is_string();
      if (fits) value = json.get<std::string>();
    } else if constexpr (std::is_floating_point_v<T>) {
      fits = json.is_number();
      if (fits) value = json.get<T>();
    } else {
      fits = readWhole(json, value);
    }
    if (!fits) fail(key, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  template <class T>
  static bool readWhole(const Json& json, T& value) {
    if (!json.is_number_integer()) return false;
    if (json.is_number_unsigned()) {
      const auto whole = json.get<std::uint64_t>();
      if (!std::in_range<T>(whole)) return false;
      value = static_cast<T>(whole);
      return true;
    }
    const auto whole = json.get<std::int64_t>();
    if (!std::in_range<T>(whole)) return false;
    value = static_cast<T>(whole);
    return true;
  }

  const Json& from_;
  std::string what_;
  std::set<std::string, std::less<>> known_;
};

/// Shows every setting to `visitor`, by its flag's name.
template <class Settings, class Visitor>
void visitSettings(Settings& s, Visitor& visitor) {
  visitor.field("model", s.model);
  visitor.field("activations", s.activations);
  visitor.inverted("no_shuffle", s.shuffle);
  visitor.field("shuffle_buffer", s.shuffleBuffer);
  visitor.field("normalize", s.normalisation);
  visitor.field("expansion", s.expansion);
  visitor.field("features", s.features);
  visitor.field("batch", s.batch);
  visitor.field("context", s.corpus.context);
  visitor.field("steps", s.steps);
  visitor.field("tokens", s.tokens);
  visitor.field("lr", s.learningRate);
  visitor.field("beta1", s.beta1);
  visitor.field("beta2", s.beta2);
  visitor.field("eps", s.epsilon);
  visitor.field("lr_warmup", s.learningRateWarmup);
  visitor.field("lr_decay", s.learningRateDecay);
  visitor.field("clip_gradient", s.clipGradient);
  visitor.choice("decoder_gradient", s.projectDecoderGradient, "plain", "project");
  visitor.field("init", s.initial);
  visitor.field("b_dec_init", s.decoderBias);
  visitor.field("architecture", s.architecture);
  visitor.field("k", s.k);
  visitor.field("aux_coeff", s.auxiliaryCoefficient);
  visitor.field("jumprelu_bandwidth", s.jumpReluBandwidth);
  visitor.field("l1_coeff", s.l1Coefficient);
  visitor.field("l1_mode", s.l1Mode);
  visitor.field("target_sparsity", s.targetSparsity);
  visitor.field("target_l0", s.targetL0);
  visitor.field("l1_adjust_after", s.l1AdjustAfter);
  visitor.field("l1_warmup", s.l1Warmup);
  visitor.field("resample", s.resampling);
  visitor.field("resample_every", s.resampleEvery);
  visitor.field("dead_window", s.deadWindow);
  visitor.field("checkpoint_every", s.checkpointEvery);
  visitor.field("keep_checkpoints", s.keepCheckpoints);
  visitor.field("log_every", s.logEvery);
  visitor.field("held_out", s.heldOut);
  visitor.field("evaluate_every", s.evaluateEvery);
  visitor.field("held_out_tokens", s.heldOutTokens);
  visitor.field("seed", s.compute.seed);
  visitor.field("threads", s.compute.threads);
  visitor.field("device", s.compute.device);
  visitor.field("dtype", s.compute.dtype);
}

/// Those that a run on a file of activations does not have.
template <class Settings, class Visitor>
void visitTextSettings(Settings& s, Visitor& visitor) {
  visitor.field("text", s.corpus.files);
  visitor.field("field", s.corpus.field);
}

Packing packingNamed(const std::string& name, std::string_view what) {
  if (name == "packed") return Packing::Packed;
  if (name == "documents") return Packing::Documents;
  throw UserError(ErrorCode::BadFile, std::string(what),
                  fmt::format("its setting \"packing\" cannot be {}", name.substr(0, 40)));
}

}  // namespace

Json toJson(const TrainSettings& settings) {
  Writer writer;
  visitSettings(settings, writer);
  if (!settings.model.empty()) {
    visitTextSettings(settings, writer);
    writer.result["layer"] = settings.site.layer.value;
    writer.result["site"] = name(settings.site.kind);
    writer.result["packing"] = settings.corpus.packing == Packing::Packed ? "packed" : "documents";
  }
  return std::move(writer.result);
}

TrainSettings trainSettingsFromJson(const Json& json, std::string_view what) {
  if (!json.is_object()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "its settings are not an object");
  }
  TrainSettings settings;
  Reader reader(json, what);
  visitSettings(settings, reader);
  if (!settings.model.empty()) {
    visitTextSettings(settings, reader);
    std::int64_t layer = 0;
    std::string site, packing;
    reader.field("layer", layer);
    reader.field("site", site);
    reader.field("packing", packing);
    settings.corpus.packing = packingNamed(packing, what);
    try {
      settings.site = Site::fromFlags(std::to_string(layer), site);
    } catch (const UserError& error) {
      throw UserError(ErrorCode::BadFile, std::string(what), error.why());
    }
  }
  reader.refuseUnknown();
  try {
    checkTrainSettings(settings);
  } catch (const UserError& error) {
    throw UserError(ErrorCode::BadFile, std::string(what), error.why(), error.next());
  }
  return settings;
}

}  // namespace featurescope
