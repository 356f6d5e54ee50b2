// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/input_hashes.h"

#include "core/base/hash.h"

namespace featurescope {

Json fileHashes(const std::vector<std::filesystem::path>& files) {
  Json list = Json::array();
  for (const auto& file : files) {
    list.push_back({{"path", std::filesystem::absolute(file).lexically_normal().string()},
                    {"hash", hashFile(file)}});
  }
  return list;
}

}  // namespace featurescope
