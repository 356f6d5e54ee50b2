// SPDX-License-Identifier: GPL-3.0-or-later
// featurescope-gui: the window.
#include "core/base/cut_short.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "ui/bridge/paths.h"
#include "ui/window/application.h"
#include "ui/window/event_watchdog.h"
#include "ui/window/main_window.h"

#include <QCommandLineParser>
#include <QTimer>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace featurescope;

/// What was asked for on the command line.
struct Request {
  QString path;
  QString screenshot;
  QString page;
  bool timesStart = false;
  QSize size{1440, 900};
  std::optional<ThemeChoice> theme;
  std::optional<FeatureId> feature;
};

/// Qt's own remarks help nobody who uses the window; what stops it is told like any other error.
void tellQtMessage(QtMsgType type, const QMessageLogContext&, const QString& text) {
  if (type != QtFatalMsg) return;
  std::fprintf(stderr,
               "featurescope-gui: error: cannot start the window: %s (is there a display? "
               "--screenshot needs none)\n",
               qPrintable(text.section(u'\n', 0, 0)));
  std::_Exit(1);
}

[[noreturn]] void endWith(int status, const std::string& line) {
  std::fprintf(stderr, "featurescope-gui: error: %s\n", line.c_str());
  std::exit(status);
}

/// "1440x900"
std::optional<QSize> parseSize(const QString& text) {
  const QStringList parts = text.split(u'x');
  if (parts.size() != 2) return std::nullopt;
  const QSize size(parts[0].toInt(), parts[1].toInt());
  const bool fits = size.width() >= 400 && size.height() >= 300 && size.width() <= 16384 &&
                    size.height() <= 16384;
  return fits ? std::optional(size) : std::nullopt;
}

Request parse(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      "The window of Featurescope, an explorer for sparse-autoencoder features.\n"
      "Example: featurescope-gui my-study");
  const QCommandLineOption help({"h", "help"}, "Shows this help.");
  const QCommandLineOption version({"v", "version"}, "Shows the version.");
  const QCommandLineOption screenshot(
      "screenshot", "Saves a picture of the window with STUDY loaded and quits; needs no display.",
      "FILE.png");
  const QCommandLineOption size("size", "The window's size in pixels, 1440x900 by default.", "WxH");
  const QCommandLineOption theme("theme", "light, dark or system; remembered.", "NAME");
  const QCommandLineOption feature("feature", "The feature to show first.", "ID");
  const QCommandLineOption page("page", "The page to show first, as geometry.", "NAME");
  const QCommandLineOption timeStart(
      "time-start",
      "Prints how long it took until the first feature of STUDY was shown, and quits; needs no "
      "display.");
  parser.addOptions({help, version, screenshot, size, theme, feature, page, timeStart});
  parser.addPositionalArgument("STUDY", "A study's folder, its study.json or an index.", "[STUDY]");

  if (!parser.parse(arguments)) {
    std::vector<std::string> known;
    for (const char* name :
         {"help", "version", "screenshot", "size", "theme", "feature", "page", "time-start"}) {
      known.emplace_back(name);
    }
    std::string next;
    const QStringList unknown = parser.unknownOptionNames();
    if (!unknown.isEmpty()) next = nearestName(unknown.first().toStdString(), known);
    endWith(2, parser.errorText().toStdString() +
                   (next.empty() ? " (see --help)" : " (did you mean --" + next + "?)"));
  }
  if (parser.isSet(help)) {
    std::fputs(qPrintable(parser.helpText()), stdout);
    std::exit(0);
  }
  if (parser.isSet(version)) {
    const std::string text(programVersion());
    std::printf("featurescope-gui %s\n", text.c_str());
    std::exit(0);
  }

  Request request;
  const QStringList positional = parser.positionalArguments();
  if (positional.size() > 1) endWith(2, "more than one study is given (give one)");
  request.path = positional.value(0);
  request.screenshot = parser.value(screenshot);
  request.page = parser.value(page);
  request.timesStart = parser.isSet(timeStart);
  for (const QCommandLineOption* option : {&screenshot, &timeStart}) {
    if (!parser.isSet(*option) || !request.path.isEmpty()) continue;
    endWith(2, "--" + option->names().first().toStdString() + " needs a study (name it last)");
  }
  if (parser.isSet(size)) {
    const auto asked = parseSize(parser.value(size));
    if (!asked) endWith(2, "--size must look like 1440x900");
    request.size = *asked;
  }
  if (parser.isSet(theme)) {
    const auto choice = QStringList{"light", "dark", "system"}.indexOf(parser.value(theme));
    if (choice < 0) endWith(2, "--theme must be light, dark or system");
    request.theme = static_cast<ThemeChoice>(choice);
  }
  if (parser.isSet(feature)) {
    bool ok = false;
    const int id = parser.value(feature).toInt(&ok);
    if (!ok || id < 0) endWith(2, "--feature must be an id, 0 or larger");
    request.feature = FeatureId{id};
  }
  return request;
}

