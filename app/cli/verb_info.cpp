// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/study/inspect.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope::cli {

namespace {

std::string valueText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false);
}

/// The parts of a study, a line each.
std::string describeParts(const Json& parts, const std::string& indent) {
  std::string text;
  for (const Json& part : parts) {
    text += fmt::format("{}{}  {}{}\n", indent, part.value("name", ""), part.value("path", ""),
                        part.value("exists", true) ? "" : "  (missing)");
  }
  return text;
}

/// "key   value" lines; what a key holds many of follows indented below it.
std::string describe(const Json& object, const std::string& indent = {}) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : object.items()) {
    if (value.is_object() && !value.empty()) {
      text += fmt::format("{}{}\n{}", indent, key, describe(value, indent + "  "));
    } else if (value.is_array() && !value.empty() && value[0].is_object()) {
      text += fmt::format("{}{}\n{}", indent, key, describeParts(value, indent + "  "));
    } else {
      text += fmt::format("{}{:<{}}  {}\n", indent, key, width, valueText(value));
    }
  }
  return text;
}

/// The kind first, what is long last.
std::string forPeople(Json info) {
  Json shapes = Json::object();
  if (const auto found = info.find("shapes"); found != info.end()) {
    shapes["shapes"] = *found;
    info.erase(found);
  }
  std::string text = fmt::format("{}\n", info.value("kind", ""));
  info.erase("kind");
  return text + describe(info, "  ") + describe(shapes, "  ");
}

class InfoVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("PATH", "", path_, "a model, SAE, run or study folder, or a file of one").required();
  }

  void run(const Session& session) override {
    session.interruption.endAtOnce();
    const Json info = inspectPath(path_);
    session.report(info, forPeople(info));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

const VerbEntry kInfo{
    .name = "info",
    .group = "Look at files",
    .summary = "what a path is: a model, an SAE, a run, an index or a study",
    .usage = "PATH [FLAGS]",
    .description =
        "Recognises a path by its contents and tells its shapes, numeric type, parameters "
        "and the hash of its contents.",
    .examples = "featurescope info demo/model\nfeaturescope info demo/sae --json",
    .writes = false,
    .make = makeVerb<InfoVerb>};

}  // namespace featurescope::cli
