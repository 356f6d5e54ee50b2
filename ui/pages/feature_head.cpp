// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_head.h"

#include "ui/bridge/note_keeper.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/number_format.h"
#include "ui/pages/fonts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

namespace featurescope {

FeatureHead::FeatureHead(const WindowContext& context, QWidget* parent)
    : QWidget(parent),
      context_(context),
      title_(new QLabel),
      label_(new QLineEdit),
      token_(new QLabel),
      bookmark_(new QToolButton),
      pin_(new QToolButton),
      copy_(new QPushButton(tr("copy table"))),
      statistics_(new QLabel) {
  setObjectName("featureHead");
  setAttribute(Qt::WA_StyledBackground);
  title_->setObjectName("featureTitle");
  title_->setAccessibleName(tr("Feature"));
  QFont titleFont = textFont(21);
  titleFont.setWeight(QFont::Bold);
  title_->setFont(titleFont);
  label_->setObjectName("featureLabel");
  label_->setAccessibleName(tr("Label of the feature"));
  label_->setPlaceholderText(tr("add a label"));
  label_->setFont(textFont(15));
  label_->setToolTip(tr("What you call this feature; saved as you leave the field (l)"));
  label_->setAcceptDrops(false);
  token_->setObjectName("featureSubtitle");
  token_->setFont(tokenFont(13));
  token_->setTextFormat(Qt::PlainText);
  bookmark_->setObjectName("bookmarkButton");
  bookmark_->setCheckable(true);
  bookmark_->setAccessibleName(tr("Bookmark"));
  bookmark_->setToolTip(tr("Bookmark (b)"));
  pin_->setObjectName("pinButton");
  pin_->setCheckable(true);
  pin_->setText(tr("pin"));
  pin_->setToolTip(tr("Keep this feature to compare others with it on the Compare page (p)"));
  copy_->setObjectName("copyActivations");
  copy_->setProperty("role", "link");
  copy_->setCursor(Qt::PointingHandCursor);
  copy_->setToolTip(tr("Copies all rows with their head as tab-separated text"));
  statistics_->setObjectName("featureStatistics");
  statistics_->setAccessibleName(tr("Statistics"));
  statistics_->setTextFormat(Qt::RichText);
  statistics_->setWordWrap(true);
  statistics_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  statistics_->setToolTip(
      tr("density: tokens that activate the feature / tokens counted, ± its 95% interval (Wilson)\n"
         "mean: over the tokens that activate it\n"
         "fires on: the share of that token's occurrences that activate it\n"
         "cosine to dead: of its decoder row with the mean decoder row of the dead features"));

  auto* line = new QHBoxLayout;
  line->setSpacing(10);
  line->addWidget(title_, 0, Qt::AlignBaseline);
  line->addWidget(label_, 1, Qt::AlignBaseline);
  line->addWidget(token_, 0, Qt::AlignBaseline);
  line->addWidget(bookmark_, 0, Qt::AlignBaseline);
  line->addWidget(pin_, 0, Qt::AlignBaseline);
  line->addWidget(copy_, 0, Qt::AlignBaseline);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(16, 10, 12, 9);
  rows->setSpacing(5);
  rows->addLayout(line);
  rows->addWidget(statistics_);

  connect(label_, &QLineEdit::editingFinished, this, &FeatureHead::commitLabel);
  connect(label_, &QLineEdit::returnPressed, this, &FeatureHead::labelEntered);
  connect(bookmark_, &QToolButton::clicked, this, &FeatureHead::toggleBookmark);
  connect(pin_, &QToolButton::clicked, this, [this](bool on) {
    if (page_) context_.selection.pin(on ? std::optional(page_->feature.feature) : std::nullopt);
  });
  connect(copy_, &QPushButton::clicked, this, &FeatureHead::copyRequested);
  connect(&context.selection, &Selection::pinnedChanged, this, &FeatureHead::showPin);
  connect(&context.notes, &NoteKeeper::loaded, this, &FeatureHead::showNote);
  connect(&context.notes, &NoteKeeper::changed, this, &FeatureHead::showNote);
}

void FeatureHead::setColors(const PageColors& colors) {
  colors_ = colors;
  showStatistics();
}

void FeatureHead::setPage(std::shared_ptr<const FeaturePageData> page) {
  commitLabel();
  page_ = std::move(page);
  for (QWidget* each : {static_cast<QWidget*>(label_), static_cast<QWidget*>(bookmark_),
                        static_cast<QWidget*>(pin_)}) {
    each->setVisible(page_ != nullptr);
  }
  copy_->setVisible(page_ && !page_->activations.empty());
  title_->setText(page_ ? QString::number(page_->feature.feature.value) : QString());
  token_->setText(page_ && !page_->feature.dead ? QString::fromStdString(page_->feature.topToken)
                                                : QString());
  label_->setModified(false);
  showNote();
  showPin();
  showStatistics();
}

void FeatureHead::showNote() {
  if (!page_) {
    label_->clear();
    return;
  }
  const FeatureNote note = context_.notes.note(page_->feature.feature);
  if (!label_->isModified()) label_->setText(QString::fromStdString(note.label));
  bookmark_->setChecked(note.bookmarked);
  bookmark_->setText(note.bookmarked ? QStringLiteral("★") : QStringLiteral("☆"));
}

void FeatureHead::showPin() {
  const bool pinned = page_ && context_.selection.pinned() == page_->feature.feature;
  pin_->setChecked(pinned);
  pin_->setText(pinned ? tr("pinned") : tr("pin"));
}

void FeatureHead::commitLabel() {
  if (!page_ || !label_->isModified()) return;
  label_->setModified(false);
  context_.notes.change(page_->feature.feature, {.label = label_->text().trimmed().toStdString()});
}

void FeatureHead::editLabel() {
  label_->setFocus(Qt::ShortcutFocusReason);
  label_->selectAll();
}

void FeatureHead::toggleBookmark() {
  if (!page_) return;
  const FeatureId feature = page_->feature.feature;
  context_.notes.change(feature, {.bookmarked = !context_.notes.note(feature).bookmarked});
  showNote();
}

QString FeatureHead::statistic(const QString& name, const QString& value) const {
  return QStringLiteral("<span style='color:%1'>%2</span>&nbsp;<b>%3</b>")
      .arg(colors_.dim.name(), QString(name).replace(u' ', QChar::Nbsp), value);
}

void FeatureHead::showStatistics() {
  if (!page_) {
    statistics_->clear();
    return;
  }
  const FeatureRecord& feature = page_->feature;
  QStringList parts;
  if (feature.dead) {
    parts.append(QStringLiteral("<b>%1</b>").arg(tr("dead")));
  } else {
    const int decimals = decimalsFor(feature.max);
    const double halfWidth = wilsonHalfWidth(feature.activeTokens, page_->tokens);
    parts.append(statistic(tr("density"), formatPercent(feature.density)) +
                 QStringLiteral("&nbsp;<span style='color:%1'>±%2</span>")
                     .arg(colors_.dim.name(), formatPercent(halfWidth)));
    parts.append(statistic(tr("active tokens"), formatCount(feature.activeTokens)));
    parts.append(statistic(tr("max"), formatValue(feature.max, decimals)));
    parts.append(statistic(tr("mean"), formatValue(feature.meanActive, decimals)));
  }
  parts.append(statistic(tr("bias"), formatSigned(feature.encoderBias)));
  parts.append(statistic(tr("norm"), formatValue(feature.decoderNorm)));
  if (feature.cosineToDead) {
    parts.append(statistic(tr("cosine to dead"), formatSigned(*feature.cosineToDead)));
  }
  if (feature.scale) parts.append(statistic(tr("scale"), formatValue(*feature.scale)));
  if (feature.bias) parts.append(statistic(tr("shift"), formatSigned(*feature.bias)));
  if (!page_->firesOn.empty()) {
    const FeatureTokenRecord& token = page_->firesOn.front();
    parts.append(
        statistic(tr("fires on"),
                  tr("%1 of").arg(formatPercent(token.recall)).replace(u' ', QChar::Nbsp)) +
        QStringLiteral("&nbsp;<code>%1</code>")
            .arg(QString::fromStdString(token.strToken).toHtmlEscaped()));
  }
  statistics_->setText(parts.join(QStringLiteral("&nbsp;&nbsp;&nbsp; ")));
}

}  // namespace featurescope
