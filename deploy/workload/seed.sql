-- Rows that are there before pgtandem is.
INSERT INTO account (id, name, balance, rating, labels, profile)
SELECT i, 'account ' || i, i / 7.0, 1 / i::float8, ARRAY['seed', NULL, i::text], jsonb_build_object('n', i, 'x', NULL)
  FROM generate_series(1, 10000) i;
INSERT INTO purchase (account, amount, note)
SELECT 1 + i % 10000, i / 3.0, 'seed ' || i FROM generate_series(1, 10000) i;
INSERT INTO stock SELECT 'north', i, i, '1 day 02:03:04' FROM generate_series(1, 1000) i;
