package routecors_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// file reads a policy file from text.
func file(t *testing.T, text string) *routecors.PolicyFile {
	t.Helper()
	f, err := routecors.ReadPolicyFile(fstest.MapFS{"policies.json": {Data: []byte(text)}}, "policies.json")
	must(t, err)
	return f
}

// open lists the routes of the site that are open, with what opens them.
func open(cors *routecors.CorsConfig) string {
	var b strings.Builder
	for _, r := range cors.Routes() {
		fmt.Fprintf(&b, "%s:", r.Route)
		for _, o := range r.Origins {
			if o.Options.Deny {
				fmt.Fprintf(&b, " !%s", o.Origin)
				continue
			}
			fmt.Fprintf(&b, " %s %s", o.Layer, o.Origin)
			for _, h := range o.Options.AllowHeaders {
				b.WriteString("+" + h)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func told(changes []routecors.RouteChange) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

func want(t *testing.T, what, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestApply(t *testing.T) {
	s := newSite(t, `{"https://setup.example": {}}`, routecors.RefuseWidening())
	for _, pattern := range []string{"GET /a", "PUT /a", "POST /api/b", "/api/{id}/c", "GET /api/own", "GET /apiary", "GET /private"} {
		s.router.Handle(pattern, text(pattern))
	}
	s.add(t, "GET /api/added")
	changes, err := s.cors.Apply(file(t, `{
		"defaults": {"https://file.example": {}},
		"policies": {"partners": {"https://p.example": {"allow_headers": ["X-A"]}}},
		"routes": {
			"GET /a": [],
			"PUT /a": ["partners", {"https://q.example": {}}],
			"/api/*": "partners",
			"GET /api/*": {"https://get.example": {}},
			"GET /api/own": {"*": {}}
		}
	}`))
	must(t, err)
	want(t, "at first", `GET /api/added: defaults https://setup.example
GET /a: group https://file.example defaults https://setup.example
PUT /a: route https://p.example+x-a route https://q.example group https://file.example defaults https://setup.example
POST /api/b: route https://p.example+x-a group https://file.example defaults https://setup.example
GET /api/own: route *
/api/{id}/c: route https://p.example+x-a group https://file.example defaults https://setup.example
`, open(s.cors))
	want(t, "told at first", `GET /a: "https://file.example" is now allowed
GET /a: "https://setup.example" is now allowed
`, told(changes[:1]))

	second := file(t, `{
		"policies": {"partners": {"https://p.example": {}}},
		"routes": {"PUT /a": "partners", "GET /api/*": "partners", "GET /private": "partners"}
	}`)
	_, err = s.cors.Apply(second)
	var widening *routecors.WideningError
	if !errors.As(err, &widening) {
		t.Fatalf("a wider file: %v", err)
	}
	want(t, "refused", `routecors: refused, since it widens what pages may do:
	GET /private: "https://p.example" is now allowed
	GET /private: "https://setup.example" is now allowed`, err.Error())
	if _, err := s.cors.Apply(file(t, `{"routes": {"GET /none": {}}}`)); err == nil {
		t.Error("an unknown route is no error")
	}
	before := open(s.cors)
	if !strings.Contains(before, "GET /api/own: route *\n") {
		t.Errorf("changed all the same:\n%s", before)
	}

	changes, err = s.cors.ApplyWidening(second)
	must(t, err)
	want(t, "told", `GET /a: "https://file.example" is no longer allowed
GET /a: "https://setup.example" is no longer allowed
PUT /a: "https://file.example" is no longer allowed
PUT /a: "https://p.example" may no longer send x-a
PUT /a: "https://q.example" is no longer allowed
POST /api/b: "https://file.example" is no longer allowed
POST /api/b: "https://p.example" is no longer allowed
POST /api/b: "https://setup.example" is no longer allowed
GET /api/own: "*" is no longer allowed
/api/{id}/c: "https://file.example" is no longer allowed
/api/{id}/c: "https://p.example" is no longer allowed
/api/{id}/c: "https://setup.example" is no longer allowed
GET /private: "https://p.example" is now allowed
GET /private: "https://setup.example" is now allowed
`, told(changes))
	want(t, "afterwards", `GET /api/added: defaults https://setup.example
PUT /a: route https://p.example defaults https://setup.example
GET /api/own: route https://p.example defaults https://setup.example
GET /private: route https://p.example defaults https://setup.example
`, open(s.cors))
	for path, status := range map[string]string{"/a": "403", "/api/own": "204"} {
		if got := preflight(s.mux, "GET", path, "https://p.example")[:3]; got != status {
			t.Errorf("preflight for GET %s: %s, want %s", path, got, status)
		}
	}
	changes, err = s.cors.Apply(second)
	must(t, err)
	want(t, "told of the same file", "", told(changes))
	_, err = s.cors.Apply(file(t, `{}`))
	must(t, err)
	want(t, "an empty file", "GET /api/added: defaults https://setup.example\n", open(s.cors))
	if _, err = s.cors.Apply(second); !errors.As(err, &widening) {
		t.Errorf("the second file again: %v", err)
	}
	_, err = s.cors.ApplyWidening(second)
	must(t, err)
}

// The longest name that ends in "/*" decides, then one with a method, in whatever order they stand.
func TestApplyPrecedence(t *testing.T) {
	entries := []string{`"/*": {"https://all.example": {}}`, `"GET /api/*": {"https://get.example": {}}`, `"/api/*": {"https://api.example": {}}`, `"/api/v1/*": {"https://v1.example": {}}`}
	for i := range entries {
		s := newSite(t, "")
		for _, pattern := range []string{"GET /api/a", "PUT /api/a", "GET /api/v1/a", "GET /other"} {
			s.router.Handle(pattern, text(pattern))
		}
		all := slices.Concat(entries[i:], entries[:i])
		_, err := s.cors.Apply(file(t, `{"routes": {`+strings.Join(all, ",")+`}}`))
		must(t, err)
		want(t, strings.Join(all, "\n"), `GET /api/a: route https://get.example
PUT /api/a: route https://api.example
GET /api/v1/a: route https://v1.example
GET /other: route https://all.example
`, open(s.cors))
	}
}

// A route whose preflights the router cannot take is refused with all others.
func TestApplyOPTIONS(t *testing.T) {
	s := newSite(t, "")
	s.router.Handle("GET /a", text(""))
	s.router.Handle("GET /b", text(""))
	s.mux.Handle("OPTIONS /b", text(""))
	both := file(t, `{"routes": {"GET /a": {"*": {}}, "GET /b": {"*": {}}}}`)
	_, err := s.cors.Apply(both)
	if err == nil || !strings.HasPrefix(err.Error(), "policies.json:1:34: routecors: GET /b: ") {
		t.Errorf("error %v", err)
	}
	if got := open(s.cors); got != "" {
		t.Errorf("open all the same:\n%s", got)
	}
	_, err = s.cors.Apply(file(t, `{"routes": {"GET /a": {"*": {}}}}`))
	must(t, err)
	want(t, "GET /a alone", "GET /a: route *\n", open(s.cors))
}

// A route that leaves the file is covered by its resource again.
func TestApplyResource(t *testing.T) {
	s := newSite(t, "")
	res := s.router.Resource("/r")
	must(t, s.cors.Add(res, policy(t, `{"https://app.example": {"allow_methods": ["GET"]}}`)))
	res.Handle("GET", text(""))
	res.Handle("PUT", text(""))
	for _, step := range []struct{ file, want string }{
		{`{"routes": {"GET /r": {"https://f.example": {}}, "PUT /r": []}}`, "GET /r: route https://f.example resource https://app.example\nPUT /r: resource https://app.example\n"},
		{`{}`, "GET /r: resource https://app.example\n"},
	} {
		_, err := s.cors.Apply(file(t, step.file))
		must(t, err)
		want(t, step.file, step.want, open(s.cors))
	}
}

// As asab has it.
func TestApplyASAB(t *testing.T) {
	s := newSite(t, "")
	for _, pattern := range []string{"GET /api/a", "PUT /api/a", "/api/b", "GET /exact", "GET /exact/below", "GET /api/own"} {
		s.router.Handle(pattern, text(pattern))
	}
	_, err := s.cors.Apply(file(t, `{"cors": "https://app.example, https://b.example", "cors_preflight_paths": "/api/*, /exact", "routes": {"GET /api/own": {}}}`))
	must(t, err)
	const both = ": route https://app.example+authorization+content-type+x-pingother route https://b.example+authorization+content-type+x-pingother\n"
	want(t, "open", "GET /api/a"+both+"/api/b"+both+"GET /exact"+both, strings.Replace(open(s.cors), "GET /api/own:\n", "", 1))
	if got := preflight(s.mux, "DELETE", "/api/b", app)[:3]; got != "403" {
		t.Errorf("DELETE by a route for every method: %s", got)
	}
}

func TestApplyChi(t *testing.T) {
	r := chi.NewRouter()
	router := chicors.New(r)
	r.Route("/v1", func(sub chi.Router) {
		router.On(sub).Method("GET", "/items/{id}", text(""))
		router.On(sub).Method("PUT", "/items/{id}", text(""))
	})
	r.Get("/plain", func(http.ResponseWriter, *http.Request) {})
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	_, err = cors.Apply(file(t, `{"routes": {"/v1/*": {"https://app.example": {}}, "PUT /v1/items/{id}": {"https://b.example": {}}}}`))
	must(t, err)
	for method, origin := range map[string]string{"GET": app, "PUT": "https://b.example"} {
		if got := preflight(r, method, "/v1/items/7", origin)[:3]; got != "204" {
			t.Errorf("%s: %s", method, got)
		}
	}
	_, err = cors.Apply(file(t, `{"routes": {"GET /plain": {}}}`))
	wantPlaces(t, err, `policies.json:1:13: the handler of "GET /plain" is none of ours; register it by the adapter`)
}

// wantPlaces checks the whole text of err, all of which has places.
func wantPlaces(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || err.Error() != text {
		t.Errorf("have error\n%v, want\n%s", err, text)
		return
	}
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, err := range errs {
		var place *routecors.PolicyFileError
		if !errors.As(err, &place) || place.File != "policies.json" || place.Line == 0 {
			t.Errorf("%v has no place", err)
		}
	}
}

func TestPolicyFileErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"{\n  \"route\": {}}", `policies.json:2:3: unknown name "route"; there are $schema, defaults, policies, routes, cors and cors_preflight_paths`},
		{"{\"routes\": {\n  \"GET /a\": \"partnres\"},\n \"policies\": {\"partners\": {}}}", `policies.json:2:13: unknown policy "partnres"; there are "partners"` + "\n" +
			`policies.json:3:15: policy "partners" is used by no route; use it or leave it out`},
		{`{"routes": {"POST /a": {}, "/b": {}, "/c/*": {}, "GET /added": {}, "/added/*": {}}}`,
			`policies.json:1:13: the router has no route "POST /a"; there is "/a", "GET /a", "PUT /a"` + "\n" +
				`policies.json:1:28: the router has no route "/b"; write it as the router does, "GET /articles/{id}"` + "\n" +
				`policies.json:1:38: the router has no route below "/c/*"` + "\n" +
				`policies.json:1:50: the program has added "GET /added" itself; leave it out here or there` + "\n" +
				`policies.json:1:68: the router has no route below "/added/*"`},
		{"{\"policies\": {\"p\": {\n\"https://a.example/\": {}, \"*\": {\"allow_credentials\": true}}},\n\"routes\": {\"GET /a\": \"p\", \"PUT /a\": [\"p\", {\"*\": {\"allow_methods\": [\"GET\"]}}]}}",
			`policies.json:2:1: routecors: policy p: origin "https://a.example/": trailing slash; write "https://a.example"` + "\n" +
				`policies.json:2:27: routecors: policy p: origin "*": AllowCredentials "true": any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin` + "\n" +
				`policies.json:3:43: routecors: PUT /a: origin "*": AllowMethods "GET": does not contain the method of the route; add "PUT" or leave AllowMethods out`},
		{`{"defaults": {"null": {"max_age": 1000000}}}`, `policies.json:1:15: routecors: defaults: origin "null": MaxAge "1000000": longer than any browser keeps it; write 86400 (24 hours) or less`},
		{`{"cors": "app.example", "cors_preflight_paths": "/a"}`, `policies.json:1:10: …`},
		{`{"routes": {"TRACE /t": {}}}`, `policies.json:1:13: no page can be allowed the method "TRACE"; leave the route private`},
		{`{"routes": {"GET /nil": {}}}`, `policies.json:1:13: "GET /nil" has a nil handler; register the route with the handler that serves it`},
	}
	for _, tt := range tests {
		s := newSite(t, "")
		for _, pattern := range []string{"GET /a", "PUT /a", "/a", "TRACE /t"} {
			s.router.Handle(pattern, text(pattern))
		}
		s.router.Handle("GET /nil", http.HandlerFunc(nil))
		s.add(t, "GET /added")
		before := open(s.cors)
		f, err := routecors.ParsePolicyFile("policies.json", []byte(tt.text))
		if err == nil {
			_, err = s.cors.Apply(f)
		}
		if start, cut := strings.CutSuffix(tt.want, "…"); cut && err != nil && strings.HasPrefix(err.Error(), start) {
			tt.want = err.Error()
		}
		wantPlaces(t, err, tt.want)
		want(t, tt.text, before, open(s.cors))
	}
	if _, err := routecors.ReadPolicyFile(fstest.MapFS{}, "none.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	s := newSite(t, "")
	_, err := s.cors.Apply(nil)
	wantError(t, "nil file", err, "routecors: Apply: nil file; pass what ReadPolicyFile returned")
	bare, err := routecors.Setup(&resolver{}, nil)
	must(t, err)
	_, err = bare.Apply(file(t, `{}`))
	wantError(t, "no lister", err, "routecors: Apply: an adapter of type *routecors_test.resolver cannot list its routes, so that a file cannot name them; use Add")
}

// A resolver is an adapter that can do no more than it must.
type resolver struct{ _ int }

func (*resolver) Resolve(*http.Request, string) *routecors.Route { return nil }

// FuzzPolicyFile: whatever the file says, nothing panics, and what is refused opens nothing.
func FuzzPolicyFile(f *testing.F) {
	f.Add(`{"routes": {"GET /a": {"https://a.example": {}}, "/b/*": "p"}, "policies": {"p": {"*": {"deny": true}}}}`)
	f.Add(`{"cors": "*", "cors_preflight_paths": "/*"}`)
	f.Add(`{"defaults": {"regexp:(": {}}}`)
	f.Add(strings.Repeat("1", 400))
	f.Fuzz(func(t *testing.T, data string) {
		file, err := routecors.ParsePolicyFile("f", []byte(data))
		if err != nil {
			return
		}
		s := newSite(t, "")
		for _, pattern := range []string{"GET /a", "/b/{id}", "PUT /b/c"} {
			s.router.Handle(pattern, text(pattern))
		}
		if _, err := s.cors.Apply(file); err != nil {
			if got := open(s.cors); got != "" {
				t.Errorf("%v, and there is open\n%s", err, got)
			}
			return
		}
		changes, err := s.cors.Apply(file)
		if err != nil || len(changes) > 0 {
			t.Errorf("again: %v, %v", changes, err)
		}
	})
}
