// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"

#include "core/base/error.h"

#include <sqlite3.h>

#include <array>
#include <cctype>
#include <fstream>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

// A damaged or hostile file must not make us allocate more than this for one value.
constexpr int kLongestValue = 16 << 20;
constexpr int kLongestSql = 1 << 20;
constexpr sqlite3_int64 kMostMemory = sqlite3_int64{1} << 30;
// Honest statements take at most a few a byte: the texts of the whole corpus four.
constexpr std::uint64_t kWorkAlwaysAllowed = 20'000'000;  // a quarter of a second
constexpr std::uint64_t kWorkPerByte = 20;
constexpr int kWorkBetweenLooks = 10'000;

/// True when readers of this file need a write-ahead log beside it (file format, offset 19).
bool readsWithWriteAheadLog(const fs::path& path) {
  std::array<char, 20> header{};
  std::ifstream file(path, std::ios::binary);
  return file.read(header.data(), header.size()) && header[19] == 2;
}

std::string percentEncoded(const std::string& path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '-' || c == '_';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

/// Somebody may have put the file into write-ahead mode; without its log SQLite would want to make
/// one beside it, which a folder we cannot write forbids. Nothing is in that log: read the file
/// alone.
std::string readUri(const fs::path& path) {
  fs::path log = path;
  log += "-wal";
  const bool alone = readsWithWriteAheadLog(path) && !fs::exists(log);
  return "file:" + percentEncoded(fs::absolute(path).string()) + "?mode=ro" +
         (alone ? "&immutable=1" : "");
}

void openDefensively(sqlite3* handle) {
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
        std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}}) {
    sqlite3_db_config(handle, option, value, nullptr);
  }
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestValue);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kLongestSql);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_hard_heap_limit64(kMostMemory);
}

/// No memory map: a file cut short behind our back must be an error, not a bus error.
constexpr const char* kReadSettings =
    "PRAGMA mmap_size = 0; PRAGMA query_only = 1; PRAGMA cell_size_check = 1;"
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;";

/// Locked as a whole before the log begins, so that the log's index stays in memory. What is not
/// flushed here is flushed before the file gets its final name.
constexpr const char* kBuildSettings =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA secure_delete = OFF;";

/// SQLite also calls it a want of memory when a damaged file names a size that no value has,
/// without asking for any. Memory is not what it wants where it gets as much as it ever held, and
/// the longest value besides.
bool hasMemoryForMore() {
  const sqlite3_int64 freed = sqlite3_memory_highwater(0) - sqlite3_memory_used();
  void* room = sqlite3_malloc64(static_cast<sqlite3_uint64>(freed + kLongestValue));
  sqlite3_free(room);
  static_cast<void>(sqlite3_memory_highwater(1));  // this was no use of memory
  return room != nullptr;
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(const fs::path& path, Access access, const fs::path& shownPath)
    : work_(std::make_unique<Work>()),
      subject_((access == Access::Read ? "cannot read " : "cannot write ") + shownPath.string()),
      writes_(access != Access::Read) {
  const int flags = access == Access::Read ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                           : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const std::string name = access == Access::Read ? readUri(path) : path.string();
  sqlite3* opened = nullptr;
  // Serialised, since interrupt() may come from another thread.
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, 2000);
  openDefensively(opened);
  std::error_code ignored;
  const std::uintmax_t size = fs::file_size(path, ignored);
  if (!ignored && size > 0) {
    work_->most = kWorkAlwaysAllowed + kWorkPerByte * size;
    boundWork();
  }
  if (access == Access::Read) {
    execute(kReadSettings);
  } else if (access == Access::Build) {
    execute(kBuildSettings);
  }
}

Database Database::inMemory() { return {":memory:", Access::Memory, "a database in memory"}; }

void Database::boundWork() const {
  if (work_->most == 0) return;
  sqlite3_progress_handler(
      handle(), kWorkBetweenLooks,
      [](void* bound) {
        const auto& work = *static_cast<Work*>(bound);
        if (work.running == nullptr) return 0;
        *work.running += kWorkBetweenLooks;
        return work.isTooMuch(*work.running) ? 1 : 0;
      },
      work_.get());
}

Database::SharedBound::SharedBound(const Database& database, std::size_t statements)
    : database_(database) {
  database_.work_->shared = &done_;
  database_.work_->sharers = statements;
}

Database::SharedBound::~SharedBound() {
  database_.work_->shared = nullptr;
  database_.work_->sharers = 1;
}

void Database::execute(const std::string& sql) {
  std::uint64_t done = 0;
  work_->running = &done;
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  work_->running = nullptr;
  if (code != SQLITE_OK)
    fail(code == SQLITE_INTERRUPT && work_->isTooMuch(done) ? SQLITE_CORRUPT : code);
}

