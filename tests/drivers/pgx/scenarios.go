// pgx: named statements described once and cached, or unnamed, or described each time, or simple; batches under one Sync;
// pipelines of pgconn; nested Begin; binary both ways; COPY of rows in binary.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

const words = "é€😀"

var ctx = context.Background()

// PGHOST and others are read by pgx itself.
func connect(mode pgx.QueryExecMode) *pgx.Conn {
	config, err := pgx.ParseConfig("")
	must(err)
	config.DefaultQueryExecMode = mode
	c, err := pgx.ConnectConfig(ctx, config)
	must(err)
	return c
}

var modes = []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}

func crud() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	run(c, "insert", "INSERT INTO account (name, balance, note) VALUES ($1, $2, $3) RETURNING id", "ann", "12.50", nil)
	run(c, "insert defaults", "INSERT INTO account (name) VALUES (@name) RETURNING *", pgx.NamedArgs{"name": "bob"})
	run(c, "insert without returning", "INSERT INTO account (name, balance, note) VALUES ($1, 7.25, 'x')", "cid")
	run(c, "select", "SELECT * FROM account ORDER BY id")
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	must(err)
	run(tx, "update", "UPDATE account SET balance = balance + $1 WHERE id = $2", "1.25", 1)
	run(tx, "update none", "UPDATE account SET note = 'never' WHERE id = -1")
	run(tx, "update returning", "UPDATE account SET note = $1 WHERE name = 'cid' RETURNING note, doubled", words)
	run(tx, "delete", "DELETE FROM account WHERE id = ANY($1)", []int32{2, 77})
	attempt("commit", func() error { return tx.Commit(ctx) })
	tx, err = c.Begin(ctx)
	must(err)
	run(tx, "update in vain", "UPDATE account SET note = 'never'")
	attempt("rollback", func() error { return tx.Rollback(ctx) })
	for _, mode := range modes {
		run(c, "update in mode "+mode.String(), "UPDATE account SET note = note WHERE id = $1 RETURNING id, note, balance", mode, 3)
	}
	run(c, "select again", "SELECT id, name, balance, note FROM account ORDER BY id")
}

func prepared() {
	c := connect(pgx.QueryExecModeExec)
	defer c.Close(ctx)
	_, err := c.Prepare(ctx, "put", "INSERT INTO prepared VALUES ($1, $2)")
	must(err)
	_, err = c.Prepare(ctx, "more", "UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v")
	must(err)
	for i := 1; i <= 8; i++ {
		run(c, fmt.Sprint("insert ", i), "put", i, fmt.Sprint("row ", i))
		run(c, fmt.Sprint("update ", i), "more", i)
	}
	attempt("deallocate", func() error { return c.Deallocate(ctx, "more") })
	run(c, "deallocate by SQL", "DEALLOCATE put")
	run(c, "what is gone", "put", 9, "never")
	run(c, "update again", "UPDATE prepared SET v = v || '+' WHERE id = $1", pgx.QueryExecModeDescribeExec, 1)
	attempt("deallocate all", func() error { return c.DeallocateAll(ctx) })
}

func batch() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	for part, mode := range modes { // 60 rows in each mode
		own := connect(mode)
		b := &pgx.Batch{}
		for i := part*60 + 1; i <= part*60+60; i++ {
			b.Queue("INSERT INTO entry VALUES ($1, $2)", i, fmt.Sprint("entry ", i))
		}
		b.Queue("SELECT count(*) FROM entry")
		sendBatch(own, "inserts in mode "+mode.String(), b)
		must(own.Close(ctx))
	}
	tx, err := c.Begin(ctx)
	must(err)
	b := &pgx.Batch{}
	for i := 1; i <= 100; i++ {
		b.Queue("UPDATE entry SET v = v || '!' WHERE id = $1 RETURNING v", i)
	}
	b.Queue("DELETE FROM entry WHERE id > $1", 200)
	sendBatch(tx, "updates", b)
	attempt("commit", func() error { return tx.Commit(ctx) })
	b = &pgx.Batch{}
	b.Queue("INSERT INTO entry VALUES (1001, 'a')")
	b.Queue("INSERT INTO entry VALUES ($1, 'b')", 1)
	b.Queue("INSERT INTO entry VALUES (1002, 'c')")
	sendBatch(c, "failing", b)
	run(c, "left", "SELECT count(*), max(id) FROM entry")
}

type batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

func sendBatch(to batcher, step string, b *pgx.Batch) {
	results := to.SendBatch(ctx, b)
	for i := 0; i < b.Len(); i++ {
		rows, err := results.Query()
		if err != nil {
			emitError(step, err)
			continue
		}
		report(fmt.Sprint(step, " ", i), rows)
	}
	attempt(step+": close", results.Close)
}

func values() []any {
	at := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	three, one := int32(3), int32(1)
	var n pgtype.Numeric
	must(n.Scan("12345678901234567890.123456789"))
	return []any{true, int16(-32768), int32(2147483647), int64(-9223372036854775808), float32(1.5), 0.1, n, words,
		[]byte{0, 255, 16}, pgtype.Date{Time: at.Truncate(24 * time.Hour), Valid: true}, pgtype.Timestamp{Time: at, Valid: true},
		at, pgtype.Interval{Days: 1, Microseconds: 7384000000, Valid: true}, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
		`{"a": [1, null]}`, map[string]any{"b": "c"}, []*int32{&one, nil, &three}, []string{"x", `y,"z"`, ""}}
}

func types() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	places := []string{}
	for i := 1; i <= 18; i++ {
		places = append(places, fmt.Sprint("$", i))
	}
	all := strings.Join(places, ", ")
	run(c, "insert", "INSERT INTO typed VALUES (1, "+all+") RETURNING *", values()...)
	run(c, "insert nulls", "INSERT INTO typed VALUES (2, "+all+") RETURNING *", make([]any, 18)...)
	run(c, "update", "UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *")
	text := pgx.QueryResultFormats{pgx.TextFormatCode}
	run(c, "all in text", "UPDATE typed SET t = t RETURNING id, i8, f8", text, pgx.QueryExecModeDescribeExec)
	mixed := pgx.QueryResultFormats{pgx.BinaryFormatCode, pgx.TextFormatCode, pgx.BinaryFormatCode}
	run(c, "mixed formats", "UPDATE typed SET t = t RETURNING id, i8, f8", mixed, pgx.QueryExecModeDescribeExec)
	run(c, "select", "SELECT * FROM typed ORDER BY id")
}

func cursor() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	tx, err := c.Begin(ctx)
	must(err)
	run(tx, "declare", "DECLARE portal CURSOR FOR SELECT id, v FROM number ORDER BY id")
	run(tx, "fetch", "FETCH 10 FROM portal")
	run(tx, "update meanwhile", "UPDATE number SET v = v + 1000 WHERE id <= $1", 5)
	run(tx, "fetch the rest", "FETCH ALL FROM portal")
	run(tx, "declare locking", "DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE")
	run(tx, "fetch locking", "FETCH locking")
	run(tx, "update where current", "UPDATE number SET v = $1 WHERE CURRENT OF locking RETURNING id", 0)
	rows, err := tx.Query(ctx, "UPDATE number SET v = -v WHERE id BETWEEN $1 AND 110 RETURNING id, v", 101)
	must(err)
	rows.Next()
	rows.Close() // the rest is thrown away
	emit("one row read", fields{"tag": rows.CommandTag().String()})
	attempt("commit", func() error { return tx.Commit(ctx) })
	run(c, "sum", "SELECT sum(v) FROM number")
}

func savepoint() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	tx, err := c.Begin(ctx)
	must(err)
	run(tx, "outer", "INSERT INTO step VALUES (1, $1)", "outer")
	attempt("a", func() error {
		return pgx.BeginFunc(ctx, tx, func(a pgx.Tx) error {
			run(a, "kept", "INSERT INTO step VALUES (2, $1)", "kept")
			b, err := a.Begin(ctx)
			must(err)
			run(b, "lost", "INSERT INTO step VALUES (3, $1)", "lost")
			must(b.Rollback(ctx))
			run(a, "kept twice", "UPDATE step SET v = $1 WHERE id = 2", "kept twice")
			return nil
		})
	})
	attempt("c", func() error {
		return pgx.BeginFunc(ctx, tx, func(c pgx.Tx) error {
			_, err := c.Exec(ctx, "INSERT INTO step VALUES (1, $1)", "again")
			return err
		})
	})
	run(tx, "after", "INSERT INTO step VALUES (4, $1)", "after")
	attempt("commit", func() error { return tx.Commit(ctx) })
	run(c, "select", "SELECT * FROM step ORDER BY id")
}

