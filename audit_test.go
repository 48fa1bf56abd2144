package routecors_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	chicors "github.com/routecors/routecors/chi"
)

// A bench is a router to audit: both adapters have these methods.
type bench struct {
	t      *testing.T
	router interface {
		routecors.RouterAdapter
		Handle(pattern string, h http.Handler) *routecors.Route
		Resource(pattern string) *routecors.Resource
	}
	cors *routecors.CorsConfig
}

func (b bench) add(pattern string, policies ...string) {
	b.t.Helper()
	b.addTo(b.cors, pattern, policies...)
}

func (b bench) addTo(cors *routecors.CorsConfig, pattern string, policies ...string) {
	b.t.Helper()
	must(b.t, cors.Add(b.router.Handle(pattern, text(pattern)), b.policies(policies)...))
}

// resource adds a resource with a route for each of methods.
func (b bench) resource(pattern, policy string, methods ...string) {
	b.t.Helper()
	res := b.router.Resource(pattern)
	must(b.t, b.cors.Add(res, b.policies([]string{policy})...))
	for _, m := range methods {
		res.Handle(m, text(pattern))
	}
}

func (b bench) policies(texts []string) (policies []routecors.Policy) {
	for _, s := range texts {
		policies = append(policies, policy(b.t, s))
	}
	return policies
}

func (b bench) group(s string) *routecors.CorsConfig {
	b.t.Helper()
	group, err := b.cors.Group(policy(b.t, s))
	must(b.t, err)
	return group
}

// routers are those that audits run on.
var routers = map[string]func(t *testing.T, defaults string, options ...routecors.Option) bench{
	"ServeMux": func(t *testing.T, defaults string, options ...routecors.Option) bench {
		s := newSite(t, defaults, options...)
		return bench{t, s.router, s.cors}
	},
	"chi": func(t *testing.T, defaults string, options ...routecors.Option) bench {
		router := chicors.New(chi.NewRouter())
		cors, err := routecors.Setup(router, policy(t, defaults), options...)
		must(t, err)
		return bench{t, router, cors}
	},
}

// An auditCase is a program, and what an audit finds in it.
type auditCase struct {
	reason  string
	options []routecors.Option
	build   func(b bench)
	want    []string // findings after "routecors: "; a "…" ends what is compared
}