std::int64_t Database::integer(std::string_view sql) const {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

bool Database::inTransaction() const { return sqlite3_get_autocommit(handle()) == 0; }

void Database::leaveWriteAheadMode() {
  execute("PRAGMA wal_checkpoint(TRUNCATE)");
  Statement mode(*this, "PRAGMA journal_mode = DELETE");
  if (!mode.step() || mode.text(0) != "delete") fail(SQLITE_BUSY);
}

void Database::close() {
  const int code = sqlite3_close(handle());
  if (code != SQLITE_OK) fail(code);
  static_cast<void>(handle_.release());
}

void Database::fail(int code) const {
  if (code == SQLITE_NOMEM && hasMemoryForMore()) code = SQLITE_CORRUPT;
  const ErrorCode ours = writes_ ? ErrorCode::CannotWrite : ErrorCode::DatabaseError;
  const int systemError = handle_ ? sqlite3_system_errno(handle()) : 0;
  const std::string system =
      systemError != 0 ? std::generic_category().message(systemError) : std::string();
  switch (code & 0xff) {
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    case SQLITE_INTERRUPT:
      throw Interrupted();
    case SQLITE_FULL:
      throw UserError(ErrorCode::CannotWrite, subject_, "the disk is full",
                      "free some disk space and try again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw UserError(ErrorCode::CannotWrite, subject_, "it is read-only",
                      "choose a folder that can be written");
    case SQLITE_NOTADB:
      throw UserError(ErrorCode::BadFile, subject_, "it is not a SQLite database",
                      "choose a file made by `featurescope index`");
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:  // these are values that no table of ours holds
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
      throw UserError(ErrorCode::DatabaseError, subject_, "the database is damaged",
                      "build the index again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw UserError(ErrorCode::DatabaseError, subject_, "another program holds it",
                      "close the other program and try again");
    case SQLITE_CANTOPEN:
      throw UserError(writes_ ? ErrorCode::CannotWrite : ErrorCode::BadFile, subject_,
                      system.empty() ? "it cannot be opened" : system,
                      writes_ ? "choose a folder that can be written" : "check its permissions");
    case SQLITE_IOERR:
      throw UserError(
          ours, subject_,
          system.empty() ? "the disk gives an error" : "the disk gives an error: " + system,
          writes_ ? "check the disk's free space and its permissions"
                  : "check the disk, or copy the file anew");
    default:
      throw UserError(ErrorCode::DatabaseError, subject_,
                      handle_ ? sqlite3_errmsg(handle()) : sqlite3_errstr(code));
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      0, &prepared, &rest);
  statement_.reset(prepared);
  if (code != SQLITE_OK) database.fail(code);
  if (prepared == nullptr || rest != sql.data() + sql.size()) {
    throw std::logic_error("not exactly one SQL statement");
  }
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  sqlite3_bind_double(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, not the empty text.
  const char* start = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), parameter, start, text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_->fail(code);
  return *this;
}

Statement& Statement::bindBlob(int parameter, std::string_view bytes) {
  const char* start = bytes.empty() ? "" : bytes.data();
  const int code =
      sqlite3_bind_blob64(statement_.get(), parameter, start, bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_->fail(code);
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<double>& value) {
  return value ? bind(parameter, *value) : bindNull(parameter);
}

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
  return value ? bind(parameter, *value) : bindNull(parameter);
}

Statement& Statement::bindNull(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

bool Statement::step() {
  Database::Work& bound = *database_->work_;
  bound.running = &work();
  const int code = sqlite3_step(statement_.get());
  bound.running = nullptr;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_->fail(code == SQLITE_INTERRUPT && bound.isTooMuch(work()) ? SQLITE_CORRUPT : code);
}

void Statement::run() {
  step();
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  ownWork_ = 0;
}

std::uint64_t& Statement::work() const {
  std::uint64_t* shared = database_->work_->shared;
  return shared != nullptr ? *shared : ownWork_;
}

std::string_view Statement::given(const void* bytes, int size) const {
  if (bytes == nullptr) return {};
  work() += static_cast<std::uint64_t>(size);
  if (database_->work_->isTooMuch(work())) database_->fail(SQLITE_CORRUPT);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const unsigned char* start = sqlite3_column_text(statement_.get(), column);
  return std::string(given(start, sqlite3_column_bytes(statement_.get(), column)));
}

std::string_view Statement::blob(int column) const {
  const void* start = sqlite3_column_blob(statement_.get(), column);
  return given(start, sqlite3_column_bytes(statement_.get(), column));
}

std::optional<double> Statement::optionalReal(int column) const {
  return isNull(column) ? std::nullopt : std::optional(real(column));
}

std::optional<std::int64_t> Statement::optionalInteger(int column) const {
  return isNull(column) ? std::nullopt : std::optional(integer(column));
}

}  // namespace featurescope
