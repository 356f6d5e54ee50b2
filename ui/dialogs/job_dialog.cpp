// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/job_dialog.h"

#include "ui/bridge/errands.h"
#include "ui/bridge/hand_over.h"
#include "ui/dialogs/form_view.h"
#include "ui/models/number_format.h"
#include "ui/pages/fonts.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QDragEnterEvent>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <cmath>

namespace featurescope {
namespace {

constexpr int kSideWidth = 292;
constexpr int kMeasureAfterMilliseconds = 700;

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "heading");
  return label;
}

QLabel* note(const char* name) {
  auto* label = new QLabel;
  label->setObjectName(QLatin1String(name));
  label->setProperty("role", "note");
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

QString sized(double bytes) {
  return bytes < 1e9 ? QStringLiteral("%1 MB").arg(QString::number(bytes / 1e6, 'f', 0))
                     : QStringLiteral("%1 GB").arg(QString::number(bytes / 1e9, 'f', 1));
}

}  // namespace

/// What the worker leaves for the GUI thread.
struct JobDialog::Measurement {
  WorkEstimate work;
  bool interrupted = false;
};

JobDialog::JobDialog(std::shared_ptr<const Form> form, const FormValues& proposal, QWidget* parent)
    : QDialog(parent),
      form_(std::move(form)),
      view_(new FormView(*form_)),
      explainedTitle_(heading({})),
      explanation_(note("formExplanation")),
      estimates_(note("formEstimates")),
      time_(note("formTime")),
      wrong_(note("formWrong")),
      action_(new QPushButton(form_->action())) {
  setObjectName("jobDialog");
  setWindowTitle(form_->title());
  setAcceptDrops(true);
  wrong_->setProperty("state", "wrong");

  auto* scroll = new QScrollArea;
  scroll->setObjectName("formScroll");
  scroll->setWidget(view_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* columns = new QHBoxLayout;
  columns->setSpacing(20);
  columns->addWidget(scroll, 1);
  columns->addWidget(makeSide());

  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  action_->setObjectName("jobDialogStart");
  action_->setProperty("role", "primary");
  buttons->addButton(action_, QDialogButtonBox::AcceptRole);
  buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
  action_->setDefault(true);

  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(20, 16, 20, 14);
  rows->setSpacing(10);
  if (!form_->presets().empty()) rows->addWidget(makePresets());
  rows->addLayout(columns, 1);
  rows->addWidget(buttons);
  resize(940, 640);

  measureSoon_.setSingleShot(true);
  measureSoon_.setInterval(kMeasureAfterMilliseconds);
  connect(&measureSoon_, &QTimer::timeout, this, &JobDialog::measure);
  connect(view_, &FormView::changed, this, &JobDialog::onChanged);
  connect(view_, &FormView::fieldEntered, this,
          [this](const FormField& field) { explain(field.label, field.explanation); });
  connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  const auto all = form_->fields();
  if (!all.empty()) explain(all.front().label, all.front().explanation);
  view_->setValues(proposal);
  view_->focusFirst();
}

JobDialog::~JobDialog() { measuring_.request_stop(); }

QWidget* JobDialog::makePresets() {
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(0, 0, 0, 0);
  line->setSpacing(8);
  auto* label = new QLabel(tr("Start from"));
  label->setProperty("role", "dim");
  line->addWidget(label);
  for (const FormPreset& preset : form_->presets()) {
    auto* button = new QPushButton(preset.name);
    button->setObjectName("formPreset");
    button->setProperty("role", "chip");
    button->setAutoDefault(false);
    button->setToolTip(preset.explanation);
    connect(button, &QPushButton::clicked, this, [this, preset] {
      explain(preset.name, preset.explanation);
      view_->setValues(preset.values);
    });
    line->addWidget(button);
  }
  line->addStretch(1);
  return bar;
}

QWidget* JobDialog::makeSide() {
  auto* side = new QWidget;
  side->setObjectName("formSide");
  side->setFixedWidth(kSideWidth);
  auto* rows = new QVBoxLayout(side);
  rows->setContentsMargins(0, 4, 0, 0);
  rows->setSpacing(4);
  explanation_->setMinimumHeight(110);
  explanation_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  rows->addWidget(explainedTitle_);
  rows->addWidget(explanation_);
  rows->addSpacing(10);
  rows->addWidget(heading(tr("What it takes")));
  rows->addWidget(estimates_);
  rows->addWidget(time_);
  rows->addWidget(wrong_);
  rows->addStretch(1);
  if (form_->verb().isEmpty()) return side;

  command_ = new QPlainTextEdit;
  command_->setObjectName("formCommand");
  command_->setAccessibleName(tr("The same as a command"));
  command_->setReadOnly(true);
  command_->setProperty("role", "code");
  command_->setFont(tokenFont());
  command_->setFixedHeight(150);
  command_->setTabChangesFocus(true);
  auto* copy = new QPushButton(tr("Copy"));
  copy->setObjectName("formCopyCommand");
  copy->setProperty("role", "link");
  copy->setAutoDefault(false);
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(command_->toPlainText()); });
  auto* head = new QHBoxLayout;
  head->addWidget(heading(tr("The same as a command")));
  head->addStretch(1);
  head->addWidget(copy);
  rows->addLayout(head);
  rows->addWidget(command_);
  return side;
}

