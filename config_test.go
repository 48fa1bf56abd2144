package routecors_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// configErrors returns every *ConfigError that err joins, and fails on any other.
func configErrors(t *testing.T, err error) (list []routecors.ConfigError) {
	t.Helper()
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, err := range errs {
		var e *routecors.ConfigError
		if !errors.As(err, &e) {
			t.Errorf("%v is a %T, no *ConfigError", err, err)
			continue
		}
		list = append(list, *e)
	}
	return list
}

// wantError checks that text is the whole of err, or, if it ends in "…", its start.
func wantError(t *testing.T, what string, err error, text string) {
	t.Helper()
	if start, cut := strings.CutSuffix(text, "…"); err == nil || cut && !strings.HasPrefix(err.Error(), start) || !cut && err.Error() != text {
		t.Errorf("%s: error\n%v, want\n%s", what, err, text)
		return
	}
	configErrors(t, err)
}

// call returns what f returns, or an error that no test wants if it panics.
func call(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f()
}

func TestSetupErrors(t *testing.T) {
	router, nilRouter := stdmux.New(http.NewServeMux()), (*stdmux.Adapter)(nil)
	ok := routecors.WithPreflightStatus(200)
	for _, tt := range []struct {
		adapter  routecors.RouterAdapter
		defaults routecors.Policy
		option   routecors.Option
		want     string // after "routecors: "
	}{
		{nil, nil, ok, "Setup: nil adapter; pass stdmux.New(mux) or chicors.New(router)"},
		{nilRouter, nil, ok, "Setup: nil adapter; pass stdmux.New(mux) or chicors.New(router)"},
		{router, nil, nil, "Setup: nil option; leave it out"},
		{router, nil, routecors.WithPreflightStatus(302), "WithPreflightStatus: status 302: write 200 or 204"},
		{router, nil, routecors.WithPreflightStatus(0), "WithPreflightStatus: status 0: write 200 or 204"},
		{nil, routecors.Policy{"x": {}}, nil, "Setup: nil adapter; pass stdmux.New(mux) or chicors.New(router)\nroutecors: Setup: nil option; leave it out\nroutecors: defaults: origin \"x\": …"},

		{router, routecors.Policy{"": {}}, ok, `defaults: origin "": empty; write an origin such as "https://a.example"`},
		{router, routecors.Policy{app + "/": {}}, ok, `defaults: origin "https://app.example/": trailing slash; write "https://app.example"`},
		{router, routecors.Policy{"https://*": {}}, ok, `defaults: origin "https://*": matches every host; write "*", or "regexp:https://.*" to keep the scheme`},
		{router, routecors.Policy{"*": {AllowCredentials: true}}, ok, `defaults: origin "*": AllowCredentials "true": any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin`},
		{router, routecors.Policy{app: {ExposeHeaders: []string{"Set-Cookie"}}}, ok, `defaults: origin "https://app.example": ExposeHeaders "Set-Cookie": no script may read it (forbidden response-header name); remove it`},
		{router, routecors.Policy{app: {AllowHeaders: []string{"ETag"}}}, ok, `defaults: origin "https://app.example": AllowHeaders "ETag": a response header; in a request it is If-Match or If-None-Match`},
		{router, routecors.Policy{app: {AllowMethods: []string{"patch"}}}, ok, `defaults: origin "https://app.example": AllowMethods "patch": methods are case-sensitive; write "PATCH"`},
		{router, routecors.Policy{app: {MaxAge: 1e6}}, ok, `defaults: origin "https://app.example": MaxAge "1000000": longer than any browser keeps it; write 86400 (24 hours) or less`},
		{router, routecors.Policy{app: {Deny: true, MaxAge: 1}}, ok, `defaults: origin "https://app.example": Deny "true": an origin that is denied has no other options; leave them out`},
	} {
		err := call(func() error {
			cors, err := routecors.Setup(tt.adapter, tt.defaults, tt.option)
			if cors != nil {
				t.Errorf("%v: a registry beside an error", tt.defaults)
			}
			return err
		})
		wantError(t, fmt.Sprint(tt.adapter != nil, tt.defaults), err, "routecors: "+tt.want)
	}
}

// wrapper is an Entity that Add cannot know.
type wrapper struct{ *routecors.Route }

