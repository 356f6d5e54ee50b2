// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/architecture.h"
#include "core/sae/checkpoint.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace featurescope {

/// Parameters of an SAE, by the paper's names. Row-major. The last five are undefined where the SAE
/// has none.
struct AutoencoderParameters {
  at::Tensor W_enc;            ///< [d, M]
  at::Tensor W_dec;            ///< [M, d]
  at::Tensor b_enc;            ///< [M]; of a gated SAE, its gate's
  at::Tensor b_dec;            ///< [d]
  at::Tensor threshold{};      ///< JumpReLU [M]: what a pre-activation must exceed
  at::Tensor log_threshold{};  ///< JumpReLU in training, in place of `threshold` [M]: its logarithm
  at::Tensor r_mag{};          ///< gated [M]: logarithm of the magnitudes' scale of W_enc's columns
  at::Tensor b_mag{};          ///< gated [M]: the magnitudes' bias
  at::Tensor W_skip{};         ///< [d, d]: x W_skip is part of x̂

  /// By its name here. Throws std::out_of_range.
  [[nodiscard]] at::Tensor& at(std::string_view name);

  /// The defined ones under their names here, in this order.
  [[nodiscard]] std::vector<std::pair<std::string_view, at::Tensor*>> named();
  [[nodiscard]] std::vector<std::pair<std::string_view, const at::Tensor*>> named() const;

  [[nodiscard]] std::int64_t width() const { return W_enc.size(0); }
  [[nodiscard]] std::int64_t features() const { return W_enc.size(1); }
};

/// The paper's autoencoder: z = (x − b_dec) W_enc + b_enc,  f = ReLU(z),  x̂ = f W_dec + b_dec
/// (paper, "How We Train our Sparse Autoencoder"). Of the other architectures, as SAELens has them:
///   topk      f = ReLU(z) where z is among the token's k largest, else 0; all where k > M. The
///             choice is torch.topk's; of equal values on the boundary it is left open which count,
///             but it is the same each time.
///   jumprelu, and batchtopk in use: f = ReLU(z) where z > threshold (strictly), else 0
///   gated     f = ReLU(e^r_mag ⊙ (x − b_dec) W_enc + b_mag) where z > 0, else 0
/// Where the SAE normalises its input (InputNormalisation), x is the normalised one throughout and
/// x̂ is brought back to the token's scale; a skip connection adds x W_skip.
/// Immutable; many threads may use it.
class Autoencoder {
 public:
  /// Weights as float32 on `device`. Throws UserError as inspectCheckpoint, and {NotFinite}.
  static Autoencoder load(const std::filesystem::path& checkpoint, at::Device device = at::kCPU);
  explicit Autoencoder(AutoencoderParameters parameters, Activation activation = {},
                       bool subtractsDecoderBias = true);

  [[nodiscard]] const AutoencoderParameters& parameters() const { return parameters_; }
  [[nodiscard]] std::int64_t width() const { return parameters_.width(); }
  [[nodiscard]] std::int64_t features() const { return parameters_.features(); }
  [[nodiscard]] const CheckpointInfo& info() const { return info_; }

  /// x [tokens, d] → z [tokens, M], before the nonlinearity and any selection; of a gated SAE its
  /// gate's. Throws UserError{ShapeMismatch}.
  [[nodiscard]] at::Tensor preActivations(const at::Tensor& x) const;
  /// x [tokens, d] → f [tokens, M]
  [[nodiscard]] at::Tensor encode(const at::Tensor& x) const;
  /// f [tokens, M] of x [tokens, d] → x̂ [tokens, d]. x gives the scale of a normalising SAE and the
  /// skip connection; other SAEs do not read it.
  [[nodiscard]] at::Tensor decode(const at::Tensor& f, const at::Tensor& x) const;
  /// x̂ of f W_dec + b_dec [tokens, d], in its place: in the scale of x, with the skip connection.
  [[nodiscard]] at::Tensor restored(at::Tensor output, const at::Tensor& x) const;
  /// A feature of value 1 adds to x̂ this times its row of W_dec: [..., 1] of x [..., d] where the
  /// SAE normalises its input, else [1] holding 1.
  [[nodiscard]] at::Tensor outputScale(const at::Tensor& x) const;

  // encode() in its steps, for those who do only some of them.

  /// x as it enters the product, the one way in: normalised and less b_dec, each where the SAE has
  /// it so. Throws UserError{ShapeMismatch}.
  [[nodiscard]] at::Tensor centred(const at::Tensor& x) const;
  /// y [tokens, M] = centred(x) W_enc: z without its bias.
  [[nodiscard]] at::Tensor products(const at::Tensor& x) const;
  /// f of y, in place of y.
  [[nodiscard]] at::Tensor activate(at::Tensor y) const;

 private:
  AutoencoderParameters parameters_;
  bool subtractsDecoderBias_ = true;
  CheckpointInfo info_;
};

/// Fresh parameters: W_enc and W_dec Kaiming-uniform (torch.nn.init.kaiming_uniform_: ±√(6/fan_in),
/// fan_in the tensor's second size), W_dec's rows then scaled to unit norm, biases 0. By seed.
[[nodiscard]] AutoencoderParameters randomAutoencoder(std::int64_t width, std::int64_t features,
                                                      std::uint64_t seed);

/// What a saved SAE should know of its origin.
struct CheckpointOrigin {
  std::string modelName;
  std::string hookName;         ///< a full Hugging Face module name
  std::int64_t context = 128;   ///< in tokens; 0: not known
  Json extra = Json::object();  ///< further keys for cfg.json's metadata
};

/// How a saved SAE reads its input.
struct InputForm {
  bool subtractsDecoderBias = true;
  InputNormalisation normalisation = InputNormalisation::None;
  bool scalesByDecoderNorm = false;
};

/// Each makes `folder`, atomically, with the parameters in the types that they have.

/// SAELens v6 layout: sae_weights.safetensors and cfg.json. A batchtopk SAE, whose parameters must
/// have a threshold, becomes a jumprelu one, as in SAELens.
void saveSaeLens(const std::filesystem::path& folder, const AutoencoderParameters& parameters,
                 const CheckpointOrigin& origin, Activation activation = {}, InputForm form = {});
/// sparsify's layout, of a top-k SAE or transcoder: sae.safetensors and cfg.json.
void saveSparsify(const std::filesystem::path& folder, const AutoencoderParameters& parameters,
                  const CheckpointOrigin& origin, std::int64_t k, bool isTranscoder);
/// dictionary_learning's layout: ae.pt and config.json, of the class that the activation calls for;
/// a matryoshka one where `groups` are given.
void saveDictionaryLearning(const std::filesystem::path& folder,
                            const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                            Activation activation, bool subtractsDecoderBias,
                            const std::vector<std::int64_t>& groups);
/// Neel Nanda's layout, of a standard SAE: NAME.pt (a zip of an ordered dict) and NAME_cfg.json.
void saveNeel(const std::filesystem::path& folder, const std::string& name,
              const AutoencoderParameters& parameters, const CheckpointOrigin& origin);

}  // namespace featurescope
