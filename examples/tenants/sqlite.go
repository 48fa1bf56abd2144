package main

import (
	"context"
	"database/sql"
	"net/url"
	"time"

	_ "modernc.org/sqlite"
)

// A sqlite keeps the origins in a file, which several instances on one machine share.
type sqlite struct{ db *sql.DB }

func openSQLite(ctx context.Context, file string) (*sqlite, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS tenant_origins (origin TEXT PRIMARY KEY)`); err != nil {
		db.Close()
		return nil, err
	}
	return &sqlite{db}, nil
}

func (s *sqlite) origins(ctx context.Context) (origins []string, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT origin FROM tenant_origins`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var origin string
		if err := rows.Scan(&origin); err != nil {
			return nil, err
		}
		origins = append(origins, origin)
	}
	return origins, rows.Err() // half a list must not pass for all
}

func (s *sqlite) allow(ctx context.Context, origin string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO tenant_origins VALUES (?) ON CONFLICT DO NOTHING`, origin)
	return err
}

func (s *sqlite) revoke(ctx context.Context, origin string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM tenant_origins WHERE origin = ?`, origin)
	return err
}

// watch looks at PRAGMA data_version, which differs once another connection has
// written, of this program or of another. It is a look at shared memory, and no query.
func (s *sqlite) watch(ctx context.Context, changed func()) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	last := int64(-1)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var version int64
		if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
			return err
		}
		if version != last {
			last = version
			changed()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
