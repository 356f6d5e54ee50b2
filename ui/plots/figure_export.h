// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QByteArray>
#include <QImage>

#include <optional>

namespace featurescope {

/// Latex and Markdown are of tables only (table_text.h).
enum class FigureFormat { Pdf, Svg, Png, Csv, Latex, Markdown };

/// The columns of journals.
inline constexpr double kSingleColumnMillimetres = 89;
inline constexpr double kDoubleColumnMillimetres = 183;

/// How a figure is written. Size and dpi do not matter to text formats, nor dpi to PDF and SVG.
struct FigureFile {
  FigureFormat format = FigureFormat::Pdf;
  double widthMillimetres = kSingleColumnMillimetres;
  double heightMillimetres = kSingleColumnMillimetres * 0.62;
  int dpi = 300;
  bool heading = false;  ///< the figure's title above it
  bool caption = false;  ///< the figure's caption below it
  FigureLook look = FigureLook::Paper;
};

/// The height of the figure at the file's width, with the caption where the file has it. GUI
/// thread.
[[nodiscard]] double naturalHeight(const Figure& figure, const FigureFile& file);

/// The format of a file's ending, in any case.
[[nodiscard]] std::optional<FigureFormat> formatOf(const QString& fileName);

/// A curve of more points than this is a picture of `dpi` inside the PDF or SVG, whose axes and
/// text stay what they are: programs that show papers choke on as many marks.
inline constexpr int kMostVectorMarks = 20'000;

/// The file's bytes: in its look whatever the window's theme, the provenance in its metadata (not
/// in a CSV), and the same bytes for the same figure every time. GUI thread. Throws
/// UserError{Internal} when Qt cannot encode it, and {Unsupported} for a plot as text.
[[nodiscard]] QByteArray renderFile(const Figure& figure, const FigureFile& file);

/// The figure as a picture, for previews and the clipboard.
[[nodiscard]] QImage renderImage(const Figure& figure, const FigureFile& file);

}  // namespace featurescope
