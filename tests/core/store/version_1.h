// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/schema.h"
#include "tests/core/store/small_index.h"

#include <filesystem>
#include <string_view>

namespace featurescope::testing {

/// The index as a program that knew only the first version of the schema wrote it.
inline void writeVersion1(const std::filesystem::path& path, const SmallIndex& index) {
  std::filesystem::remove(path);
  Database database(path, Database::Access::Build, path);
  migrate(database, indexMigrations().first(1));
  database.execute("BEGIN");
  {
    Statement token(database, "INSERT INTO vocabulary VALUES (?, ?)");
    for (std::size_t id = 0; id < index.vocabulary.size(); ++id) {
      token.bind(1, static_cast<std::int64_t>(id));
      token.bind(2, std::string_view(index.vocabulary[id])).run();
    }
    Statement corpus(database, "INSERT INTO corpus_token VALUES (?, ?)");
    Statement split(database, "INSERT INTO split_character VALUES (?, ?)");
    for (std::size_t i = 0; i < index.tokens.size(); ++i) {
      const auto position = static_cast<std::int64_t>(i);
      corpus.bind(1, position).bind(2, std::int64_t{index.tokens[i].value}).run();
      if (index.display[i] == index.vocabulary[static_cast<std::size_t>(index.tokens[i].value)]) {
        continue;
      }
      split.bind(1, position).bind(2, std::string_view(index.display[i])).run();
    }
    Statement sequence(database, "INSERT INTO sequence VALUES (?, ?)");
    std::int64_t start = 0;
    for (const std::size_t length : index.sequenceLengths) {
      sequence.bind(1, start).bind(2, static_cast<std::int64_t>(length)).run();
      start += static_cast<std::int64_t>(length);
    }
    Statement row(database, "INSERT INTO feature VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    Statement activation(database, "INSERT INTO activation VALUES (?, ?, ?, ?, ?)");
    for (const auto& feature : index.features) {
      const FeatureRecord& record = feature.record;
      const std::int64_t id = record.feature.value;
      row.bind(1, id).bind(2, record.activeTokens).bind(3, record.max).bind(4, record.meanActive);
      row.bind(5, record.cosineToDead).bind(6, record.decoderNorm).bind(7, record.encoderBias);
      row.bind(8, std::string_view(record.topToken)).bind(9, record.scale);
      row.bind(10, record.bias).run();
      std::int64_t rank = 1;
      for (const auto& top : feature.top) {
        activation.bind(1, id).bind(2, rank++).bind(3, top.position);
        activation.bind(4, static_cast<double>(top.activation));
        activation.bind(5, std::optional<double>(top.activationFineTuned)).run();
      }
    }
    Statement entry(database, "INSERT INTO provenance_entry VALUES (?, ?)");
    for (const auto& [key, value] : index.provenance) {
      entry.bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
    }
  }
  database.execute("COMMIT");
  database.leaveWriteAheadMode();
  database.close();
}

}  // namespace featurescope::testing
