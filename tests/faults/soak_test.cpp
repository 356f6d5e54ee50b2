// SPDX-License-Identifier: GPL-3.0-or-later
// Use that goes on for hours: a window and its jobs for as long as FEATURESCOPE_SOAK_MINUTES says,
// with FEATURESCOPE_SOAK_PAUSE seconds between rounds (./dev soak MINUTES; a single round without
// them). Memory and handles stay as they are, and nothing keeps the window's thread for long. Every
// round is a row of FEATURESCOPE_SOAK_FIGURES.
#include "core/base/files.h"
#include "core/study/demo.h"
#include "tests/ui/sample_index.h"
#include "tests/ui/scripted_session.h"
#include "ui/bridge/evaluation_form.h"
#include "ui/bridge/fine_tuning_form.h"
#include "ui/bridge/index_form.h"
#include "ui/pages/prompt_page.h"
#include "ui/plots/figure_export.h"
#include "ui/plots/figure_menu.h"
#include "ui/window/application.h"
#include "ui/window/event_watchdog.h"

#include <QPixmapCache>
#include <QPlainTextEdit>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

using namespace featurescope;

namespace {

constexpr double kLongestBlockMilliseconds = 100;
constexpr int kSwitches = 60;
constexpr int kRoundsAWindow = 10;
/// Caches and allocators are full after so many rounds.
constexpr std::size_t kWarmRounds = 12;
/// From the first quarter of the rounds after that to their last.
constexpr double kMostGrowthInUse = 8;  // megabytes
constexpr double kMostGrowthResident = 40;

struct Figures {
  double seconds = 0;
  test::Memory memory;
  std::ptrdiff_t handles = 0, threads = 0;
  double longestBlock = 0;
  QString longestEvent;
};

std::ptrdiff_t entriesOf(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return std::distance(begin(entries), end(entries));
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// By how much the last quarter of the rounds lies above the first.
template <class Figure>
double growth(std::span<const Figures> rounds, Figure figure) {
  const std::size_t quarter = std::max<std::size_t>(1, rounds.size() / 4);
  const auto middleOf = [&](std::span<const Figures> some) {
    std::vector<double> values;
    values.reserve(some.size());
    for (const Figures& each : some) values.push_back(static_cast<double>(figure(each)));
    return median(std::move(values));
  };
  return middleOf(rounds.last(quarter)) - middleOf(rounds.first(quarter));
}

}  // namespace

class SoakTest : public QObject {
  Q_OBJECT
 public:
  explicit SoakTest(Application& application) : application_(application) {}