func upsert() {
	c := connect(pgx.QueryExecModeCacheDescribe)
	defer c.Close(ctx)
	for i := 0; i < 5; i++ {
		run(c, fmt.Sprint("home ", i), "INSERT INTO counter VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET "+
			"hits = counter.hits + 1, last = excluded.last RETURNING hits, xmax = 0 AS is_new", "home", "first")
	}
	run(c, "nothing", "INSERT INTO counter VALUES ('home', $1) ON CONFLICT DO NOTHING RETURNING hits", 99)
	run(c, "two", "INSERT INTO counter SELECT n, 1, 'first' FROM unnest($1::text[]) n ON CONFLICT (name) "+
		"DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits", []string{"home", "away"})
	run(c, "condition", "INSERT INTO counter VALUES ('away', $1) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false", 5)
}

func failures() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	tx, err := c.Begin(ctx)
	must(err)
	run(tx, "insert", "INSERT INTO strict VALUES (1, 'a', 1)")
	run(tx, "duplicate", "INSERT INTO strict VALUES ($1, 'b', 2)", 1)
	run(tx, "in a failed transaction", "SELECT 1")
	attempt("rollback", func() error { return tx.Rollback(ctx) })
	tx, err = c.Begin(ctx)
	must(err)
	run(tx, "deferred", "INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1)", 2)
	attempt("commit that fails", func() error { return tx.Commit(ctx) })
	tx, err = c.Begin(ctx)
	must(err)
	run(tx, "insert once more", "INSERT INTO strict VALUES (5, 'e', 5)")
	run(tx, "division", "UPDATE strict SET rank = rank / $1", 0)
	attempt("commit of a failed transaction", func() error { return tx.Commit(ctx) })
	run(c, "null", "INSERT INTO strict VALUES (4, $1, 4)", nil)
	for _, mode := range modes { // the error comes after CommandComplete
		run(c, "deferred, by itself, in mode "+mode.String(),
			"INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1) RETURNING id", mode, 2)
	}
	run(c, "syntax", "UPDATE strict SETT v = $1", "x")
	run(c, "no table", "UPDATE nowhere SET v = 'x'")
	run(c, "several, the last failing", "INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0", pgx.QueryExecModeSimpleProtocol)
	run(c, "works on", "INSERT INTO strict VALUES ($1, 'd', 4)", 4)
}

func large() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	first, second := bytes.Repeat([]byte{0, 1, 2, 3}, 4<<20), bytes.Repeat([]byte{255, 254, 253, 252}, 8<<20)
	text := strings.Repeat("öx€", 1000000)
	run(c, "insert", "INSERT INTO blob VALUES (1, $1, $2) RETURNING y, t", first, text)
	run(c, "update", "UPDATE blob SET y = $1 WHERE t = $2", second, text)
	run(c, "select", "SELECT * FROM blob")
}

func cancel() {
	c, watcher := connect(pgx.QueryExecModeCacheStatement), connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	defer watcher.Close(ctx)
	cancelled := func(r runner, step, sql string) {
		done := make(chan error)
		go func() {
			for n := 0; n == 0; time.Sleep(10 * time.Millisecond) {
				must(watcher.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "+
					"AND wait_event = 'PgSleep'").Scan(&n))
			}
			done <- c.PgConn().CancelRequest(ctx)
		}()
		run(r, step, sql)
		must(<-done)
	}
	cancelled(c, "read", "SELECT pg_sleep(600)")
	run(c, "works on", "SELECT 1")
	cancelled(c, "write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL")
	tx, err := c.Begin(ctx)
	must(err)
	run(tx, "insert", "INSERT INTO job VALUES ($1, 'never')", 1)
	cancelled(tx, "in a transaction", "SELECT pg_sleep(600)")
	attempt("rollback", func() error { return tx.Rollback(ctx) })
	run(c, "insert again", "INSERT INTO job VALUES ($1, 'done')", 2)
}

