// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/search_query.h"

#include <utility>

namespace featurescope {

SearchCondition SearchCondition::token(std::string text) {
  SearchCondition condition(Kind::Token);
  condition.string_ = std::move(text);
  return condition;
}

SearchCondition SearchCondition::text(std::string regularExpression) {
  SearchCondition condition(Kind::Text);
  condition.string_ = std::move(regularExpression);
  return condition;
}

SearchCondition SearchCondition::active(FeatureId feature, double atLeast) {
  SearchCondition condition(Kind::Active);
  condition.feature_ = feature;
  condition.atLeast_ = atLeast;
  return condition;
}

SearchCondition SearchCondition::all(std::vector<SearchCondition> conditions) {
  SearchCondition condition(Kind::All);
  condition.conditions_ = std::move(conditions);
  return condition;
}

SearchCondition SearchCondition::any(std::vector<SearchCondition> conditions) {
  SearchCondition condition(Kind::Any);
  condition.conditions_ = std::move(conditions);
  return condition;
}

SearchCondition SearchCondition::none(std::vector<SearchCondition> conditions) {
  SearchCondition condition(Kind::None);
  condition.conditions_ = std::move(conditions);
  return condition;
}

}  // namespace featurescope
