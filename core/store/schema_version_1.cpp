// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/schema_versions.h"

namespace featurescope {

const Migration kSchemaVersion1 = R"sql(
CREATE TABLE corpus_token (
  -- Every token the index counts, once, in the order the model saw them.
  position INTEGER PRIMARY KEY,  -- from 0, without gaps
  token INTEGER NOT NULL         -- its id in the vocabulary
);

CREATE TABLE sequence (
  -- Runs of tokens that the model saw as one; none sees beyond its own.
  start INTEGER PRIMARY KEY,     -- position of its first token
  length INTEGER NOT NULL        -- tokens
);

CREATE TABLE vocabulary (
  -- How each token is shown: a leading space as ·, a newline as ↵, a tab as →, a stray byte as \xNN.
  token INTEGER PRIMARY KEY,
  str_token TEXT NOT NULL
);

CREATE TABLE split_character (
  -- Tokens shown otherwise than the vocabulary says, since they hold a part of a character only: it
  -- is shown whole at the token of its first byte.
  position INTEGER PRIMARY KEY,
  str_token TEXT NOT NULL
);

CREATE TABLE feature (
  -- What is known of each feature of the sparse autoencoder. Read it through feature_table.
  feature INTEGER PRIMARY KEY,
  active_tokens INTEGER NOT NULL,
  max REAL NOT NULL,
  mean_active REAL NOT NULL,
  cosine_to_dead REAL,
  decoder_norm REAL NOT NULL,
  encoder_bias REAL NOT NULL,
  top_token TEXT NOT NULL,       -- str_token of the activation of rank 1, kept here for speed
  scale REAL,
  bias REAL
);

CREATE TABLE activation (
  -- The strongest activations of each feature. Read them through top_activation.
  feature INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  position INTEGER NOT NULL,
  activation REAL NOT NULL,
  activation_ft REAL,
  PRIMARY KEY (feature, rank)
) WITHOUT ROWID;

CREATE TABLE provenance_entry (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW corpus AS
  -- Every token in order, as it is shown; the str_tokens joined are the text.
  SELECT
    t.position AS position,
    t.token AS token,
    coalesce(s.str_token, v.str_token) AS str_token
  FROM corpus_token AS t
  CROSS JOIN vocabulary AS v ON v.token = t.token
  LEFT JOIN split_character AS s ON s.position = t.position;

CREATE VIEW feature_table AS
  -- A row a feature.
  SELECT
    feature,                           -- its id, from 0
    coalesce(CAST(active_tokens AS REAL) / (SELECT max(position) + 1 FROM corpus_token), 0.0)
      AS density,                      -- active_tokens / tokens of the corpus
    active_tokens,                     -- tokens at which its value is > 0
    max,                               -- its largest value; 0 when dead
    mean_active,                       -- mean over its active tokens; 0 when dead
    active_tokens = 0 AS dead,         -- 1 when no token activates it
    cosine_to_dead,                    -- of its decoder row with the mean of the dead rows; NULL when
                                       -- no feature is dead
    decoder_norm,                      -- length of its decoder row
    encoder_bias,
    top_token,                         -- the token of its largest value, as shown; '' when dead
    scale,                             -- c of a fine-tuning, else NULL
    bias                               -- d of a fine-tuning, else NULL
  FROM feature;

CREATE VIEW top_activation AS
  -- A row for each of a feature's strongest activations; query it WHERE feature = ….
  SELECT
    a.feature AS feature,
    a.rank AS rank,                    -- from 1; equal values by position
    a.position AS position,            -- of the token, see corpus
    c.token AS token,
    c.str_token AS str_token,
    (SELECT group_concat(str_token, '') FROM (
      SELECT w.str_token AS str_token FROM corpus AS w
      WHERE w.position BETWEEN max(a.position - 10, s.start)
                           AND min(a.position + 10, s.start + s.length - 1)
      ORDER BY w.position)) AS context,  -- up to 10 tokens before, the token, up to 10 after
    a.activation AS activation,
    a.activation_ft AS activation_ft   -- at the same token after a fine-tuning, else NULL
  FROM activation AS a
  CROSS JOIN corpus AS c ON c.position = a.position
  CROSS JOIN sequence AS s ON s.start = (SELECT max(start) FROM sequence WHERE start <= a.position);

CREATE VIEW provenance AS
  -- What the index was made from and how.
  SELECT key, value FROM provenance_entry;
)sql";

}  // namespace featurescope
