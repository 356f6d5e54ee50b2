// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/form.h"

#include "ui/bridge/form_checks.h"

#include <QRegularExpression>

#include <algorithm>

namespace featurescope {
QStringList splitFiles(const QString& text) {
  QStringList files;
  for (const QString& file : text.split(u';', Qt::SkipEmptyParts)) {
    if (!file.trimmed().isEmpty()) files.append(file.trimmed());
  }
  return files;
}

QString shellWord(const QString& word) {
  static const QRegularExpression kPlain(QStringLiteral("^[A-Za-z0-9_./:=@%+,-]+$"));
  if (kPlain.match(word).hasMatch()) return word;
  QString escaped = word;
  escaped.replace(u'\'', QStringLiteral("'\\''"));
  return u'\'' + escaped + u'\'';
}

QString FormValues::of(const QString& flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? QString() : found->second.trimmed();
}

void FormValues::merge(const FormValues& other) {
  for (const auto& [flag, value] : other.values_) values_[flag] = value;
}

FieldNote FormCheck::of(const QString& flag) const {
  const auto found = notes.find(flag);
  return found == notes.end() ? FieldNote{} : found->second;
}

WorkEstimate Form::measure(const FormValues& /*values*/, const JobContext& /*job*/) const {
  return {};
}

QString Form::flagFor(const QString& path) const {
  const QString flag = usualFlagFor(path);
  const auto all = fields();
  const bool asked =
      std::ranges::any_of(all, [&](const FormField& field) { return field.flag == flag; });
  return asked ? flag : QString();
}

std::vector<FormField> Form::fields() const {
  std::vector<FormField> all;
  for (const FormSection& section : sections()) {
    all.insert(all.end(), section.fields.begin(), section.fields.end());
  }
  return all;
}

bool Form::complete(const FormValues& values, const FormCheck& check) const {
  if (!check.wrong.isEmpty()) return false;
  const auto all = fields();
  return std::ranges::all_of(all, [&](const FormField& field) {
    const bool missing = field.needed && values.of(field.flag).isEmpty();
    return !missing && check.of(field.flag).kind != FieldNote::Kind::Wrong;
  });
}

FormValues Form::initialValues() const {
  FormValues values;
  for (const FormField& field : fields()) values.set(field.flag, field.initial);
  return values;
}

QString Form::commandLine(const FormValues& values) const {
  if (verb().isEmpty()) return {};
  QStringList words{QStringLiteral("featurescope"), verb()};
  for (const FormField& field : fields()) {
    const QString value = values.of(field.flag);
    if (value.isEmpty() || value == field.initial) continue;
    words.append(field.flag);
    if (field.kind == FieldKind::Toggle) continue;
    if (field.kind == FieldKind::Files) {
      for (const QString& file : splitFiles(value)) words.append(shellWord(file));
    } else {
      words.append(shellWord(value));
    }
  }
  return words.join(u' ');
}

}  // namespace featurescope
