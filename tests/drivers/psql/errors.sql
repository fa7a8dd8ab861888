BEGIN;
INSERT INTO strict VALUES (1, 'a', 1);
INSERT INTO strict VALUES (1, 'b', 2);
SELECT 1;
ROLLBACK;
BEGIN;
INSERT INTO strict VALUES (2, 'b', 1), (3, 'c', 1);
COMMIT;
BEGIN;
INSERT INTO strict VALUES (5, 'e', 5);
UPDATE strict SET rank = rank / 0;
COMMIT;
\echo :SQLSTATE :ERROR :ROW_COUNT
INSERT INTO strict VALUES (2, 'b', 1), (3, 'c', 1);
INSERT INTO strict VALUES (4, NULL, 4);
\errverbose
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE
UPDATE strict SETT v = 'x';
UPDATE nowhere
   SET v = 'x'
 WHERE id = 1;
UPDATE strict SET rank = 'é' WHERE v = 'x';
INSERT INTO strict VALUES (6, 'f', 6) \; SELECT 1 / 0;
INSERT INTO strict VALUES (4, 'd', 4);
