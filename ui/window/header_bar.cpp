// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/header_bar.h"

#include "core/base/json.h"
#include "core/lm/site.h"
#include "ui/bridge/paths.h"
#include "ui/window/theme.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>

namespace featurescope {
namespace {

QString entry(const Provenance& provenance, std::string_view key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? QString() : QString::fromStdString(found->second);
}

/// The last part of a path, without the endings that say nothing.
QString shortName(const QString& path) {
  QString text = toQString(toPath(path).lexically_normal().filename());
  if (text.isEmpty()) text = toQString(toPath(path).parent_path().filename());
  for (const char* ending : {".gz", ".zst", ".txt", ".jsonl", ".sqlite"}) {
    if (text.endsWith(QLatin1String(ending))) text.chop(static_cast<int>(qstrlen(ending)));
  }
  return text;
}

/// "layer 1 mlp-out" of a module's name.
QString siteName(const QString& module) {
  const auto site = Site::fromName(module.toStdString());
  if (!site) return module;
  const std::string_view kind = name(site->kind);
  return QObject::tr("layer %1 %2")
      .arg(site->layer.value)
      .arg(QString::fromUtf8(kind.data(), static_cast<qsizetype>(kind.size())));
}

QString textNames(const QString& texts) {
  const Json files = Json::parse(texts.toStdString(), nullptr, false);
  if (!files.is_array() || files.empty()) return {};
  const auto path = [](const Json& file) {
    const bool named = file.is_object() && file.contains("path") && file["path"].is_string();
    return named ? QString::fromStdString(file["path"].get<std::string>()) : QString();
  };
  const QString first = shortName(path(files.front()));
  return files.size() == 1 ? first : QObject::tr("%1 and %2 more").arg(first).arg(files.size() - 1);
}

QToolButton* historyButton(QAction* action) {
  auto* button = new QToolButton;
  button->setDefaultAction(action);
  button->setToolButtonStyle(Qt::ToolButtonIconOnly);
  button->setAccessibleName(action->text());
  return button;
}

/// A button that follows an action's state.
QPushButton* actionButton(QAction* action, const char* name, const char* role) {
  auto* button = new QPushButton(action->text());
  button->setObjectName(QLatin1String(name));
  button->setProperty("role", role);
  button->setEnabled(action->isEnabled());
  button->setToolTip(action->toolTip());
  QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  QObject::connect(action, &QAction::enabledChanged, button, &QPushButton::setEnabled);
  return button;
}

}  // namespace

QStringList breadcrumbs(const OpenedIndex& opened) {
  QStringList crumbs;
  const auto append = [&crumbs](const QString& crumb) {
    if (!crumb.isEmpty()) crumbs.append(crumb);
  };
  if (opened.study) {
    append(opened.study->name.empty() ? toQString(opened.study->folder.filename())
                                      : QString::fromStdString(opened.study->name));
  } else {
    append(shortName(entry(opened.provenance, "model")));
  }
  append(siteName(entry(opened.provenance, "site")));
  append(shortName(entry(opened.provenance, "sae")));
  append(textNames(entry(opened.provenance, "texts")));
  if (crumbs.isEmpty()) append(toQString(opened.indexPath.filename()));
  return crumbs;
}

HeaderBar::HeaderBar(QAction* back, QAction* forward, QAction* find, QAction* exportTable,
                     QAction* build, QWidget* parent)
    : QWidget(parent), breadcrumb_(new QLabel), indexes_(new QComboBox) {
  setObjectName("headerBar");
  setAttribute(Qt::WA_StyledBackground);
  breadcrumb_->setObjectName("breadcrumb");
  breadcrumb_->setAccessibleName(tr("Where this index comes from"));
  breadcrumb_->setTextFormat(Qt::RichText);
  breadcrumb_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  indexes_->setObjectName("studyIndexes");
  indexes_->setAccessibleName(tr("Index of the study"));
  indexes_->setToolTip(tr("The study's indexes"));
  indexes_->hide();
  QPushButton* exportButton = actionButton(exportTable, "exportButton", "flat");
  exportButton->setText(tr("Export…"));

  auto* columns = new QHBoxLayout(this);
  columns->setContentsMargins(10, 6, 12, 6);
  columns->setSpacing(8);
  columns->addWidget(historyButton(back));
  columns->addWidget(historyButton(forward));
  columns->addSpacing(6);
  columns->addWidget(breadcrumb_, 1);
  columns->addWidget(indexes_);
  QPushButton* search = actionButton(find, "searchButton", "search");
  search->setText(tr("Search features, tokens, actions…   %1")
                      .arg(find->shortcut().toString(QKeySequence::NativeText)));
  columns->addWidget(search);
  columns->addWidget(exportButton);
  columns->addWidget(actionButton(build, "buildButton", "primary"));
  connect(indexes_, &QComboBox::activated, this,
          [this](int row) { emit indexChosen(toPath(indexes_->itemData(row).toString())); });
}

void HeaderBar::setTheme(const Theme& theme) {
  dim_ = theme.faint.name();
  text_ = theme.text.name();
  showBreadcrumb();
}

void HeaderBar::setOpened(const OpenedIndex& opened) {
  crumbs_ = breadcrumbs(opened);
  breadcrumb_->setToolTip(toQString(opened.indexPath));
  showBreadcrumb();
  const QSignalBlocker quiet(indexes_);
  indexes_->clear();
  if (opened.study) {
    for (const Study::Part& part : opened.study->indexes) {
      indexes_->addItem(QString::fromStdString(part.name), toQString(part.path));
    }
    indexes_->setCurrentIndex(indexes_->findData(toQString(opened.indexPath)));
  }
  indexes_->setVisible(indexes_->count() > 1);
}

/// The SAE, the last but one, is what one looks at.
void HeaderBar::showBreadcrumb() {
  QStringList shown;
  for (qsizetype i = 0; i < crumbs_.size(); ++i) {
    const QString escaped = crumbs_[i].toHtmlEscaped();
    const bool main = crumbs_.size() > 2 && i == crumbs_.size() - 2;
    shown.append(main ? QStringLiteral("<b style='color:%1'>%2</b>").arg(text_, escaped) : escaped);
  }
  breadcrumb_->setText(
      shown.join(QStringLiteral("&nbsp; <span style='color:%1'>/</span> &nbsp;").arg(dim_)));
}

}  // namespace featurescope
