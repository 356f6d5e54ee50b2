// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/feature_names.h"

#include "core/base/error.h"
#include "core/store/index_reader.h"
#include "core/study/notes.h"
#include "core/study/study.h"

#include <optional>
#include <utility>

namespace featurescope {

FeatureNames readFeatureNames(const std::filesystem::path& index, std::string_view saeHash) {
  const IndexReader reader = IndexReader::open(index);
  const Provenance provenance = reader.provenance();
  const auto indexed = provenance.find("sae_hash");
  if (indexed == provenance.end() || indexed->second != saeHash) {
    throw UserError(ErrorCode::BadFile, "cannot use the index " + index.string(),
                    "it is of another SAE", "name the index of the SAE that was inserted");
  }
  FeatureNames names;
  for (const FeatureRecord& feature : reader.features()) {
    names.topTokens.push_back(feature.topToken);
  }
  names.labels.resize(names.topTokens.size());
  const std::filesystem::path file = std::filesystem::absolute(index), folder = file.parent_path();
  const auto study = Study::isStudy(folder) ? std::optional(Study::open(folder)) : std::nullopt;
  for (const auto& [feature, note] : readNotes(notesFile(file, study, folder), saeHash)) {
    const auto f = static_cast<std::size_t>(feature.value);
    if (f < names.labels.size()) names.labels[f] = note.label;
  }
  return names;
}

}  // namespace featurescope
