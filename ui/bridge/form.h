// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <QString>
#include <QStringList>

#include <initializer_list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace featurescope {

/// What a field holds, and so how it is asked for.
enum class FieldKind {
  Folder,     ///< one that exists
  Path,       ///< a folder or a file that exists
  Files,      ///< several files that exist, joined by kBetweenFiles
  NewFolder,  ///< to be made
  NewFile,
  Text,
  Number,
  Choice,
  Toggle,  ///< "yes", or empty
};

inline constexpr QLatin1String kBetweenFiles("; ");
[[nodiscard]] QStringList splitFiles(const QString& text);
/// `word` as a POSIX shell reads it back.
[[nodiscard]] QString shellWord(const QString& word);

/// One field of a form. It is named after the command's flag that it stands for.
struct FormField {
  QString flag;  ///< "--model"
  FieldKind kind = FieldKind::Text;
  QString label;
  QString explanation;   ///< what it means and what to choose, for a person who has not read us
  QString initial = {};  ///< the command's default: not written out
  QString hint = {};     ///< shown where nothing is typed
  QStringList choices = {};
  bool needed = false;
};

struct FormSection {
  QString title;  ///< empty: the first one, always open
  std::vector<FormField> fields;
};

/// What is typed, by flag. A flag that is not there is empty.
class FormValues {
 public:
  FormValues() = default;
  FormValues(std::initializer_list<std::pair<const QString, QString>> values) : values_(values) {}

  [[nodiscard]] QString of(const QString& flag) const;  ///< trimmed
  [[nodiscard]] bool isOn(const QString& flag) const { return !of(flag).isEmpty(); }
  [[nodiscard]] QStringList files(const QString& flag) const { return splitFiles(of(flag)); }
  void set(const QString& flag, const QString& value) { values_[flag] = value; }
  /// Takes over what `other` names.
  void merge(const FormValues& other);
  [[nodiscard]] const std::map<QString, QString>& all() const& { return values_; }

  friend bool operator==(const FormValues&, const FormValues&) = default;

 private:
  std::map<QString, QString> values_;
};

/// A named set of values that fills several fields at once.
struct FormPreset {
  QString name, explanation;
  FormValues values;
};

/// What there is to say of one field: a finding ("6 layers, width 512") or what is wrong with it.
struct FieldNote {
  enum class Kind { Empty, Fine, Wrong };
  Kind kind = Kind::Empty;
  QString text;
};

struct FormCheck {
  std::map<QString, FieldNote> notes;  ///< by flag
  QStringList wrong;                   ///< what is wrong with the form as a whole
  std::optional<double> memory, disk;  ///< that the job will take, in bytes, from headers alone
  QString memoryParts;                 ///< what the memory is made of
  /// Values that an input names, by the flag of that input: they are proposed once.
  std::map<QString, FormValues> proposals;

  [[nodiscard]] FieldNote of(const QString& flag) const;
};

/// How much there is to do, and how fast this machine is at it.
struct WorkEstimate {
  double tokens = 0, tokensPerSecond = 0;
  [[nodiscard]] double seconds() const {
    return tokensPerSecond > 0 ? tokens / tokensPerSecond : 0;
  }
};

/// What a dialog asks before a job starts: fields, their checks, and the command that does the
/// same. Stateless; all but check() and measure() are quick.
class Form {
 public:
  virtual ~Form() = default;

  [[nodiscard]] virtual QString verb() const = 0;    ///< of the command line; empty: none
  [[nodiscard]] virtual QString title() const = 0;   ///< of the dialog
  [[nodiscard]] virtual QString action() const = 0;  ///< on its button
  [[nodiscard]] virtual std::vector<FormSection> sections() const = 0;
  [[nodiscard]] virtual std::vector<FormPreset> presets() const { return {}; }

  /// Reads the heads of the inputs and looks for files: not for the GUI thread. Never throws.
  [[nodiscard]] virtual FormCheck check(const FormValues& values) const = 0;

  /// Whether measure() has something to say.
  [[nodiscard]] virtual bool measures() const { return false; }
  /// Found by doing a little of the job: not for the GUI thread, and not beside a running job.
  /// Throws UserError and Interrupted.
  [[nodiscard]] virtual WorkEstimate measure(const FormValues& values, const JobContext& job) const;

  /// The flag that a dropped file or folder is for; empty for none. Reads: not for the GUI thread.
  [[nodiscard]] virtual QString flagFor(const QString& path) const;

  /// Every field is as needed and nothing is wrong.
  [[nodiscard]] bool complete(const FormValues& values, const FormCheck& check) const;
  /// The fields' initial values.
  [[nodiscard]] FormValues initialValues() const;
  [[nodiscard]] std::vector<FormField> fields() const;
  /// The command that does the same in a POSIX shell; empty without a verb. Initial values are
  /// left out.
  [[nodiscard]] virtual QString commandLine(const FormValues& values) const;
};

}  // namespace featurescope
