// SPDX-License-Identifier: GPL-3.0-or-later
// What dialogs ask before a job: checks, estimates, and commands that the command line takes.
#include "core/base/files.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/study/demo.h"
#include "core/train/train_settings.h"
#include "ui/bridge/errands.h"
#include "ui/bridge/evaluation_form.h"
#include "ui/bridge/fine_tuning_form.h"
#include "ui/bridge/import_form.h"
#include "ui/bridge/index_form.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/training_form.h"
#include "ui/dialogs/form_view.h"
#include "ui/dialogs/job_dialog.h"
#include "ui/window/application.h"

#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace featurescope;

class FormsTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { demo_ = resourceFolder() / "demo"; }

  void whatIsWrongIsSaidAtItsField() {
    const FormValues values{{"--model", "/nowhere/model"},
                            {"--sae", "/nowhere/sae"},
                            {"--text", "/nowhere/text.txt"},
                            {"--layer", "first"},
                            {"--context", "twelve"},
                            {"--tokens", "-3"},
                            {"--out", toQString(demo_ / "index.sqlite")}};
    const IndexForm form;
    const FormCheck check = form.check(values);
    for (const auto& [flag, value] : values.all()) {
      QCOMPARE(check.of(flag).kind, FieldNote::Kind::Wrong);
      QVERIFY2(!check.of(flag).text.isEmpty(), qPrintable(flag));
    }
    QVERIFY(!form.complete(values, check));
    QVERIFY(!form.complete({}, form.check({})));
  }

  void anSaeProposesTheSiteItWasTrainedOnAndMustFitTheModel() {
    FormValues values = filled(IndexForm(), {{"--layer", "1"}, {"--site", "mlp-pre"}});
    const IndexForm form;
    FormCheck check = form.check(values);
    QCOMPARE(check.proposals.at("--sae").of("--layer"), QString("1"));
    QCOMPARE(check.proposals.at("--sae").of("--site"), QString("mlp-out"));
    QVERIFY(check.of("--layer").text.contains("the SAE reads"));
    values.set("--site", "mlp-out");
    check = form.check(values);
    QCOMPARE(check.of("--layer").kind, FieldNote::Kind::Fine);
    QVERIFY(form.complete(values, check));
  }

  void everySettingOfARunIsAField() {
    TrainSettings settings;
    settings.model = "model";
    QStringList flags;
    for (const FormField& field : TrainingForm().fields()) {
      flags.append(field.flag);
      QVERIFY2(!field.explanation.isEmpty(), qPrintable(field.flag));
    }
    const Json all = toJson(settings);
    for (const auto& [key, value] : all.items()) {
      if (key == "threads" || key == "activations") continue;  // of the machine; without a model
      const QString flag = "--" + QString::fromStdString(key).replace('_', '-');
      QVERIFY2(flags.contains(flag), qPrintable(flag));
    }
  }

  void aFormsInitialValuesAreThePapersRun() {
    FormValues values = filled(TrainingForm(), {{"--layer", "1"}, {"--steps", "7"}});
    TrainSettings paper;
    paper.model = demo_ / "model";
    paper.corpus.files = {demo_ / "texts" / "heldout.jsonl"};
    paper.site = {Layer{1}, SiteKind::MlpOut};
    paper.steps = 7;
    QCOMPARE(toJson(TrainingForm::settings(values)).dump(), toJson(paper).dump());
    values.set("--l1-adjust-after", "5e5");
    QCOMPARE(TrainingForm::settings(values).l1AdjustAfter, std::int64_t{500'000});
  }

  void aFineTuningsInitialValuesAreThePapers() {
    const FormValues values = filled(FineTuningForm(), {{"--layer", "1"}});
    FineTuneSettings paper;
    paper.model = demo_ / "model";
    paper.sae = demo_ / "sae";
    paper.corpus.files = {demo_ / "texts" / "heldout.jsonl"};
    paper.site = {Layer{1}, SiteKind::MlpOut};
    QCOMPARE(toJson(FineTuningForm::settings(values)).dump(), toJson(paper).dump());
    const FineTuningForm form;
    const FormCheck check = form.check(values);
    QVERIFY(form.complete(values, check));
    QVERIFY(check.memory.value() > 1e8);
    QVERIFY(check.memoryParts.contains("GB of memory"));
  }

  void aPresetIsARunThatCanStart() {
    const TrainingForm form;
    for (const FormPreset& preset : form.presets()) {
      FormValues values = filled(form, {{"--layer", "1"}});
      values.merge(preset.values);
      const FormCheck check = form.check(values);
      QVERIFY2(form.complete(values, check), qPrintable(preset.name + check.wrong.join(' ')));
      QVERIFY(check.memory.value() > 1e6);
      QVERIFY(check.disk.value() > 1e6);
    }
  }

  void whatContradictsItselfIsSaid() {
    const TrainingForm form;
    for (const auto& [flag, value] : {std::pair{"--tokens", "5000"},
                                      {"--features", "64"},
                                      {"--target-l0", "9"},
                                      {"--batch", "0"}}) {
      FormValues values = filled(form, {{"--layer", "1"},
                                        {"--steps", "7"},
                                        {"--expansion", "8"},
                                        {"--target-sparsity", "0.02"}});
      QVERIFY(form.complete(values, form.check(values)));
      values.set(flag, value);
      const FormCheck check = form.check(values);
      QVERIFY2(!form.complete(values, check), flag);
      QVERIFY(!check.wrong.isEmpty());
    }
  }

  void theCommandIsQuotedForAShellAndLeavesDefaultsOut() {
    const FormValues values{{"--model", "my models/pythia"},
                            {"--sae", "sae"},
                            {"--text", "it's.txt; b.txt"},
                            {"--layer", "1"},
                            {"--site", "mlp-out"},
                            {"--out", "out.sqlite"},
                            {"--force", "yes"}};
    QCOMPARE(IndexForm().commandLine(values),
             QString("featurescope index --model 'my models/pythia' --sae sae --text "
                     "'it'\\''s.txt' b.txt --layer 1 --out out.sqlite --force"));
  }

  void theCommandLineTakesTheCommands() {
    const TemporaryFolder folder;
    runs(TrainingForm(), filled(TrainingForm(), {{"--layer", "1"},
                                                 {"--steps", "2"},
                                                 {"--features", "32"},
                                                 {"--batch", "1"},
                                                 {"--architecture", "topk"},
                                                 {"--k", "4"},
                                                 {"--no-shuffle", "yes"},
                                                 {"--decoder-gradient", "project"},
                                                 {"--out", toQString(folder.path() / "run")}}));
    QVERIFY(std::filesystem::exists(folder.path() / "run" / "sae"));
    runs(IndexForm(), filled(IndexForm(), {{"--layer", "1"},
                                           {"--tokens", "512"},
                                           {"--top", "3"},
                                           {"--out", toQString(folder.path() / "i.sqlite")}}));
    QVERIFY(std::filesystem::exists(folder.path() / "i.sqlite"));
    runs(EvaluationForm(),
         filled(EvaluationForm(), {{"--layers", "0-1"},
                                   {"--tokens", "256"},
                                   {"--out", toQString(folder.path() / "e.json")}}));
    QVERIFY(readJson(folder.path() / "e.json").contains("layers"));
    runs(FineTuningForm(), filled(FineTuningForm(), {{"--layer", "1"},
                                                     {"--epochs", "1"},
                                                     {"--steps-per-epoch", "2"},
                                                     {"--batch", "1"},
                                                     {"--measure-tokens", "200"},
                                                     {"--keep-error", "yes"},
                                                     {"--out", toQString(folder.path() / "t")}}));
    QVERIFY(std::filesystem::exists(folder.path() / "t" / "scales.csv"));
  }

  void aDialogChecksWhatIsTypedAndMeasuresTheTime() {
    const TemporaryFolder folder;
    Errands worker;
    JobDialog dialog(std::make_shared<TrainingForm>(),
                     filled(TrainingForm(), {{"--layer", "1"},
                                             {"--features", "32"},
                                             {"--tokens", "50000"},
                                             {"--out", toQString(folder.path() / "run")}}));
    QSignalSpy measured(&dialog, &JobDialog::measured);
    dialog.setMeasuring(worker, [] { return true; });
    dialog.show();
    auto* start = dialog.findChild<QPushButton*>("jobDialogStart");
    QTRY_VERIFY(start->isEnabled());
    QVERIFY(start->isDefault());
    QVERIFY(dialog.findChild<QLabel*>("formEstimates")->text().contains("memory"));
    QTRY_COMPARE(measured.size(), 1);
    const QString time = dialog.findChild<QLabel*>("formTime")->text();
    QVERIFY2(time.contains("measured here") && time.contains("49,152"), qPrintable(time));

    dialog.findChild<QLineEdit*>("field--model")->setText("/nowhere/model");
    auto* note = dialog.findChild<QLabel*>("note--model");
    QTRY_COMPARE(note->property("state").toString(), QString("wrong"));
    QVERIFY(!start->isEnabled());
    QVERIFY(dialog.findChild<QPlainTextEdit*>("formCommand")
                ->toPlainText()
                .startsWith("featurescope train --model /nowhere/model"));
  }

  void whileAJobRunsNothingIsMeasured() {
    Errands worker;
    JobDialog dialog(std::make_shared<EvaluationForm>(),
                     filled(EvaluationForm(), {{"--layer", "1"}, {"--out", "/tmp/never.json"}}));
    dialog.setMeasuring(worker, [] { return false; });
    QTRY_VERIFY(dialog.findChild<QLabel*>("formTime")->text().contains("when no job runs"));
  }

  void aDroppedFileLandsInTheFieldItFits() {
    JobDialog dialog(std::make_shared<ImportForm>(), {});
    dialog.show();
    for (const auto& [part, flag] :
         {std::pair{"model", "--model"}, {"sae", "--sae"}, {"texts/chess.txt", "--text"}}) {
      QMimeData data;
      data.setUrls({QUrl::fromLocalFile(toQString(demo_ / part))});
      QDragEnterEvent enter({20, 20}, Qt::CopyAction, &data, Qt::LeftButton, {});
      QCoreApplication::sendEvent(&dialog, &enter);
      QVERIFY(enter.isAccepted());
      QDropEvent drop({20, 20}, Qt::CopyAction, &data, Qt::LeftButton, {});
      QCoreApplication::sendEvent(&dialog, &drop);
      auto* field = dialog.findChild<QLineEdit*>(QStringLiteral("field") + flag);
      QTRY_COMPARE(field->text(), toQString(demo_ / part));
    }
    auto* sae = dialog.findChild<QLabel*>("note--sae");
    QTRY_VERIFY2(sae->text().contains("standard") && sae->text().contains("1024 features"),
                 qPrintable(sae->text()));
  }

  void anImportMakesAStudyAndAddsToIt() {
    const TemporaryFolder folder;
    const auto study = toQString(folder.path() / "mine");
    const FormValues values{{"--model", toQString(demo_ / "model")}, {"--out", study}};
    QVERIFY(ImportForm().complete(values, ImportForm().check(values)));
    (void)ImportForm::import(values);
    FormValues more = values;
    more.set("--sae", toQString(demo_ / "sae"));
    const Study made = ImportForm::import(more);
    QCOMPARE(made.models.size(), std::size_t{1});
    QCOMPARE(Study::open(folder.path() / "mine").saes.front().path, demo_ / "sae");
  }

 private:
  /// Initial values, the demo's model, SAE and text, and `more`.
  FormValues filled(const Form& form, std::initializer_list<std::pair<QString, QString>> more) {
    FormValues values = form.initialValues();
    values.set("--model", toQString(demo_ / "model"));
    values.set("--sae", toQString(demo_ / "sae"));
    values.set("--text", toQString(demo_ / "texts" / "heldout.jsonl"));
    values.set("--out", "/tmp/featurescope-no-such-output");
    for (const auto& [flag, value] : more) values.set(flag, value);
    return values;
  }

  /// The command as a shell runs it.
  static void runs(const Form& form, const FormValues& values) {
    QProcess shell;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PATH",
                       qEnvironmentVariable("FEATURESCOPE_BIN") + ":" + environment.value("PATH"));
    shell.setProcessEnvironment(environment);
    shell.start("sh", {"-c", form.commandLine(values)});
    QVERIFY(shell.waitForFinished(60'000));
    QVERIFY2(shell.exitCode() == 0, shell.readAllStandardError().constData());
  }

  std::filesystem::path demo_;
};

int main(int argc, char** argv) {
  Application application(argc, argv);
  FormsTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "forms_test.moc"
