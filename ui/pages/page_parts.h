// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <initializer_list>

class QLabel;
class QPushButton;
class QSplitter;
class QVBoxLayout;

namespace featurescope {

/// The title over a table or a picture.
[[nodiscard]] QLabel* makeHeading(const QString& text, const char* objectName);
/// `body` under its heading, taking the room there is.
[[nodiscard]] QWidget* makeColumn(QLabel* heading, QWidget* body);
/// Parts side by side or one above the other, with a hairline between that can be moved. The window
/// remembers where by `objectName`.
[[nodiscard]] QSplitter* makeSplitter(const char* objectName, Qt::Orientation orientation,
                                      std::initializer_list<QWidget*> parts);

/// What a page shows that has nothing yet: why, and what can be done about it.
class EmptyState : public QWidget {
  Q_OBJECT
 public:
  /// `objectName`: of the label.
  EmptyState(const QString& reason, const char* objectName, QWidget* parent = nullptr);

  void setReason(const QString& reason);
  /// The first button is what one probably wants, the others are links. Below the reason.
  QPushButton* addButton(const QString& text);

 private:
  QLabel* reason_;
  QVBoxLayout* buttons_;
};

}  // namespace featurescope
