CREATE TEMPORARY TABLE mine AS SELECT i AS id, 'copied ' || i AS v, i::numeric(10,2) AS n FROM generate_series(1, 50) i;
\copy mine TO rows
\copy copied FROM rows
COPY copied FROM STDIN;
51	copied 51	51.00
52	copied 52	52.00
\.
INSERT INTO mine SELECT i, 'copied ' || i, i FROM generate_series(53, 100) i;
\copy (SELECT * FROM mine WHERE id > 52) TO binary (FORMAT binary)
\copy copied FROM binary (FORMAT binary)
\copy copied TO stdout
COPY (SELECT count(*) FROM copied) TO STDOUT (FORMAT csv, HEADER);
COPY copied FROM STDIN;
one	x	1
\.
\copy copied FROM program 'echo two'
\copy copied FROM not-there
SELECT count(*) FROM copied;
