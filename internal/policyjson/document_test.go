package policyjson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadDocument(t *testing.T) {
	const text = `{
  "$schema": "x",
  "routes": {
    "PUT /a/{id}": "partners",
    "GET /b": {"*": {}},
    "GET /c": [{"null": {"deny": true}}, "partners", "partners"],
    "GET /d": []
  },
  "policies": {"partners": {
    "https://a.example": {"max_age": 5}}},
  "defaults": {},
  "cors": "*, https://b.example",
  "cors_preflight_paths": ["/api/*"]
}`
	got, errs := ReadDocument([]byte(text))
	if errs != nil {
		t.Fatal(errs)
	}
	partners := &Policy{Place{9, 28}, map[string]Options{"https://a.example": {MaxAge: 5}}, map[string]Place{"https://a.example": {10, 5}}}
	want := &Document{
		Defaults: &Policy{Place{11, 15}, map[string]Options{}, map[string]Place{}},
		Policies: map[string]*Policy{"partners": partners},
		Routes: []Route{
			{Name{Place{4, 5}, "PUT /a/{id}"}, []*Policy{partners}, []Place{{4, 20}}},
			{Name{Place{5, 5}, "GET /b"}, []*Policy{{Place{5, 15}, map[string]Options{"*": {}}, map[string]Place{"*": {5, 16}}}}, []Place{{5, 15}}},
			{Name{Place{6, 5}, "GET /c"}, []*Policy{{Place{6, 16}, map[string]Options{"null": {Deny: true}}, map[string]Place{"null": {6, 17}}}, partners, partners}, []Place{{6, 16}, {6, 42}, {6, 54}}},
			{Name: Name{Place{7, 5}, "GET /d"}},
		},
		Origins: []Name{{Place{12, 11}, "*"}, {Place{12, 11}, "https://b.example"}},
		Paths:   []Name{{Place{13, 28}, "/api/*"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadDocumentErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, "line 1, column 1: unexpected end of JSON input"},
		{`[]`, "line 1, column 1: want an object, have a list"},
		{`{"route": {}}`, `line 1, column 2: unknown name "route"; there are $schema, defaults, policies, routes, cors and cors_preflight_paths`},
		{`{"routes": {}, "routes": {}}`, `line 1, column 16: "routes" comes twice`},
		{"{\"routes\": {\"/a\": {},\n\"/a\": {}}}", `line 2, column 1: "/a" comes twice`},
		{`{"routes": {"/a": "p"}}`, `line 1, column 19: unknown policy "p"; there are none under policies`},
		{"{\"policies\": {\"q\": {}, \"r\": {}},\n\"routes\": {\"/a\": [\"p\", \"q\"]}}", `line 1, column 24: policy "r" is used by no route; use it or leave it out` + "\n" + `line 2, column 19: unknown policy "p"; there are "q", "r"`},
		{`{"routes": {"/a": 1}}`, `line 1, column 19: want the name of a policy, a policy, or a list of these, have 1`},
		{`{"routes": {"/a": null}}`, `line 1, column 19: want the name of a policy, a policy, or a list of these, have null`},
		{`{"routes": {"/a": [[]]}}`, `line 1, column 20: want the name of a policy or a policy, have a list in a list`},
		{`{"routes": {"/a": {"*": {"x": 1}}}}`, `line 1, column 26: unknown option "x"; there are allow_credentials, expose_headers, allow_headers, allow_methods, max_age, allow_timing, cross_origin_resource_policy and deny`},
		{`{"defaults": {"*": 1}}`, `line 1, column 20: want an object, have a number`},
		{`{"defaults": ` + strings.Repeat("1", 400) + `}`, `line 1, column 14: want an object, have a number`},
		{`{"cors": "*"}`, `line 1, column 1: cors and cors_preflight_paths go together; cors names origins, cors_preflight_paths what they may use`},
		{`{"cors": ["*", ""], "cors_preflight_paths": "/a"}`, `line 1, column 16: an empty element in ""; leave it out`},
		{`{"cors": 1, "cors_preflight_paths": "/a"}`, `line 1, column 10: want a text, have 1`},
	}
	for _, tt := range tests {
		_, errs := ReadDocument([]byte(tt.text))
		var got []string
		for _, err := range errs {
			got = append(got, err.Error())
		}
		if got := strings.Join(got, "\n"); got != tt.want {
			t.Errorf("%s: have\n%s, want\n%s", tt.text, got, tt.want)
		}
	}
}

// The schema is JSON, and names the options that MarshalJSON writes.
func TestSchema(t *testing.T) {
	var schema struct {
		Defs struct {
			Options struct {
				Properties map[string]any `json:"properties"`
			} `json:"options"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(Schema), &schema); err != nil {
		t.Fatal(err)
	}
	all := Options{true, []string{"*"}, []string{"*"}, []string{"*"}, 1, true, "same-site", true}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	for name := range written {
		delete(schema.Defs.Options.Properties, name)
	}
	if len(written) != 8 || len(schema.Defs.Options.Properties) > 0 {
		t.Errorf("%d options are written; the schema has beside them %v", len(written), schema.Defs.Options.Properties)
	}
}

// FuzzReadDocument: what is accepted is JSON, all names lead somewhere, and nothing panics.
func FuzzReadDocument(f *testing.F) {
	f.Add(`{"policies": {"p": {"*": {}}}, "routes": {"GET /a": "p", "/b": [{}, "p"]}, "defaults": {}}`)
	f.Add(`{"cors": "*", "cors_preflight_paths": "/a/*, /b"}`)
	f.Add("{\"routes\": {\"\\u0041\": [ \"p\",\t{} ] }}")
	f.Fuzz(func(t *testing.T, text string) {
		d, errs := ReadDocument([]byte(text))
		lines := strings.Count(text, "\n") + 1
		for _, err := range errs {
			if err.Line < 1 || err.Line > lines || err.Column < 1 {
				t.Errorf("%v, but there are %d lines", err, lines)
			}
		}
		if (d == nil) != (errs != nil) {
			t.Fatalf("%v, %v", d, errs)
		}
		if d == nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Error("accepted, and is no JSON")
		}
		for _, r := range d.Routes {
			if len(r.Places) != len(r.Policies) {
				t.Errorf("%s: %d places of %d policies", r.Text, len(r.Places), len(r.Policies))
			}
			for i, p := range r.Policies {
				if p == nil || r.Places[i].Line == 0 {
					t.Errorf("%s: no policy %d", r.Text, i)
				}
			}
		}
	})
}