func TestAddErrors(t *testing.T) {
	var (
		ok      = text("ok")
		nilFunc http.HandlerFunc
		put     = routecors.Policy{app: {AllowMethods: []string{"PUT"}}}
		other   = func() *stdmux.Adapter { return stdmux.New(http.NewServeMux()) }
		theirs  = func(s site, pattern string) *stdmux.Adapter { s.mux.Handle(pattern, ok); return s.router }
	)
	const twice = "was added before; give one Add all its policies, the nearest first"
	for _, tt := range []struct {
		reason string
		add    func(t *testing.T, s site) error
		want   string // after "routecors: "
	}{
		{"nil", func(t *testing.T, s site) error { return s.cors.Add(nil) }, "Add: unknown entity <nil>; pass the *Route, *Resource or *Tree that the adapter returned"},
		{"nil route", func(t *testing.T, s site) error { return s.cors.Add((*routecors.Route)(nil)) }, "Add: unknown entity *routecors.Route; pass …"},
		{"nil resource", func(t *testing.T, s site) error { return s.cors.Add((*routecors.Resource)(nil)) }, "Add: unknown entity *routecors.Resource; pass …"},
		{"embedded", func(t *testing.T, s site) error { return s.cors.Add(wrapper{s.router.Handle("GET /x", ok)}) }, "Add: unknown entity routecors_test.wrapper; pass …"},
		{"route of another adapter", func(t *testing.T, s site) error { return s.cors.Add(other().Handle("GET /of/another", ok)) }, "GET /of/another: the route is of another adapter; register it by the one that Setup was given"},
		{"resource of another adapter", func(t *testing.T, s site) error { return s.cors.Add(other().Resource("/x")) }, "/x: the resource is of another adapter; make it by the one that Setup was given"},
		{"route twice", func(t *testing.T, s site) error { return s.cors.Add(s.add(t, "GET /x")) }, "GET /x: " + twice},
		{"resource twice", func(t *testing.T, s site) error {
			r := s.router.Resource("/x")
			must(t, s.cors.Add(r))
			return s.cors.Add(r)
		}, "/x: " + twice},
		{"route twice, by another group", func(t *testing.T, s site) error {
			route := s.add(t, "GET /x")
			group, err := s.cors.Group(put)
			must(t, err)
			return group.Add(route)
		}, "GET /x: " + twice},
		{"resource after its route", func(t *testing.T, s site) error {
			resource := s.router.Resource("/x")
			must(t, s.cors.Add(resource.Handle("GET", ok)))
			return s.cors.Add(resource)
		}, "/x: its route GET /x was added before it; add the resource first, so that it is a layer of its routes"},
		{"resource with a method", func(t *testing.T, s site) error { return s.cors.Add(s.router.Resource("GET /x")) }, "GET /x: a resource is a pattern without a method; name the method in Handle"},
		{"nil handler", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("GET /x", nil)) }, "GET /x: nil handler; register the route with the handler that serves it"},
		{"nil HandlerFunc", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("GET /x", nilFunc)) }, "GET /x: nil handler; …"},
		{"nil func", func(t *testing.T, s site) error { return s.cors.Add(s.router.HandleFunc("/x", nil)) }, "/x: nil handler; …"},
		{"TRACE", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("TRACE /x", ok)) }, `TRACE /x: no page can be allowed the method "TRACE"; leave the route private`},
		{"CONNECT", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("CONNECT /x", ok)) }, `CONNECT /x: no page can be allowed the method "CONNECT"; …`},
		{"method *", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("* /x", ok)) }, `* /x: no page can be allowed the method "*"; …`},
		{"AllowMethods without the own", func(t *testing.T, s site) error { return s.cors.Add(s.router.Handle("GET /x", ok), put) }, `GET /x: origin "https://app.example": AllowMethods "PUT": does not contain the method of the route; add "GET" or leave AllowMethods out`},
		{"OPTIONS on the mux", func(t *testing.T, s site) error {
			return s.cors.Add(theirs(s, "OPTIONS /x/{id}").Handle("GET /x/{id}", ok))
		}, `GET /x/{id}: needs a handler for preflights, but the mux has one for "OPTIONS /x/{id}" that it cannot wrap; register that one with the adapter, router.Handle("OPTIONS /x/{id}", h)`},
		{"OPTIONS on an equivalent path", func(t *testing.T, s site) error {
			return s.cors.Add(theirs(s, "OPTIONS /x/{name}").Handle("GET /x/{id}", ok))
		}, `GET /x/{id}: needs a handler for preflights, but the mux has one for "OPTIONS /x/{name}" that it cannot wrap; …`},
		{"OPTIONS on the mux, resource", func(t *testing.T, s site) error { return s.cors.Add(theirs(s, "OPTIONS /x/{rest...}").Resource("/x/")) }, `/x/: needs a handler for preflights, but the mux has one for "OPTIONS /x/{rest...}" that it cannot wrap; …`},
		{"all that is wrong with a route", func(t *testing.T, s site) error {
			return s.cors.Add(other().Handle("TRACE /wrong", nil), routecors.Policy{app: {MaxAge: 1e5}})
		}, "TRACE /wrong: the route is of another adapter; register it by the one that Setup was given\n" +
			"routecors: TRACE /wrong: nil handler; register the route with the handler that serves it\n" +
			`routecors: TRACE /wrong: no page can be allowed the method "TRACE"; leave the route private` + "\n" +
			`routecors: TRACE /wrong: origin "https://app.example": MaxAge "100000": longer than …`},
	} {
		wantError(t, tt.reason, call(func() error { return tt.add(t, newSite(t, `{"*": {}}`)) }), "routecors: "+tt.want)
	}
}

