package inspect_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/inspect"
	"github.com/routecors/routecors/stdmux"
)

// get asks h for target with lines of headers, names and values by turns.
func get(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHeader(t *testing.T) {
	h, _ := newSite(t)
	w := get(h, "GET", "/internal/cors", "Sec-Fetch-Site", "none")
	header := w.Result().Header
	policy := header.Get("Content-Security-Policy")
	for _, name := range []string{"Content-Length", "Content-Security-Policy"} {
		header.Del(name)
	}
	want := http.Header{
		"Cache-Control":                {"no-store"},
		"Content-Type":                 {"text/html; charset=utf-8"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, directive := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy+";", directive+";") {
			t.Errorf("no %s in %s", directive, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("unsafe: %s", policy)
	}
	for _, element := range []string{"style", "script"} {
		parts := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(w.Body.String(), -1)
		if len(parts) != 1 {
			t.Fatalf("%d elements %s", len(parts), element)
		}
		sum := sha256.Sum256([]byte(parts[0][1]))
		if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, element+"-src "+hash+";") {
			t.Errorf("the hash of %s is %s: %s", element, hash, policy)
		}
	}
	if strings.Contains(w.Body.String(), "src=") {
		t.Error("the page has assets")
	}
}

// TestNotShared: whoever asks from elsewhere gets nothing, and no answer is shared.
func TestNotShared(t *testing.T) {
	h, _ := newSite(t)
	tests := []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Origin", "http://example.com"}, 200},
		{[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200}, // a link
		{[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{[]string{"Origin", app}, 403},
		{[]string{"Origin", "http://example.com:81"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", ""}, 403},
		{[]string{"Origin", "http://example.com", "Origin", app}, 403},
	}
	for _, test := range tests {
		w := get(h, "GET", "/internal/cors", test.header...)
		if w.Code != test.status {
			t.Errorf("%q: %d, want %d", test.header, w.Code, test.status)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: the header is %v", test.header, w.Header())
		}
		if strings.Contains(w.Body.String(), "Routes") != (test.status == 200) {
			t.Errorf("%q: the routes are shown, or are not", test.header)
		}
	}
	page := inspect.Handler(newCors(t))
	if w := get(page, "HEAD", "/"); w.Code != 200 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %v", w.Code, w.Header())
	}
	for _, method := range []string{"POST", "OPTIONS", "PUT", "get"} {
		if w := get(page, method, "/"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow: %s", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if w := get(page, "GET", "/?part=page"); w.Code != 404 {
		t.Errorf("an unknown part: %d", w.Code)
	}
}

func newCors(t *testing.T) *routecors.CorsConfig {
	cors, err := routecors.Setup(stdmux.New(http.NewServeMux()), nil)
	must(t, err)
	return cors
}

// TestHeadersOfOthers: what a middleware in front has set is taken away.
func TestHeadersOfOthers(t *testing.T) {
	page := inspect.Handler(newCors(t))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header()["access-control-allow-credentials"] = []string{"true"}
		page.ServeHTTP(w, r)
	})
	for _, method := range []string{"GET", "POST"} {
		for name := range get(h, method, "/").Header() {
			if strings.HasPrefix(strings.ToLower(name), "access-control-") {
				t.Errorf("%s: %s is there", method, name)
			}
		}
	}
}

// TestAdded: a page whose route was added is not served at all.
func TestAdded(t *testing.T) {
	everybody := routecors.Policy{"*": {}}
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, everybody)
	must(t, err)
	must(t, cors.Add(router.Handle("GET /cors", inspect.Handler(cors))))
	must(t, cors.Add(router.Handle("GET /below/", http.StripPrefix("/below", inspect.Handler(cors)))))

	must(t, cors.Add(router.Handle("GET /origins", inspect.Handler(cors)), routecors.Policy{app: {}, "*": {Deny: true}}))

	r := chi.NewRouter()
	chiRouter := chicors.New(r)
	chiCors, err := routecors.Setup(chiRouter, everybody)
	must(t, err)
	r.Use(chiCors.Handler)
	sub := chi.NewRouter()
	r.Mount("/internal", sub)
	must(t, chiCors.Add(chiRouter.On(sub).Get("/cors", inspect.Handler(chiCors).ServeHTTP)))

	for _, test := range []struct {
		h    http.Handler
		path string
	}{{mux, "/cors"}, {mux, "/origins"}, {cors.Handler(mux), "/cors"}, {cors.Handler(mux), "/below/page"}, {r, "/internal/cors"}} {
		w := get(test.h, "GET", test.path)
		if w.Code != 500 || !strings.Contains(w.Body.String(), "register it without Add") || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d, %v, %s", test.path, w.Code, w.Header(), w.Body)
		}
	}

	// On a listener of its own it has a path that means another route in the router.
	if w := get(inspect.Handler(cors), "GET", "/cors"); w.Code != 200 {
		t.Errorf("beside the router: %d", w.Code)
	}
}

// TestMounted: the page works wherever it is, with whatever stands in the URL before it.
func TestMounted(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}})
	must(t, err)
	must(t, cors.Add(router.Handle("PUT /articles/{id}", says("put"))))
	page := inspect.Handler(cors)
	mux.Handle("GET /exact", page)
	mux.Handle("GET /tree/", page)
	mux.Handle("GET /strip/", http.StripPrefix("/strip", page))
	r := chi.NewRouter()
	r.Mount("/deep/cors", page)
	mux.Handle("/deep/", r)

	ask := query("origin", app, "method", "PUT", "url", "/articles/7")
	for _, path := range []string{"/exact", "/tree/", "/strip/", "/strip/x", "/deep/cors", "/deep/cors/"} {
		body := get(cors.Handler(mux), "GET", path+ask).Body.String()
		if !strings.Contains(body, "<strong>Yes.</strong>") || !strings.Contains(body, "HTTP/1.1 204 No Content") {
			t.Errorf("%s does not explain\n%s", path, body)
		}
	}
	for _, attribute := range regexp.MustCompile(`(?:href|action|src)="[^"]*"`).FindAllString(get(mux, "GET", "/exact"+ask).Body.String(), -1) {
		if !regexp.MustCompile(`^href="(\?|#|data:,|https://fetch\.spec\.whatwg\.org/)`).MatchString(attribute) {
			t.Errorf("%s depends on where the page is", attribute)
		}
	}
	r1 := httptest.NewRequest("GET", "/exact"+ask, nil)
	r1.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r1)
	if !strings.Contains(w.Body.String(), "https://example.com/articles/7") {
		t.Error("over TLS a path is not one of https")
	}
}

func TestHandlerOfNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	inspect.Handler(nil)
}
