// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace featurescope {

/// One SQLite connection, always in SQLite's defensive mode: no extension, no trigger, and no view
/// or default of the file's own calls a function that does more than compute. All connections
/// together take at most a gigabyte of memory. Every failure becomes a sentence for a person:
/// UserError{BadFile} for a file that is no database, {CannotWrite} for a full disk or a folder
/// without permission, {DatabaseError} for a damaged or locked one; std::bad_alloc, and Interrupted
/// after sqlite3_interrupt. One thread at a time.
class Database {
 public:
  enum class Access {
    Build,   ///< a new file of our own (or a copy of one), in write-ahead mode, for us alone and
             ///< without flushing: it counts only once it is complete and flushed
    Read,    ///< a foreign file, read-only
    Memory,  ///< nothing on disk
  };

  /// `shownPath` is what errors call the file (a file under a temporary name is shown by its final
  /// one).
  Database(const std::filesystem::path& path, Access access,
           const std::filesystem::path& shownPath);
  static Database inMemory();

  /// Runs any number of statements that return nothing we need.
  void execute(const std::string& sql);
  /// The first column of the first row, or 0 without one.
  [[nodiscard]] std::int64_t integer(std::string_view sql) const;
  [[nodiscard]] bool inTransaction() const;
  /// Moves what the write-ahead log holds into the file, which needs no other beside it from then
  /// on. Outside of a transaction, with every statement reset.
  void leaveWriteAheadMode();
  /// Ends the connection, saying what goes wrong (the destructor cannot).
  void close();

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  /// On a file that was there before, the work of each statement is bounded by the file's size:
  /// pages that are linked more than once make a small file endless. Beyond the bound a statement
  /// fails as on a damaged file. To be called by who took SQLite's progress handler for something
  /// else and gives it back.
  void boundWork() const;
  /// While it lives, statements are bounded together, by the work of so many (at least one) that
  /// each read the whole file: what runs many of them must not take as many bounds. One at a time.
  class SharedBound {
   public:
    SharedBound(const Database& database, std::size_t statements);
    ~SharedBound();
    SharedBound(const SharedBound&) = delete;
    SharedBound& operator=(const SharedBound&) = delete;

   private:
    const Database& database_;
    std::uint64_t done_ = 0;
  };
  /// Throws what SQLite's result `code` means here.
  [[noreturn]] void fail(int code) const;

 private:
  friend class Statement;
  /// Instructions of SQLite's machine, and bytes of the values it gave.
  struct Work {
    std::uint64_t most = 0;            ///< of one statement; 0: not bounded
    std::uint64_t* running = nullptr;  ///< done by the statement that runs, or shared
    std::uint64_t* shared = nullptr;   ///< done by all of a SharedBound
    std::uint64_t sharers = 1;

    [[nodiscard]] bool isTooMuch(std::uint64_t done) const {
      return most != 0 && done > most * sharers;
    }
  };
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<Work> work_;  ///< outlives the connection, whose handler points to it
  std::unique_ptr<sqlite3, Close> handle_;
  std::string subject_;  ///< "cannot read x.sqlite"
  bool writes_ = false;
};

/// One prepared statement of a database that outlives it. Parameters count from 1, columns from 0.
class Statement {
 public:
  /// `sql` must hold exactly one statement.
  Statement(const Database& database, std::string_view sql);

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  /// `text` must stay as it is until the statement has run.
  Statement& bind(int parameter, std::string_view text);
  /// Likewise; binds bytes.
  Statement& bindBlob(int parameter, std::string_view bytes);
  Statement& bind(int parameter, const std::optional<double>& value);
  Statement& bind(int parameter, const std::optional<std::int64_t>& value);
  Statement& bindNull(int parameter);

  /// To the next row; false after the last.
  bool step();
  /// Runs a statement that returns no rows and makes it ready to run again.
  void run();
  void reset();
  /// Gives the statement up, so that its database can close; it cannot run again.
  void finalize() { statement_.reset(); }

  [[nodiscard]] bool isNull(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Bytes of SQLite's, there until the next step.
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] std::optional<double> optionalReal(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optionalInteger(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  /// Where its work is counted.
  [[nodiscard]] std::uint64_t& work() const;
  /// A value of the row; cells that share their pages make a small file give many bytes, too.
  [[nodiscard]] std::string_view given(const void* bytes, int size) const;

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  mutable std::uint64_t ownWork_ = 0;  ///< since it was made or reset, where it shares no bound
};

}  // namespace featurescope
