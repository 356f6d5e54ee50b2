// SPDX-License-Identifier: GPL-3.0-or-later
// featurescope-gui as a shell sees it.
#include "core/base/files.h"
#include "core/study/demo.h"
#include "core/study/study.h"
#include "tests/ui/sample_index.h"

#include <QImage>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>

using namespace featurescope;

namespace {

struct Run {
  int status = -1;
  QString out, error;
};

Run runProgram(const QStringList& arguments) {
  QProcess process;
  process.start(qEnvironmentVariable("FEATURESCOPE_BIN") + "/featurescope-gui", arguments);
  if (!process.waitForFinished(60'000)) return {};
  return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
          QString::fromUtf8(process.readAllStandardError())};
}

/// By the program's own account, without the time in which it had no processor.
double secondsToStart(const std::filesystem::path& study) {
  const Run run = runProgram({"--time-start", QString::fromStdString(study.string())});
  static const QRegularExpression kSentence(
      "^usable after ([0-9.]+) s, ([0-9.]+) s of them without a processor\n$");
  const auto match = kSentence.match(run.out);
  if (!match.hasMatch()) qFatal("%s%s", qPrintable(run.out), qPrintable(run.error));
  qInfo("%s: %s", study.filename().c_str(), qPrintable(run.out.trimmed()));
  return match.captured(1).toDouble() - match.captured(2).toDouble();
}

}  // namespace

class ProgramTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    const QString program = qEnvironmentVariable("FEATURESCOPE_BIN") + "/featurescope-gui";
    if (!QFile::exists(program)) QSKIP("featurescope-gui is not built");
    test::SampleIndex{.features = 200, .sequences = 20, .top = 10}.write(index_);
  }

  void helpAndVersionNeedNoDisplay() {
    const Run help = runProgram({"--help"});
    QCOMPARE(help.status, 0);
    QVERIFY(help.out.contains("--screenshot"));
    const Run version = runProgram({"--version"});
    QCOMPARE(version.status, 0);
    QVERIFY(version.out.startsWith("featurescope-gui "));
  }

  void anUnknownFlagNamesTheNearestAndEndsWithTwo() {
    const Run run = runProgram({"--screnshot", "x.png"});
    QCOMPARE(run.status, 2);
    QVERIFY(run.error.contains("did you mean --screenshot?"));
    QCOMPARE(runProgram({"--theme", "pink"}).status, 2);
    QCOMPARE(runProgram({"--size", "10"}).status, 2);
  }

  void withoutADisplayItSaysSo() {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("QT_QPA_PLATFORM", "xcb");
    environment.insert("DISPLAY", ":4099");
    process.setProcessEnvironment(environment);
    process.start(qEnvironmentVariable("FEATURESCOPE_BIN") + "/featurescope-gui", QStringList());
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 1);
    const QString said = QString::fromUtf8(process.readAllStandardError()).trimmed();
    QVERIFY2(said.startsWith("featurescope-gui: error: cannot start the window"), qPrintable(said));
    QVERIFY(!said.contains('\n'));
  }

  void aScreenshotShowsTheLoadedIndex() {
    const auto picture = folder_.path() / "window.png";
    const Run run = runProgram({"--screenshot", QString::fromStdString(picture.string()), "--size",
                                "1200x800", QString::fromStdString(index_.string())});
    QCOMPARE(run.status, 0);
    const QImage image(QString::fromStdString(picture.string()));
    QCOMPARE(image.size(), QSize(1200, 800));
    // The peak tokens are painted on orange.
    int orange = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        const QColor color = image.pixelColor(x, y);
        if (color.hsvHue() > 15 && color.hsvHue() < 40 && color.hsvSaturation() > 120) ++orange;
      }
    }
    QVERIFY(orange > 500);
  }

  void aLargeIndexIsOpenSoonAfterTheStart() {
    // Stated: under 1.5 s with 32,768 features and a million tokens, on a machine that does nothing
    // else. Twice that, without the time in which others had the processor, is wrong anywhere.
    const auto large = folder_.path() / "large.sqlite";
    test::SampleIndex{.features = 32'768, .sequences = 7'813, .top = 8}.write(large);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) best = std::min(best, secondsToStart(large));
    QVERIFY2(best < 3, qPrintable(QString::number(best)));
  }

  void theDemoIsOpenSoonAfterTheStart() {
    (void)makeDemoStudy(folder_.path() / "demo", false);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) best = std::min(best, secondsToStart(folder_.path() / "demo"));
    QVERIFY2(best < 2, qPrintable(QString::number(best)));
  }

  void aScreenshotOfAStudyWithoutAnIndexShowsWhatToDoNext() {
    const auto study = Study::create(folder_.path() / "empty", "Empty study", false);
    const auto picture = folder_.path() / "empty.png";
    const Run run = runProgram({"--screenshot", QString::fromStdString(picture.string()),
                                QString::fromStdString(study.folder.string())});
    QCOMPARE(run.status, 0);
    QCOMPARE(QImage(QString::fromStdString(picture.string())).size(), QSize(1440, 900));
  }

  void aScreenshotOfNothingEndsWithOneAndTheReason() {
    const Run run = runProgram({"--screenshot", "x.png", "/nowhere/index.sqlite"});
    QCOMPARE(run.status, 1);
    const QString last = run.error.trimmed().split('\n').last();
    QVERIFY2(last.startsWith("featurescope-gui: error: "), qPrintable(run.error));
  }

 private:
  TemporaryFolder folder_;
  std::filesystem::path index_ = folder_.path() / "index.sqlite";
};

QTEST_GUILESS_MAIN(ProgramTest)
#include "program_test.moc"
