package origin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	label63 = strings.Repeat("a", 63)
	name253 = strings.Repeat("a.", 126) + "a"
	longest = strings.Repeat("s", 64) + "://" + name253 + ".:65535"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Origin
	}{
		{"https://a.example", Origin{"https", "a.example", ""}},
		{"http://a.example", Origin{"http", "a.example", ""}},
		{"https://a.example:8443", Origin{"https", "a.example", "8443"}},
		{"https://a.example:80", Origin{"https", "a.example", "80"}}, // the default port of another scheme
		{"http://a.example:443", Origin{"http", "a.example", "443"}},
		{"https://a.example:1", Origin{"https", "a.example", "1"}},
		{"https://a.example:65535", Origin{"https", "a.example", "65535"}},
		{"ws://a.example:81", Origin{"ws", "a.example", "81"}},
		{"wss://a.example", Origin{"wss", "a.example", ""}},
		{"ftp://a.example", Origin{"ftp", "a.example", ""}},
		{"https://localhost", Origin{"https", "localhost", ""}},
		{"http://localhost:3000", Origin{"http", "localhost", "3000"}},
		{"http://tauri.localhost", Origin{"http", "tauri.localhost", ""}},    // Tauri on Windows
		{"http://c.localhost.:8080", Origin{"http", "c.localhost.", "8080"}}, // browsers keep the dot
		{"https://a.example.", Origin{"https", "a.example.", ""}},
		{"https://a_b.example", Origin{"https", "a_b.example", ""}}, // browsers keep the underscore
		{"https://_dmarc.example", Origin{"https", "_dmarc.example", ""}},
		{"https://-a-.example", Origin{"https", "-a-.example", ""}}, // not a host name, but a domain
		{"https://r3---sn-apo3qvuoxuxbt-j5pe.example", Origin{"https", "r3---sn-apo3qvuoxuxbt-j5pe.example", ""}},
		{"https://xn--bcher-kva.example", Origin{"https", "xn--bcher-kva.example", ""}},
		{"https://1.example", Origin{"https", "1.example", ""}},
		{"https://0x7f.example", Origin{"https", "0x7f.example", ""}},
		{"https://127.0.0.1.example", Origin{"https", "127.0.0.1.example", ""}}, // no address
		{"https://a.0xg", Origin{"https", "a.0xg", ""}},                         // no number
		{"https://a.1e3", Origin{"https", "a.1e3", ""}},
		{"https://x", Origin{"https", "x", ""}},
		{"https://" + label63 + ".example", Origin{"https", label63 + ".example", ""}},
		{"https://" + name253, Origin{"https", name253, ""}},
		{"https://" + name253 + ".", Origin{"https", name253 + ".", ""}},
		{longest, Origin{longest[:64], name253 + ".", "65535"}},

		{"http://127.0.0.1", Origin{"http", "127.0.0.1", ""}},
		{"http://127.0.0.1:8080", Origin{"http", "127.0.0.1", "8080"}},
		{"https://0.0.0.0", Origin{"https", "0.0.0.0", ""}},
		{"https://255.255.255.255", Origin{"https", "255.255.255.255", ""}},
		{"http://[::1]", Origin{"http", "[::1]", ""}},
		{"http://[::1]:8080", Origin{"http", "[::1]", "8080"}},
		{"https://[::]", Origin{"https", "[::]", ""}},
		{"https://[1::]", Origin{"https", "[1::]", ""}},
		{"https://[2001:db8::1]", Origin{"https", "[2001:db8::1]", ""}},
		{"https://[2001:db8:0:1:1:1:1:1]", Origin{"https", "[2001:db8:0:1:1:1:1:1]", ""}}, // one zero stays
		{"https://[2001:db8::1:0:0:1]", Origin{"https", "[2001:db8::1:0:0:1]", ""}},       // the first of equal runs
		{"https://[::ffff:102:304]", Origin{"https", "[::ffff:102:304]", ""}},             // never dotted
		{"https://[::ffff:0:0]", Origin{"https", "[::ffff:0:0]", ""}},
		{"https://[1:2:3:4:5:6:7:8]", Origin{"https", "[1:2:3:4:5:6:7:8]", ""}},

		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", Origin{"chrome-extension", "abcdefghijklmnopabcdefghijklmnop", ""}},
		{"moz-extension://a1cd9ab7-ab15-462c-9315-8eece8e16982", Origin{"moz-extension", "a1cd9ab7-ab15-462c-9315-8eece8e16982", ""}},
		{"safari-web-extension://a1cd9ab7-ab15-462c-9315-8eece8e16982", Origin{"safari-web-extension", "a1cd9ab7-ab15-462c-9315-8eece8e16982", ""}},
		{"capacitor://localhost", Origin{"capacitor", "localhost", ""}},
		{"capacitor-electron://-", Origin{"capacitor-electron", "-", ""}},
		{"ionic://localhost", Origin{"ionic", "localhost", ""}},
		{"tauri://localhost", Origin{"tauri", "localhost", ""}},
		{"app://obsidian.md", Origin{"app", "obsidian.md", ""}},
		{"vscode-webview://0b9kq1uvf4c6p2b1rq6gqk0sdg8h", Origin{"vscode-webview", "0b9kq1uvf4c6p2b1rq6gqk0sdg8h", ""}},
		{"com.example.app://localhost", Origin{"com.example.app", "localhost", ""}},
		{"a+b.c-1://x:80", Origin{"a+b.c-1", "x", "80"}}, // no default port
		{"app://1.2.3", Origin{"app", "1.2.3", ""}},      // opaque, and so no address
		{"app://999", Origin{"app", "999", ""}},
		{"app://[::1]:1", Origin{"app", "[::1]", "1"}},
	} {
		got, ok := Parse(tt.in)
		if diff := cmp.Diff(tt.want, got); !ok || diff != "" {
			t.Errorf("Parse(%q) = %v (-want +got):\n%s", tt.in, ok, diff)
		}
		if !Valid(tt.in) {
			t.Errorf("Valid(%q) = false", tt.in)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ in, reason string }{
		{"", "empty"},
		{"*", "no origin"},
		{"a.example", "no scheme"},
		{"://a.example", "empty scheme"},
		{"//a.example", "no scheme"},
		{"https", "nothing else"},
		{"https:", "no host"},
		{"https:/", "no host"},
		{"https://", "empty host"},
		{"https://:443", "empty host"},
		{"https://:8443", "empty host"},
		{"https:a.example", "no slashes"},
		{"https:/a.example", "one slash"},
		{"https:///a.example", "three slashes"},
		{`https:\\a.example`, "backslashes"},
		{"HTTPS://a.example", "upper case"},
		{"Https://a.example", "upper case"},
		{"https://A.example", "upper case"},
		{"https://a.exampLe", "upper case"},
		{"1ttps://a.example", "scheme starts with a digit"},
		{"-a://a.example", "scheme starts with a hyphen"},
		{"ht_tp://a.example", "underscore in the scheme"},
		{"ht tp://a.example", "space in the scheme"},
		{strings.Repeat("s", 65) + "://a", "scheme of 65 bytes"},
		{"https://a.example/", "trailing slash"},
		{"https://a.example/b", "path"},
		{"https://a.example?", "query"},
		{"https://a.example?b", "query"},
		{"https://a.example#", "fragment"},
		{"https://a.example/:80", "path before the last colon"},
		{"https://u@a.example", "userinfo"},
		{"https://u:p@a.example", "userinfo"},
		{"https://a.example:80@b.example", "userinfo"},
		{"https://@a.example", "empty userinfo"},
		{" https://a.example", "leading space"},
		{"https://a.example ", "trailing space"},
		{"https://a .example", "space"},
		{"https://a.example\t", "tab, which the URL parser strips"},
		{"https://a.example\n", "newline"},
		{"https://a.example\r\nX: y", "header injection"},
		{"https://a.example\x00", "NUL"},
		{"https://a.example\x7f", "DEL"},
		{"https://a.example, https://b.example", "a list"},
		{"https://a.example https://b.example", "the list of RFC 6454"},
		{"https://a.example:", "empty port"},
		{"https://a.example:443", "default port"},
		{"http://a.example:80", "default port"},
		{"wss://a.example:443", "default port"},
		{"ws://a.example:80", "default port"},
		{"ftp://a.example:21", "default port"},
		{"https://a.example:0", "port 0"},
		{"https://a.example:00", "port 0"},
		{"https://a.example:0443", "leading zero"},
		{"https://a.example:08443", "leading zero"},
		{"https://a.example:65536", "port out of range"},
		{"https://a.example:99999", "port out of range"},
		{"https://a.example:100000", "port out of range"},
		{"https://a.example:18446744073709551617", "port that overflows"},
		{"https://a.example:+443", "sign"},
		{"https://a.example:-1", "sign"},
		{"https://a.example:8o", "letter in the port"},
		{"https://a.example:8443:8443", "two ports"},
		{"https://a.example::8443", "two colons"},
		{"https://a.example:*", "a pattern"},
		{"https://*.a.example", "a pattern"},
		{"https://*", "a pattern"},
		{"https://.a.example", "empty label"},
		{"https://a..example", "empty label"},
		{"https://a.example..", "two trailing dots"},
		{"https://.", "only the root"},
		{"https://..", "only dots"},
		{"https://" + label63 + "a.example", "label of 64 bytes"},
		{"https://example." + label63 + "a", "label of 64 bytes at the end"},
		{"https://a" + name253, "host of 254 bytes"},
		{"https://aa" + name253, "host of 255 bytes"},
		{"https://a" + name253 + ".", "host of 254 bytes and the root"},
		{longest + "0", "longer than MaxLen"},
		{"https://" + strings.Repeat("a", 1<<20), "a mebibyte"},
		{"https://bücher.example", "not ASCII"},
		{"https://a.example。", "ideographic full stop"},
		{"https://\xff.example", "not UTF-8"},
		{"https://a%2eexample", "percent encoding"},
		{"https://a!b.example", "byte that no registry gives away"},
		{"https://a,b.example", "byte that no registry gives away"},
		{"https://a.example!.evil.net", "byte that no registry gives away"},
		{"https://a.example{.evil.net", "byte that no registry gives away"},
		{"https://a.example`.evil.net", "byte that no registry gives away"},
		{"https://a.example&.evil.net", "byte that no registry gives away"},
		{"https://a.example|.evil.net", "byte that no URL has"},
		{"https://a.example^.evil.net", "byte that no URL has"},

		{"http://127.1", "serialised as 127.0.0.1"},
		{"http://127.0.1", "serialised as 127.0.0.1"},
		{"http://127.0.0.01", "leading zero"},
		{"http://0127.0.0.1", "leading zero, octal"},
		{"http://0x7f.0.0.1", "hexadecimal"},
		{"http://127.0.0.0x1", "hexadecimal"},
		{"http://127.0.0.0x", "an empty hexadecimal number is zero"},
		{"http://2130706433", "one number"},
		{"http://127.0.0.1.", "an address has no trailing dot"},
		{"http://127.0.0.256", "octet out of range"},
		{"http://127.0.0.1000", "octet out of range"},
		{"http://1.2.3.4.5", "five numbers"},
		{"http://a.1", "ends in a number"},
		{"http://a.0x1f", "ends in a number"},
		{"http://1.2.3.4a.5", "ends in a number"},
		{"http://::1", "no brackets"},
		{"http://::1:8080", "no brackets"},
		{"http://[::1", "no closing bracket"},
		{"http://::1]", "no opening bracket"},
		{"http://[]", "no address"},
		{"http://[", "no address"},
		{"http://]", "no address"},
		{"http://[:]", "one colon"},
		{"http://[:::]", "three colons"},
		{"http://[::1]a", "something behind the bracket"},
		{"http://[::1].", "dot behind the bracket"},
		{"http://[::1]8080", "port without a colon"},
		{"http://[::1]:", "empty port"},
		{"http://[::1]:80", "default port"},
		{"http://a[::1]", "something before the bracket"},
		{"http://[::01]", "leading zero"},
		{"http://[0::1]", "zero that is not compressed"},
		{"http://[0:0:0:0:0:0:0:1]", "zeros that are not compressed"},
		{"http://[2001:db8::1:1:1:1:1]", "one zero that is compressed"},
		{"http://[2001:db8:0:0:1::1]", "the second of equal runs"},
		{"http://[1::2:0:0:0:3]", "the shorter run"},
		{"http://[2001:DB8::1]", "upper case"},
		{"http://[::ffff:1.2.3.4]", "dotted"},
		{"http://[::1.2.3.4]", "dotted"},
		{"http://[fe80::1%25eth0]", "zone"},
		{"http://[fe80::1%eth0]", "zone"},
		{"http://[1:2:3:4:5:6:7]", "seven groups"},
		{"http://[1:2:3:4:5:6:7:8:9]", "nine groups"},
		{"http://[1:2:3:4:5:6:7:8::]", "eight groups and a gap"},
		{"http://[::1:2:3:4:5:6:7:8]", "a gap and eight groups"},
		{"http://[1::2::3]", "two gaps"},
		{"http://[12345::]", "group of five digits"},
		{"http://[::g]", "no digit"},
		{"http://[::1:]", "trailing colon"},
		{"http://[:1::]", "leading colon"},
		{"http://[127.0.0.1]", "IPv4 in brackets"},
		{"http://[a.example]", "name in brackets"},

		{"file://", "opaque"},
		{"file://a.example", "a file has no origin of its own"},
		{"file:///", "a file has no origin of its own"},
		{"null", "opaque"},
		{"NULL", "no origin"},
		{"about:blank", "opaque"},
		{"data:text/html,a", "opaque"},
		{"blob:https://a.example", "its origin is https://a.example"},
		{"javascript://a/b", "path"},
		{"Chrome-extension://abc", "upper case"},
		{"chrome-extension://abc/", "trailing slash"},
		{"moz-extension://A1CD9AB7", "upper case in an opaque host"},
		{"app://a..b", "empty label"},
	} {
		if o, ok := Parse(tt.in); ok || o != (Origin{}) {
			t.Errorf("Parse(%q) = %+v, %v: %s", tt.in, o, ok, tt.reason)
		}
		if want := tt.in == "null" || tt.in == "file://"; Valid(tt.in) != want {
			t.Errorf("Valid(%q) = %v", tt.in, !want)
		}
	}
}

