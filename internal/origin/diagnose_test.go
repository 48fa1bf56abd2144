package origin

import (
	"strings"
	"testing"
)

// Each error is given whole: it is what a user reads, and copies from.
func TestParsePatternRefuses(t *testing.T) {
	for _, tt := range []struct{ key, want string }{
		{"", `empty; write an origin such as "https://a.example"`},
		{" \t", `empty; write an origin such as "https://a.example"`},
		{"*", `"*" is no pattern; write an origin such as "https://a.example"`},
		{"https://a.example\xff", `not UTF-8; write an origin such as "https://a.example"`},
		{"https://a\x00.example", `control character; write an origin such as "https://a.example"`},
		{longest + strings.Repeat("x", MaxLen+1), `longer than an origin can be; write one of at most 327 bytes`},
		{" https://a.example\n", `space around it; write "https://a.example"`},
		{`"https://a.example"`, `quotation marks; write "https://a.example"`},
		{"'null'", `quotation marks; write "null"`},
		{"https://a.example, https://b.example", `several values in one key; write one key for each`},
		{"https://a.example https://b.example", `several values in one key; write one key for each`},
		{"https://a.example;https://b.example", `several values in one key; write one key for each`},

		{"NULL", `upper case; write "null"`},
		{"Null", `upper case; write "null"`},
		{"Regexp:https://a", `upper case; write "regexp:https://a"`},
		{"file:///", `a file has no origin of its own; write "file://"`},
		{"file://*", `a file has no origin of its own; write "file://"`},
		{"file:///tmp/a", `a file has no origin of its own; write "file://"`},
		{"FILE://", `a file has no origin of its own; write "file://"`},

		// django-cors-headers matched both schemes where none was given.
		{"a.example", `no scheme; write "https://a.example"`},
		{"a.example:8443", `no scheme; write "https://a.example:8443"`},
		{"*.a.example", `no scheme; write "https://*.a.example"`},
		{".a.example", `no scheme; write "https://*.a.example"`},
		{"//a.example", `no scheme; write "https://a.example"`},
		{"://a.example", `no scheme; write "https://a.example"`},
		{"localhost", `no scheme; write "http://localhost"`},
		{"localhost:3000", `no scheme; write "http://localhost:3000"`},
		{"localhost:*", `no scheme; write "http://localhost:*"`},
		{"*.localhost", `no scheme; write "http://*.localhost"`},
		{"127.0.0.1:3000", `no scheme; write "http://127.0.0.1:3000"`},
		{"192.168.0.1", `no scheme; write "https://192.168.0.1"`},
		{"[::1]:3000", `no scheme; write "http://[::1]:3000"`},
		{"[2001:db8::1]", `no scheme; write "https://[2001:db8::1]"`},
		{"https:a.example", `no "//" after the scheme; write "https://a.example"`},
		{"http:/a.example", `no "//" after the scheme; write "http://a.example"`},
		{`https:\\a.example`, `backslash; write "https://a.example"`},
		{"HTTPS://a.example", `upper case; write "https://a.example"`},
		{"*://a.example", `"*" in the scheme, which has to be written out; write "https://a.example"`},
		{"http*://a.example", `"*" in the scheme, which has to be written out; write "https://a.example"`},
		{"ht_tp://a.example", `a scheme that no browser sends; write an origin such as "https://a.example"`},

		{"https://a.example/", `trailing slash; write "https://a.example"`},
		{"https://*.a.example/", `trailing slash; write "https://*.a.example"`},
		{"http://localhost:*/", `trailing slash; write "http://localhost:*"`},
		{"chrome-extension://abc/", `trailing slash; write "chrome-extension://abc"`},
		{"https://a.example/*", `path, but an origin has none; write "https://a.example"`},
		{"https://a.example/b?c#d", `path, but an origin has none; write "https://a.example"`},
		{"https://a.example?b", `query, but an origin has none; write "https://a.example"`},
		{"https://a.example#b", `fragment, but an origin has none; write "https://a.example"`},
		{"https://user:pass@a.example", `user name or password; write "https://a.example"`},
		{"https://@a.example", `user name or password; write "https://a.example"`},

		{"https://", `empty host; write an origin such as "https://a.example"`},
		{"https:///", `empty host; write an origin such as "https://a.example"`},
		{"https://:8443", `empty host; write an origin such as "https://a.example"`},
		{"https://A.Example", `upper case; write "https://a.example"`},
		{"https://*.A.Example:*", `upper case; write "https://*.a.example:*"`},
		{"HTTPS://A.Example:443/", `upper case; write "https://a.example"`},
		{"https://bücher.example", `letters outside ASCII; write "https://xn--bcher-kva.example"`},
		{"https://BÜCHER.example", `letters outside ASCII; write "https://xn--bcher-kva.example"`},
		{"https://*.bücher.example:*", `letters outside ASCII; write "https://*.xn--bcher-kva.example:*"`},
		{"https://ﬁ.example", `letters outside ASCII; write the host in Punycode ("xn--…"), as browsers send it`},
		{"https://a%2eexample", `percent sign in the host; write an origin such as "https://a.example"`},
		{"https://a!b.example", `'!' in the host; write an origin such as "https://a.example"`},
		{"https://a..example", `empty label in the host; write an origin such as "https://a.example"`},
		{"https://a.example..", `empty label in the host; write an origin such as "https://a.example"`},
		{"https://.", `empty label in the host; write an origin such as "https://a.example"`},
		{"https://" + label63 + "a.example", `label of more than 63 bytes; write an origin such as "https://a.example"`},
		{"https://a" + name253, `host of more than 253 bytes; write an origin such as "https://a.example"`},
		{"https://*." + name253[:252] + "a", `host of more than 253 bytes; write an origin such as "https://a.example"`},
		{"https://.a.example", `leading dot; write "https://*.a.example"`},

		{"https://*", `matches every host; write "*", or "regexp:https://.*" to keep the scheme`},
		{"https://*:*", `matches every host; write "*", or "regexp:https://.*" to keep the scheme`},
		{"http://*:3000", `matches every host; write "*", or "regexp:http://.*:3000" to keep the scheme`},
		{"HTTPS://*/", `matches every host; write "*", or "regexp:https://.*" to keep the scheme`},
		{"moz-extension://*", `matches every host; write "regexp:moz-extension://.*"`},
		{"https://*a.example", `"*" may stand only for whole labels; write "https://*.a.example"`}, // gin-contrib/cors#80
		{"https://**.a.example", `"*" may stand only for whole labels; write "https://*.a.example"`},
		{"https://*.*.a.example", `"*." stands for several labels already; write "https://*.a.example"`},
		{"https://foo.*.com", `"*" may stand only for whole labels at the start of the host; write one key for each host`},
		{"https://example.*", `"*" may stand only for whole labels at the start of the host; write one key for each host`}, // CVE-2019-25211
		{"https://my-app-*.vercel.app", `"*" may stand only for whole labels at the start of the host; write "regexp:https://my-app-[^.]+\\.vercel\\.app"`},
		{"https://a*.example.com:80*", `"*" may stand only for whole labels at the start of the host; write "regexp:https://a[^.]+\\.example\\.com:80[0-9]*"`},
		{"h*", `"*" may stand only for whole labels at the start of the host; write one key for each host`}, // rs/cors#197
		{"https://*.10.0.0.1", `an IP address has no subdomains; write "https://10.0.0.1"`},
		{"https://*.[::1]", `not an IPv6 address; write one as in "https://[2001:db8::1]:8443"`},

		{"https://a.example:443", `default port, which browsers leave out; write "https://a.example"`},
		{"http://a.example:80", `default port, which browsers leave out; write "http://a.example"`},
		{"https://*.a.example:443", `default port, which browsers leave out; write "https://*.a.example"`},
		{"https://a.example:", `colon without a port; write "https://a.example"`},
		{"https://a.example:0443", `leading zero of the port; write "https://a.example"`},
		{"https://a.example:08443", `leading zero of the port; write "https://a.example:8443"`},
		{"http://localhost:0", `port 0, which no page has; write "http://localhost:*"`}, // as in net.Listen
		{"http://localhost:0*", `port 0, which no page has; write "http://localhost:*"`},
		{"http://localhost:080*", `leading zero of the port; write "http://localhost:80*"`},
		{"https://a.example:65536", `port out of range; write one from 1 to 65535`},
		{"https://a.example:70000*", `port out of range; write one from 1 to 65535`},
		{"https://a.example:port", `a port that is no number; write one from 1 to 65535`},
		{"http://localhost:7000*", `only one port starts so; write "http://localhost:7000"`},
		{"http://localhost:65535*", `only one port starts so; write "http://localhost:65535"`},
		{"http://localhost:8*0", `"*" may stand only at the end of a port; write "http://localhost:*" for any port`},
		{"http://localhost:**", `"*" may stand only at the end of a port; write "http://localhost:*" for any port`},
		{"http://localhost*", `"*" may stand only for whole labels at the start of the host; write one key for each host`},

		{"http://127.1", `not an IPv4 address as browsers write it; write "http://127.0.0.1"`},
		{"http://0x7f000001:8080", `not an IPv4 address as browsers write it; write "http://127.0.0.1:8080"`},
		{"http://127.0.0.1.", `not an IPv4 address as browsers write it; write "http://127.0.0.1"`},
		{"http://127.0.0.256", `not an IPv4 address; write one as in "https://192.0.2.1"`},
		{"http://::1", `IPv6 address without brackets; write "http://[::1]"`},
		{"http://a:b:c", `not an IPv6 address; write one as in "https://[2001:db8::1]:8443"`},
		{"http://[::1", `"[" without "]"; write one as in "https://[2001:db8::1]:8443"`},
		{"http://[::1]3000", `something between host and port; write an origin such as "https://a.example"`},
		{"http://[0:0::1]:3000", `not an IPv6 address as browsers write it; write "http://[::1]:3000"`},
		{"http://[2001:DB8::1]", `upper case; write "http://[2001:db8::1]"`},
		{"http://[::ffff:1.2.3.4]", `not an IPv6 address as browsers write it; write "http://[::ffff:102:304]"`},
		{"http://[fe80::1%eth0]", `IPv6 zone, which browsers leave out; write "http://[fe80::1]"`},
		{"http://[1.2.3.4]", `not an IPv6 address; write one as in "https://[2001:db8::1]:8443"`},
		{"http://[a.example]", `not an IPv6 address; write one as in "https://[2001:db8::1]:8443"`},

		{"^https://a\\.example$", `a regexp has to say so; write "regexp:^https://a\\.example$"`},
		{"https://.*\\.example\\.com", `a regexp has to say so; write "regexp:https://.*\\.example\\.com"`},
		{"/^https:\\/\\/a\\.example$/", `a regexp has to say so; write "regexp:^https:\\/\\/a\\.example$"`},
		{"https://[a-z]{2,3}\\.example\\.com", `a regexp has to say so; write "regexp:https://[a-z]{2,3}\\.example\\.com"`},
		{"https://.*", `a regexp has to say so; write "regexp:" in front`},
		{"regexp:", `empty regexp; write what it is to match, such as "regexp:https://[a-z]+\\.a\\.example"`},
		{"regexp:/a/", `slashes around the regexp, but no origin starts with one; write "regexp:a"`},
		{"regexp:a)|(b", "unexpected ): `a)|(b`; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:a)(?:b", "unexpected ): `a)(?:b`; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:(a", "missing closing ): `(a`; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:[a", "missing closing ]: `[a`; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:a\\", "trailing backslash at end of expression: ``; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:*", "missing argument to repetition operator: `*`; see https://go.dev/s/re2syntax for what a regexp may hold"},
		{"regexp:(?=a)", "invalid or unsupported Perl syntax: `(?=`; see https://go.dev/s/re2syntax for what a regexp may hold"},
	} {
		p, err := ParsePattern(tt.key)
		if err == nil {
			t.Errorf("ParsePattern(%q) succeeds: %+v", tt.key, p)
			continue
		}
		if err.Error() != tt.want {
			t.Errorf("ParsePattern(%.60q):\n got %s\nwant %s", tt.key, err, tt.want)
		}
		if p.Match(tt.key) || p.String() != "" {
			t.Errorf("ParsePattern(%q) = %q beside its error", tt.key, p)
		}
	}
}
