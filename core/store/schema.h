// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"

#include <cstdint>
#include <span>
#include <string_view>

/// An index is one SQLite file that anybody may query, from any program that reads SQLite 3:
///
///   sqlite3 -header -column INDEX.sqlite "SELECT * FROM feature_table ORDER BY density LIMIT 10"
///   sqlite3 INDEX.sqlite "SELECT rank, str_token, context FROM top_activation WHERE feature = 7"
///   sqlite3 INDEX.sqlite "SELECT value FROM provenance WHERE key = 'model'"
///
/// Three views are its promise to people and scripts; they keep their columns and meaning, and new
/// columns come at the end:
///
///   feature_table    a row a feature: feature density active_tokens max mean_active dead
///                    cosine_to_dead decoder_norm encoder_bias top_token scale bias density_low
///                    density_high top_token_count top_token_share encoder_norm
///                    encoder_cosine_to_dead active_tokens_ft density_ft max_ft mean_active_ft
///                    postings postings_above
///   top_activation   a row for each of a feature's strongest activations: feature rank position
///                    token str_token context activation activation_ft
///   provenance       key, value: what the index was made from
///
/// More views, since version 2:
///
///   feature_example       all activations worth showing: feature kind ('top', 'quantile',
///   'random',
///                         'near miss') part rank position token str_token context activation
///                         activation_ft repeat_of
///   activation_histogram  feature low high count count_ft, over the whole corpus
///   feature_token         the tokens a feature fires on most: feature rank token str_token count
///                         precision recall
///   logit_token           feature direction ('promoted', 'suppressed') rank token str_token value
///   neighbour             feature relation ('decoder cosine', 'encoder cosine', 'jaccard',
///                         'pearson') rank other value
///
/// and of use besides: corpus (position token str_token; every token in order), sequence (start
/// length repeat_of; the runs of tokens the model saw as one) and vocabulary (token str_token bytes
/// occurrences). The statements in schema_version_*.cpp describe each table, view and column; the
/// same comments are in the file itself (`.schema` in the sqlite3 shell). No view calls a function
/// that SQLite does not have by itself.
///
/// Size, measured at a million tokens: a token takes about 11 bytes in corpus_token and 4 in
/// token_posting, an activation about 6.5 in posting (5.5 before what pages cost), a feature about
/// 150 and each of its examples, tokens, bins, logits and neighbours 15 to 30.
namespace featurescope {

/// "FSix": marks a SQLite file as an index (PRAGMA application_id).
constexpr std::int64_t kIndexApplicationId = 0x46536978;

/// One step of the schema: SQL that turns version `i` into version `i + 1`, in a list by `i`.
using Migration = std::string_view;

/// All steps so far; their number is the newest version (PRAGMA user_version).
[[nodiscard]] std::span<const Migration> indexMigrations();

/// Runs the steps the database has not seen yet, all or none, and sets its version and mark. Not to
/// be called inside a transaction. Throws UserError{DatabaseError} when it is newer than the last
/// step.
void migrate(Database& database, std::span<const Migration> steps = indexMigrations());

/// The version of the index, from 1 to the newest. Throws UserError unless the database is an index
/// whose tables and views are, word for word, those of its version: what a foreign file calls
/// feature_table is not run. `shownPath` for the errors.
int checkIsIndex(const Database& database, const std::filesystem::path& shownPath);

}  // namespace featurescope
