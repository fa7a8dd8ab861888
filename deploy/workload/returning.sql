\set account random(1, 10000)
UPDATE account SET labels = ARRAY['gold', :account::text], profile = jsonb_build_object('since', now(), 'j', NULL)
 WHERE id = :account RETURNING id, labels, changed;
