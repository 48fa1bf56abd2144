package routecors_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// Each tenant has a host, and pages of its own that may use it.
func ExampleCorsConfig_Dynamic() {
	tenants := map[string]string{
		"a.api.example.com": "https://a.example",
		"b.api.example.com": "https://b.example",
	}
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		panic(err)
	}
	byTenant, err := cors.Dynamic(routecors.Dynamic{
		Origin: func(r *http.Request, origin string) (*routecors.ResourceOptions, error) {
			if tenants[r.Host] != origin {
				return nil, nil
			}
			return &routecors.ResourceOptions{AllowHeaders: []string{"Content-Type"}}, nil
		},
	})
	if err != nil {
		panic(err)
	}
	if err := byTenant.Add(router.HandleFunc("PUT /articles/{id}", sayOK)); err != nil {
		panic(err)
	}
	h := byTenant.Handler(mux)
	askFor(h, "https://a.example", "PUT", "http://a.api.example.com/articles/7")
	askFor(h, "https://a.example", "PUT", "http://b.api.example.com/articles/7")
	// Output:
	// PUT http://a.api.example.com/articles/7 of https://a.example: 204
	// PUT http://b.api.example.com/articles/7 of https://a.example: 403
}

// An origin is allowed while the router serves. A program would also have
// go partners.RefreshEvery(ctx, time.Minute).
func ExampleCorsConfig_Source() {
	var table atomic.Pointer[routecors.Policy] // stands for a table in a database
	table.Store(&routecors.Policy{})
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	partners, err := cors.Source(ctx, func(context.Context) (routecors.Policy, error) { return *table.Load(), nil })
	if err != nil {
		panic(err)
	}
	if err := partners.Config().Add(router.HandleFunc("PUT /articles/{id}", sayOK)); err != nil {
		panic(err)
	}
	askFor(mux, "https://partner.example", "PUT", "/articles/7")

	table.Store(&routecors.Policy{"https://partner.example": {}})
	fmt.Println("refreshed:", partners.Refresh(ctx))
	askFor(mux, "https://partner.example", "PUT", "/articles/7")

	table.Store(&routecors.Policy{"https://partner.example/": {}})
	fmt.Println("refreshed:", partners.Refresh(ctx))
	askFor(mux, "https://partner.example", "PUT", "/articles/7")
	// Output:
	// PUT /articles/7 of https://partner.example: 403
	// refreshed: <nil>
	// PUT /articles/7 of https://partner.example: 204
	// refreshed: routecors: source: origin "https://partner.example/": trailing slash; write "https://partner.example"
	// PUT /articles/7 of https://partner.example: 204
}
