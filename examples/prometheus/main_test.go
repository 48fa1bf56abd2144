package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// send sends a request to server, a preflight if it asks for a method, and returns
// the body of the answer.
func send(t *testing.T, server *httptest.Server, method, path, origin, asked string) string {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestMetrics(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	const app, anyone = "https://app.example.com", "https://anyone.example"
	send(t, server, "OPTIONS", "/articles/7", anyone, "PUT")
	send(t, server, "OPTIONS", "/articles/7", anyone, "PUT")
	send(t, server, "PUT", "/articles/7", anyone, "")
	send(t, server, "OPTIONS", "/articles/7", app, "DELETE")
	send(t, server, "OPTIONS", "/articles/7", app, "PUT") // approved
	send(t, server, "GET", "/articles/7", anyone, "")     // shared

	var got []string
	for line := range strings.Lines(send(t, server, "GET", "/metrics", "", "")) {
		if strings.HasPrefix(line, "cors_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		`cors_refusals_total{preflight="false",reason="origin-not-listed",route="PUT /articles/{id}"} 1`,
		`cors_refusals_total{preflight="true",reason="origin-not-listed",route="PUT /articles/{id}"} 2`,
		`cors_refusals_total{preflight="true",reason="route-not-added",route=""} 1`,
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("/metrics has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCollectorAlike: routes that read alike are one metric.
func TestCollectorAlike(t *testing.T) {
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{"https://app.example.com": {}})
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"/a", "/b"} {
		r.Route(prefix, func(sub chi.Router) {
			if err := cors.Add(router.On(sub).Get("/x", func(http.ResponseWriter, *http.Request) {})); err != nil {
				t.Fatal(err)
			}
		})
	}
	server := httptest.NewServer(r)
	defer server.Close()
	send(t, server, "GET", "/a/x", "https://anyone.example", "")
	send(t, server, "GET", "/b/x", "https://anyone.example", "")
	metrics := prometheus.NewPedanticRegistry()
	metrics.MustRegister(NewCollector(cors))
	families, err := metrics.Gather()
	if err != nil || len(families) != 1 || len(families[0].Metric) != 1 || families[0].Metric[0].Counter.GetValue() != 2 {
		t.Errorf("gathered %v (%v), want one metric of 2", families, err)
	}
}
