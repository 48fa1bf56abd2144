package routecors_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// check sets up p as the defaults, and returns what is wrong with it.
func check(p routecors.Policy, options ...routecors.Option) error {
	_, err := routecors.Setup(stdmux.New(http.NewServeMux()), p, options...)
	return err
}

// dangers are the options that name one, by the end of their name.
var dangers = map[string]routecors.Option{
	"EveryOrigin":     routecors.DangerouslyTrustEveryOrigin(),
	"NullOrigin":      routecors.DangerouslyTrustNullOrigin(),
	"InsecureOrigins": routecors.DangerouslyTrustInsecureOrigins(),
	"PublicSuffixes":  routecors.DangerouslyTrustPublicSuffixes(),
}

// TestCredentials: an origin is given credentials if all its dangers are named, and
// only then. Without credentials there is no danger to name.
func TestCredentials(t *testing.T) {
	const (
		every    = "any website could act as the user who visits it"
		null     = "any website can make a page of this origin, with a sandboxed frame"
		insecure = "anyone on the network can put a page under a plain http origin"
	)
	for _, tt := range []struct {
		origin string
		needs  string // the options
		reason string // of the error without them
	}{
		{"https://app.example.com", "", ""},
		{"https://app.example.com:8443", "", ""},
		{"https://app.example.com:*", "", ""},
		{"https://*.example.com", "", ""},
		{"https://[2001:db8::1]", "", ""},
		{"http://localhost", "", ""},
		{"http://localhost:*", "", ""},
		{"http://localhost:800*", "", ""},
		{"http://app.localhost:3000", "", ""},
		{"http://127.0.0.1:3000", "", ""},
		{"http://[::1]:3000", "", ""},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", "", ""},
		{`regexp:https://pr-[0-9]+\.example\.com`, "", ""},
		{"https://user.github.io", "", ""},

		{"*", "EveryOrigin", every + "; list the origins, or set up with DangerouslyTrustEveryOrigin"},
		{"regexp:https://.*", "EveryOrigin", "the pattern matches hosts that anyone can have, so " + every + "; name the host, or set up with DangerouslyTrustEveryOrigin"},
		{`regexp:https://.*example\.com`, "EveryOrigin", "the pattern matches hosts that anyone can have"},
		{"null", "NullOrigin", null + "; leave credentials out, or set up with DangerouslyTrustNullOrigin"},
		{"file://", "NullOrigin", null},
		{"http://app.example.com", "InsecureOrigins", insecure + "; use https, or set up with DangerouslyTrustInsecureOrigins"},
		{"http://app.example.com:*", "InsecureOrigins", insecure},
		{"http://*.example.com", "InsecureOrigins", insecure},
		{"http://192.0.2.1:3000", "InsecureOrigins", insecure},
		{"http://localhost.example.com", "InsecureOrigins", insecure},
		{"ws://app.example.com", "InsecureOrigins", insecure},
		{"https://*.github.io", "PublicSuffixes", `anyone can register a name under "github.io", a public suffix; name the site, or set up with DangerouslyTrustPublicSuffixes`},
		{"https://*.com", "PublicSuffixes", `anyone can register a name under "com"`},
		{"https://*.co.uk:*", "PublicSuffixes", `anyone can register a name under "co.uk"`},

		{"http://*.github.io", "InsecureOrigins PublicSuffixes", insecure},
		{"regexp:https?://.*", "EveryOrigin InsecureOrigins", "the pattern matches hosts that anyone can have"},
	} {
		if err := check(routecors.Policy{tt.origin: {}}); err != nil {
			t.Errorf("%s without credentials: %v", tt.origin, err)
		}
		credentials := routecors.Policy{tt.origin: {AllowCredentials: true}}
		err := check(credentials)
		if tt.needs == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.origin, err)
			}
			continue
		}
		var e *routecors.ConfigError
		if !errors.As(err, &e) || !strings.HasPrefix(e.Reason, tt.reason) {
			t.Errorf("%s: error %v, want the reason %q", tt.origin, err, tt.reason)
			continue
		}
		if diff := cmp.Diff(routecors.ConfigError{Route: "defaults", Origin: tt.origin, Field: "AllowCredentials", Value: "true", Reason: e.Reason}, *e); diff != "" {
			t.Errorf("%s: error (-want +got)\n%s", tt.origin, diff)
		}
		var needed []routecors.Option
		for _, name := range strings.Fields(tt.needs) {
			needed = append(needed, dangers[name])
			if !strings.Contains(err.Error(), "DangerouslyTrust"+name) {
				t.Errorf("%s: error %v, want one that names every danger", tt.origin, err)
			}
			var others []routecors.Option
			for other, option := range dangers {
				if other != name {
					others = append(others, option)
				}
			}
			if err := check(credentials, others...); err == nil || !strings.Contains(err.Error(), "DangerouslyTrust"+name) {
				t.Errorf("%s with every option but %s: error %v, want one that names it", tt.origin, name, err)
			}
		}
		if err := check(credentials, needed...); err != nil {
			t.Errorf("%s with %s: %v", tt.origin, tt.needs, err)
		}
	}
}

