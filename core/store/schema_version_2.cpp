// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/schema_versions.h"

namespace featurescope {

const Migration kSchemaVersion2 = R"sql(
DROP VIEW top_activation;
DROP VIEW feature_table;
DROP VIEW corpus;

CREATE TEMP TABLE vocabulary_1 AS SELECT * FROM vocabulary;
DROP TABLE vocabulary;
CREATE TABLE vocabulary (
  -- How each token is shown: a leading space as ·, a newline as ↵, a tab as →, a stray byte as \xNN.
  token INTEGER PRIMARY KEY,
  str_token TEXT NOT NULL,
  bytes BLOB,                    -- the token itself; NULL where only str_token is known
  occurrences INTEGER NOT NULL   -- tokens of the corpus that are it
);
INSERT INTO vocabulary
  SELECT v.token, v.str_token, NULL, coalesce(c.occurrences, 0)
  FROM vocabulary_1 AS v
  LEFT JOIN (SELECT token, count(*) AS occurrences FROM corpus_token GROUP BY token) AS c
    ON c.token = v.token;
DROP TABLE vocabulary_1;

CREATE TEMP TABLE sequence_1 AS SELECT * FROM sequence;
DROP TABLE sequence;
CREATE TABLE sequence (
  -- Runs of tokens that the model saw as one; none sees beyond its own.
  start INTEGER PRIMARY KEY,     -- position of its first token
  length INTEGER NOT NULL,       -- tokens
  repeat_of INTEGER              -- start of the first sequence with the same tokens; NULL for itself
);
INSERT INTO sequence SELECT start, length, NULL FROM sequence_1;
DROP TABLE sequence_1;

CREATE TEMP TABLE feature_1 AS SELECT * FROM feature;
DROP TABLE feature;
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
  bias REAL,
  density_low REAL,
  density_high REAL,
  top_token_count INTEGER,       -- active tokens that are the top token
  encoder_norm REAL,
  encoder_cosine_to_dead REAL,
  active_tokens_ft INTEGER,
  max_ft REAL,
  mean_active_ft REAL,
  postings INTEGER,
  postings_above REAL
);
INSERT INTO feature
  SELECT feature, active_tokens, max, mean_active, cosine_to_dead, decoder_norm, encoder_bias,
         top_token, scale, bias, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM feature_1;
DROP TABLE feature_1;

CREATE TABLE example (
  -- Activations of each feature that are shown. Read them through top_activation and
  -- feature_example.
  feature INTEGER NOT NULL,
  kind INTEGER NOT NULL,         -- 0 top, 1 quantile, 2 random, 3 near miss
  part INTEGER NOT NULL,         -- of a quantile, from 1; else 0
  rank INTEGER NOT NULL,         -- from 1, within kind and part
  position INTEGER NOT NULL,
  activation REAL NOT NULL,
  activation_ft REAL,
  repeat_of INTEGER,             -- position of the feature's first example with the same context
  PRIMARY KEY (feature, kind, part, rank)
) WITHOUT ROWID;
INSERT INTO example
  SELECT feature, 0, 0, rank, position, activation, activation_ft, NULL FROM activation;
DROP TABLE activation;

CREATE TABLE posting (
  -- Where features are active: chunks of up to some hundred tokens. `data` is, for each token, its
  -- position minus the one before (the first: minus first_position) as a LEB128 integer; then, in
  -- the same order, the values as little-endian float32.
  chunk INTEGER PRIMARY KEY,
  feature INTEGER NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  count INTEGER NOT NULL,        -- tokens
  checksum INTEGER NOT NULL,     -- CRC-32 of data
  data BLOB NOT NULL
);
CREATE INDEX posting_by_feature ON posting (feature, first_position);