// TestAllErrors: every mistake is reported at once, in an order that does not depend
// on that of maps.
func TestAllErrors(t *testing.T) {
	wrong := []routecors.Policy{
		{
			"https://a.example":  {AllowMethods: []string{"PUT"}, MaxAge: 1e5},
			"https://b.example/": {AllowHeaders: []string{"ETag", "x y"}},
			"https://c.example":  {ExposeHeaders: []string{"Content-Type"}}, "https://d.example": {AllowMethods: []string{"PUT"}},
		},
		{"*": {AllowCredentials: true}, "null": {Deny: true, MaxAge: 1}},
	}
	const notToken = "not a token (RFC 9110, section 5.6.2); use letters, digits and !#$%&'*+-.^_`|~"
	want := []routecors.ConfigError{
		{"GET /x", "https://a.example", "MaxAge", "100000", "longer than any browser keeps it; write 86400 (24 hours) or less"},
		{"GET /x", "https://b.example/", "", "", `trailing slash; write "https://b.example"`},
		{"GET /x", "https://b.example/", "AllowHeaders", "ETag", "a response header; in a request it is If-Match or If-None-Match"},
		{"GET /x", "https://b.example/", "AllowHeaders", "x y", notToken},
		{"GET /x", "https://c.example", "ExposeHeaders", "Content-Type", "scripts may read it anyway (CORS-safelisted response-header name); remove it"},
		{"GET /x", "https://a.example", "AllowMethods", "PUT", `does not contain the method of the route; add "GET" or leave AllowMethods out`},
		{"GET /x", "https://d.example", "AllowMethods", "PUT", `does not contain the method of the route; add "GET" or leave AllowMethods out`},
		{"GET /x", "*", "AllowCredentials", "true", "any website could act as the user who visits it; list the origins, or set up with DangerouslyTrustEveryOrigin"},
		{"GET /x", "null", "Deny", "true", "an origin that is denied has no other options; leave them out"},
	}
	var lines []string
	for _, e := range want {
		lines = append(lines, e.Error())
	}
	for range 50 {
		s := newSite(t, "")
		err := s.cors.Add(s.router.Handle("GET /x", text("x")), wrong...)
		wantError(t, "Add", err, strings.Join(lines, "\n"))
		if diff := cmp.Diff(want, configErrors(t, err)); diff != "" {
			t.Fatalf("errors (-want +got)\n%s", diff)
		}
	}
	_, err := newSite(t, "").cors.Group(wrong[1])
	want[7].Route, want[8].Route = "group", "group"
	if diff := cmp.Diff(want[7:], configErrors(t, err)); diff != "" {
		t.Errorf("errors of Group (-want +got)\n%s", diff)
	}
}

