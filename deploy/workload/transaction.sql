\set account random(1, 10000)
\set article random(1, 1000)
\set cents random(1, 10000)
BEGIN;
INSERT INTO purchase (account, amount, note) VALUES (:account, :cents / 100.0, 'in one transaction') RETURNING id;
UPDATE account SET balance = balance - :cents / 100.0 WHERE id = :account;
UPDATE stock SET pieces = pieces - 1 WHERE depot = 'north' AND article = :article;
COMMIT;
