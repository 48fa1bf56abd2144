package origin

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	keys := []string{
		0:  "https://*.example:*",
		1:  "https://*.example:8443",
		2:  "https://*.b.example:*",
		3:  "https://x.b.example:*",
		4:  "https://x.b.example:84*",
		5:  "https://x.b.example:8443",
		6:  "https://a.example",
		7:  "null",
		8:  "regexp:https://[a-z]+\\.test",
		9:  "regexp:https://[a-c]+\\.test.*",
		10: "http://*.example",
		11: "https://a.example", // again
		12: "file://",
	}
	var patterns []Pattern
	for _, key := range keys {
		patterns = append(patterns, mustParse(t, key))
	}
	s := NewSet(patterns)
	for _, tt := range []struct {
		origin string
		want   int
	}{
		{"https://a.example", 6}, // the first of equals
		{"https://a.example:1", 0},
		{"https://a.example:8443", 1},
		{"https://x.b.example:8443", 5},
		{"https://x.b.example:8444", 4},
		{"https://x.b.example:84", 4},
		{"https://x.b.example", 3},
		{"https://y.b.example", 2},
		{"https://y.b.example:8443", 2}, // the host goes before the port
		{"https://b.example:8443", 1},
		{"https://z.y.b.example", 2},
		{"http://z.y.b.example", 10}, // the longer base has another scheme
		{"http://z.y.b.example:8080", -1},
		{"https://example", -1},
		{"null", 7},
		{"file://", 12},
		{"https://c.test", 9}, // the longer text
		{"https://d.test", 8},
		{"https://d.test:1", -1},
		{"https://a.example/", -1},
		{"https://a.example:443", -1},
		{"https://a..b.example", -1},
		{"https://.b.example", -1},
		{"https://A.b.example", -1},
		{"https://a.b.example:", -1},
		{"", -1},
		{":", -1},
		{"https://" + strings.Repeat("a", 1<<20) + ".example", -1},
	} {
		if got := s.Lookup(tt.origin); got != tt.want {
			t.Errorf("Lookup(%.60q) = %d, want %d", tt.origin, got, tt.want)
		}
	}
}

func TestEmptySet(t *testing.T) {
	for _, s := range []*Set{NewSet(nil), new(Set), NewSet([]Pattern{{}})} {
		for _, origin := range []string{"", "null", "https://a.example"} {
			if got := s.Lookup(origin); got != -1 {
				t.Errorf("Lookup(%q) = %d", origin, got)
			}
		}
	}
}

// The tables switch from comparing to hashing as they grow.
func TestSetSizes(t *testing.T) {
	for _, n := range []int{1, fewEntries, fewEntries + 1, 1000} {
		var patterns []Pattern
		for i := range n {
			for _, format := range []string{"https://a%d.example", "https://p%d.example:80*", "https://*.w%d.example"} {
				patterns = append(patterns, mustParse(t, fmt.Sprintf(format, i)))
			}
		}
		s := NewSet(patterns)
		for i := range n {
			for j, format := range []string{"https://a%d.example", "https://p%d.example:8080", "https://x.w%d.example"} {
				if got := s.Lookup(fmt.Sprintf(format, i)); got != 3*i+j {
					t.Errorf("of %d: Lookup("+format+") = %d, want %d", n, i, got, 3*i+j)
				}
			}
		}
		for _, format := range []string{"https://a%d.example", "https://p%d.example:8080", "https://x.w%d.example"} {
			if got := s.Lookup(fmt.Sprintf(format, n)); got != -1 {
				t.Errorf("of %d: Lookup("+format+") = %d", n, n, got)
			}
		}
	}
}

