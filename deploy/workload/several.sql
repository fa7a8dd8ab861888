\set account random(1, 10000)
INSERT INTO purchase (account, amount, note) VALUES (:account, 3, 'several statements, one message') \; UPDATE account SET changed = now() WHERE id = :account;
