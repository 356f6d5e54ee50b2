// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/prompt_reader.h"

#include "ui/bridge/hand_over.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace featurescope {

PromptReader::~PromptReader() {
  ++latest_;
  running_.request_stop();
}

void PromptReader::setParts(std::optional<PromptParts> parts) {
  parts_ = std::move(parts);
  ++partsNumber_;
  drop();
  if (!parts_) {
    thread_.add([this] { session_.reset(); });
  }
}

void PromptReader::drop() {
  ++latest_;
  running_.request_stop();
}

void PromptReader::ask(const QString& prompt) {
  drop();
  if (!parts_ || prompt.isEmpty()) return;
  running_ = std::stop_source();
  thread_.add([this, parts = *parts_, number = partsNumber_, prompt, question = latest_.load(),
               stop = running_.get_token()] {
    if (question == latest_) askThere(parts, number, prompt, question, stop);
  });
}

void PromptReader::askThere(const PromptParts& parts, std::uint64_t partsNumber,
                            const QString& prompt, std::uint64_t question,
                            const std::stop_token& stop) {
  const auto tell = [this, question](auto what) {
    handOver(this, [this, question, what = std::move(what)] {
      if (question == latest_) what();
    });
  };
  try {
    const bool loads = !session_ || sessionParts_ != partsNumber;
    tell([this, loads] { emit started(loads); });
    if (loads) {
      session_.reset();  // never two models at once
      session_ = PromptSession::open(parts);
      sessionParts_ = partsNumber;
    }
    SilentProgress silent;
    auto answer = std::make_shared<PromptAnswer>();
    answer->prompt = prompt;
    answer->result = session_->run(prompt.toStdString(), JobContext{stop, silent});
    tell([this, answer] { emit ready(answer); });
  } catch (const Interrupted&) {
    return;  // a later prompt is waiting
  } catch (...) {
    const Failure failure = currentFailure("cannot run the prompt");
    tell([this, failure] { emit failed(failure); });
  }
}

namespace {

/// Where the study has the part that the index remembers: at the same path, or under the same name
/// since the study was moved; else the path itself.
std::filesystem::path partOf(const std::vector<Study::Part>* parts, const std::string& remembered) {
  std::filesystem::path path(remembered);
  if (parts == nullptr) return path;
  for (const bool whole : {true, false}) {
    const auto same = std::ranges::find_if(*parts, [&](const Study::Part& part) {
      return whole ? part.path == path : part.path.filename() == path.filename();
    });
    if (same != parts->end()) return same->path;
  }
  return path;
}

std::string valueOf(const Provenance& provenance, const char* key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? std::string() : found->second;
}

}  // namespace

std::optional<PromptParts> promptPartsOf(const OpenedIndex& opened) {
  const Study* study = opened.study ? &*opened.study : nullptr;
  PromptParts parts;
  parts.model = partOf(study ? &study->models : nullptr, valueOf(opened.provenance, "model"));
  parts.sae = partOf(study ? &study->saes : nullptr, valueOf(opened.provenance, "sae"));
  if (parts.model.empty() || parts.sae.empty()) return std::nullopt;
  const auto site = Site::fromName(valueOf(opened.provenance, "site"));
  if (!site) return std::nullopt;
  parts.site = *site;
  parts.modelHash = valueOf(opened.provenance, "model_hash");
  parts.saeHash = valueOf(opened.provenance, "sae_hash");
  const std::string fineTuning = valueOf(opened.provenance, "fine_tuning");
  if (!fineTuning.empty()) {
    parts.fineTuning = partOf(study ? &study->runs : nullptr, fineTuning);
  }
  return parts;
}

}  // namespace featurescope