// FuzzSet asserts that Lookup finds what a search by Match and Compare finds. The keys are those given, one a
// line, and some from a small vocabulary, so that they overlap; so are the origins.
func FuzzSet(f *testing.F) {
	f.Add(uint64(1), "https://*.a.b\nhttps://a.b\nhttp://a.b:*", "https://a.a.b")
	f.Add(uint64(2), "regexp:https://.*\nregexp:https?://a.*", "https://a")
	f.Add(uint64(3), "https://*.com\nhttps://foo.com", "https://barfoo.com")
	f.Add(uint64(4), "http://localhost:800*\nhttp://localhost:80*\nhttp://*.localhost:*", "http://localhost:8000")
	f.Add(uint64(5), "null\nfile://\nhttp://[::1]:*", "http://[::1]:3000")
	f.Fuzz(func(t *testing.T, seed uint64, keys, origin string) {
		r := rand.New(rand.NewPCG(seed, 0))
		var patterns []Pattern
		add := func(key string) {
			if p, err := ParsePattern(key); err == nil {
				patterns = append(patterns, p)
			}
		}
		for key := range strings.SplitSeq(keys, "\n") {
			add(key)
		}
		for range r.IntN(60) {
			add(randomKey(r))
		}
		r.Shuffle(len(patterns), func(i, j int) { patterns[i], patterns[j] = patterns[j], patterns[i] })
		s := NewSet(patterns)
		origins := []string{origin}
		for range 40 {
			origins = append(origins, randomOrigin(r))
		}
		for _, origin := range origins {
			want := -1
			for i, p := range patterns {
				if p.Match(origin) && (want < 0 || p.Compare(patterns[want]) < 0) {
					want = i
				}
			}
			if got := s.Lookup(origin); got != want {
				t.Fatalf("%q.Lookup(%q) = %d, want %d", patterns, origin, got, want)
			}
			if want >= 0 && !Valid(origin) {
				t.Fatalf("%q is ill-formed, and has a match", origin)
			}
		}
	})
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func randomKey(r *rand.Rand) string {
	switch r.IntN(20) {
	case 0:
		return pick(r, "null", "file://")
	case 1:
		return pick(r, "regexp:https://.*", "regexp:https?://a.*", "regexp:.*:80", "regexp:https://(a|b)\\.a", "regexp:[a-z]+://a(\\..*)?")
	}
	return pick(r, "http", "https", "app") + "://" + pick(r, "", "*.", "*.") + randomHost(r) +
		pick(r, "", "", ":80", ":443", ":800", ":8000", ":*", ":8*", ":80*", ":800*")
}

// randomOrigin is often well-formed.
func randomOrigin(r *rand.Rand) string {
	return pick(r, "http://", "https://", "https://", "app://", "http:/", "file://", "null") + randomHost(r) + pick(r, "", "."+randomHost(r)) +
		pick(r, "", "", ":80", ":443", ":800", ":8000", ":8009", ":81", ":080", ":80000", ":65536", ":", ":8.a", "/")
}

func randomHost(r *rand.Rand) string {
	if r.IntN(10) == 0 {
		return pick(r, "[::1]", "127.0.0.1", "127.1", "[::01]", "*", "", "A", "a%", name253, label63, label63+"a")
	}
	var labels []string
	for range 1 + r.IntN(4) {
		labels = append(labels, pick(r, "a", "b", "a", "aa", "-", "a_", "1", ""))
	}
	return strings.Join(labels, ".")
}

func TestLookupDoesNotAllocate(t *testing.T) {
	var patterns []Pattern
	for i := range 1000 {
		patterns = append(patterns, mustParse(t, fmt.Sprintf("https://a%d.example", i)),
			mustParse(t, fmt.Sprintf("https://*.w%d.example:*", i)), mustParse(t, fmt.Sprintf("https://p%d.example:*", i)))
	}
	patterns = append(patterns, mustParse(t, "regexp:https://[a-z]+(-[a-z]+)*\\.test"))
	s := NewSet(patterns)
	for _, origin := range []string{
		"https://a1.example", "https://x.w1.example:8443", "https://p1.example:8443", "https://a-b.test", "https://a-b.test.evil.net",
		"null", "https://" + name253, "HTTPS://A", "https://[zz]", "https://x.w1.example/", strings.Repeat("a", 1<<20), "",
	} {
		if n := testing.AllocsPerRun(100, func() { s.Lookup(origin) }); n != 0 {
			t.Errorf("Lookup(%.40q) allocates %v times", origin, n)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	const regexps = "regexp:https://pr-[0-9]+-shop%d\\.a\\.example"
	for _, bb := range []struct {
		name, format string
		n            int
		origin       string
	}{
		{"exact=1/hit", "https://app%d.example.com", 1, "https://app0.example.com"},
		{"exact=1/miss", "https://app%d.example.com", 1, "https://bpp0.example.com"},
		{"exact=1/max", "https://app%d.example.com", 1, "https://" + name253},
		{"exact=10/hit", "https://app%d.example.com", 10, "https://app7.example.com"},
		{"exact=10/miss", "https://app%d.example.com", 10, "https://bpp7.example.com"},
		{"exact=1000/hit", "https://app%d.example.com", 1000, "https://app7.example.com"},
		{"exact=10000/hit", "https://app%d.example.com", 10000, "https://app7777.example.com"},
		{"exact=10000/miss", "https://app%d.example.com", 10000, "https://bpp7777.example.com"},
		{"exact=10000/max", "https://app%d.example.com", 10000, "https://" + name253},
		{"wild=1/hit", "https://*.w%d.example.com", 1, "https://app.w0.example.com"},
		{"wild=1/miss", "https://*.w%d.example.com", 1, "https://app.w0.example.org"},
		{"wild=1/max", "https://*.w%d.example.com", 1, "https://" + name253},
		{"wild=1000/hit", "https://*.w%d.example.com", 1000, "https://app.w700.example.com"},
		{"wild=1000/miss", "https://*.w%d.example.com", 1000, "https://app.w700.example.org"},
		{"wild=1000/max", "https://*.w%d.example.com", 1000, "https://" + name253},
		{"port=1/hit", "http://localhost%d:*", 1, "http://localhost0:5173"},
		{"regexp=1/hit", regexps, 1, "https://pr-17-shop0.a.example"},
		{"regexp=1/max", regexps, 1, "https://" + name253},
		{"exact=1/mebibyte", "https://app%d.example.com", 1, "https://" + strings.Repeat("a", 1<<20)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var patterns []Pattern
			for i := range bb.n {
				patterns = append(patterns, mustParse(b, fmt.Sprintf(bb.format, i)))
			}
			s := NewSet(patterns)
			b.ReportAllocs()
			for b.Loop() {
				s.Lookup(bb.origin)
			}
		})
	}
}

func BenchmarkNewSet(b *testing.B) {
	patterns := make([]Pattern, 100_000)
	for i := range patterns {
		patterns[i] = mustParse(b, fmt.Sprintf("https://app%d.example.com", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		NewSet(patterns)
	}
}

func TestSetAll(t *testing.T) {
	var patterns []Pattern
	keys := []string{"https://*.b.example", "https://z.example", "regexp:https://.*\\.b\\.example", "https://a.example", "http://localhost:*", "https://*.x.b.example"}
	for _, key := range keys {
		p, err := ParsePattern(key)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	var got []string
	for key, i := range NewSet(patterns).All() {
		if keys[i] != key {
			t.Errorf("%s has index %d", key, i)
		}
		got = append(got, key)
	}
	want := []string{"https://a.example", "https://z.example", "http://localhost:*", "https://*.x.b.example", "https://*.b.example", "regexp:https://.*\\.b\\.example"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range NewSet(patterns).All() {
		break
	}
}
