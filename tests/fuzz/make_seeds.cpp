// SPDX-License-Identifier: GPL-3.0-or-later
// What the fuzz targets start from: whole files of every kind, most of them those of tests/data.
// usage: fuzz_seeds FOLDER     (FEATURESCOPE_SOURCE: the project's sources)
#include "core/base/json.h"
#include "tests/core/store/version_1.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/compressed_text.h"
#include "tests/support/test_data.h"

#include <sqlite3.h>

#include <algorithm>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::gzip;
using testing::ownData;
using testing::zstd;

constexpr std::string_view kSeparator = "\x1E";
constexpr std::size_t kLargestSeed = 16'384;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, const std::string& name, const std::string& contents) const {
    writeFile(folder_ / target / name, contents);
  }

  /// The files in a folder of tests/data with one of these endings.
  void addFiles(const std::string& target, const std::string& data,
                std::initializer_list<std::string_view> endings) const {
    for (const auto& entry : fs::recursive_directory_iterator(ownData(data))) {
      const bool wanted = std::ranges::find(endings, entry.path().extension()) != endings.end();
      if (!wanted || entry.file_size() > kLargestSeed) continue;
      const std::string parent = entry.path().parent_path().filename().string();
      add(target, parent + "-" + entry.path().filename().string(), readFile(entry.path()));
    }
  }

 private:
  fs::path folder_;
};

void addTexts(const Seeds& seeds) {
  const std::string plain =
      "The small bird sings.\n\nIn the morning  e\u0301 \u00bd<|endoftext|>\n";
  const std::string lines =
      "{\"text\": \"The small bird\"}\n\n{\"context\": \"2 + 2 =\", \"completion\": \" 4\"}\n";
  const auto add = [&](char ending, const std::string& name, const std::string& contents) {
    seeds.add("text", name, ending + contents);
  };
  add('\0', "txt", plain);
  add('\1', "jsonl", lines);
  add('\2', "txt.gz", gzip(plain) + gzip("a second member"));
  add('\3', "txt.zst", zstd(plain) + zstd("a second frame"));
  add('\4', "jsonl.gz", gzip(lines));
  add('\5', "jsonl.zst", zstd(lines));
}

void addModels(const Seeds& seeds) {
  const std::string index =
      Json{{"metadata", {{"total_size", 1}}}, {"weight_map", {{"a", "shard"}, {"b", "shard"}}}}
          .dump();
  const std::string shard = readFile(ownData("tensorfile/types.safetensors"));
  for (const char* model : {"parallel", "rope_parameters", "tied", "gelu_fast"}) {
    const std::string config = readFile(ownData("lm") / model / "config.json");
    seeds.add("model", model,
              config + std::string(kSeparator) + index + std::string(kSeparator) + shard);
  }
}

void addCheckpoints(const Seeds& seeds) {
  for (const auto& entry : fs::directory_iterator(ownData("sae/formats"))) {
    if (!entry.is_directory()) continue;
    std::string settings, scaler, weights;
    for (const auto& file : fs::directory_iterator(entry.path())) {
      const std::string name = file.path().filename().string();
      std::string& part = name == "activation_scaler.json"     ? scaler
                          : file.path().extension() == ".json" ? settings
                                                               : weights;
      part = readFile(file.path());
    }
    seeds.add("checkpoint", entry.path().filename().string(),
              settings + std::string(kSeparator) + scaler + std::string(kSeparator) + weights);
  }
}

void addStudiesAndRuns(const Seeds& seeds) {
  seeds.add(
      "study", "study",
      R"({"name": "s", "models": [{"name": "m", "path": "model"}], "indexes": [{"path": "i.sqlite"}],)"
      R"( "runs": [], "saes": [], "texts": [{"name": "t", "path": "/tmp/t.txt"}]})" +
          std::string(kSeparator) +
          R"({"version": 1, "saes": {"sha256:1": {"7": {"bookmark": true, "label": "l"},)"
          R"( "9": {"notes": "n"}}, "sha256:2": {}}})");
  seeds.add("run", "run",
            R"({"kind": "train", "state": "interrupted", "settings": {"lr": 0.0001}})" +
                std::string(kSeparator) + "step,tokens,loss\r\n0,1024,2.5\r\n10,2048,1e-3\r\n" +
                std::string(kSeparator) + "step,loss\r\n0,nan\r\n" + std::string(kSeparator) +
                R"({"kind": "resample", "step": 10, "sentence": "3 features"})" + "\n");
  seeds.add("token_ids", "ids", "[[1, 2, 3], [4, 5, 6]]");
}

/// In pages of 512 bytes: the same tables in a small file.
std::string smallPages(const fs::path& index) {
  sqlite3* handle = nullptr;
  sqlite3_open(index.c_str(), &handle);
  sqlite3_exec(handle, "PRAGMA page_size = 512; VACUUM;", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  return readFile(index);
}

void addIndexes(const Seeds& seeds) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "i.sqlite";
  const auto index = testing::makeSmallIndex(3, /*fineTuned=*/true, /*featureCount=*/4);
  testing::write(path, index);
  seeds.add("index", "version-2", smallPages(path));
  testing::writeVersion1(path, index);
  seeds.add("index", "version-1", smallPages(path));
}

void addAll(const Seeds& seeds) {
  seeds.addFiles("safetensors", "tensorfile", {".safetensors"});
  seeds.addFiles("torch_zip", "tensorfile", {".pt"});
  seeds.addFiles("npz", "tensorfile", {".npz"});
  seeds.addFiles("npz", "sae/formats", {".npz"});
  seeds.add("tokenizer", "tiny",
            readFile(ownData("tiny_tokenizer.json")) + std::string(kSeparator) +
                "The  small bird<|endoftext|> e\u0301 12 it's\n\n");
  addTexts(seeds);
  addModels(seeds);
  addCheckpoints(seeds);
  addStudiesAndRuns(seeds);
  addIndexes(seeds);
}

}  // namespace
}  // namespace featurescope

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  featurescope::addAll(featurescope::Seeds(arguments[1]));
  return 0;
}
