\set account random(1, 10000)
\set cents random(-10000, 10000)
UPDATE account SET balance = balance + :cents / 100.0, rating = random(), changed = now() WHERE id = :account;
