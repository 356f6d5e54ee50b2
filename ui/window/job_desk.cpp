// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/job_desk.h"

#include "core/study/interrupted_runs.h"
#include "ui/bridge/evaluation_form.h"
#include "ui/bridge/fine_tuning_form.h"
#include "ui/bridge/form_checks.h"
#include "ui/bridge/import_form.h"
#include "ui/bridge/index_form.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/study_jobs.h"
#include "ui/bridge/training_form.h"
#include "ui/dialogs/job_dialog.h"
#include "ui/models/number_format.h"
#include "ui/window/form_memory.h"

#include <QFileInfo>

#include <algorithm>
#include <system_error>
#include <utility>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

QString lastPart(const QString& path) { return QFileInfo(path).fileName(); }

/// `typed` where it is one of the study's parts, else the study's first.
QString ofStudy(const std::vector<Study::Part>& parts, const QString& typed) {
  const bool known = std::ranges::any_of(
      parts, [&](const Study::Part& part) { return toQString(part.path) == typed; });
  return known || parts.empty() ? typed : toQString(parts.front().path);
}

}  // namespace

JobDesk::JobDesk(JobQueue& queue, QWidget& window) : queue_(queue), window_(window) {
  connect(&queue_, &JobQueue::finished, this, &JobDesk::onFinished);
}

JobDesk::~JobDesk() { delete dialog_.data(); }

void JobDesk::setOpened(std::shared_ptr<const OpenedIndex> opened) {
  opened_ = std::move(opened);
  offerInterruptedRuns();
}

std::optional<fs::path> JobDesk::studyFolder() const {
  if (!opened_ || !opened_->study) return std::nullopt;
  return opened_->study->folder;
}

/// What was asked last, with the open study's parts where those are of another one; the result gets
/// a new name in the study.
FormValues JobDesk::proposal(const Form& form, const QString& folder, const QString& stem,
                             const QString& suffix) {
  FormValues values = form.initialValues();
  if (remembering_) values.merge(rememberedValues(form.verb()));
  values.set("--out", {});
  values.set("--force", {});
  proposeSite(values);
  if (!opened_ || !opened_->study) return values;
  const Study& study = *opened_->study;
  values.set("--model", ofStudy(study.models, values.of("--model")));
  values.set("--sae", ofStudy(study.saes, values.of("--sae")));
  const QString text = values.files("--text").value(0);
  const QString chosen = ofStudy(study.texts, text);
  if (chosen != text) values.set("--text", chosen);
  const auto number = static_cast<int>(study.runs.size() + study.indexes.size()) + submitted_ + 1;
  values.set("--out", toQString(study.folder / toPath(folder) /
                                toPath(stem + QString::number(number) + suffix)));
  return values;
}

/// Where the open index looks, unless a place was asked for before.
void JobDesk::proposeSite(FormValues& values) const {
  if (!opened_ || values.isOn("--layer") || values.isOn("--layers")) return;
  const auto site = opened_->provenance.find("site");
  const auto found =
      site == opened_->provenance.end() ? std::nullopt : Site::fromName(site->second);
  if (!found) return;
  values.set("--layer", QString::number(found->layer.value));
  values.set("--site", QString::fromStdString(std::string(name(found->kind))));
}