// TestFailedAdd: nothing is half registered, and the corrected Add works.
func TestFailedAdd(t *testing.T) {
	right := routecors.ResourceOptions{AllowMethods: []string{"PUT"}}
	for _, kind := range []string{"route", "resource"} {
		s, never := newSite(t, ""), newSite(t, "")
		never.router.Handle("PUT /x/", text("x"))
		resource := s.router.Resource("/x/")
		entity := routecors.Entity(resource.Handle("PUT", text("x")))
		if kind == "resource" {
			entity = resource
		}
		for range 2 {
			if err := s.cors.Add(entity, routecors.Policy{app: right, "https://b.example": {MaxAge: 1e5}}); err == nil {
				t.Fatal("no error")
			}
		}
		for _, target := range []string{"/x/", "/x/y", "/x", "/"} {
			want := []string{actual(never.mux, "PUT", target, app), preflight(never.mux, "PUT", target, app), answer(ask(never.mux, "OPTIONS", target))}
			for _, h := range []http.Handler{s.mux, s.cors.Handler(s.mux)} {
				got := []string{actual(h, "PUT", target, app), preflight(h, "PUT", target, app), answer(ask(h, "OPTIONS", target))}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s after an Add that failed (-want +got)\n%s", kind, target, diff)
				}
			}
		}
		must(t, s.cors.Add(entity, routecors.Policy{app: right}))
		if got, want := actual(s.mux, "PUT", "/x/", app), "200"+shared; got != want {
			t.Errorf("%s: PUT after the corrected Add: %s, want %s", kind, got, want)
		}
		if got, want := preflight(s.mux, "PUT", "/x/y", app), "204 Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin="+app+" "+asked; got != want {
			t.Errorf("%s: preflight after the corrected Add: %s, want %s", kind, got, want)
		}
	}

	s := newSite(t, `{"https://app.example": {}}`)
	s.mux.Handle("OPTIONS /x", text("the user's"))
	if err := s.cors.Add(s.router.Handle("PUT /x", text("x"))); err == nil {
		t.Error("no error beside OPTIONS of the user's")
	}
	if got := body(ask(s.mux, "OPTIONS", "/x", "Origin: "+app, "Access-Control-Request-Method: PUT")); got != "the user's" {
		t.Errorf("OPTIONS of the user's after an Add that failed: %q", got)
	}
	if got := actual(s.mux, "PUT", "/x", app); got != "200" {
		t.Errorf("PUT after an Add that failed: %s", got)
	}
}

// TestCallersPolicy: what the caller does with a Policy afterwards changes nothing.
func TestCallersPolicy(t *testing.T) {
	list := func(s string) []string { return append(make([]string, 0, 8), s) }
	var given []routecors.Policy
	make1 := func(origin string) routecors.Policy {
		p := routecors.Policy{origin: {AllowMethods: list("PUT"), AllowHeaders: list("X-A"), ExposeHeaders: list("X-B"), MaxAge: 5}}
		given = append(given, p)
		return p
	}
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, make1("https://1.example"))
	must(t, err)
	cors, err = cors.Group(make1("https://2.example"))
	must(t, err)
	resource := router.Resource("/x")
	must(t, cors.Add(resource, make1("https://3.example")))
	must(t, cors.Add(resource.Handle("", text("x")), make1("https://4.example")))

	ask4 := func() (got []string) {
		for n := 1; n <= 5; n++ {
			origin := fmt.Sprintf("https://%d.example", n)
			for _, method := range []string{"PUT", "DELETE"} {
				got = append(got, preflight(mux, method, "/x", origin), actual(mux, method, "/x", origin))
			}
		}
		return got
	}
	before := ask4()
	if n := strings.Count(strings.Join(before, "\n"), "Allow-Origin"); n != 8 {
		t.Fatalf("%d answers are shared, want 4 preflights and 4 PUTs: %q", n, before)
	}
	for _, p := range given {
		for origin, o := range p {
			for _, l := range [][]string{o.AllowMethods, o.AllowHeaders, o.ExposeHeaders} {
				l[0] = "DELETE"
				_ = append(l, "DELETE")
			}
			delete(p, origin)
		}
		p["https://5.example"] = routecors.ResourceOptions{AllowMethods: []string{"*"}}
	}
	if diff := cmp.Diff(before, ask4()); diff != "" {
		t.Errorf("answers after the policies were changed (-want +got)\n%s", diff)
	}
}

