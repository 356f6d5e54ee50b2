// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/task_line.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/opened_index.h"

#include <QObject>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace featurescope {

class IndexReader;

/// The index the window shows. Lives on the GUI thread and never blocks it: the database is opened
/// and read on a thread of its own, answers come as signals. Every question has a number; only the
/// answer to the latest is passed on, and a query that is stale while it runs is interrupted.
class IndexSession : public QObject {
  Q_OBJECT
 public:
  explicit IndexSession(QObject* parent = nullptr);
  ~IndexSession() override;

  /// Opens a study folder, a study.json or an index. `index`: which index of a study; empty, or
  /// gone since: its first. What was open stays so until `opened`, also when opening fails.
  void open(const std::filesystem::path& path, const std::filesystem::path& index = {});

  /// Asks for a feature's page; `pageReady` comes at once when it is at hand. `neighbours` are read
  /// ahead afterwards, nearest first.
  void showFeature(FeatureId feature, std::vector<FeatureId> neighbours = {});

  /// Asks for many tokens around a position of the corpus; `contextReady` answers the latest such
  /// question.
  void showContext(FeatureId feature, Position position);

  /// Nothing before the first `opened`.
  [[nodiscard]] const std::shared_ptr<const OpenedIndex>& current() const { return current_; }
  [[nodiscard]] bool isOpening() const { return opening_; }

 signals:
  void opening(const QString& path);
  void opened(std::shared_ptr<const featurescope::OpenedIndex> index);
  void openFailed(const QString& path, const featurescope::Failure& failure);
  void pageReady(std::shared_ptr<const featurescope::FeaturePageData> page);
  void pageFailed(featurescope::FeatureId feature, const featurescope::Failure& failure);
  void contextReady(std::shared_ptr<const featurescope::WideContext> context);

 private:
  using Question = std::uint64_t;
  using Page = std::shared_ptr<const FeaturePageData>;

  /// Pages that were read, the latest used first; bounded.
  class PageCache {
   public:
    [[nodiscard]] Page find(FeatureId feature);
    void insert(FeatureId feature, Page page);
    void clear();

   private:
    std::list<std::pair<FeatureId, Page>> pages_;
    std::unordered_map<FeatureId, std::list<std::pair<FeatureId, Page>>::iterator> place_;
  };

  /// Everything below runs on the session's thread.
  void openThere(const std::filesystem::path& path, const std::filesystem::path& index,
                 Question question);
  void readPageThere(FeatureId feature, Question question, Question opening);
  void readAheadThere(const std::vector<FeatureId>& features, Question question, Question opening);
  [[nodiscard]] Page readPage(FeatureId feature) const;
  void readContextThere(FeatureId feature, Position position, Question question, Question opening);
  void setRunning(Question question);

  /// Starts a new question: older ones are stale from now on, a running one is interrupted.
  Question ask();
  void readAhead(const std::vector<FeatureId>& features, Question question);

  std::shared_ptr<const OpenedIndex> current_;
  bool opening_ = false;
  Question currentOpening_ = 0;  ///< the question that `current_` answers; pages carry it
  PageCache cache_;

  std::atomic<Question> latest_{0};
  std::atomic<Question> latestOpening_{0};
  std::atomic<Question> latestContext_{0};
  std::mutex interruptMutex_;             ///< guards the two below
  Question running_ = 0;                  ///< the question whose query runs now
  const IndexReader* reading_ = nullptr;  ///< the reader it runs on

  std::unique_ptr<IndexReader> reader_;  ///< the session thread's
  Question readerOpening_ = 0;           ///< the session thread's
  TaskLine thread_;                      ///< last: it ends before what it uses
};

}  // namespace featurescope