void JobDesk::ask(std::shared_ptr<const Form> form, const FormValues& proposal, Start start) {
  auto* dialog = new JobDialog(std::move(form), proposal, &window_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setMeasuring(worker_, [this] { return !queue_.busy(); });
  connect(dialog, &QDialog::accepted, this,
          [this, dialog, start] { (this->*start)(dialog->values()); });
  dialog_ = dialog;
  dialog->open();
}

void JobDesk::askForIndex() {
  const auto form = std::make_shared<IndexForm>();
  ask(form, proposal(*form, "indexes", "index-", ".sqlite"), &JobDesk::startIndex);
}

void JobDesk::askForTraining() {
  const auto form = std::make_shared<TrainingForm>();
  ask(form, proposal(*form, "runs", "run-", {}), &JobDesk::startTraining);
}

void JobDesk::askForEvaluation() {
  const auto form = std::make_shared<EvaluationForm>();
  ask(form, proposal(*form, "evaluations", "evaluation-", ".json"), &JobDesk::startEvaluation);
}

void JobDesk::askForFineTuning() {
  const auto form = std::make_shared<FineTuningForm>();
  ask(form, proposal(*form, "runs", "tuning-", {}), &JobDesk::startFineTuning);
}

void JobDesk::askForImport(const FormValues& given) {
  FormValues values = given;
  if (const auto study = studyFolder()) values.set("--out", toQString(*study));
  ask(std::make_shared<ImportForm>(), values, &JobDesk::startImport);
}

namespace {

/// What was dropped, by what it is.
struct Dropped {
  FormValues parts;
  std::vector<fs::path> runs, others;
};

void sort(const QString& path, Dropped& dropped) {
  std::error_code error;
  if (fs::exists(toPath(path) / "run.json", error)) {
    dropped.runs.push_back(toPath(path));
    return;
  }
  const QString flag = Study::isStudy(toPath(path)) ? QString() : usualFlagFor(path);
  if (flag.isEmpty()) {
    dropped.others.push_back(toPath(path));
  } else if (flag == QLatin1String("--text") && dropped.parts.isOn(flag)) {
    dropped.parts.set(flag, dropped.parts.of(flag) + kBetweenFiles + path);
  } else {
    dropped.parts.set(flag, path);
  }
}

}  // namespace

void JobDesk::takeDropped(const QStringList& paths) {
  const auto dropped = std::make_shared<Dropped>();
  worker_.run(
      "cannot look at what was dropped",
      [paths, dropped] {
        for (const QString& path : paths) sort(path, *dropped);
      },
      [this, dropped](const std::optional<Failure>& failure) {
        if (failure) emit failed(*failure);
        for (const fs::path& run : dropped->runs) emit runRequested(run);
        for (const fs::path& other : dropped->others) emit openRequested(other);
        if (!dropped->parts.all().empty()) askForImport(dropped->parts);
      });
}

void JobDesk::remember(const Form& form, const FormValues& values) const {
  if (remembering_) rememberValues(form.verb(), values);
}

void JobDesk::submit(const QString& kind, const QString& title,
                     const std::function<JobQueue::Body()>& make, JobQueue::Body goOn,
                     std::function<void()> whenDone) {
  try {
    const JobId id = queue_.submit(kind, title, make(), std::move(goOn));
    whenDone_[id] = std::move(whenDone);
    ++submitted_;
  } catch (const UserError& error) {
    emit failed(toFailure(error));
  }
}

void JobDesk::startIndex(const FormValues& values) {
  remember(IndexForm(), values);
  const fs::path out = fs::absolute(toPath(values.of("--out")));
  submit(
      tr("Index"),
      lastPart(values.of("--sae")) + QStringLiteral(" · ") +
          lastPart(values.files("--text").value(0)),
      [&] { return indexJob(IndexForm::request(values), studyFolder()); }, {},
      [this, out] { emit indexBuilt(out); });
}

void JobDesk::startTraining(const FormValues& values) {
  remember(TrainingForm(), values);
  startRun(tr("Training"),
           lastPart(values.of("--model")) + tr(" layer %1").arg(values.of("--layer")), values,
           [&] { return trainingJob(TrainingForm::settings(values), studyFolder()); });
}

/// A run can go on: from its folder, once it has one.
void JobDesk::startRun(const QString& kind, const QString& what, const FormValues& values,
                       const std::function<JobQueue::Body()>& make) {
  const fs::path run = fs::absolute(toPath(values.of("--out"))).lexically_normal();
  try {
    const JobQueue::Body start = make();
    known_.insert(run);
    submit(kind, lastPart(values.of("--out")) + QStringLiteral(" · ") + what,
           [&start]() -> JobQueue::Body { return JobQueue::Body(start); }, goOnJob(run, start), {});
    emit runSubmitted(run);
  } catch (const UserError& error) {
    emit failed(toFailure(error));
  }
}

void JobDesk::startFineTuning(const FormValues& values) {
  remember(FineTuningForm(), values);
  startRun(tr("Fine-tuning"), lastPart(values.files("--text").value(0)), values,
           [&] { return fineTuningJob(FineTuningForm::settings(values), studyFolder()); });
}

void JobDesk::startEvaluation(const FormValues& values) {
  remember(EvaluationForm(), values);
  const fs::path out = fs::absolute(toPath(values.of("--out")));
  submit(
      tr("Evaluation"),
      lastPart(values.of("--sae")) + QStringLiteral(" · ") +
          lastPart(values.files("--text").value(0)),
      [&] { return evaluationJob(EvaluationForm::request(values), out); }, {},
      [this, out] { emit evaluated(out); });
}

void JobDesk::startImport(const FormValues& values) {
  const auto study = std::make_shared<fs::path>();
  worker_.run(
      "cannot add to the study", [values, study] { *study = ImportForm::import(values).folder; },
      [this, study](const std::optional<Failure>& failure) {
        if (failure) {
          emit failed(*failure);
        } else {
          emit imported(*study);
        }
      });
}

void JobDesk::resume(const fs::path& run) {
  known_.insert(run);
  submit(tr("Training"), toQString(run.filename()), [&] { return resumeJob(run); }, resumeJob(run),
         {});
  emit runSubmitted(run);
}

void JobDesk::onFinished(JobId id) {
  const auto entry = whenDone_.find(id);
  const Job* job = queue_.find(id);
  if (entry == whenDone_.end() || job == nullptr) return;
  if (job->state == JobState::Failed) emit failed(*job->failure);
  if (job->state == JobState::Done) {
    const auto whenDone = entry->second;
    whenDone_.erase(entry);
    if (whenDone) whenDone();
  }
}

/// A crash or a quit leaves run folders that can go on.
void JobDesk::offerInterruptedRuns() {
  const auto folder = studyFolder();
  if (!folder) return;
  std::vector<fs::path> runs;
  for (const Study::Part& run : opened_->study->runs) runs.push_back(run.path);
  const auto found = std::make_shared<std::vector<InterruptedRun>>();
  worker_.run(
      "cannot look for interrupted runs",
      [runs, folder, found]() mutable {
        for (const fs::path& run : runFoldersIn(*folder / "runs")) {
          if (std::ranges::find(runs, run) == runs.end()) runs.push_back(run);
        }
        *found = interruptedRuns(runs);
      },
      [this, found](const auto&) {
        for (const InterruptedRun& run : *found) {
          if (known_.insert(run.folder).second) offer(run);
        }
      });
}

void JobDesk::offer(const InterruptedRun& run) {
  const QString kind = run.kind == "finetune" ? tr("Fine-tuning") : tr("Training");
  const QString why = run.stepsKept == 0 ? tr("before its first checkpoint: it would start over")
                                         : tr("%1 steps are kept").arg(formatCount(run.stepsKept));
  const JobId id = queue_.offer(kind, toQString(run.folder.filename()), why, resumeJob(run.folder));
  whenDone_[id] = {};
}

}  // namespace featurescope
