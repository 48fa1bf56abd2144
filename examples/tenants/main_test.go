package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	token = "secret"
	fixed = "https://fixed.tenant.example" // always in the table
	comes = "https://comes.tenant.example" // and goes
	other = "https://other.example"        // never there
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

func TestSQLite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file?.db")
	testStore(t, func(t *testing.T) store {
		st, err := openSQLite(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.db.Close() })
		return st
	})
}

// An instance is one running program.
type instance struct {
	*httptest.Server
	t *testing.T
}

func newInstance(t *testing.T, st store) instance {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	h, err := newHandler(ctx, st, token)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return instance{server, t}
}

// send returns the status and the header of the answer; header is pairs.
func (in instance) send(method, path string, header ...string) (int, http.Header) {
	r, err := http.NewRequest(method, in.URL+path, nil)
	if err != nil {
		in.t.Error(err)
		return 0, nil
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := in.Client().Do(r)
	if err != nil {
		in.t.Error(err)
		return 0, nil
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode, res.Header
}

// allows returns whether a page of origin may change an order, and whether it may read
// them. It reports answers that are neither.
func (in instance) allows(origin string) (preflight, actual bool) {
	status, h := in.send("OPTIONS", "/orders/7", "Origin", origin, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type")
	got := fmt.Sprint(status, h["Access-Control-Allow-Origin"], h["Access-Control-Allow-Headers"], h["Access-Control-Allow-Credentials"])
	switch preflight = status == http.StatusNoContent; {
	case preflight && got != "204 ["+origin+"] [content-type] [true]", !preflight && got != "403 [] [] []":
		in.t.Errorf("preflight of %s: %s", origin, got)
	}
	status, h = in.send("GET", "/orders", "Origin", origin)
	got = fmt.Sprint(status, h["Access-Control-Allow-Origin"], h["Access-Control-Allow-Credentials"], h["Vary"])
	switch actual = h["Access-Control-Allow-Origin"] != nil; {
	case actual && got != "200 ["+origin+"] [true] [Origin]", !actual && got != "200 [] [] [Origin]":
		in.t.Errorf("request of %s: %s", origin, got)
	}
	return preflight, actual
}

// change has the instance allow or revoke an origin, and expects a status.
func (in instance) change(method, origin string, want int) {
	in.t.Helper()
	if got, _ := in.send(method, "/admin/origins?origin="+url.QueryEscape(origin), "Authorization", "Bearer "+token); got != want {
		in.t.Errorf("%s of %q: status %d, want %d", method, origin, got, want)
	}
}

// expect expects what a page of origin may do here.
func (in instance) expect(when, origin string, want bool) {
	in.t.Helper()
	if preflight, actual := in.allows(origin); preflight != want || actual != want {
		in.t.Errorf("%s, %s: preflight %v, request %v, want %v", when, origin, preflight, actual, want)
	}
}

// expectSoon is expect for what another instance was told.
func (in instance) expectSoon(when, origin string, want bool) {
	in.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if preflight, actual := in.allows(origin); preflight == want && actual == want {
			return
		}
	}
	in.t.Errorf("%s, %s: not %v after 10 seconds", when, origin, want)
}

// testStore allows and revokes an origin while requests run on two instances, each
// with a store of its own.
func testStore(t *testing.T, open func(*testing.T) store) {
	one, two := newInstance(t, open(t)), newInstance(t, open(t))
	one.expect("with an empty table", fixed, false)
	one.change("PUT", fixed, http.StatusNoContent)
	two.expectSoon("allowed by the other", fixed, true)

	done := make(chan struct{})
	var clients sync.WaitGroup
	for _, in := range []instance{one, two} {
		for range 3 {
			clients.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					in.expect("while another changes", fixed, true)
					in.expect("while another changes", other, false)
					in.allows(comes) // or not, but nothing between
				}
			})
		}
	}
	for round := range 3 {
		one.change("PUT", comes, http.StatusNoContent)
		one.expect(fmt.Sprint("allowed here, round ", round), comes, true)
		two.expectSoon(fmt.Sprint("allowed by the other, round ", round), comes, true)
		two.change("DELETE", comes, http.StatusNoContent)
		two.expect(fmt.Sprint("revoked here, round ", round), comes, false)
		one.expectSoon(fmt.Sprint("revoked by the other, round ", round), comes, false)
	}

	// A row that no policy takes keeps no other from changing.
	if err := open(t).allow(t.Context(), "https://bad.example/"); err != nil {
		t.Fatal(err)
	}
	one.change("PUT", comes, http.StatusNoContent)
	two.expectSoon("beside a bad row", comes, true)
	close(done)
	clients.Wait()
}

func TestAdmin(t *testing.T) {
	st, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.db.Close()
	in := newInstance(t, st)
	for _, bad := range []string{"", "*", "https://*.example.com", "regexp:https://.*", "https://a.example/", "http://a.example", "null"} {
		in.change("PUT", bad, http.StatusBadRequest)
	}
	for _, given := range []string{"", "Bearer ", "Bearer wrong", token} {
		if status, h := in.send("PUT", "/admin/origins?origin="+other, "Authorization", given, "Origin", "https://app.example.com"); status != http.StatusUnauthorized || h["Access-Control-Allow-Origin"] != nil {
			t.Errorf("with %q: %d %v", given, status, h)
		}
	}
	if status, _ := in.send("OPTIONS", "/admin/origins", "Origin", "https://app.example.com", "Access-Control-Request-Method", "PUT"); status == http.StatusNoContent {
		t.Error("a page may change origins")
	}
	if origins, err := st.origins(t.Context()); len(origins) != 0 || err != nil {
		t.Error(origins, err)
	}
	in.expect("ours, by the defaults", "https://app.example.com", true)
}