CREATE TABLE token_posting (
  -- Where tokens stand in the corpus, in the same form without values. Empty when the budget for
  -- postings has no room for it.
  chunk INTEGER PRIMARY KEY,
  token INTEGER NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  count INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX token_posting_by_token ON token_posting (token, first_position);

CREATE TABLE histogram_bin (
  -- The bins that all histograms share: values from low, below high.
  bin INTEGER PRIMARY KEY,
  low REAL NOT NULL,
  high REAL NOT NULL
);

CREATE TABLE histogram_count (
  -- Read it through activation_histogram.
  feature INTEGER NOT NULL,
  bin INTEGER NOT NULL,
  count INTEGER NOT NULL,
  count_ft INTEGER,
  PRIMARY KEY (feature, bin)
) WITHOUT ROWID;

CREATE TABLE token_count (
  -- Read it through feature_token.
  feature INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  token INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (feature, rank)
) WITHOUT ROWID;

CREATE TABLE logit (
  -- Read it through logit_token.
  feature INTEGER NOT NULL,
  suppressed INTEGER NOT NULL,   -- 0 or 1
  rank INTEGER NOT NULL,
  token INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (feature, suppressed, rank)
) WITHOUT ROWID;

CREATE TABLE near_feature (
  -- Read it through neighbour.
  feature INTEGER NOT NULL,
  relation INTEGER NOT NULL,     -- 0 decoder cosine, 1 encoder cosine, 2 Jaccard, 3 Pearson
  rank INTEGER NOT NULL,
  other INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (feature, relation, rank)
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
    bias,                              -- d of a fine-tuning, else NULL
    density_low,                       -- 95 % interval of the density, from the count (Wilson)
    density_high,
    top_token_count,                   -- active tokens that are its top token
    CAST(top_token_count AS REAL) / active_tokens AS top_token_share,
    encoder_norm,                      -- length of its encoder column
    encoder_cosine_to_dead,            -- of its encoder column with the mean of the dead columns
    active_tokens_ft,                  -- as those without _ft, after a fine-tuning; else NULL
    CAST(active_tokens_ft AS REAL) / (SELECT max(position) + 1 FROM corpus_token) AS density_ft,
    max_ft,
    mean_active_ft,
    postings,                          -- active tokens stored in posting
    postings_above                     -- all whose value is above this are; 0: every one
  FROM feature;

CREATE VIEW feature_example AS
  -- A row for each activation of a feature that is worth showing; query it WHERE feature = ….
  SELECT
    e.feature AS feature,
    CASE e.kind WHEN 0 THEN 'top' WHEN 1 THEN 'quantile' WHEN 2 THEN 'random' ELSE 'near miss' END
      AS kind,                         -- strongest; one of several parts with equally many
                                       -- activations; drawn from all; not active, but nearly
    e.part AS part,                    -- of the quantiles, from 1, the strongest; else 0
    e.rank AS rank,                    -- from 1, within kind and part
    e.position AS position,            -- of the token, see corpus
    c.token AS token,
    c.str_token AS str_token,
    (SELECT group_concat(str_token, '') FROM (
      SELECT w.str_token AS str_token FROM corpus AS w
      WHERE w.position BETWEEN max(e.position - 10, s.start)
                           AND min(e.position + 10, s.start + s.length - 1)
      ORDER BY w.position)) AS context,  -- up to 10 tokens before, the token, up to 10 after
    e.activation AS activation,        -- of a near miss: before the nonlinearity, or 0
    e.activation_ft AS activation_ft,  -- at the same token after a fine-tuning, else NULL
    e.repeat_of AS repeat_of           -- position of the feature's first example with the same tokens
                                       -- around it; NULL for that one
  FROM example AS e
  CROSS JOIN corpus AS c ON c.position = e.position
  CROSS JOIN sequence AS s ON s.start = (SELECT max(start) FROM sequence WHERE start <= e.position);

CREATE VIEW top_activation AS
  -- A row for each of a feature's strongest activations; query it WHERE feature = ….
  SELECT
    e.feature AS feature,
    e.rank AS rank,                    -- from 1; equal values by position
    e.position AS position,            -- of the token, see corpus
    c.token AS token,
    c.str_token AS str_token,
    (SELECT group_concat(str_token, '') FROM (
      SELECT w.str_token AS str_token FROM corpus AS w
      WHERE w.position BETWEEN max(e.position - 10, s.start)
                           AND min(e.position + 10, s.start + s.length - 1)
      ORDER BY w.position)) AS context,  -- up to 10 tokens before, the token, up to 10 after
    e.activation AS activation,
    e.activation_ft AS activation_ft   -- at the same token after a fine-tuning, else NULL
  FROM example AS e
  CROSS JOIN corpus AS c ON c.position = e.position
  CROSS JOIN sequence AS s ON s.start = (SELECT max(start) FROM sequence WHERE start <= e.position)
  WHERE e.kind = 0 AND e.part = 0;

CREATE VIEW activation_histogram AS
  -- Over the whole corpus: tokens at which a feature's value is in [low, high).
  SELECT h.feature AS feature, b.low AS low, b.high AS high, h.count AS count,
         h.count_ft AS count_ft        -- after a fine-tuning, else NULL
  FROM histogram_count AS h CROSS JOIN histogram_bin AS b ON b.bin = h.bin;

CREATE VIEW feature_token AS
  -- The tokens a feature fires on most.
  SELECT
    n.feature AS feature,
    n.rank AS rank,                    -- from 1
    n.token AS token,
    v.str_token AS str_token,
    n.count AS count,                  -- active tokens that are it
    CAST(n.count AS REAL) / f.active_tokens AS precision,  -- of all active tokens, how many are it
    CAST(n.count AS REAL) / v.occurrences AS recall        -- of all of it, how many are active
  FROM token_count AS n
  CROSS JOIN feature AS f ON f.feature = n.feature
  CROSS JOIN vocabulary AS v ON v.token = n.token;

CREATE VIEW logit_token AS
  -- The tokens whose logit a feature raises or lowers most (direct logit attribution; provenance
  -- has its convention).
  SELECT
    l.feature AS feature,
    CASE l.suppressed WHEN 0 THEN 'promoted' ELSE 'suppressed' END AS direction,
    l.rank AS rank,                    -- from 1
    l.token AS token,
    v.str_token AS str_token,
    l.value AS value
  FROM logit AS l CROSS JOIN vocabulary AS v ON v.token = l.token;

CREATE VIEW neighbour AS
  -- The features nearest to each.
  SELECT
    feature,
    CASE relation WHEN 0 THEN 'decoder cosine' WHEN 1 THEN 'encoder cosine' WHEN 2 THEN 'jaccard'
                  ELSE 'pearson' END AS relation,
    rank,                              -- from 1
    other,                             -- the neighbour's id
    value
  FROM near_feature;
)sql";

}  // namespace featurescope
