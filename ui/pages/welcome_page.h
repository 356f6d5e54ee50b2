// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace featurescope {

/// What to do while nothing, or a study without an index, is open.
class WelcomePage : public QWidget {
  Q_OBJECT
 public:
  explicit WelcomePage(QWidget* parent = nullptr);

  /// Paths opened before, the latest first.
  void setRecent(const QStringList& paths);
  /// Empty: nothing is open.
  void setStudyWithoutIndex(const QString& studyName);

 signals:
  void openRequested();
  void demoRequested();
  void buildRequested();
  void recentRequested(const QString& path);

 private:
  QLabel* title_;
  QLabel* text_;
  QPushButton *open_, *demo_, *build_;
  QWidget* recent_;
  QVBoxLayout* recentRows_;
};

}  // namespace featurescope
