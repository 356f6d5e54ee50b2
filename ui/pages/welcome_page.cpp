// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/welcome_page.h"

#include "ui/pages/fonts.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QIcon>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

namespace featurescope {

constexpr qsizetype kMostRecent = 5;

WelcomePage::WelcomePage(QWidget* parent)
    : QWidget(parent),
      title_(new QLabel),
      text_(new QLabel),
      open_(new QPushButton(tr("Open…"))),
      demo_(new QPushButton(tr("Open the demo"))),
      build_(new QPushButton(tr("Build an index…"))),
      recent_(new QWidget),
      recentRows_(new QVBoxLayout(recent_)) {
  setObjectName("welcomePage");
  auto* picture = new QLabel;
  picture->setPixmap(QIcon(":/icons/featurescope.svg").pixmap(QSize(72, 72), devicePixelRatioF()));
  picture->setAlignment(Qt::AlignCenter);
  QFont titleFont = textFont(22);
  titleFont.setWeight(QFont::DemiBold);
  title_->setFont(titleFont);
  title_->setAlignment(Qt::AlignCenter);
  title_->setObjectName("welcomeTitle");
  title_->setTextFormat(Qt::PlainText);
  text_->setAlignment(Qt::AlignCenter);
  text_->setObjectName("welcomeText");
  text_->setProperty("role", "dim");

  open_->setObjectName("welcomeOpen");
  demo_->setObjectName("welcomeDemo");
  build_->setObjectName("welcomeBuild");
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(10);
  buttons->addStretch(1);
  for (QPushButton* each : {open_, demo_, build_}) {
    each->setMinimumWidth(136);
    buttons->addWidget(each);
  }
  buttons->addStretch(1);

  recent_->setObjectName("welcomeRecent");
  recentRows_->setContentsMargins(0, 18, 0, 0);
  recentRows_->setSpacing(2);

  auto* rows = new QVBoxLayout(this);
  rows->addStretch(2);
  rows->addWidget(picture);
  rows->addSpacing(10);
  rows->addWidget(title_);
  rows->addSpacing(4);
  rows->addWidget(text_);
  rows->addSpacing(18);
  rows->addLayout(buttons);
  rows->addWidget(recent_, 0, Qt::AlignHCenter);
  rows->addStretch(3);

  connect(open_, &QPushButton::clicked, this, &WelcomePage::openRequested);
  connect(demo_, &QPushButton::clicked, this, &WelcomePage::demoRequested);
  connect(build_, &QPushButton::clicked, this, &WelcomePage::buildRequested);
  setStudyWithoutIndex({});
  setRecent({});
}

void WelcomePage::setStudyWithoutIndex(const QString& studyName) {
  title_->setText(studyName.isEmpty() ? tr("Featurescope") : studyName);
  text_->setText(
      studyName.isEmpty()
          ? tr("Open an index or a study to see what each feature of a sparse "
               "autoencoder fires on,\nor drop a file here.")
          : tr("This study has no index yet. Build one from a model, an SAE and a text,\n"
               "or drop an index here."));
  for (QPushButton* each : {open_, build_}) {
    const bool next = each == (studyName.isEmpty() ? open_ : build_);
    each->setProperty("role", next ? "primary" : "");
    each->style()->unpolish(each);
    each->style()->polish(each);
  }
}

void WelcomePage::setRecent(const QStringList& paths) {
  while (QLayoutItem* item = recentRows_->takeAt(0)) {
    if (item->widget() != nullptr) item->widget()->deleteLater();
    delete item;
  }
  recent_->setVisible(!paths.isEmpty());
  if (paths.isEmpty()) return;
  auto* heading = new QLabel(tr("Recent"));
  heading->setProperty("role", "heading");
  recentRows_->addWidget(heading, 0, Qt::AlignHCenter);
  for (const QString& path : paths.mid(0, kMostRecent)) {
    auto* link = new QPushButton(QFileInfo(path).fileName());
    link->setProperty("role", "link");
    link->setToolTip(path);
    link->setCursor(Qt::PointingHandCursor);
    connect(link, &QPushButton::clicked, this, [this, path] { emit recentRequested(path); });
    recentRows_->addWidget(link, 0, Qt::AlignHCenter);
  }
}

}  // namespace featurescope
