// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/flags.h"

#include "app/cli/config_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace featurescope::cli {

namespace fs = std::filesystem;

namespace {

struct Declared : FlagEntry {
  CLI::Option* option = nullptr;
};

template <class Number>
std::optional<Number> parsed(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

UserError unusable(const std::string& name, const std::string& value, std::string why) {
  return wrongUsage(fmt::format("cannot use {} {}", name, value), std::move(why));
}

std::int64_t wholeNumber(const std::string& name, const std::string& text, std::int64_t least) {
  const auto number = parsed<std::int64_t>(text);
  if (!number || *number < least) {
    throw unusable(name, text, fmt::format("it takes a whole number of at least {}", least));
  }
  return *number;
}

double realNumber(const std::string& name, const std::string& text, double least, double most) {
  const auto number = parsed<double>(text);
  if (!number || !std::isfinite(*number) || *number < least || *number >= most) {
    throw unusable(name, text,
                   std::isfinite(most)
                       ? fmt::format("it takes a number from {} to below {}", least, most)
                       : fmt::format("it takes a number of at least {}", least));
  }
  return *number;
}

fs::path pathOf(const std::string& name, const std::string& text) {
  if (text.empty()) throw unusable(name, "''", "it takes a path");
  return text;
}

bool looksLikeFlag(std::string_view argument) {
  return argument.size() > 1 && argument[0] == '-' && argument != "--" &&
         (argument[1] < '0' || argument[1] > '9') && argument[1] != '.';
}

}  // namespace

UserError wrongUsage(std::string what, std::string why, std::string next) {
  return {ErrorCode::BadUsage, std::move(what), std::move(why), std::move(next)};
}

std::string didYouMean(std::string_view word, const std::vector<std::string>& names) {
  const std::string near = nearestName(word, names);
  if (!near.empty()) return fmt::format("did you mean {}?", near);
  const auto nearest = std::ranges::min_element(
      names, {}, [word](const std::string& name) { return editDistance(word, name); });
  return nearest == names.end() ? "" : fmt::format("the nearest is {}", *nearest);
}

struct Flags::State {
  explicit State(std::string text) : command(std::move(text)) {
    app.set_help_flag();
    app.allow_windows_style_options(false);
  }

