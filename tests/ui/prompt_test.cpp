// SPDX-License-Identifier: GPL-3.0-or-later
// The Prompt page on the demo's model: live, the latest prompt wins, features and predictions.
#include "core/analysis/inspect_prompt.h"
#include "core/base/files.h"
#include "core/study/demo.h"
#include "tests/ui/window_parts.h"
#include "ui/pages/prompt_history.h"
#include "ui/pages/prompt_page.h"
#include "ui/pages/result_table.h"
#include "ui/pages/token_flow.h"
#include "ui/window/application.h"
#include "ui/window/theme.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>

using namespace featurescope;

class PromptTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { demo_ = resourceFolder() / "demo"; }

  void init() {
    parts_ = std::make_unique<test::WindowParts>();
    page_ = std::make_unique<PromptPage>(parts_->context);
    page_->setRemembering(false);
    page_->setColors(Theme::light().pageColors(Theme::light().window), Theme::light().plotColors());
    page_->resize(800, 600);
    page_->show();
  }

  void cleanup() {
    page_.reset();
    parts_.reset();
  }

  void withoutAnIndexItSaysWhatToDo() {
    QVERIFY(find<QLabel>("promptReason")->isVisible());
    QVERIFY(find<QLabel>("promptReason")->text().contains("Open one"));
  }

  void aTypedTextShowsItsFeaturesAsTheCommandLineDoes() {
    openDemo();
    QSignalSpy answered(page_.get(), &PromptPage::answered);
    const QString prompt = "In winter the frogs come to the banks.";
    QTest::keyClicks(find<QPlainTextEdit>("promptInput"), prompt);
    QTRY_VERIFY_WITH_TIMEOUT(!answered.isEmpty() && text() == prompt, 20'000);
    const auto expected = inspect(prompt);
    QCOMPARE(flow()->tokens().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      flow()->setCurrent(i);
      ResultTableModel& features = table("promptFeatures")->cells();
      QCOMPARE(features.rowCount(), static_cast<int>(expected[i].activations.size()));
      for (int row = 0; row < features.rowCount(); ++row) {
        QCOMPARE(
            features.key(row),
            std::int64_t{expected[i].activations[static_cast<std::size_t>(row)].feature.value});
      }
    }
    QVERIFY(find<QLabel>("promptSummary")->text().contains("with the SAE"));
    QCOMPARE(table("promptNext")->cells().rowCount(), 10);
  }

  void theLatestPromptWins() {
    openDemo();
    QSignalSpy answered(page_.get(), &PromptPage::answered);
    for (int i = 0; i < 30; ++i) page_->setPrompt(QString("frog ").repeated(i + 1));
    QTRY_VERIFY_WITH_TIMEOUT(!answered.isEmpty() && text() == QString("frog ").repeated(30),
                             20'000);
    QVERIFY(answered.size() < 30);
  }

  void aClickedFeatureIsChosenForTheWholeWindow() {
    openDemo();
    answer("the team lost");
    flow()->setCurrent(1);
    ResultTable* features = table("promptFeatures");
    const QModelIndex second = features->model()->index(1, 0);
    QTest::mouseClick(features->viewport(), Qt::LeftButton, {},
                      features->visualRect(second).center());
    QCOMPARE(parts_->selection.feature()->value, second.data().toInt());
    // And tokens can be coloured by it.
    auto* coloring = find<QComboBox>("promptColoring");
    coloring->setCurrentIndex(1);
    QVERIFY(coloring->currentText().contains(second.data().toString()));
    QVERIFY(flow()->tokens()[1].strength > 0);
  }

  void aTokenIsChosenByMouseAndKeys() {
    openDemo();
    answer("the team lost four matches");
    QTest::mouseClick(flow()->viewport(), Qt::LeftButton, {}, flow()->tokenRect(1).center());
    QCOMPARE(flow()->current(), std::optional<std::size_t>(1));
    QTest::keyClick(flow(), Qt::Key_Right);
    QCOMPARE(flow()->current(), std::optional<std::size_t>(2));
    QTest::keyClick(flow(), Qt::Key_Home);
    QCOMPARE(flow()->current(), std::optional<std::size_t>(0));
  }

  void aPromptOfAnotherPageComesToTheFront() {
    openDemo();
    QSignalSpy front(page_.get(), &Page::frontRequested);
    parts_->selection.sendToPrompt("a frog");
    QCOMPARE(front.size(), 1);
    QCOMPARE(find<QPlainTextEdit>("promptInput")->toPlainText(), QString("a frog"));
  }

  void historyKeepsTheLatestFirstAndOnlyWholePrompts() {
    QStringList history;
    addPrompt(history, "In win");
    addPrompt(history, "In winter");
    addPrompt(history, "The frog");
    addPrompt(history, "In winter");
    QCOMPARE(history, (QStringList{"In winter", "The frog"}));
    QCOMPARE(shortened("a\nb").size(), qsizetype{3});
    QCOMPARE(shortened(QString("x").repeated(100)).size(), qsizetype{60});
  }

  void aModelThatIsGoneIsSaidWithItsReason() {
    auto opened = std::make_shared<OpenedIndex>();
    opened->provenance = {{"model", "/nowhere/model"},
                          {"sae", "/nowhere/sae"},
                          {"site", "gpt_neox.layers.1.mlp.dense_4h_to_h"}};
    page_->setOpened(opened);
    page_->setPrompt("a frog");
    auto* reason = find<QLabel>("promptReason");
    QTRY_VERIFY2(reason->text().contains("/nowhere"), qPrintable(reason->text()));
  }

  void itsTablesAreGoodModels() {
    const QAbstractItemModelTester tester(&table("promptNext")->cells(),
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    openDemo();
    answer("the team");
    answer("lost");
    QVERIFY(table("promptNext")->tabSeparated().startsWith("model\tp\twith the SAE\tp\n"));
  }

 private:
  void openDemo() {
    QSignalSpy opened(&parts_->session, &IndexSession::opened);
    parts_->session.open(demo_);
    QTRY_COMPARE(opened.size(), 1);
    page_->setOpened(parts_->session.current());
  }

  void answer(const QString& prompt) {
    QSignalSpy answered(page_.get(), &PromptPage::answered);
    page_->setPrompt(prompt);
    QTRY_COMPARE_WITH_TIMEOUT(answered.size(), 1, 20'000);
  }

  std::vector<PromptToken> inspect(const QString& prompt) const {
    SilentProgress silent;
    return inspectPrompt({.model = demo_ / "model",
                          .sae = demo_ / "sae",
                          .site = {Layer{1}, SiteKind::MlpOut},
                          .prompt = prompt.toStdString(),
                          .compute = {}},
                         {.stop = {}, .progress = silent});
  }

  /// The tokens on the page as one text.
  QString text() {
    QString all;
    for (const FlowToken& token : flow()->tokens()) all += token.text;
    return all.replace(QChar(0x00B7), ' ');
  }

  TokenFlow* flow() { return page_->findChild<TokenFlow*>(); }
  ResultTable* table(const char* name) { return page_->findChild<ResultTable*>(name); }
  template <class Widget>
  Widget* find(const char* name) {
    return page_->findChild<Widget*>(name);
  }

  std::filesystem::path demo_;
  std::unique_ptr<test::WindowParts> parts_;
  std::unique_ptr<PromptPage> page_;
};

int main(int argc, char** argv) {
  Application application(argc, argv);
  PromptTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "prompt_test.moc"
