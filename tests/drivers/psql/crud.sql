\set name ann
\set words 'é€😀'
INSERT INTO account (name, balance, note) VALUES (:'name', 12.50, NULL) RETURNING id \gset first_
\echo inserted :first_id, :ROW_COUNT row
INSERT INTO account (name) VALUES ('bob') RETURNING *;
INSERT INTO account (name, balance, note) VALUES ('cid', 7.25, 'x');
\gdesc
SELECT * FROM account ORDER BY id;
UPDATE account SET balance = balance + 1.25 WHERE id = :first_id;
UPDATE account SET note = 'never' WHERE id = -1;
\echo :ROW_COUNT :SQLSTATE
UPDATE account SET note = :'words' WHERE name = 'cid' RETURNING note, doubled \gx
DELETE FROM account WHERE id IN (2, 77);
BEGIN;
UPDATE account SET note = 'never';
ROLLBACK;
UPDATE account SET note = 'never' WHERE false RETURNING id \gdesc
\set AUTOCOMMIT off
UPDATE account SET note = note WHERE id = 3;
ROLLBACK;
UPDATE account SET note = note WHERE id = 3;
COMMIT;
\set AUTOCOMMIT on
\pset format csv
SELECT id, name, balance, note FROM account ORDER BY id;
