\set article random(1, 2000)
INSERT INTO stock VALUES ('south', :article, 1, '90 minutes')
ON CONFLICT (depot, article) DO UPDATE SET pieces = stock.pieces + 1, seen = stock.seen + interval '1 s';
