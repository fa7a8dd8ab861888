CREATE TABLE item (id integer PRIMARY KEY, v text, n numeric, d timestamptz);
INSERT INTO item SELECT i, 'v' || i, i / 3.0, '2020-01-01 00:00+00' FROM generate_series(1, 9) i;
CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE "Odd Table" ("the Key" text, second numeric(10,2), "select" text, PRIMARY KEY ("the Key", second));
INSERT INTO "Odd Table" SELECT 'k' || k, k, 's' FROM generate_series(1, 3) k;
CREATE TABLE late (id integer PRIMARY KEY, v text, UNIQUE (v) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE plain (id integer PRIMARY KEY, v text);
CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE WARNING 'about %', NEW.id USING HINT = 'none'; RETURN NEW; END $$;
CREATE TABLE noisy (id integer PRIMARY KEY, v text);
CREATE TRIGGER complain BEFORE INSERT ON noisy FOR EACH ROW EXECUTE FUNCTION complain();
CREATE PROCEDURE commits_inside() LANGUAGE plpgsql AS $$ BEGIN
  UPDATE plain SET v = 'first' WHERE id = 1; COMMIT; UPDATE plain SET v = 'second' WHERE id = 2; END $$;
INSERT INTO plain SELECT i, 'p' || i FROM generate_series(1, 3) i;
