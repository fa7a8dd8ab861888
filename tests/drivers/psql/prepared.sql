PREPARE put (int) AS INSERT INTO prepared VALUES ($1, 'row ' || $1);
PREPARE more (int) AS UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v;
SELECT format('EXECUTE put (%s)', i), format('EXECUTE more (%s)', i) FROM generate_series(1, 8) i
\gexec
DEALLOCATE more;
EXECUTE more (1);
PREPARE more (int) AS UPDATE prepared SET v = v || '+' WHERE id = $1;
EXECUTE more (1);
DEALLOCATE ALL;
EXECUTE put (9);
