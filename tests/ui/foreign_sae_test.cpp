// SPDX-License-Identifier: GPL-3.0-or-later
// SAEs that the libraries of others saved, from the dialog that indexes them to what the window
// shows.
#include "core/analysis/build_index.h"
#include "core/analysis/forward_file.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/sae/checkpoint.h"
#include "core/sae/encode_file.h"
#include "core/tensorfile/safetensors.h"
#include "core/text/corpus.h"
#include "tests/support/test_data.h"
#include "ui/bridge/index_form.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs/job_dialog.h"
#include "ui/models/examples_model.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace featurescope;

namespace {

constexpr std::int64_t kContext = 32;
constexpr int kLayers = 6;

NamedTensor randomTensor(RandomStream& random, std::string name, std::vector<std::int64_t> shape,
                         double scale, double mean = 0) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  const auto values = std::make_shared<std::vector<float>>();
  values->reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    values->push_back(static_cast<float>(mean + scale * random.normal()));
  }
  return {std::move(name),
          {.dtype = DType::F32,
           .shape = std::move(shape),
           .bytes = std::as_bytes(std::span(*values)),
           .owner = values}};
}

/// A random GPT-NeoX of one head whose MLPs give values around 1.
void writeModel(const std::filesystem::path& folder, std::int64_t width) {
  const std::int64_t inner = 3 * width, vocabulary = 512;
  writeFile(folder / "tokenizer.json", readFile(testing::ownData("tiny_tokenizer.json")));
  writeJson(folder / "config.json", {{"architectures", {"GPTNeoXForCausalLM"}},
                                     {"model_type", "gpt_neox"},
                                     {"hidden_act", "gelu"},
                                     {"hidden_size", width},
                                     {"intermediate_size", inner},
                                     {"layer_norm_eps", 1e-5},
                                     {"max_position_embeddings", kContext},
                                     {"num_attention_heads", 1},
                                     {"num_hidden_layers", kLayers},
                                     {"rotary_pct", 1.0},
                                     {"rotary_emb_base", 10000},
                                     {"tie_word_embeddings", false},
                                     {"use_parallel_residual", true},
                                     {"vocab_size", vocabulary}});
  RandomStream random(1, "model");
  const double scale = 1 / std::sqrt(static_cast<double>(width));
  std::vector<NamedTensor> tensors;
  const auto addNorm = [&](const std::string& name) {
    tensors.push_back(randomTensor(random, name + ".weight", {width}, 0.1, 1));
    tensors.push_back(randomTensor(random, name + ".bias", {width}, 0.1));
  };
  const auto addLinear = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
    tensors.push_back(randomTensor(random, name + ".weight", {rows, columns}, scale));
    tensors.push_back(randomTensor(random, name + ".bias", {rows}, 0.1));
  };
  tensors.push_back(randomTensor(random, "gpt_neox.embed_in.weight", {vocabulary, width}, 1));
  tensors.push_back(randomTensor(random, "embed_out.weight", {vocabulary, width}, scale));
  addNorm("gpt_neox.final_layer_norm");
  for (int i = 0; i < kLayers; ++i) {
    const std::string layer = "gpt_neox.layers." + std::to_string(i) + ".";
    addNorm(layer + "input_layernorm");
    addNorm(layer + "post_attention_layernorm");
    addLinear(layer + "attention.query_key_value", 3 * width, width);
    addLinear(layer + "attention.dense", width, width);
    addLinear(layer + "mlp.dense_h_to_4h", inner, width);
    addLinear(layer + "mlp.dense_4h_to_h", width, inner);
  }
  writeSafetensors(folder / "model.safetensors", tensors);
}

/// What encoding a file of activations gives: f [tokens, features].
struct Encoded {
  std::int64_t tokens = 0, features = 0;
  std::vector<float> values;

  [[nodiscard]] float at(std::int64_t token, std::int64_t feature) const {
    return values[static_cast<std::size_t>(token * features + feature)];
  }
};

}  // namespace

class ForeignSaeTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += "The small bird sings in the morning, " + std::to_string(i) + ".\n";
    writeFile(text_, text);
  }

  void theWindowShowsWhatEncodingGives_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("architecture");
    const auto row = [](const char* path, const char* architecture) {
      QTest::newRow(path) << QString(path) << QString(architecture);
    };
    row("saelens", "standard");
    row("formats/lens-standard-layer", "standard");
    row("formats/lens-topk-constant", "topk");
    row("formats/lens-jumprelu-layer", "jumprelu");
    row("formats/lens-gated-constant", "gated");
    row("lens/batchtopk", "jumprelu");
    row("formats/sparsify", "topk");
    row("formats/dictionary-AutoEncoder", "standard");
    row("formats/dictionary-GatedAutoEncoder", "gated");
    row("formats/dictionary-JumpReluAutoEncoder", "jumprelu");
    row("formats/dictionary-AutoEncoderTopK", "topk");
    row("formats/dictionary-BatchTopKSAE", "batchtopk");
    row("formats/dictionary-MatryoshkaBatchTopKSAE", "matryoshka");
    row("formats/openai-relu", "standard");
    row("formats/openai-topk", "topk");
    row("formats/gemma-scope", "jumprelu");
    row("neel", "standard");
  }

  void theWindowShowsWhatEncodingGives() {
    QFETCH(QString, path);
    QFETCH(QString, architecture);
    const auto sae = testing::ownData("sae") / path.toStdString();
    const CheckpointInfo info = inspectCheckpoint(sae);
    const auto model = folder_.path() / ("model" + std::to_string(info.width));
    if (!std::filesystem::exists(model)) writeModel(model, info.width);
    const auto index = folder_.path() / "index.sqlite";

    // Where it was trained, if it says so.
    const Site site = Site::fromName(info.hookName).value_or(Site{Layer{0}, SiteKind::MlpOut});

    expectDialogTakes(model, sae, site, architecture, info.features);
    IndexRequest request;
    request.model = model;
    request.sae = sae;
    request.site = site;
    request.corpus = corpus();
    request.out = index;
    request.force = true;
    buildIndex(request, job_);
    const Encoded expected = encoded(model, sae, site);
    QCOMPARE(expected.features, info.features);

    MainWindow window{WindowSettings()};
    window.setRemembering(false);
    window.show();
    QSignalSpy shown(&window, &MainWindow::pageShown);
    window.open(index);
    QTRY_VERIFY(!shown.isEmpty());
    const auto* table = window.findChild<DataTable*>("featureTable");
    QCOMPARE(table->model()->rowCount(), static_cast<int>(info.features));
    const auto value = [&](int feature, FeatureColumn column) {
      const auto* features = qobject_cast<const FeatureTableModel*>(table->model());
      const int row = features->rowOf(FeatureId{feature}).value();
      return features->index(row, static_cast<int>(column))
          .data(FeatureTableModel::PlainRole)
          .toDouble();
    };
    int most = 0;
    float largest = 0;
    for (int f = 0; f < expected.features; ++f) {
      float max = 0;
      std::int64_t active = 0;
      for (std::int64_t t = 0; t < expected.tokens; ++t) {
        max = std::max(max, expected.at(t, f));
        active += expected.at(t, f) > 0 ? 1 : 0;
      }
      QCOMPARE(value(f, FeatureColumn::ActiveTokens), static_cast<double>(active));
      if (active > 0) QVERIFY(std::abs(value(f, FeatureColumn::Max) - max) <= 1e-5 * (1 + max));
      if (max > largest) {
        largest = max;
        most = f;
      }
    }
    QVERIFY2(largest > 0, "no feature is active: nothing was compared");

    // The page of the strongest one: its activations in their order.
    window.goTo(FeatureId{most});
    QTRY_COMPARE(window.findChild<QLabel*>("featureTitle")->text(), QString::number(most));
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(expected.tokens));
    for (std::int64_t t = 0; t < expected.tokens; ++t) values.push_back(expected.at(t, most));
    std::ranges::sort(values, std::greater());
    const auto* activations = qobject_cast<const ExamplesModel*>(
        window.findChild<DataTable*>("activationTable")->model());
    QTRY_VERIFY(activations->page() && activations->page()->feature.feature == FeatureId{most});
    QVERIFY(activations->rowCount() > 0);
    for (int row = 0; row < activations->rowCount(); ++row) {
      const double is = activations->activation(row).activation.activation;
      QVERIFY(std::abs(is - values[static_cast<std::size_t>(row)]) <= 1e-5 * (1 + is));
    }
  }

 private:
  [[nodiscard]] CorpusOptions corpus() const {
    CorpusOptions options;
    options.files = {text_};
    options.context = kContext;
    return options;
  }

  /// The dialog of an index says what the checkpoint is, and lets it start.
  void expectDialogTakes(const std::filesystem::path& model, const std::filesystem::path& sae,
                         const Site& site, const QString& architecture, std::int64_t features) {
    FormValues values = IndexForm().initialValues();
    values.set("--model", toQString(model));
    values.set("--sae", toQString(sae));
    values.set("--text", toQString(text_));
    values.set("--layer", QString::number(site.layer.value));
    values.set("--site", QString::fromStdString(std::string(name(site.kind))));
    values.set("--context", QString::number(kContext));
    values.set("--out", toQString(folder_.path() / "never.sqlite"));
    JobDialog dialog(std::make_shared<IndexForm>(), values);
    dialog.show();
    const auto* note = dialog.findChild<QLabel*>("note--sae");
    QTRY_VERIFY2(note->text().contains(architecture), qPrintable(note->text()));
    QVERIFY2(note->text().contains(QString("%1 features").arg(features)), qPrintable(note->text()));
    QTRY_VERIFY(dialog.findChild<QPushButton*>("jobDialogStart")->isEnabled());
  }

  /// The same tokens by the verbs forward and encode.
  Encoded encoded(const std::filesystem::path& model, const std::filesystem::path& sae,
                  const Site& site) {
    Json ids = Json::array();
    Corpus texts(Tokenizer::load(model), corpus());
    TokenBatch batch;
    while (texts.next(batch, 4)) {
      for (std::int64_t r = 0; r < batch.rows(); ++r) {
        Json row = Json::array();
        for (const TokenId id : batch.row(r)) row.push_back(id.value);
        ids.push_back(row);
      }
    }
    writeJson(folder_.path() / "ids.json", ids);
    ForwardRequest forward;
    forward.model = model;
    forward.ids = folder_.path() / "ids.json";
    forward.out = folder_.path() / "activations.safetensors";
    forward.captures = {site.moduleName()};
    forward.logits = false;
    forward.force = true;
    forwardFile(forward, job_);
    const auto out = folder_.path() / "features.safetensors";
    encodeFile({.sae = sae,
                .activations = forward.out,
                .tensor = site.moduleName(),
                .out = out,
                .sparse = false,
                .force = true},
               job_);
    const TensorFile file = TensorFile::open(out);
    const Tensor tensor = file.tensor("features");
    const auto* first = reinterpret_cast<const float*>(tensor.bytes.data());
    return {.tokens = tensor.shape[0],
            .features = tensor.shape[1],
            .values = {first, first + tensor.elements()}};
  }

  TemporaryFolder folder_;
  std::filesystem::path text_ = folder_.path() / "text.txt";
  SilentProgress silent_;
  JobContext job_{.stop = {}, .progress = silent_};
};

int main(int argc, char** argv) {
  // The person's settings are not ours to touch.
  const TemporaryFolder home;
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home.path() / "config").string()));
  qputenv("XDG_DATA_HOME", QByteArray::fromStdString((home.path() / "data").string()));
  Application application(argc, argv);
  ForeignSaeTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "foreign_sae_test.moc"
