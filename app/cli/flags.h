// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope::cli {

/// A UserError that ends the program with exit status 2.
[[nodiscard]] UserError wrongUsage(std::string what, std::string why, std::string next = {});

/// What to do next about an unknown `word`: names the nearest of `names`.
[[nodiscard]] std::string didYouMean(std::string_view word, const std::vector<std::string>& names);

/// A flag or positional argument as its verb declared it.
struct FlagEntry {
  std::string name;  ///< "--log-every"; without dashes it is a positional argument
  std::string kind;  ///< its value's name: DIR, FILE, N, or the choices as a|b; empty for a toggle
  std::string help, defaultText, section;
  bool required = false;
  bool repeats = false;  ///< it takes several values, or may be given again

  [[nodiscard]] bool positional() const { return !name.starts_with('-'); }
  [[nodiscard]] bool takesValue() const { return !kind.empty() || positional(); }
};

/// The flags and positional arguments of one verb: declared with the variable each one fills, then
/// parsed. A variable's value at declaration is the default that the help shows.
/// Everything a person types wrong is a UserError{BadUsage}; unknown names come with the nearest
/// one.
class Flags {
 public:
  /// `command`: "featurescope index", for messages.
  explicit Flags(std::string command);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  /// What was declared last, for adding to it.
  class Flag {
   public:
    explicit Flag(std::size_t index, Flags& flags) : index_(index), flags_(flags) {}
    /// It must be given (on the command line or by --config).
    Flag& required();
    /// What the help says of the default where the variable's value does not tell it.
    Flag& defaultsTo(std::string text);

   private:
    std::size_t index_;
    Flags& flags_;
  };

  /// The headline of the flags that follow, in the help.
  void section(std::string headline) { section_ = std::move(headline); }

  /// A name without dashes ("INDEX") is a positional argument. `kind` is the value's name in the
  /// help: DIR, FILE, N, X, NAME.
  Flag text(const std::string& name, std::string kind, std::string& target, std::string help);
  /// One value after each flag, which may be repeated; all that follow, of a positional argument.
  Flag texts(const std::string& name, std::string kind, std::vector<std::string>& target,
             std::string help);
  Flag path(const std::string& name, std::string kind, std::filesystem::path& target,
            std::string help);
  Flag path(const std::string& name, std::string kind, std::optional<std::filesystem::path>& target,
            std::string help);
  /// Several values after one flag, which may also be repeated.
  Flag paths(const std::string& name, std::string kind, std::vector<std::filesystem::path>& target,
             std::string help);
  /// One of `choices`. A positional argument's help tells them itself: its line shows only its
  /// name.
  Flag choice(const std::string& name, std::string& target, std::vector<std::string> choices,
              std::string help);
  Flag whole(const std::string& name, std::int64_t& target, std::string help,
             std::int64_t least = 1);
  Flag whole(const std::string& name, std::optional<std::int64_t>& target, std::string help,
             std::int64_t least = 1);
  /// A whole number after each flag, which may be repeated.
  Flag wholes(const std::string& name, std::vector<std::int64_t>& target, std::string help,
              std::int64_t least = 0);
  /// A finite number in [least, most).
  Flag number(const std::string& name, double& target, std::string help, double least = 0,
              double most = std::numeric_limits<double>::infinity());
  Flag number(const std::string& name, std::optional<double>& target, std::string help,
              double least = 0);
  Flag toggle(const std::string& name, bool& target, std::string help);

  /// Fills the variables from `arguments` and, for what they leave out, from the file of --config.
  void parse(const std::vector<std::string>& arguments);

  [[nodiscard]] bool given(std::string_view name) const;
  /// In the order of their declaration.
  [[nodiscard]] std::vector<FlagEntry> entries() const;
  /// The sections of the help: names, what they are, defaults.
  [[nodiscard]] std::string describe() const;

 private:
  struct State;
  using Take = std::function<void(const std::vector<std::string>& values)>;
  enum class Count { None, One, Many, Repeated };
  Flag add(std::string name, std::string kind, std::string help, std::string defaultText,
           Count count, Take take);

  std::unique_ptr<State> state_;
  std::string section_ = "Flags";
};

}  // namespace featurescope::cli
