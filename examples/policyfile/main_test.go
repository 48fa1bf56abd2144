package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/routecors/routecors"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// preflight returns the status of a preflight.
func preflight(s *server, method, path, origin string) int {
	r := httptest.NewRequest("OPTIONS", path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec.Code
}

func TestServer(t *testing.T) {
	for _, name := range []string{"policies.json", "policies.yaml"} {
		s, err := newServer(os.DirFS("."), name)
		must(t, err)
		for _, tt := range []struct {
			method, path, origin string
			want                 int
		}{
			{"GET", "/articles", "https://any.example", 204},
			{"PUT", "/articles/7", "https://app.example.com", 204},
			{"PUT", "/articles/7", "https://a.partner.example", 403},
			{"POST", "/partners/orders", "https://a.partner.example", 204},
			{"POST", "/partners/orders", "https://old.partner.example", 403},
			{"POST", "/partners/orders", "https://app.example.com", 204},
			{"DELETE", "/articles/all", "https://app.example.com", 403},
		} {
			if got := preflight(s, tt.method, tt.path, tt.origin); got != tt.want {
				t.Errorf("%s: %s %s from %s: %d, want %d", name, tt.method, tt.path, tt.origin, got, tt.want)
			}
		}
	}
}

func TestReload(t *testing.T) {
	text, err := os.ReadFile("policies.yaml")
	must(t, err)
	fsys := fstest.MapFS{"p.yaml": {Data: text}}
	s, err := newServer(fsys, "p.yaml")
	must(t, err)
	edit := func(old, new string) {
		t.Helper()
		if !bytes.Contains(fsys["p.yaml"].Data, []byte(old)) {
			t.Fatalf("%q is not there", old)
		}
		fsys["p.yaml"] = &fstest.MapFile{Data: bytes.Replace(fsys["p.yaml"].Data, []byte(old), []byte(new), 1)}
	}

	edit(`{"*": {}}`, `{"https://app.example.com": {}}`)
	changed, err := s.reload(false)
	must(t, err)
	if want := "GET /articles: \"*\" is no longer allowed\n"; changed != want {
		t.Errorf("have %q, want %q", changed, want)
	}
	edit("      deny: true", "      allow_credentials: true")
	_, err = s.reload(false)
	var widening *routecors.WideningError
	if !errors.As(err, &widening) || preflight(s, "POST", "/partners/orders", "https://old.partner.example") != 403 {
		t.Errorf("a wider file: %v", err)
	}
	_, err = s.reload(true)
	must(t, err)
	if got := preflight(s, "POST", "/partners/orders", "https://old.partner.example"); got != 204 {
		t.Errorf("after a reload that may widen: %d", got)
	}
	edit("allow_credentials", "allow_credential")
	if _, err = s.reload(true); err == nil || !strings.HasPrefix(err.Error(), `p.yaml:11:7: unknown option "allow_credential"; `) {
		t.Errorf("an unknown option: %v", err)
	}
}

func TestToJSON(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"", `{}`},
		{"# a\na: 1\nb:\n  - x\n  - [true, null, 1.5, \"yes\", yes]\n", "{\n\"a\":1,\n\"b\":[\n    \"x\",[\n     true, null, 1.5, \"yes\", \"yes\"]]}"},
		{"a: &x {b: 0x10}\nc: *x\n", "{\"a\":{ \"b\":16},\n\"c\":{\"b\":16}}"},
		{"null: {}\n2026-01-01: 2026-01-01\n", "{\"null\":{},\n\"2026-01-01\":\"2026-01-01\"}"},
		{"a: >\n  long\n  text\n", "{\"a\":\"long text\\n\"}"},
	}
	for _, tt := range tests {
		got, err := toJSON([]byte(tt.yaml))
		if err != nil || !json.Valid(got) {
			t.Errorf("%q: %v", tt.yaml, err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", tt.yaml, diff)
		}
	}
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		n, m := string(rune('0'+i)), string(rune('0'+i-1))
		bomb += "a" + n + ": &a" + n + " [" + strings.Repeat("*a"+m+", ", 8) + "]\n"
	}
	for _, text := range []string{"a: [", "a: 1\n---\nb: 2\n", "[a]: 1\n", "a: .nan\n", bomb} {
		if got, err := toJSON([]byte(text)); err == nil {
			t.Errorf("%.40q is taken for %.100s", text, got)
		}
	}
}

