// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/files.h"

#include <set>
#include <vector>

namespace featurescope {

namespace {

constexpr int kDeepest = 64;

/// Refuses what nlohmann accepts silently: a key given twice, and nesting that could exhaust a
/// stack.
class StrictParse {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > kDeepest) throw std::invalid_argument("it is nested too deeply");
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      throw std::invalid_argument("the key " + parsed.dump() + " appears twice");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

/// nlohmann's texts start with an id in brackets that means nothing to a person.
std::string readable(std::string text) {
  if (text.starts_with('[')) {
    if (const auto end = text.find("] "); end != std::string::npos) text.erase(0, end + 2);
  }
  return text;
}

}  // namespace

Json parseJson(std::string_view text, std::string_view what) {
  if (text.find('\0') != std::string_view::npos) {
    // nlohmann takes it for the end and would never see what follows.
    throw UserError(ErrorCode::BadFile, std::string(what), "not JSON: it holds a NUL byte");
  }
  StrictParse strict;
  try {
    return Json::parse(text, [&strict](int depth, Json::parse_event_t event, Json& parsed) {
      return strict(depth, event, parsed);
    });
  } catch (const nlohmann::json::exception& error) {
    throw UserError(ErrorCode::BadFile, std::string(what), "not JSON: " + readable(error.what()));
  } catch (const std::invalid_argument& error) {
    throw UserError(ErrorCode::BadFile, std::string(what), error.what());
  }
}

Json readJson(const std::filesystem::path& path) {
  return parseJson(readFile(path), "cannot read " + path.string());
}

void writeJson(const std::filesystem::path& path, const Json& value) {
  writeFile(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace featurescope