// auditCases have one case for each code at least, and the cases in which it is silent.
var auditCases = append(protectionAuditCases, []auditCase{
	{"a clean program", nil, func(b bench) {
		b.add("GET /a")
		b.add("PUT /a", `{"https://app.example": {"allow_headers": ["Content-Type"]}, "*": {"deny": true}}`)
		b.add("POST /a", `{"https://*.example": {}, "http://localhost:*": {}, "https://com": {}, "regexp:https://pr-[0-9]+\\.app\\.example": {}}`)
		b.add("PATCH /a", `{"*": {"allow_headers": "*"}}`)
		b.add("DELETE /a", `{"https://app.example": {"allow_credentials": true, "max_age": 7200}}`)
		b.add("/every", `{"*": {"allow_methods": ["GET", "PUT"]}}`)
		b.resource("/r/{id}", `{"https://app.example": {"allow_methods": ["DELETE"]}}`, "DELETE", "GET")
		b.router.Handle("POST /private", text("x"))
		b.router.Resource("/private").Handle("PUT", text("x"))
	}, nil},

	{"no-preflights", []routecors.Option{routecors.WithoutSyntheticOPTIONS()}, func(b bench) { b.add("GET /x") },
		[]string{"error: no-preflights: nothing answers preflights: with WithoutSyntheticOPTIONS, serve through CorsConfig.Handler"}},
	{"unreachable-route", nil, func(b bench) {
		b.add("GET /x")
		must(b.t, b.cors.Add(routecors.NewRoute(b.router, "PUT", "/y", text("y")), policy(b.t, `{"*": {"allow_headers": "*"}}`)))
	}, []string{"error: unreachable-route: PUT /y: is not in the …"}},
	{"no-policy", nil, func(b bench) {
		b.add("GET /x")
		empty, err := routecors.Setup(b.router, nil)
		must(b.t, err)
		b.addTo(empty, "GET /y")
		*b.cors = *empty
	}, []string{"error: no-policy: GET /y: was added, but no policy, group or default lists an origin; give Add a policy"}},
	{"idle-resource", nil, func(b bench) { b.add("GET /x"); b.resource("/r", `{"https://app.example": {}}`, "PUT") },
		[]string{"error: idle-resource: /r: was added, but opens none of its routes; name methods in AllowMethods, or add the routes"}},
	{"needless-option", []routecors.Option{routecors.DangerouslyTrustNullOrigin()}, func(b bench) { b.add("GET /x") },
		[]string{"warning: needless-option: Setup: DangerouslyTrustNullOrigin is not needed by any policy; leave it out"}},
	{"max-age", nil, func(b bench) {
		b.add("GET /x", `{"https://app.example": {"max_age": 7201}}`)
		b.add("GET /y")
	}, []string{`note: max-age: GET /x: origin "https://app.example": MaxAge "7201": Chromium keeps a preflight for 7200 seconds (2 hours) at most; write 7200 or less`}},

	{"every-origin", []routecors.Option{routecors.DangerouslyTrustEveryOrigin()}, func(b bench) {
		b.add("GET /x")
		b.add("GET /y", `{"*": {"allow_credentials": true}}`)
	}, []string{`warning: every-origin: GET /y: origin "*": any website could act as the user who visits it; list the origins`}},
	{"wide-pattern: regexps", []routecors.Option{routecors.DangerouslyTrustEveryOrigin()}, func(b bench) {
		b.add("GET /x")
		b.add("GET /y", `{"regexp:https?://.*": {}}`)
		b.add("GET /z", `{"regexp:https?://.*": {}}`)
		b.add("DELETE /z", `{"regexp:https://.*": {"allow_credentials": true}}`)
	}, []string{
		`warning: wide-pattern: GET /y and 1 more: origin "regexp:https?://.*": the pattern matches hosts that anyone can have; name the host, or write "*" if every website is meant`,
		`warning: wide-pattern: DELETE /z: origin "regexp:https://.*": the pattern matches hosts that anyone can have, so any website could act as the user who visits it; name the host`,
	}},
	{"wide-pattern: a top-level domain", nil, func(b bench) {
		b.add("GET /x")
		b.addTo(b.group(`{"https://*.com": {}}`), "GET /y")
	}, []string{`warning: wide-pattern: group: origin "https://*.com": anyone can register a name under "com", a public suffix; name the site`}},
	{"public-suffix", []routecors.Option{routecors.DangerouslyTrustPublicSuffixes()}, func(b bench) {
		b.add("GET /x", `{"https://*.github.io": {}}`)
		b.add("GET /y", `{"https://*.github.io": {"allow_credentials": true}, "https://*.me.github.io": {}, "https://*.co.uk": {"deny": true}}`)
		b.add("GET /z")
	}, []string{
		`warning: public-suffix: GET /y: origin "https://*.github.io": anyone can register a name under "github.io", a public suffix; name the site`,
		`note: public-suffix: GET /x: origin "https://*.github.io": anyone can register a name under "github.io", a public suffix; name the site`,
	}},
	{"null-origin", []routecors.Option{routecors.DangerouslyTrustNullOrigin()}, func(b bench) {
		b.add("GET /x", `{"null": {}}`)
		b.add("GET /y", `{"null": {"allow_credentials": true}}`)
	}, []string{
		`warning: null-origin: GET /y: origin "null": any website can make a page of this origin, with a sandboxed frame; leave credentials out`,
		`note: null-origin: GET /x: origin "null": any website can make a page of this origin, with a sandboxed frame; leave it out, or write "*" if every website is meant`,
	}},
	{"insecure-origin", []routecors.Option{routecors.DangerouslyTrustInsecureOrigins()}, func(b bench) {
		b.add("GET /x", `{"http://a.example": {}, "http://127.0.0.1:3000": {}}`)
		b.resource("/r", `{"http://a.example": {"allow_credentials": true, "allow_methods": ["GET", "DELETE"]}}`, "GET", "DELETE")
	}, []string{
		`warning: insecure-origin: /r: origin "http://a.example": anyone on the network can put a page under a plain http origin; use https`,
		`note: insecure-origin: GET /x: origin "http://a.example": anyone on the network can put a page under a plain http origin; use https`,
	}},

	{"unused-policy: a group, and the defaults", nil, func(b bench) {
		b.group(`{"https://b.example": {}}`)
		b.group(`{}`)
		b.add("GET /x", `{"*": {}}`)
	}, []string{
		"warning: unused-policy: defaults: the policy decides for no route; leave it out, or add the routes that it is for",
		"warning: unused-policy: group: the policy decides for no route; leave it out, or add the routes that it is for",
	}},
	{"unused-policy: keys", nil, func(b bench) {
		group := b.group(`{"https://a.app.example": {}, "https://g.example": {}}`)
		b.addTo(group, "GET /x", `{"https://*.app.example": {}}`, `{"https://*.app.example": {"max_age": 1}, "https://own.example": {}}`)
		b.addTo(group, "GET /y", `{"https://*.app.example": {}}`, `{"https://*.app.example": {"max_age": 1}, "https://own.example": {}}`)
	}, []string{
		`warning: unused-policy: GET /x and 1 more: origin "https://*.app.example": the key decides for no route: nearer policies have the origin, or it names no method; leave it out`,
		`warning: unused-policy: group: origin "https://a.app.example": the key decides for no route: nearer policies have the origin, or it names no method; leave it out`,
	}},
	{"unused-policy: a resource whose routes say all themselves", nil, func(b bench) {
		b.add("GET /x")
		res := b.router.Resource("/r")
		must(b.t, b.cors.Add(res, policy(b.t, `{"https://r.example": {"allow_methods": ["GET"]}}`)))
		must(b.t, b.cors.Add(res.Handle("GET", text("x")), policy(b.t, `{"*": {}}`)))
	}, []string{"warning: unused-policy: /r: the policy decides for no route; leave it out, or add the routes that it is for"}},
	{"unused-policy: the defaults name no method that a resource has", nil, func(b bench) {
		b.resource("/r", `{"https://r.example": {"allow_methods": ["GET"]}}`, "GET")
	}, []string{"warning: unused-policy: defaults: …"}},

	{"unserved-method: of a route without a method", nil, func(b bench) {
		b.add("GET /x")
		b.add("/every/{id}", `{"https://b.example": {"allow_methods": ["GET", "PUT", "DELETE"]}}`)
		b.router.Handle("DELETE /every/{id}", text("x"))
	}, []string{`warning: unserved-method: /every/{id}: origin "https://b.example": AllowMethods names DELETE, but no route that the key decides for serves that; leave it out, or add the route that serves it`}},
	{"unserved-method: of a resource", nil, func(b bench) {
		b.add("GET /x")
		b.resource("/r", `{"https://r.example": {"allow_methods": ["PATCH", "GET", "DELETE"]}}`, "GET")
	}, []string{`warning: unserved-method: /r: origin "https://r.example": AllowMethods names PATCH, DELETE, but no route that the key decides for serves that; …`}},
	{"unserved-method: of a group", nil, func(b bench) {
		b.add("GET /x")
		b.addTo(b.group(`{"https://b.example": {"allow_methods": ["GET", "DELETE"]}}`), "GET /y")
	}, []string{`note: unserved-method: group: origin "https://b.example": AllowMethods names DELETE, …`}},

	{"content-type", nil, func(b bench) {
		b.add("GET /x", `{"https://app.example": {"allow_headers": ["X-A"]}}`)
		b.add("PUT /x")
		b.add("PATCH /x")
		b.add("POST /x")
		b.add("POST /y", `{"https://app.example": {"allow_headers": ["X-A"]}}`)
		b.add("PUT /y", `{"https://app.example": {"deny": true}}`)
	}, []string{
		`note: content-type: POST /y: origin "https://app.example": AllowHeaders does not name Content-Type, so that a page cannot send JSON; add Content-Type, if bodies are not forms or plain text`,
		`note: content-type: PUT /x and 1 more: origin "https://app.example": AllowHeaders does not name Content-Type, …`,
	}},
	{"form-post", nil, func(b bench) {
		const credentials = `{"https://b.example": {"allow_credentials": true}}`
		b.add("GET /x")
		group := b.group(credentials)
		b.addTo(group, "GET /y")
		b.addTo(group, "POST /y")
		b.addTo(group, "POST /z")
		b.addTo(group, "/every")
		b.addTo(group, "/but")
		b.router.Handle("POST /but", text("x"))
	}, []string{`note: form-post: POST /y and 2 more: origin "https://b.example": a page of any origin can send this POST with a form's content type and the user's cookies, whatever the policy; serve cors.Handler(cors.CrossOriginProtection().Handler(router)), which trusts the origins of the policy alone`}},
}...)

