// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/task_line.h"
#include "ui/bridge/failure.h"

#include <QObject>

#include <functional>
#include <optional>
#include <string>

namespace featurescope {

/// Small work that must not block the GUI thread, as writing a table: done one after the other on a
/// thread of its own. Lives on the GUI thread.
class Errands : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(const std::optional<Failure>&)>;

  using QObject::QObject;

  /// `done` is called on the GUI thread, with the failure if `work` threw ("`what`: why").
  void run(std::string what, std::function<void()> work, Done done);

 private:
  TaskLine thread_;
};

}  // namespace featurescope
