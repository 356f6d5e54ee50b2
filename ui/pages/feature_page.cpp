// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_page.h"

#include "ui/bridge/index_session.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/examples_model.h"
#include "ui/pages/example_view.h"
#include "ui/pages/feature_head.h"
#include "ui/pages/feature_side.h"

#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

namespace featurescope {

namespace {

constexpr int kSideWidth = 272;
constexpr int kNarrowestExamples = 300;

}  // namespace

FeaturePage::FeaturePage(const WindowContext& context, QWidget* parent)
    : Page(tr("Feature"), parent),
      context_(context),
      head_(new FeatureHead(context)),
      examples_(new ExampleView(context)),
      side_(new FeatureSide(context)),
      scroll_(new QScrollArea),
      splitter_(new QSplitter(Qt::Horizontal)) {
  setObjectName("featurePage");
  scroll_->setObjectName("featureSideScroll");
  scroll_->setWidget(side_);
  scroll_->setWidgetResizable(true);
  scroll_->setFocusPolicy(Qt::NoFocus);  // its parts take the keyboard
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  splitter_->setObjectName("featureSplitter");
  splitter_->setHandleWidth(1);
  splitter_->addWidget(examples_);
  splitter_->addWidget(scroll_);
  splitter_->setStretchFactor(0, 1);
  splitter_->setStretchFactor(1, 0);
  splitter_->setSizes({600, kSideWidth});
  splitter_->setCollapsible(0, false);
  examples_->setMinimumWidth(kNarrowestExamples);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(head_);
  rows->addWidget(splitter_, 1);

  connect(head_, &FeatureHead::copyRequested, examples_, &ExampleView::copyAll);
  connect(head_, &FeatureHead::labelEntered, this, &FeaturePage::labelEntered);
  connect(examples_, &ExampleView::stepRequested, this, &FeaturePage::stepRequested);
  connect(examples_, &ExampleView::told, this, &Page::told);
  connect(examples_, &ExampleView::tokenHovered, side_, &FeatureSide::mark);
  connect(&context.session, &IndexSession::pageReady, this, &FeaturePage::setPage);
  setPage(nullptr);
}

void FeaturePage::setOpened(const std::shared_ptr<const OpenedIndex>&) { setPage(nullptr); }

void FeaturePage::setColors(const PageColors& colors, const PlotColors& plotColors) {
  head_->setColors(colors);
  examples_->setColors(colors);
  side_->setColors(colors, plotColors);
}

void FeaturePage::setPage(const std::shared_ptr<const FeaturePageData>& page) {
  head_->setPage(page);
  examples_->setPage(page);
  side_->setPage(page);
  scroll_->setVisible(page != nullptr);
}

FigureProvenance FeaturePage::provenance() const {
  const auto& page = model().page();
  return provenanceOf(context_.session.current().get(),
                      page ? std::optional(page->feature.feature) : std::nullopt);
}

const ExamplesModel& FeaturePage::model() const { return examples_->model(); }
void FeaturePage::editLabel() { head_->editLabel(); }
void FeaturePage::toggleBookmark() { head_->toggleBookmark(); }

void FeaturePage::togglePin() {
  const auto& page = model().page();
  if (!page) return;
  const FeatureId feature = page->feature.feature;
  context_.selection.pin(context_.selection.pinned() == feature ? std::nullopt
                                                                : std::optional(feature));
}

void FeaturePage::commit() { side_->commitNotes(); }

}  // namespace featurescope
