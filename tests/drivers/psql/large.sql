\set ECHO none
\pset format unaligned
\set text `cat text`
\set y `cat first`
INSERT INTO blob VALUES (1, :'y', :'text') RETURNING length(y), length(t);
SELECT * FROM blob \g |md5sum
\set y `cat second`
UPDATE blob SET y = :'y' WHERE t = :'text';
UPDATE blob SET y = y RETURNING * \g |md5sum
