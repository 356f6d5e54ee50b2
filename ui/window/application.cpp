// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/application.h"

#include "core/base/version.h"
#include "ui/bridge/hand_over.h"
#include "ui/pages/fonts.h"
#include "ui/window/event_watchdog.h"

#include <QIcon>
#include <QLocale>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

static void initialiseResources() { Q_INIT_RESOURCE(window); }

namespace featurescope {

namespace {

/// The C library opens heaps for new threads up to eight a core, and each comes to keep 64 MB of
/// what it was freed. Jobs come and go on threads of their own: the window grew for an hour. With
/// few heaps, and large blocks given back at once, it stays as large as what it shows.
void keepHeapsSmall() {
#if defined(__GLIBC__)
  constexpr int kHeaps = 4;
  constexpr int kLargeBlock = 1 << 20;
  ::mallopt(M_ARENA_MAX, kHeaps);
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  ::mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlock);
#endif
}

}  // namespace

Application::Application(int& argc, char** argv) : QApplication(argc, argv) {
  keepHeapsSmall();
  initialiseResources();
  const std::string_view version = programVersion();
  setApplicationName("featurescope");
  setApplicationDisplayName("Featurescope");
  setApplicationVersion(QString::fromUtf8(version.data(), static_cast<qsizetype>(version.size())));
  setDesktopFileName("org.featurescope.Featurescope");
  setFont(textFont());  // before there are widgets: those that exist would keep the font they have
  setWindowIcon(QIcon(":/icons/featurescope.svg"));
  // The C locale groups no digits; the window's language is English.
  if (QLocale().language() == QLocale::C) QLocale::setDefault(QLocale(QLocale::English));
}

namespace {

/// One delivery of an event, watched.
class Delivery {
 public:
  Delivery(EventWatchdog* watchdog, const QObject& receiver, const QEvent& event)
      : watchdog_(watchdog) {
    if (watchdog_ != nullptr) watchdog_->begin(receiver, event);
  }
  ~Delivery() {
    if (watchdog_ != nullptr) watchdog_->end();
  }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

 private:
  EventWatchdog* watchdog_;
};

}  // namespace

bool Application::notify(QObject* receiver, QEvent* event) {
  const Delivery delivery(watchdog_, *receiver, *event);
  try {
    return QApplication::notify(receiver, event);
  } catch (...) {
    const Failure failure = currentFailure("cannot do that");
    handOver(this, [this, failure] { emit failed(failure); });
    return true;
  }
}

}  // namespace featurescope
