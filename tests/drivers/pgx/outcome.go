package main

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Outcomes as lines of JSON on stdout.

var scenario string

type fields map[string]any

func emit(step string, outcome fields) {
	line := fields{"scenario": scenario, "step": step}
	for name, value := range outcome {
		line[name] = plain(value)
	}
	text, err := json.Marshal(line) // sorts the names
	must(err)
	fmt.Println(string(text))
}

// Types that JSON would lose are named.
func plain(value any) any {
	switch v := value.(type) {
	case nil, bool, int, int16, int32, int64:
		return v
	case string:
		if len(v) > 1000 {
			return fmt.Sprintf("string of %d, md5 %x", len(v), md5.Sum([]byte(v)))
		}
		return v
	case []byte:
		if len(v) > 1000 {
			return fmt.Sprintf("bytes of %d, md5 %x", len(v), md5.Sum(v))
		}
		return fmt.Sprintf("bytes %x", v)
	case []any:
		items := []any{}
		for _, item := range v {
			items = append(items, plain(item))
		}
		return items
	case [][]any:
		rows := []any{}
		for _, row := range v {
			rows = append(rows, plain(row))
		}
		return rows
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}

func emitError(step string, err error) {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		emit(step, fields{"sqlstate": server.Code, "text": server.Message, "severity": server.Severity, "detail": server.Detail,
			"constraint": server.ConstraintName, "table": server.TableName, "position": server.Position, "where": server.Where})
		return
	}
	emit(step, fields{"error": err.Error()})
}

// An error that a scenario is not about.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func attempt(step string, act func() error) {
	if err := act(); err != nil {
		emitError(step, err)
		return
	}
	emit(step, nil)
}

// What pgx.Conn, pgx.Tx and others have in common.
type runner interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Runs a statement and prints its rows, columns and tag, or its error.
func run(r runner, step, sql string, args ...any) {
	rows, err := r.Query(ctx, sql, args...)
	if err != nil {
		emitError(step, err)
		return
	}
	report(step, rows)
}

func report(step string, rows pgx.Rows) {
	got, columns := [][]any{}, []any{}
	for _, column := range rows.FieldDescriptions() {
		columns = append(columns, column.Name, int(column.DataTypeOID), int(column.Format))
	}
	for rows.Next() {
		values, err := rows.Values()
		must(err)
		got = append(got, values)
	}
	if err := rows.Err(); err != nil {
		emitError(step, err)
		return
	}
	emit(step, fields{"rows": got, "columns": columns, "tag": rows.CommandTag().String()})
}