func TestAudit(t *testing.T) {
	for name, router := range routers {
		for _, tt := range auditCases {
			b := router(t, `{"https://app.example": {}}`, tt.options...)
			tt.build(b)
			var got, want []string
			for i, f := range b.cors.Audit() {
				text := strings.TrimPrefix(f.Error(), "routecors: ")
				if i < len(tt.want) {
					if start, cut := strings.CutSuffix(tt.want[i], "…"); cut && strings.HasPrefix(text, start) {
						text = tt.want[i]
					}
				}
				got = append(got, text)
				if f.Remedy == "" && f.Code != "no-preflights" {
					t.Errorf("%s: %s: no remedy: %v", name, tt.reason, f)
				}
			}
			want = append(want, tt.want...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: (-want +got)\n%s", name, tt.reason, diff)
			}
			// Errors are for Verify to report; what it reports, Audit has.
			err := b.cors.Verify()
			for _, f := range b.cors.Audit() {
				old := f.Severity == routecors.SeverityError || f.Code == "max-age" || f.Code == "needless-option"
				if in := err != nil && strings.Contains(err.Error(), f.Reason); in != old {
					t.Errorf("%s: %s: %v: reported by Verify: %v", name, tt.reason, f, in)
				}
			}
		}
	}
}

// TestAuditLost is the code that chi and ServeMux have for reasons of their own.
func TestAuditLost(t *testing.T) {
	s := newSite(t, `{"https://app.example": {}}`)
	s.mux.Handle("OPTIONS /{x}/a", text("x"))
	s.add(t, "GET /a/")
	r := chi.NewRouter()
	router := chicors.New(r)
	cors, err := routecors.Setup(router, routecors.Policy{app: {}})
	must(t, err)
	must(t, cors.Add(router.Handle("GET /a/{x}", text("x"))))
	r.Options("/a/{x}", func(http.ResponseWriter, *http.Request) {}) // overwrites ours
	for _, cors := range []*routecors.CorsConfig{s.cors, cors} {
		got := cors.Audit()
		if len(got) != 1 || got[0].Code != "lost-preflights" || got[0].Severity != routecors.SeverityError || got[0].Remedy == "" {
			t.Errorf("bare: %v", got)
		}
		cors.Handler(http.NotFoundHandler())
		if got := cors.Audit(); got != nil {
			t.Errorf("after Handler: %v", got)
		}
	}
}

