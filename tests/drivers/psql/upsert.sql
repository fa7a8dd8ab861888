SELECT $$INSERT INTO counter VALUES ('home', 1, 'first') ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1,
  last = excluded.last RETURNING hits, xmax = 0 AS is_new$$ FROM generate_series(1, 5)
\gexec
INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits;
INSERT INTO counter VALUES ('home', 1, 'first'), ('away', 1, 'first')
  ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits;
INSERT INTO counter VALUES ('away', 5) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false;
