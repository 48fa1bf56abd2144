// A program whose tenants' origins are kept in a database, and change while it serves:
// in a file of SQLite, or with -postgres in PostgreSQL, which tells every instance of
// the program at once.
//
//	TENANTS_ADMIN_TOKEN=secret go run . -db tenants.db
//	curl -X PUT -H 'Authorization: Bearer secret' 'http://127.0.0.1:8080/admin/origins?origin=https://app.tenant.example'
//	curl -i -H 'Origin: https://app.tenant.example' http://127.0.0.1:8080/orders
//	curl -X DELETE -H 'Authorization: Bearer secret' 'http://127.0.0.1:8080/admin/origins?origin=https://app.tenant.example'
package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// A store is where the origins are kept.
type store interface {
	// origins returns those that are allowed.
	origins(ctx context.Context) ([]string, error)

	// allow and revoke change them, for every instance of the program.
	allow(ctx context.Context, origin string) error
	revoke(ctx context.Context, origin string) error

	// watch calls changed once it watches, and then whenever an origin was allowed or
	// revoked, by whatever instance. It returns when it cannot go on.
	watch(ctx context.Context, changed func()) error
}

// forTenants is what a page of a tenant may do.
var forTenants = routecors.ResourceOptions{
	AllowCredentials: true,
	AllowHeaders:     []string{"Content-Type"},
	MaxAge:           60, // a revoked page may send for a minute more, and read nothing
}

// checkOrigin returns why a tenant cannot have origin. One that Refresh refuses would
// keep all others from changing, so that it must not get into the policy.
func checkOrigin(origin string) error {
	if strings.Contains(origin, "*") || strings.HasPrefix(origin, "regexp:") {
		return fmt.Errorf("origin %q: one origin, not a pattern", origin)
	}
	_, err := routecors.Setup(stdmux.New(http.NewServeMux()), routecors.Policy{origin: forTenants})
	return err
}

// load returns the policy that st has now.
func load(ctx context.Context, st store) (routecors.Policy, error) {
	origins, err := st.origins(ctx)
	if err != nil {
		return nil, err
	}
	policy := routecors.Policy{}
	for _, origin := range origins {
		if err := checkOrigin(origin); err != nil { // another program has written it
			slog.ErrorContext(ctx, "tenants: origin left out", "error", err)
			continue
		}
		policy[origin] = forTenants
	}
	return policy, nil
}

// newHandler returns the handler of one instance, which follows st until ctx ends.
func newHandler(ctx context.Context, st store, token string) (http.Handler, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{ // our own page, whatever the table has
		"https://app.example.com": {AllowCredentials: true, AllowHeaders: []string{"Content-Type"}},
	}, routecors.WithLogger(slog.Default()))
	if err != nil {
		return nil, err
	}
	source, err := cors.Source(ctx, func(ctx context.Context) (routecors.Policy, error) { return load(ctx, st) })
	if err != nil {
		return nil, err
	}
	tenants := source.Config()
	err = errors.Join(
		tenants.Add(router.HandleFunc("GET /orders", list)),
		tenants.Add(router.HandleFunc("PUT /orders/{id}", put)),
	)

	// Private: pages of other origins cannot reach it.
	change := func(change func(context.Context, string) error) http.Handler {
		return admin(token, func(w http.ResponseWriter, r *http.Request) {
			origin := r.FormValue("origin")
			if err := checkOrigin(origin); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if err := change(r.Context(), origin); err != nil {
				slog.ErrorContext(r.Context(), "tenants: origin not changed", "error", err)
				http.Error(w, "not changed", http.StatusInternalServerError)
				return
			}
			if err := source.Refresh(r.Context()); err != nil { // which it has logged
				http.Error(w, "kept, but not in force yet", http.StatusServiceUnavailable)
				return
			}
			w.WriteHeader(http.StatusNoContent) // in force here; the other instances follow
		})
	}
	mux.Handle("PUT /admin/origins", change(st.allow))
	mux.Handle("DELETE /admin/origins", change(st.revoke))

	go follow(ctx, st, source)
	go source.RefreshEvery(ctx, time.Minute) // whatever was missed
	h := tenants.Handler(mux)
	return h, errors.Join(err, tenants.Verify())
}

// follow refreshes source at each change of st.
func follow(ctx context.Context, st store, source *routecors.Source) {
	for ctx.Err() == nil {
		err := st.watch(ctx, func() {
			limited, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			source.Refresh(limited) // it logs its error; RefreshEvery tries again
		})
		if ctx.Err() == nil {
			slog.ErrorContext(ctx, "tenants: not watching", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// admin lets in who has the token.
func admin(token string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			http.Error(w, "not you", http.StatusUnauthorized)
			return
		}
		next(w, r)
	})
}

func list(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "7\n") }

func put(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	file := flag.String("db", "tenants.db", "file of SQLite that has the origins")
	dsn := flag.String("postgres", "", "connection string of PostgreSQL, instead of -db")
	flag.Parse()
	ctx := context.Background()
	open := func() (store, error) { return openSQLite(ctx, *file) }
	if *dsn != "" {
		open = func() (store, error) { return openPostgres(ctx, *dsn) }
	}
	st, err := open()
	if err != nil {
		log.Fatal(err)
	}
	token := os.Getenv("TENANTS_ADMIN_TOKEN")
	if token == "" {
		log.Print("no TENANTS_ADMIN_TOKEN: origins cannot be changed here")
	}
	h, err := newHandler(ctx, st, token)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", *addr)
	log.Fatal(http.ListenAndServe(*addr, h))
}
