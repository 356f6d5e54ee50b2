// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/file_format.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace featurescope {

namespace {

using std::string_view_literals::operator""sv;

/// A kind of file that people hold for a tensor file by mistake, by how it starts.
struct Stranger {
  std::string_view start;
  ErrorCode code;
  const char* why;
  const char* next;
};

constexpr const char* kDownloadAgain = "download the file itself";

constexpr std::array kStrangers{
    Stranger{"version https://git-lfs"sv, ErrorCode::BadFile,
             "it is a Git LFS pointer, not the file it stands for", "run `git lfs pull`"},
    Stranger{"<!doctype html"sv, ErrorCode::BadFile, "it is a web page", kDownloadAgain},
    Stranger{"<html"sv, ErrorCode::BadFile, "it is a web page", kDownloadAgain},
    Stranger{"gguf"sv, ErrorCode::Unsupported, "it is a GGUF file",
             "use the model's safetensors files"},
    Stranger{"\x89hdf"sv, ErrorCode::Unsupported, "it is an HDF5 file",
             "convert it to safetensors"},
    Stranger{"\x93numpy"sv, ErrorCode::Unsupported, "it is a NumPy array file",
             "convert it to safetensors"},
};

/// The first bytes in lower case, without white space before them.
std::string beginning(std::string_view text) {
  constexpr std::size_t kEnough = 256;
  const auto first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  std::string start(text.substr(first, kEnough));
  std::transform(start.begin(), start.end(), start.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return start;
}

/// A u64 header length below 2^32 and the brace that opens the header. Looked for first: such a
/// length may by chance start like a pickle or a zip.
bool isSafetensors(std::string_view text) {
  return text.size() > 8 && text.substr(4, 4) == "\0\0\0\0"sv && text[8] == '{';
}

/// One with a broken length, or cut short, or that holds something else for a header.
bool looksLikeSafetensors(std::string_view text) {
  return text.size() >= 8 && (text.substr(4, 4) == "\0\0\0\0"sv || text.substr(8, 1) == "{");
}

bool isTar(std::string_view text) {
  constexpr std::size_t kMagicOffset = 257;
  return text.size() > kMagicOffset + 5 && text.substr(kMagicOffset, 5) == "ustar";
}

/// Whether the first record of a zip file is called after a NumPy array (torch's is archive/…).
bool startsWithArray(std::string_view text) {
  constexpr std::size_t kNameSize = 26;
  constexpr std::size_t kName = 30;
  if (text.size() < kName) return false;
  const auto size = static_cast<unsigned char>(text[kNameSize]) +
                    256U * static_cast<unsigned char>(text[kNameSize + 1]);
  return text.substr(kName, size).ends_with(".npy");
}

/// PROTO and a protocol number.
bool isPickle(std::string_view text) {
  return text.size() >= 2 && text[0] == '\x80' && text[1] <= 5;
}

}  // namespace

TensorFileFormat recogniseTensorFile(std::span<const std::byte> bytes,
                                     const std::filesystem::path& path) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string what = "cannot read " + path.string();
  if (text.empty()) {
    throw UserError(ErrorCode::BadFile, what, "it is empty", "download it again");
  }
  if (isSafetensors(text)) return TensorFileFormat::Safetensors;
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) {
    return startsWithArray(text) ? TensorFileFormat::Npz : TensorFileFormat::TorchZip;
  }
  if (isPickle(text) || isTar(text)) {
    throw UserError(ErrorCode::Unsupported, what,
                    "it is a pickle of the form that PyTorch wrote before version 1.6, or of "
                    "another program",
                    "load it with a newer PyTorch and save it again with torch.save");
  }
  const std::string start = beginning(text);
  for (const Stranger& stranger : kStrangers) {
    if (start.starts_with(stranger.start)) {
      throw UserError(stranger.code, what, stranger.why, stranger.next);
    }
  }
  if (start.starts_with('{') && start.find('\0') == std::string::npos) {
    return TensorFileFormat::ShardIndex;
  }
  if (looksLikeSafetensors(text)) return TensorFileFormat::Safetensors;
  throw UserError(ErrorCode::BadFile, what,
                  "it is no tensor file: neither safetensors, nor an index of such files, nor a "
                  "file of torch.save, nor a NumPy archive",
                  "choose a .safetensors, .bin, .pt, .pth or .npz file");
}

}  // namespace featurescope
