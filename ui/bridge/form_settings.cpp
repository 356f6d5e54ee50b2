// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/form_settings.h"

#include <cmath>

namespace featurescope {
namespace {

/// "--l1-coeff" is "l1_coeff".
std::string keyOf(const QString& flag) {
  QString key = flag.mid(2);
  return key.replace(u'-', u'_').toStdString();
}

Json jsonOf(const FormField& field, const QString& text) {
  switch (field.kind) {
    case FieldKind::Number:
      return numberOf(text);
    case FieldKind::Toggle:
      return true;
    case FieldKind::Files: {
      Json files = Json::array();
      for (const QString& file : splitFiles(text)) files.push_back(file.toStdString());
      return files;
    }
    default:
      return text.toStdString();
  }
}

}  // namespace

Json numberOf(const QString& text) {
  bool ok = false;
  const qlonglong whole = text.toLongLong(&ok);
  if (ok) return std::int64_t{whole};
  const double value = text.toDouble(&ok);
  if (!ok) {
    throw UserError(ErrorCode::BadUsage, "cannot use the field",
                    text.toStdString() + " is not a number");
  }
  constexpr double kExact = 9007199254740992;  // 2^53
  if (std::nearbyint(value) == value && std::abs(value) < kExact && text.contains(u'e')) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

void overlay(Json& settings, const std::vector<FormSection>& sections, const FormValues& values) {
  for (const FormSection& section : sections) {
    for (const FormField& field : section.fields) {
      const QString text = values.of(field.flag);
      const std::string key = keyOf(field.flag);
      if (!text.isEmpty() && settings.contains(key)) settings[key] = jsonOf(field, text);
    }
  }
}

}  // namespace featurescope
