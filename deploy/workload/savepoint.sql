\set account random(1, 10000)
BEGIN;
UPDATE account SET name = 'renamed ' || :account WHERE id = :account;
SAVEPOINT s;
INSERT INTO purchase (account, amount, note) VALUES (:account, 1, 'never to be seen');
ROLLBACK TO SAVEPOINT s;
INSERT INTO purchase (account, amount, note) VALUES (:account, 2, 'after a savepoint');
RELEASE SAVEPOINT s;
COMMIT;