// TestTrustedCredentials: with credentials the origin is echoed, whatever is trusted.
func TestTrustedCredentials(t *testing.T) {
	for _, key := range []string{"*", "regexp:https://.*", "https://*.github.io"} {
		s := newSite(t, "", dangers["EveryOrigin"], dangers["PublicSuffixes"])
		s.add(t, "PUT /x", routecors.Policy{key: {AllowCredentials: true}})
		const origin = "https://a.github.io"
		want := "204 Access-Control-Allow-Credentials=true Access-Control-Allow-Methods=PUT Access-Control-Allow-Origin=" + origin + " " + asked
		if got := preflight(s.mux, "PUT", "/x", origin); got != want {
			t.Errorf("%s: preflight\n%s, want\n%s", key, got, want)
		}
		want = "200 Access-Control-Allow-Credentials=true Access-Control-Allow-Origin=" + origin + " Vary=Origin"
		if got := actual(s.mux, "PUT", "/x", origin); got != want {
			t.Errorf("%s: PUT\n%s, want\n%s", key, got, want)
		}
	}
}

func TestOptionsValidation(t *testing.T) {
	type options = routecors.ResourceOptions
	allow := func(names ...string) options { return options{AllowHeaders: names} }
	expose := func(names ...string) options { return options{ExposeHeaders: names} }
	methods := func(names ...string) options { return options{AllowMethods: names} }
	for _, tt := range []struct {
		options options
		want    string // after the origin; "" if nothing is wrong
	}{
		{options{}, ""},
		{options{Deny: true}, ""},
		{options{MaxAge: -1}, ""},
		{options{MaxAge: 86400}, ""},
		{options{MaxAge: 86401}, `MaxAge "86401": longer than any browser keeps it; write 86400 (24 hours) or less`},
		{options{Deny: true, AllowCredentials: true}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{Deny: true, MaxAge: -1}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{Deny: true, AllowHeaders: []string{"X-A"}}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{Deny: true, AllowMethods: []string{"*"}}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{Deny: true, ExposeHeaders: []string{"X-A"}}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{AllowTiming: true}, ""},
		{options{CrossOriginResourcePolicy: "same-origin"}, ""},
		{options{CrossOriginResourcePolicy: "same-site"}, ""},
		{options{CrossOriginResourcePolicy: "cross-origin"}, ""},
		{options{CrossOriginResourcePolicy: " Same-Site"}, `CrossOriginResourcePolicy " Same-Site": browsers ignore it; write "same-site"`},
		{options{CrossOriginResourcePolicy: "*"}, `CrossOriginResourcePolicy "*": browsers ignore it; write "same-origin", "same-site" or "cross-origin", or leave it out`},
		{options{Deny: true, AllowTiming: true}, `Deny "true": an origin that is denied has no other options; leave them out`},
		{options{Deny: true, CrossOriginResourcePolicy: "same-site"}, `Deny "true": an origin that is denied has no other options; leave them out`},

		{allow(), ""},
		{allow("*"), ""},
		{allow("Content-Type", "content-type", "X-CSRF-Token", "Authorization", "If-Match", "_odd"), ""},
		{allow("*", "X-A"), `AllowHeaders "*": "*" already stands for all; write {"*"} alone or leave it out`},
		{allow(""), `AllowHeaders "": empty; remove it`},
		{allow(" X-A"), `AllowHeaders " X-A": white space around it; write "X-A"`},
		{allow("X-A, X-B"), `AllowHeaders "X-A, X-B": several names in one string; write one string a name`},
		{allow("X-A: 1"), `AllowHeaders "X-A: 1": has a colon; write "X-A"`},
		{allow("X A"), "AllowHeaders \"X A\": not a token (RFC 9110, section 5.6.2); use letters, digits and !#$%&'*+-.^_`|~"},
		{allow("X-É"), "AllowHeaders \"X-É\": not a token (RFC 9110, section 5.6.2)"},
		{allow("Origin"), `AllowHeaders "Origin": part of the CORS protocol itself, which needs no permission; remove it`},
		{allow("access-control-request-method"), `AllowHeaders "access-control-request-method": part of the CORS protocol itself`},
		{allow("Access-Control-Allow-Origin"), `AllowHeaders "Access-Control-Allow-Origin": a response header of the CORS protocol; remove it`},
		{allow("Cookie"), `AllowHeaders "Cookie": cookies travel by AllowCredentials, and no script may set them`},
		{allow("Sec-Fetch-Mode"), `AllowHeaders "Sec-Fetch-Mode": no script may set it (forbidden request-header name); remove it`},
		{allow("host"), `AllowHeaders "host": no script may set it`},
		{allow("ETag"), `AllowHeaders "ETag": a response header; in a request it is If-Match or If-None-Match`},
		{allow("Location"), `AllowHeaders "Location": a response header; remove it, or move it to ExposeHeaders`},
		{allow("Set-Cookie"), `AllowHeaders "Set-Cookie": a response header that no script may see; remove it`},

		{expose("*"), ""},
		{expose("ETag", "X-Total", "Location", "Authorization"), ""},
		{expose("X-A", "*"), `ExposeHeaders "*": "*" already stands for all; write {"*"} alone or leave it out`},
		{expose("X-A,X-B"), `ExposeHeaders "X-A,X-B": several names in one string; write one string a name`},
		{expose("Set-Cookie"), `ExposeHeaders "Set-Cookie": no script may read it (forbidden response-header name); remove it`},
		{expose("Content-Type"), `ExposeHeaders "Content-Type": scripts may read it anyway (CORS-safelisted response-header name); remove it`},
		{expose("Access-Control-Max-Age"), `ExposeHeaders "Access-Control-Max-Age": part of the CORS protocol itself; remove it`},
		{expose("If-Match"), `ExposeHeaders "If-Match": a request header; remove it, or move it to AllowHeaders`},
		{expose("Host"), `ExposeHeaders "Host": a request header; remove it`},

		{methods("*"), ""},
		{methods("GET", "PATCH", "FROB", "frob"), ""},
		{methods("*", "GET"), `AllowMethods "*": "*" already stands for all; write {"*"} alone or leave it out`},
		{methods("patch"), `AllowMethods "patch": methods are case-sensitive; write "PATCH"`},
		{methods("Get"), `AllowMethods "Get": methods are case-sensitive; write "GET"`},
		{methods("GET,PUT"), `AllowMethods "GET,PUT": several names in one string; write one string a name`},
		{methods("TRACE"), `AllowMethods "TRACE": browsers refuse to send it (forbidden method); remove it`},
		{methods("connect"), `AllowMethods "connect": browsers refuse to send it (forbidden method); remove it`},
		{methods(""), `AllowMethods "": empty; remove it`},
	} {
		err := check(routecors.Policy{"https://app.example": tt.options})
		if tt.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", tt.options, err)
			}
			continue
		}
		want := `routecors: defaults: origin "https://app.example": ` + tt.want
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: error\n%v, want\n%s", tt.options, err, want)
		}
	}
}

