package origin

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, key string) Pattern {
	t.Helper()
	p, err := ParsePattern(key)
	if err != nil {
		t.Fatalf("ParsePattern(%q): %v", key, err)
	}
	return p
}

func TestPatternMatch(t *testing.T) {
	for _, tt := range []struct {
		key, origin string
		want        bool
	}{
		{"https://a.example", "https://a.example", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example", "https://a.example:8443", false},
		{"https://a.example", "https://a.example.", false},
		{"https://a.example", "https://b.a.example", false},
		{"https://a.example", "https://A.example", false},
		{"https://a.example", "https://a.example/", false},
		{"https://a.example", "", false},
		{"https://a.example.", "https://a.example.", true},
		{"https://a.example:8443", "https://a.example:8443", true},
		{"https://a.example:8443", "https://a.example", false},
		{"http://[::1]:3000", "http://[::1]:3000", true},
		{"chrome-extension://abc", "chrome-extension://abc", true},
		{"null", "null", true},
		{"null", "NULL", false},
		{"null", "file://", false},
		{"file://", "file://", true},
		{"file://", "null", false},
		{"file://", "file:///etc/passwd", false},

		{"https://*.a.example", "https://b.a.example", true},
		{"https://*.a.example", "https://c.b.a.example", true},
		{"https://*.a.example", "https://b_c.a.example", true},
		{"https://*.a.example", "https://a.a.example", true},
		{"https://*.a.example", "https://a.example", false}, // never the bare domain
		{"https://*.a.example", "https://.a.example", false},
		{"https://*.a.example", "https://ba.example", false},  // jub0bs/cors, GHSA-vhxv-fg4m-p2w8
		{"https://*.a.example", "https://b-a.example", false}, // no label boundary
		{"https://*.a.example", "http://b.a.example", false},
		{"https://*.a.example", "https://b.a.example:8443", false},
		{"https://*.a.example", "https://b.a.example:443", false},
		{"https://*.a.example", "https://b.a.example.", false},
		{"https://*.a.example", "https://b.a.example.evil.net", false},
		{"https://*.a.example", "https://evil.net/.a.example", false},
		{"https://*.a.example", "https://evil.net?.a.example", false},
		{"https://*.a.example", "https://evil.net#.a.example", false},
		{"https://*.a.example", "https://evil.net:80.a.example", false},
		{"https://*.a.example", "https://evil.net@b.a.example", false}, // golang/go#78563
		{"https://*.a.example", `https://evil.net\.a.example`, false},
		{"https://*.a.example", "https://evil.net, https://b.a.example", false},
		{"https://*.a.example", "https://*.a.example", false},
		{"https://*.a.example", "https://b..a.example", false},
		{"https://*.a.example", "https://B.a.example", false},
		{"https://*.a.example", "https://" + label63 + "a.a.example", false},
		{"https://*.a.example", "https://" + name253[:243] + ".a.example", true}, // 253 bytes
		{"https://*.a.example", "https://a" + name253[:243] + ".a.example", false},
		{"https://*.a.example.", "https://b.a.example.", true},
		{"https://*.a.example.", "https://b.a.example", false},
		{"https://*.a.example:8443", "https://b.a.example:8443", true},
		{"https://*.a.example:8443", "https://b.a.example", false},
		{"https://*.com", "https://a.com", true},
		{"app://*.a.1", "app://b.a.1", true}, // opaque, and so no address

		{"http://localhost:*", "http://localhost", true},
		{"http://localhost:*", "http://localhost:1", true},
		{"http://localhost:*", "http://localhost:65535", true},
		{"http://localhost:*", "http://localhost:", false},
		{"http://localhost:*", "http://localhost:80", false}, // spelled out
		{"http://localhost:*", "http://localhost:65536", false},
		{"http://localhost:*", "http://localhost:08080", false},
		{"http://localhost:*", "http://localhost:8080x", false},
		{"http://localhost:*", "http://localhost:8080.evil.net", false}, // a glob without boundaries
		{"http://localhost:*", "http://localhost.evil.net", false},
		{"http://localhost:*", "http://localhost:8080/", false},
		{"http://localhost:*", "https://localhost:8080", false},
		{"http://localhost:*", "http://a.localhost:8080", false},
		{"http://[::1]:*", "http://[::1]:5173", true},
		{"http://[::1]:*", "http://[::1]", true},
		{"http://127.0.0.1:*", "http://127.0.0.1:5173", true},
		{"https://localhost:*", "https://localhost:80", true},

		{"http://localhost:800*", "http://localhost:800", true},
		{"http://localhost:800*", "http://localhost:8000", true},
		{"http://localhost:800*", "http://localhost:8009", true},
		{"http://localhost:800*", "http://localhost:80000", false}, // no port
		{"http://localhost:800*", "http://localhost:8010", false},
		{"http://localhost:800*", "http://localhost:80", false},
		{"http://localhost:800*", "http://localhost", false},
		{"http://localhost:800*", "http://localhost:8000.evil.net", false},
		{"http://localhost:80*", "http://localhost", false}, // never the default port
		{"http://localhost:80*", "http://localhost:80", false},
		{"http://localhost:80*", "http://localhost:8080", true},
		{"https://localhost:80*", "https://localhost:80", true},
		{"http://localhost:6553*", "http://localhost:65535", true},
		{"http://localhost:6553*", "http://localhost:65536", false},

		{"http://*.localhost:*", "http://a.localhost:3000", true},
		{"http://*.localhost:*", "http://a.localhost", true},
		{"http://*.localhost:*", "http://localhost:3000", false},
		{"http://*.localhost:*", "http://a.localhost:80", false},
		{"http://*.localhost:30*", "http://a.localhost:3000", true},
		{"http://*.localhost:30*", "http://a.localhost", false},

		{"regexp:https://[a-z]+\\.a\\.example", "https://b.a.example", true},
		{"regexp:https://[a-z]+\\.a\\.example", "https://b.a.example.evil.net", false}, // anchored at the end
		{"regexp:https://[a-z]+\\.a\\.example", "xhttps://b.a.example", false},         // and at the start
		{"regexp:a\\.example", "https://a.example", false},
		{"regexp:https://a\\.example|https://b\\.example", "https://a.example", true},
		{"regexp:https://a\\.example|https://b\\.example", "https://b.example", true},
		{"regexp:https://a\\.example|https://b\\.example", "https://a.example.evil.net", false},
		{"regexp:https://a\\.example|https://b\\.example", "xhttps://b.example", false},
		{"regexp:https://a|https://ab", "https://ab", true}, // not the first alternative only
		{"regexp:^https://a\\.example$", "https://a.example", true},
		{"regexp:^https://a\\.example", "https://a.example.evil.net", false},
		{"regexp:(?i)HTTPS://A\\.example", "https://a.example", true},
		{"regexp:(?i)HTTPS://A\\.example", "HTTPS://A.EXAMPLE", false}, // ill-formed
		{"regexp:(?m)^https://a\\.example$", "https://a.example", true},
		{"regexp:(?m)^https://a\\.example$", "https://evil.net\nhttps://a.example", false},
		{"regexp:(?s).*", "https://a.example\n", false}, // ill-formed
		{"regexp:(?i)x|https://a(?-i)", "https://a", true},
		{"regexp:(?U)https://a+", "https://aaa", true},
		{"regexp:\\Qhttps://a.example", "https://a.example", true}, // \Q to the end of the text
		{"regexp:\\Qhttps://a.example", "https://axexample", false},
		{"regexp:\\Qhttps://a.example\\E", "https://a.example", true},
		{"regexp:https://a\\Q.example", "https://a.example", true},
		{"regexp:.*", "https://a.example", true},
		{"regexp:.*", "null", false}, // never
		{"regexp:null", "null", false},
		{"regexp:.*", "file://", false},
		{"regexp:.*", "", false},
		{"regexp:.*", "https://a.example/", false},
		{"regexp:", "", false},
		{"regexp://a", "regexp://a", false}, // the key is the regexp "//a"
	} {
		var p Pattern
		if tt.key != "regexp:" {
			p = mustParse(t, tt.key)
		}
		if got := p.Match(tt.origin); got != tt.want {
			t.Errorf("%q.Match(%q) = %v", tt.key, tt.origin, got)
		}
		if got := NewSet([]Pattern{p}).Lookup(tt.origin) == 0; got != tt.want {
			t.Errorf("Set of %q, Lookup(%q) finds it: %v", tt.key, tt.origin, got)
		}
	}
}

func TestPatternString(t *testing.T) {
	for _, key := range []string{"https://a.example", "null", "file://", "https://*.a.example:*", "regexp:https://a"} {
		if got := mustParse(t, key).String(); got != key {
			t.Errorf("ParsePattern(%q).String() = %q", key, got)
		}
	}
}

func TestPatternExact(t *testing.T) {
	for _, tt := range []struct {
		key         string
		exact, null bool
	}{
		{"https://a.example", true, false},
		{"http://[::1]:3000", true, false},
		{"null", true, true},
		{"file://", true, true},
		{"https://*.a.example", false, false},
		{"http://localhost:*", false, false},
		{"http://localhost:80*", false, false},
		{"regexp:https://a\\.example", false, false},
	} {
		p := mustParse(t, tt.key)
		if p.Exact() != tt.exact || p.Null() != tt.null {
			t.Errorf("%q: Exact %v, Null %v", tt.key, p.Exact(), p.Null())
		}
	}
}

// The list is in order of precedence. Where two patterns match one origin, it is the order that the
// rules give; otherwise it only has to stay.
func TestCompare(t *testing.T) {
	want := []string{
		"https://x.b.example:8443",
		"https://a.example",
		"file://",
		"null",
		"https://x.b.example:84*",
		"https://x.b.example:8*",
		"https://x.b.example:*",
		"https://*.b.example:8443",
		"https://*.b.example:*",
		"http://*.example",
		"https://*.example",
		"https://*.example:8443",
		"https://*.example:844*",
		"https://*.example:8*",
		"https://*.example:*",
		"regexp:https://[a-z]+\\.b\\.example:8443",
		"regexp:https://.*",
		"regexp:https://.+",
	}
	var patterns []Pattern
	for _, key := range want {
		patterns = append(patterns, mustParse(t, key))
	}
	for i, p := range patterns {
		for j, q := range patterns {
			if got, want := sign(p.Compare(q)), sign(i-j); got != want {
				t.Errorf("%q.Compare(%q) = %d, want %d", p, q, got, want)
			}
		}
	}
	slices.Reverse(patterns)
	slices.SortFunc(patterns, Pattern.Compare)
	var got []string
	for _, p := range patterns {
		got = append(got, p.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
}

func sign(n int) int { return max(-1, min(n, 1)) }

func TestParsePatternAllocates(t *testing.T) {
	for _, key := range []string{"https://a.example", "http://[::1]:3000", "https://*.a.example:*", "null"} {
		if n := testing.AllocsPerRun(100, func() { ParsePattern(key) }); n != 0 {
			t.Errorf("ParsePattern(%q) allocates %v times", key, n)
		}
	}
}

// FuzzPattern asserts that an accepted key matches no ill-formed origin, that an exact key matches itself
// and nothing else, and that a refusal gives a reason and a remedy, which is accepted if it is a key.
func FuzzPattern(f *testing.F) {
	for _, key := range []string{
		"https://a.example", "https://*.a.example:80*", "regexp:https://.*", "regexp:a)|(b", "null", "file:///", "https://bücher.example",
		"HTTPS://A.example:443/", "http://[::0001]", "http://127.1", "https://foo.*.com", "http://a:7000*", "*", "regexp:\\Qa", "a:0*",
	} {
		for _, s := range []string{"https://a.example", "https://b.a.example:8080", "null", "https://x/", "HTTPS://A"} {
			f.Add(key, s)
		}
	}
	f.Fuzz(func(t *testing.T, key, s string) {
		p, err := ParsePattern(key)
		if err != nil {
			reason, remedy, ok := strings.Cut(err.Error(), "; ")
			if !ok || reason == "" || remedy == "" || p.Match(s) {
				t.Fatalf("ParsePattern(%q): %v", key, err)
			}
			if fixed, err := strconv.Unquote(strings.TrimPrefix(remedy, "write ")); err == nil {
				if _, err := ParsePattern(fixed); err != nil || fixed == key {
					t.Fatalf("ParsePattern(%q): %s; %s: %v", key, reason, remedy, err)
				}
			}
			return
		}
		if p.String() != key || p.Compare(p) != 0 {
			t.Fatalf("ParsePattern(%q) = %q", key, p)
		}
		match := p.Match(s)
		if match && !Valid(s) {
			t.Fatalf("%q matches %q, which is ill-formed", key, s)
		}
		if p.Exact() != Valid(key) && !strings.HasPrefix(key, regexpPrefix) {
			t.Fatalf("%q: Exact is %v", key, p.Exact())
		}
		if p.Exact() && (match != (s == key) || !p.Match(key)) {
			t.Fatalf("%q matches %q: %v", key, s, match)
		}
		if (s == "null" || s == "file://") && match != (s == key) {
			t.Fatalf("%q matches %q: %v", key, s, match)
		}
		if match && p.kind < expression && insecure(s) && !p.Insecure() {
			t.Fatalf("%q matches %q, and is not insecure", key, s)
		}
		p.MatchesEveryHost()
		p.PublicSuffix()
	})
}

func BenchmarkParsePattern(b *testing.B) {
	for _, key := range []string{"https://app.example.com", "https://*.example.com:*", "http://localhost:3000"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParsePattern(key)
			}
		})
	}
}

func TestExample(t *testing.T) {
	for _, test := range []struct{ key, want string }{
		{"https://a.example", "https://a.example"},
		{"null", "null"},
		{"https://*.a.example", "https://any.a.example"},
		{"https://*.a.example:8443", "https://any.a.example:8443"},
		{"http://localhost:*", "http://localhost"},
		{"http://localhost:800*", "http://localhost:800"},
		{"http://localhost:80*", "http://localhost:800"},
		{"http://localhost:6553*", "http://localhost:6553"},
		{"https://*.a.example:44*", "https://any.a.example:44"},
		{"regexp:https://(blue|green)\\.a\\.example", "https://blue.a.example"},
	} {
		p, err := ParsePattern(test.key)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Example()
		if strings.HasPrefix(test.key, "regexp:") && p.Match(got) {
			continue // which one, its generator says
		}
		if got != test.want || !p.Match(got) {
			t.Errorf("%s: %q, want %q", test.key, got, test.want)
		}
	}
}