func reconnect() {
	c := connect(pgx.QueryExecModeCacheStatement)
	tx, err := c.Begin(ctx)
	must(err)
	run(tx, "insert", "INSERT INTO visit VALUES ($1, 'lost')", 1)
	run(tx, "terminate", "SELECT pg_terminate_backend(pg_backend_pid())")
	emit("closed", fields{"closed": c.IsClosed()})
	c = connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	run(c, "select", "SELECT * FROM visit")
	run(c, "insert again", "INSERT INTO visit VALUES ($1, 'back')", 2)
}

// pgconn's own pipelines: the Syncs are where the program puts them.
func pipeline() {
	c := connect(pgx.QueryExecModeExec)
	defer c.Close(ctx)
	put := func(p *pgconn.Pipeline, id, v string) {
		p.SendQueryParams("INSERT INTO ahead VALUES ($1, $2) RETURNING id", [][]byte{[]byte(id), []byte(v)}, nil, nil, nil)
	}
	p := c.PgConn().StartPipeline(ctx)
	put(p, "1", "one")
	p.SendQueryParams("UPDATE ahead SET v = v || '!'", nil, nil, nil, nil)
	put(p, "2", "two")
	must(p.Sync())
	put(p, "3", "never")
	put(p, "1", "duplicate")
	put(p, "4", "skipped")
	must(p.Sync())
	p.SendPrepare("put", "INSERT INTO ahead VALUES ($1, $2)", nil)
	p.SendQueryPrepared("put", [][]byte{[]byte("5"), []byte("five")}, nil, nil)
	p.SendQueryPrepared("put", [][]byte{[]byte("6"), []byte("six")}, nil, nil)
	must(p.Sync())
	for syncs := 0; syncs < 3; {
		results, err := p.GetResults()
		switch r := results.(type) {
		case *pgconn.ResultReader:
			got := r.Read()
			if got.Err != nil {
				emitError("error", got.Err)
				continue
			}
			emit("result", fields{"tag": got.CommandTag.String(), "rows": fmt.Sprintf("%s", got.Rows)})
		case *pgconn.StatementDescription:
			emit("prepared", fields{"parameters": fmt.Sprint(r.ParamOIDs)})
		case *pgconn.PipelineSync:
			emit("sync", nil)
			syncs++
		default:
			emitError("error", err)
		}
	}
	attempt("close", p.Close)
	run(c, "left", "SELECT * FROM ahead ORDER BY id")
}

func copyRows() {
	c := connect(pgx.QueryExecModeCacheStatement)
	defer c.Close(ctx)
	copied := func(step string, source pgx.CopyFromSource) {
		n, err := c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"id", "v", "n"}, source)
		if err != nil {
			emitError(step, err)
		}
		emit(step+": count", fields{"count": n})
	}
	copied("in", pgx.CopyFromSlice(100, func(i int) ([]any, error) {
		var n pgtype.Numeric
		err := n.Scan(fmt.Sprintf("%d.00", i+1))
		return []any{int32(i + 1), fmt.Sprint("copied ", i+1), n}, err
	}))
	var out bytes.Buffer
	tag, err := c.PgConn().CopyTo(ctx, &out, "COPY copied TO STDOUT")
	must(err)
	emit("out", fields{"tag": tag.String(), "text": out.String()})
	_, err = c.PgConn().CopyFrom(ctx, strings.NewReader("one\tx\t1\n"), "COPY copied FROM STDIN")
	emitError("bad row", err)
	copied("broken off", pgx.CopyFromFunc(func() ([]any, error) { return nil, errors.New("changed my mind") }))
	run(c, "works on", "SELECT count(*) FROM copied")
}

func main() {
	scenarios := map[string]func(){"crud": crud, "prepared": prepared, "batch": batch, "types": types, "cursor": cursor,
		"savepoint": savepoint, "upsert": upsert, "errors": failures, "large": large, "cancel": cancel, "reconnect": reconnect,
		"pipeline": pipeline, "copy": copyRows}
	for _, scenario = range os.Args[1:] {
		scenarios[scenario]()
	}
}
