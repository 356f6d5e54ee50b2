// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/index_form.h"

#include "core/base/files.h"
#include "core/lm/neox_config.h"
#include "core/sae/checkpoint.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/paths.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <filesystem>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

QString translated(const char* text) { return QCoreApplication::translate("IndexForm", text); }

FieldNote fine(const QString& text) { return {FieldNote::Kind::Fine, text}; }
FieldNote wrong(const QString& text) { return {FieldNote::Kind::Wrong, text}; }

/// What `look` finds, or why it cannot.
template <class Look>
FieldNote noteOf(const QString& typed, Look&& look) {
  if (typed.trimmed().isEmpty()) return {};
  try {
    return fine(look());
  } catch (...) {
    const Failure failure = currentFailure("cannot read it");
    return wrong(failure.next.isEmpty() ? failure.why
                                        : failure.why + QStringLiteral(" (") + failure.next + u')');
  }
}

std::int64_t positive(const QString& text, const char* flag) {
  bool ok = false;
  const qlonglong value = text.trimmed().toLongLong(&ok);
  if (!ok || value < 1) {
    throw UserError(ErrorCode::BadUsage, std::string("cannot use ") + flag,
                    "it must be a whole number above 0");
  }
  return value;
}

FieldNote checkTexts(const QStringList& texts) {
  if (texts.isEmpty()) return {};
  std::uintmax_t bytes = 0;
  for (const QString& text : texts) {
    std::error_code error;
    const fs::path path = toPath(text);
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return wrong(translated("%1 is not a file that can be read").arg(text));
    bytes += size;
  }
  const double megabytes = static_cast<double>(bytes) / 1e6;
  return fine(translated("%1 MB in %2 file(s)")
                  .arg(QString::number(megabytes, 'f', megabytes < 10 ? 1 : 0))
                  .arg(texts.size()));
}

FieldNote checkOut(const IndexForm& form) {
  return noteOf(form.out, [&] {
    checkOutput(toPath(form.out), form.force);
    return QString();
  });
}

/// The site must exist in the model and be as wide as what the SAE reads.
FieldNote checkSite(const IndexForm& form, const std::optional<NeoxConfig>& model,
                    const std::optional<CheckpointInfo>& sae) {
  return noteOf(form.layer, [&] {
    const Site site = Site::fromFlags(form.layer.toStdString(), form.site.toStdString());
    if (!model) return QString::fromStdString(site.moduleName());
    if (site.layer.value >= model->layers) {
      throw UserError(ErrorCode::OutOfRange, "cannot use the layer",
                      "the model has layers 0 to " + std::to_string(model->layers - 1));
    }
    const std::int64_t width = site.width(*model);
    if (sae && sae->width != width) {
      throw UserError(ErrorCode::ShapeMismatch, "cannot use the site",
                      "the SAE reads " + std::to_string(sae->width) +
                          " values a token, this site has " + std::to_string(width));
    }
    return QString::fromStdString(site.moduleName()) + translated(", %1 values a token").arg(width);
  });
}

}  // namespace

bool IndexFormCheck::complete() const {
  const bool nothingWrong = std::none_of(notes.begin(), notes.end(), [](const FieldNote& note) {
    return note.kind == FieldNote::Kind::Wrong;
  });
  constexpr IndexField kNeeded[] = {IndexField::Model, IndexField::Sae,     IndexField::Texts,
                                    IndexField::Site,  IndexField::Context, IndexField::Out};
  return nothingWrong && std::all_of(std::begin(kNeeded), std::end(kNeeded), [this](IndexField f) {
           return of(f).kind == FieldNote::Kind::Fine;
         });
}

IndexFormCheck check(const IndexForm& form) {
  IndexFormCheck result;
  const auto put = [&](IndexField field, FieldNote note) {
    result.notes[static_cast<std::size_t>(field)] = std::move(note);
  };
  std::optional<NeoxConfig> model;
  std::optional<CheckpointInfo> sae;
  put(IndexField::Model, noteOf(form.model, [&] {
        model = NeoxConfig::load(toPath(form.model));
        return translated("%1 layers, width %2").arg(model->layers).arg(model->width);
      }));
  put(IndexField::Sae, noteOf(form.sae, [&] {
        sae = inspectCheckpoint(toPath(form.sae));
        result.saeSite = Site::fromName(sae->hookName);
        return translated("%1 features, width %2%3")
            .arg(sae->features)
            .arg(sae->width)
            .arg(sae->hookName.empty()
                     ? QString()
                     : QStringLiteral(", ") + QString::fromStdString(sae->hookName));
      }));
  put(IndexField::Texts, checkTexts(form.texts));
  put(IndexField::Site, checkSite(form, model, sae));
  put(IndexField::Context, noteOf(form.context, [&] {
        const std::int64_t context = positive(form.context, "the context length");
        if (model && context > model->maxPositions) {
          throw UserError(
              ErrorCode::OutOfRange, "cannot use the context length",
              "the model was made for at most " + std::to_string(model->maxPositions) + " tokens");
        }
        return QString();
      }));
  put(IndexField::Tokens, noteOf(form.tokens, [&] {
        if (positive(form.tokens, "the number of tokens") <
            positive(form.context, "the context length")) {
          throw UserError(ErrorCode::OutOfRange, "cannot use the number of tokens",
                          "it is less than one context");
        }
        return QString();
      }));
  put(IndexField::Out, checkOut(form));
  return result;
}

IndexRequest toRequest(const IndexForm& form) {
  IndexRequest request;
  request.model = toPath(form.model);
  request.sae = toPath(form.sae);
  request.site = Site::fromFlags(form.layer.toStdString(), form.site.toStdString());
  for (const QString& text : form.texts) request.corpus.files.push_back(toPath(text));
  request.corpus.packing = form.documents ? Packing::Documents : Packing::Packed;
  request.corpus.context = positive(form.context, "the context length");
  if (!form.tokens.trimmed().isEmpty()) {
    request.corpus.maxTokens = positive(form.tokens, "the number of tokens");
  }
  request.out = toPath(form.out);
  request.force = form.force;
  return request;
}

namespace {

/// As a POSIX shell reads it back.
QString quoted(const QString& word) {
  static const QRegularExpression kPlain(QStringLiteral("^[A-Za-z0-9_./:=@%+,-]+$"));
  if (kPlain.match(word).hasMatch()) return word;
  QString escaped = word;
  escaped.replace(u'\'', QStringLiteral("'\\''"));
  return u'\'' + escaped + u'\'';
}

}  // namespace

QString commandLine(const IndexForm& form) {
  QStringList words{"featurescope", "index"};
  const auto flag = [&words](const char* name, const QString& value) {
    if (value.trimmed().isEmpty()) return;
    words.append(QLatin1String(name));
    words.append(quoted(value.trimmed()));
  };
  flag("--model", form.model);
  flag("--sae", form.sae);
  flag("--layer", form.layer);
  flag("--site", form.site);
  if (!form.texts.isEmpty()) {
    words.append("--text");
    for (const QString& text : form.texts) words.append(quoted(text));
  }
  if (form.documents) flag("--packing", "documents");
  flag("--context", form.context);
  flag("--tokens", form.tokens);
  flag("--out", form.out);
  if (form.force) words.append("--force");
  return words.join(u' ');
}

}  // namespace featurescope
