// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/torch_zip.h"

#include "core/base/error.h"

namespace featurescope {

TensorFile openTorchZip(const std::filesystem::path& path) {
  throw UserError(ErrorCode::Unsupported, "cannot read " + path.string(),
                  "files of torch.save are not handled", "convert it to safetensors");
}

}  // namespace featurescope
