\pset null '(null)'
\x on
INSERT INTO typed VALUES (1, true, -32768, 2147483647, -9223372036854775808, 1.5, 0.1, 12345678901234567890.123456789,
  'é€😀', '\x00ff10', '2024-02-29', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789012+00', '1 day 02:03:04',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null]}', '{"b": "c"}', '{1,NULL,3}', '{x,"y,\"z\"",""}') RETURNING *;
INSERT INTO typed (id) VALUES (2) RETURNING *;
SET DateStyle = 'German';
SET bytea_output = 'escape';
SET extra_float_digits = 0;
UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *;
RESET ALL;
SELECT * FROM typed ORDER BY id;
