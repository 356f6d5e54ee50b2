// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/sae/stored_parameters_torch.h"
#include "core/tensorfile/tensor_torch.h"

#include <fmt/format.h>

namespace featurescope {

AutoencoderParameters readStoredParameters(const TensorFile& weights, const CheckpointInfo& info,
                                           const std::string& what) {
  AutoencoderParameters parameters;
  for (const StoredParameter& stored : info.stored) {
    at::Tensor tensor = toTorch(weights.tensor(stored.tensor));
    if (!allFinite(tensor)) {
      throw UserError(
          ErrorCode::NotFinite, what,
          fmt::format("its {} holds a value that is not a finite number", stored.tensor),
          "the checkpoint is damaged or its training diverged: use another");
    }
    parameters.at(stored.parameter) = stored.transposed ? tensor.t().contiguous() : tensor;
  }
  return parameters;
}

}  // namespace featurescope
