\set account random(1, 10000)
\set cents random(1, 1000000)
INSERT INTO purchase (account, amount, receipt, note) VALUES (:account, :cents / 100.0, decode(md5(:cents::text), 'hex'), 'bought');