// TestGroups: a group is the same registry, with one more layer for what is added
// by it, and by groups of it.
func TestGroups(t *testing.T) {
	s := newSite(t, `{"https://1.example": {"max_age": 1}, "https://2.example": {"max_age": 1}, "https://3.example": {"max_age": 1}}`)
	outer, err := s.cors.Group(policy(t, `{"https://2.example": {"max_age": 2}, "https://3.example": {"max_age": 2}}`))
	must(t, err)
	inner, err := outer.Group(policy(t, `{"https://3.example": {"max_age": 3}}`))
	must(t, err)
	two := []routecors.Policy{policy(t, `{"https://3.example": {"max_age": 8}}`), policy(t, `{"https://3.example": {"max_age": 9}, "https://1.example": {"max_age": 9}}`)}
	for _, tt := range []struct {
		cors     *routecors.CorsConfig
		policies []routecors.Policy
		path     string
		want     string // for each of the origins
	}{
		{s.cors, nil, "/defaults", "1 1 1 refused"},
		{outer, nil, "/outer", "1 2 2 refused"},
		{inner, nil, "/inner", "1 2 3 refused"},
		{s.cors, two, "/two", "9 1 8 refused"},
		{inner, two, "/inner/two", "9 2 8 refused"},
		{s.cors, nil, "/defaults/again", "1 1 1 refused"},
	} {
		must(t, tt.cors.Add(s.router.Handle("PUT "+tt.path, text("x")), tt.policies...))
		for _, h := range []http.Handler{s.mux, tt.cors.Handler(s.mux)} {
			var got []string
			for n := 1; n <= 4; n++ {
				got = append(got, outcome(ask(h, "OPTIONS", tt.path, fmt.Sprintf("Origin: https://%d.example", n), "Access-Control-Request-Method: PUT")))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
			}
		}
	}
}

// TestHandleAfterAdd: if the mux refuses a user's pattern because of ours, the panic
// says what to do; if it would refuse it anyway, it speaks as the mux does. The
// adapter stays of use.
func TestHandleAfterAdd(t *testing.T) {
	for _, tt := range []struct{ added, then, want string }{
		{"PUT /a/{x}", "OPTIONS /{y}/b", `panic: stdmux: pattern "OPTIONS /{y}/b" conflicts with "OPTIONS /a/{x}", which answers preflights; register it before cors.Add, or set up with WithoutSyntheticOPTIONS and serve through cors.Handler`},
		{"PUT /a/{x}", "/a/b", `panic: pattern "/a/b" `},
		{"PUT /a/{x}", "PUT /{y}/b", `panic: pattern "PUT /{y}/b" `},
		{"PUT /a/{x}", "PUT /a/{y}", `panic: pattern "PUT /a/{y}" `},
		{"PUT /a/{x}", "PUT a", `panic: parsing "PUT a": `},
	} {
		s := newSite(t, `{"*": {}}`)
		s.add(t, tt.added)
		err := call(func() error { s.router.Handle(tt.then, text("y")); return nil })
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("Handle(%q) after %q: %v, want %s", tt.then, tt.added, err, tt.want)
		}
		s.add(t, "PUT /later")
		if got := preflight(s.mux, "PUT", "/later", app); !strings.HasPrefix(got, "204 ") {
			t.Errorf("preflight after the panic of %q: %s", tt.then, got)
		}
	}
}

// TestAddWhileServing: at any time a route is as before its Add, or as after, whole.
func TestAddWhileServing(t *testing.T) {
	const routes = 200
	s := newSite(t, `{"https://app.example": {"allow_headers": ["X-A"], "max_age": 5}}`)
	var clients sync.WaitGroup
	var stop atomic.Bool
	var rounds, before, after atomic.Int64
	// The mux finds no handler, and then looks what to say in Allow: a 405 may name more.
	noRoute := []string{"404", "405 Allow=GET, HEAD", "405 Allow=GET, HEAD, OPTIONS"}
	const whole = "204 Access-Control-Allow-Headers=x-a Access-Control-Allow-Origin=" + app + " Access-Control-Max-Age=5 " + asked
	note := func(got, whole string, none ...string) {
		switch {
		case got == whole:
			after.Add(1)
		case slices.Contains(noRoute, got), slices.Contains(none, got):
			before.Add(1)
		default:
			t.Errorf("%s; want no header, or %s", got, whole)
		}
	}
	for client := range 32 {
		clients.Go(func() {
			h := []http.Handler{s.mux, s.cors.Handler(s.mux)}[client%2]
			for n := client; !stop.Load(); n++ {
				path := fmt.Sprintf("/%d", n%routes)
				note(actual(h, "GET", path, app), "200"+shared, "200")
				note(preflight(h, "GET", path, app), whole, "403 "+asked)
				rounds.Add(1)
				runtime.Gosched()
			}
		})
	}
	for n := range routes {
		s.add(t, fmt.Sprintf("GET /%d", n))
		for seen := rounds.Load(); rounds.Load() < seen+8; {
			runtime.Gosched()
		}
	}
	stop.Store(true)
	clients.Wait()
	if before.Load() == 0 || after.Load() == 0 {
		t.Errorf("%d answers from before Add, %d from after: the test proves nothing", before.Load(), after.Load())
	}
}
