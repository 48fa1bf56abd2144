//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestPostgres uses the server that TENANTS_TEST_POSTGRES names by a connection string,
// of which it takes the table tenant_origins, or else starts one of its own.
func TestPostgres(t *testing.T) {
	dsn := os.Getenv("TENANTS_TEST_POSTGRES")
	if dsn == "" {
		dsn = startPostgres(t)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `DROP TABLE IF EXISTS tenant_origins`); err != nil {
		t.Fatal(err)
	}
	open := func(t *testing.T) store {
		st, err := openPostgres(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(st.pool.Close)
		return st
	}
	testStore(t, open)

	// Somebody changes the table by hand; then the connection that listens is lost.
	in := newInstance(t, open(t))
	in.expect("left by the test above", comes, true)
	if _, err := conn.Exec(t.Context(), `TRUNCATE tenant_origins`); err != nil {
		t.Fatal(err)
	}
	in.expectSoon("after TRUNCATE", comes, false)
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN tenant_origins'`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO tenant_origins VALUES ($1)`, comes); err != nil {
		t.Fatal(err)
	}
	in.expectSoon("after the connection was lost", comes, true)
}

// lacks skips the test for want of a database; in CI, which installs one, it fails.
func lacks(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// startPostgres runs a server in a directory of the test's own, without a network, and
// returns its connection string.
func startPostgres(t *testing.T) string {
	bin := ""
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb"} {
		if found, _ := filepath.Glob(pattern); found != nil {
			bin = filepath.Dir(found[len(found)-1])
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		bin = filepath.Dir(path)
	}
	if bin == "" {
		lacks(t, "no PostgreSQL: TENANTS_TEST_POSTGRES is not set, and no initdb is installed")
	}
	dir, err := os.MkdirTemp("", "tenants") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 { // as whom it does not run
		u, err := user.Lookup("postgres")
		if err != nil {
			lacks(t, "PostgreSQL does not run as root, and there is no user postgres: "+err.Error())
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGINT) // its fast shutdown
		server.Wait()
	})
	dsn := "host=" + dir + " user=postgres dbname=postgres"
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err == nil {
			conn.Close(t.Context())
			return dsn
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