  [[nodiscard]] const Declared* find(std::string_view name) const {
    const auto found =
        std::ranges::find_if(declared, [name](const Declared& flag) { return flag.name == name; });
    return found == declared.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::set<std::string> givenFlags(const std::vector<std::string>& arguments) const;
  void checkRequired() const;
  void parseWithCli11(std::vector<std::string> arguments);
  [[nodiscard]] std::string seeHelp() const { return fmt::format("see `{} --help`", command); }
  [[nodiscard]] std::string cannotRun() const { return fmt::format("cannot run `{}`", command); }

  std::string command;
  CLI::App app;
  std::vector<Declared> declared;
};

Flags::Flags(std::string command) : state_(std::make_unique<State>(std::move(command))) {}
Flags::~Flags() = default;

Flags::Flag& Flags::Flag::required() {
  flags_.state_->declared[index_].required = true;
  return *this;
}

Flags::Flag& Flags::Flag::defaultsTo(std::string text) {
  flags_.state_->declared[index_].defaultText = std::move(text);
  return *this;
}

Flags::Flag Flags::add(std::string name, std::string kind, std::string help,
                       std::string defaultText, Count count, Take take) {
  CLI::Option* option = nullptr;
  if (count == Count::None) {
    option = state_->app.add_flag_function(name, [take = std::move(take)](std::int64_t times) {
      take({times > 0 ? "true" : "false"});
    });
  } else {
    option = state_->app.add_option(name, [take = std::move(take)](const CLI::results_t& values) {
      take(values);
      return true;
    });
    if (count == Count::Many) option->expected(1, -1)->allow_extra_args();
    if (count == Count::Repeated) {
      option->expected(1, -1)->allow_extra_args(false);
    }
  }
  const bool repeats = count == Count::Many || count == Count::Repeated;
  state_->declared.push_back({{.name = std::move(name),
                               .kind = std::move(kind),
                               .help = std::move(help),
                               .defaultText = std::move(defaultText),
                               .section = section_,
                               .repeats = repeats},
                              option});
  return Flag(state_->declared.size() - 1, *this);
}

Flags::Flag Flags::text(const std::string& name, std::string kind, std::string& target,
                        std::string help) {
  return add(name, std::move(kind), std::move(help), target, Count::One,
             [&target](const auto& values) { target = values.front(); });
}

Flags::Flag Flags::texts(const std::string& name, std::string kind,
                         std::vector<std::string>& target, std::string help) {
  const Count count = name.starts_with('-') ? Count::Repeated : Count::Many;
  return add(name, std::move(kind), std::move(help), {}, count,
             [&target](const auto& values) { target = values; });
}

Flags::Flag Flags::path(const std::string& name, std::string kind, fs::path& target,
                        std::string help) {
  return add(name, std::move(kind), std::move(help), target.string(), Count::One,
             [&target, name](const auto& values) { target = pathOf(name, values.front()); });
}

Flags::Flag Flags::path(const std::string& name, std::string kind, std::optional<fs::path>& target,
                        std::string help) {
  return add(name, std::move(kind), std::move(help), {}, Count::One,
             [&target, name](const auto& values) { target = pathOf(name, values.front()); });
}

Flags::Flag Flags::paths(const std::string& name, std::string kind, std::vector<fs::path>& target,
                         std::string help) {
  return add(name, std::move(kind), std::move(help), {}, Count::Many,
             [&target, name](const auto& values) {
               target.clear();
               for (const std::string& value : values) target.push_back(pathOf(name, value));
             });
}

Flags::Flag Flags::choice(const std::string& name, std::string& target,
                          std::vector<std::string> choices, std::string help) {
  std::string kind = fmt::format("{}", fmt::join(choices, "|"));
  return add(name, std::move(kind), std::move(help), target, Count::One,
             [&target, name, choices = std::move(choices)](const auto& values) {
               if (std::ranges::find(choices, values.front()) == choices.end()) {
                 throw wrongUsage(fmt::format("cannot use {} {}", name, values.front()),
                                  fmt::format("it takes {}", fmt::join(choices, ", ")),
                                  didYouMean(values.front(), choices));
               }
               target = values.front();
             });
}

Flags::Flag Flags::whole(const std::string& name, std::int64_t& target, std::string help,
                         std::int64_t least) {
  return add(name, "N", std::move(help), std::to_string(target), Count::One,
             [&target, name, least](const auto& values) {
               target = wholeNumber(name, values.front(), least);
             });
}

Flags::Flag Flags::whole(const std::string& name, std::optional<std::int64_t>& target,
                         std::string help, std::int64_t least) {
  return add(name, "N", std::move(help), {}, Count::One,
             [&target, name, least](const auto& values) {
               target = wholeNumber(name, values.front(), least);
             });
}

Flags::Flag Flags::wholes(const std::string& name, std::vector<std::int64_t>& target,
                          std::string help, std::int64_t least) {
  return add(name, "N", std::move(help), {}, Count::Repeated,
             [&target, name, least](const auto& values) {
               target.clear();
               for (const std::string& value : values) {
                 target.push_back(wholeNumber(name, value, least));
               }
             });
}

Flags::Flag Flags::number(const std::string& name, double& target, std::string help, double least,
                          double most) {
  return add(name, "X", std::move(help), fmt::format("{}", target), Count::One,
             [&target, name, least, most](const auto& values) {
               target = realNumber(name, values.front(), least, most);
             });
}

Flags::Flag Flags::number(const std::string& name, std::optional<double>& target, std::string help,
                          double least) {
  return add(
      name, "X", std::move(help), {}, Count::One, [&target, name, least](const auto& values) {
        target = realNumber(name, values.front(), least, std::numeric_limits<double>::infinity());
      });
}

Flags::Flag Flags::toggle(const std::string& name, bool& target, std::string help) {
  return add(name, {}, std::move(help), {}, Count::None,
             [&target](const auto& values) { target = values.front() == "true"; });
}

/// The flags that `arguments` name. Stops at one that does not exist.
std::set<std::string> Flags::State::givenFlags(const std::vector<std::string>& arguments) const {
  std::set<std::string> given;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (!looksLikeFlag(arguments[i])) continue;
    const auto equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const Declared* flag = find(name);
    if (flag == nullptr) {
      std::vector<std::string> names;
      for (const Declared& known : declared) {
        if (!known.positional()) names.push_back(known.name);
      }
      throw wrongUsage(cannotRun(), fmt::format("there is no flag {}", name),
                       fmt::format("{} {}", didYouMean(name, names), seeHelp()));
    }
    if (equals == arguments[i].size() - 1) {
      throw wrongUsage(cannotRun(), fmt::format("{} needs a value", name), seeHelp());
    }
    given.insert(name);
    if (flag->takesValue() && equals == std::string::npos) ++i;
  }
  return given;
}

void Flags::State::checkRequired() const {
  std::vector<std::string> missing;
  for (const Declared& flag : declared) {
    if (flag.required && flag.option->count() == 0) {
      missing.push_back(flag.positional() ? flag.name : fmt::format("{} {}", flag.name, flag.kind));
    }
  }
  if (missing.empty()) return;
  throw wrongUsage(
      cannotRun(),
      fmt::format("{} {} missing", fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"),
      seeHelp());
}

void Flags::State::parseWithCli11(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ExtrasError&) {
    throw wrongUsage(cannotRun(),
                     fmt::format("it has no use for {}", fmt::join(app.remaining(), " ")),
                     seeHelp());
  } catch (const CLI::ArgumentMismatch& mismatch) {
    const std::string text = mismatch.what();
    const std::string name = text.substr(0, text.find_first_of(": "));
    const Declared* flag = find(name);
    const bool tooMany = flag != nullptr && flag->option->count() > 1;
    throw wrongUsage(cannotRun(),
                     fmt::format("{} {}", name, tooMany ? "is given twice" : "needs a value"),
                     seeHelp());
  } catch (const CLI::ParseError& error) {
    throw wrongUsage(cannotRun(), error.what(), seeHelp());
  }
}

void Flags::parse(const std::vector<std::string>& arguments) {
  const std::set<std::string> given = state_->givenFlags(arguments);
  std::vector<std::string> all;
  if (given.contains("--config")) {
    const auto path = configPath(arguments);
    if (!path) throw wrongUsage(state_->cannotRun(), "--config needs a value", state_->seeHelp());
    std::vector<ConfigKey> keys;
    for (const Declared& flag : state_->declared) {
      if (!flag.positional() && flag.name.starts_with("--") && flag.name != "--config" &&
          flag.name != "--help") {
        keys.push_back({flag.name, flag.takesValue(), given.contains(flag.name)});
      }
    }
    all = argumentsOfConfig(*path, keys);
  }
  // In front, so that what follows a "--" stays positional.
  all.insert(all.end(), arguments.begin(), arguments.end());
  state_->parseWithCli11(std::move(all));
  state_->checkRequired();
}

bool Flags::given(std::string_view name) const {
  const Declared* flag = state_->find(name);
  return flag != nullptr && flag->option->count() > 0;
}

std::vector<FlagEntry> Flags::entries() const {
  return {state_->declared.begin(), state_->declared.end()};
}

std::string Flags::describe() const {
  constexpr std::size_t kColumn = 26;
  constexpr std::size_t kWidth = 100;
  std::string text, section;
  for (const Declared& flag : state_->declared) {
    if (flag.section != section) {
      section = flag.section;
      text += fmt::format("\n{}:\n", section);
    }
    std::string help = flag.help;
    if (flag.required) help += " (required)";
    if (!flag.defaultText.empty()) help += fmt::format(" (default {})", flag.defaultText);
    std::string line = "  " + flag.name;
    if (!flag.kind.empty() && !flag.positional()) line += " " + flag.kind;
    if (line.size() + 2 > kColumn) {
      text += line + "\n";
      line.clear();
    }
    line.resize(kColumn, ' ');
    std::size_t column = kColumn;
    for (std::size_t begin = 0; begin < help.size();) {
      const std::size_t end = std::min(help.find(' ', begin), help.size());
      if (column + (end - begin) > kWidth) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line.assign(kColumn, ' ');
        column = kColumn;
      }
      line += help.substr(begin, end - begin) + " ";
      column += end - begin + 1;
      begin = end + 1;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace featurescope::cli
