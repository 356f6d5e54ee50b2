// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/import_form.h"

#include "core/base/files.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>

#include <filesystem>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

QString translated(const char* text) { return QCoreApplication::translate("ImportForm", text); }

QString architectureOf(const CheckpointInfo& info) {
  QString text = translated("%1, %2, stored as %3")
                     .arg(QString::fromStdString(std::string(name(info.activation.architecture))),
                          QString::fromStdString(std::string(name(info.format))),
                          QString::fromStdString(std::string(name(info.dtype))));
  if (info.activation.k > 0) text += translated(", k = %1").arg(info.activation.k);
  if (!info.modelName.empty()) {
    text += translated(", of %1").arg(QString::fromStdString(info.modelName));
  }
  return text;
}

}  // namespace

QString ImportForm::verb() const { return {}; }
QString ImportForm::title() const { return translated("Open a model and an SAE"); }
QString ImportForm::action() const { return translated("Add to the study"); }

std::vector<FormSection> ImportForm::sections() const {
  FormField model = modelField();
  FormField sae = saeField();
  FormField text = textField();
  sae.needed = false;
  text.needed = false;
  sae.hint = translated("none yet: train one");
  return {{QString(),
           {model,
            sae,
            text,
            {.flag = "--out",
             .kind = FieldKind::NewFolder,
             .label = translated("Study"),
             .explanation = translated(
                 "The folder that keeps all of one investigation together: its indexes, runs, "
                 "labels and notes. The model and the SAE stay where they are."),
             .hint = translated("a study's folder, or a new one"),
             .needed = true}}}};
}

FormCheck ImportForm::check(const FormValues& values) const {
  FormReader reader(values);
  reader.checkModel();
  reader.checkSae();
  reader.checkTexts();
  reader.check("--out", [&] {
    const fs::path folder = toPath(values.of("--out"));
    if (Study::isStudy(folder)) return translated("a study: it keeps what it has");
    checkOutput(folder, false);
    return translated("a new study");
  });
  FormCheck& result = reader.result();
  if (const auto& sae = reader.sae()) {
    result.notes["--sae"].text += u'\n' + architectureOf(*sae);
    if (const auto& model = reader.model()) {
      const auto site = Site::fromName(sae->hookName);
      if (site && site->layer.value < model->layers && site->width(*model) != sae->width) {
        result.notes["--sae"] = {FieldNote::Kind::Wrong,
                                 translated("It reads %1 values a token; this model has %2 there.")
                                     .arg(sae->width)
                                     .arg(site->width(*model))};
      }
    }
  }
  result.proposals.clear();
  return std::move(result);
}

Study ImportForm::import(const FormValues& values) {
  const fs::path folder = fs::absolute(toPath(values.of("--out"))).lexically_normal();
  if (!Study::isStudy(folder)) (void)Study::create(folder, folder.filename().string(), false);
  std::vector<StudyAddition> additions;
  const auto add = [&additions](std::vector<Study::Part> Study::*list, const QString& typed) {
    if (!typed.isEmpty()) additions.emplace_back(list, toPath(typed));
  };
  add(&Study::models, values.of("--model"));
  add(&Study::saes, values.of("--sae"));
  for (const QString& file : values.files("--text")) add(&Study::texts, file);
  return addToStudy(folder, additions);
}

}  // namespace featurescope