void JobDialog::setMeasuring(Errands& worker, std::function<bool()> mayMeasure) {
  worker_ = &worker;
  mayMeasure_ = std::move(mayMeasure);
  measureSoon_.start();
}

FormValues JobDialog::values() const { return view_->values(); }

void JobDialog::explain(const QString& title, const QString& text) {
  explainedTitle_->setText(title);
  explanation_->setText(text);
}

void JobDialog::onChanged() {
  const FormValues typed = values();
  if (command_ != nullptr) command_->setPlainText(form_->commandLine(typed));
  action_->setEnabled(false);
  if (typed != measuredFor_) forgetMeasurement();
  const std::uint64_t question = ++question_;
  checker_.add([this, typed, question] {
    const FormCheck result = form_->check(typed);
    handOver(this, [this, result, question] {
      if (question == question_) takeCheck(result);
    });
  });
}

void JobDialog::takeCheck(const FormCheck& check) {
  view_->showNotes(check);
  wrong_->setText(check.wrong.join(u'\n'));
  wrong_->setVisible(!check.wrong.isEmpty());
  action_->setEnabled(form_->complete(values(), check));
  showEstimates(check);
  if (action_->isEnabled()) {
    measureSoon_.start();
  } else {
    forgetMeasurement();
  }
  propose(check);
}

/// An SAE names the site it was trained on: that is taken once, a person may still change it.
void JobDialog::propose(const FormCheck& check) {
  const FormValues typed = values();
  for (const auto& [flag, proposal] : check.proposals) {
    if (proposedFor_.insert(flag + u'=' + typed.of(flag)).second) view_->setValues(proposal);
  }
}

void JobDialog::showEstimates(const FormCheck& check) {
  QStringList lines;
  if (check.memory) {
    lines.append(tr("about %1 of memory").arg(sized(*check.memory)));
    estimates_->setToolTip(check.memoryParts);
  }
  if (check.disk) lines.append(tr("about %1 of disk").arg(sized(*check.disk)));
  if (lines.isEmpty()) {
    lines.append(action_->isEnabled() ? tr("Memory does not grow with the text.")
                                      : tr("Shown when the fields are filled in."));
  }
  estimates_->setText(lines.join(u'\n'));
}

void JobDialog::forgetMeasurement() {
  measuring_.request_stop();
  ++measurement_;
  measuredFor_ = {};
  time_->clear();
}

void JobDialog::measure() {
  if (worker_ == nullptr || !form_->measures() || !action_->isEnabled()) return;
  if (values() == measuredFor_) return;
  if (mayMeasure_ && !mayMeasure_()) {
    time_->setText(tr("The time is measured when no job runs."));
    return;
  }
  measuredFor_ = values();
  time_->setText(tr("measuring the time…"));
  measuring_ = std::stop_source();
  auto result = std::make_shared<Measurement>();
  worker_->run(
      "cannot measure the time",
      [form = form_, typed = measuredFor_, stop = measuring_.get_token(), result] {
        SilentProgress silent;
        try {
          if (!stop.stop_requested()) result->work = form->measure(typed, JobContext{stop, silent});
        } catch (const Interrupted&) {
          result->interrupted = true;
        }
      },
      [dialog = QPointer(this), result, number = ++measurement_](const auto& failure) {
        if (!dialog || number != dialog->measurement_) return;
        if (failure) {
          dialog->time_->setText(failure->sentence());
        } else if (result->work.seconds() > 0) {
          dialog->time_->setText(tr("about %1: %2 tokens at %3, measured here")
                                     .arg(formatDuration(result->work.seconds()),
                                          formatLargeCount(std::llround(result->work.tokens)),
                                          formatRate(result->work.tokensPerSecond, tr("tokens"))));
        } else {
          dialog->time_->clear();
        }
        emit dialog->measured();
      });
}

void JobDialog::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void JobDialog::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  for (const QUrl& url : event->mimeData()->urls()) {
    if (url.isLocalFile()) place(url.toLocalFile());
  }
}

/// What it is decides where it goes; that takes a look at the file.
void JobDialog::place(const QString& path) {
  checker_.add([this, path] {
    const QString flag = form_->flagFor(path);
    handOver(this, [this, path, flag] {
      if (flag.isEmpty()) {
        wrong_->setText(tr("%1 fits none of the fields.").arg(path));
        wrong_->show();
        return;
      }
      QString value = path;
      const QString before = values().of(flag);
      if (flag == QLatin1String("--text") && !before.isEmpty()) {
        value = before + kBetweenFiles + path;
      }
      FormValues placed;
      placed.set(flag, value);
      view_->setValues(placed);
    });
  });
}

}  // namespace featurescope
