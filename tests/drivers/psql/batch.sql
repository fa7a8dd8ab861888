\pset tuples_only on
BEGIN;
SELECT format('INSERT INTO entry VALUES (%s, %L)', i, 'entry ' || i) FROM generate_series(1, 300) i
\gexec
COMMIT;
SELECT format('UPDATE entry SET v = v || ''!'' WHERE id = %s', i) FROM generate_series(1, 100) i
\gexec
BEGIN \; DELETE FROM entry WHERE id BETWEEN 201 AND 250 \; COMMIT;
DELETE FROM entry WHERE id BETWEEN 251 AND 299 \; SELECT count(*) FROM entry \; DELETE FROM entry WHERE id = 300;
INSERT INTO entry VALUES (1001, 'a') \; INSERT INTO entry VALUES (1, 'b') \; INSERT INTO entry VALUES (1002, 'c');
SELECT count(*), max(id) FROM entry;
