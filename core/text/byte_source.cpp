// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_source.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace featurescope {

namespace {

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& why) {
  throw UserError(ErrorCode::BadFile, "cannot read " + path.string(), why,
                  "download or compress it again");
}

constexpr const char* kEndsTooEarly = "it ends in the middle of its compressed data";

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(const std::filesystem::path& path)
      : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (file_ != nullptr) return;
    const int reason = errno;
    throw UserError(reason == ENOENT ? ErrorCode::NotFound : ErrorCode::BadFile,
                    "cannot read " + path_.string(), std::strerror(reason));
  }

  std::size_t read(std::span<char> out) override {
    const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
    if (count < out.size() && std::ferror(file_.get()) != 0) {
      throw UserError(ErrorCode::BadFile, "cannot read " + path_.string(), std::strerror(errno));
    }
    read_ += count;
    return count;
  }

  [[nodiscard]] bool seek(std::uint64_t offset) override {
    if (fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0) return false;  // a pipe
    read_ = offset;
    return true;
  }

  [[nodiscard]] std::uint64_t fileBytesRead() const override { return read_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t read_ = 0;
};

constexpr std::size_t kCompressedBlock = std::size_t{1} << 16;

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(const std::filesystem::path& path)
      : path_(path), file_(path), block_(kCompressedBlock) {
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out == out.size() && !ended_) step();
    return out.size() - stream_.avail_out;
  }

  [[nodiscard]] std::uint64_t fileBytesRead() const override { return file_.fileBytesRead(); }

 private:
  void step() {
    if (stream_.avail_in == 0) refill();
    if (stream_.avail_in == 0) {
      if (!betweenMembers_) damaged(path_, kEndsTooEarly);
      ended_ = true;
      return;
    }
    if (betweenMembers_ && *stream_.next_in == 0) {  // padding of tapes and disks
      ended_ = true;
      return;
    }
    betweenMembers_ = false;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      betweenMembers_ = true;
      inflateReset(&stream_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      damaged(path_, std::string("its gzip data is damaged: ") +
                         (stream_.msg != nullptr ? stream_.msg : "unknown error"));
    }
  }

  void refill() {
    stream_.next_in = reinterpret_cast<Bytef*>(block_.data());
    stream_.avail_in = static_cast<uInt>(file_.read(block_));
  }

  std::filesystem::path path_;
  PlainSource file_;
  std::vector<char> block_;
  z_stream stream_{};
  bool betweenMembers_ = false;  ///< and after the last one
  bool ended_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(const std::filesystem::path& path)
      : path_(path), file_(path), block_(kCompressedBlock), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }

  std::size_t read(std::span<char> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos == 0) {
      if (input_.pos == input_.size) input_ = {block_.data(), file_.read(block_), 0};
      const bool noInput = input_.size == 0;
      if (noInput && betweenFrames_) break;
      // Without new input this still flushes what the decoder holds.
      const std::size_t status = ZSTD_decompressStream(stream_.get(), &output, &input_);
      if (ZSTD_isError(status) != 0) {
        damaged(path_, std::string("its zstd data is damaged: ") + ZSTD_getErrorName(status));
      }
      betweenFrames_ = status == 0;
      if (noInput && output.pos == 0 && !betweenFrames_) damaged(path_, kEndsTooEarly);
    }
    return output.pos;
  }

  [[nodiscard]] std::uint64_t fileBytesRead() const override { return file_.fileBytesRead(); }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  std::filesystem::path path_;
  PlainSource file_;
  std::vector<char> block_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool betweenFrames_ = false;  ///< and after the last one
};

}  // namespace

std::unique_ptr<ByteSource> openByteSource(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".gz") return std::make_unique<GzipSource>(path);
  if (extension == ".zst") return std::make_unique<ZstdSource>(path);
  return std::make_unique<PlainSource>(path);
}

}  // namespace featurescope
