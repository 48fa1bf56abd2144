package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A postgres keeps the origins in PostgreSQL. A trigger notifies of each change, also
// of those that somebody makes with psql.
type postgres struct{ pool *pgxpool.Pool }

const schema = `
CREATE TABLE IF NOT EXISTS tenant_origins (origin text PRIMARY KEY);
CREATE OR REPLACE FUNCTION notify_tenant_origins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NOTIFY tenant_origins; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER notify_tenant_origins AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
	ON tenant_origins FOR EACH STATEMENT EXECUTE FUNCTION notify_tenant_origins();`

func openPostgres(ctx context.Context, dsn string) (*postgres, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		// Two instances that start together would both create the function.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('tenant_origins'))`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, schema)
		return err
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &postgres{pool}, nil
}

func (p *postgres) origins(ctx context.Context) ([]string, error) {
	rows, err := p.pool.Query(ctx, `SELECT origin FROM tenant_origins`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (p *postgres) allow(ctx context.Context, origin string) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO tenant_origins VALUES ($1) ON CONFLICT DO NOTHING`, origin)
	return err
}

func (p *postgres) revoke(ctx context.Context, origin string) error {
	_, err := p.pool.Exec(ctx, `DELETE FROM tenant_origins WHERE origin = $1`, origin)
	return err
}

// watch listens on a connection of its own. It calls changed once it listens: what came
// before that was told to nobody.
func (p *postgres) watch(ctx context.Context, changed func()) error {
	conn, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN tenant_origins`); err != nil {
		return err
	}
	for {
		changed()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
