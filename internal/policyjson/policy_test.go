package policyjson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnmarshal(t *testing.T) {
	tests := []struct {
		text string
		want map[string]Options
	}{
		{`{}`, map[string]Options{}},
		{`{"*": {}}`, map[string]Options{"*": {}}},
		{`{"a": {"allow_credentials": true, "max_age": -1, "deny": false}}`, map[string]Options{"a": {AllowCredentials: true, MaxAge: -1}}},
		{`{"a": {"allow_headers": "*", "expose_headers": ["X"], "allow_methods": []}}`, map[string]Options{"a": {AllowHeaders: []string{"*"}, ExposeHeaders: []string{"X"}, AllowMethods: []string{}}}},
		{`{"a": {"allow_timing": true, "cross_origin_resource_policy": "x"}}`, map[string]Options{"a": {AllowTiming: true, CrossOriginResourcePolicy: "x"}}},
		{"\n { \"a\" : { } ,\t\"b\":{\"deny\":true}}\n", map[string]Options{"a": {}, "b": {Deny: true}}},
		{`{"\u0061": {}}`, map[string]Options{"a": {}}},
	}
	for _, tt := range tests {
		got := map[string]Options{}
		err := Unmarshal([]byte(tt.text), func(origin string, o Options) { got[origin] = o })
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.text, diff)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, "line 1, column 1: unexpected end of JSON input"},
		{`{"a": {}`, "line 1, column 9: unexpected end of JSON input"},
		{`{} {}`, "line 1, column 4: invalid character '{' after top-level value"},
		{`[]`, "line 1, column 1: want an object, have a list"},
		{`null`, "line 1, column 1: want an object, have null"},
		{`{"a": "*"}`, "line 1, column 7: want an object, have a string"},
		{`{"a": 1}`, "line 1, column 7: want an object, have a number"},
		{`{"a": true}`, "line 1, column 7: want an object, have a boolean"},
		{`{"a": {}, "a": {}}`, `line 1, column 11: "a" comes twice`},
		{`{"a": {}, "\u0061": {}}`, `line 1, column 11: "a" comes twice`},
		{"{\"a\": {\n\"deny\": true, \"deny\": true}}", `line 2, column 15: "deny" comes twice`},
		{"{\n  \"a\": {\n    \"alow\": 1}}", `line 3, column 5: unknown option "alow"; there are`},
		{`{"a": {"Deny": true}}`, `line 1, column 8: unknown option "Deny"`},
		{`{"a": {"deny": "yes"}}`, `line 1, column 16: want true or false, have "yes"`},
		{`{"a": {"deny": null}}`, `line 1, column 16: want true or false, have null`},
		{`{"a": {"allow_timing": "*"}}`, `line 1, column 24: want true or false, have "*"`},
		{`{"a": {"cross_origin_resource_policy": true}}`, `line 1, column 40: want "same-origin", "same-site" or "cross-origin", have true`},
		{`{"a": {"max_age": 1.5}}`, `line 1, column 19: want a whole number of seconds, have 1.5`},
		{`{"a": {"max_age": "600"}}`, `line 1, column 19: want a whole number of seconds, have "600"`},
		{`{"a": {"max_age": 99999999999999999999}}`, `line 1, column 19: want a whole number of seconds`},
		{`{"a": {"allow_headers": "X-A"}}`, `line 1, column 25: want "*" or a list of names, have "X-A"; write ["X-A"]`},
		{`{"a": {"allow_headers": {}}}`, `line 1, column 25: want "*" or a list of names, have {}`},
		{`{"a": {"allow_headers": ["X", 1]}}`, `line 1, column 25: want "*" or a list of names, have ["X", 1]`},
		{`{"a": {"allow_headers": ["X", null]}}`, `line 1, column 25: want "*" or a list of names, have ["X", null]`},
	}
	for _, tt := range tests {
		err := Unmarshal([]byte(tt.text), func(string, Options) {})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.text, err, tt.want)
		}
	}
}

// FuzzUnmarshal: what is accepted is what encoding/json reads, too, and comes back
// the same; nothing panics.
func FuzzUnmarshal(f *testing.F) {
	f.Add(`{"https://a.example": {"allow_credentials": true, "expose_headers": "*", "max_age": 60}}`)
	f.Add(`{"*": {"allow_methods": ["GET"], "allow_headers": []}}`)
	f.Add(`{"*": {"allow_timing": true, "cross_origin_resource_policy": "same-site"}}`)
	f.Add(`{"a": {"deny": true}, "a": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got := map[string]Options{}
		err := Unmarshal([]byte(text), func(origin string, o Options) {
			if _, ok := got[origin]; ok {
				t.Errorf("%q comes twice", origin)
			}
			got[origin] = o
		})
		if err != nil {
			return
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		again := map[string]Options{}
		if err := Unmarshal(written, func(origin string, o Options) { again[origin] = o }); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		// An empty list is left out when written.
		rewritten, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(rewritten)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