// A method-less route for a whole tree serves what another route has of one path of it.
func TestAuditTree(t *testing.T) {
	s := newSite(t, "")
	s.router.Handle("PUT /{$}", text("x"))
	s.add(t, "/", policy(t, `{"*": {"allow_methods": ["GET", "PUT"]}}`))
	if got := s.cors.Audit(); got != nil {
		t.Error(got)
	}
}

// TestAuditMounted finds what mounts lead to.
func TestAuditMounted(t *testing.T) {
	s := newSite(t, "")
	inner := s.router.Mount("/api", http.NewServeMux())
	must(t, s.cors.Add(inner.Handle("/x", text("x")), policy(t, `{"*": {"allow_methods": ["PUT", "DELETE"]}}`)))
	inner.Handle("DELETE /x", text("x"))
	got := s.cors.Audit()
	if len(got) != 1 || got[0].Code != "unserved-method" || !strings.Contains(got[0].Reason, "names DELETE,") {
		t.Error(got)
	}
}

// TestAuditCodes: the documentation of Audit lists each code that has a case, and
// says the severity.
func TestAuditCodes(t *testing.T) {
	source, err := os.ReadFile("audit.go")
	must(t, err)
	documented := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z-]+) +(error|warning|note) `).FindAllStringSubmatch(string(source), -1) {
		documented[m[1]] = m[2]
	}
	seen := map[string]string{"lost-preflights": "error", "dynamic-origins": "note"} // by TestAuditLost, TestDynamicShown
	for _, tt := range auditCases {
		for _, want := range tt.want {
			severity, rest, _ := strings.Cut(want, ": ")
			code, _, _ := strings.Cut(rest, ": ")
			if seen[code] == "" {
				seen[code] = severity // the first, which is the worst
			}
		}
	}
	if diff := cmp.Diff(seen, documented); diff != "" || len(seen) < 10 {
		t.Errorf("(-cases +documented)\n%s", diff)
	}
}

func TestFindingJSON(t *testing.T) {
	f := routecors.Finding{Severity: routecors.SeverityWarning, Code: "c", Route: "GET /x", More: 2, Origin: "*", Reason: "r", Remedy: "m"}
	got, err := json.Marshal([]routecors.Finding{f, {Reason: "r"}})
	must(t, err)
	want := `[{"severity":"warning","code":"c","route":"GET /x","more":2,"origin":"*","reason":"r","remedy":"m"},` +
		`{"severity":"note","code":"","route":"","reason":"r","remedy":""}]`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestAuditStaysShort: a thing is said once, however many routes have it.
func TestAuditStaysShort(t *testing.T) {
	s := newSite(t, `{"https://*.github.io": {}, "http://a.example": {"allow_headers": ["X-A"]}}`)
	group, err := s.cors.Group(policy(t, `{"https://app.example": {"allow_credentials": true}}`))
	must(t, err)
	for i := range 100 {
		must(t, group.Add(s.router.Handle(fmt.Sprintf("POST /%d", i), text("x"))))
	}
	count := map[string]int{}
	for _, f := range s.cors.Audit() {
		count[f.Code] += 1 + 1000*f.More
	}
	want := map[string]int{"public-suffix": 1, "insecure-origin": 1, "form-post": 99001, "content-type": 99001}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