func TestMaxLen(t *testing.T) {
	if len(longest) != MaxLen {
		t.Errorf("the longest origin has %d bytes, MaxLen is %d", len(longest), MaxLen)
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	for _, s := range []string{
		"https://a.example:8443", "http://[2001:db8::1]", "http://127.0.0.1", longest,
		"http://[::ffff:1.2.3.4]", "http://[zz]", "http://127.1", "https://A", "https://" + strings.Repeat("a", 1<<20),
	} {
		if n := testing.AllocsPerRun(100, func() { Parse(s) }); n != 0 {
			t.Errorf("Parse(%.40q) allocates %v times", s, n)
		}
	}
}

// FuzzParse asserts that what Parse takes is put together again from its parts, and that net/url splits it
// in the same way.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"https://a.example", "http://localhost:3000", "http://[::ffff:102:304]:1", "https://127.0.0.1", "null", "file://",
		"chrome-extension://abc", "https://a.example.", "https://a_b.example:65535", "https://u@a", "https://[::1%25a]", longest,
		"https://0x", "http://1.2.3.4.", "https://a:80:80", "https://[1::2::3]", "https://a/?#",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, ok := Parse(s)
		if !ok {
			if o != (Origin{}) {
				t.Fatalf("Parse(%q) = %+v, false", s, o)
			}
			return
		}
		again := o.Scheme + "://" + o.Host
		if o.Port != "" {
			again += ":" + o.Port
		}
		if again != s {
			t.Fatalf("Parse(%q) = %+v, which is %q", s, o, again)
		}
		if s != strings.ToLower(s) || len(s) > MaxLen {
			t.Fatalf("Parse(%q) succeeds", s)
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&url.URL{Scheme: o.Scheme, Host: strings.TrimPrefix(s, o.Scheme+"://")}, u); diff != "" {
			t.Fatalf("url.Parse(%q) (-want +got):\n%s", s, diff)
		}
		if host := strings.Trim(o.Host, "[]"); u.Hostname() != host || u.Port() != o.Port {
			t.Fatalf("Parse(%q) = %+v; net/url has %q and %q", s, o, u.Hostname(), u.Port())
		}
		// The host alone tells a name from an address.
		if a, ok := address(o.Host); ok && special(o.Scheme) && !a.Is4() && o.Host[0] != '[' {
			t.Fatalf("Parse(%q) takes an address for a name", s)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"https://app.example.com", "http://localhost:3000", "http://[2001:db8::1]:8080", "https://" + name253} {
		b.Run(s[:min(len(s), 30)], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(s)
			}
		})
	}
}
