// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/demo.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kVariable = "FEATURESCOPE_RESOURCES";

fs::path programFolder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

/// --force replaces a study that was made before, never a folder of something else.
void checkMayBecomeStudy(const fs::path& folder, bool force) {
  checkOutput(folder, force);
  std::error_code error;
  const bool replaceable = !fs::exists(folder, error) || Study::isStudy(folder) ||
                           (fs::is_directory(folder, error) && fs::is_empty(folder, error));
  if (!replaceable) {
    throw UserError(ErrorCode::OutputExists, "cannot overwrite " + folder.string(),
                    "it is not a study, and what it holds would be lost", "choose another --out");
  }
}

/// Copies every file, made writable: a package installs them read-only.
void copyFiles(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_directory()) {
      fs::create_directories(target);
    } else {
      fs::copy_file(entry.path(), target);
      fs::permissions(target, fs::perms::owner_write, fs::perm_options::add);
    }
  }
}

}  // namespace

fs::path resourceFolder() {
  if (const char* named = std::getenv(kVariable)) {
    if (fs::is_directory(named)) return named;
    throw UserError(ErrorCode::NotFound, std::string("cannot use ") + kVariable,
                    std::string(named) + " is no folder", "unset it, or name the folder of demo/");
  }
  const fs::path program = programFolder();
  const std::array candidates{program / "../share/featurescope", program / "../../../resources"};
  for (const fs::path& candidate : candidates) {
    std::error_code error;
    if (fs::is_directory(candidate, error)) return fs::canonical(candidate);
  }
  throw UserError(ErrorCode::NotFound, "cannot find the program's own files",
                  "neither " + candidates[0].lexically_normal().string() + " nor " +
                      candidates[1].lexically_normal().string() + " exists",
                  std::string("install Featurescope again, or set ") + kVariable);
}

Study makeDemoStudy(const fs::path& folder, bool force) {
  const fs::path source = resourceFolder() / "demo";
  if (!Study::isStudy(source)) {
    throw UserError(ErrorCode::NotFound, "cannot make the demo study",
                    "there is no study in " + source.string(),
                    "install Featurescope again, or make it with `featurescope-make-demo`");
  }
  checkMayBecomeStudy(folder, force);
  return guarded("cannot write " + folder.string(), [&] {
    AtomicFolder made(folder);
    copyFiles(source, made.path());
    made.commit();
    return Study::open(folder);
  });
}

}  // namespace featurescope