 private slots:
  void initTestCase() {
    test::SampleIndex{.features = 32'768, .sequences = 400, .top = 8}.write(large_);
    const QString file = qEnvironmentVariable("FEATURESCOPE_SOAK_FIGURES");
    if (!file.isEmpty()) figures_.open(file.toStdString());
    figures_ << "seconds,round,in_use_mb,resident_mb,handles,threads,longest_block_ms,"
                "longest_event\r\n";
  }

  void useLeavesNothingBehindAndNeverBlocks() {
    using Clock = std::chrono::steady_clock;
    const std::chrono::duration<double, std::ratio<60>> asked(
        qEnvironmentVariable("FEATURESCOPE_SOAK_MINUTES").toDouble());
    const auto began = Clock::now();
    do {
      EventWatchdog watchdog;
      application_.watch(&watchdog);
      round();
      application_.watch(nullptr);
      if (QTest::currentTestFailed()) return;
      note(std::chrono::duration<double>(Clock::now() - began).count(), watchdog);
      QTest::qWait(qEnvironmentVariableIntValue("FEATURESCOPE_SOAK_PAUSE") * 1000);
    } while (Clock::now() - began < asked);
    window_.reset();
    const auto worst = std::ranges::max_element(rounds_, {}, &Figures::longestBlock);
    QVERIFY2(worst->longestBlock < kLongestBlockMilliseconds, qPrintable(worst->longestEvent));
    if (rounds_.size() < 2 * kWarmRounds) return;
    const auto warm = std::span(rounds_).subspan(kWarmRounds);
    const double inUse = growth(warm, [](const Figures& each) { return each.memory.inUse; });
    const double resident = growth(warm, [](const Figures& each) { return each.memory.resident; });
    qInfo("growth over %zu rounds: %.2f MB in use, %.2f MB resident", warm.size(), inUse, resident);
    QVERIFY(inUse < kMostGrowthInUse);
    QVERIFY(resident < kMostGrowthResident);
    QVERIFY(growth(warm, [](const Figures& each) { return each.handles; }) <= 0);
    QVERIFY(growth(warm, [](const Figures& each) { return each.threads; }) <= 0);
  }

 private:
  void round() {
    if (rounds_.size() % kRoundsAWindow == 0) {
      window_.reset();
      std::filesystem::remove_all(folder_.path() / "made");
      std::filesystem::remove_all(study_);
      (void)makeDemoStudy(study_, false);
      WindowSettings settings;
      settings.theme = ThemeChoice::Light;
      window_ = std::make_unique<MainWindow>(settings);
      window_->show();
      QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    const auto made = folder_.path() / "made" / std::to_string(rounds_.size());
    test::ScriptedSession session(*window_, made / "runs");
    session.open(large_);
    session.explore(kSwitches);
    session.trainAndStop();
    session.open(study_);
    typeAPrompt();
    buildAnIndex(made / "index.sqlite");
    fineTune(made / "fine-tuning");
    evaluate(made / "evaluation.json");
    exportFigures();
    for (const auto& job : std::vector(window_->jobs().jobs())) window_->jobs().dismiss(job.id);
  }

  void typeAPrompt() {
    QVERIFY(window_->showPage("Prompt"));
    auto* page = window_->findChild<PromptPage*>();
    QSignalSpy answered(page, &PromptPage::answered);
    auto* input = page->findChild<QPlainTextEdit*>("promptInput");
    input->clear();
    QTest::keyClicks(input, QString("The king of round %1 crossed the river.").arg(rounds_.size()));
    QTRY_VERIFY_WITH_TIMEOUT(!answered.isEmpty(), 60'000);
  }

  [[nodiscard]] FormValues onTheDemo(FormValues values, const std::filesystem::path& out) const {
    values.set("--model", toQString(demo_ / "model"));
    values.set("--sae", toQString(demo_ / "sae"));
    values.set("--layer", "1");
    values.set("--text", toQString(demo_ / "texts" / "chess.txt"));
    values.set("--out", toQString(out));
    return values;
  }

  void waitForTheJob() {
    QVERIFY(!window_->jobs().jobs().empty());
    QTRY_VERIFY_WITH_TIMEOUT(!window_->jobs().busy(), 120'000);
    const Job& job = window_->jobs().jobs().back();
    QVERIFY2(job.state == JobState::Done, qPrintable(job.log.join('\n')));
  }

  void buildAnIndex(const std::filesystem::path& out) {
    FormValues values = onTheDemo(IndexForm().initialValues(), out);
    values.set("--tokens", "8192");
    window_->desk().startIndex(values);
    waitForTheJob();
  }

  void fineTune(const std::filesystem::path& out) {
    FormValues values = onTheDemo(FineTuningForm().initialValues(), out);
    for (const auto& [flag, value] :
         {std::pair{"--epochs", "1"}, {"--steps-per-epoch", "4"}, {"--batch", "2"}}) {
      values.set(flag, value);
    }
    window_->desk().startFineTuning(values);
    waitForTheJob();
  }

  void evaluate(const std::filesystem::path& out) {
    FormValues values = onTheDemo(EvaluationForm().initialValues(), out);
    values.set("--tokens", "512");
    window_->desk().startEvaluation(values);
    waitForTheJob();
  }

  void exportFigures() {
    for (const FigureMenu* menu : window_->findChildren<FigureMenu*>()) {
      if (!menu->view().isVisible()) continue;
      for (const FigureFormat format : {FigureFormat::Pdf, FigureFormat::Png}) {
        FigureFile file;
        file.format = format;
        const Figure shown = menu->figure();
        QVERIFY(!shown.draw || !renderFile(shown, file).isEmpty());
      }
    }
  }

  void note(double seconds, const EventWatchdog& watchdog) {
    // Qt keeps up to 10 MB of pictures that were drawn, which takes an hour to fill.
    QPixmapCache::clear();
    const Figures now{seconds,
                      test::Memory::now(),
                      entriesOf("/proc/self/fd"),
                      entriesOf("/proc/self/task"),
                      watchdog.longestMilliseconds(),
                      watchdog.longestEvent()};
    rounds_.push_back(now);
    figures_ << qPrintable(QString("%1,%2,%3,%4,%5,%6,%7,\"%8\"\r\n")
                               .arg(now.seconds, 0, 'f', 1)
                               .arg(rounds_.size())
                               .arg(now.memory.inUse, 0, 'f', 2)
                               .arg(now.memory.resident, 0, 'f', 2)
                               .arg(now.handles)
                               .arg(now.threads)
                               .arg(now.longestBlock, 0, 'f', 1)
                               .arg(now.longestEvent))
             << std::flush;
  }

  Application& application_;
  TemporaryFolder folder_;
  std::filesystem::path large_ = folder_.path() / "large.sqlite";
  std::filesystem::path study_ = folder_.path() / "study";
  std::filesystem::path demo_ = resourceFolder() / "demo";
  std::unique_ptr<MainWindow> window_;
  std::vector<Figures> rounds_;
  std::ofstream figures_;
};

int main(int argc, char** argv) {
  // The person's settings are not ours to touch.
  const TemporaryFolder home;
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home.path() / "config").string()));
  qputenv("XDG_DATA_HOME", QByteArray::fromStdString((home.path() / "data").string()));
  // oneDNN keeps the programs of the last 1024 shapes, some 10 kB each, which takes hours to fill:
  // with few, what still grows is ours.
  qputenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32");
  qputenv("QTEST_FUNCTION_TIMEOUT", "36000000");  // milliseconds
  Application application(argc, argv);
  SoakTest test(application);
  return QTest::qExec(&test, argc, argv);
}

#include "soak_test.moc"
