// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/reproduce/document.h"
#include "app/reproduce/items.h"

#include <map>
#include <string>

namespace featurescope::reproduction {

/// The report: what was run, each number and setting beside the paper's, and each item with its
/// figure or table. `pictures`: SVG by item id. Nothing in it depends on when or where it was made.
[[nodiscard]] Document makeReport(const Settings& settings, const std::vector<Item>& items,
                                  const std::vector<ComparedNumber>& numbers,
                                  const std::vector<ComparedSetting>& compared,
                                  const std::map<std::string, std::string>& pictures);

/// The same as data: {"numbers": […], "settings": […], "items": […]}.
[[nodiscard]] nlohmann::ordered_json toJson(const std::vector<Item>& items,
                                            const std::vector<ComparedNumber>& numbers,
                                            const std::vector<ComparedSetting>& compared);

/// The tables of numbers and of settings, for figures/numbers.csv and figures/settings.csv.
[[nodiscard]] FigureTable numbersTable(const std::vector<ComparedNumber>& numbers);
[[nodiscard]] FigureTable settingsTable(const std::vector<ComparedSetting>& compared);

}  // namespace featurescope::reproduction
