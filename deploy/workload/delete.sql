\set purchase random(1, 30000)
DELETE FROM purchase WHERE id = :purchase;