// TestSchema: the schema and the reader agree on the shape of files.
func TestSchema(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(routecors.PolicyFileSchema()))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("policies.schema.json", parsed))
	schema, err := compiler.Compile("policies.schema.json")
	must(t, err)
	example, err := os.ReadFile("policies.json")
	must(t, err)
	tests := []struct {
		text string
		ok   bool
	}{
		{string(example), true},
		{`{}`, true},
		{`{"$schema": "policies.schema.json", "defaults": {}, "policies": {}, "routes": {}}`, true},
		{`{"routes": {"GET /a": [{}, {"*": {"allow_headers": "*", "expose_headers": ["X"], "allow_methods": [], "allow_credentials": false, "max_age": -1}}]}}`, true},
		{`{"cors": "*", "cors_preflight_paths": ["/a/*"]}`, true},
		{`{"cors": ["*"], "cors_preflight_paths": "/a/*, /b"}`, true},
		{`[]`, false},
		{`{"route": {}}`, false},
		{`{"$schema": 1}`, false},
		{`{"defaults": "p"}`, false},
		{`{"policies": {"p": "q"}}`, false},
		{`{"routes": {"GET /a": 1}}`, false},
		{`{"routes": {"GET /a": [[]]}}`, false},
		{`{"routes": {"GET /a": {"*": {"allow": true}}}}`, false},
		{`{"routes": {"GET /a": {"*": {"allow_headers": "X-A"}}}}`, false},
		{`{"routes": {"GET /a": {"*": {"allow_headers": [1]}}}}`, false},
		{`{"routes": {"GET /a": {"*": {"max_age": 1.5}}}}`, false},
		{`{"routes": {"GET /a": {"*": {"deny": null}}}}`, false},
		{`{"cors": "*"}`, false},
		{`{"cors_preflight_paths": "/a"}`, false},
		{`{"cors": [1], "cors_preflight_paths": "/a"}`, false},
		{`{"cors": "", "cors_preflight_paths": "/a"}`, false},
	}
	for _, tt := range tests {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.text))
		must(t, err)
		if err := schema.Validate(value); (err == nil) != tt.ok {
			t.Errorf("%s: the schema says %v", tt.text, err)
		}
		if _, err := routecors.ParsePolicyFile("p.json", []byte(tt.text)); (err == nil) != tt.ok {
			t.Errorf("%s: the reader says %v", tt.text, err)
		}
	}
}

// TestStructTags: a Policy can be a part of a configuration that is YAML already. What
// decodes it is as strict as it is told to be.
func TestStructTags(t *testing.T) {
	var config struct {
		Listen string           `yaml:"listen"`
		CORS   routecors.Policy `yaml:"cors"`
	}
	text := []byte(`
listen: :8080
cors:
  https://app.example:
    allow_credentials: true
    allow_headers: [Content-Type, X-A]
    expose_headers: [ETag]
    allow_methods: [GET, PUT]
    max_age: 600
    allow_timing: true
    cross_origin_resource_policy: same-site
  https://old.example: {deny: true}
`)
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	want := routecors.Policy{
		"https://app.example": {
			AllowCredentials: true, AllowHeaders: []string{"Content-Type", "X-A"}, ExposeHeaders: []string{"ETag"}, AllowMethods: []string{"GET", "PUT"},
			MaxAge: 600, AllowTiming: true, CrossOriginResourcePolicy: "same-site",
		},
		"https://old.example": {Deny: true},
	}
	if diff := cmp.Diff(want, config.CORS); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	again, err := yaml.Marshal(config.CORS)
	if err != nil {
		t.Fatal(err)
	}
	var read routecors.Policy
	if err := yaml.Unmarshal(again, &read); err != nil || cmp.Diff(want, read) != "" {
		t.Errorf("%v, written again:\n%s", err, again)
	}
	if strings.Contains(string(again), "deny: false") {
		t.Errorf("what is not set is written:\n%s", again)
	}
}
