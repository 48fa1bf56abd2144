package headers

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIsToken(t *testing.T) {
	for _, test := range []struct {
		in   string
		want bool
	}{
		{"x", true},
		{"X-CSRF-Token", true},
		{"!#$%&'*+-.^_`|~09azAZ", true},
		{"", false},
		{" ", false},
		{"a b", false},
		{"a,b", false},
		{"a:", false},
		{"a\x00", false},
		{"a\x7f", false},
		{"\xff", false},
		{"ünicode", false},
	} {
		if got := IsToken(test.in); got != test.want {
			t.Errorf("IsToken(%q) = %t, want %t", test.in, got, test.want)
		}
	}
	// Every byte against the grammar of RFC 9110, section 5.6.2.
	for c := range 256 {
		want := c < utf8.RuneSelf && (strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) ||
			'0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z')
		if got := isTokenByte(byte(c)); got != want {
			t.Errorf("isTokenByte(%#x) = %t, want %t", c, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	type row struct{ in, contains string } // contains: "" for no error
	for _, test := range []struct {
		name  string
		check func(string) error
		rows  []row
	}{
		{"CheckMethod", CheckMethod, []row{
			{"GET", ""},
			{"PATCH", ""},
			{"OPTIONS", ""},
			{"M-SEARCH", ""},
			{"lowercase-custom", ""},
			{"Tracer", ""},
			{"patch", `methods are case-sensitive; write "PATCH"`},
			{"Get", `write "GET"`},
			{"delete", `write "DELETE"`},
			{"Query", `write "QUERY"`},
			{"mkCol", `write "MKCOL"`},
			{"Version-Control", `write "VERSION-CONTROL"`},
			{"CONNECT", "forbidden method"},
			{"trace", "forbidden method"},
			{"Track", "forbidden method"},
			{"*", "write it alone"},
			{"", "empty; remove it"},
			{" ", "empty; remove it"},
			{" PUT", `white space around it; write "PUT"`},
			{"GET, PUT", "one string a name"},
			{"GET /items", "not a token"},
			{"PÜT", "not a token"},
		}},
		{"CheckRequestHeader", CheckRequestHeader, []row{
			{"Content-Type", ""},
			{"content-type", ""},
			{"Accept", ""},
			{"Authorization", ""},
			{"Cache-Control", ""},
			{"Content-Disposition", ""},
			{"Expires", ""},
			{"If-None-Match", ""},
			{"Link", ""},
			{"Range", ""},
			{"User-Agent", ""},
			{"X-CSRF-Token", ""},
			{"X-HTTP-Method-Override", ""},
			{"Security", ""},
			{"Proxy", ""},
			{"x_under", ""},
			{"Accept-Encoding", "forbidden request-header name"},
			{"DNT", "forbidden request-header name"},
			{"host", "forbidden request-header name"},
			{"Content-Length", "forbidden request-header name"},
			{"Transfer-Encoding", "forbidden request-header name"},
			{"Proxy-Authorization", "forbidden request-header name"},
			{"proxy-anything", "forbidden request-header name"},
			{"Sec-Fetch-Mode", "forbidden request-header name"},
			{"Cookie", "AllowCredentials"},
			{"Origin", "needs no permission"},
			{"Access-Control-Request-Method", "needs no permission"},
			{"Access-Control-Request-Private-Network", "needs no permission"},
			{"Access-Control-Allow-Origin", "a response header of the CORS protocol"},
			{"access-control-max-age", "a response header of the CORS protocol"},
			{"Access-Control-Expose-Headers", "a response header of the CORS protocol"},
			{"Set-Cookie", "no script may see"},
			{"ETag", "If-None-Match"},
			{"Last-Modified", "If-Unmodified-Since"},
			{"Vary", "move it to ExposeHeaders"},
			{"LOCATION", "move it to ExposeHeaders"},
			{"WWW-Authenticate", "move it to ExposeHeaders"},
			{"Retry-After", "move it to ExposeHeaders"},
			{"Strict-Transport-Security", "move it to ExposeHeaders"},
			{"*", "write it alone"},
			{"", "empty; remove it"},
			{"X-A\t", `write "X-A"`},
			{"X-A: 1", `has a colon; write "X-A"`},
			{"X-A,X-B", "one string a name"},
			{"X A", "not a token"},
			{"X-\u212a", "not a token"},
		}},
		{"CheckResponseHeader", CheckResponseHeader, []row{
			{"ETag", ""},
			{"location", ""},
			{"Authorization", ""},
			{"Content-Disposition", ""},
			{"Content-Encoding", ""},
			{"Date", ""},
			{"Link", ""},
			{"Retry-After", ""},
			{"Proxy-Status", ""},
			{"X-Request-ID", ""},
			{"X-CSRF-Token", ""},
			{"Set-Cookie", "forbidden response-header name"},
			{"set-cookie2", "forbidden response-header name"},
			{"Access-Control-Allow-Origin", "CORS protocol"},
			{"access-control-request-headers", "CORS protocol"},
			{"Content-Type", "CORS-safelisted response-header name"},
			{"last-modified", "CORS-safelisted response-header name"},
			{"Cookie", "a request header; remove it"},
			{"Origin", "a request header; remove it"},
			{"HOST", "a request header; remove it"},
			{"Sec-Fetch-Site", "a request header; remove it"},
			{"Proxy-Authorization", "a request header; remove it"},
			{"Accept", "move it to AllowHeaders"},
			{"user-agent", "move it to AllowHeaders"},
			{"If-None-Match", "move it to AllowHeaders"},
			{"*", "write it alone"},
			{"", "empty; remove it"},
			{"X-A:", `write "X-A"`},
			{"X-A, X-B", "one string a name"},
			{"X\rA", "not a token"},
		}},
	} {
		for _, row := range test.rows {
			err := test.check(row.in)
			switch {
			case row.contains == "" && err != nil:
				t.Errorf("%s(%q): %v", test.name, row.in, err)
			case row.contains != "" && err == nil:
				t.Errorf("%s(%q): no error, want %q", test.name, row.in, row.contains)
			case row.contains != "" && !strings.Contains(err.Error(), row.contains):
				t.Errorf("%s(%q): %v, want %q", test.name, row.in, err, row.contains)
			}
		}
	}
}

// Where an error says that a header belongs in the other list, the other list
// takes it.
func TestCheckRemedies(t *testing.T) {
	for _, name := range []string{
		"accept-ch", "accept-patch", "accept-post", "accept-ranges", "age", "allow", "alt-svc", "authentication-info",
		"clear-site-data", "content-security-policy", "deprecation", "nel", "location", "permissions-policy",
		"preference-applied", "refresh", "report-to", "retry-after", "server", "server-timing", "sourcemap", "sunset",
		"timing-allow-origin", "vary", "www-authenticate", "x-frame-options",
		"accept", "accept-language", "early-data", "forwarded", "from", "if-match", "if-modified-since", "if-none-match",
		"if-range", "if-unmodified-since", "last-event-id", "max-forwards", "prefer", "range", "save-data",
		"upgrade-insecure-requests", "user-agent",
	} {
		request, response := CheckRequestHeader(name), CheckResponseHeader(name)
		if (request == nil) == (response == nil) {
			t.Errorf("%s: CheckRequestHeader %v, CheckResponseHeader %v, want one of them nil", name, request, response)
		}
		if request != nil && !strings.Contains(request.Error(), "move it to ExposeHeaders") {
			t.Errorf("CheckRequestHeader(%q): %v, want the way to ExposeHeaders", name, request)
		}
		if response != nil && !strings.Contains(response.Error(), "move it to AllowHeaders") {
			t.Errorf("CheckResponseHeader(%q): %v, want the way to AllowHeaders", name, response)
		}
	}
}

func TestMethodClasses(t *testing.T) {
	for _, test := range []struct {
		in                    string
		forbidden, safelisted bool
	}{
		{"GET", false, true},
		{"HEAD", false, true},
		{"POST", false, true},
		{"get", false, false},
		{"PUT", false, false},
		{"OPTIONS", false, false},
		{"", false, false},
		{"CONNECT", true, false},
		{"cOnNeCt", true, false},
		{"TRACE", true, false},
		{"track", true, false},
		{"trac\u212a", false, false},
		{"TRACES", false, false},
		{"CONNECT ", false, false},
	} {
		if got := IsForbiddenMethod(test.in); got != test.forbidden {
			t.Errorf("IsForbiddenMethod(%q) = %t, want %t", test.in, got, test.forbidden)
		}
		if got := IsSafelistedMethod(test.in); got != test.safelisted {
			t.Errorf("IsSafelistedMethod(%q) = %t, want %t", test.in, got, test.safelisted)
		}
	}
}

func TestIsSafelistedResponseHeader(t *testing.T) {
	for _, test := range []struct {
		in   string
		want bool
	}{
		{"Cache-Control", true},
		{"content-language", true},
		{"CONTENT-LENGTH", true},
		{"Content-Type", true},
		{"Expires", true},
		{"Last-Modified", true},
		{"pragma", true},
		{"Content-Encoding", false},
		{"ETag", false},
		{"Expire\u017f", false},
		{"", false},
	} {
		if got := IsSafelistedResponseHeader(test.in); got != test.want {
			t.Errorf("IsSafelistedResponseHeader(%q) = %t, want %t", test.in, got, test.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"etag", "Etag"},
		{"X-CSRF-TOKEN", "X-Csrf-Token"},
		{"www-authenticate", "Www-Authenticate"},
		{"x_under", "X_under"},
		{"not a token", "not a token"},
	} {
		if got := Canonical(test.in); got != test.want {
			t.Errorf("Canonical(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestQuote(t *testing.T) {
	a := strings.Repeat("a", 60)
	for _, test := range []struct{ in, want string }{
		{"", `""`},
		{"PUT", `"PUT"`},
		{"<script>\r\n\x1b[31m", `"<script>\r\n\x1b[31m"`},
		{"\xff\xfe", `"\xff\xfe"`},
		{a + "bbbb", `"` + a + `bbbb"`},
		{a + "bbbbc", `"` + a + `bbbb"`},
		{a + "bbb\u00e9", `"` + a + `bbb"`},
		{a + "b\u20ac!", `"` + a + "b\u20ac" + `"`},
		{a + "bb\u20ac", `"` + a + `bb"`},
		{a + "b\U0001f600", `"` + a + `b"`},
		{strings.Repeat("\x80", 70), `"` + strings.Repeat(`\x80`, 60) + `"`},
		{strings.Repeat("a", 1<<20), `"` + strings.Repeat("a", 64) + `"`},
	} {
		if got := string(AppendQuote(nil, test.in)); got != test.want {
			t.Errorf("string(AppendQuote(nil, %.80q)) = %s, want %s", test.in, got, test.want)
		}
	}
}