// TestEmptyLists: a list without names is no list, in every place, and whatever was
// compiled before.
func TestEmptyLists(t *testing.T) {
	const key = "https://app.example"
	none := []string{}
	for _, p := range []routecors.Policy{nil, {}, {key: {AllowMethods: none, ExposeHeaders: none, AllowHeaders: none}}, {key: {Deny: true, AllowHeaders: none}}} {
		if err := check(p); err != nil {
			t.Errorf("%v: %v", p, err)
		}
		cors, err := routecors.Setup(stdmux.New(http.NewServeMux()), routecors.Policy{key: {Deny: true}})
		must(t, err)
		if _, err := cors.Group(p); err != nil {
			t.Errorf("%v after another policy: %v", p, err)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	type options = routecors.ResourceOptions
	for _, tt := range []struct {
		options options
		want    string
	}{
		{options{}, `{}`},
		{options{AllowCredentials: true}, `{"allow_credentials":true}`},
		{options{ExposeHeaders: []string{"ETag", "X-A"}}, `{"expose_headers":["ETag","X-A"]}`},
		{options{ExposeHeaders: []string{"*"}}, `{"expose_headers":"*"}`},
		{options{AllowHeaders: []string{"Content-Type"}}, `{"allow_headers":["Content-Type"]}`},
		{options{AllowHeaders: []string{"*"}}, `{"allow_headers":"*"}`},
		{options{AllowMethods: []string{"GET", "PUT"}}, `{"allow_methods":["GET","PUT"]}`},
		{options{AllowMethods: []string{"*"}}, `{"allow_methods":"*"}`},
		{options{MaxAge: 600}, `{"max_age":600}`},
		{options{MaxAge: -1}, `{"max_age":-1}`},
		{options{Deny: true}, `{"deny":true}`},
		{options{AllowTiming: true}, `{"allow_timing":true}`},
		{options{CrossOriginResourcePolicy: "same-site"}, `{"cross_origin_resource_policy":"same-site"}`},
		{options{true, []string{"X-A"}, []string{"*"}, []string{"PUT"}, 5, true, "same-site", false}, `{"allow_credentials":true,"expose_headers":["X-A"],"allow_headers":"*","allow_methods":["PUT"],"max_age":5,"allow_timing":true,"cross_origin_resource_policy":"same-site"}`},
	} {
		got, err := json.Marshal(tt.options)
		if err != nil || string(got) != tt.want {
			t.Errorf("Marshal(%+v) = %s, %v, want %s", tt.options, got, err, tt.want)
		}
		back := options{AllowCredentials: true, MaxAge: 7, AllowTiming: true, CrossOriginResourcePolicy: "same-site", AllowMethods: []string{"left over"}}
		if err := json.Unmarshal(got, &back); err != nil {
			t.Errorf("Unmarshal(%s): %v", got, err)
		}
		if diff := cmp.Diff(tt.options, back); diff != "" {
			t.Errorf("round trip of %s (-want +got)\n%s", got, diff)
		}
		p := routecors.Policy{"*": tt.options, "https://a.example": tt.options}
		got, err = json.Marshal(p)
		if want := `{"*":` + tt.want + `,"https://a.example":` + tt.want + `}`; err != nil || string(got) != want {
			t.Errorf("Marshal(%+v) = %s, %v, want %s", p, got, err, want)
		}
		read := routecors.Policy{"https://left.example": {}}
		if err := json.Unmarshal(got, &read); err != nil {
			t.Errorf("Unmarshal(%s): %v", got, err)
		}
		if diff := cmp.Diff(p, read); diff != "" {
			t.Errorf("round trip of %s (-want +got)\n%s", got, diff)
		}
	}
}

func TestJSONStrict(t *testing.T) {
	const there = "; there are allow_credentials, expose_headers, allow_headers, allow_methods, max_age, allow_timing, cross_origin_resource_policy and deny"
	for _, tt := range []struct {
		text string
		want string
	}{
		{`{"*": {"allow_header": "*"}}`, `line 1, column 8: unknown option "allow_header"` + there},
		{`{"*": {"Allow_Headers": "*"}}`, `line 1, column 8: unknown option "Allow_Headers"` + there},
		{"{\n  \"*\": {},\n  \"null\": {\n    \"deny\": true,\n    \"AllowMethods\": \"*\"\n  }\n}", `line 5, column 5: unknown option "AllowMethods"` + there},
		{"{\r\n\t\"*\" :\r\n\t{\"maxAge\": 1}}", `line 3, column 3: unknown option "maxAge"` + there},
		{`{"é": {"": 1}}`, `line 1, column 9: unknown option ""` + there},

		{`[]`, `line 1, column 1: want an object, have a list`},
		{`"*"`, `line 1, column 1: want an object, have a string`},
		{`1`, `line 1, column 1: want an object, have a number`},
		{`true`, `line 1, column 1: want an object, have a boolean`},
		{`null`, `line 1, column 1: want an object, have null`},
		{`{"*": true}`, `line 1, column 7: want an object, have a boolean`},
		{`{"*": null}`, `line 1, column 7: want an object, have null`},
		{`{"*": "*"}`, `line 1, column 7: want an object, have a string`},
		{`{"*": {"allow_credentials": "true"}}`, `line 1, column 29: want true or false, have "true"`},
		{`{"*": {"allow_credentials": 1}}`, `line 1, column 29: want true or false, have 1`},
		{`{"*": {"deny": null}}`, `line 1, column 16: want true or false, have null`},
		{`{"*": {"max_age": "600"}}`, `line 1, column 19: want a whole number of seconds, have "600"`},
		{`{"*": {"max_age": 1.5}}`, `line 1, column 19: want a whole number of seconds, have 1.5`},
		{`{"*": {"max_age": 99999999999999999999}}`, `line 1, column 19: want a whole number of seconds, have 99999999999999999999`},
		{`{"*": {"max_age": null}}`, `line 1, column 19: want a whole number of seconds, have null`},
		{`{"*": {"allow_methods": "GET"}}`, `line 1, column 25: want "*" or a list of names, have "GET"; write ["GET"]`},
		{`{"*": {"allow_methods": [1]}}`, `line 1, column 25: want "*" or a list of names, have [1]`},
		{`{"*": {"expose_headers": {}}}`, `line 1, column 26: want "*" or a list of names, have {}`},
		{`{"*": {"allow_headers": null}}`, `line 1, column 25: want "*" or a list of names, have null`},
		{`{"*": {"allow_headers": ["X-A", null]}}`, `line 1, column 25: want "*" or a list of names, have ["X-A", null]`},

		{`{"*": {"deny": true, "deny": true}}`, `line 1, column 22: "deny" comes twice`},
		{`{"*": {"deny": true, "den\u0079": false}}`, `line 1, column 22: "deny" comes twice`},
		{"{\"https://a.example\": {},\n \"https://a.example\": {}}", `line 2, column 2: "https://a.example" comes twice`},
		{`{"*": {}, "\u002a": {}}`, `line 1, column 11: "*" comes twice`},

		{`{} {}`, `line 1, column 4: `},
		{"{}\nx", `line 2, column 1: `},
		{`{"*": {}`, `line 1, column 9: `},
		{`{"*": {"deny": tru}}`, `line 1, column 19: `},
		{"{\n\"*\": {,}}", `line 2, column 7: `},
		{"{\n\"*\" {}}", `line 2, column 5: `},
		{``, `line 1, column 1: `},
	} {
		kept := routecors.Policy{"https://kept.example": {}}
		p := kept
		if err := p.UnmarshalJSON([]byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("UnmarshalJSON(%s): error %v, want %s", tt.text, err, tt.want)
		}
		if diff := cmp.Diff(kept, p); diff != "" {
			t.Errorf("UnmarshalJSON(%s) changed the policy (-want +got)\n%s", tt.text, diff)
		}
		// encoding/json checks the syntax first, and has an error of its own.
		err := json.Unmarshal([]byte(tt.text), &p)
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("json.Unmarshal(%s): error %v, want %s", tt.text, err, tt.want)
		}
	}
}