void endWithFailures(MainWindow& window) {
  QObject::connect(&window, &MainWindow::failureShown, &window, [](const Failure& failure) {
    endWith(1, failure.sentence().toStdString() +
                   (failure.next.isEmpty() ? "" : " (" + failure.next.toStdString() + ")"));
  });
}

/// Since the kernel started this process: the loading of libraries counts.
double secondsSinceStart() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The 22nd field, in clock ticks since the machine was started; a name in brackets comes second.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 -
         std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void timeStart(MainWindow& window) {
  endWithFailures(window);
  QObject::connect(&window, &MainWindow::pageShown, &window, [&window] {
    window.repaint();
    std::printf("usable after %.2f s, %.2f s of them without a processor\n", secondsSinceStart(),
                static_cast<double>(nanosecondsWithoutProcessor()) / 1e9);
    QCoreApplication::exit(0);
  });
}

/// Saves the window's picture as soon as the page that was asked for is on it.
void takeScreenshot(MainWindow& window, const Request& request) {
  endWithFailures(window);
  const auto take = [&] {
    // Later, when the layout has settled and the status line is complete.
    QTimer::singleShot(500, &window, [&] {
      const bool saved = window.grab().save(request.screenshot, "PNG");
      if (!saved) {
        endWith(1, "cannot write " + request.screenshot.toStdString() +
                       ": its folder cannot be written (choose another)");
      }
      QCoreApplication::exit(0);
    });
  };
  QObject::connect(&window, &MainWindow::welcomeShown, &window, take);
  QObject::connect(&window, &MainWindow::pageShown, &window,
                   [&window, &request, take](FeatureId shown) {
                     if (request.feature && shown != *request.feature) {
                       window.goTo(*request.feature);
                     } else {
                       take();
                     }
                   });
}

int runWindow(int argc, char** argv) {
  Application application(argc, argv);
  const Request request = parse(Application::arguments());
  const bool pictured = !request.screenshot.isEmpty() || request.timesStart;
  // A picture shows the window as it comes, not as this person left it.
  WindowSettings settings = pictured ? WindowSettings{} : WindowSettings::load();
  if (pictured) settings.theme = ThemeChoice::Light;
  if (request.theme) settings.theme = *request.theme;
  MainWindow window(settings);
  QObject::connect(&application, &Application::failed, &window, &MainWindow::showFailure);
  if (pictured) {
    window.setRemembering(false);
    window.resize(request.size);
    if (request.timesStart) {
      timeStart(window);
    } else {
      takeScreenshot(window, request);
    }
  } else if (request.feature) {
    QObject::connect(
        &window, &MainWindow::pageShown, &window, [&] { window.goTo(*request.feature); },
        Qt::SingleShotConnection);
  }
  if (!request.page.isEmpty() && !window.showPage(request.page)) {
    endWith(2, "--page knows no page " + request.page.toStdString() + " (try feature or geometry)");
  }
  window.show();
  if (request.path.isEmpty()) {
    window.reopenLast();
  } else {
    window.open(toPath(request.path));
  }
  return Application::exec();
}

}  // namespace

int main(int argc, char** argv) {
  endWhereMappedBytesAreGone();
  qInstallMessageHandler(tellQtMessage);
  // What needs no display must run without one.
  for (int i = 1; i < argc; ++i) {
    for (const char* flag : {"--screenshot", "--time-start", "--help", "-h", "--version", "-v"}) {
      if (std::strncmp(argv[i], flag, std::strlen(flag)) == 0) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
      }
    }
  }
  try {
    return runWindow(argc, argv);
  } catch (...) {
    const Failure failure = currentFailure("cannot start the window");
    std::fprintf(stderr, "featurescope-gui: error: %s\n", qPrintable(failure.sentence()));
    return 1;
  }
}
