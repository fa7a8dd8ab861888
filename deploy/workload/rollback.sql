\set account random(1, 10000)
BEGIN;
UPDATE account SET balance = -1 WHERE id = :account;
DELETE FROM purchase WHERE account = :account;
ROLLBACK;
